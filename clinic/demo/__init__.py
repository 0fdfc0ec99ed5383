"""The demo: a whole invented chain, or invented staff for locations that were imported.

The same seed and day give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.demo import chain, on_locations, staffing, visits
from clinic.demo.calendar import Filled, Filler, Given, Working, working_time
from clinic.demo.catalogue import MIXES, open_catalogue
from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.geography.places import Point
from clinic.store.connect import begin_write
from clinic.store.directory.gazetteer import zip_code
from clinic.store.directory.locations import Site
from clinic.store.tables.directory import Equipment, Location, Room, Specialist, VisitType
from clinic.store.tables.patients import Patient

SEED = 1
NOT_EMPTY = (
    "This database already holds clinics, specialists or patients, and the demo mixes with nothing. "
    "Name another database in CLINIC_DATABASE_URL, or pass --if-empty to leave this one as it is."
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How much there is now. `fullness` is the booked share of specialists' time over the coming six weeks."""

    locations: int
    specialists: int
    patients: int
    appointments: int
    fullness: float


def is_empty(session: Session) -> bool:
    """Whether there are no clinics, people or patients."""
    return not any(session.execute(select(table.id).limit(1)).first() for table in (Location, Specialist, Patient))


def open_chain(
    session: Session,
    *,
    brand: str,
    now: datetime,
    seed: int = SEED,
    sites: Sequence[chain.DemoSite] = chain.SITES,
    report: Report = lambda _said: None,
) -> Demonstration:
    """The whole chain in one commit. Raises InvalidInput if the database holds clinics, specialists or patients."""
    begin_write(session)
    if not is_empty(session):
        raise InvalidInput({"demo": NOT_EMPTY})
    today = now.date()
    random = _random(seed)
    report("Services, clinics and specialists …")
    visit_types = open_catalogue(session)
    ids = staffing.open_sites(session, sites, brand=brand, today=today, random=random)
    professions = staffing.hire(session, sites, ids, visit_types, today=today, random=random)
    report("Six weeks of appointments …")
    calendars = list(session.scalars(select(Location).order_by(Location.id)))
    posts = {site_id: _Post(site.patients, site.fluoroscopy) for site_id, site in zip(ids.values(), sites, strict=True)}
    homes = {site.patients: (site.area_code, site.postal_code) for site in sites}

    def given(profession: str, site_id: int) -> dict[str, int]:
        weights = dict(MIXES[profession])
        return {slug: weights[slug] for slug in staffing.given_at(profession, fluoroscopy=posts[site_id].fluoroscopy)}

    filled = _fill(
        session, calendars, professions, visit_types, given, {i: post.area for i, post in posts.items()}, random, now=now
    )
    visits.write(session, filled, homes, random, now=now)
    session.commit()
    return _counted(len(sites), len(professions), filled)


def staff_locations(
    session: Session, *, near: str, busy: int, now: datetime, seed: int = SEED, report: Report = lambda _said: None
) -> Demonstration:
    """A specialist, a room and two services for every location without staff; full calendars for the `busy` nearest to a ZIP.

    One commit. Raises InvalidInput for an unknown ZIP code, NotFound when every location has staff.
    """
    begin_write(session)
    entry = zip_code(session, near)
    if entry is None or entry.latitude is None or entry.longitude is None:
        raise InvalidInput(
            {"near": f"We cannot place the ZIP code “{near[:20]}”. Check its five digits, or load the gazetteer first."}
        )
    sites = on_locations.unstaffed(session)
    if not sites:
        raise NotFound("There are no locations without staff. Import some first: flask clinic import locations FILE.csv")
    random = _random(seed)
    report(f"Specialists for {len(sites):,} locations …")
    visit_types = open_catalogue(session)
    professions = on_locations.staff(session, sites, visit_types, today=now.date(), random=random)
    chosen = on_locations.nearest(sites, Point(entry.latitude, entry.longitude), busy)
    report(f"Six weeks of appointments for {len(chosen):,} of them …")
    areas = {site.id: str(site.id) for site in chosen}
    homes = {str(site.id): ((site.phone or "")[2:5] or "407", site.postal_code) for site in chosen}
    filled = _fill(
        session, chosen, professions, visit_types, lambda what, _site: on_locations.given_by(what), areas, random, now=now
    )
    visits.write(session, filled, homes, random, now=now)
    session.commit()
    return _counted(len(sites), len(professions), filled)


@dataclass(frozen=True, slots=True)
class _Post:
    area: str
    fluoroscopy: bool


def _fill(
    session: Session,
    sites: Sequence[Location],
    professions: Mapping[int, str],
    visit_types: Mapping[str, VisitType],
    given: Callable[[str, int], Mapping[str, int]],
    areas: Mapping[int, str],
    random: Random,
    *,
    now: datetime,
) -> Filled:
    """Fill the calendars of everyone at `sites`. `given`: what a profession gives at a site, and how often."""
    filler = Filler(_rooms(session), random, now=now)
    calendars = [Site(site.id, site.time_zone, site.hours) for site in sites]
    for profession, mix in MIXES.items():
        for practice, origin, line in working_time(session, visit_types[mix[0][0]].id, calendars, now=now):
            if professions.get(practice.specialist_id) != profession:
                continue
            types = [(visit_types[slug], weight) for slug, weight in given(profession, practice.site.id).items()]
            offers = tuple(Given(visit.id, visit.shape, weight) for visit, weight in types)
            filler.fill(Working(practice, origin, line, offers, areas[practice.site.id]))
    return filler.filled


def _random(seed: int) -> Random:
    return Random(str(seed))  # noqa: S311 (invented data: it must come out the same)


def _counted(sites: int, specialists: int, filled: Filled) -> Demonstration:
    fullness = filled.taken / filled.working if filled.working else 0.0
    return Demonstration(sites, specialists, len(filled.patients), len(filled.placed), fullness)


def _rooms(session: Session) -> Iterable[tuple[int, str, int]]:
    for table in (Room, Equipment):
        yield from session.execute(select(table.location_id, table.kind, table.id).order_by(table.id))
