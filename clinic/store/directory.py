"""What may be read of clinics, services and people by anybody: selects only. Inactive sites and people are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from clinic.store.base import one_of
from clinic.store.catalogue import Service, VisitType
from clinic.store.locations import Closure, Location, LocationDay, Site
from clinic.store.people import Offer, Specialist


@dataclass(frozen=True, slots=True)
class OfferNames:
    """That a specialist gives visits of a service at a site, by their names."""

    specialist_id: int
    location_slug: str
    location_name: str
    service_slug: str
    service_name: str


def locations(session: Session, *, state: str | None, limit: int | None, offset: int) -> list[Location]:
    wanted = select(Location).where(Location.active)
    if state is not None:
        wanted = wanted.where(Location.state == state)
    wanted = wanted.order_by(Location.state, Location.city, Location.name, Location.id).limit(limit).offset(offset)
    return list(session.scalars(wanted))


def locations_named(session: Session, slugs: Sequence[str]) -> list[Location]:
    return list(session.scalars(select(Location).where(Location.slug.in_(slugs), Location.active)))


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


def days_within(session: Session, location_ids: Sequence[int], first: date, last: date) -> list[LocationDay]:
    """Dated exceptions of the sites on first..last (both included)."""
    wanted = select(LocationDay).where(one_of(LocationDay.location_id, "sites"), LocationDay.day.between(first, last))
    return list(session.scalars(wanted.order_by(LocationDay.day), {"sites": list(location_ids)}))


def closures_within(session: Session, location_ids: Sequence[int], since_cell: int) -> list[Closure]:
    """Closures of the sites that have not ended at `since_cell`, earliest first."""
    wanted = select(Closure).where(one_of(Closure.location_id, "sites"), Closure.end_cell > since_cell)
    return list(session.scalars(wanted.order_by(Closure.start_cell), {"sites": list(location_ids)}))


def visit_types(session: Session, *, location_id: int | None = None) -> list[tuple[Service, VisitType]]:
    """Every visit type under its service, in the order of the catalogue; only what the site offers, if one is given."""
    wanted = select(Service, VisitType).join(VisitType, VisitType.service_id == Service.id)
    if location_id is not None:
        given = (
            select(Offer.visit_type_id)
            .join(Specialist, Specialist.id == Offer.specialist_id)
            .where(Offer.location_id == location_id, Specialist.active)
        )
        wanted = wanted.where(VisitType.id.in_(given))
    ordered = wanted.order_by(Service.position, Service.id, VisitType.position, VisitType.id)
    return [(service, visit_type) for service, visit_type in session.execute(ordered)]


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
