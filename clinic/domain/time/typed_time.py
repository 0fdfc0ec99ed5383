"""A time of day as somebody types it, and the instant that it is on a day at a clinic."""

from __future__ import annotations

import re
from datetime import date

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import MINUTES_PER_DAY, is_skipped, to_utc
from clinic.domain.time.timeline import CELL_MINUTES, cell_at

LIKE = "Write a time like 4:35 PM."
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*(a|p)?\.?(?:\s*m\.?)?", re.ASCII)
_WORDS = {"noon": 720, "midday": 720, "midnight": 0}


def read_clock(typed: str, field: str = "time") -> int:
    """'4:35 pm', '4 PM', '16:35', 'noon' -> minutes after midnight. Raises InvalidInput for `field`.

    Two digits without AM or PM are the clock of 24 hours; '4:35' could be either, so it is asked for.
    """
    text = typed.strip().lower()
    if text in _WORDS:
        return _WORDS[text]
    match = _CLOCK.fullmatch(text)
    if not match or (text[-1] == "m" and not match[3]):
        raise InvalidInput({field: LIKE})
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] and not 1 <= hour <= 12:
        raise InvalidInput({field: f"Hours with AM or PM go from 1 to 12. {LIKE}"})
    if hour > 23 or minute > 59:
        raise InvalidInput({field: f"There is no such time of day. {LIKE}"})
    if not match[3] and (len(match[1]) == 1 or not match[2]):
        raise InvalidInput({field: f"Add AM or PM. {LIKE}"})
    if match[3]:
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    return hour * 60 + minute


def start_cell(day: date, minutes: int, time_zone: str, field: str = "time") -> int:
    """The cell of that time on the clinic's wall; of an hour that comes twice, the first. Raises InvalidInput for `field`.

    Off the five-minute grid, and in the hour that a clock change leaves out, there is none.
    """
    if not 0 <= minutes < MINUTES_PER_DAY or minutes % CELL_MINUTES:
        raise InvalidInput({field: "Choose a time in steps of five minutes, such as 4:35 PM."})
    if is_skipped(day, minutes, time_zone):
        raise InvalidInput({field: "The clocks go forward that night, so this time is left out. Choose another."})
    return cell_at(to_utc(day, minutes, time_zone))
