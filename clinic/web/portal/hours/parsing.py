"""Hours as people type them ("9-12, 1 pm-5 pm", "9:00 to noon") -> as they are kept ("09:00-12:00 13:00-17:00"), and back."""

from __future__ import annotations

import re

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import MINUTES_PER_DAY, format_day, parse_day

LONGEST = 300
NONE = {"", "-", "–", "—", "no", "none", "off", "closed", "free", "away"}
_CLOCK = r"(?:(noon|midnight)|([0-9]{1,2})(?:[:.]?([0-9]{2}))?\s*(am|pm|a|p)?)"
_STRETCH = re.compile(rf"{_CLOCK}\s*(?:-|–|—|to|until|till)\s*{_CLOCK}(?![0-9:])")
_BETWEEN = re.compile(r"[\s,;&+/]*(?:and\b)?[\s,;&+/]*")
HALF = MINUTES_PER_DAY // 2


def read_hours(text: str) -> str:
    """The hours of one day, '' for none. Without "am" or "pm" the day's usual reading counts: 9-5 is nine to five.

    Raises InvalidInput, under "hours".
    """
    tidy = " ".join(text.lower().split()).replace(".m.", "m").replace("p.m", "pm").replace("a.m", "am")
    if tidy in NONE:
        return ""
    if len(tidy) > LONGEST:
        raise InvalidInput({"hours": "This is too much for one day. Write the hours alone, like 9:00-12:00, 1:00 pm-5:00 pm."})
    stretches = []
    at = 0
    while at < len(tidy):
        found = _STRETCH.match(tidy, at)
        if not found:
            raise InvalidInput(
                {"hours": f"We could not read “{tidy[at : at + 40]}”. Write the hours like 9:00-12:00, 1:00 pm-5:00 pm."}
            )
        stretches.append(_stretch(found))
        between = _BETWEEN.match(tidy, found.end())
        at = between.end() if between else found.end()
    return format_day(parse_day(" ".join(stretches)))


def _stretch(found: re.Match[str]) -> str:
    opens, closes = _Clock(*found.groups()[:4]), _Clock(*found.groups()[4:])
    for clock in (opens, closes):
        clock.check(found[0])
    if opens.name == "midnight":
        opens.minutes = 0
    if not (opens.of_24 or closes.of_24):
        if not opens.sure:
            opens.minutes = _start(opens.minutes, closes)
        if not closes.sure:
            closes.minutes = opens.minutes + ((closes.minutes - opens.minutes) % HALF or HALF)
    return f"{_written(opens.minutes)}-{_written(closes.minutes)}"


def _start(typed: int, closes: _Clock) -> int:
    """Of a start that says neither morning nor afternoon: "8-9 pm" begins at 8 pm, "9-5 pm" at 9 am, "1-5" at 1 pm."""
    early = typed % HALF
    if not closes.sure:
        return early + (HALF if early < 6 * 60 else 0)
    return early + (HALF if early + HALF < closes.minutes or closes.minutes <= early else 0)


class _Clock:
    """One time of day, in minutes. `sure`: it can be no other; `of_24`: it is written as on a clock of 24 hours."""

    def __init__(self, name: str | None, hour: str | None, minute: str | None, half: str | None) -> None:
        self.name = name
        self.hour, self.minute = int(hour or {"noon": 12, "midnight": 24}.get(name or "", 0)), int(minute or 0)
        self.of_24 = not name and not half and (self.hour > 12 or (hour or "").startswith("0"))
        self.sure, self.of_12 = bool(name or half), bool(half)
        self.minutes = self.hour * 60 + self.minute
        if half:
            self.minutes = self.minutes % HALF + (HALF if half.startswith("p") else 0)

    def check(self, said: str) -> None:
        if self.minute > 59 or self.hour > 24 or (self.of_12 and not 1 <= self.hour <= 12):
            raise InvalidInput({"hours": f"“{said[:40]}” is not a time of day. Write it like 9:00-12:00, 1:00 pm-5:00 pm."})


def _written(minutes: int) -> str:
    minutes -= MINUTES_PER_DAY if minutes > MINUTES_PER_DAY else 0
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def write_hours(line: str) -> str:
    """As short as it stays clear, for a field: '9 am-noon, 1 pm-5:30 pm'."""
    return ", ".join(f"{_short(opens)}-{_short(closes)}" for opens, closes in parse_day(line))


def _short(minutes: int) -> str:
    minutes %= MINUTES_PER_DAY
    if minutes % HALF == 0:
        return "noon" if minutes else "midnight"
    hour, minute = divmod(minutes, 60)
    return f"{hour % 12 or 12}{f':{minute:02d}' if minute else ''} {'am' if hour < 12 else 'pm'}"
