"""When somebody is to be called, as an agent types it: a day in words or numbers, and a time at the caller's place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from clinic.domain.errors import InvalidInput
from clinic.domain.time.hours import local_day
from clinic.domain.time.timeline import instant_at
from clinic.domain.time.typed_time import read_clock, start_cell
from clinic.web.fields import read_day, tidy

NO_DAY = "Write the day as today, tomorrow or 12/01/2026."


def read_due(form: Mapping[str, str], zone: str, *, now: datetime) -> datetime:
    """The fields "day" (nothing is today) and "time", in that zone, in steps of five minutes -> UTC. Raises InvalidInput."""
    wrong: dict[str, str] = {}
    day = _day(tidy(form.get("day")), local_day(now, zone))
    if day is None:
        wrong["day"] = NO_DAY
    try:
        minutes = read_clock(tidy(form.get("time")))
        if day:
            return instant_at(start_cell(day, minutes, zone))
    except InvalidInput as refused:
        wrong |= refused.fields
    raise InvalidInput(wrong)


def _day(typed: str, today: date) -> date | None:
    near = {"": today, "today": today, "tomorrow": today + timedelta(days=1)}
    if typed.casefold() in near:
        return near[typed.casefold()]
    try:
        return read_day(typed)
    except ValueError:
        return None
