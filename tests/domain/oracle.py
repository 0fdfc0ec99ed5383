"""When can a visit start? Answered minute by minute with aware datetimes: slow, and plain enough to be seen to be right.

It shares nothing with clinic.domain but the wording of hours. The clock on the wall of a clinic is a list of what it
shows in each minute. "At 02:30" is the first minute at which it shows 02:30 or later: in the gap of spring that is the
change itself, in the fold of autumn the first of the two. A visit starts when the clock shows a multiple of its step
that it has not shown before, and every minute it needs is free.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from operator import and_
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
BEFORE, AFTER = 3, 5
"""Days of wall clock looked at around `Schedule.around`."""


@dataclass(frozen=True)
class Schedule:
    """One specialist at one clinic, as plain values. Hours as people write them, instants aware, lengths in minutes."""

    zone: str
    around: datetime
    now: datetime
    minutes: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    setup: int = 0
    cleanup: int = 0
    notice: int = 0
    horizon_days: int = 4
    since: datetime | None = None
    until: datetime | None = None
    shifts: list[tuple[str, date, date | None]] = field(default_factory=list)
    shift_days: dict[date, str] = field(default_factory=dict)
    opening: str = ""
    opening_days: dict[date, str] = field(default_factory=dict)
    closures: list[Span] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    taken: list[tuple[datetime, datetime, datetime | None]] = field(default_factory=list)
    rooms: list[list[tuple[datetime, datetime, datetime | None]]] | None = None
    equipment: list[list[tuple[datetime, datetime, datetime | None]]] | None = None


class Wall:
    """The clock of a zone over some days."""

    def __init__(self, zone: str, first: datetime, days: int) -> None:
        self.first = first
        self.size = days * 1440
        there = ZoneInfo(zone)
        minutes = [first + timedelta(minutes=i) for i in range(self.size)]
        self.shows = [minute.astimezone(there).replace(tzinfo=None) for minute in minutes]
        self.latest = list(accumulate(self.shows, max))
        self.new = [True] + [shown > before for shown, before in zip(self.shows[1:], self.latest, strict=False)]

        self._on_step: dict[int, list[int]] = {}

    def on_step(self, step: int) -> list[int]:
        """The minutes at which it shows a multiple of `step` for the first time."""
        if step not in self._on_step:
            self._on_step[step] = [i for i in range(self.size) if self.new[i] and self.shows[i].minute % step == 0]
        return self._on_step[step]

    def at(self, shown: datetime) -> int:
        """The first minute at which the wall shows this time, or a later one."""
        return bisect_left(self.latest, shown)

    def index(self, instant: datetime) -> int:
        return min(max(int((instant - self.first).total_seconds() // 60), 0), self.size)


@lru_cache(maxsize=4)
def wall_of(zone: str, around: datetime) -> Wall:
    first = around.astimezone(UTC).replace(hour=0, minute=0) - timedelta(days=BEFORE)
    return Wall(zone, first, BEFORE + AFTER)


def stretches(text: str) -> list[tuple[int, int]]:
    """'09:00-12:00 22:00-06:00' -> minutes after midnight, the second past 1440."""
    found = []
    for word in text.split():
        opens, closes = (int(part[:-3]) * 60 + int(part[-2:]) for part in word.split("-"))
        found.append((opens, closes if closes > opens else closes + 1440))
    return found


def week(text: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in text.split(";") if part.strip())


def open_minutes(wall: Wall, weekly: list[tuple[str, date, date | None]], exceptions: dict[date, str]) -> bytearray:
    """A minute is open when a stretch that begins on some local day covers it; exceptions replace the day's stretches."""
    line = bytearray(wall.size)
    day, last_day = wall.shows[0].date() - timedelta(days=2), wall.shows[-1].date()
    while day <= last_day:
        of_day = []
        if day in exceptions:
            of_day = stretches(exceptions[day])
        else:
            for text, first, last in weekly:
                if first <= day and (last is None or day <= last):
                    of_day += stretches(week(text).get(DAYS[day.weekday()], ""))
        for opens, closes in of_day:
            midnight = datetime.combine(day, time())
            begin, end = wall.at(midnight + timedelta(minutes=opens)), wall.at(midnight + timedelta(minutes=closes))
            line[begin:end] = b"\1" * (end - begin)
        day += timedelta(days=1)
    return line


def without(wall: Wall, line: bytearray, spans: list[Span]) -> bytearray:
    line = bytearray(line)
    for start, end in spans:
        begin, end_ = wall.index(start), wall.index(end)
        line[begin:end_] = b"\0" * (end_ - begin)
    return line


def standing(taken: list[tuple[datetime, datetime, datetime | None]], now: datetime) -> list[Span]:
    return [(start, end) for start, end, expires in taken if expires is None or expires > now]


def starts(schedule: Schedule) -> list[datetime]:
    """Every instant at which the visit may start, ascending."""
    s = schedule
    wall = wall_of(s.zone, s.around)
    always = [("; ".join(f"{day} 00:00-24:00" for day in DAYS), date.min, None)]
    clinic = open_minutes(wall, [(s.opening, date.min, None)] if s.opening else always, s.opening_days)
    clinic = without(wall, clinic, s.closures)
    works = open_minutes(wall, s.shifts, s.shift_days)
    shift = bytearray(map(and_, clinic, works))
    free = without(wall, shift, s.away + standing(s.taken, s.now))
    everything = bytearray(b"\1" * wall.size)
    kinds = [
        [without(wall, everything, standing(one, s.now)) for one in kind] for kind in (s.rooms, s.equipment) if kind is not None
    ]

    earliest = max(s.now + timedelta(minutes=s.notice), s.since or s.now)
    latest = min(s.now + timedelta(days=s.horizon_days), s.until or datetime.max.replace(tzinfo=UTC))
    found = []
    for i in wall.on_step(s.step):
        instant = wall.first + timedelta(minutes=i)
        if not earliest <= instant < latest:
            continue
        its, around = slice(i - s.buffer_before, i + s.minutes + s.buffer_after), slice(i - s.setup, i + s.minutes + s.cleanup)
        if not all(free[its]):
            continue
        if kinds and not all(shift[around]):
            continue
        if all(any(all(one[around]) for one in kind) for kind in kinds):
            found.append(instant)
    return found
