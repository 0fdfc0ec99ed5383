"""What a change of availability must not do, each refused in a sentence under the name of its field.

Edits are checked by themselves first (days, hours, the clinic), then the roster that they make: nobody is in two places at
once, and there is time to get from one clinic to the next. What stood before and is left as it was is not held against a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point, distance_miles
from clinic.domain.scheduling.availability import Roster
from clinic.domain.scheduling.roster_edits import (
    REASON_MAX,
    AddHours,
    ComeBack,
    CopyWeek,
    Edit,
    SetDay,
    SetWeek,
    TakeOff,
    clock_words,
    in_words,
)
from clinic.domain.time.hours import (
    AROUND_THE_CLOCK,
    DAY_NAMES,
    MINUTES_PER_DAY,
    Stretch,
    dated_line,
    day_cells,
    day_line,
    format_day,
    is_skipped,
    local_day,
    parse_day,
    parse_week,
    to_utc,
    week_line,
    zone,
)
from clinic.domain.time.timeline import CELL_MINUTES, CELLS_PER_DAY, cell_at, first, from_spans, instant_at, span, spans_of

MILES_PER_HOUR = 35
DOOR_MINUTES = 10
FLIGHT_MINUTES = 8 * 60
"""From door to door by car at that speed, with those minutes to leave and to park; nobody drives for longer than that."""

YEARS_AHEAD = 3
LONGEST_NIGHT = 12 * 60
WEEKLY_MAX, DAILY_MAX = 600, 120
_LOOK_AHEAD = timedelta(weeks=56)


@dataclass(frozen=True, slots=True)
class Workplace:
    """A clinic as far as a roster goes: `hours`, `days` and `closures` (cells) as in the store; empty hours: always open."""

    id: int
    name: str
    time_zone: str
    point: Point
    active: bool = True
    hours: str = ""
    days: tuple[tuple[str, date], ...] = ()
    closures: tuple[tuple[int, int], ...] = ()

    def open_line(self, origin: int, cells: int) -> int:
        line = span(0, cells)
        if self.hours or self.days:
            line = dated_line(self.hours or AROUND_THE_CLOCK, self.days, self.time_zone, origin, cells)
        return line & ~from_spans(((start, min(end, origin + cells)) for start, end in self.closures), origin)


Places = Mapping[int, Workplace]


def travel_minutes(one: Point, other: Point) -> int:
    """How long it takes from one clinic to the other."""
    return min(DOOR_MINUTES + round(distance_miles(one, other) / MILES_PER_HOUR * 60), FLIGHT_MINUTES)


def check_edits(edits: Iterable[Edit], places: Places, *, now: datetime) -> None:
    """Raise InvalidInput for the first edit that cannot be right by itself. `now` is aware."""
    for edit in edits:
        match edit:
            case TakeOff() | ComeBack():
                _check_off(edit, now)
            case CopyWeek():
                _check_copy(edit, now)
            case _:
                place = places.get(edit.location_id)
                if place is None or not place.active:
                    name = place.name if place else "That clinic"
                    raise InvalidInput({"location": f"{name} takes no visits at present. Choose another clinic."})
                _check_week(edit, place, now) if isinstance(edit, SetWeek) else _check_day(edit, place, now)


def _check_date(field: str, day: date, today: date) -> None:
    if abs(day.year - today.year) > YEARS_AHEAD:
        raise InvalidInput({field: f"Check the year: {day.year}. Hours can be set up to {YEARS_AHEAD} years ahead."})
    if day < today:
        raise InvalidInput({field: f"{in_words(day)} has passed. Choose today or a later day."})


def _check_off(edit: TakeOff | ComeBack, now: datetime) -> None:
    today = now.date()
    if edit.end_cell <= edit.start_cell:
        raise InvalidInput({"end": "Time off ends after it begins. Check both times."})
    if edit.end_cell <= cell_at(now):
        raise InvalidInput({"end": "This time off is over already. Check the dates."})
    if isinstance(edit, ComeBack):
        return
    if edit.start_cell < cell_at(now) - CELLS_PER_DAY:
        raise InvalidInput({"start": "This time off began days ago. Start it today or later."})
    farthest = cell_at(now) + 1000 * 366 * CELLS_PER_DAY  # beyond, a cell may be no date at all
    for field, cell in (("start", edit.start_cell), ("end", edit.end_cell)):
        _check_date(field, max(instant_at(min(cell, farthest)).date(), today), today)
    if len(edit.reason) > REASON_MAX:
        raise InvalidInput({"reason": f"Shorten the reason to {REASON_MAX} characters."})


def _check_copy(edit: CopyWeek, now: datetime) -> None:
    today = now.date() - timedelta(days=1)  # somewhere it is still yesterday
    _check_date("to", edit.to, today)
    if abs(edit.day.year - today.year) > YEARS_AHEAD:
        raise InvalidInput({"week": f"Check the year: {edit.day.year}."})
    if edit.day.weekday() != edit.to.weekday():
        raise InvalidInput({"to": f"Copy to a {edit.day:%A}, the day of the week that the copied week begins on."})
    if abs((edit.to - edit.day).days) < 7:
        raise InvalidInput({"to": "Choose another week than the one that is copied."})


def _check_week(edit: SetWeek, place: Workplace, now: datetime) -> None:
    _check_date("first_day", edit.first_day, local_day(now, place.time_zone))
    if edit.last_day is not None:
        _check_date("last_day", edit.last_day, local_day(now, place.time_zone))
        if edit.last_day < edit.first_day:
            raise InvalidInput({"last_day": "The last day is before the first day. Check both dates."})
    week = parse_week(edit.weekly)
    if len(str(week)) > WEEKLY_MAX:
        raise InvalidInput({"hours": "These are too many stretches of time for one week."})
    for weekday, stretches in enumerate(week.days):
        for stretch in stretches:
            _check_forwards(stretch)
            _check_weekly_stretch(edit, place, weekday, stretch)


def _check_forwards(stretch: Stretch) -> None:
    """An end at or before its start means the next day: a night is meant so, 17:00-09:00 is a slip."""
    opens, closes = stretch
    if closes > MINUTES_PER_DAY and closes - opens > LONGEST_NIGHT:
        said = format_day([stretch])
        raise InvalidInput({"hours": f"“{said}” ends before it begins. Write the earlier time first, like 09:00-17:00."})


def _check_weekly_stretch(edit: SetWeek, place: Workplace, weekday: int, stretch: Stretch) -> None:
    first_one = edit.first_day + timedelta(days=(weekday - edit.first_day.weekday()) % 7)
    for day in (first_one + timedelta(weeks=n) for n in range(_LOOK_AHEAD.days // 7)):
        effective = edit.last_day is None or day <= edit.last_day
        if effective and not day_cells((stretch,), day, place.time_zone):
            raise InvalidInput({"hours": _skipped(stretch[0], day, place.time_zone)})
    origin, cells = cell_at(to_utc(edit.first_day, 0, place.time_zone)), (_LOOK_AHEAD.days + 2) * CELLS_PER_DAY
    weekly = f"{DAY_NAMES[weekday]} {format_day([stretch])}"
    worked = week_line(weekly, place.time_zone, origin, cells, edit.first_day, edit.last_day)
    if worked and not worked & place.open_line(origin, cells):
        raise InvalidInput(
            {"hours": f"{place.name} is closed then: {weekly}. Choose hours at which it is open, or another clinic."}
        )


def _check_day(edit: SetDay | AddHours, place: Workplace, now: datetime) -> None:
    _check_date("day", edit.day, local_day(now, place.time_zone))
    stretches = parse_day(edit.hours or "")
    if isinstance(edit, AddHours) and not stretches:
        raise InvalidInput({"hours": "Write the hours to add, like 09:00-12:00."})
    if len(edit.hours or "") > DAILY_MAX:
        raise InvalidInput({"hours": "These are too many stretches of time for one day."})
    if isinstance(edit, SetDay) and len(edit.reason) > REASON_MAX:
        raise InvalidInput({"reason": f"Shorten the reason to {REASON_MAX} characters."})
    origin, cells = cell_at(to_utc(edit.day, 0, place.time_zone)), 3 * CELLS_PER_DAY
    open_line = place.open_line(origin, cells)
    for stretch in stretches:
        _check_forwards(stretch)
        opens, closes = stretch
        if is_skipped(edit.day, opens, place.time_zone):
            raise InvalidInput({"hours": _skipped(opens, edit.day, place.time_zone)})
        # An end at the very instant of the change is that instant, by whichever name.
        if is_skipped(edit.day, closes, place.time_zone) and is_skipped(edit.day, closes - CELL_MINUTES, place.time_zone):
            raise InvalidInput({"hours": _skipped(closes, edit.day, place.time_zone)})
        said = format_day([stretch])
        if not day_line(said, edit.day, place.time_zone, origin, cells) & open_line:
            raise InvalidInput({"hours": f"{place.name} is closed on {in_words(edit.day)} at {said}. Choose other hours."})


def _skipped(minutes: int, day: date, time_zone: str) -> str:
    shown = to_utc(day, minutes, time_zone).astimezone(zone(time_zone))
    after = clock_words(shown.hour * 60 + shown.minute)
    return (
        f"The clocks go forward on {in_words(day)}: there is no {clock_words(minutes)} that day. "
        f"Leave out what lies before {after}."
    )


def check_roster(before: Roster, after: Roster, places: Places, *, now: datetime) -> None:
    """Raise InvalidInput if the change has the specialist in two places at once, or without the time to get there."""
    origin = cell_at(now) // CELLS_PER_DAY * CELLS_PER_DAY
    latest = min(max([now.date(), *_dates(after)]), now.date() + _LOOK_AHEAD * (YEARS_AHEAD + 1))
    cells = (latest + _LOOK_AHEAD - now.date()).days * CELLS_PER_DAY
    wanted = [place for id_, place in sorted(places.items()) if id_ in after.location_ids]
    opens = {place.id: place.open_line(origin, cells) for place in wanted}
    lines = [
        {place.id: roster.worked(place.id, place.time_zone, origin, cells) & opens[place.id] for place in wanted}
        for roster in (before, after)
    ]
    if lines[0] == lines[1]:
        return
    for one, other in combinations(wanted, 2):
        new = lines[1][one.id] & lines[1][other.id] & ~(lines[0][one.id] & lines[0][other.id])
        if (cell := first(new, origin)) is not None:
            raise InvalidInput(
                {"hours": f"{_when(cell, one)} there would be hours at {one.name} and at {other.name}. "
                          "Nobody can be in two places at once: change the hours of one."}
            )  # fmt: skip
    _check_travel(lines[0], lines[1], wanted, origin)


def _dates(roster: Roster) -> Iterator[date]:
    """Every day from which on the roster is another."""
    for stint in roster.stints:
        yield from (day for day in (stint.first_day, stint.last_day) if day)
    yield from (day.day for day in roster.days)


def _check_travel(before: Mapping[int, int], after: Mapping[int, int], wanted: Sequence[Workplace], origin: int) -> None:
    stood = set(_hurries(before, wanted, origin))
    for hurry in _hurries(after, wanted, origin):
        if hurry in stood:
            continue
        left, arrived, one, other = hurry
        gap, needed = (arrived - left) * CELL_MINUTES, travel_minutes(one.point, other.point)
        raise InvalidInput(
            {"hours": f"{_when(arrived, other)} the hours at {other.name} would begin, {gap} minutes after those at {one.name} "
                      f"end. The way takes about {needed} minutes. Leave more time."}
        )  # fmt: skip


def _when(cell: int, place: Workplace) -> str:
    at = instant_at(cell).astimezone(zone(place.time_zone))
    return f"On {in_words(at.date())} at {clock_words(at.hour * 60 + at.minute)}"


def _hurries(
    lines: Mapping[int, int], wanted: Sequence[Workplace], origin: int
) -> Iterator[tuple[int, int, Workplace, Workplace]]:
    """(leaves, begins, from, to) wherever the time between two clinics is shorter than the way."""
    marked = sorted((start, end, n) for n, place in enumerate(wanted) for start, end in spans_of(lines[place.id], origin))
    needed = {
        (a, b): travel_minutes(wanted[a].point, wanted[b].point) for a in range(len(wanted)) for b in range(len(wanted)) if a != b
    }
    for (_, left, one), (arrived, _, other) in pairwise(marked):
        if one != other and 0 <= (arrived - left) * CELL_MINUTES < needed[one, other]:
            yield left, arrived, wanted[one], wanted[other]
