"""Staff lift published hours, with a reason, and nothing else; a time is typed freely."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotOffered, TimeRefused, TimeTaken
from clinic.domain.time.hours import to_utc
from clinic.domain.time.timeline import cell_at
from clinic.domain.time.typed_time import read_clock, start_cell
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.engine.placing.outside_hours import lifting
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Location
from clinic.usecases import booking, overriding
from tests import build
from tests.build import KEY, PATIENT, STAFF
from tests.invariants import broken

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
ZONE = "America/New_York"
LIFTED = lifting(Who("account:7", "phone", staff=True, detail="call=33"), "cannot_wait")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return to_utc(date(2026, 11, day), hour * 60 + minute, ZONE)


class Clinic:
    def __init__(self, session: Session, **shape: Any) -> None:
        self.session = session
        self.place, self.person, self.kind = build.practice(session, **shape)

    def hold(self, start: datetime, who: Who = LIFTED) -> booking.Hold:
        wish = SlotRef(self.kind.id, self.place.id, self.person.id, cell_at(start))
        return booking.hold(self.session, write_opening(KEY, wish), key=KEY, who=who, now=NOW)

    def refusal(self, start: datetime, who: Who = LIFTED) -> str:
        with pytest.raises(TimeRefused) as refused:
            self.hold(start, who)
        return type(refused.value).__name__ + ": " + refused.value.message


def test_hours_and_step_are_lifted_and_nothing_else(session: Session) -> None:
    clinic = Clinic(session, room_kind="treatment", room_setup=5)
    build.room(session, clinic.place)
    session.get_one(Location, clinic.place.id).hours = build.WEEKDAYS
    session.commit()
    other, *_ = build.practice(session, visit=clinic.kind)
    build.shift(session, clinic.person, other, "Tue 18:00-20:00")
    build.closure(session, clinic.place, at(18, 18), at(18, 20))
    build.location_day(session, clinic.place, date(2026, 11, 19))
    build.time_off(session, clinic.person, at(20, 18), at(20, 20))
    assert "NotOffered" in clinic.refusal(at(16, 19, 5), STAFF)
    held = clinic.hold(at(16, 19, 5))
    assert clinic.refusal(at(16, 19, 20)).startswith("TimeTaken")  # never an overlap: the specialist, and the only room
    assert "another clinic" in clinic.refusal(at(17, 18))
    assert clinic.hold(at(17, 20))
    for closed in (at(18, 18), at(19, 10), at(20, 19)):
        assert "closed then, or the specialist is away" in clinic.refusal(closed)
    assert "has passed" in clinic.refusal(at(16, 8))
    session.get_one(Location, clinic.place.id).active = False
    session.commit()
    assert "not taking visits" in clinic.refusal(at(23, 19))
    rows = session.scalars(select(Audit.detail).where(Audit.appointment_id == held.summary.appointment_id))
    assert list(rows) == ["call=33 outside_hours=cannot_wait"]
    assert broken(session, now=NOW) == []


def test_an_override_needs_a_reason_of_the_list_and_somebody_who_gives_the_visit(session: Session) -> None:
    clinic = Clinic(session)
    with pytest.raises(InvalidInput) as refused:
        lifting(STAFF, "because Maria asked")
    assert set(refused.value.fields) == {"override_reason"}
    stranger = build.specialist(session)
    wish = SlotRef(clinic.kind.id, clinic.place.id, stranger.id, cell_at(at(16, 19)))
    with pytest.raises(NotOffered, match="does not give"):
        booking.hold(session, write_opening(KEY, wish), key=KEY, who=LIFTED, now=NOW)


def test_a_visit_is_moved_outside_the_hours(session: Session) -> None:
    clinic = Clinic(session)
    hold = clinic.hold(at(17, 10), PATIENT)
    booked = booking.confirm(session, hold.token, build.details(), key=KEY, who=PATIENT, now=NOW)
    evening = write_opening(KEY, SlotRef(clinic.kind.id, clinic.place.id, clinic.person.id, cell_at(at(17, 19, 35))))
    with pytest.raises(NotOffered):
        booking.reschedule(session, booked.manage_token, evening, key=KEY, who=STAFF, now=NOW)
    moved = booking.reschedule(session, booked.manage_token, evening, key=KEY, who=LIFTED, now=NOW)
    assert moved.summary.start == at(17, 19, 35)
    assert broken(session, now=NOW) == []


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("4:35 pm", 995), ("4:35PM", 995), ("4 p.m.", 960), ("12 am", 0), ("12:05 a", 5), ("16:35", 995), ("09:00", 540),
     ("noon", 720), (" Midnight ", 0), ("12.30 pm", 750)],
)  # fmt: skip
def test_a_time_as_people_type_it(typed: str, minutes: int) -> None:
    assert read_clock(typed) == minutes


@pytest.mark.parametrize("typed", ["", "4:35", "4", "16", "25:00", "13 pm", "0 am", "4:60 pm", "4 m", "half past", "4:3 pm"])
def test_what_is_no_time_is_told_so(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_clock(typed)
    assert "4:35 PM" in refused.value.fields["time"]


def test_the_gap_and_the_fold_of_a_clock_change() -> None:
    with pytest.raises(InvalidInput, match="clocks go forward"):
        start_cell(date(2027, 3, 14), 150, ZONE)
    assert start_cell(date(2026, 11, 1), 90, ZONE) == cell_at(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="five minutes"):
        start_cell(date(2027, 3, 14), 601, ZONE)


class TestTyped:
    def typed(self, clinic: Clinic, day: date | None, clock: str, **given: str) -> overriding.Typed:
        words = {"location": clinic.place.slug, "specialist": clinic.person.slug, "visit_type": clinic.kind.slug} | given
        return overriding.read_typed(clinic.session, overriding.OverrideWords(**words, day=day, clock=clock), key=KEY, now=NOW)

    def test_inside_outside_and_taken(self, session: Session) -> None:
        clinic = Clinic(session)
        inside = self.typed(clinic, date(2026, 11, 17), "10:00 am")
        assert (inside.start, inside.outside_hours) == (at(17, 10), False)
        off_step = self.typed(clinic, date(2026, 11, 17), "10:05 am")
        evening = self.typed(clinic, date(2026, 11, 17), "7:05 pm")
        assert (off_step.outside_hours, evening.outside_hours) == (True, True)
        assert booking.hold(session, evening.opening, key=KEY, who=LIFTED, now=NOW).summary.start == at(17, 19, 5)
        with pytest.raises(TimeTaken) as refused:
            self.typed(clinic, date(2026, 11, 17), "7:20 pm")
        assert len(refused.value.alternatives) >= 3

    def test_every_wrong_field_has_its_sentence(self, session: Session) -> None:
        clinic = Clinic(session)
        with pytest.raises(InvalidInput) as refused:
            self.typed(clinic, None, "4:35", location="x", specialist="x", visit_type="x")
        assert set(refused.value.fields) == {"day", "time", "location", "specialist", "visit_type"}
        for day, clock, field in (
            (date(2026, 11, 15), "4 pm", "day"), (date(2029, 11, 15), "4 pm", "day"), (date(2027, 3, 14), "2:30 am", "time"),
            (date(2026, 11, 16), "8:55 am", "time"), (date(2026, 11, 16), "4:31 pm", "time"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput) as refused:
                self.typed(clinic, day, clock)
            assert set(refused.value.fields) == {field}, (day, clock)
