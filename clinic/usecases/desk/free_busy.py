"""When a specialist is free and when not, clinic by clinic: without anybody's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.time.hours import whole_days
from clinic.domain.time.timeline import from_spans, instant_at, span, spans_of
from clinic.store.appointments import day_queries as store
from clinic.store.directory import people
from clinic.store.schedules import rosters
from clinic.store.schedules.specialist_calendar import workplaces

MOST_DAYS = 14


@dataclass(frozen=True, slots=True)
class DayAt:
    """A day at a clinic, in its order: (from, until, whether it is free), in UTC. Hours that they do not work are left out."""

    day: date
    stretches: tuple[tuple[datetime, datetime, bool], ...]


@dataclass(frozen=True, slots=True)
class At:
    """One clinic where they work on one of these days. `time_zone` is the clinic's, and the days are its own."""

    location_id: int
    clinic: str
    time_zone: str
    days: tuple[DayAt, ...]


@dataclass(frozen=True, slots=True)
class FreeBusy:
    """By the clinics' names. Where they see somebody outside their hours, that time is busy too."""

    specialist_id: int
    first_day: date
    clinics: tuple[At, ...]


def free_busy(session: Session, specialist: str, first_day: date, days: int, *, now: datetime) -> FreeBusy:
    """So many days from the first, at most 14, of the specialist of that slug. Raises NotFound."""
    specialist_id = people.find_id(session, specialist)
    if specialist_id is None:
        raise NotFound("There is no such specialist.")
    wanted = [first_day + timedelta(days=number) for number in range(max(1, min(days, MOST_DAYS)))]
    roster = rosters.read(session, specialist_id)
    places = sorted(workplaces(session, specialist_id, (), today=first_day).values(), key=lambda place: (place.name, place.id))
    found: list[At] = []
    for place in places:
        first, last = whole_days(wanted[0], wanted[-1], place.time_zone)
        works = roster.worked(place.id, place.time_zone, first, last - first) & place.open_line(first, last - first)
        taken = store.busy_between(session, specialist_id, instant_at(first), instant_at(last), now=now)
        busy, here = _line(taken, first, last), _line([one for one in taken if one.location_id == place.id], first, last)
        sheet = tuple(_day(day, place.time_zone, first, works & ~busy, works & busy | here) for day in wanted)
        if any(one.stretches for one in sheet):
            found.append(At(place.id, place.name, place.time_zone, sheet))
    return FreeBusy(specialist_id, first_day, tuple(found))


def _line(taken: Iterable[store.TakenStretch], first: int, last: int) -> int:
    return from_spans(((one.start_cell, min(one.end_cell, last)) for one in taken), first)


def _day(day: date, time_zone: str, first: int, free: int, busy: int) -> DayAt:
    start, end = whole_days(day, day, time_zone)
    today = span(start - first, end - first)
    stretches = [(*one, True) for one in spans_of(free & today, first)] + [(*one, False) for one in spans_of(busy & today, first)]
    return DayAt(day, tuple((instant_at(begin), instant_at(until), is_free) for begin, until, is_free in sorted(stretches)))
