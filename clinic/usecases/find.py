"""Find: a place, then the openings near it. Counts what was sought by ZIP and service, and keeps nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.places import Point
from clinic.engine.locate import Place, locate, nearest_zip
from clinic.engine.search import NEARBY_MILES, Candidate, Opening, Sought, nearest_first, soonest, widening
from clinic.store.catalogue import BookableVisit, visits_of
from clinic.store.connect import begin_write
from clinic.store.demand import count_search
from clinic.store.locations import offering

Sort = Literal["soonest", "nearest"]
Geocode = Callable[[str], Point | None]
WIDEST_MILES = 500.0
MOST_OPENINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for near a place. `since` and `until` are aware; starts lie in [since, until)."""

    service: str
    visit_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    radius_miles: float = NEARBY_MILES
    sort: Sort = "soonest"
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Openings near a place.

    `radius_miles` is what was searched in the end: more than was asked for when `widened`. `anyway` says that nothing
    was within any radius, and the nearest are shown wherever they are. `candidates` are the clinics searched, nearest first.
    """

    place: Place
    visit: BookableVisit
    openings: list[Opening]
    candidates: list[Candidate]
    radius_miles: float
    widened: bool
    anyway: bool


def find_place(session: Session, text: str, *, geocode: Geocode | None = None) -> Place:
    """The place meant by what was typed. Raises PlaceUnknown, PlaceAmbiguous, InvalidInput."""
    return locate(session, text, geocode=geocode)


def visit_for(session: Session, service: str, visit_type: str | None = None) -> BookableVisit:
    """The visit type meant: the one named, else the service's first that patients can book themselves.

    Raises NotFound for an unknown service, InvalidInput for a visit type that is not the service's, or that only staff may book.
    """
    visits = visits_of(session, service)
    if not visits:
        raise NotFound("We do not offer a service of that name.")
    if visit_type is None:
        first = next((visit for visit in visits if visit.shape.online), None)
        if first is None:
            raise InvalidInput(
                {"service": f"“{visits[0].service_name}” is arranged by our staff. Please call us to get a visit."}
            )
        return first
    for visit in visits:
        if visit.slug == visit_type:
            if not visit.shape.online:
                raise InvalidInput({"visit_type": f"“{visit.name}” is arranged by our staff. Please call us to get one."})
            return visit
    raise InvalidInput({"visit_type": "Choose one of: " + ", ".join(v.slug for v in visits if v.shape.online) + "."})


def openings_near(session: Session, place: Place, wanted: Wanted, *, now: datetime, counted: bool = True) -> Found:
    """Openings near the place, in an ever wider radius until there are some. A page that asks twice counts once.

    Raises NotFound for an unknown service, InvalidInput for what cannot be searched, or is arranged by staff.
    """
    check(wanted)
    visit = visit_for(session, wanted.service, wanted.visit_type)
    search = soonest if wanted.sort == "soonest" else nearest_first
    found = Found(place, visit, [], [], wanted.radius_miles, widened=False, anyway=False)
    for radius, candidates in widening(session, visit.id, place.point, wanted.radius_miles):
        sought = Sought(visit=visit, candidates=candidates, since=wanted.since, until=wanted.until)
        openings = search(session, sought, now=now, limit=wanted.limit)
        reach = radius if radius is not None else float(ceil(max(c.miles or 0.0 for c in candidates)))
        found = Found(place, visit, openings, candidates, reach, widened=reach > wanted.radius_miles, anyway=radius is None)
        if openings:
            break
    if counted:
        _count(session, place, wanted.service, found=bool(found.openings))
    return found


def openings_at(session: Session, location: str, service: str, *, now: datetime, limit: int = 3) -> list[Opening]:
    """The soonest openings of the service's first visit at one clinic, by slugs; none of what only staff may book.

    Raises NotFound for an unknown service.
    """
    try:
        visit = visit_for(session, service)
    except InvalidInput:
        return []
    candidates = [Candidate(row) for row in offering(session, visit.id, slugs=[location])]
    return soonest(session, Sought(visit=visit, candidates=candidates), now=now, limit=limit)


def check(wanted: Wanted) -> None:
    """Raise InvalidInput for limits and dates that cannot be."""
    wrong: dict[str, str] = {}
    if not 0 < wanted.radius_miles <= WIDEST_MILES:
        wrong["radius"] = f"Search within more than 0 and at most {WIDEST_MILES:.0f} miles."
    if not 1 <= wanted.limit <= MOST_OPENINGS:
        wrong["limit"] = f"Ask for 1 to {MOST_OPENINGS} openings."
    if wanted.sort not in ("soonest", "nearest"):
        wrong["sort"] = "Sort by soonest or nearest."
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        wrong["until"] = "The end must be after the beginning."
    if wrong:
        raise InvalidInput(wrong)


def _count(session: Session, place: Place, service: str, *, found: bool) -> None:
    """A search that cannot be counted is still a search."""
    postal_code = place.postal_code
    try:
        if postal_code is None:
            near = nearest_zip(session, place.point)
            postal_code = near.code if near else None
        if postal_code is not None:
            begin_write(session)
            count_search(session, postal_code, service, found=found)
            session.commit()
    except DBAPIError:
        session.rollback()
