"""What a specialist (or a manager for them) can change of their availability: each edit a plain value; a change is some of them.

Hours are text as in domain.time.hours, days are days at the clinic, cells are five minutes since the epoch. `write_edits` and
`read_edits` carry a change through a form and keep it on record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import MINUTES_PER_DAY, parse_day, to_utc, whole_days
from clinic.domain.time.timeline import CELL_MINUTES, cell_at

REASON_MAX = 120
MOST_EDITS = 500


@dataclass(frozen=True, slots=True)
class SetWeek:
    """From `first_day` through `last_day` (None: until further notice) the weekly hours at the clinic are these; "": none."""

    location_id: int
    weekly: str
    first_day: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class SetDay:
    """On that one day at the clinic these hours and no others; "": none; None: what the week says again."""

    location_id: int
    day: date
    hours: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AddHours:
    """On that one day at the clinic these hours besides."""

    location_id: int
    day: date
    hours: str


@dataclass(frozen=True, slots=True)
class TakeOff:
    """Away from everywhere: a vacation, a holiday, or an hour that is closed in one's own calendar."""

    start_cell: int
    end_cell: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Take back a time off that stands, exactly this one."""

    start_cell: int
    end_cell: int


@dataclass(frozen=True, slots=True)
class CopyWeek:
    """The seven days from `to` on become like those from `day` on, at every clinic. Time off is not copied."""

    day: date
    to: date


Edit = SetWeek | SetDay | AddHours | TakeOff | ComeBack | CopyWeek
KINDS = {kind.__name__: kind for kind in (SetWeek, SetDay, AddHours, TakeOff, ComeBack, CopyWeek)}
_UNREADABLE = "We could not read that change. Please make it again."


def days_off(first_day: date, last_day: date, time_zone: str, reason: str = "") -> TakeOff:
    """Whole days at a clinic of that zone, both included. Raises InvalidInput for days in the wrong order."""
    if last_day < first_day:
        raise InvalidInput({"last_day": "The last day is before the first day. Check both dates."})
    return TakeOff(*whole_days(first_day, last_day, time_zone), reason)


def hours_off(day: date, hours: str, time_zone: str, reason: str = "") -> TakeOff:
    """One stretch of a day, such as "13:00-15:00". Raises InvalidInput for no stretch, several, or one that runs backwards."""
    stretches = parse_day(hours)
    if len(stretches) != 1 or stretches[0][1] > MINUTES_PER_DAY:
        raise InvalidInput({"hours": "Write one stretch of the day, the earlier time first, like 13:00-15:00."})
    opens, closes = (to_utc(day, minutes, time_zone) for minutes in stretches[0])
    if cell_at(closes) <= cell_at(opens):
        raise InvalidInput({"hours": f"The clocks go forward on {in_words(day)}: there is no {hours} then."})
    return TakeOff(cell_at(opens), cell_at(closes), reason)


def in_words(day: date) -> str:
    """Monday, January 4, 2027."""
    return f"{day:%A, %B} {day.day}, {day.year}"


def clock_words(minutes: int) -> str:
    """Minutes after midnight as on a wall: 9:05 AM."""
    hour, minute = divmod(minutes % MINUTES_PER_DAY, 60)
    return f"{hour % 12 or 12}:{minute // CELL_MINUTES * CELL_MINUTES:02d} {'AM' if hour < 12 else 'PM'}"


def still_ahead(edits: Iterable[Edit], today: date, now_cell: int) -> tuple[Edit, ...]:
    """What is left of them to do: nothing changes the past."""
    ahead: list[Edit] = []
    for edit in edits:
        match edit:
            case SetWeek() if edit.last_day is None or edit.last_day >= today:
                ahead.append(replace(edit, first_day=max(edit.first_day, today)))
            case SetDay() | AddHours() if edit.day >= today:
                ahead.append(edit)
            case TakeOff() | ComeBack() if edit.end_cell > now_cell:
                ahead.append(edit)
            case CopyWeek() if edit.to >= today:
                ahead.append(edit)
    return tuple(ahead)


def write_edits(edits: Iterable[Edit]) -> str:
    return json.dumps([[type(edit).__name__, *map(_plain, _values(edit))] for edit in edits], separators=(",", ":"))


def read_edits(text: str) -> tuple[Edit, ...]:
    """What `write_edits` wrote. Raises InvalidInput for anything else: it comes back through a form."""
    try:
        rows = json.loads(text)
        edits = tuple(_edit(*row) for row in rows) if isinstance(rows, list) else ()
    except (ValueError, TypeError, KeyError, RecursionError) as unreadable:
        raise InvalidInput({"change": _UNREADABLE}) from unreadable
    if not 0 < len(edits) <= MOST_EDITS:
        raise InvalidInput({"change": _UNREADABLE})
    return edits


def _values(edit: Edit) -> Sequence[Any]:
    return [getattr(edit, field.name) for field in fields(edit)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _edit(name: str, *values: Any) -> Edit:
    kind = KINDS[name]
    wanted = fields(kind)
    if len(values) != len(wanted):
        raise ValueError(name)
    return kind(*(_typed(value, str(field.type)) for value, field in zip(values, wanted, strict=True)))


def _typed(value: Any, wanted: str) -> Any:
    """The value as that annotation wants it."""
    if value is None and wanted.endswith("| None"):
        return None
    if wanted.startswith("date"):
        return date.fromisoformat(value)
    if type(value) is not {"int": int, "str": str}[wanted.removesuffix(" | None")]:
        raise ValueError(wanted)
    if isinstance(value, int) and not 0 <= value < 2**31:
        raise ValueError(wanted)
    if isinstance(value, str) and b"\0" in value.encode():  # which fails for halves of characters: no database keeps either
        raise ValueError(wanted)
    return value
