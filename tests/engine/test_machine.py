"""Random interleavings of everything that can happen to appointments (R6): a plain model foretells every answer, and after each
step the invariants are read from the tables. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, delete
from sqlalchemy.orm import Session

from clinic.domain.errors import DomainError, IllegalMove, PatientClash, TimeRefused
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, appointment_of, write_opening
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import VisitType
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Intake, Patient
from clinic.store.tables.schedules import TimeOff
from clinic.store.tables.work import Task
from clinic.usecases import booking
from tests import build
from tests.away import take_off
from tests.build import KEY, PATIENT
from tests.invariants import broken

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # nine in the morning
OPENS, CLOSES = NOW, NOW + timedelta(hours=4)
MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]

quarters = st.integers(-1, 16).map(lambda n: NOW + n * 15 * MINUTE)
names = st.sampled_from(("Maria", "José"))
sides = st.integers(0, 1)


@dataclass
class Visit:
    """What the model knows of an appointment."""

    kind: VisitType
    person: int
    start: datetime
    held_at: datetime
    token: str
    state: str = "held"
    ends: datetime | None = None
    room: int | None = None
    device: int | None = None
    patient: str | None = None
    manage: str = ""

    def lapsed(self, now: datetime) -> bool:
        return self.state == "expired" or (self.state == "held" and self.ends is not None and self.ends <= now)

    def stands(self, now: datetime) -> bool:
        return self.state == "booked" or (self.state == "held" and not self.lapsed(now))


def meet(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def its(kind: VisitType, start: datetime) -> Span:
    return start - kind.buffer_before * MINUTE, start + (kind.minutes + kind.buffer_after) * MINUTE


def around(kind: VisitType, start: datetime) -> Span:
    return start - kind.room_setup * MINUTE, start + (kind.minutes + kind.room_cleanup) * MINUTE


class Bookings(RuleBasedStateMachine):
    """Two specialists, two rooms, one C-arm, one morning; consultations, and procedures that need a room and the C-arm."""

    session: Session
    rows: dict[str, Any]
    steps = 0
    visits = Bundle("visits")

    @initialize()
    def empty(self) -> None:
        for table in (Claim, Audit, OutboxMessage, Task, Intake, Appointment, TimeOff, Patient):
            self.session.execute(delete(table))
        self.session.commit()
        self.now = NOW
        self.known: dict[int, Visit] = {}
        self.away: list[tuple[int, Span]] = []

    # The model's questions

    def refusal(self, kind: VisitType, person: int, start: datetime, *, besides: Visit | None = None) -> type[DomainError] | None:
        """What whoever wants this time should be told now."""
        within = [its(kind, start)] + ([around(kind, start)] if kind.room_kind else [])
        inside = not any(a < OPENS or b > CLOSES for a, b in within)
        off = any(who == person and meet(span, its(kind, start)) for who, span in self.away)
        if start < self.now or not inside or off:
            return TimeRefused
        others = [v for v in self.known.values() if v is not besides and v.stands(self.now)]
        if any(v.person == person and meet(its(v.kind, v.start), its(kind, start)) for v in others):
            return TimeRefused
        if kind.room_kind:
            busy = [v for v in others if meet(around(v.kind, v.start), around(kind, start))]
            if not set(self.rows["rooms"]) - {v.room for v in busy} or any(v.device for v in busy):
                return TimeRefused
        return None

    def clashes(self, patient: str, kind: VisitType, start: datetime, besides: Visit) -> bool:
        mine = (v for v in self.known.values() if v is not besides and v.state == "booked" and v.patient == patient)
        return any(meet((v.start, v.start + v.kind.minutes * MINUTE), (start, start + kind.minutes * MINUTE)) for v in mine)

    def told(self, verb: Callable[[], Any], expected: type[DomainError] | None) -> Any:
        """The verb's answer, or None when it is refused as the model foretells."""
        type(self).steps += 1
        try:
            answer = verb()
        except DomainError as refused:
            self.session.rollback()
            assert expected is not None, f"refused {refused!r} what the model has free"
            assert isinstance(refused, expected), f"{refused!r}, not {expected}"
            return None
        assert expected is None, f"expected {expected}"
        return answer

    def placed(self, visit: Visit) -> None:
        """Which room and device were chosen is the product's to say."""
        made = self.session.get_one(Appointment, appointment_of(visit.token, "hold"), populate_existing=True)
        visit.room, visit.device = made.room_id, made.equipment_id

    def opening(self, kind: int, person: int, start: datetime) -> str:
        wish = SlotRef(self.rows["kinds"][kind].id, self.rows["place"].id, self.rows["people"][person].id, cell_at(start))
        return write_opening(KEY, wish)

    # What can happen

    @rule(target=visits, kind=sides, person=sides, start=quarters)
    def hold(self, kind: int, person: int, start: datetime) -> Any:
        shape, who = self.rows["kinds"][kind], self.rows["people"][person].id
        expected = self.refusal(shape, who, start)
        opening = self.opening(kind, person, start)
        made = self.told(lambda: booking.hold(self.session, opening, key=KEY, who=PATIENT, now=self.now), expected)
        if made is None:
            return multiple()
        visit = Visit(shape, who, start, self.now, made.token, ends=self.now + 10 * MINUTE)
        self.known[made.summary.appointment_id] = visit
        self.placed(visit)
        return visit

    @rule(visit=visits, name=names)
    def confirm(self, visit: Visit, name: str) -> None:
        expected: type[DomainError] | None = None
        if visit.state not in ("held", "expired"):
            expected = IllegalMove
        elif visit.lapsed(self.now):
            expected = self.refusal(visit.kind, visit.person, visit.start, besides=visit)
        if expected is None and self.clashes(name, visit.kind, visit.start, visit):
            expected = PatientClash
        typed = build.details(given_name=name)
        booked = self.told(
            lambda: booking.confirm(self.session, visit.token, typed, key=KEY, who=PATIENT, now=self.now), expected
        )
        if booked:
            visit.state, visit.patient, visit.ends, visit.manage = "booked", name, None, booked.manage_token
            self.placed(visit)

    @rule(visit=visits)
    def extend(self, visit: Visit) -> None:
        expected: type[DomainError] | None = None
        last = visit.held_at + 30 * MINUTE
        if visit.state not in ("held", "expired") or last <= self.now:
            expected = IllegalMove
        elif visit.lapsed(self.now):
            expected = self.refusal(visit.kind, visit.person, visit.start, besides=visit)
        held = self.told(lambda: booking.extend(self.session, visit.token, key=KEY, who=PATIENT, now=self.now), expected)
        if held:
            visit.state, visit.ends = "held", min(self.now + 10 * MINUTE, last)
            assert held.expires_at == visit.ends
            self.placed(visit)

    @rule(visit=visits)
    def release(self, visit: Visit) -> None:
        over = visit.state == "expired" or (visit.state == "cancelled" and visit.patient is None)
        expected = None if visit.state == "held" or over else IllegalMove
        self.told(lambda: booking.release(self.session, visit.token, key=KEY, who=PATIENT, now=self.now), expected)
        if visit.state == "held":
            visit.state = "cancelled"

    @rule(visit=visits, person=sides, start=quarters)
    def move(self, visit: Visit, person: int, start: datetime) -> None:
        if not visit.manage:
            return
        who = self.rows["people"][person].id
        expected: type[DomainError] | None = IllegalMove
        if visit.state == "booked" and visit.start > self.now:
            expected = self.refusal(visit.kind, who, start, besides=visit)
            if expected is None and self.clashes(str(visit.patient), visit.kind, start, visit):
                expected = PatientClash
        opening = self.opening(self.rows["kinds"].index(visit.kind), person, start)
        moved = self.told(
            lambda: booking.reschedule(self.session, visit.manage, opening, key=KEY, who=PATIENT, now=self.now), expected
        )
        if moved:  # to where it was already is no move, and the invariants see that nobody was told
            visit.person, visit.start = who, start
            self.placed(visit)

    @rule(visit=visits)
    def cancel(self, visit: Visit) -> None:
        if not visit.manage:
            return
        expected = None if visit.state == "booked" and visit.start > self.now else IllegalMove
        gone = self.told(lambda: booking.cancel(self.session, visit.manage, None, key=KEY, who=PATIENT, now=self.now), expected)
        if gone:
            visit.state = "cancelled"
            if self.refusal(visit.kind, visit.person, visit.start) is None:  # I8: free again, at once
                kind = self.rows["kinds"].index(visit.kind)
                person = [p.id for p in self.rows["people"]].index(visit.person)
                again = booking.hold(self.session, self.opening(kind, person, visit.start), key=KEY, who=PATIENT, now=self.now)
                booking.release(self.session, again.token, key=KEY, who=PATIENT, now=self.now)

    @rule(person=sides, start=quarters, length=st.sampled_from((5, 30, 60)))
    def time_off(self, person: int, start: datetime, length: int) -> None:
        who, end = self.rows["people"][person].id, start + length * MINUTE
        if end <= self.now or len(self.away) >= 3:
            return
        self.told(lambda: take_off(self.session, who, start, end, now=self.now), None)
        self.away.append((who, (start, end)))

    @rule()
    def sweep(self) -> None:
        due = [v for v in self.known.values() if v.state == "held" and v.ends and v.ends < self.now - MINUTE]
        assert self.told(lambda: booking.sweep(self.session, now=self.now), None) == len(due)
        for visit in due:
            visit.state = "expired"

    @rule(minutes=st.sampled_from((1, 4, 10, 12)))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(_visit=consumes(visits))
    def forget(self, _visit: Visit) -> None:
        """Nobody comes back to this one; it stays in the tables."""

    # What must hold

    @invariant()
    def invariants_hold(self) -> None:
        if not hasattr(self, "known"):
            return
        assert broken(self.session, now=self.now) == []
        states = {a.id: a.state for a in self.session.query(Appointment)}
        assert {made: states[made] for made in self.known} == {made: v.state for made, v in self.known.items()}
        self.session.rollback()


def run(url: str, examples: int, steps: int) -> int:
    """Play; returns how many verbs were called."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with Session(engine) as session:
        place = build.location(session)
        wants = {"audience": "returning", "horizon_days": 2, "cancel_window_hours": 0}
        consult = build.visit_type(session, minutes=30, buffer_after=5, **wants)
        procedure = build.visit_type(
            session, minutes=45, room_kind="treatment", room_setup=10, room_cleanup=5, equipment_kind="c_arm", **wants
        )
        people = [build.specialist(session) for _ in range(2)]
        for person in people:
            build.shift(session, person, place, "Mon 09:00-13:00")
            for kind in (consult, procedure):
                build.offer(session, kind, place, person)
        rooms = [build.room(session, place).id for _ in range(2)]
        build.equipment(session, place)
        Bookings.session, Bookings.steps = session, 0
        Bookings.rows = {"place": place, "kinds": [consult, procedure], "people": people, "rooms": rooms}
        how = settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None, print_blob=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        run_state_machine_as_test(Bookings, settings=how)
    engine.dispose()
    return Bookings.steps


def test_interleavings(database: str) -> None:
    assert run(database, 15, 25) > 40, (
        "what is drawn differs from run to run: far fewer would mean that hardly anything was booked"
    )


@pytest.mark.prove
def test_ten_thousand_interleavings(database: str) -> None:
    begun, steps, examples = monotonic(), 0, 0
    for long, how_many in ((50, 250), (50, 250), *[(8, 950)] * 10):
        steps += run(database, how_many, long)
        examples += how_many
    kind = database.split("+")[0].split(":")[0]
    print(f"\n{steps} verbs in {examples} interleavings on {kind}: invariants held after each, {monotonic() - begun:.0f} s")
