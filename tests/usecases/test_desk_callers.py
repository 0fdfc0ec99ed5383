"""Callers: looked for, asked, and known only once their answers fit. Nothing of a patient leaves before that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.callers import LOCKED, LOOKS_AN_HOUR, NO_MATCH
from clinic.domain.errors import IllegalMove, InvalidInput, LimitReached, NotFound, UnusableToken
from clinic.domain.patient import GuardianDetails
from clinic.engine.opened import reached
from clinic.store.patients import Patient
from clinic.store.tasks import Task
from clinic.usecases import desk
from tests import build
from tests.build import KEY
from tests.conftest import FakeClock
from tests.desk import BORN, Desk, Someone
from tests.rush import connected, together

NOW = FakeClock().now


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
    seen.append(front.verify(call, found.rows[0].row, "Maria", "postal_code", "32801"))
    seen.append(front.look(call, **asked, birth_date=date(1971, 4, 24)))
    alike = desk.new_caller(front.session, front.agent, call, build.details(**CANARY), sure=False, key=KEY, now=NOW)
    assert (alike.recorded, alike.count) == (False, 1)
    seen += [alike, desk.read_call(front.session, front.agent, call, now=NOW)]
    refusals = [
        lambda: desk.callers_record(front.session, front.agent, call, now=NOW),
        lambda: desk.new_caller(front.session, front.agent, call, build.details(**CANARY), sure=True, key=KEY, now=NOW),
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


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        ("month", "November"), ("month", "11/2026"), ("postal_code", "32803-1234"), ("reference", "…"),
        ("phone", "(407) 555.0123"),
    ],
)  # fmt: skip
def test_a_name_and_one_more_fact_open_that_patient_and_no_other(front: Desk, fact: str, answer: str) -> None:
    booked, other = (
        front.book(given_name="José María", family_name="O’Neil", postal_code="32803"),
        front.book(birth_date=date(1980, 1, 1)),
    )
    answer = booked.reference.lower() if fact == "reference" else answer
    call = front.begin()
    found = front.look(call, family_name="oneil", phone="" if fact == "phone" else "+1 407 555 0123",
                       reference=booked.reference if fact == "phone" else "")  # fmt: skip
    assert front.verify(call, found.rows[0].row, "jose", fact, answer) == desk.Verdict(match=True)
    record = desk.callers_record(front.session, front.agent, call, now=NOW)
    assert (record.given_name, record.phone, [visit.reference for visit in record.coming]) == (
        "José María", "+14075550123", [booked.reference],
    )  # fmt: skip
    viewer = desk.viewer_of(front.session, call, front.agent, "change-visit", now=NOW)
    assert reached(front.session, viewer, booked.summary.appointment_id)
    with pytest.raises(NotFound):
        reached(front.session, viewer, other.summary.appointment_id)
    patient = front.patient_of(booked)
    noted = [(action, who) for action, who, detail in front.actions(front.agent.actor) if f"call={call}" in detail]
    assert noted == [("call_begin", None), ("caller_look_up", None), ("caller_verified", patient), ("see_patient", patient)]


def test_after_three_misses_the_telephone_is_locked_whatever_is_said_until_a_manager_opens_it(
    front: Desk,
) -> None:
    patient = front.patient_of(front.book(postal_code="32803"))
    for number, (name, answer) in enumerate([("Mario", "32801"), ("Nora", "32803"), ("Maria", "32804")], 1):
        call = front.begin(agent := front.hire())
        row = front.look(call, agent).rows[0].row
        said = front.verify(call, row, name, "postal_code", answer, agent)
        assert said == desk.Verdict(match=False, locked=number == 3, say=LOCKED if number == 3 else NO_MATCH)
    assert locked(front) == [patient]
    call = front.begin()
    row = front.look(call).rows[0].row
    right, wrong = [front.verify(call, row, "Maria", "postal_code", answer) for answer in ("32803", "32899")]
    assert right == wrong == desk.Verdict(match=False, locked=True, say=LOCKED), "nobody learns whether it fitted"
    task = front.session.scalars(select(Task)).one()
    assert (task.kind, task.patient_id, task.done_at) == ("phone_locked", patient, None)
    front.session.rollback()
    elsewhere = build.location(front.session)
    for nobody in (front.agent, front.supervisor(), front.manager(elsewhere.id)):
        with pytest.raises(NotFound):
            desk.unlock_phone(front.session, nobody, patient, now=NOW)
    manager = front.manager()
    desk.unlock_phone(front.session, manager, patient, now=NOW)
    assert (locked(front), front.session.scalars(select(Task.done_at)).all()) == ([], [NOW])
    front.session.rollback()
    assert front.verify(call, row, "Maria", "postal_code", "32803").match
    assert front.actions(manager.actor) == [("caller_unlocked", patient, "")]


def test_many_wrong_answers_at_once_count_to_three_and_no_right_one_slips_through(front: Desk, database: str) -> None:
    patient = front.patient_of(front.book(postal_code="32803"))
    tries = []
    for answer in ("11111", "22222", "33333", "44444", "55555"):
        call = front.begin(agent := front.hire())
        proof = desk.Proof("Maria", "postal_code", answer)
        tries.append((agent, call, front.look(call, agent).rows[0].row, proof))

    def answering(agent: Someone, call: int, row: str, proof: desk.Proof) -> Any:
        return lambda session: desk.verify(session, agent, call, row, proof, key=KEY, now=NOW)

    with connected(database, len(tries)) as engine:
        told = together(engine, [answering(*one) for one in tries])
    assert [verdict.match for verdict in told] == [False] * 5
    assert sorted(verdict.locked for verdict in told) == [False, False, True, True, True]
    assert (front.session.get_one(Patient, patient).phone_misses, len(front.session.scalars(select(Task)).all())) == (3, 1)


def test_a_hit_forgets_the_misses_before_it(front: Desk) -> None:
    front.book(postal_code="32803")
    call = front.begin()
    row = front.look(call).rows[0].row
    for answer, match in (
        ("1" * 5, False),
        ("2" * 5, False),
        ("32803", True),
        ("1" * 5, False),
        ("2" * 5, False),
        ("32803", True),
    ):
        assert front.verify(call, row, "Maria", "postal_code", answer).match is match
    assert locked(front) == []


def test_a_birth_date_wrong_three_times_locks_and_looks_the_same_where_there_is_nobody(front: Desk) -> None:
    patient = front.patient_of(front.book())
    answers = []
    for phone in ("407 555 0123", "407 555 0999"):
        call = front.begin()
        answers.append([front.look(call, phone=phone, birth_date=BORN + timedelta(days=day)) for day in (1, 2, 3, 4)])
    empty = desk.Found(0, ())
    assert answers[0] == answers[1] == [empty, empty, desk.Found(0, (), LOCKED), desk.Found(0, (), LOCKED)]
    assert locked(front) == [patient]
    assert front.look(call).say == LOCKED, "this call finds nobody any more"


def test_a_right_look_is_nobodys_miss(front: Desk) -> None:
    """Father and daughter have one name and one number."""
    mother = GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0123", consent=True)
    front.book()
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
    front.book(postal_code="32803")
    call, another = front.begin(), front.begin()
    row = front.look(call).rows[0].row
    for wrong in (row[:-1], "1-abc", row.replace("-", "-x"), ""):
        with pytest.raises(UnusableToken):
            front.verify(call, wrong, "Maria", "postal_code", "32803")
    with pytest.raises(UnusableToken):
        front.verify(another, row, "Maria", "postal_code", "32803")
    for fact, answer, field in (
        ("phone", "407 555 0123", "fact"), ("shoe", "9", "fact"), ("month", "soon", "answer"), ("reference", "1", "answer"),
        ("postal_code", "3280", "answer"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as raised:
            front.verify(call, row, "Maria", fact, answer)
        assert set(raised.value.fields) == {field}
    assert front.verify(call, row, "Maria", "postal_code", "32803").match, "what cannot be is no miss"
    desk.end_call(front.session, front.agent, call, desk.Ending("question"), now=NOW)
    with pytest.raises(IllegalMove):
        desk.viewer_of(front.session, call, front.agent, "see-visit", now=NOW)
    with pytest.raises(IllegalMove):
        front.verify(call, row, "Maria", "postal_code", "32803")


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
