"""Callers: looked for, asked, and known only once their answers fit. Nothing of a patient leaves before that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, LimitReached, NotFound, UnusableToken
from clinic.domain.people.callers import CLOSED, EMPTY_LOOKS, LOOKS_AN_HOUR, NO_MATCH, PAUSE
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening, write_reference
from clinic.engine.placing.resolve import reached
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Specialist
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Task
from clinic.usecases import booking, desk
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY
from tests.conftest import FakeClock
from tests.desk import BORN, Desk, Someone
from tests.race import connected, together

NOW = FakeClock().now
WRONG = write_reference(12345)


@pytest.fixture
def front(session: Session) -> Desk:
    return Desk(session, NOW)


def words(value: Any) -> Iterator[str]:
    """Every word that somebody could read in what was returned, its repr included."""
    yield repr(value)
    if is_dataclass(value):
        for field in fields(value):
            yield from words(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from words(item)


def locked(front: Desk) -> list[int]:
    found = list(front.session.scalars(select(Patient.id).where(Patient.phone_locked_at.is_not(None)).order_by(Patient.id)))
    front.session.rollback()
    return found


CANARY = {"given_name": "Xanthippe", "family_name": "Quetzalcoatlus", "email": "canary@example.org", "postal_code": "32803"}
SECRETS = ("anthippe", "uetzalcoatlus", "canary", "32803", "5550123", "555-0123", "1971", "No. ")


def test_nothing_of_a_patient_leaves_before_they_are_verified(front: Desk) -> None:
    booked = front.book(**CANARY)
    call = front.begin()
    asked = {"family_name": "quetzalcoatlus"}
    seen: list[Any] = [found := front.look(call, **asked)]
    assert (found.count, [row.initial for row in found.rows]) == (1, ["X•••"])
    seen.append(front.verify(call, found.rows[0].row, "Maria", "reference", WRONG))
    seen.append(front.look(call, **asked, birth_date=date(1971, 4, 24)))
    alike = desk.new_caller(front.session, front.agent, call, build.details(**CANARY), sure=False, key=KEY, now=NOW)
    assert (alike.recorded, alike.count) == (False, 1)
    seen += [alike, desk.read_call(front.session, front.agent, call, now=NOW)]
    refusals = [
        lambda: desk.callers_record(front.session, front.agent, call, now=NOW),
        lambda: front.verify(call, found.rows[0].row, "Maria", "phone", "407 555 0123"),
    ]
    for refused in refusals:
        with pytest.raises((IllegalMove, InvalidInput)) as raised:
            refused()
        seen += [str(raised.value), repr(raised.value), getattr(raised.value, "fields", {})]
    told = [word for value in seen for word in words(value)] + [str(row) for row in front.actions(front.agent.actor)]
    secrets = (*SECRETS, booked.reference, str(booked.summary.start.date()))
    assert [(secret, word) for word in told for secret in secrets if secret in word] == []
    viewer = desk.viewer_of(front.session, call, front.agent, "see-visit", now=NOW)
    with pytest.raises(NotFound):
        reached(front.session, viewer, booked.summary.appointment_id)


def named(front: Desk, name: str) -> None:
    front.session.get_one(Specialist, front.doctor.id).name = name
    front.session.commit()


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("month", "October 2026 Driftmoor"), ("month", "10/2026, Dr. driftmor"), ("reference", "…"), ("phone", "(407) 555.0123"),
        ("named", ""),
    ],
)  # fmt: skip
def test_a_name_and_one_more_fact_open_that_patient_and_no_other(front: Desk, fact: str, answer: str) -> None:
    named(front, "Omar Driftmoor, MD")
    who = {"given_name": "José María", "family_name": "O’Neil", "postal_code": "32803"}
    proven, booked = front.attended(**who), front.book(**who)
    other = front.book(birth_date=date(1980, 1, 1))
    answer = proven.reference.lower() if fact == "reference" else answer
    call = front.begin()
    by_reference = fact == "named"
    found = front.look(call, family_name="oneil", phone="" if by_reference else "+1 407 555 0123",
                       reference=proven.reference if by_reference else "")  # fmt: skip
    assert (found.count, found.named) == (1, by_reference)
    if fact == "phone":  # it found them, and proves nothing more
        with pytest.raises(InvalidInput):
            front.verify(call, found.rows[0].row, "jose", fact, answer)
        return
    assert front.verify(call, found.rows[0].row, "jose", fact, answer) == desk.CallerVerdict(match=True)
    record = desk.callers_record(front.session, front.agent, call, now=NOW)
    assert (record.given_name, record.phone, record.alone, [visit.reference for visit in record.coming]) == (
        "José María", "+14075550123", False, [booked.reference],
    )  # fmt: skip
    viewer = desk.viewer_of(front.session, call, front.agent, "change-visit", now=NOW)
    assert reached(front.session, viewer, booked.summary.appointment_id)
    with pytest.raises(NotFound):
        reached(front.session, viewer, other.summary.appointment_id)
    patient = front.patient_of(booked)
    noted = [(action, who) for action, who, detail in front.actions(front.agent.actor) if f"call={call}" in detail]
    assert noted == [("call_begin", None), ("caller_look_up", None), ("caller_verified", patient), ("see_patient", patient)]


STRANGER = {"email": "stranger@evil.example", "texts": False}


def strangers_facts(front: Desk, booked: Booked) -> list[tuple[str, str]]:
    """What whoever booked a visit a moment ago, in a known patient's name, could say of it."""
    start = booked.summary.start
    return [
        ("reference", booked.reference), ("month", f"{start:%B %Y} Testwell"), ("month", f"{start:%m/%Y} Ada"),
    ]  # fmt: skip


def test_what_a_stranger_could_have_made_opens_no_record(front: Desk) -> None:
    """Every way to make a booking without being the patient, and every fact of what was so made."""
    named(front, "Ada Testwell, DPT")
    real = front.attended(email="maria@example.org")
    coming = front.book(email="maria@example.org")
    patient = front.patient_of(real)
    made = {"booked": front.book(**STRANGER), "confirmed by a link to the stranger": front.book(**STRANGER)}
    made["moved, then cancelled"] = front.book(**STRANGER)
    with front.session.no_autoflush:
        row = front.session.get_one(Appointment, made["confirmed by a link to the stranger"].summary.appointment_id)
        row.confirmed_at = NOW
        front.session.commit()
    booking.cancel(front.session, made["moved, then cancelled"].manage_token, None, key=KEY, who=build.PATIENT, now=NOW)
    ways = 0
    for how, booked in made.items():
        assert front.patient_of(booked) == patient, "today it goes with the record that it looks like"
        for fact, answer in strangers_facts(front, booked):
            call = front.begin(agent := front.hire())
            row_ = front.look(call, agent).rows[0].row
            front.verify(call, row_, "Maria", fact, answer, agent)
            _sees_at_most(front, call, agent, booked)
            ways += 1
        call = front.begin(agent := front.hire())
        found = front.look(call, agent, phone="", reference=booked.reference)
        assert found.named
        assert front.verify(call, found.rows[0].row, "Maria", agent=agent).match, how
        _sees_at_most(front, call, agent, booked)
    assert ways == 9
    front.now = NOW + timedelta(days=1)  # so many wrong answers closed facts for today
    call = front.begin(agent := front.hire())
    found = front.look(call, agent, phone="", reference=real.reference)
    assert front.verify(call, found.rows[0].row, "Maria", agent=agent).match
    record = desk.callers_record(front.session, agent, call, now=front.now)
    assert (record.alone, record.email) == (False, "maria@example.org"), "and she is told where she was before"
    assert coming.reference in {visit.reference for visit in record.coming}


def _sees_at_most(front: Desk, call: int, agent: Someone, booked: Booked) -> None:
    """Nothing, or that one visit: it can be moved and cancelled, and opens no other door."""
    if not desk.read_call(front.session, agent, call, now=NOW).verified:
        return
    record = desk.callers_record(front.session, agent, call, now=NOW)
    assert record.alone
    assert {visit.reference for visit in (*record.coming, *record.past)} <= {booked.reference}
    assert (record.email, record.phone, record.postal_code) == (None, "", None)
    for action in ("see-visit", "change-visit", "book", "see-contact", "wait-for-time", "find-patient"):
        viewer = desk.viewer_of(front.session, call, agent, action, now=NOW)
        assert (viewer.patients, viewer.visits) == (frozenset(), frozenset({booked.summary.appointment_id}))
    on = desk.OnCall(agent, call, KEY)
    front.days += 1
    wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(front.now + timedelta(days=front.days)))
    held = desk.hold_for_call(front.session, on, write_opening(KEY, wish), now=NOW)
    with pytest.raises(IllegalMove, match="this one visit is theirs"):  # made by the staff, it would prove something tomorrow
        desk.book_for_caller(front.session, on, held.token, desk.ForCaller(), now=NOW)
    desk.release_hold(front.session, on, held.token, now=NOW)


def test_whoever_booked_yesterday_and_pressed_nothing_moves_that_visit_and_sees_no_other(front: Desk) -> None:
    mine, another = front.book(), front.book()
    call = front.begin()
    found = front.look(call, phone="", reference=mine.reference)
    assert front.verify(call, found.rows[0].row, "maria").match
    record = desk.callers_record(front.session, front.agent, call, now=NOW)
    assert (record.alone, [visit.reference for visit in record.coming]) == (True, [mine.reference])
    on = desk.OnCall(front.agent, call, KEY)
    wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(NOW + timedelta(days=20)))
    moved = desk.move_for_caller(front.session, on, mine.summary.appointment_id, write_opening(KEY, wish), now=NOW)
    assert moved.summary.start == NOW + timedelta(days=20)
    with pytest.raises(NotFound):
        desk.cancel_for_caller(front.session, on, another.summary.appointment_id, "asked", now=NOW)
    front.session.rollback()
    call = front.begin()
    found = front.look(call, phone="", reference=another.reference)
    assert front.verify(call, found.rows[0].row, "maria").match
    seen = desk.callers_record(front.session, front.agent, call, now=NOW)
    assert [visit.reference for visit in seen.coming] == [another.reference], "that it was moved by phone proves nothing"


@pytest.mark.parametrize(
    ("channel", "email", "opens"),
    [
        ("a link to the address on file", "maria@example.org", True), ("a link to another address", "other@example.org", False),
        ("no link at all", None, False),
    ],
)  # fmt: skip
def test_a_confirmed_visit_proves_something_when_its_link_went_to_the_contact_on_file(
    front: Desk, channel: str, email: str | None, opens: bool
) -> None:
    front.attended(email="Maria@example.org")
    booked = front.book(email=email)
    front.session.get_one(Appointment, booked.summary.appointment_id).confirmed_at = NOW
    front.session.commit()
    call = front.begin()
    row = front.look(call).rows[0].row
    assert front.verify(call, row, "Maria", "reference", booked.reference).match, channel
    assert desk.callers_record(front.session, front.agent, call, now=NOW).alone is not opens


def test_a_text_in_the_patients_own_name_and_a_mail_to_a_stranger_prove_nothing_together(front: Desk) -> None:
    front.attended(email="maria@example.org")
    booked = front.book(email="stranger@evil.example", texts=True)
    front.session.get_one(Appointment, booked.summary.appointment_id).confirmed_at = NOW
    front.session.commit()
    call = front.begin()
    row = front.look(call).rows[0].row
    assert front.verify(call, row, "Maria", "reference", booked.reference).match
    assert desk.callers_record(front.session, front.agent, call, now=NOW).alone


@pytest.mark.parametrize("fact", ["postal_code", "email", "birth_date", "given_name", "shoe"])
def test_what_others_know_as_well_is_no_fact(front: Desk, fact: str) -> None:
    front.attended(postal_code="32803")
    call = front.begin()
    row = front.look(call).rows[0].row
    with pytest.raises(InvalidInput) as raised:
        front.verify(call, row, "Maria", fact, "32803", born=BORN)
    assert set(raised.value.fields) == {"fact"}


@pytest.mark.parametrize("answer", ["October", "10", "10/2026", "2026", "October Testwell", "October 2025 Testwell", "soon"])
def test_a_month_needs_its_year_and_whom_they_saw(front: Desk, answer: str) -> None:
    named(front, "Ada Testwell, DPT")
    front.attended()
    call = front.begin()
    row = front.look(call).rows[0].row
    if answer == "October 2025 Testwell":
        assert not front.verify(call, row, "Maria", "month", answer).match
    else:
        with pytest.raises(InvalidInput, match="year"):
            front.verify(call, row, "Maria", "month", answer)
    assert front.verify(call, row, "Maria", "month", "October 2026 Testwell").match


def test_three_wrong_answers_close_facts_until_tomorrow_and_never_a_call(front: Desk) -> None:
    mine = front.attended()
    unproven = front.book()
    patient = front.patient_of(mine)
    for number, (name, answer) in enumerate(
        [("Rosa", mine.reference), ("Nora", mine.reference), ("Maria", WRONG)], 1
    ):  # fmt: skip
        call = front.begin(agent := front.hire())
        row = front.look(call, agent).rows[0].row
        said = front.verify(call, row, name, "reference", answer, agent)
        assert said == desk.CallerVerdict(match=False, closed=number == 3, say=CLOSED if number == 3 else NO_MATCH)
    assert locked(front) == [patient]
    call = front.begin()
    row = front.look(call).rows[0].row
    right, wrong = [front.verify(call, row, "Maria", "reference", answer) for answer in (mine.reference, WRONG)]
    assert right == wrong == desk.CallerVerdict(match=False, closed=True, say=CLOSED), "nobody learns whether it fitted"
    task = front.session.scalars(select(Task)).one()
    assert (task.kind, task.patient_id, task.done_at) == ("phone_locked", patient, None)
    front.session.rollback()
    assert front.verify(call, row, "Maria", "reference", unproven.reference).match, "what a stranger made, they may open"
    assert desk.callers_record(front.session, front.agent, call, now=NOW).alone
    same = desk.new_caller(front.session, front.agent, call, build.details(), sure=True, key=KEY, now=NOW)
    assert same.recorded, "booking as new stays open"
    front.now = NOW + timedelta(hours=24)
    call = front.begin()
    row = front.look(call).rows[0].row
    assert front.verify(call, row, "Maria", "reference", mine.reference).match, "tomorrow it opens again"


def test_a_manager_opens_facts_sooner(front: Desk) -> None:
    mine = front.attended()
    patient = front.patient_of(mine)
    call = front.begin()
    row = front.look(call).rows[0].row
    for _ in range(3):
        front.verify(call, row, "Rosa", "reference", mine.reference)
    elsewhere = build.location(front.session)
    for nobody in (front.agent, front.supervisor(), front.manager(elsewhere.id)):
        with pytest.raises(NotFound):
            desk.unlock_phone(front.session, nobody, patient, now=NOW)
    manager = front.manager()
    desk.unlock_phone(front.session, manager, patient, now=NOW)
    assert (locked(front), front.session.scalars(select(Task.done_at)).all()) == ([], [NOW])
    front.session.rollback()
    assert front.verify(call, row, "Maria", "reference", mine.reference).match
    assert front.actions(manager.actor) == [("caller_unlocked", patient, "")]


def test_wrong_answers_of_different_days_do_not_add_up(front: Desk) -> None:
    mine = front.attended()
    for day in range(5):
        front.now = NOW + timedelta(days=day, minutes=day)
        call = front.begin()
        row = front.look(call).rows[0].row
        assert not front.verify(call, row, "Rosa", "reference", mine.reference).closed
    assert locked(front) == []


def test_many_wrong_answers_at_once_count_to_three_and_no_right_one_slips_through(front: Desk, database: str) -> None:
    patient = front.patient_of(front.attended())
    tries = []
    for _ in range(5):
        call = front.begin(agent := front.hire())
        proof = desk.Proof("Maria", "reference", WRONG)
        tries.append((agent, call, front.look(call, agent).rows[0].row, proof))

    def answering(agent: Someone, call: int, row: str, proof: desk.Proof) -> Any:
        return lambda session: desk.verify(session, agent, call, row, proof, key=KEY, now=NOW)

    with connected(database, len(tries)) as engine:
        told = together(engine, [answering(*one) for one in tries])
    assert [verdict.match for verdict in told] == [False] * 5
    assert sorted(verdict.closed for verdict in told) == [False, False, True, True, True]
    assert (front.session.get_one(Patient, patient).phone_misses, len(front.session.scalars(select(Task)).all())) == (3, 1)


def test_a_hit_forgets_the_misses_before_it(front: Desk) -> None:
    mine = front.attended()
    call = front.begin()
    row = front.look(call).rows[0].row
    for name, match in (("Rosa", False), ("Nora", False), ("Maria", True)) * 2:
        assert front.verify(call, row, name, "reference", mine.reference).match is match
    assert locked(front) == []


def test_looks_that_find_nobody_count_on_no_record_and_pause_looking(front: Desk) -> None:
    """Where there is somebody of that number and where there is nobody, it is the same."""
    mine = front.attended()
    answers = []
    for phone in ("407 555 0123", "407 555 0999"):
        call = front.begin()
        said: list[Any] = []
        for day in range(1, EMPTY_LOOKS + 2):
            try:
                said.append(front.look(call, phone=phone, birth_date=BORN + timedelta(days=day)))
            except LimitReached as refused:
                said.append((refused.message, refused.retry_after))
                front.session.rollback()
        answers.append(said)
    assert answers[0] == answers[1]
    assert answers[0][:EMPTY_LOOKS] == [desk.CallersFound(0, ())] * EMPTY_LOOKS
    assert answers[0][-1][1] == PAUSE.total_seconds()
    assert locked(front) == []
    assert front.session.get_one(Patient, front.patient_of(mine)).phone_misses == 0
    front.session.rollback()
    new = desk.new_caller(front.session, front.agent, call, build.details(phone="407 555 0999"), sure=True, key=KEY, now=NOW)
    assert new.recorded, "whoever calls can still be taken as new"
    supervisor = front.supervisor()
    seen = desk.desk_day(front.session, supervisor, since=NOW - timedelta(hours=1), now=NOW + timedelta(seconds=1)).paused
    assert sorted(one.call_id for one in seen) == [call - 1, call]
    assert desk.desk_day(front.session, front.agent, since=NOW - timedelta(hours=1), now=NOW).paused == ()
    front.now = NOW + PAUSE
    assert front.look(call).count == 1


def test_a_family_of_five_is_booked_in_one_call_and_each_is_known_the_next_day(front: Desk) -> None:
    """One telephone, one name, nobody here before: nothing that is answered right counts against any of them."""
    front.days += 10  # later than tomorrow
    family = {"Ana": 1971, "Bruno": 1970, "Clara": 1995, "Dora": 1990, "Ernesto": 1985}
    call = front.begin()
    booked = {}
    for given_name, year in family.items():
        assert front.look(call, birth_date=date(year, 4, 23)).count == 0
        who = build.details(given_name=given_name, birth_date=date(year, 4, 23), email=None)
        assert desk.new_caller(front.session, front.agent, call, who, sure=True, key=KEY, now=NOW).recorded
        booked[given_name] = _book_in(front, call)
        desk.next_person(front.session, front.agent, call, now=NOW)
    assert desk.desk_day(front.session, front.supervisor(), since=NOW, now=NOW + timedelta(seconds=1)).paused == ()
    front.now = NOW + timedelta(days=1)
    for given_name, year in family.items():
        call = front.begin()
        found = front.look(call, birth_date=date(year, 4, 23), phone="", reference=booked[given_name].reference)
        assert front.verify(call, found.rows[0].row, given_name).match
        record = desk.callers_record(front.session, front.agent, call, now=front.now)
        assert (record.alone, [visit.reference for visit in record.coming]) == (False, [booked[given_name].reference])
        front.days += 1
        wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(NOW + timedelta(days=front.days)))
        on = desk.OnCall(front.agent, call, KEY)
        visit = record.coming[0].appointment_id
        assert desk.move_for_caller(front.session, on, visit, write_opening(KEY, wish), now=front.now).reference
        desk.end_call(front.session, front.agent, call, desk.Ending("moved"), now=front.now)
    assert locked(front) == []


def _book_in(front: Desk, call: int) -> Booked:
    front.days += 1
    on = desk.OnCall(front.agent, call, KEY)
    wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(front.now + timedelta(days=front.days)))
    held = desk.hold_for_call(front.session, on, write_opening(KEY, wish), now=front.now)
    return desk.book_for_caller(front.session, on, held.token, desk.ForCaller(), now=front.now)


def test_without_a_reference_we_call_back_the_number_on_file_and_one_fact_is_enough(front: Desk) -> None:
    booked = front.attended()
    call = front.begin()
    row = front.look(call).rows[0].row
    for _ in range(3):
        front.verify(call, row, "Maria", "reference", WRONG)
    due = NOW + timedelta(minutes=15)
    task = desk.promise_to_number_on_file(front.session, front.agent, call, row, due, key=KEY, now=NOW)
    assert task == desk.promise_to_number_on_file(front.session, front.agent, call, row, due, key=KEY, now=NOW)
    assert not desk.read_call(front.session, front.agent, call, now=NOW).verified, "the call itself opens nothing"
    desk.end_call(front.session, front.agent, call, desk.Ending("call_back"), now=NOW)
    front.now = due
    back = desk.begin_call_back(front.session, front.agent, task, now=due)
    assert desk.call_back_number(front.session, front.agent, task, now=due).phone == "+14075550123"
    dialled = desk.row_of_dialled(front.session, back, key=KEY)
    assert dialled
    other = front.begin()
    with pytest.raises(UnusableToken):
        front.verify(other, dialled.rows[0].row, "Maria", born=BORN)
    with pytest.raises(InvalidInput) as raised:
        front.verify(back, dialled.rows[0].row, "Maria")
    assert set(raised.value.fields) == {"birth_date"}
    assert not front.verify(back, dialled.rows[0].row, "Maria", born=BORN + timedelta(days=1)).match
    assert front.verify(back, dialled.rows[0].row, "Maria", born=BORN).match, "also when facts are closed for today"
    record = desk.callers_record(front.session, front.agent, back, now=due)
    assert (record.alone, [visit.reference for visit in record.past]) == (False, [booked.reference])
    assert desk.row_of_dialled(front.session, call, key=KEY) is None, "a call that came in dialled nobody"


def test_a_right_look_is_nobodys_miss(front: Desk) -> None:
    """Father and daughter have one name and one number."""
    mother = GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0123", consent=True)
    front.attended()
    front.book(given_name="Leo", birth_date=date(2015, 5, 5), guardian=mother, phone="407 555 0199")
    call = front.begin()
    for _ in range(4):
        assert front.look(call, birth_date=date(2015, 5, 5)).count == 1, "by the guardian's number"
    assert locked(front) == []


def test_thirty_looks_an_hour_new_callers_included(front: Desk) -> None:
    front.book()
    other = front.hire()
    for number in range(LOOKS_AN_HOUR - 1):
        front.now = NOW + timedelta(minutes=number)
        front.look(front.begin())
    call = front.begin()
    typed = build.details(birth_date=date(1960, 1, 1))
    assert not desk.new_caller(front.session, front.agent, call, typed, sure=False, key=KEY, now=front.now).recorded
    for refused in (lambda: front.look(call), lambda: desk.new_caller(
        front.session, front.agent, call, typed, sure=True, key=KEY, now=front.now)):  # fmt: skip
        with pytest.raises(LimitReached) as raised:
            refused()
        assert raised.value.retry_after == 32 * 60, "until the first is an hour ago"
    assert front.look(front.begin(other), other).count == 1, "each agent has thirty"
    front.now = NOW + timedelta(minutes=60, seconds=1)
    assert front.look(call).count == 1


def test_rows_are_of_their_call_and_facts_are_not_asked_twice(front: Desk) -> None:
    mine = front.attended().reference
    call, another = front.begin(), front.begin()
    row = front.look(call).rows[0].row
    for wrong in (row[:-1], "1-abc", row.replace("-", "-x"), ""):
        with pytest.raises(UnusableToken):
            front.verify(call, wrong, "Maria", "reference", mine)
    with pytest.raises(UnusableToken):
        front.verify(another, row, "Maria", "reference", mine)
    for fact, answer, field in (
        ("phone", "407 555 0123", "fact"), ("shoe", "9", "fact"), ("month", "soon", "answer"), ("reference", "1", "answer"),
        ("postal_code", "32803", "fact"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as raised:
            front.verify(call, row, "Maria", fact, answer)
        assert set(raised.value.fields) == {field}
    assert front.verify(call, row, "Maria", "reference", mine).match, "what cannot be is no miss"
    desk.end_call(front.session, front.agent, call, desk.Ending("question"), now=NOW)
    with pytest.raises(IllegalMove):
        desk.viewer_of(front.session, call, front.agent, "see-visit", now=NOW)
    with pytest.raises(IllegalMove):
        front.verify(call, row, "Maria", "reference", mine)


def test_a_new_caller_is_recorded_once_the_agent_knows_who_looks_alike(front: Desk) -> None:
    known = front.patient_of(front.book(given_name="Catherine", family_name="Smith"))
    front.book(given_name="Bea", family_name="Jones", birth_date=date(1980, 1, 1), phone="407 555 0199")
    call = front.begin()

    def new(sure: bool, call: int = call, **said: Any) -> desk.NewCaller:
        typed = build.details(**{"given_name": "Kathryn", "family_name": "Smyth", "phone": "407 555 0777"} | said)
        return desk.new_caller(front.session, front.agent, call, typed, sure=sure, key=KEY, now=front.now)

    alike = new(sure=False)
    assert (alike.recorded, alike.count, [row.initial for row in alike.rows]) == (False, 1, ["C•••"])
    assert new(sure=True) == new(sure=True) == desk.NewCaller(recorded=True), "pressed twice, recorded once"
    record = desk.callers_record(front.session, front.agent, call, now=NOW)
    assert (record.given_name, record.coming) == ("Kathryn", ())
    desk.report_duplicate(front.session, front.agent, call, alike.rows[0].row, key=KEY, now=NOW)
    desk.report_duplicate(front.session, front.agent, call, alike.rows[0].row, key=KEY, now=NOW)
    task = front.session.scalars(select(Task)).one()
    assert (task.kind, task.patient_id, task.other_patient_id) == ("possible_duplicate", record.patient_id, known)
    front.session.rollback()
    visit = front.book(given_name="Kathryn", family_name="Smyth", phone="407 555 0777")
    assert front.patient_of(visit) == record.patient_id, "whoever books by these facts books for the record"


def test_whoever_looked_alike_and_is_gone_cannot_be_reported(front: Desk) -> None:
    """A colleague's call records somebody, and ends with nothing: that record goes while the rows still show it."""
    theirs, mine, colleague = front.begin(), front.begin(agent := front.hire()), front.agent
    typed = build.details(given_name="Ada", birth_date=date(1960, 1, 1))
    desk.new_caller(front.session, colleague, theirs, typed, sure=True, key=KEY, now=NOW)
    alike = desk.new_caller(
        front.session, agent, mine, build.details(given_name="Ada", birth_date=date(1960, 1, 2)), sure=False, key=KEY, now=NOW
    )  # fmt: skip
    desk.end_call(front.session, colleague, theirs, desk.Ending("question"), now=NOW)
    desk.new_caller(
        front.session, agent, mine, build.details(given_name="Ada", birth_date=date(1960, 1, 2)), sure=True, key=KEY, now=NOW
    )  # fmt: skip
    with suppress(NotFound):  # SQLite gave its number to the record that is new
        desk.report_duplicate(front.session, agent, mine, alike.rows[0].row, key=KEY, now=NOW)
    assert front.session.scalars(select(Task)).all() == []


def test_a_record_that_nobody_needs_goes_with_the_call_it_was_begun_in(front: Desk) -> None:
    call = front.begin()
    for given_name in ("Ada", "Bea"):
        typed = build.details(given_name=given_name, birth_date=date(1960, 1, len(given_name)))
        desk.new_caller(front.session, front.agent, call, typed, sure=True, key=KEY, now=NOW)
        assert front.session.scalars(select(Patient.given_name)).all() == [given_name], "one patient at a time"
        front.session.rollback()
    desk.promise_call_back(front.session, front.agent, call, NOW + timedelta(hours=2), now=NOW)
    desk.end_call(front.session, front.agent, call, desk.Ending("call_back"), now=NOW)
    assert front.session.scalars(select(Patient.given_name)).all() == ["Bea"], "she is to be called back"
    front.session.rollback()
    another = front.begin()
    desk.new_caller(front.session, front.agent, another, typed, sure=False, key=KEY, now=NOW)
    assert front.session.scalars(select(Patient.given_name)).all() == ["Bea"], "the record without a visit is hers"
    front.session.rollback()
    last = front.begin()
    desk.new_caller(front.session, front.agent, last, build.details(), sure=True, key=KEY, now=NOW)
    desk.end_call(front.session, front.agent, last, desk.Ending("dropped"), now=NOW)
    assert front.session.scalars(select(Patient.given_name)).all() == ["Bea"]
