"""Hours, weeks and changes as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from clinic.domain.scheduling.roster_edits import AddHours, ComeBack, CopyWeek, Edit, SetDay, SetWeek, TakeOff
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.time.hours import Stretch, local_day, parse_day, parse_week, zone
from clinic.domain.time.timeline import instant_at
from clinic.web.filters import full_date, open_hours, wall_time

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_HOURS = "no hours"


@dataclass(frozen=True, slots=True)
class ChangeInWords:
    """A change in a sentence, and its lines: (days, hours)."""

    sentence: str
    lines: tuple[tuple[str, str], ...] = ()


def hours_in_words(line: str) -> str:
    """'9:00 AM to noon, 1:00 PM to 5:00 PM'; for none, 'no hours'."""
    return _stretches(parse_day(line))


def _stretches(stretches: Sequence[Stretch]) -> str:
    return open_hours([(_clock(opens), _clock(closes)) for opens, closes in stretches]) if stretches else NO_HOURS


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def week_in_words(weekly: str) -> tuple[tuple[str, str], ...]:
    """('Monday to Wednesday', '9:00 AM to noon'), …: days in a row with the same hours together, days without left out."""
    days = [(index, stretches) for index, stretches in enumerate(parse_week(weekly).days) if stretches]
    told = []
    for (_, stretches), run in groupby(enumerate(days), key=lambda at: (at[1][0] - at[0], at[1][1])):
        indexes = [index for _, (index, _) in run]
        told.append((_run(indexes), _stretches(stretches)))
    return tuple(told)


def _run(indexes: Sequence[int]) -> str:
    first, last = DAYS[indexes[0]], DAYS[indexes[-1]]
    return first if first == last else f"{first} {'and' if len(indexes) == 2 else 'to'} {last}"


def away_in_words(start_cell: int, end_cell: int, time_zone: str) -> str:
    """'November 26', 'November 26 to November 28', 'November 26, 1:00 PM to 3:00 PM', with years."""
    start, end = (instant_at(cell).astimezone(zone(time_zone)) for cell in (start_cell, end_cell))
    if start.time() == end.time() == time():
        last = local_day(end - timedelta(hours=1), time_zone)
        first = start.date()
        return _long(first) if first == last else f"{_long(first)} to {_long(last)}"
    if start.date() == end.date():
        return f"{_long(start.date())}, {wall_time(start.time())} to {wall_time(end.time())}"
    return f"{_long(start.date())}, {wall_time(start.time())}, to {_long(end.date())}, {wall_time(end.time())}"


def _long(day: date) -> str:
    return full_date(day, weekday=True)


def change_in_words(edits: Iterable[Edit], places: Mapping[int, Workplace], time_zone: str) -> list[ChangeInWords]:
    """Each edit, at most six: who copies half a year sees how many there are more. Time off is told in `time_zone`."""
    every = list(edits)
    said = [_said(edit, places, time_zone) for edit in every[:6]]
    if len(every) > 6:
        said.append(ChangeInWords(f"And {len(every) - 6} more like these"))
    return said


def _said(edit: Edit, places: Mapping[int, Workplace], time_zone: str) -> ChangeInWords:
    match edit:
        case SetWeek():
            until = f" through {_long(edit.last_day)}" if edit.last_day else ""
            what = "New weekly hours" if edit.weekly else "No weekly hours any more"
            sentence = f"{what} at {_name(edit, places)} from {_long(edit.first_day)}{until}"
            return ChangeInWords(sentence, week_in_words(edit.weekly))
        case SetDay(hours=None):
            return ChangeInWords(f"{_long(edit.day)} at {_name(edit, places)}: as in any other week again")
        case SetDay():
            why = f" ({edit.reason})" if edit.reason else ""
            return ChangeInWords(f"{_long(edit.day)} at {_name(edit, places)}: {hours_in_words(edit.hours or '')}{why}")
        case AddHours():
            return ChangeInWords(f"{_long(edit.day)} at {_name(edit, places)}: also {hours_in_words(edit.hours)}")
        case TakeOff():
            why = f" ({edit.reason})" if edit.reason else ""
            return ChangeInWords(f"Time off: {away_in_words(edit.start_cell, edit.end_cell, time_zone)}{why}")
        case ComeBack():
            return ChangeInWords(f"Time off taken back: {away_in_words(edit.start_cell, edit.end_cell, time_zone)}")
        case CopyWeek():
            return ChangeInWords(f"The week of {_long(edit.day)} copied to the week of {_long(edit.to)}")


def _name(edit: SetWeek | SetDay | AddHours, places: Mapping[int, Workplace]) -> str:
    place = places.get(edit.location_id)
    return place.name if place else "a clinic that is gone"


def first_day_of(edits: Iterable[Edit], time_zone: str, *, now: datetime) -> date:
    """The first day that is another by these, today at the earliest."""
    days = []
    for edit in edits:
        match edit:
            case SetWeek():
                days.append(edit.first_day)
            case SetDay() | AddHours():
                days.append(edit.day)
            case CopyWeek():
                days.append(edit.to)
            case TakeOff() | ComeBack():
                days.append(local_day(instant_at(edit.start_cell), time_zone))
    return max(min(days, default=now.date()), local_day(now, time_zone))


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def parts_of_day(spans: Iterable[tuple[int, int]], time_zone: str) -> str:
    """Stretches of cells on the clinic's clock; '' for none."""
    shown = [tuple(instant_at(cell).astimezone(zone(time_zone)).time() for cell in span) for span in spans]
    return ", ".join(f"{wall_time(opens)} to {wall_time(closes)}" for opens, closes in shown)
