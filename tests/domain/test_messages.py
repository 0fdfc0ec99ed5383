"""Who is told what, by which way, when, and for how long we try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.scheduling.appointment import State
from clinic.domain.text.messages import AHEAD, Event, Reached, awake, channels, is_wanted, reminders, try_again_at

ZONES = ["America/New_York", "America/Phoenix", "America/Adak", "Pacific/Guam", "Pacific/Honolulu", "America/Puerto_Rico"]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


@given(moments, st.sampled_from(ZONES))
def test_nobody_is_woken(moment: datetime, zone: str) -> None:
    later = awake(moment, zone)
    assert 8 <= later.astimezone(ZoneInfo(zone)).hour < 21
    assert timedelta(0) <= later - moment <= timedelta(hours=12)
    assert awake(later, zone) == later


@given(moments, st.timedeltas(timedelta(minutes=5), timedelta(days=90)), st.sampled_from(ZONES))
def test_reminders_come_by_day_between_the_booking_and_the_visit(told_at: datetime, ahead: timedelta, zone: str) -> None:
    start = told_at + ahead
    for event, due in reminders(start, told_at, [7, 2, 0], prepare_days=5, zone_name=zone).items():
        assert event in AHEAD
        assert told_at + timedelta(hours=12) <= due < start
        assert 8 <= due.astimezone(ZoneInfo(zone)).hour < 21


def test_reminders_keep_the_visits_hour_over_a_clock_change() -> None:
    start = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # Monday 10:00 EST; the clocks went back on Sunday
    planned = reminders(start, start - timedelta(days=30), [7, 2, 0], prepare_days=None, zone_name="America/New_York")
    assert planned == {
        Event.REMINDER_WEEK: datetime(2026, 10, 26, 14, 0, tzinfo=UTC),
        Event.REMINDER_DAYS: datetime(2026, 10, 31, 14, 0, tzinfo=UTC),
        Event.REMINDER_DAY: datetime(2026, 11, 2, 13, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("event", "mail", "texts", "ways"),
    [
        (Event.BOOKED, True, True, ("mail", "text")),
        (Event.BOOKED, False, True, ("text",)),
        (Event.BOOKED, False, False, ("letter",)),
        (Event.CANCELLED, False, False, ("letter",)),
        (Event.LINK, False, False, ()),
        (Event.REMINDER_WEEK, True, True, ("mail",)),
        (Event.REMINDER_WEEK, False, True, ("text",)),
        (Event.REMINDER_DAY, True, True, ("text",)),
        (Event.REMINDER_DAY, True, False, ("mail",)),
        (Event.OFFER, True, True, ("mail", "text")),
        (Event.OFFER, False, False, ()),
    ],
)
def test_by_which_ways(event: Event, mail: bool, texts: bool, ways: tuple[str, ...]) -> None:
    assert channels(event, Reached(email="a@example.com" if mail else None, texts_to="+1" if texts else None)) == ways


def test_what_is_not_true_any_more_is_not_wanted() -> None:
    now, start = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)

    def wanted(event: Event, sequence: int, state: State, now_sequence: int = 1, at: datetime = now) -> bool:
        return is_wanted(event, sequence, state=state, now_sequence=now_sequence, start=start, now=at)

    assert wanted(Event.MOVED, 1, State.BOOKED)
    assert not wanted(Event.BOOKED, 0, State.BOOKED)
    assert not wanted(Event.MOVED, 1, State.CANCELLED)
    assert wanted(Event.CANCELLED, 2, State.CANCELLED, 2)
    assert not wanted(Event.REMINDER_DAY, 1, State.BOOKED, at=start)
    assert wanted(Event.LINK, 7, State.BOOKED, at=start)


@given(st.floats(0, 1))
def test_we_try_for_four_hours_and_then_tell_a_person(spread: float) -> None:
    first = now = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
    waits, tries = [], 1
    while (again := try_again_at(tries, first, now=now, spread=spread)) is not None:
        waits.append(again - now)
        now, tries = again, tries + 1
    assert waits[0] <= timedelta(seconds=30)
    assert max(waits) <= timedelta(minutes=5)
    assert timedelta(hours=3, minutes=54) <= now - first < timedelta(hours=4)
