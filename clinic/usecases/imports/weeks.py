"""Weekly hours as people type them into a cell."""

from __future__ import annotations

import re

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import DAY_NAMES, parse_week


def read_week(typed: str, longest: int) -> str:
    """Read 'Mon 9:00 - 17:00; Tue 09:00-17:00' -> 'Mon 09:00-17:00; Tue 09:00-17:00', of at most `longest` characters.

    Raises InvalidInput for what is not hours, and for a day without any, which may mean closed or forgotten.
    """
    tidy = plain_dashes(typed)
    bare = [day for part in tidy.split(";") if (day := part.strip()) in DAY_NAMES]
    if bare or not tidy.strip("; "):
        said = bare[0] if bare else typed[:20]
        raise InvalidInput({"hours": f"“{said}” has no hours. Write a day like Mon 09:00-17:00, and leave out closed days."})
    week = str(parse_week(tidy))
    if len(week) > longest:
        raise InvalidInput({"hours": f"The hours have {len(week)} characters. Shorten them to {longest}."})
    return week


def plain_dashes(hours: str) -> str:
    """Hours with a plain dash for an en dash and without blanks around it."""
    return re.sub(r"\s*[-–—]\s*", "-", hours)
