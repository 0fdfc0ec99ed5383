"""A place, then the openings near it. Counts what was sought by ZIP and service, and keeps nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TypedDict

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point, wider
from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, nearby, nearest_first, soonest, widening
from clinic.engine.search.listing import listing
from clinic.engine.search.locate import Place, locate, nearest_zip
from clinic.store.connect import begin_statement
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.operations.demand import count_search
from clinic.usecases.find.wanted import Wanted, check, narrowing, visit_for

log = logging.getLogger("clinic.find")

Geocode = Callable[[str], Point | None]
CLINICS = 10
WORTH_DAYS = 2
"""How many days sooner a visit must be before a longer drive is spoken of."""


@dataclass(frozen=True, slots=True)
class OpeningsNear:
    """Openings near a place.

    `radius_miles` is what was searched in the end: more than was asked for when `widened`. `anyway` says that nothing
    was within any radius, and the nearest are shown wherever they are. `candidates` are the clinics searched, nearest first.
    """

    place: Place
    visit: BookableVisit
    openings: list[Opening]
    candidates: Sequence[CandidateSite]
    radius_miles: float
    widened: bool
    anyway: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Clinics near a place with their first openings. Fields as in Found.

    `soonest` is the earliest opening of all candidates, listed or not. `worth_the_drive` is an opening beyond the radius
    that is at least WORTH_DAYS sooner.
    """

    place: Place
    visit: BookableVisit
    soonest: Opening | None
    clinics: tuple[tuple[CandidateSite, tuple[Opening, ...]], ...]
    candidates: Sequence[CandidateSite]
    radius_miles: float
    widened: bool
    anyway: bool
    worth_the_drive: Opening | None = None


def find_place(session: Session, text: str, *, geocode: Geocode | None = None) -> Place:
    """The place meant by what was typed. Raises PlaceUnknown, PlaceAmbiguous, InvalidInput."""
    return locate(session, text, geocode=geocode)


def openings_near(session: Session, place: Place, wanted: Wanted, *, now: datetime, counted: bool = True) -> OpeningsNear:
    """Openings near the place, in an ever wider radius until there are some. A page that asks twice counts once.

    Raises NotFound for an unknown service, InvalidInput for what cannot be searched, or is arranged by staff.
    """
    check(wanted, now=now)
    visit = visit_for(session, wanted.service, wanted.visit_type)
    search = soonest if wanted.sort == "soonest" else nearest_first
    found = OpeningsNear(place, visit, [], [], wanted.radius_miles, widened=False, anyway=False)
    for sought, reach in _ever_wider(session, place, visit, wanted):
        openings = search(session, sought, now=now, limit=wanted.limit)
        found = OpeningsNear(place, visit, openings, sought.candidates, **reach)
        if openings:
            break
    if counted:
        _count(session, place, wanted.service, found=bool(found.openings))
    return found


def overview(session: Session, place: Place, wanted: Wanted, *, now: datetime, clinics: int = CLINICS) -> Overview:
    """What a results page shows, from one look at the calendars: the soonest of all, and clinics with their first times.

    `wanted.sort` orders the clinics; its `limit` is not used. Raises as `openings_near`.
    """
    check(wanted, now=now)
    visit = visit_for(session, wanted.service, wanted.visit_type)
    shown = Overview(place, visit, None, (), [], wanted.radius_miles, widened=False, anyway=False)
    for sought, reach in _ever_wider(session, place, visit, wanted):
        seen = listing(session, sought, now=now, order=wanted.sort, clinics=clinics)
        shown = Overview(place, visit, seen.soonest, seen.clinics, sought.candidates, **reach)
        if seen.soonest:
            break
    _count(session, place, wanted.service, found=shown.soonest is not None)
    if shown.soonest and not shown.anyway:
        shown = replace(shown, worth_the_drive=_worth_the_drive(session, shown, wanted, now=now))
    return shown


def _worth_the_drive(session: Session, shown: Overview, wanted: Wanted, *, now: datetime) -> Opening | None:
    """The soonest opening a little further away, if it saves days. Nobody looks when the soonest is too soon for that."""
    soonest_here, further = shown.soonest, wider(shown.radius_miles)
    if soonest_here is None or further is None:
        return None
    before = soonest_here.start - timedelta(days=WORTH_DAYS)
    if before <= now:
        return None
    known = {candidate.location.id for candidate in shown.candidates}
    around = nearby(session, shown.visit.id, shown.place.point, further)
    candidates = [candidate for candidate in around if candidate.location.id not in known]
    narrowed = narrowing(session, wanted, shown.visit, candidates) | {"until": min(before, wanted.until or before)}
    found = soonest(session, SearchCriteria(visit=shown.visit, candidates=candidates, **narrowed), now=now, limit=1)
    return found[0] if found else None


class _Reach(TypedDict):
    """How far was searched, as Found says it."""

    radius_miles: float
    widened: bool
    anyway: bool


def _ever_wider(session: Session, place: Place, visit: BookableVisit, wanted: Wanted) -> Iterator[tuple[SearchCriteria, _Reach]]:
    """What to search for, in an ever wider radius; of the nearest anyway, the radius is the distance of the furthest."""
    for radius, candidates in widening(session, visit.id, place.point, wanted.radius_miles):
        sought = SearchCriteria(visit=visit, candidates=candidates, **narrowing(session, wanted, visit, candidates))
        miles = radius if radius is not None else float(ceil(max(c.miles or 0.0 for c in candidates)))
        yield sought, _Reach(radius_miles=miles, widened=miles > wanted.radius_miles, anyway=radius is None)


def _count(session: Session, place: Place, service: str, *, found: bool) -> None:
    """A search that cannot be counted is still a search."""
    postal_code = place.postal_code
    try:
        if postal_code is None:
            near = nearest_zip(session, place.point)
            postal_code = near.code if near else None
        if postal_code is not None:
            begin_statement(session)
            count_search(session, postal_code, service, found=found)
            session.commit()
    except DBAPIError as error:
        session.rollback()
        log.warning("a search was not counted", extra={"reason": type(error).__name__})
