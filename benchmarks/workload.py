"""The calendars that everything is measured on: the same seed gives the same bookings, so counts must agree.

Specialists work 09:00-17:00 with a break from 12:00 to 12:30, seven days a week. The visit takes 30 minutes and starts
on the quarter hour. Bookings lie on the quarter hour, take 15 to 60 minutes, and overlap neither each other nor the break.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.timeline import cell_at, cells_in

OPENS, CLOSES = 9 * 60, 17 * 60
BREAK_STARTS, BREAK_ENDS = 12 * 60, 12 * 60 + 30
MINUTES, STEP = 30, 15
SEED = 7

FIRST_DAY = date(2027, 1, 4)
ZONE = "America/Chicago"
WEEKLY = "; ".join(f"{day} 09:00-12:00 12:30-17:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
NOW = datetime(2027, 1, 4, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
"""Midnight at the clinics, before the first day: the whole of it can be booked."""

VISIT = VisitShape(minutes=MINUTES, step_minutes=STEP, horizon_days=400)

Day = list[tuple[int, int]]
"""One day's bookings of one specialist, as minutes after local midnight [start, end), ascending."""


@dataclass(frozen=True)
class Workload:
    """`bookings` for each of `specialists` over `days`. `calendars[specialist][day]` are the bookings of that day."""

    specialists: int
    days: int
    bookings: int

    def __str__(self) -> str:
        return f"{self.specialists}x{self.days} b{self.bookings}"

    @cached_property
    def calendars(self) -> list[list[Day]]:
        draw = random.Random(SEED * 1000003 + self.specialists * 31 + self.days * 7 + self.bookings)
        return [_calendar(draw, self.days, self.bookings) for _ in range(self.specialists)]

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """(specialist, day, start, end): specialists from 1, days from 0, minutes after local midnight."""
        for number, days in enumerate(self.calendars, 1):
            for day, bookings in enumerate(days):
                for start, end in bookings:
                    yield number, day, start, end

    def claims(self, first: int = 0) -> list[tuple[int, int, int]]:
        """The same rows as the product stores them: (resource, start_cell, end_cell). `first`: days from FIRST_DAY to its own."""
        opens = [cell_of(first + day, OPENS) - cells_in(OPENS) for day in range(self.days)]
        return [(number, opens[day] + start // 5, opens[day] + end // 5) for number, day, start, end in self.rows()]

    @property
    def until(self) -> datetime:
        """Local midnight after the last day."""
        return midnight(self.days)

    def count(self) -> int:
        """How many starts are free, counted the slow and obvious way."""
        return sum(_is_free(start, bookings) for days in self.calendars for bookings in days for start in _starts())


def midnight(day: int) -> datetime:
    """Local midnight before the day of this number, in UTC."""
    return _local(day, 0)


def cell_of(day: int, minutes: int) -> int:
    """The cell that begins when the clinic's clock shows `minutes` after midnight."""
    return cell_at(_local(day, minutes))


def days_until(moment: datetime) -> int:
    """From FIRST_DAY to that day at the clinics; negative before it. For what lives by the real clock."""
    return (moment.astimezone(ZoneInfo(ZONE)).date() - FIRST_DAY).days


def _local(day: int, minutes: int) -> datetime:
    wall = datetime.combine(FIRST_DAY + timedelta(days=day), time(minutes // 60, minutes % 60), ZoneInfo(ZONE))
    return wall.astimezone(UTC)


def _calendar(draw: random.Random, days: int, bookings: int) -> list[Day]:
    calendar: list[Day] = [[] for _ in range(days)]
    left, tries = bookings, 0
    while left and tries < 200_000:
        tries += 1
        day = calendar[draw.randrange(days)]
        length = draw.choice((15, 30, 30, 45, 60))
        start = OPENS + 15 * draw.randrange((CLOSES - OPENS - length) // 15 + 1)
        end = start + length
        if (start >= BREAK_ENDS or end <= BREAK_STARTS) and not any(start < e and end > s for s, e in day):
            day.append((start, end))
            left -= 1
    for day in calendar:
        day.sort()
    return calendar


def _starts() -> range:
    return range(OPENS, CLOSES - MINUTES + 1, STEP)


def _is_free(start: int, bookings: Day) -> bool:
    return not any(start < e and start + MINUTES > s for s, e in (*bookings, (BREAK_STARTS, BREAK_ENDS)))
