"""The times of a clinic or of a specialist, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.time.hours import local_day
from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, by_start, soonest
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import offering
from clinic.usecases.find.wanted import visit_for

DAYS_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class OpeningsOfDay:
    """One day of the clinics' own calendars with its openings, earliest first; a start at a clinic comes once."""

    day: date
    times: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """`days` begin at `first_day` and include those without a time.

    `soonest` is the earliest opening from now on; `earlier` and `later` are the first days of the pages before and
    after, None where there is nothing to turn to. `people` give the visit here, by name.
    """

    visit: BookableVisit
    first_day: date
    days: tuple[OpeningsOfDay, ...]
    soonest: Opening | None
    earlier: date | None
    later: date | None
    people: tuple[people.Offering, ...]


def days_of(
    session: Session,
    service: str,
    *,
    location: str | None = None,
    specialist: str | None = None,
    visit_type: str | None = None,
    first_day: date | None = None,
    days: int = DAYS_AT_ONCE,
    within: str = "",
    now: datetime,
    own_appointment_id: int | None = None,
) -> Days:
    """`days` days of a clinic, of a specialist over all their clinics, or of a specialist at a clinic, by slugs.

    Begins at `first_day`, or at the day of the first time if that is none, or has passed. `own_appointment_id` is a
    visit being moved: its time counts as free. Raises NotFound, InvalidInput as `visit_for`.
    """
    visit = visit_for(session, service, visit_type)
    person = people.find_id(session, specialist) if specialist else None
    rows = offering(session, visit.id, slugs=[location] if location else (), specialist_id=person)
    if not rows or (specialist and person is None):
        raise NotFound("We could not find that visit there. Please search again, or call us.")
    sought = SearchCriteria(
        visit=visit, candidates=[CandidateSite(row) for row in rows], within=within, specialist_id=person,
        own_appointment_id=own_appointment_id,
    )  # fmt: skip
    first = next(iter(soonest(session, sought, now=now, limit=1)), None)
    today = min(local_day(now, row.time_zone) for row in rows)
    horizon = today + timedelta(days=visit.shape.horizon_days)
    opens = _day_of(first) if first else today
    begins = min(first_day if first_day and first_day >= today else opens, horizon)
    ends = begins + timedelta(days=days - 1)
    earlier = max(begins - timedelta(days=days), opens)
    return Days(
        visit=visit,
        first_day=begins,
        days=_sheet(by_start(session, replace(sought, first_day=begins, last_day=ends), now=now), begins, days),
        soonest=first,
        earlier=earlier if earlier < begins else None,
        later=ends + timedelta(days=1) if ends < horizon else None,
        people=tuple(people.offering(session, visit.id, [row.id for row in rows])),
    )


def _sheet(openings: Sequence[Opening], first: date, days: int) -> tuple[OpeningsOfDay, ...]:
    # Clinics of one person may lie in two zones: sorted by the day on the wall first, then by the instant.
    found = {day: tuple(times) for day, times in groupby(sorted(openings, key=_day_of), key=_day_of)}
    return tuple(OpeningsOfDay(day, found.get(day, ())) for day in (first + timedelta(days=number) for number in range(days)))


def _day_of(opening: Opening) -> date:
    return local_day(opening.start, opening.location.time_zone)
