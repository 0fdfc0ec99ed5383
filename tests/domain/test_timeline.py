"""Calendars as integers, against lists of booleans; the earliest openings, against sorting everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.scheduling.openings import earliest, room_starts, specialist_starts
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.interval import Interval
from clinic.domain.time.timeline import cell_at, cell_from, cells_in, first, fits, from_spans, instant_at, span, spans_of, starts

lines = st.lists(st.booleans(), max_size=400)


def number(bits: list[bool]) -> int:
    return sum(1 << i for i, bit in enumerate(bits) if bit)


@pytest.mark.parametrize(
    ("start", "end", "line"),
    [(0, 1, 0b1), (0, 3, 0b111), (2, 4, 0b1100), (3, 3, 0), (5, 2, 0), (-2, 2, 0b11), (-5, -2, 0), (0, 0, 0)],
)
def test_span(start: int, end: int, line: int) -> None:
    assert span(start, end) == line


@given(st.lists(st.tuples(st.integers(-50, 450), st.integers(-50, 450)), max_size=8), st.integers(-100, 100))
def test_from_spans(spans: list[tuple[int, int]], origin: int) -> None:
    line = from_spans(spans, origin)
    assert all(line >> i & 1 == any(a <= i + origin < b for a, b in spans) for i in range(600))


@given(lines, st.integers(1, 300))
def test_fits_where_every_cell_is_free(free: list[bool], cells: int) -> None:
    right = [i for i in range(len(free)) if i + cells <= len(free) and all(free[i : i + cells])]
    assert starts(fits(number(free), cells), 0) == right


@given(lines, st.integers(0, 6_000_000))
def test_starts_first_and_spans(free: list[bool], origin: int) -> None:
    line = number(free)
    cells = [origin + i for i, bit in enumerate(free) if bit]
    assert starts(line, origin) == cells
    assert first(line, origin) == (cells[0] if cells else None)
    spans = list(spans_of(line, origin))
    assert [cell for a, b in spans for cell in range(a, b)] == cells
    assert all(a < b for a, b in spans)
    assert all(left[1] < right[0] for left, right in pairwise(spans)), "neighbours are one span"


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_cell_and_its_instant(microseconds: int) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    begins = instant_at(cell_at(instant))
    assert begins <= instant < begins + timedelta(minutes=5)
    assert cell_at(begins) == cell_from(begins) == cell_at(instant)
    milliseconds = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    assert instant_at(cell_from(milliseconds)) - milliseconds < timedelta(minutes=5)
    assert instant_at(cell_from(milliseconds)) >= milliseconds


@pytest.mark.parametrize(("minutes", "cells"), [(0, 0), (1, 1), (5, 1), (6, 2), (60, 12), (1440, 288)])
def test_cells_in(minutes: int, cells: int) -> None:
    assert cells_in(minutes) == cells


@given(lines, st.integers(1, 20), st.integers(0, 5), st.integers(0, 5))
def test_buffers_lie_inside_free_time(free: list[bool], minutes: int, before: int, after: int) -> None:
    visit = VisitShape(minutes=5 * minutes, buffer_before=5 * before, buffer_after=5 * after)
    right = [
        i for i in range(before, len(free)) if i + minutes + after <= len(free) and all(free[i - before : i + minutes + after])
    ]
    assert starts(specialist_starts(visit, number(free)), 0) == right


@given(st.lists(lines, max_size=4), st.integers(1, 12), st.integers(0, 3), st.integers(0, 3))
def test_any_one_room_will_do(rooms: list[list[bool]], minutes: int, setup: int, cleanup: int) -> None:
    visit = VisitShape(minutes=5 * minutes, room_kind="treatment", room_setup=5 * setup, room_cleanup=5 * cleanup)
    right = [
        i
        for i in range(setup, 400)
        if any(i + minutes + cleanup <= len(room) and all(room[i - setup : i + minutes + cleanup]) for room in rooms)
    ]
    assert starts(room_starts(visit, map(number, rooms)), 0) == right


@given(st.lists(lines, max_size=6), st.integers(0, 40))
def test_the_earliest_are_those_that_sorting_everything_gives(many: list[list[bool]], limit: int) -> None:
    ranked = [((rank % 2, f"slug-{rank}"), rank, number(line)) for rank, line in enumerate(many)]
    everything = sorted((bit, rank, whose) for rank, whose, line in ranked for bit in starts(line, 0))
    assert list(earliest(ranked, limit)) == [(bit, whose) for bit, _rank, whose in everything[:limit]]


def test_intervals_touch_without_overlapping() -> None:
    nine = datetime(2026, 11, 23, 9, tzinfo=UTC)
    a, b = Interval.lasting(nine, 30), Interval.lasting(nine + timedelta(minutes=30), 30)
    whole = Interval.lasting(nine, 60)
    assert (a.overlaps(b), a.adjacent(b), whole.overlaps(a), whole.contains(b), a.contains(whole)) == (
        False,
        True,
        True,
        True,
        False,
    )
    for start, end in ((nine, nine), (nine.replace(tzinfo=None), nine)):
        with pytest.raises(ValueError, match="Interval"):
            Interval(start, end)
