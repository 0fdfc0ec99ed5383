"""Clinics: lists of them, and one with all that its page shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.geography.places import Point, boxes, distance_miles
from clinic.domain.geography.states import STATE_OF
from clinic.domain.time.hours import local_day, parse_day
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.store.directory import listings
from clinic.store.directory.locations import Site
from clinic.store.tables.directory import Closure, Location, LocationDay
from clinic.usecases.directory.cards import (
    ClosedStretch,
    LocationCard,
    LocationPage,
    Neighbor,
    SpecialDay,
    address_of,
    open_times,
    service_cards,
    week_of,
)
from clinic.usecases.directory.open_now import closed_days, next_opening
from clinic.usecases.directory.people import NO_CLINIC, cards_of

NEARBY_MILES, FURTHEST_NEIGHBOR_MILES = 25.0, 100.0


def locations(session: Session, *, state: str | None = None, limit: int | None = None, offset: int = 0) -> list[LocationCard]:
    """Clinics by state, city and name; all of them without `limit`. `state` is a code or a name, else InvalidInput."""
    code = None if state is None else STATE_OF.get(" ".join(state.lower().split()))
    if state is not None and code is None:
        raise InvalidInput({"state": "Use a state’s name or its two letters, such as FL."})
    rows = listings.locations(session, state=code, limit=limit, offset=offset)
    return [LocationCard(**address_of(row)) for row in rows]


def clinics_by_state(session: Session) -> dict[str, int]:
    """How many clinics there are in each state that has any, by its code."""
    return listings.count_by_state(session)


def get_location(session: Session, slug: str, *, now: datetime) -> LocationPage:
    """Raises NotFound."""
    row = _location(session, slug)
    today = local_day(now, row.time_zone)
    days = listings.days_of(session, row.id, today)
    closures = listings.closures_of(session, row.id, cell_at(now))
    return LocationPage(
        **address_of(row),
        hours=row.hours,
        days=week_of(row.hours) if row.hours else (),
        special_days=tuple(SpecialDay(day.day, open_times(parse_day(day.hours)), day.reason) for day in days),
        closures=tuple(_closed(row, days, closures, closure) for closure in closures),
        closed_days=tuple(closed_days(row.hours, row.time_zone, days, closures, today=today)),
        services=service_cards(listings.visit_types(session, location_id=row.id)),
        specialists=tuple(cards_of(session, location=slug)),
        parking=row.parking,
        access=row.access,
        plans=tuple(row.plans.split("\n")) if row.plans else (),
    )


def neighbors(session: Session, card: LocationCard, count: int = 3) -> list[Neighbor]:
    """The nearest other clinics, at most 100 miles away. Two queries at most."""
    point = Point(card.latitude, card.longitude)
    found: list[Neighbor] = []
    for radius in (NEARBY_MILES, FURTHEST_NEIGHBOR_MILES):
        rows = listings.locations_within(session, boxes(point, radius))
        measured = [(distance_miles(point, Point(row.latitude, row.longitude)), row) for row in rows if row.slug != card.slug]
        near = sorted((miles, row.slug, row) for miles, row in measured if miles <= radius)[:count]
        found = [Neighbor(LocationCard(**address_of(row)), miles) for miles, _slug, row in near]
        if len(found) == count:
            break
    return found


def _closed(row: Location, days: Sequence[LocationDay], closures: Sequence[Closure], closure: Closure) -> ClosedStretch:
    start, end = instant_at(closure.start_cell), instant_at(closure.end_cell)
    site = Site(row.id, row.time_zone, row.hours)
    reopens = next_opening(site, days, closures, closure.end_cell) if row.hours else end
    return ClosedStretch(start, end, closure.reason, reopens)


def _location(session: Session, slug: str) -> Location:
    found = listings.find_location(session, slug)
    if found is None:
        raise NotFound(NO_CLINIC)
    return found
