"""Whom a freed time suits, and how long they have to answer: against rules written out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point
from clinic.domain.scheduling.waitlist import Policy, Wants, answer_until, check, in_parts, is_over, suiting, suits_place, weekly
from clinic.domain.time.hours import DAY_NAMES, PARTS_OF_DAY
from clinic.domain.time.timeline import cell_at, instant_at, span, starts
from tests.conftest import FakeClock

NOW = FakeClock().now  # a Monday, nine in the morning in Orlando
ORLANDO, TAMPA = Point(28.5399, -81.3727), Point(27.9614, -82.4597)
HOUR = timedelta(hours=1)
ORIGIN = cell_at(NOW) // 288 * 288
WEEK = 7 * 288


def suited(now: datetime = NOW, zone: str = "America/New_York", **wants: Any) -> list[datetime]:
    """Whole hours of a week from midnight UTC on that suit."""
    hourly = sum(1 << bit for bit in range(0, WEEK, 12))
    line = suiting(Wants(**{"notice_hours": 2, **wants}), hourly, ORIGIN, WEEK, zone, now=now)
    return [instant_at(cell) for cell in starts(line, ORIGIN)]


class TestPlace:
    def test_anywhere_unless_somewhere_is_named(self) -> None:
        assert suits_place(Wants(), 1, TAMPA, 2)

    @pytest.mark.parametrize(("location_id", "suits"), [(1, True), (2, False)])
    def test_the_clinic_itself(self, location_id: int, suits: bool) -> None:
        assert suits_place(Wants(location_id=1), location_id, ORLANDO, 2) is suits

    @pytest.mark.parametrize(("miles", "suits"), [(50, False), (100, True), (None, True)])
    def test_within_so_many_miles(self, miles: int | None, suits: bool) -> None:
        assert suits_place(Wants(point=ORLANDO, miles=miles), 7, TAMPA, 2) is suits

    def test_the_specialist_or_anybody(self) -> None:
        assert suits_place(Wants(specialist_id=2), 1, ORLANDO, 2)
        assert not suits_place(Wants(specialist_id=3), 1, ORLANDO, 2)


class TestTime:
    def test_notice_is_kept(self) -> None:
        assert suited()[0] == NOW + 2 * HOUR
        assert suited(notice_hours=48)[0] == NOW + 48 * HOUR

    def test_an_earlier_time_is_at_least_an_hour_before_the_own_visit(self) -> None:
        assert suited(before=NOW + 10 * HOUR)[-1] == NOW + 9 * HOUR
        assert suited(before=NOW + 3 * HOUR) == [NOW + 2 * HOUR]
        assert suited(before=NOW + 2 * HOUR) == []

    def test_days_and_parts_of_the_day_are_the_clinics(self) -> None:
        hours = weekly(["Tue"], ["morning"])
        tuesday = datetime(2026, 11, 17, 5, tzinfo=UTC)
        assert suited(hours=hours) == [tuesday + n * HOUR for n in range(12)]
        assert suited(hours=hours, zone="America/Phoenix") == [tuesday + (n + 2) * HOUR for n in range(12)]

    def test_first_and_last_day(self) -> None:
        found = suited(first_day=date(2026, 11, 18), last_day=date(2026, 11, 19))
        assert (found[0], found[-1]) == (datetime(2026, 11, 18, 5, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC))

    @given(
        days=st.sets(st.sampled_from(DAY_NAMES)),
        parts=st.sets(st.sampled_from(tuple(PARTS_OF_DAY))),
        notice=st.integers(0, 100),
        sooner=st.none() | st.integers(1, 150),
    )
    def test_as_a_look_at_each_start_says(self, days: set[str], parts: set[str], notice: int, sooner: int | None) -> None:
        """In a zone without clock changes, start by start."""
        before = None if sooner is None else NOW + sooner * HOUR
        found = suited(zone="America/Phoenix", hours=weekly(days, parts), notice_hours=notice, before=before)
        bounds = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}

        def suits(start: datetime) -> bool:
            wall = start - 7 * HOUR
            in_part = any(low <= wall.hour < high for low, high in (bounds[part] for part in parts or bounds))
            return (
                in_part
                and (not days or DAY_NAMES[wall.weekday()] in days)
                and start >= NOW + notice * HOUR
                and (before is None or start <= before - HOUR)
            )

        assert found == [start for n in range(168) if suits(start := instant_at(ORIGIN) + n * HOUR)]

    def test_nothing_suits_outside_the_starts(self) -> None:
        assert suiting(Wants(notice_hours=2), 0, ORIGIN, WEEK, "America/New_York", now=NOW) == 0
        assert suiting(Wants(notice_hours=2), span(0, WEEK), ORIGIN, WEEK, "America/New_York", now=NOW + 8 * 24 * HOUR) == 0


class TestAnswering:
    @pytest.mark.parametrize(("hours_left", "minutes"), [(2, 30), (4, 30), (8, 60), (24, 180), (32, 240), (500, 240)])
    def test_an_eighth_of_the_time_left_within_bounds(self, hours_left: int, minutes: int) -> None:
        assert answer_until(NOW + hours_left * HOUR, NOW) == NOW + timedelta(minutes=minutes)

    def test_a_policy_may_say_otherwise(self) -> None:
        policy = Policy(share=0.5, longest=10 * HOUR)
        assert answer_until(NOW + 12 * HOUR, NOW, policy) == NOW + 6 * HOUR


class TestOver:
    def test_once_the_last_day_has_passed_everywhere(self) -> None:
        assert not is_over(Wants(last_day=date(2026, 11, 15)), now=NOW)
        assert is_over(Wants(last_day=date(2026, 11, 14)), now=NOW)

    def test_once_the_own_visit_begins_or_comes_before_the_first_day(self) -> None:
        assert is_over(Wants(before=NOW), now=NOW)
        assert not is_over(Wants(before=NOW + HOUR), now=NOW)
        assert is_over(Wants(before=NOW + HOUR, first_day=date(2026, 11, 20)), now=NOW)
        assert not is_over(Wants(before=NOW + HOUR, first_day=date(2026, 11, 16)), now=NOW)


class TestWords:
    @given(days=st.sets(st.sampled_from(DAY_NAMES)), parts=st.sets(st.sampled_from(tuple(PARTS_OF_DAY))))
    def test_days_and_parts_come_back_from_the_hours(self, days: set[str], parts: set[str]) -> None:
        found_days, found_parts = in_parts(weekly(days, parts))
        assert set(found_days) == (days if len(days) < 7 else set())
        assert set(found_parts) == (parts if len(parts) < 3 else set())

    def test_all_is_any_and_other_hours_are_left_alone(self) -> None:
        assert weekly([], []) == weekly(DAY_NAMES, PARTS_OF_DAY) == ""
        assert weekly(["Mon"], ["morning", "evening"]) == "Mon 00:00-12:00 17:00-24:00"
        assert in_parts("Mon 09:00-10:00") == ((), ())

    def test_every_wrong_field_at_once(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            check(Wants(notice_hours=5, miles=3, hours="Xyz", first_day=date(2027, 1, 2), last_day=date(2027, 1, 1)), visits=13)
        assert set(refused.value.fields) == {"notice", "miles", "hours", "last_day", "visits"}
        check(Wants(miles=25, notice_hours=2, hours=weekly(["Mon"], [])), 12)
