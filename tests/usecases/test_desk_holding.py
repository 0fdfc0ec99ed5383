"""At the desk: hold while they think, book, move, cancel for the caller; the limits, the audit, what a lost network does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, KeyReused, NotFound, TimeTaken
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.time.hours import to_utc
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.patients import Guardian, Intake
from clinic.store.work.calls import visits_of
from clinic.usecases import booking, desk
from clinic.usecases.booking import request_once
from clinic.usecases.desk import ForCaller, OnCall
from tests import build
from tests.build import KEY, PATIENT
from tests.desk import Desk, Someone
from tests.invariants import broken

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Call:
    """One call about a patient who has proved who they are, and the verbs with everything filled in."""

    def __init__(self, at: Desk, agent: Someone | None = None, *, about: booking.Booked | None = None) -> None:
        self.desk, self.session, self.agent = at, at.session, agent or at.agent
        self.id = at.begin(self.agent)
        self.on = OnCall(self.agent, self.id, KEY)
        if about is not None:
            row = at.look(self.id, self.agent).rows[0].row
            assert at.verify(self.id, row, "Maria", "reference", about.reference, self.agent).match, "booked by the staff"

    def opening(self, start: datetime) -> str:
        return write_opening(KEY, SlotRef(self.desk.kind.id, self.desk.place.id, self.desk.doctor.id, cell_at(start)))

    def hold(self, start: datetime, **given: Any) -> booking.Hold:
        return desk.hold_for_call(self.session, given.pop("on", self.on), self.opening(start), now=self.desk.now, **given)

    def book(self, hold: booking.Hold, *, once: Any = None, **asked: Any) -> booking.Booked:
        return desk.book_for_caller(self.session, self.on, hold.token, ForCaller(**asked), now=self.desk.now, once=once)

    def done(self) -> list[str]:
        return [noted.action for noted in visits_of(self.session, self.id)]


@pytest.fixture
def at(session: Session) -> Desk:
    return Desk(session, NOW)


def test_hold_and_book_with_the_call_on_every_row(at: Desk) -> None:
    call = Call(at, about=at.book(who=build.STAFF, email="maria@example.org", texts=True))
    held = call.hold(NOW + HOUR)
    booked = call.book(held, reason="My back", booked_by="partner")
    visit = at.session.scalars(select(Appointment).where(Appointment.reference == booked.reference)).one()
    said = at.session.get_one(Intake, visit.id)
    assert (visit.channel, visit.booked_by, visit.reason, said.email) == ("phone", "partner", "My back", "maria@example.org")
    assert said.texts_consented_at is not None
    rows = at.session.execute(
        select(Audit.action, Audit.actor, Audit.patient_id, Audit.detail).where(Audit.appointment_id == visit.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("hold", call.agent.actor, None, f"call={call.id}"), ("book", call.agent.actor, visit.patient_id, f"call={call.id}"),
    ]  # fmt: skip
    assert call.done() == ["hold", "book"]
    assert broken(at.session, now=NOW) == []


@pytest.mark.parametrize(
    ("told_by", "email", "texts", "quiet"),
    [
        (None, "maria@example.org", True, False), ("email", "maria@example.org", False, False),
        ("text", "maria@example.org", True, False), ("letter", None, False, False), ("none", None, False, True),
    ],
)  # fmt: skip
def test_they_are_told_as_they_say_now(at: Desk, told_by: str | None, email: str | None, texts: bool, quiet: bool) -> None:
    call = Call(at, about=at.book(who=build.STAFF, email="maria@example.org", texts=True))
    booked = call.book(call.hold(NOW + HOUR), told_by=told_by)
    said = at.session.get_one(Intake, booked.summary.appointment_id)
    assert (said.email, said.texts_consented_at is not None, said.reminders_stopped_at is not None) == (email, texts, quiet)
    at.session.rollback()
    with pytest.raises(InvalidInput):
        call.book(call.hold(NOW + 3 * HOUR), told_by="pigeon")


def test_nobody_is_booked_before_they_proved_who_they_are_and_no_tab_takes_anothers_time(at: Desk) -> None:
    known = at.book(who=build.STAFF)
    call, other = Call(at), Call(at, about=known)
    held = call.hold(NOW + HOUR)
    with pytest.raises(IllegalMove, match="Nobody has proved"):
        call.book(held)
    with pytest.raises(NotFound, match="not held in this call"):
        other.book(held)
    stranger = replace(call.on, person=at.hire())
    for act in (
        lambda: desk.hold_for_call(at.session, stranger, call.opening(NOW + 2 * HOUR), now=NOW),
        lambda: desk.holds_of_call(at.session, stranger, now=NOW),
        lambda: desk.release_hold(at.session, stranger, held.token, now=NOW),
        lambda: desk.cancel_for_caller(at.session, stranger, known.summary.appointment_id, None, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotFound):  # whose call is about nobody reaches no visit
        desk.cancel_for_caller(at.session, call.on, known.summary.appointment_id, None, now=NOW)
    assert [hold.token for hold in desk.holds_of_call(at.session, call.on, now=NOW)] == [held.token]


def test_three_times_a_call_extended_given_back_and_there_after_a_reload(at: Desk) -> None:
    call = Call(at)
    holds = [call.hold(NOW + number * HOUR) for number in (1, 2, 3)]
    with pytest.raises(IllegalMove, match="holds 3 times"):
        call.hold(NOW + 4 * HOUR)
    assert desk.holds_of_call(at.session, call.on, now=NOW) == tuple(holds)
    desk.release_hold(at.session, call.on, holds[0].token, now=NOW)
    desk.release_hold(at.session, call.on, holds[0].token, now=NOW)
    call.hold(NOW + 4 * HOUR)
    at.now += timedelta(minutes=8)
    assert desk.extend_hold(at.session, call.on, holds[1].token, now=at.now).expires_at == at.now + timedelta(minutes=10)
    at.now += timedelta(minutes=4)  # the others ended, and count no more
    assert len(desk.holds_of_call(at.session, call.on, now=at.now)) == 1
    call.hold(NOW + 5 * HOUR)
    call.hold(NOW + 6 * HOUR)
    with pytest.raises(IllegalMove, match="holds 3 times"):
        desk.extend_hold(at.session, call.on, holds[2].token, now=at.now)
    assert call.done() == ["hold"] * 3 + ["release"] + ["hold"] * 3
    assert broken(at.session, now=at.now) == []


def test_sent_again_it_is_done_once(at: Desk) -> None:
    call = Call(at, about=at.book(who=build.STAFF))
    once = request_once("desk", "h" * 16, {"call": call.id, "hold": 1})
    held = call.hold(NOW + HOUR, once=once)
    assert call.hold(NOW + HOUR, once=once) == held
    booking_once = request_once("desk", "b" * 16, {"book": held.token})
    booked = call.book(held, once=booking_once)
    assert call.book(held, once=booking_once) == booked
    with pytest.raises(KeyReused):
        call.book(held, once=request_once("desk", "b" * 16, {"book": "another"}))
    number = booked.summary.appointment_id
    moved = [desk.move_for_caller(at.session, call.on, number, call.opening(NOW + 3 * HOUR), now=NOW) for _ in range(2)]
    assert moved[0].summary == moved[1].summary
    hold = call.hold(NOW + 5 * HOUR)
    swapped = [desk.move_to_hold(at.session, call.on, number, hold.token, now=NOW) for _ in range(2)]
    assert swapped[0].summary == swapped[1].summary
    assert swapped[0].summary.start == NOW + 5 * HOUR
    cancelled = [desk.cancel_for_caller(at.session, call.on, number, "unwell", now=NOW) for _ in range(2)]
    assert cancelled[0].summary == cancelled[1].summary
    assert call.done() == ["hold", "book", "move", "hold", "move", "cancel"]
    assert broken(at.session, now=NOW) == []


def test_a_time_just_taken_leaves_with_the_next_best_and_what_is_held_stays(at: Desk) -> None:
    visit = at.book()
    call = Call(at, about=visit)
    held = call.hold(NOW + HOUR)
    booking.hold(at.session, call.opening(NOW + 2 * HOUR), key=KEY, who=PATIENT, now=NOW)
    for verb in (
        lambda: call.hold(NOW + 2 * HOUR),
        lambda: desk.move_for_caller(at.session, call.on, visit.summary.appointment_id, call.opening(NOW + 2 * HOUR), now=NOW),
    ):
        with pytest.raises(TimeTaken) as refused:
            verb()
        assert len(refused.value.alternatives) >= 3
    assert [hold.token for hold in desk.holds_of_call(at.session, call.on, now=NOW)] == [held.token]
    assert call.done() == ["hold"]


def test_outside_the_hours_with_a_reason_and_a_child_with_a_guardian_named_now(at: Desk) -> None:
    child = build.details(given_name="Leo", birth_date=date(2015, 3, 1), guardian=GuardianDetails(
        name="Ana Garcia", relation="parent", phone="(407) 555-0177", consent=True))  # fmt: skip
    call = Call(at)
    assert desk.new_caller(at.session, call.agent, call.id, child, sure=True, key=KEY, now=NOW).recorded
    evening = to_utc(date(2026, 11, 16), 19 * 60, "America/New_York")
    held = call.hold(evening, on=replace(call.on, outside_hours="agreed"))
    with pytest.raises(InvalidInput) as refused:
        call.book(held)
    assert set(refused.value.fields) == {"guardian"}
    with pytest.raises(InvalidInput) as refused:
        call.book(held, guardian=replace(child.guardian, phone="1", relation="x"))  # type: ignore[type-var]
    assert "guardian_relation" in refused.value.fields
    call.book(held, guardian=child.guardian, told_by="text")
    assert at.session.scalars(select(Guardian.phone)).all() == ["+14075550177"]
    details = at.session.scalars(select(Audit.detail).where(Audit.appointment_id == held.summary.appointment_id))
    assert list(details) == [f"call={call.id} outside_hours=agreed", f"call={call.id}"]
    assert broken(at.session, now=NOW) == []


def test_free_and_busy_without_names(at: Desk) -> None:
    other, *_ = build.practice(at.session, visit=at.kind)
    build.shift(at.session, at.doctor, other, "Tue 18:00-20:00")
    call = Call(at, about=at.book(who=build.STAFF))
    call.book(call.hold(NOW + HOUR))
    call.hold(NOW + DAY + HOUR)
    found = desk.free_busy(at.session, at.doctor.slug, date(2026, 11, 16), 2, now=NOW)
    here = next(clinic for clinic in found.clinics if clinic.location_id == at.place.id)
    monday = [((start - NOW) / HOUR, (end - NOW) / HOUR, free) for start, end, free in here.days[0].stretches]
    assert monday == [(0, 1, True), (1, 1.5, False), (1.5, 8, True)]
    there = next(clinic for clinic in found.clinics if clinic.location_id == other.id)
    assert [len(day.stretches) for day in there.days] == [0, 1]
    assert "Maria" not in repr(found)
    assert "Garcia" not in repr(found)
    with pytest.raises(NotFound):
        desk.free_busy(at.session, "nobody", date(2026, 11, 16), 2, now=NOW)
