"""Hours as people write them, and what each mistake is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import (
    day_cells,
    day_line,
    format_day,
    local_day,
    parse_day,
    parse_week,
    start_grid,
    to_utc,
    week_line,
    whole_days,
    zone,
)
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, instant_at, starts
from tests.domain import oracle
from tests.schedules import changes_of, occasions, some_week

OCCASIONS = occasions()
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("", ()),
        ("   ", ()),
        ("09:00-17:00", ((540, 1020),)),
        ("9:00-17:00", ((540, 1020),)),
        ("12:30-17:00 09:00-12:00", ((540, 720), (750, 1020))),
        ("09:00-12:00 12:00-13:00", ((540, 720), (720, 780))),
        ("22:00-06:00", ((1320, 1800),)),
        ("22:00-00:00", ((1320, 1440),)),
        ("00:00-24:00", ((0, 1440),)),
        ("09:00-09:00", ((540, 1980),)),
    ],
)
def test_a_day(text: str, stretches: tuple[tuple[int, int], ...]) -> None:
    assert parse_day(text) == stretches


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9-17", "“9-17” is not a stretch of time. Write it like 09:00-17:00."),
        ("09:00", "“09:00” is not a stretch of time. Write it like 09:00-17:00."),
        ("09:00–17:00", "“09:00–17:00” is not a stretch of time. Write it like 09:00-17:00."),
        ("9am-5pm", "“9am-5pm” is not a stretch of time. Write it like 09:00-17:00."),
        ("０9:00-17:00", "“０9:00-17:00” is not a stretch of time. Write it like 09:00-17:00."),
        ("09:00 - 17:00", "“09:00” is not a stretch of time. Write it like 09:00-17:00."),
        ("x" * 10_000, f"“{'x' * 40}” is not a stretch of time. Write it like 09:00-17:00."),
        ("25:00-26:00", "“25:00-26:00” is not a time of day. Hours go from 00:00 to 24:00."),
        ("24:00-01:00", "“24:00-01:00” is not a time of day. Hours go from 00:00 to 24:00."),
        ("09:00-24:05", "“09:00-24:05” is not a time of day. Hours go from 00:00 to 24:00."),
        ("09:60-17:00", "“09:60-17:00” is not a time of day. Hours go from 00:00 to 24:00."),
        ("09:00-16:99", "“09:00-16:99” is not a time of day. Hours go from 00:00 to 24:00."),
        ("09:02-17:00", "“09:02-17:00” is off the five-minute grid. Use minutes like :00, :05, :10."),
        ("09:00-12:00 11:55-13:00", "These hours overlap: “09:00-12:00 11:55-13:00”. Write each stretch once."),
        ("22:00-06:00 23:00-23:30", "These hours overlap: “22:00-06:00 23:00-23:30”. Write each stretch once."),
    ],
)
def test_a_day_that_cannot_be(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_day(text)
    assert refused.value.fields == {"hours": sentence}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Monday 09:00-17:00", "“Monday” is not a day. Use Mon, Tue, Wed, Thu, Fri, Sat or Sun."),
        ("mon 09:00-17:00", "“mon” is not a day. Use Mon, Tue, Wed, Thu, Fri, Sat or Sun."),
        ("09:00-17:00", "“09:00-17:00” is not a day. Use Mon, Tue, Wed, Thu, Fri, Sat or Sun."),
        ("Mon 09:00-12:00; Mon 13:00-17:00", "Mon is there twice. Write all its hours on one line."),
        ("Mon 22:00-06:00; Tue 05:00-09:00", "Mon runs into the hours of Tue."),
        ("Sun 22:00-06:00; Mon 05:55-09:00", "Sun runs into the hours of Mon."),
        ("Mon 09:00-17:0", "“09:00-17:0” is not a stretch of time. Write it like 09:00-17:00."),
    ],
)
def test_a_week_that_cannot_be(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_week(text)
    assert refused.value.fields == {"hours": sentence}


@given(st.integers())
def test_a_week_is_written_as_it_is_read(seed: int) -> None:
    week = parse_week(some_week(Random(seed)))
    assert parse_week(str(week)) == week
    assert all(parse_day(format_day(day)) == day for day in week.days)


@pytest.mark.parametrize("name", ["Nowhere/City", "", "../etc/passwd", "america/new_york/", "Asia/Kolkata", "x" * 300])
def test_a_zone_that_cannot_be(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        zone(name)
    assert "time_zone" in refused.value.fields


@pytest.mark.parametrize(
    ("day", "minutes", "instant"),
    [
        (SPRING, 115, "2026-03-08T06:55"),
        (SPRING, 120, "2026-03-08T07:00"),  # 2:00 is in the gap: the change itself
        (SPRING, 155, "2026-03-08T07:00"),
        (SPRING, 180, "2026-03-08T07:00"),
        (SPRING, 185, "2026-03-08T07:05"),
        (SPRING, 1440, "2026-03-09T04:00"),
        (AUTUMN, 55, "2026-11-01T04:55"),
        (AUTUMN, 60, "2026-11-01T05:00"),  # the first of two
        (AUTUMN, 115, "2026-11-01T05:55"),
        (AUTUMN, 120, "2026-11-01T07:00"),
        (AUTUMN, 1440 + 540, "2026-11-02T14:00"),
    ],
)
def test_a_time_on_the_wall(day: date, minutes: int, instant: str) -> None:
    assert to_utc(day, minutes, NEW_YORK) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_nine_stays_nine_and_nights_have_their_true_length() -> None:
    nine = [to_utc(SPRING + timedelta(days=d), 540, NEW_YORK).astimezone(ZoneInfo(NEW_YORK)).hour for d in range(-1, 240)]
    assert set(nine) == {9}
    night = parse_day("22:00-06:00")
    hours = {
        day: (end - start) / 12
        for day in (SPRING - timedelta(days=2), SPRING - timedelta(days=1), AUTUMN - timedelta(days=1))
        for start, end in day_cells(night, day, NEW_YORK)
    }
    assert list(hours.values()) == [8, 7, 9]


def test_a_stretch_inside_the_gap_is_no_time_at_all() -> None:
    assert day_cells(parse_day("02:00-03:00 04:00-05:00"), SPRING, NEW_YORK) == (
        (cell_at(datetime(2026, 3, 8, 8, tzinfo=UTC)), cell_at(datetime(2026, 3, 8, 9, tzinfo=UTC))),
    )


def test_days_of_23_24_and_25_hours() -> None:
    lengths = [(b - a) / 12 for day in (SPRING, SPRING + timedelta(days=1), AUTUMN) for a, b in [whole_days(day, day, NEW_YORK)]]
    assert lengths == [23, 24, 25]


def test_the_second_of_two_equal_times_is_no_start() -> None:
    origin = cell_at(datetime(2026, 11, 1, tzinfo=UTC))
    wall = [instant_at(c).astimezone(ZoneInfo(NEW_YORK)) for c in starts(start_grid(30, NEW_YORK, origin, CELLS_PER_DAY), origin)]
    assert [t.strftime("%H:%M") for t in wall if t.date() == AUTUMN][:6] == ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30"]
    assert all(t.fold == 0 for t in wall)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(),
    st.sampled_from(OCCASIONS),
    st.integers(-300, 300),
    st.integers(1, 900),
    st.sampled_from((5, 10, 15, 20, 30, 60)),
)
def test_weekly_hours_and_starts_agree_with_the_wall(
    seed: int, occasion: tuple[str, datetime], shift: int, cells: int, step: int
) -> None:
    name, change = occasion
    weekly = some_week(Random(seed))
    origin = cell_at(change) + shift
    wall = oracle.wall_of(name, change)
    right = oracle.open_minutes(wall, [(weekly, date.min, None)], {})
    inside = [wall.index(instant_at(origin + i)) for i in range(cells)]
    kept = [(i, minute) for i, minute in enumerate(inside) if 0 < minute < wall.size - 1440]
    line, grid = week_line(weekly, name, origin, cells), start_grid(step, name, origin, cells)
    assert all(line >> i & 1 == right[minute] for i, minute in kept)
    on_step = set(wall.on_step(step))
    assert all(grid >> i & 1 == (minute in on_step) for i, minute in kept)


def test_effective_dates_and_exceptions() -> None:
    monday = date(2026, 11, 16)
    origin = cell_at(datetime(2026, 11, 16, tzinfo=UTC))

    def hours(line: int) -> list[str]:
        return [instant_at(c).astimezone(ZoneInfo(NEW_YORK)).strftime("%a %H") for c in starts(line, origin) if c % 12 == 0]

    weekly = "Mon 09:00-11:00; Tue 22:00-02:00; Wed 09:00-10:00"
    assert hours(week_line(weekly, NEW_YORK, origin, 4 * CELLS_PER_DAY)) == [
        "Mon 09", "Mon 10", "Tue 22", "Tue 23", "Wed 00", "Wed 01", "Wed 09",
    ]  # fmt: skip
    tuesday = monday + timedelta(days=1)
    assert hours(week_line(weekly, NEW_YORK, origin, 4 * CELLS_PER_DAY, tuesday, tuesday)) == [
        "Tue 22",
        "Tue 23",
        "Wed 00",
        "Wed 01",
    ]
    besides = frozenset({tuesday})
    assert hours(week_line(weekly, NEW_YORK, origin, 4 * CELLS_PER_DAY, besides=besides)) == ["Mon 09", "Mon 10", "Wed 09"]
    assert hours(day_line("23:00-01:00", tuesday, NEW_YORK, origin, 4 * CELLS_PER_DAY)) == ["Tue 23", "Wed 00"]


def test_the_date_on_the_wall() -> None:
    instant = datetime(2026, 11, 16, 3, tzinfo=UTC)
    assert [local_day(instant, name).day for name in (NEW_YORK, "America/Adak", "Pacific/Guam")] == [15, 15, 16]
    assert len(changes_of("America/Phoenix")) == 0
