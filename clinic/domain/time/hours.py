"""Local time becomes UTC here, and nowhere else.

Hours are written in a clinic's own time: "Mon 09:00-12:00 12:30-17:00; Sat 08:00-14:00" for a week, "09:00-13:00" for
one day. An end at or before its start is on the next day, so "22:00-06:00" is a night. They are kept as text, because
one short line is the whole fact, and because equal text means equal hours: the expansions below are cached by it.

Across a clock change 9:00 stays 9:00; an end of a stretch that falls into the gap is the instant of the change; in the
fold the first of the two occurrences is meant; a night over the change has its true length. A dated exception replaces
what begins on its day: the end of the night before stays, and its own night runs into the next day.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clinic.domain.errors import InvalidInput
from clinic.domain.time.timeline import CELL_MINUTES, CELL_SECONDS, CELLS_PER_DAY, CELLS_PER_HOUR, cell_at, span

ANY_ZONE = "America/New_York"
"""Where nobody told us the place: that of most clinics."""
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AROUND_THE_CLOCK = "; ".join(f"{name} 00:00-24:00" for name in DAY_NAMES)
PARTS_OF_DAY = {
    part: "; ".join(f"{name} {hours}" for name in DAY_NAMES)
    for part, hours in {"morning": "00:00-12:00", "afternoon": "12:00-17:00", "evening": "17:00-24:00"}.items()
}
"""Weekly hours: when a visit starts "in the morning"."""
MINUTES_PER_DAY = 1440

Stretch = tuple[int, int]
"""Minutes after local midnight, [opens, closes); closes may pass 1440: the stretch ends on the next day."""

_STRETCH = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Seven days, Monday first, each a tuple of stretches that do not overlap."""

    days: tuple[tuple[Stretch, ...], ...] = ((),) * 7

    def __str__(self) -> str:
        return "; ".join(f"{DAY_NAMES[i]} {format_day(day)}" for i, day in enumerate(self.days) if day)


def parse_day(text: str) -> tuple[Stretch, ...]:
    """'09:00-12:00 12:30-17:00' -> stretches, ascending. Raises InvalidInput for what is not hours, or overlaps."""
    stretches: list[Stretch] = []
    for word in text.split():
        match = _STRETCH.fullmatch(word)
        if not match:
            raise InvalidInput({"hours": f"“{word[:40]}” is not a stretch of time. Write it like 09:00-17:00."})
        opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if opens >= MINUTES_PER_DAY or closes > MINUTES_PER_DAY or int(match[2]) > 59 or int(match[4]) > 59:
            raise InvalidInput({"hours": f"“{word}” is not a time of day. Hours go from 00:00 to 24:00."})
        if opens % CELL_MINUTES or closes % CELL_MINUTES:
            raise InvalidInput({"hours": f"“{word}” is off the five-minute grid. Use minutes like :00, :05, :10."})
        stretches.append((opens, closes if closes > opens else closes + MINUTES_PER_DAY))
    stretches.sort()
    for (_, closes), (opens, _) in pairwise(stretches):
        if opens < closes:
            raise InvalidInput({"hours": f"These hours overlap: “{text[:80]}”. Write each stretch once."})
    return tuple(stretches)


def format_day(stretches: Iterable[Stretch]) -> str:
    return " ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in stretches)


def _clock(minutes: int) -> str:
    if minutes > MINUTES_PER_DAY:
        minutes -= MINUTES_PER_DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=4096)
def parse_week(text: str) -> WeeklyHours:
    """'Mon 09:00-17:00; Tue 10:00-16:00' -> WeeklyHours. Raises InvalidInput, also for a day given twice."""
    days: list[tuple[Stretch, ...]] = [()] * 7
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _, hours = part.partition(" ")
        if name not in DAY_NAMES:
            raise InvalidInput({"hours": f"“{name[:20]}” is not a day. Use Mon, Tue, Wed, Thu, Fri, Sat or Sun."})
        index = DAY_NAMES.index(name)
        if days[index]:
            raise InvalidInput({"hours": f"{name} is there twice. Write all its hours on one line."})
        days[index] = parse_day(hours)
    for index, day in enumerate(days):
        tomorrow = days[(index + 1) % 7]
        if day and tomorrow and day[-1][1] - MINUTES_PER_DAY > tomorrow[0][0]:
            raise InvalidInput({"hours": f"{DAY_NAMES[index]} runs into the hours of {DAY_NAMES[(index + 1) % 7]}."})
    return WeeklyHours(tuple(days))


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone. Raises InvalidInput for an unknown name, or one whose offset is not whole hours (no US zone is)."""
    try:
        found = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise InvalidInput({"time_zone": f"“{name[:40]}” is not a time zone. Use a name like America/New_York."}) from unknown
    offset = datetime(2026, 1, 1, tzinfo=found).utcoffset()
    if offset is None or offset.total_seconds() % 3600:
        raise InvalidInput({"time_zone": f"“{name}” is not a zone of the United States."})
    return found


def local_day(instant: datetime, zone_name: str) -> date:
    """The date on the clinic's wall at `instant` (aware)."""
    return instant.astimezone(zone(zone_name)).date()


def to_utc(day: date, minutes: int, zone_name: str) -> datetime:
    """`minutes` after midnight on the clinic's wall, in UTC: in the gap the change itself, in the fold the first."""
    extra, minutes = divmod(minutes, MINUTES_PER_DAY)
    tz = zone(zone_name)
    wall = datetime.combine(day + timedelta(days=extra), clock_time(minutes // 60, minutes % 60))
    instant = wall.replace(tzinfo=tz).astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None) == wall:
        return instant
    # In the gap. fold=1 reads the wall with the offset after the change, which lands before it: walk to the change.
    before = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    old = before.astimezone(tz).utcoffset()
    while before.astimezone(tz).utcoffset() == old:
        before += timedelta(minutes=CELL_MINUTES)
    return before


def is_skipped(day: date, minutes: int, zone_name: str) -> bool:
    """Whether the clocks of that day never show this time, because they go forward over it."""
    day, minutes = day + timedelta(days=minutes // MINUTES_PER_DAY), minutes % MINUTES_PER_DAY
    shown = to_utc(day, minutes, zone_name).astimezone(zone(zone_name))
    return (shown.hour * 60 + shown.minute, shown.date()) != (minutes, day)


@lru_cache(maxsize=65536)
def day_cells(hours: tuple[Stretch, ...], day: date, zone_name: str) -> tuple[tuple[int, int], ...]:
    """The stretches of one local day as [start, end) cells since the epoch. A stretch lost in the gap is left out."""
    ends = ((cell_at(to_utc(day, opens, zone_name)), cell_at(to_utc(day, closes, zone_name))) for opens, closes in hours)
    return tuple((start, end) for start, end in ends if end > start)


@lru_cache(maxsize=16384)
def week_line(
    weekly: str,
    zone_name: str,
    origin: int,
    cells: int,
    first_day: date | None = None,
    last_day: date | None = None,
    besides: frozenset[date] = frozenset(),
) -> int:
    """Weekly hours as a timeline of `cells` cells from `origin`, on local days first_day..last_day (both included).

    Nothing begins on the days of `besides`: they have hours of their own (`day_line`).
    """
    hours = parse_week(weekly).days
    line = 0
    day = _local_day_of(origin, zone_name) - timedelta(days=1)  # last night may run into the first day
    end_day = _local_day_of(origin + cells, zone_name)
    while day <= end_day:
        effective = (not first_day or day >= first_day) and (not last_day or day <= last_day) and day not in besides
        if effective and (stretches := hours[day.weekday()]):
            for start, end in day_cells(stretches, day, zone_name):
                line |= span(start - origin, end - origin)
        day += timedelta(days=1)
    return line & span(0, cells)


def anywhere(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """Instants [from, until) between which local days first..last lie in every zone of the United States (UTC-11 to UTC+10)."""
    first = datetime.combine(first_day, clock_time(), UTC)
    return first - timedelta(hours=10), datetime.combine(last_day, clock_time(), UTC) + timedelta(hours=35)


def day_line(hours: str, day: date, zone_name: str, origin: int, cells: int) -> int:
    """One dated day's hours as a timeline."""
    line = 0
    for start, end in day_cells(parse_day(hours), day, zone_name):
        line |= span(start - origin, end - origin)
    return line & span(0, cells)


def dated_line(weekly: str, days: Collection[tuple[str, date]], zone_name: str, origin: int, cells: int) -> int:
    """Weekly hours, and on some days others instead, as a timeline."""
    line = week_line(weekly, zone_name, origin, cells, besides=frozenset(day for _hours, day in days))
    for hours, day in days:
        line |= day_line(hours, day, zone_name, origin, cells)
    return line


def whole_days(first_day: date, last_day: date, zone_name: str) -> tuple[int, int]:
    """Local days first..last (both included) as [start, end) cells: 23, 24 or 25 hours each."""
    return (
        cell_at(to_utc(first_day, 0, zone_name)),
        cell_at(to_utc(last_day + timedelta(days=1), 0, zone_name)),
    )


@lru_cache(maxsize=1024)
def start_grid(step_minutes: int, zone_name: str, origin: int, cells: int) -> int:
    """Where a visit may start: on the step of the clinic's wall clock, and not again in the repeated hour of the fold.

    Steps divide the hour and US offsets are whole hours, so the wall's step and UTC's are the same.
    """
    step = step_minutes // CELL_MINUTES
    line = _repeat(-origin % step, step, cells)
    for start, end in _folds(zone_name, origin, cells):
        line &= ~span(start - origin, end - origin)
    return line


def _repeat(offset: int, step: int, cells: int) -> int:
    """Bits offset, offset+step, … below cells."""
    line, have = 1 << offset, 1
    while offset + have * step < cells:
        line |= line << (have * step)
        have *= 2
    return line & span(0, cells)


def _folds(zone_name: str, origin: int, cells: int) -> list[tuple[int, int]]:
    """Second occurrences of repeated wall time, as cells."""
    tz = zone(zone_name)
    found: list[tuple[int, int]] = []

    def offset(cell: int) -> int:
        return int(datetime.fromtimestamp(cell * CELL_SECONDS, tz).utcoffset().total_seconds())  # type: ignore[union-attr]

    # The repeated hour may have begun before the origin: look a day further back.
    low = origin - CELLS_PER_DAY
    while low < origin + cells:
        high = low + CELLS_PER_DAY
        if (back := offset(low) - offset(high)) > 0:
            change = low
            while offset(change) == offset(low):
                change += CELLS_PER_HOUR
            while offset(change - 1) != offset(low):
                change -= 1
            found.append((change, change + back // CELL_SECONDS))
        low = high
    return found


def _local_day_of(cell: int, zone_name: str) -> date:
    return datetime.fromtimestamp(cell * CELL_SECONDS, zone(zone_name)).date()
