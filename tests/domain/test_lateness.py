"""How late a specialist runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.lateness import Stage, delays, minutes_late

NINE = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def visit(start: int, state: State, *, began: int | None = None, lasts: int = 30) -> Stage:
    """Of half an hour, so many minutes after nine."""
    at = NINE + minutes(start)
    return Stage(at, at + minutes(lasts), state, None if began is None else NINE + minutes(began))


def late(now: int, *visits: Stage) -> list[int]:
    return [int(delay / minutes(1)) for delay in delays(visits, NINE + minutes(now))]


BOOKED, ARRIVED, STARTED, DONE = State.BOOKED, State.ARRIVED, State.STARTED, State.FULFILLED


@pytest.mark.parametrize(
    ("now", "visits", "expected"),
    [
        (0, [], []),
        (10, [visit(0, STARTED, began=0), visit(30, BOOKED)], [0, 0]),
        # Waiting beyond its time; who comes after waits as long.
        (20, [visit(0, ARRIVED), visit(30, BOOKED), visit(60, BOOKED)], [20, 20, 20]),
        # Begun late, and it lasts as long as it was booked for.
        (20, [visit(0, STARTED, began=15), visit(30, ARRIVED)], [15, 15]),
        # It takes longer than it was booked for.
        (50, [visit(0, STARTED, began=0), visit(30, ARRIVED), visit(60, BOOKED)], [0, 20, 20]),
        # Here before their time is not late.
        (-10, [visit(0, ARRIVED), visit(30, BOOKED)], [0, 0]),
        # A gap takes it up.
        (20, [visit(0, ARRIVED), visit(40, BOOKED), visit(120, BOOKED)], [20, 10, 0]),
        # Whoever is not here although it is time delays nobody, and those whose visit is over do neither.
        (25, [visit(0, BOOKED), visit(30, BOOKED)], [0, 0]),
        (45, [visit(0, State.NO_SHOW), visit(0, State.CANCELLED), visit(0, DONE, began=20), visit(30, ARRIVED)], [0, 0, 0, 15]),
        # Two wait: the first is seen first.
        (40, [visit(0, ARRIVED), visit(30, ARRIVED)], [40, 40]),
    ],
)  # fmt: skip
def test_each_visit_of_the_day(now: int, visits: list[Stage], expected: list[int]) -> None:
    assert late(now, *visits) == expected


def test_it_is_said_in_steps_of_five_minutes_from_ten_on() -> None:
    assert [minutes_late(minutes(count)) for count in (0, 9.9, 10, 12, 13, 22, 61)] == [None, None, 10, 10, 15, 20, 60]
