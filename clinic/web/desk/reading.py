"""What agents type while somebody talks: one line for a date, a telephone number or a reference."""

from __future__ import annotations

import re
from datetime import date

from clinic.web.fields import MONTHS, tidy

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_PARTS = re.compile(r"([0-9]{1,2}|[a-z]{3,9})[^0-9a-z]*([0-9]{1,2})[^0-9a-z]+([0-9]{4})")
_RUN = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
NO_DATE = "Write the date of birth as month, day and year, such as 04/23/1971."


def read_birth_date(typed: str) -> date | None:
    """'4/23/1971', '04231971', 'April 23, 1971', '1971-04-23'; None for nothing. ValueError says what to do, fit to show."""
    text = tidy(typed).casefold()
    if not text:
        return None
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := (_RUN.fullmatch(text) or _PARTS.fullmatch(text)):
        month, day, year = found.groups()
    else:
        raise ValueError(NO_DATE)
    if month.isalpha():
        if month[:3] not in MONTHS:
            raise ValueError(NO_DATE)
        month = str(MONTHS.index(month[:3]) + 1)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("There is no such day in the calendar. Check the month and the day.") from None


def phone_or_reference(typed: str) -> tuple[str, str]:
    """(phone, reference): one of them is ''. A reference has letters; a number never has any but 'ext.'."""
    text = tidy(typed)
    letters = re.sub(r"(?i)\b(ext|x|extension)\b\.?", "", text)
    return ("", text) if any(character.isalpha() for character in letters) else (text, "")
