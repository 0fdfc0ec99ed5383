"""A calendar as one integer: bit i is the five-minute cell i after an origin.

A cell is a number of five-minute steps since the epoch, so a stored claim goes into a timeline without ever becoming a
datetime. Timelines are combined with the integer operators: `a | b`, `a & b`, `a & ~b`. What this module adds is the
way in (`cell_at`, `span`), the question "where would a visit fit?" (`fits`), and the way out (`starts`, `instant_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

CELL_MINUTES = 5
CELL_SECONDS = 300
CELLS_PER_HOUR = 12
CELLS_PER_DAY = 288

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CELL = timedelta(minutes=CELL_MINUTES)


def cell_at(instant: datetime) -> int:
    """The cell that `instant` (aware) falls into."""
    return int(instant.timestamp()) // CELL_SECONDS


def cell_from(instant: datetime) -> int:
    """The first cell that begins at `instant` or later."""
    return -(-int(instant.timestamp() * 1000) // (CELL_SECONDS * 1000))


def instant_at(cell: int) -> datetime:
    """When `cell` begins, in UTC."""
    return _EPOCH + cell * _CELL


def cells_in(minutes: int) -> int:
    """`minutes` as cells, a part of a cell counting as a whole one."""
    return -(-minutes // CELL_MINUTES)


def span(start: int, end: int) -> int:
    """Bits start..end-1 set; nothing when end <= start. Bits before zero are cut off."""
    start = max(start, 0)
    return ((1 << (end - start)) - 1) << start if end > start else 0


def from_spans(spans: Iterable[tuple[int, int]], origin: int) -> int:
    """A timeline with every [start, end) of cells set, relative to `origin`."""
    line = 0
    for start, end in spans:
        line |= span(start - origin, end - origin)
    return line


def gather(lines: dict[int, int], claims: Iterable[tuple[int, int, int]], origin: int) -> None:
    """Set every claim (whose, start, end), in cells, on the timeline of whose it is. Parts before `origin` are cut off."""
    for whose, start, end in claims:
        if start < origin:
            start = origin
        if start < end:
            lines[whose] = lines.get(whose, 0) | ((1 << (end - start)) - 1) << (start - origin)


def fits(free: int, cells: int) -> int:
    """Bit i is set where cells i .. i+cells-1 are all free. Doubling shifts: log2(cells) steps on one integer."""
    have = 1
    while have < cells and free:
        shift = min(have, cells - have)
        free &= free >> shift
        have += shift
    return free


def starts(line: int, origin: int) -> list[int]:
    """Every set bit as a cell, ascending."""
    # Gaps between the "1"s of the digits: several times faster than peeling bits off a long integer one by one.
    found: list[int] = []
    at = origin - 1
    for gap in bin(line)[:1:-1].split("1")[:-1]:
        at += len(gap) + 1
        found.append(at)
    return found


def first(line: int, origin: int) -> int | None:
    """The earliest set bit as a cell."""
    return origin + (line & -line).bit_length() - 1 if line else None


def spans_of(line: int, origin: int) -> Iterator[tuple[int, int]]:
    """The set stretches of a timeline as [start, end) cells, ascending."""
    at = 0
    while line:
        gap = (line & -line).bit_length() - 1
        line >>= gap
        length = (~line & (line + 1)).bit_length() - 1
        line >>= length
        at += gap
        yield origin + at, origin + at + length
        at += length
