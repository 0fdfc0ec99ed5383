"""ZIP codes and phone numbers as spreadsheets leave them and people write them. What is not certain is not read."""

from __future__ import annotations

import re
from collections.abc import Callable

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput

_ZIP = re.compile(r"([0-9]{5}|[0-9]{3,4})(?:\.0+|-|[- ]?[0-9]{4}(?:\.0+)?)?")
_WITH_POINT = re.compile(r"([0-9]{10,13})\.0+")
_FROM_ABROAD = re.compile(r"^00(?=[ -]?1)")
_BETWEEN_NUMBERS = re.compile(r"\s*(?:[/|;,&\n]|\b(?:or|and|option|opt|press)\b)\s*", re.IGNORECASE)


def read_zip(typed: str, is_here: Callable[[str], bool]) -> str:
    """Five digits of '32801', '32801-1234', '328011234', '32801.0', "'32801". Raises InvalidInput.

    Spreadsheets drop the zeros that '00907' and '02108-1234' begin with; they come back when `is_here`, whether it is a ZIP
    code of the clinic's state, says so of the result.
    """
    if found := _ZIP.fullmatch(typed.removeprefix("'")):
        code = found[1].zfill(5)
        if len(found[1]) == 5 or is_here(code):
            return code
    raise InvalidInput({"postal_code": f"“{typed[:20]}” is not a ZIP code. A ZIP code has five digits."})


def read_first_phone(typed: str) -> tuple[str, str | None, bool]:
    """'(407) 555-0101 or (800) 555-0102' -> ('+14075550101', None, True): the number, its extension, whether more follows.

    Reads '4075550101.0' and '001 407 555 0101', too. Raises InvalidInput.
    """
    tidy = typed.removeprefix("'")
    if found := _WITH_POINT.fullmatch(tidy):
        tidy = found[1]
    tidy = _FROM_ABROAD.sub("+", tidy)
    if whole := _phone(tidy):
        return *whole, False
    for between in _BETWEEN_NUMBERS.finditer(tidy):
        if first := _phone(tidy[: between.start()]):
            return *first, True
    raise InvalidInput({"phone": f"“{typed[:40]}” is not a phone number. Write it with its area code."})


def _phone(typed: str) -> tuple[str, str | None] | None:
    try:
        return read_phone(typed)
    except InvalidInput:
        return None
