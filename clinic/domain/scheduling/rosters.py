"""Weekly hours of one specialist over time and over clinics: what supersedes what, and what cannot both be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from clinic.domain.time.hours import to_utc, week_line
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, spans_of

_DAYS = 8  # a week, and the margin that zones need
_HALF_YEAR = timedelta(weeks=26)


@dataclass(frozen=True, slots=True)
class Stint:
    """Weekly hours at a location (see domain.time.hours) from `first_day` through `last_day`; None: until further notice."""

    location_id: int
    time_zone: str
    weekly: str
    first_day: date
    last_day: date | None = None


def in_turn(stints: Iterable[Stint]) -> list[Stint]:
    """Stints at one location, each ending before the next begins: new hours supersede the old from their first day."""
    ordered = sorted(stints, key=lambda stint: stint.first_day)
    for index, (stint, following) in enumerate(pairwise(ordered)):
        eve = following.first_day - timedelta(days=1)
        if stint.last_day is None or stint.last_day > eve:
            ordered[index] = replace(stint, last_day=eve)
    return ordered


def gained(before: Iterable[Stint], after: Iterable[Stint], origin: int, cells: int) -> int:
    """What is worked now and was not before, as a timeline of so many cells from `origin`."""

    def worked(stints: Iterable[Stint]) -> int:
        line = 0
        for one in stints:
            line |= week_line(one.weekly, one.time_zone, origin, cells, one.first_day, one.last_day)
        return line

    return worked(after) & ~worked(before)


def shortest_gap(one: Stint, other: Stint) -> int | None:
    """Minutes between working at one place and at the other, at the least; negative: at both at once; None: never within a day.

    Looks at the first week that both are in effect and, for zones that change their clocks on other days, half a year on.
    """
    begins = max(one.first_day, other.first_day)
    ends = min((stint.last_day for stint in (one, other) if stint.last_day), default=None)
    gaps = [
        gap
        for day in (begins, begins + _HALF_YEAR)
        if (ends is None or day <= ends) and (gap := _gap_in_week(one, other, day)) is not None
    ]
    return min(gaps, default=None)


def _gap_in_week(one: Stint, other: Stint, day: date) -> int | None:
    origin, cells = cell_at(to_utc(day, 0, one.time_zone)), _DAYS * CELLS_PER_DAY
    lines = [week_line(s.weekly, s.time_zone, origin, cells, s.first_day, s.last_day) for s in (one, other)]
    if lines[0] & lines[1]:
        return -1
    marked = sorted([(*span, 0) for span in spans_of(lines[0], 0)] + [(*span, 1) for span in spans_of(lines[1], 0)])
    gaps = [(b[0] - a[1]) * 5 for a, b in pairwise(marked) if a[2] != b[2]]
    return min((gap for gap in gaps if gap < 24 * 60), default=None)


def clash(stint: Stint, others: Sequence[Stint]) -> Stint | None:
    """The first of `others`, at another location, that has the specialist in two places at once."""
    return next((o for o in others if o.location_id != stint.location_id and (shortest_gap(stint, o) or 0) < 0), None)
