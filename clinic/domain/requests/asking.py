"""What a caller asks for beyond a place and a kind of visit: filters, said in words that `asking_line.read` reads again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from clinic.domain.time.hours import DAY_NAMES, MINUTES_PER_DAY
from clinic.domain.time.timeline import CELL_MINUTES

GENDERS = ("woman", "man")
PARTS = {"morning": (0, 720), "afternoon": (720, 1020), "evening": (1020, MINUTES_PER_DAY)}
"""Minutes after midnight in which a visit starts."""
NEVER = "These hours leave no time of the day. Change one of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a search. None and empty: any.

    `days` are weekdays (Monday 0). Visits start at `after` or later and earlier than `before`, minutes after midnight at the
    clinic, in one of the `parts` of the day, on `first_day` to `last_day`. `people` are names of specialists: with one of
    them, and with none of `without`. They speak one of the `languages`.
    """

    days: tuple[int, ...] = ()
    after: int | None = None
    before: int | None = None
    parts: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    people: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    gender: str | None = None
    languages: tuple[str, ...] = ()
    miles: int | None = None

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """The minutes of a day in which visits start, on the five-minute grid."""
        first, end = _up(self.after or 0), MINUTES_PER_DAY if self.before is None else _up(self.before)
        chosen = [PARTS[part] for part in PARTS if part in self.parts] or [(0, MINUTES_PER_DAY)]
        return [(max(first, opens), min(end, closes)) for opens, closes in chosen if max(first, opens) < min(end, closes)]

    @property
    def within(self) -> str:
        """Days and hours as weekly hours (domain.time.hours) in which visits start; '' for all."""
        if not (self.days or self.parts) and self.after is None and self.before is None:
            return ""
        hours = " ".join(f"{_written(opens)}-{_written(closes)}" for opens, closes in self.stretches)
        return "; ".join(f"{DAY_NAMES[day]} {hours}" for day in self.days or range(7))

    @property
    def about_people(self) -> bool:
        return bool(self.people or self.without or self.gender or self.languages)

    def suits(self, name: str, gender: str | None, languages: Iterable[str]) -> bool:
        """Whether the specialist will do. One of whom it is not known is neither a woman nor a man."""
        named = (not self.people or name in self.people) and name not in self.without
        spoken = not self.languages or not {language.lower() for language in self.languages}.isdisjoint(map(str.lower, languages))
        return named and spoken and self.gender in (None, gender)

    def problem(self) -> str | None:
        """Why nothing can be like that: a sentence; None when something can."""
        if not self.stretches:
            return NEVER
        if self.first_day and self.last_day and self.last_day < self.first_day:
            return "The last day is before the first. Change one of them."
        if self.people and set(self.people) <= set(self.without):
            return "That specialist is both wanted and not wanted. Change one of them."
        return None


def _up(minutes: int) -> int:
    return -(-minutes // CELL_MINUTES) * CELL_MINUTES


def _written(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def clock(minutes: int) -> str:
    """Minutes after midnight: 4:35 PM; 4 PM, noon, midnight."""
    hour, minute = divmod(minutes % MINUTES_PER_DAY, 60)
    if minute == 0 and hour in (0, 12):
        return "noon" if hour else "midnight"
    return f"{hour % 12 or 12}{f':{minute:02d}' if minute else ''} {'AM' if hour < 12 else 'PM'}"


def in_words(filters: Filters) -> tuple[str, ...]:
    """Clause by clause; joined by commas, they read as the same filters."""
    said: list[str] = []
    if filters.days:
        said.append(" or ".join(DAY_NAMES[day] for day in filters.days))
    if filters.parts:
        said.append(" or ".join(filters.parts))
    if filters.after is not None:
        said.append(f"from {clock(filters.after)}")
    if filters.before is not None:
        said.append(f"before {clock(filters.before)}")
    if filters.first_day:
        said.append(f"from {_day(filters.first_day)}")
    if filters.last_day:
        said.append(f"until {_day(filters.last_day)}")
    if filters.people:
        said.append("with " + " or ".join(filters.people))
    said += [f"not {name}" for name in filters.without]
    if filters.gender:
        said.append(f"a {filters.gender}")
    if filters.languages:
        said.append(" or ".join(filters.languages))
    if filters.miles:
        said.append(f"within {filters.miles} mile{'' if filters.miles == 1 else 's'}")
    return tuple(said)


def _day(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


_GROUPS: dict[str, tuple[str, ...]] = {
    "miles": ("miles",), "hours": ("after", "before", "parts"), "days": ("days",), "dates": ("first_day", "last_day"),
    "people": ("people", "without"), "gender": ("gender",), "languages": ("languages",),
}  # fmt: skip


def relaxed(filters: Filters) -> Iterable[tuple[str, Filters]]:
    """The filters with one kind of them left out, each in turn: (which, the rest)."""
    nothing = Filters()
    for which, names in _GROUPS.items():
        rest = replace(filters, **{name: getattr(nothing, name) for name in names})
        if rest != filters:
            yield which, rest
