"""From openings to what the results page shows: clinics with their first times, and the soonest of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clinic.engine.locate import Place
from clinic.engine.search import Opening
from clinic.extensions import Session
from clinic.usecases import directory, find
from clinic.usecases.directory import LocationCard
from clinic.usecases.find import Found, Sort, Wanted

CLINICS = 10
TIMES = 3


@dataclass(frozen=True, slots=True)
class ClinicResult:
    """A clinic of the list. `times` are its first openings, earliest first."""

    clinic: LocationCard
    miles: float
    times: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One results page. `soonest` is the earliest opening of all clinics searched, listed here or not."""

    found: Found
    soonest: Opening | None
    clinics: tuple[ClinicResult, ...]
    addresses: Mapping[str, LocationCard]


def search(session: Session, place: Place, *, service: str, visit_type: str | None, sort: Sort, now: datetime) -> Results:
    """Raises NotFound for an unknown service, InvalidInput for a visit type that is not the service's."""

    def wanted(order: Sort, limit: int) -> Wanted:
        return Wanted(service=service, visit_type=visit_type, sort=order, limit=limit)

    soonest = find.openings_near(session, place, wanted("soonest", CLINICS * TIMES if sort == "soonest" else 1), now=now)
    found = soonest
    if sort == "nearest" and soonest.openings:
        found = find.openings_near(session, place, wanted("nearest", CLINICS * TIMES), now=now, counted=False)
    first = soonest.openings[0] if soonest.openings else None
    slugs = {opening.location.slug for opening in (*found.openings, *soonest.openings)}
    addresses = directory.locations_by_slug(session, sorted(slugs))
    return Results(found, first, _clinics(found.openings, addresses), addresses)


def _clinics(openings: list[Opening], addresses: Mapping[str, LocationCard]) -> tuple[ClinicResult, ...]:
    """Grouped by clinic, in the order in which the clinics first appear."""
    times: dict[str, list[Opening]] = {}
    for opening in openings:
        times.setdefault(opening.location.slug, []).append(opening)
    return tuple(
        ClinicResult(addresses[slug], theirs[0].miles or 0.0, tuple(theirs[:TIMES]))
        for slug, theirs in list(times.items())[:CLINICS]
    )
