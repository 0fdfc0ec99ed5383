"""Whom a freed time suits, whom one may tell of it now, and how long they have to answer.

The order is by when somebody began to wait, and nothing else: who is skipped (it does not suit, it is night where they are,
another offer is open to them) keeps their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point, distance_miles
from clinic.domain.time.hours import AROUND_THE_CLOCK, DAY_NAMES, PARTS_OF_DAY, parse_week, week_line
from clinic.domain.time.timeline import cell_from, span

SOONER_BY = timedelta(hours=1)
"""A time is earlier than a visit when it starts at least this much before it."""

NOTICE_HOURS = (2, 24, 48, 72, 168)
MILES = (10, 25, 50, 100)
MOST_VISITS = 12

_BOUNDS = {part: hours.partition("; ")[0].removeprefix("Mon ") for part, hours in PARTS_OF_DAY.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How times are offered.

    `batch` at once, under one hold; they have `share` of the time that is left until the start to answer, but between
    `shortest` and `longest`. Nobody is told of a time that starts within `stop_before`.
    """

    batch: int = 3
    share: float = 1 / 8
    shortest: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=4)
    stop_before: timedelta = timedelta(hours=2)


POLICY = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """Which times suit somebody who waits. Null and empty: any.

    The clinic, or all within `miles` of `point`. `hours` are weekly, and `first_day` and `last_day` days, at the clinic.
    `before` is the start of the visit that they have: only what is earlier suits.
    """

    location_id: int | None = None
    point: Point | None = None
    miles: int | None = None
    specialist_id: int | None = None
    hours: str = ""
    notice_hours: int = 24
    first_day: date | None = None
    last_day: date | None = None
    before: datetime | None = None


def suits_place(wants: Wants, location_id: int, at: Point, specialist_id: int) -> bool:
    """Whether it suits where it is and with whom, whenever."""
    if wants.specialist_id not in (None, specialist_id):
        return False
    if wants.location_id is not None:
        return wants.location_id == location_id
    return wants.point is None or wants.miles is None or distance_miles(wants.point, at) <= wants.miles


def suiting(wants: Wants, starts: int, origin: int, cells: int, time_zone: str, *, now: datetime) -> int:
    """Of `starts`, a timeline of so many cells from `origin` at a clinic in that zone, those whose time suits."""
    line = starts & week_line(wants.hours or AROUND_THE_CLOCK, time_zone, origin, cells, wants.first_day, wants.last_day)
    first = cell_from(now + timedelta(hours=wants.notice_hours))
    end = origin + cells
    if wants.before is not None:
        end = min(end, cell_from(wants.before - SOONER_BY + timedelta(seconds=1)))
    return line & span(first - origin, end - origin)


def answer_until(start: datetime, now: datetime, policy: Policy = POLICY) -> datetime:
    """Until when an offer made now of a time that starts then can be answered before it goes on to others."""
    return now + max(policy.shortest, min(policy.longest, (start - now) * policy.share))


def is_over(wants: Wants, *, now: datetime) -> bool:
    """Whether no time can suit any more: the last day has passed, or their own visit comes before the first.

    With a day of slack, which covers every zone.
    """
    day = timedelta(days=1)
    if wants.last_day is not None and wants.last_day < (now - day).date():
        return True
    if wants.before is None:
        return False
    return wants.before <= now or (wants.first_day is not None and (wants.before + day).date() < wants.first_day)


def check(wants: Wants, visits: int = 1) -> None:
    """Raise InvalidInput with a sentence for each field that cannot be."""
    wrong: dict[str, str] = {}
    if wants.notice_hours not in NOTICE_HOURS:
        wrong["notice"] = "Choose how long before the time you need to know."
    if wants.miles is not None and wants.miles not in MILES:
        wrong["miles"] = "Choose how far you can travel."
    if wants.first_day and wants.last_day and wants.last_day < wants.first_day:
        wrong["last_day"] = "The last day is before the first. Check both."
    if not 1 <= visits <= MOST_VISITS:
        wrong["visits"] = f"Wait for 1 to {MOST_VISITS} visits."
    try:
        parse_week(wants.hours)
    except InvalidInput as found:
        wrong |= found.fields
    if wrong:
        raise InvalidInput(wrong)


def weekly(days: Iterable[str], parts: Iterable[str]) -> str:
    """Weekly hours of the days ("Mon", …) in these parts of the day. None of either means all; all of both: ''."""
    chosen = [day for day in DAY_NAMES if day in set(days)] or list(DAY_NAMES)
    within = [part for part in _BOUNDS if part in set(parts)] or list(_BOUNDS)
    if len(chosen) == len(DAY_NAMES) and len(within) == len(_BOUNDS):
        return ""
    return "; ".join(f"{day} {' '.join(_BOUNDS[part] for part in within)}" for day in chosen)


def in_parts(hours: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Days and parts of the day that `weekly` made hours of; empty for all of them, as for hours that it did not make."""
    lines = [line.partition(" ") for line in hours.split("; ")] if hours else []
    days = tuple(day for day, _, _ in lines)
    parts = tuple(part for part, bounds in _BOUNDS.items() if lines and bounds in lines[0][2].split())
    if weekly(days, parts) != hours:
        return (), ()
    return (days if len(days) < len(DAY_NAMES) else ()), (parts if len(parts) < len(_BOUNDS) else ())
