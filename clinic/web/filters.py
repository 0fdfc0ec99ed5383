"""Values as people read them. The only place where UTC becomes local text: always the clinic's time, with its zone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache

from flask import Flask

from clinic.adapters.phones import format_phone, read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.states import ASSOCIATED, STATES
from clinic.domain.scheduling.affected import Cause, main_cause
from clinic.domain.text.read_back import ZONES
from clinic.domain.time.hours import local_day, zone
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.search.candidates import Opening
from clinic.web.context import now, signing_key


# A page says the same few times and numbers again and again, and so does the next page.
@lru_cache(maxsize=8192)
def clock_time(instant: datetime, zone_name: str) -> str:
    """'9:00 AM'."""
    return wall_time(instant.astimezone(zone(zone_name)).time())


def clock_time_and_zone(instant: datetime, zone_name: str) -> str:
    """'9:00 AM EST'."""
    return f"{clock_time(instant, zone_name)} {zone_abbreviation(instant, zone_name)}"


def long_day(instant: datetime, zone_name: str) -> str:
    """'Monday, November 30, 2026'."""
    return full_date(instant.astimezone(zone(zone_name)).date(), weekday=True)


def short_day(instant: datetime, zone_name: str) -> str:
    """'Today', 'Tomorrow', else 'Mon Nov 30': by the clinic's calendar."""
    return _short_day(local_day(instant, zone_name), local_day(now(), zone_name))


@lru_cache(maxsize=1024)
def _short_day(day: date, today: date) -> str:
    return {0: "Today", 1: "Tomorrow"}.get((day - today).days) or f"{day:%a %b} {day.day}"


def iso_time(instant: datetime, zone_name: str) -> str:
    """For the datetime attribute of <time>: with the clinic's offset."""
    return instant.astimezone(zone(zone_name)).isoformat()


@lru_cache(maxsize=8192)
def zone_abbreviation(instant: datetime, zone_name: str) -> str:
    """'EST'."""
    return instant.astimezone(zone(zone_name)).tzname() or ""


def zone_in_words(instant: datetime, zone_name: str) -> str:
    """'Central Time (CST)'."""
    short = zone_abbreviation(instant, zone_name)
    return f"{ZONES[short]} Time ({short})" if short in ZONES else short


def other_zone(instant: datetime, zone_name: str, here: str) -> str:
    """How the clinic's clock differs from one in the zone `here` at that instant, in words; '' when it does not."""
    there, ours = (instant.astimezone(zone(name)).utcoffset() for name in (zone_name, here))
    assert there is not None
    assert ours is not None
    hours = (there - ours).total_seconds() / 3600
    if not hours:
        return ""
    count = f"{abs(hours):g} hour{'' if abs(hours) == 1 else 's'}"
    return f"{count} {'ahead of' if hours > 0 else 'behind'}"


def minutes_until(instant: datetime) -> int:
    """Whole minutes left, rounded up; 0 when it has passed."""
    return max(0, math.ceil((instant - now()).total_seconds() / 60))


def seconds_until(instant: datetime) -> int:
    """Whole seconds left; 0 when it has passed."""
    return max(0, int((instant - now()).total_seconds()))


def waiting_time(seconds: int) -> str:
    """'42 seconds', '5 minutes', '2 hours': rounded up."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds > 1.5 * size:
            return f"{math.ceil(seconds / size)} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def miles(distance: float) -> str:
    """'2.4 miles'; whole miles from ten on."""
    if distance < 0.1:
        return "less than 0.1 miles"
    if distance >= 9.95:
        return f"{distance:,.0f} miles"
    return "1 mile" if f"{distance:.1f}" == "1.0" else f"{distance:.1f} miles"


def wall_time(when: time) -> str:
    """'9:00 AM', 'noon', 'midnight'."""
    if when.minute == 0 and when.hour in (0, 12):
        return "noon" if when.hour else "midnight"
    return f"{when.hour % 12 or 12}:{when.minute:02d} {'AM' if when.hour < 12 else 'PM'}"


def open_hours(open_times: Sequence[tuple[time, time]]) -> str:
    """'9:00 AM to noon, 1:00 PM to 5:00 PM', or 'Closed'."""
    return ", ".join(f"{wall_time(opens)} to {wall_time(closes)}" for opens, closes in open_times) or "Closed"


def full_date(day: date, *, weekday: bool = False) -> str:
    """'November 30, 2026'."""
    return f"{f'{day:%A}, ' if weekday else ''}{day:%B} {day.day}, {day.year}"


def short_date(day: date) -> str:
    """'Thu, Nov 26', with its year if that is not this one."""
    return f"{day:%a}, {day:%b} {day.day}{f', {day.year}' if day.year != now().year else ''}"


def day_heading(day: date, zone_name: str) -> str:
    """'Monday, November 30', after 'Today: ' or 'Tomorrow: ' by the calendar of the zone; with its year if that is another."""
    today = local_day(now(), zone_name)
    near = {0: "Today: ", 1: "Tomorrow: "}.get((day - today).days, "")
    return f"{near}{day:%A}, {day:%B} {day.day}{f', {day.year}' if day.year != today.year else ''}"


@lru_cache(maxsize=1024)
def dial(number: str) -> str:
    """A number as people write it -> what follows tel:, so that a phone can ring it."""
    try:
        e164, extension = read_phone(number)
    except InvalidInput:
        return "".join(character for character in number if character in "+0123456789")
    return f"{e164};ext={extension}" if extension else e164


_CAUSES = {
    Cause.AWAY: "the specialist is away", Cause.CLOSED: "the specialist does not work there that day",
    Cause.HOURS: "outside the new hours",
}  # fmt: skip


def cause_in_words(causes: str) -> str:
    """Why a visit is to be moved, for the staff: 'the specialist is away'."""
    return _CAUSES[main_cause(causes)]


def state_name(code: str) -> str:
    return STATES.get(code) or ASSOCIATED.get(code, code)


def opening_token(opening: Opening) -> str:
    """What a time's button sends."""
    return _token(signing_key(), opening.wish)


@lru_cache(maxsize=8192)
def _token(key: bytes, wish: SlotRef) -> str:
    return write_opening(key, wish)


def install(app: Flask) -> None:
    """Every public function above, by its own name; format_phone too."""
    named = (
        clock_time, clock_time_and_zone, zone_abbreviation, zone_in_words, other_zone, long_day, short_day, iso_time,
        minutes_until, seconds_until, waiting_time, miles, wall_time, open_hours, full_date, short_date, day_heading,
        dial, state_name, opening_token, format_phone, cause_in_words,
    )  # fmt: skip
    app.jinja_env.filters.update({function.__name__: function for function in named})
