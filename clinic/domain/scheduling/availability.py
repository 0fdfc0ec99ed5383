"""All that stands of one specialist's availability, what an edit makes of it, and how it is taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from clinic.domain.errors import InvalidInput
from clinic.domain.scheduling.roster_edits import AddHours, ComeBack, CopyWeek, Edit, SetDay, SetWeek, TakeOff
from clinic.domain.scheduling.rosters import Stint
from clinic.domain.time.hours import DAY_NAMES, Stretch, day_line, format_day, parse_day, parse_week, week_line
from clinic.domain.time.timeline import from_spans

_DAY = timedelta(days=1)


class WorkDay(NamedTuple):
    """On `day` these hours at the clinic instead of the weekly ones."""

    location_id: int
    day: date
    hours: str
    reason: str = ""


class Absence(NamedTuple):
    """Away from everywhere, in cells since the epoch."""

    start_cell: int
    end_cell: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """One person's weekly hours, exceptions and time off, each in a fixed order: equal rosters are equal values."""

    stints: tuple[Stint, ...] = ()
    days: tuple[WorkDay, ...] = ()
    away: tuple[Absence, ...] = ()

    @classmethod
    def of(cls, stints: Iterable[Stint], days: Iterable[WorkDay], away: Iterable[Absence]) -> Roster:
        ordered = sorted(stints, key=lambda s: (s.location_id, s.first_day, s.last_day or date.max, s.weekly))
        return cls(tuple(ordered), tuple(sorted(days)), tuple(sorted(away)))

    @property
    def fingerprint(self) -> str:
        """Sixteen characters that differ whenever anything differs."""
        return hashlib.sha256(repr((self.stints, self.days, self.away)).encode()).hexdigest()[:16]

    @property
    def location_ids(self) -> list[int]:
        return sorted({stint.location_id for stint in self.stints} | {day.location_id for day in self.days})

    def week_on(self, location_id: int, day: date) -> str:
        """The weekly hours in effect at the clinic on that day, exceptions aside, as one line."""
        lines = [parse_week(stint.weekly) for stint in self.stints if stint.location_id == location_id and in_effect(stint, day)]
        week = [_union(stretch for line in lines for stretch in line.days[weekday]) for weekday in range(7)]
        return "; ".join(f"{DAY_NAMES[i]} {format_day(stretches)}" for i, stretches in enumerate(week) if stretches)

    def hours_on(self, location_id: int, day: date) -> str:
        """The hours that begin at the clinic on that day, time off aside."""
        for exception in self.days:
            if (exception.location_id, exception.day) == (location_id, day):
                return exception.hours
        return format_day(parse_week(self.week_on(location_id, day)).days[day.weekday()])

    def worked(self, location_id: int, time_zone: str, origin: int, cells: int) -> int:
        """When they work at the clinic, time off taken out, as a timeline of so many cells from `origin`."""
        return self.hours_line(location_id, time_zone, origin, cells) & ~self.away_line(origin, cells)

    def hours_line(self, location_id: int, time_zone: str, origin: int, cells: int) -> int:
        """Their hours at the clinic, also those that fall into time off."""
        days = [day for day in self.days if day.location_id == location_id]
        besides = frozenset(day.day for day in days)
        line = 0
        for stint in self.stints:
            if stint.location_id == location_id:
                line |= week_line(stint.weekly, time_zone, origin, cells, stint.first_day, stint.last_day, besides)
        for day in days:
            line |= day_line(day.hours, day.day, time_zone, origin, cells)
        return line

    def away_line(self, origin: int, cells: int) -> int:
        """When they are away from everywhere."""
        limit = origin + cells
        return from_spans(((start, min(end, limit)) for start, end, _reason in self.away), origin)


def in_effect(stint: Stint, day: date) -> bool:
    return stint.first_day <= day and (stint.last_day is None or day <= stint.last_day)


def apply(roster: Roster, edits: Iterable[Edit], zones: Mapping[int, str]) -> Roster:
    """The roster with every edit made, one after another. `zones`: the time zones of the clinics, by their ids.

    Raises InvalidInput for a time off to take back that does not stand, and for hours that are none.
    """
    return reduce(lambda standing, edit: _apply(standing, edit, zones), edits, roster)


def _apply(roster: Roster, edit: Edit, zones: Mapping[int, str]) -> Roster:
    match edit:
        case SetWeek():
            return _set_week(roster, edit, zones[edit.location_id])
        case SetDay():
            return _set_day(roster, edit)
        case AddHours():
            stretches = (*parse_day(roster.hours_on(edit.location_id, edit.day)), *parse_day(edit.hours))
            return _set_day(roster, SetDay(edit.location_id, edit.day, format_day(_union(stretches))))
        case TakeOff():
            off = Absence(edit.start_cell, edit.end_cell, edit.reason)
            return Roster.of(roster.stints, roster.days, (*roster.away, off))
        case ComeBack():
            return _come_back(roster, edit)
        case CopyWeek():
            return _copy_week(roster, edit)


def _set_week(roster: Roster, edit: SetWeek, time_zone: str) -> Roster:
    kept: list[Stint] = [stint for stint in roster.stints if stint.location_id != edit.location_id]
    here: list[Stint] = []
    for stint in roster.stints:
        if stint.location_id == edit.location_id:
            here += _around(stint, edit.first_day, edit.last_day)
    weekly = str(parse_week(edit.weekly))
    if weekly:
        here.append(Stint(edit.location_id, time_zone, weekly, edit.first_day, edit.last_day))
    return Roster.of([*kept, *_joined(here)], roster.days, roster.away)


def _around(stint: Stint, first: date, last: date | None) -> Iterator[Stint]:
    """What is left of a stint once first..last is taken out."""
    if stint.first_day < first:
        eve = first - _DAY
        yield replace(stint, last_day=eve if stint.last_day is None else min(stint.last_day, eve))
    if last is not None and (stint.last_day is None or stint.last_day > last):
        yield replace(stint, first_day=max(stint.first_day, last + _DAY))


def _joined(stints: Iterable[Stint]) -> list[Stint]:
    """Equal hours that follow each other without a day between are one stint."""
    joined: list[Stint] = []
    for stint in sorted(stints, key=lambda s: (s.weekly, s.first_day)):
        before = joined[-1] if joined else None
        if before and before.weekly == stint.weekly and before.last_day is not None and before.last_day + _DAY == stint.first_day:
            joined[-1] = replace(before, last_day=stint.last_day)
        else:
            joined.append(stint)
    return joined


def _set_day(roster: Roster, edit: SetDay) -> Roster:
    days = [day for day in roster.days if (day.location_id, day.day) != (edit.location_id, edit.day)]
    if edit.hours is not None:
        days.append(WorkDay(edit.location_id, edit.day, format_day(parse_day(edit.hours)), edit.reason))
    return Roster.of(roster.stints, days, roster.away)


def _come_back(roster: Roster, edit: ComeBack) -> Roster:
    away = list(roster.away)
    stands = next((one for one in away if one[:2] == (edit.start_cell, edit.end_cell)), None)
    if stands is None:
        raise InvalidInput({"time_off": "That time off does not stand any more. Somebody may have taken it back already."})
    away.remove(stands)
    return Roster.of(roster.stints, roster.days, away)


def _copy_week(roster: Roster, edit: CopyWeek) -> Roster:
    copied = roster
    for location_id in roster.location_ids:
        for offset in range(7):
            day, to = edit.day + offset * _DAY, edit.to + offset * _DAY
            if (hours := roster.hours_on(location_id, day)) != roster.hours_on(location_id, to):
                copied = _set_day(copied, SetDay(location_id, to, hours))
    return copied


def _union(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Stretches that overlap or touch as one."""
    joined: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def undoing(before: Roster, after: Roster) -> tuple[Edit, ...]:
    """Edits that make `after` work the hours of `before` again."""
    edits: list[Edit] = []
    for location_id in sorted({*before.location_ids, *after.location_ids}):
        edits += _weeks_back(before, after, location_id)
    old, new = ({(day.location_id, day.day): day for day in roster.days} for roster in (before, after))
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            was = old.get(key)
            edits.append(SetDay(*key, was.hours if was else None, was.reason if was else ""))
    edits += [ComeBack(one.start_cell, one.end_cell) for one in _more(after.away, before.away)]
    edits += [TakeOff(*one) for one in _more(before.away, after.away)]
    return tuple(edits)


def _weeks_back(before: Roster, after: Roster, location_id: int) -> Iterator[SetWeek]:
    """A SetWeek for each stretch of days on which the weekly hours differ."""
    here = [stint for roster in (before, after) for stint in roster.stints if stint.location_id == location_id]
    turns = sorted({stint.first_day for stint in here} | {stint.last_day + _DAY for stint in here if stint.last_day})
    for first, following in pairwise([*turns, None]):
        if first is not None and before.week_on(location_id, first) != after.week_on(location_id, first):
            yield SetWeek(location_id, before.week_on(location_id, first), first, following - _DAY if following else None)


def _more(some: Sequence[Absence], others: Sequence[Absence]) -> list[Absence]:
    left = list(others)
    more = []
    for one in some:
        if one in left:
            left.remove(one)
        else:
            more.append(one)
    return more
