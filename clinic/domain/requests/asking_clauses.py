"""The clauses of an agent's line: hours, days, dates, parts of the day, who, how far. See asking_line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from clinic.domain.requests.asking import PARTS, Filters
from clinic.domain.time.hours import DAY_NAMES, MINUTES_PER_DAY

BUS_MILES, WALK_MILES, WIDEST_MILES = 10, 2, 5000
AROUND = 60
"""Minutes before and after "around 3"."""
NUMBERS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)  # noqa: SIM905
}
_WHOLE_WEEK = frozenset(range(7))
_DAYS = {name.lower(): index for index, name in enumerate(DAY_NAMES)} | {
    "monday": 0, "tuesday": 1, "tues": 1, "wednesday": 2, "weds": 2, "thursday": 3, "thur": 3, "thurs": 3, "friday": 4,
    "saturday": 5, "sunday": 6,
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAY = "(?:" + "|".join(sorted(_DAYS, key=len, reverse=True)) + ")s?"
_SOME_DAYS = rf"(?:weekdays?|weekends?|{_DAY}(?:\s?(?:-|to|through|thru)\s?{_DAY})?)"
_TIME = r"(?:noon|midday|midnight|\d{1,2}(?:[:.]\d{2})?(?:\s?[ap]\.?m)?)"
_MONTH = f"(?:{'|'.join(_MONTHS)})[a-z]*"
_DATE = rf"(?:today|tomorrow|\d{{1,2}}/\d{{1,2}}(?:/(?:\d{{4}}|\d{{2}}))?|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?)"
NOT = r"(?:but not|not|no|never|except for|except|without|anyone but|anybody but|other than)"
_SINCE = r"(?:at or after|not before|no earlier than|after|from|past|starting|since)"
_UNTIL = r"(?:no later than|not after|up to|before|until|till|by)"
_WHO = r"(?:woman|women|female|lady|man|men|male)"
FAR = r"(?:more than|over|beyond|at least|further than|farther than|half past|quarter past|quarter to)"
"""What turns a clause into another than we would read."""
_MILES = r"\d{1,4}\s?(?:miles|mile|mi)"


@dataclass(slots=True)
class Clauses:
    """Clauses so far. They narrow: the later of two beginnings counts, the earlier of two ends."""

    days: set[int] = field(default_factory=set)
    not_days: set[int] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    after: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    first: list[date] = field(default_factory=list)
    last: list[date] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    genders: set[str] = field(default_factory=set)
    languages: list[str] = field(default_factory=list)
    miles: list[int] = field(default_factory=list)

    def filters(self) -> Filters:
        days = (self.days or set(_WHOLE_WEEK)) - self.not_days or self.days
        return Filters(
            days=tuple(sorted(days)) if len(days) < len(_WHOLE_WEEK) else (),
            parts=tuple(part for part in PARTS if part in self.parts) if len(self.parts) < len(PARTS) else (),
            after=max(self.after, default=None), before=min(self.before, default=None),
            first_day=max(self.first, default=None), last_day=min(self.last, default=None),
            people=tuple(dict.fromkeys(self.people)), without=tuple(dict.fromkeys(self.without)),
            gender=next(iter(self.genders)) if len(self.genders) == 1 else None,
            languages=tuple(dict.fromkeys(self.languages)), miles=min(self.miles, default=None),
        )  # fmt: skip


Take = Callable[[Clauses, Mapping[str, str | None], date], bool]
"""Takes a clause in; False when it cannot be, and is not understood."""


def read_hour(said: str, *, end: bool = False) -> int | None:
    """Minutes after midnight; None for what is no time. `end`: midnight is the end of the day."""
    if said in ("noon", "midday"):
        return 720
    if said == "midnight":
        return MINUTES_PER_DAY if end else 0
    match = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?(?:\s?([ap])\.?m)?", said)
    if not match:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif 1 <= hour <= 6 and len(match[1]) == 1:
        hour += 12
    return hour * 60 + minute


def read_day(said: str, today: date) -> date | None:
    """A date as people say it; without a year the next one. None for what is none."""
    if said in ("today", "tomorrow"):
        return today + timedelta(days=said == "tomorrow")
    if said.rstrip("s") in _DAYS or said in _DAYS:
        return _coming(_day_of(said), today)
    if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{2,4}))?", said):
        month, day, year = int(match[1]), int(match[2]), int(match[3] or 0)
    elif match := re.fullmatch(r"([a-z]{3})[a-z]*\s(\d{1,2})[a-z]*", said):
        month, day, year = _MONTHS.index(match[1]) + 1, int(match[2]), 0
    else:
        return None
    try:
        if year:
            return date(year + (2000 if year < 100 else 0), month, day)
        coming = date(today.year, month, day)
        return coming if coming >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _day_of(said: str) -> int:
    return _DAYS[said] if said in _DAYS else _DAYS[said.removesuffix("s")]


def _days_of(said: str) -> set[int]:
    if said.startswith("weekend"):
        return {5, 6}
    if said.startswith("weekday"):
        return {0, 1, 2, 3, 4}
    first, *last = re.split(r"\s?(?:-|\bto\b|\bthrough\b|\bthru\b)\s?", said)
    begins, ends = _day_of(first), _day_of(last[0] if last else first)
    return {(begins + step) % 7 for step in range((ends - begins) % 7 + 1)}


def _between(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    first, end = read_hour(said["one"] or ""), read_hour(said["two"] or "", end=True)
    if first is None or end is None:
        return False
    found.after.append(first)
    found.before.append(end)
    return True


def _since(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    minutes = read_hour(said["at"] or "")
    if minutes is not None:
        found.after.append(minutes)
    return minutes is not None


def _until(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    minutes = read_hour(said["at"] or "", end=True)
    if minutes:
        found.before.append(minutes)
    return bool(minutes)


def _around(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    minutes = read_hour(said["at"] or "")
    if minutes is None:
        return False
    span = AROUND if said.get("about") else 0
    found.after.append(max(minutes - span, 0))
    found.before.append(min(minutes + span + 5, MINUTES_PER_DAY))
    return True


def _from_day(found: Clauses, said: Mapping[str, str | None], today: date) -> bool:
    day = read_day(said["day"] or "", today)
    if day is None or (said["how"] == "after" and day == date.max):
        return False
    found.first.append(day + timedelta(days=said["how"] in ("after", "past")))
    return True


def _until_day(found: Clauses, said: Mapping[str, str | None], today: date) -> bool:
    day = read_day(said["day"] or "", today)
    if day is None or day == date.min:
        return False
    found.last.append(day - timedelta(days=said["how"] == "before"))
    return True


def _on_day(found: Clauses, said: Mapping[str, str | None], today: date) -> bool:
    day = read_day(said["day"] or "", today)
    if day is None:
        return False
    if said.get("week") == "next":  # of the week after this one
        day = today + timedelta(days=7 - today.weekday() + day.weekday())
    found.first.append(day)
    found.last.append(day)
    return True


def _week(found: Clauses, said: Mapping[str, str | None], today: date) -> bool:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 if said["which"] == "next" else 0)
    found.first.append(max(monday, today))
    found.last.append(monday + timedelta(days=6))
    return True


def _in_a_while(found: Clauses, said: Mapping[str, str | None], today: date) -> bool:
    found.first.append(today + timedelta(days=int(said["count"] or 0) * (7 if (said["unit"] or "").startswith("week") else 1)))
    return True


def _on_days(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    named = re.findall(_SOME_DAYS, said["days"] or "")
    into = found.not_days if said.get("neg") else found.days
    into.update(day for one in named for day in _days_of(one))
    return True


def _in_part(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    found.parts.add(said["part"] or "")
    return True


def _who(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    woman = said["who"] in ("woman", "women", "female", "lady")
    found.genders.add("woman" if woman != bool(said.get("neg")) else "man")
    return True


def _miles(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    miles = int(re.sub(r"\D", "", said["miles"] or "0"))
    if 1 <= miles <= WIDEST_MILES:
        found.miles.append(miles)
    return 1 <= miles <= WIDEST_MILES


def _on_foot_or_by_bus(found: Clauses, said: Mapping[str, str | None], _today: date) -> bool:
    found.miles.append(BUS_MILES if said["bus"] else WALK_MILES)
    return True


# The first that fits is taken: what says more stands before what says less.
_WRITTEN: tuple[tuple[str, Take], ...] = (
    (r"(?:(?P<bus>(?:(?:by|on the) )?bus)|on foot|walking distance|walking|by foot)", _on_foot_or_by_bus),
    (rf"(?:within |under |at most |no more than |max |up to |less than )?(?P<miles>{_MILES})(?: away)?", _miles),
    (r"in (?P<count>\d{1,2}) (?P<unit>days?|weeks?)", _in_a_while),
    (r"(?P<which>this|next) week", _week),
    (rf"(?:this|(?P<week>next)) (?P<day>{_DAY})", _on_day),
    (rf"(?P<how>{_SINCE}) (?P<day>{_DATE}|{_DAY})", _from_day),
    (rf"(?P<how>{_UNTIL}) (?P<day>{_DATE}|{_DAY})", _until_day),
    (rf"(?:on )?(?P<day>{_DATE})", _on_day),
    (rf"(?:between|from) (?P<one>{_TIME}) (?:and|to|until|till) (?P<two>{_TIME})", _between),
    (rf"(?P<one>{_TIME})\s?(?:-|to) ?(?P<two>{_TIME})", _between),
    (rf"{_SINCE} (?P<at>{_TIME})", _since),
    (rf"{_UNTIL} (?P<at>{_TIME})", _until),
    (rf"(?P<about>around|about) (?P<at>{_TIME})", _around),
    (r"(?:at )?(?P<at>noon|midday|\d{1,2}:\d{2}(?:\s?[ap]\.?m)?|\d{1,2}\s?[ap]\.?m)", _around),
    (r"(?:in the )?(?P<part>morning|afternoon|evening)s?", _in_part),
    (rf"(?P<neg>{NOT}) (?:on )?(?P<days>{_SOME_DAYS}(?: (?:and|or|nor) {_SOME_DAYS})*)", _on_days),
    (rf"(?P<days>{_SOME_DAYS})", _on_days),
    (rf"(?P<neg>{NOT}) (?:a |by a |with a )?(?P<who>{_WHO})(?: doctor| specialist)?", _who),
    (rf"(?:a |by a |with a )?(?P<who>{_WHO})(?: doctor| specialist)?", _who),
)
CLAUSES = [(re.compile(rf"(?:{pattern})(?=\s|$)", re.ASCII), take) for pattern, take in _WRITTEN]
