"""What may be read of clinics, services and people by anybody: selects only. Inactive sites and people are left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Integer, String, bindparam, cast, exists, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Box
from clinic.store.base import driver_rows, one_of
from clinic.store.directory.locations import Site
from clinic.store.tables.directory import Closure, Location, LocationDay, Offer, Service, Specialist, VisitType
from clinic.store.tables.schedules import Shift


@dataclass(frozen=True, slots=True)
class OfferNames:
    """That a specialist gives visits of a service at a site, by their names."""

    specialist_id: int
    location_slug: str
    location_name: str
    service_slug: str
    service_name: str


class AddressRow(NamedTuple):
    """Where a site is and how it is called: columns named as in Location."""

    slug: str
    name: str
    street: str
    city: str
    state: str
    postal_code: str | None
    phone: str | None
    phone_extension: str | None
    latitude: float
    longitude: float
    time_zone: str


class CatalogueRow(NamedTuple):
    """A visit type under its service."""

    service_slug: str
    service_name: str
    summary: str
    slug: str
    name: str
    minutes: int
    online: bool
    audience: str


class DatedHours(NamedTuple):
    """A dated exception: columns named as in LocationDay."""

    day: date
    hours: str
    reason: str


class ShutCells(NamedTuple):
    """A closure: columns named as in Closure."""

    start_cell: int
    end_cell: int
    reason: str


# Ready-made, and rows instead of objects: every search asks them.
_ADDRESS = [getattr(Location, name) for name in AddressRow._fields]
_ADDRESSES = select(*_ADDRESS).where(Location.slug.in_(bindparam("slugs", expanding=True)), Location.active)
_CATALOGUE = (
    select(
        Service.slug, Service.name, Service.summary, VisitType.slug, VisitType.name, VisitType.minutes, VisitType.online,
        VisitType.audience,
    )
    .join(VisitType, VisitType.service_id == Service.id)
    .order_by(Service.position, Service.id, VisitType.position, VisitType.id)
)  # fmt: skip
_CATALOGUE_AT = _CATALOGUE.where(
    VisitType.id.in_(
        select(Offer.visit_type_id)
        .join(Specialist, Specialist.id == Offer.specialist_id)
        .where(Offer.location_id == bindparam("location"), Specialist.active)
    )
)
_CATALOGUE_OF = _CATALOGUE.where(
    VisitType.id.in_(
        select(Offer.visit_type_id)
        .join(Location, Location.id == Offer.location_id)
        .where(Offer.specialist_id == bindparam("specialist"), Location.active)
    )
)
_EXCEPTIONS = union_all(
    select(
        LocationDay.location_id, LocationDay.reason, cast(null(), Integer), cast(null(), Integer), LocationDay.hours,
        cast(LocationDay.day, String),
    ).where(
        one_of(LocationDay.location_id, "sites"),
        LocationDay.day.between(bindparam("first", type_=LocationDay.day.type), bindparam("last", type_=LocationDay.day.type)),
    ),
    select(
        Closure.location_id, Closure.reason, Closure.start_cell, Closure.end_cell, cast(null(), String), cast(null(), String)
    ).where(one_of(Closure.location_id, "sites"), Closure.end_cell > bindparam("since", type_=Integer)),
)  # fmt: skip


def locations(session: Session, *, state: str | None, limit: int | None, offset: int) -> list[AddressRow]:
    wanted = select(*_ADDRESS).where(Location.active)
    if state is not None:
        wanted = wanted.where(Location.state == state)
    wanted = wanted.order_by(Location.state, Location.city, Location.name, Location.id).limit(limit).offset(offset)
    return [AddressRow(*row) for row in session.execute(wanted)]


def locations_within(session: Session, around: Iterable[Box]) -> list[AddressRow]:
    """Active sites inside the boxes, whatever they offer."""
    found: list[AddressRow] = []
    for box in around:
        inside = (Location.latitude.between(box.south, box.north), Location.longitude.between(box.west, box.east))
        found += [AddressRow(*row) for row in session.execute(select(*_ADDRESS).where(*inside, Location.active))]
    return found


def locations_named(session: Session, slugs: Sequence[str]) -> list[AddressRow]:
    return [AddressRow(*row) for row in session.connection().execute(_ADDRESSES, {"slugs": list(slugs)})]


def sites_named(session: Session, slugs: Sequence[str]) -> list[tuple[str, Site]]:
    """The active sites of these slugs as far as their calendars go, each with its slug."""
    wanted = select(Location.slug, Location.id, Location.time_zone, Location.hours)
    rows = session.execute(wanted.where(Location.slug.in_(slugs), Location.active))
    return [(slug, Site(id_, time_zone, hours)) for slug, id_, time_zone, hours in rows]


def count_by_state(session: Session) -> dict[str, int]:
    """Active sites a state, states in alphabetical order of their codes."""
    counted = select(Location.state, func.count()).where(Location.active).group_by(Location.state).order_by(Location.state)
    return {row[0]: row[1] for row in session.execute(counted)}


def find_location(session: Session, slug: str) -> Location | None:
    return session.scalars(select(Location).where(Location.slug == slug, Location.active)).one_or_none()


def days_of(session: Session, location_id: int, since: date) -> list[LocationDay]:
    """Dated exceptions of the site from `since` on."""
    wanted = select(LocationDay).where(LocationDay.location_id == location_id, LocationDay.day >= since)
    return list(session.scalars(wanted.order_by(LocationDay.day)))


def closures_of(session: Session, location_id: int, since_cell: int) -> list[Closure]:
    """Closures of the site that have not ended at `since_cell`."""
    wanted = select(Closure).where(Closure.location_id == location_id, Closure.end_cell > since_cell)
    return list(session.scalars(wanted.order_by(Closure.start_cell)))


def exceptions_within(
    session: Session, location_ids: Sequence[int], first: date, last: date, since_cell: int
) -> tuple[dict[int, list[DatedHours]], dict[int, list[ShutCells]]]:
    """By site: dated exceptions on first..last (both included), and closures not ended at `since_cell`, earliest first."""
    parameters = {"sites": list(location_ids), "first": first, "last": last, "since": since_cell}
    days: dict[int, list[DatedHours]] = defaultdict(list)
    closures: dict[int, list[ShutCells]] = defaultdict(list)
    for site, reason, start, end, hours, day in driver_rows(session, _EXCEPTIONS, parameters):
        if start is None:
            days[site].append(DatedHours(date.fromisoformat(day), hours, reason))
        else:
            closures[site].append(ShutCells(start, end, reason))
    return days, {site: sorted(shut) for site, shut in closures.items()}


def visit_types(session: Session, *, location_id: int | None = None) -> tuple[CatalogueRow, ...]:
    """Every visit type under its service, in the order of the catalogue; only what the site offers, if one is given."""
    statement = _CATALOGUE if location_id is None else _CATALOGUE_AT
    return tuple(CatalogueRow(*row) for row in session.connection().execute(statement, {"location": location_id}))


def visit_types_of(session: Session, specialist_id: int) -> tuple[CatalogueRow, ...]:
    """The visit types that the specialist gives anywhere, under their services, in the order of the catalogue."""
    return tuple(CatalogueRow(*row) for row in session.connection().execute(_CATALOGUE_OF, {"specialist": specialist_id}))


def has_service(session: Session, slug: str) -> bool:
    return bool(session.scalar(select(exists().where(Service.slug == slug))))


def specialists(
    session: Session, *, location: str | None, service: str | None, limit: int | None, offset: int
) -> list[Specialist]:
    """Active specialists, by name; only those who give that service there, where slugs are given."""
    given = (
        select(Offer.specialist_id)
        .join(Location, Location.id == Offer.location_id)
        .join(VisitType, VisitType.id == Offer.visit_type_id)
        .join(Service, Service.id == VisitType.service_id)
    )
    if location is not None:
        given = given.where(Location.slug == location, Location.active)
    if service is not None:
        given = given.where(Service.slug == service, Location.active)
    wanted = select(Specialist).where(Specialist.active)
    if location is not None or service is not None:
        wanted = wanted.where(Specialist.id.in_(given))
    return list(session.scalars(wanted.order_by(Specialist.name, Specialist.id).limit(limit).offset(offset)))


def find_specialist(session: Session, slug: str) -> Specialist | None:
    return session.scalars(select(Specialist).where(Specialist.slug == slug, Specialist.active)).one_or_none()


def offers_of(session: Session, specialist_ids: Sequence[int]) -> list[OfferNames]:
    """What each of the specialists gives where, sites by name and services in the order of the catalogue."""
    wanted = (
        select(Offer.specialist_id, Location.slug, Location.name, Service.slug, Service.name)
        .join(Location, Location.id == Offer.location_id)
        .join(VisitType, VisitType.id == Offer.visit_type_id)
        .join(Service, Service.id == VisitType.service_id)
        .where(one_of(Offer.specialist_id, "specialists"), Location.active)
        .order_by(Location.name, Location.id, Service.position, Service.id)
    )
    return [OfferNames(*row) for row in session.execute(wanted, {"specialists": list(specialist_ids)})]


def shifts_of(session: Session, specialist_id: int, today: date) -> list[tuple[str, str]]:
    """(slug of the site, weekly hours) of the specialist's shifts in force on `today`."""
    wanted = (
        select(Location.slug, Shift.weekly)
        .join(Location, Location.id == Shift.location_id)
        .where(Shift.specialist_id == specialist_id, Location.active, Shift.first_day <= today)
        .where(or_(Shift.last_day.is_(None), Shift.last_day >= today))
        .order_by(Shift.id)
    )
    return [(slug, weekly) for slug, weekly in session.execute(wanted)]


def slugs(session: Session, table: type[Location] | type[Specialist]) -> list[str]:
    """Of every active site, or of every active specialist, in alphabetical order."""
    return list(session.scalars(select(table.slug).where(table.active).order_by(table.slug)))
