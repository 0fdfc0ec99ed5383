"""A time that the staff type: a day and an hour of their own choosing, with a specialist at a clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotOffered
from clinic.domain.time.hours import local_day
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.domain.time.typed_time import read_clock, start_cell
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import outside_hours as outside
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.search.alternatives import with_alternatives
from clinic.store.directory import catalogue, listings, people

AHEAD = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWords:
    """What was chosen and typed: slugs, a day at the clinic (None: none that there is), a time of day in any human form."""

    visit_type: str
    location: str
    specialist: str
    day: date | None
    clock: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The time that was meant, in UTC, and the opening for it. `outside_hours`: it can be taken only if hours are lifted."""

    opening: str
    start: datetime
    time_zone: str
    outside_hours: bool


def read_typed(session: Session, words: OverrideWords, *, key: bytes, now: datetime) -> Typed:
    """Nothing is held yet. Raises InvalidInput with a sentence for each wrong field; TimeTaken, and NotOffered for what no
    reason lifts, with alternatives.
    """
    wish, time_zone = _wish(session, words, now=now)
    who = Who("staff", "phone", staff=True)
    with with_alternatives(session, lambda: wish, now=now, staff=True):
        try:
            place.check(session, wish, who=who, now=now)
            lifted = False
        except NotOffered:
            place.check(session, wish, who=outside.lifting(who, next(iter(outside.REASONS))), now=now)
            lifted = True
    return Typed(write_opening(key, wish), instant_at(wish.start_cell), time_zone, lifted)


def _wish(session: Session, words: OverrideWords, *, now: datetime) -> tuple[SlotRef, str]:
    visit = catalogue.find_visit_of(session, words.visit_type)
    site = listings.find_location(session, words.location)
    person = people.find_id(session, words.specialist)
    wrong: dict[str, str] = {}
    if visit is None:
        wrong["visit_type"] = "Choose the kind of visit from the list."
    if site is None:
        wrong["location"] = "Choose the clinic from the list."
    if person is None:
        wrong["specialist"] = "Choose the specialist from the list."
    if words.day is None:
        wrong["day"] = "Enter the day of the visit, such as 12/01/2026."
    minutes = 0
    try:
        minutes = read_clock(words.clock)
    except InvalidInput as found:
        wrong |= found.fields
    if wrong or visit is None or site is None or person is None or words.day is None:
        raise InvalidInput(wrong)
    return SlotRef(visit.id, site.id, person, _cell(words.day, minutes, site.time_zone, now=now)), site.time_zone


def _cell(day: date, minutes: int, time_zone: str, *, now: datetime) -> int:
    today = local_day(now, time_zone)
    if day < today:
        raise InvalidInput({"day": "That day has passed. Choose today or a later day."})
    if day > today + AHEAD:
        raise InvalidInput({"day": "That day is more than two years ahead. Check the year."})
    cell = start_cell(day, minutes, time_zone)
    if cell < cell_at(now):
        raise InvalidInput({"time": "That time has passed today. Choose a later one."})
    return cell
