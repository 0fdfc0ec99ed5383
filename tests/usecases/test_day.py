"""A specialist's day: what is shown to whom, what becomes of visits, and what follows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound, NotOffered
from clinic.domain.people.roles import Grant, Role, Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.placing.place import Details
from clinic.store.connect import begin_write
from clinic.store.patients import patients
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Intake
from clinic.store.tables.work import Task
from clinic.usecases import day, marking
from clinic.usecases.day import Card, Diary, Eyes, Moving
from tests import build
from tests.build import KEY, STAFF
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.queues import SEALER

NOW = FakeClock().now  # Monday, nine in Orlando
ME = Who("account:7", "portal", staff=True)
TODAY = date(2026, 11, 16)


class Practice:
    """Ana, at a clinic in Orlando on weekdays, and one in Alabama, an hour behind, on Saturdays; Bea, beside her."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, NOW
        service = build.service(session, slug="therapy", name="Therapy")
        self.first = build.visit_type(session, service, slug="first", name="Evaluation", audience="new")
        self.again = build.visit_type(
            session, service, slug="again", name="Follow-up", position=1, audience="returning", online=False
        )
        self.lake, self.ana, _ = build.practice(session, visit=self.first)
        self.river = build.location(session, name="River Clinic", time_zone="America/Chicago", state="AL")
        self.bea = build.specialist(session, name="Bea")
        build.shift(session, self.ana, self.river, "Sat 08:00-12:00")
        build.shift(session, self.bea, self.lake)
        for kind in (self.first, self.again):
            build.offer(session, kind, self.river, self.ana)
            build.offer(session, kind, self.lake, self.bea)
        build.offer(session, self.again, self.lake, self.ana)

    def at(self, days: int, hour: float) -> datetime:
        """So many days ahead, at that hour in Orlando."""
        return NOW + timedelta(days=days, hours=hour - 9)

    def book(self, start: datetime, *, who: Any = None, at: Any = None, patient: int | None = None, **details: Any) -> int:
        person, clinic = who or self.ana, at or self.lake
        patient_id = patient or build.patient(self.session, now=NOW).id
        begin_write(self.session)
        wish = SlotRef(self.first.id, clinic.id, person.id, cell_at(start))
        made = place.book(self.session, wish, Details(patient_id, **details), who=STAFF, now=NOW - timedelta(days=3))
        self.session.commit()
        return made

    def patient_of(self, visit: int) -> int:
        found = self.session.get_one(Appointment, visit, populate_existing=True).patient_id
        self.session.rollback()
        assert found
        return found

    def viewer(self, action: str, role: Role = Role.SPECIALIST, at: Any = None) -> Viewer:
        grant = Grant(role, (at or self.lake).id if role in (Role.MANAGER, Role.FRONT_DESK) else None)
        return build.viewer(action, grant, specialist_id=self.ana.id if role is Role.SPECIALIST else None)

    def sheet(self, role: Role = Role.SPECIALIST, at: Any = None, *, first: date | None = None, **more: Any) -> Diary:
        viewer = self.viewer("see-day", role, at)
        return day.sheet(self.session, viewer, self.ana.id, first, actor=ME.actor, now=self.now, **more)

    def card(self, visit: int, role: Role = Role.SPECIALIST, at: Any = None) -> Card:
        seen, contact, intake = (self.viewer(action, role, at) for action in ("see-visit", "see-contact", "read-intake"))
        return day.open_card(self.session, Eyes(visit=seen, contact=contact, intake=intake), visit, actor=ME.actor, now=self.now)

    def mark(self, visit: int, state: State, role: Role = Role.SPECIALIST, at: Any = None) -> None:
        marking.mark(self.session, self.viewer("mark-visit", role, at), visit, state, who=ME, now=self.now)

    def undo(self, visit: int, state: State) -> None:
        marking.undo(self.session, self.viewer("mark-visit"), visit, state, who=ME, now=self.now)

    def opening(self, start: datetime, kind: Any = None, who: Any = None) -> str:
        return write_opening(KEY, SlotRef((kind or self.again).id, self.lake.id, (who or self.ana).id, cell_at(start)))

    def log(self, *actions: str) -> list[tuple[str, int | None, int | None, str]]:
        self.session.rollback()
        wanted = select(Audit.action, Audit.appointment_id, Audit.patient_id, Audit.detail).where(Audit.actor == ME.actor)
        return [tuple(row) for row in self.session.execute(wanted.where(Audit.action.in_(actions)).order_by(Audit.id))]


@pytest.fixture
def work(session: Session) -> Iterator[Practice]:
    yield Practice(session)
    session.rollback()


def test_the_day_and_the_week_over_all_clinics_each_by_its_own_calendar(work: Practice) -> None:
    known = build.patient(work.session, now=NOW, given_name="Ada", family_name="Okafor").id
    first, second = work.book(work.at(0, 9), patient=known), work.book(work.at(0, 11))
    saturday = work.book(work.at(5, 9), at=work.river, patient=known)
    work.book(work.at(0, 10), who=work.bea)
    gone = work.book(work.at(0, 14))
    day.cancel(work.session, work.viewer("change-visit"), gone, "ill", who=ME, now=NOW)
    work.mark(first, State.ARRIVED)
    found = work.sheet()
    assert (found.today, found.shows, found.partly) == (TODAY, "names", False)
    assert [(row.visit.id, row.visit.state, row.next) for row in found.visits] == [
        (first, "arrived", State.STARTED), (second, "booked", State.ARRIVED),
    ]  # fmt: skip
    assert found.visits[0].visit.family_name == "Okafor"
    assert not found.visits[0].visit.returning
    work.mark(first, State.STARTED)
    work.mark(first, State.FULFILLED)
    week = work.sheet(first=date(2026, 11, 18), days=7)
    assert [one.day for one in week.days] == [TODAY + timedelta(days=number) for number in range(7)]
    assert [[row.visit.id for row in one.visits] for one in week.days] == [[first, second], [], [], [], [], [saturday], []]
    last = week.visits[-1]
    assert (last.visit.clinic, last.visit.time_zone, last.visit.returning, last.next) == (
        "River Clinic", "America/Chicago", True, None,
    )  # fmt: skip
    # Ten in the evening in Chicago is Tuesday in Orlando: the clinic's own calendar counts.
    late = work.session.get_one(Appointment, second)
    late.start_at, late.end_at, late.time_zone = work.at(0, 23.5), work.at(1, 0), "America/Chicago"
    work.session.commit()
    assert second in [row.visit.id for row in work.sheet().visits]
    assert work.sheet(first=TODAY + timedelta(days=1)).visits == []


def test_how_late_it_is_is_said_of_each_visit(work: Practice) -> None:
    visits = [work.book(work.at(0, 9 + number / 2)) for number in range(4)]
    work.mark(visits[0], State.ARRIVED)
    work.now += timedelta(minutes=22)
    assert [row.late for row in work.sheet().visits] == [20, 20, 20, 20]
    work.mark(visits[0], State.STARTED)
    work.now += timedelta(minutes=35)
    assert [row.late for row in work.sheet().visits] == [20, None, None, None], "who is not here delays nobody"
    work.mark(visits[1], State.ARRIVED)
    assert [row.late for row in work.sheet().visits] == [20, 25, 25, 25]


def test_others_see_what_the_table_says_and_no_more(work: Practice) -> None:
    here, there = work.book(work.at(0, 9)), work.book(work.at(5, 9), at=work.river)
    for role in (Role.MANAGER, Role.FRONT_DESK):
        week = work.sheet(role, first=TODAY, days=7)
        assert ([row.visit.id for row in week.visits], week.partly) == ([here], True)
        assert [row.visit.id for row in work.sheet(role, work.river, first=TODAY, days=7).visits] == [there]
        with pytest.raises(NotFound):
            work.sheet(role, build.location(work.session))
    work.session.rollback()
    before = len(work.log("see_day"))
    week = work.sheet(Role.AGENT, first=TODAY, days=7)
    assert (week.shows, week.visits) == ("busy", [])
    assert [(one.start, one.end, one.clinic) for one in week.days[0].busy] == [
        (work.at(0, 9), work.at(0, 9.5), work.lake.name)
    ]  # fmt: skip
    week = work.sheet(Role.ADMINISTRATOR, first=TODAY, days=7)
    assert (week.shows, week.visits, week.days[0].counts, week.days[1].counts) == ("counts", [], {"booked": 1}, {})
    assert len(work.log("see_day")) == before, "nobody was named"
    assert [one.id for one in day.colleagues(work.session, work.viewer("see-day", Role.MANAGER))] == [work.bea.id, work.ana.id]
    assert [one.id for one in day.colleagues(work.session, work.viewer("see-day", Role.MANAGER, work.river))] == [work.ana.id]
    assert [one.id for one in day.colleagues(work.session, work.viewer("see-day", Role.AGENT), "BEA")] == [work.bea.id]
    other = build.viewer("see-day", Grant(Role.SPECIALIST), specialist_id=work.bea.id)
    with pytest.raises(NotFound):
        day.sheet(work.session, other, work.ana.id, None, actor="account:8", now=NOW)


def test_whose_names_were_shown_is_noted_once_and_the_number_of_queries_is_always_the_same(work: Practice) -> None:
    def asked() -> int:
        with counted_queries(work.session.get_bind()) as statements:  # type: ignore[arg-type]
            work.sheet()
        return len([one for one in statements if not one.startswith("PRAGMA")])

    visits = [work.book(work.at(0, 9))]
    first = asked()
    again = asked()
    visits += [work.book(work.at(0, 9 + number / 2)) for number in range(1, 9)]
    assert (asked(), asked()) == (first, again)
    assert [row[1] for row in work.log("see_day")] == visits
    assert [row[2] for row in work.log("see_day")] == [work.patient_of(visit) for visit in visits]
    work.now += timedelta(hours=12)
    work.sheet()
    assert len(work.log("see_day")) == 2 * len(visits)


def test_the_card_shows_what_each_may_see(work: Practice) -> None:
    patient = build.patient(
        work.session, now=NOW, given_name="Ada", family_name="Okafor", birth_date=date(2012, 4, 23), phone="+14075550123"
    ).id  # fmt: skip
    earlier, there = work.book(work.at(0, 9), patient=patient), work.book(work.at(5, 9), at=work.river, patient=patient)
    with_bea = work.book(work.at(2, 9), who=work.bea, patient=patient)
    visit = work.book(work.at(1, 9), patient=patient, reason="low back pain", new_patient=True)
    said = Intake(
        appointment_id=visit, email="ada@example.org", language="es", interpreter=True, access_needs="A ramp", insurer="Sunny"
    )
    work.session.add(said)
    work.session.flush()
    patients.add_guardian(work.session, visit, name="Pat Okafor", relation="parent", phone="+14075550124", now=NOW)
    work.session.commit()
    mine = work.card(visit)
    assert (mine.name, mine.age, mine.language, mine.interpreter, mine.access_needs) == ("Ada Okafor", 14, "es", True, "A ramp")
    assert (mine.guardian, mine.guardian_relation, mine.reason, mine.returning) == (
        "Pat Okafor",
        "parent",
        "low back pain",
        False,
    )
    assert mine.contact
    assert (mine.contact.phone, mine.contact.email, mine.contact.guardian_phone) == (
        "+14075550123", "ada@example.org", "+14075550124",
    )  # fmt: skip
    assert ([one.id for one in mine.earlier], [one.id for one in mine.coming]) == ([earlier], [there]), "not those with Bea"
    manager, desk = work.card(visit, Role.MANAGER), work.card(visit, Role.FRONT_DESK)
    for card in (manager, desk):
        assert (card.reason, card.may_read, card.contact) == (None, False, mine.contact)
        assert [one.id for one in card.coming] == [with_bea], "not those elsewhere"
    for visit_id, role, at in (
        (there, Role.MANAGER, None), (with_bea, Role.SPECIALIST, None), (visit, Role.AGENT, None),
        (visit, Role.MANAGER, work.river), (visit, Role.ADMINISTRATOR, None), (10**6, Role.SPECIALIST, None),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            work.card(visit_id, role, at)
    work.session.rollback()
    # A week before and after, and the desk whenever.
    for days, may in ((-6.1, False), (-5.9, True), (8, True), (8.1, False)):
        work.now = NOW + timedelta(days=days)
        assert (work.card(visit).contact is not None, work.card(visit, Role.FRONT_DESK).contact is not None) == (may, True)
    assert "Okafor" not in repr(mine) + repr(mine.contact)
    assert "555" not in repr(mine.contact)


def test_each_opening_is_noted_but_not_every_reload(work: Practice) -> None:
    visit = work.book(work.at(0, 9))
    for seconds in (0, 30, 59, 1, 120):
        work.now += timedelta(seconds=seconds)
        work.card(visit)
    assert work.log("see_visit") == [("see_visit", visit, work.patient_of(visit), "")] * 3


def test_marks_and_taking_them_back(work: Practice) -> None:
    visit, other = work.book(work.at(0, 9)), work.book(work.at(0, 10), who=work.bea)
    for state in (State.ARRIVED, State.ARRIVED, State.STARTED, State.FULFILLED):
        work.mark(visit, state)
    assert (work.card(visit).summary.state, work.card(visit).next) == ("fulfilled", None)
    with pytest.raises(IllegalMove, match="otherwise meanwhile"):
        work.undo(visit, State.ARRIVED)
    work.undo(visit, State.FULFILLED)
    work.undo(visit, State.FULFILLED)
    assert work.card(visit).summary.state == "started"
    assert [row[0] for row in work.log("arrive", "start", "finish", "undo_finish")] == [
        "arrive",
        "start",
        "finish",
        "undo_finish",
    ]
    with pytest.raises(NotFound):
        work.mark(other, State.ARRIVED)
    with pytest.raises(NotFound):
        work.mark(visit, State.STARTED, Role.MANAGER, work.river)
    with pytest.raises(IllegalMove):
        work.mark(visit, State.NO_SHOW)
    with pytest.raises(InvalidInput):
        marking.mark(work.session, work.viewer("mark-visit"), visit, "cancelled", who=ME, now=NOW)
    work.mark(other, State.ARRIVED, Role.FRONT_DESK)


def test_cancelling_and_moving_need_a_reason_and_tell_the_patient(work: Practice) -> None:
    visit, viewer = work.book(work.at(1, 9)), work.viewer("change-visit")
    opening = work.opening(work.at(2, 15), work.first)
    how: dict[str, Any] = {"who": ME, "now": NOW}
    for reason in ("", "because"):
        with pytest.raises(InvalidInput):
            day.move(work.session, viewer, visit, Moving(opening, reason), key=KEY, sealer=SEALER, **how)
        with pytest.raises(InvalidInput):
            day.cancel(work.session, viewer, visit, reason, **how)
    with pytest.raises(NotFound):
        day.cancel(work.session, work.viewer("change-visit", Role.MANAGER, work.river), visit, "ill", **how)
    before, after = day.preview_move(work.session, viewer, visit, opening, key=KEY)
    assert (before.start, after.start) == (work.at(1, 9), work.at(2, 15))
    day.move(work.session, viewer, visit, Moving(opening, "ill"), key=KEY, sealer=SEALER, **how)
    day.cancel(work.session, viewer, visit, "asked", **how)
    assert [(row[0], row[3]) for row in work.log("move", "cancel")] == [("move", "reason=ill"), ("cancel", "reason=asked")]
    told = work.session.scalars(
        select(OutboxMessage.event).where(OutboxMessage.appointment_id == visit).order_by(OutboxMessage.id)
    ).all()  # fmt: skip
    assert [one for one in told if one in ("moved", "cancelled")] == ["moved", "cancelled"]
    assert work.session.get_one(Appointment, visit).cancel_reason == "asked"
    work.session.rollback()
    with pytest.raises(IllegalMove):
        day.cancel(work.session, viewer, visit, "asked", **how)


def test_a_visit_moves_to_a_colleague_of_ones_own_clinics_and_no_further(work: Practice) -> None:
    """Bea is beside her; Cyd gives the same kind of visit at a clinic of nobody here; Dot gives another kind."""
    far = build.location(work.session, name="Far Clinic")
    cyd, dot = build.specialist(work.session, name="Cyd"), build.specialist(work.session, name="Dot")
    for person, kind, at in ((cyd, work.first, far), (dot, work.again, work.lake)):
        build.shift(work.session, person, at)
        build.offer(work.session, kind, at, person)
    visit = work.book(work.at(1, 9))
    how: dict[str, Any] = {"key": KEY, "sealer": SEALER, "who": ME, "now": NOW}
    seen: dict[str, Any] = {
        "manager": work.viewer("change-visit", Role.MANAGER), "front desk": work.viewer("change-visit", Role.FRONT_DESK),
        "specialist": work.viewer("change-visit"),
    }  # fmt: skip
    for role, viewer in seen.items():
        found = day.move_times(work.session, viewer, visit, giver_id=day.ANYBODY, now=NOW)
        assert {giver.id for giver in found.givers} == {work.ana.id, work.bea.id}, role
        assert all(giver.here for giver in found.givers), role
        offered = {(opening.specialist_id, opening.location.id) for _, times in found.days for opening in times}
        assert (work.bea.id, work.lake.id) in offered
        assert cyd.id not in {who for who, _ in offered}
        only = day.move_times(work.session, viewer, visit, giver_id=work.bea.id, now=NOW)
        assert {opening.specialist_id for _, times in only.days for opening in times} == {work.bea.id}
        for stranger in (cyd.id, dot.id, 10**6):
            with pytest.raises(NotFound):
                day.move_times(work.session, viewer, visit, giver_id=stranger, now=NOW)
        beyond = write_opening(KEY, SlotRef(work.first.id, far.id, cyd.id, cell_at(work.at(2, 15))))
        with pytest.raises(NotOffered):
            day.move(work.session, viewer, visit, Moving(beyond, "ill"), **how)
    to_bea = work.opening(work.at(2, 15), work.first, work.bea)
    with pytest.raises(InvalidInput) as refused:
        day.move(work.session, seen["manager"], visit, Moving(to_bea, "ill", "x" * 201), **how)
    assert set(refused.value.fields) == {"note"}
    day.move(work.session, seen["manager"], visit, Moving(to_bea, "ill", "Bea is\r\n very kind.\0"), **how)
    moved = work.session.get_one(Appointment, visit, populate_existing=True)
    assert (moved.specialist_id, moved.start_at, moved.sequence) == (work.bea.id, work.at(2, 15), 1)
    note = work.session.scalars(select(OutboxMessage.note).where(OutboxMessage.event == "moved")).one()
    assert note
    assert "kind" not in note, "what is said to a patient is sealed"
    assert SEALER.open(note) == "Bea is very kind."
    work.session.rollback()
    assert [row[3] for row in work.log("move")] == ["reason=ill"]
    with pytest.raises(NotFound):
        day.move_times(work.session, work.viewer("change-visit"), visit, now=NOW)


def test_who_is_away_is_not_the_first_choice(work: Practice) -> None:
    visit = work.book(work.at(1, 9))
    viewer = work.viewer("change-visit", Role.MANAGER)
    assert day.move_times(work.session, viewer, visit, now=NOW).chosen == work.ana.id
    build.save(work.session, Task(kind="affected_visit", cause="away", appointment_id=visit, created_at=NOW))
    assert day.move_times(work.session, viewer, visit, now=NOW).chosen == day.ANYBODY
    bea = day.Moving(work.opening(work.at(2, 15), work.first, work.bea), "away")
    day.move(work.session, viewer, visit, bea, key=KEY, sealer=SEALER, who=ME, now=NOW)
    assert work.session.scalars(select(Task.done_at)).all() == [NOW], "it is settled by the move"
    work.session.rollback()


def test_the_next_times_with_the_same_specialist(work: Practice) -> None:
    visit, viewer = work.book(work.at(0, 9)), work.viewer("book")
    found = day.follow_up_times(work.session, viewer, visit, now=NOW)
    assert found.kind
    assert (found.kind.slug, [one.slug for one in found.kinds], found.first_day) == ("again", ["again"], date(2026, 11, 30))
    assert [on for on, _ in found.days] == [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)]
    assert {opening.specialist_id for _, times in found.days for opening in times} == {work.ana.id}
    assert found.days[0][1][0].start == work.at(14, 9)
    on = day.follow_up_times(work.session, viewer, visit, first_day=date(2026, 12, 4), now=NOW)
    # On Saturdays at the other clinic.
    assert [(one, times[0].location.name) for one, times in on.days][1] == (date(2026, 12, 5), "River Clinic")
    manager = day.follow_up_times(work.session, work.viewer("book", Role.MANAGER), visit, first_day=date(2026, 12, 4), now=NOW)
    assert date(2026, 12, 5) not in [one for one, _ in manager.days], "only at their clinics"
    assert day.follow_up_times(work.session, viewer, visit, first_day=date(2020, 1, 1), now=NOW).first_day == TODAY
    assert day.follow_up_times(work.session, viewer, visit, first_day=date(2036, 1, 1), now=NOW).days == ()
    with pytest.raises(NotFound):
        day.follow_up_times(work.session, work.viewer("book", Role.MANAGER, work.river), visit, now=NOW)
    coming = work.book(work.at(1, 9))
    moves = day.move_times(work.session, work.viewer("change-visit"), coming, now=NOW)
    assert moves.days[0][1][0].start == work.at(0, 9.5), "what begins now is taken"
    assert work.at(1, 9) in [opening.start for _, times in moves.days for opening in times], "its own time counts as free"
    with pytest.raises(IllegalMove):
        day.move_times(work.session, work.viewer("change-visit"), visit, now=NOW)
