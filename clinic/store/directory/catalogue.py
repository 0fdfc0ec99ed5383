"""What patients look for (services) and what is booked under it (visit types)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.visit import VisitShape
from clinic.store.directory.locations import Site
from clinic.store.tables.directory import Location, Service, VisitType


@dataclass(frozen=True, slots=True)
class BookableVisit:
    """A visit type with its service, as plain values."""

    id: int
    slug: str
    name: str
    service_slug: str
    service_name: str
    shape: VisitShape
    cancel_window_hours: int


@lru_cache(maxsize=1024)
def _bookable(*row: Any) -> BookableVisit:
    """A row of _BOOKABLE. Cached, because a shape is checked when it is made, and there are few of them."""
    visit_type_id, slug, name, service_slug, service_name, cancel_window_hours, *shape = row
    return BookableVisit(visit_type_id, slug, name, service_slug, service_name, VisitShape(*shape), cancel_window_hours)


_SHAPE = [getattr(VisitType, name) for name in VisitShape.__dataclass_fields__]
_BOOKABLE = select(
    VisitType.id, VisitType.slug, VisitType.name, Service.slug, Service.name, VisitType.cancel_window_hours, *_SHAPE
).join(Service, Service.id == VisitType.service_id)
_BOOKABLE_OF = _BOOKABLE.where(Service.slug == bindparam("service")).order_by(VisitType.position, VisitType.id)
_BOOKABLE_BY_ID = _BOOKABLE.where(VisitType.id == bindparam("id"))
_BOOKABLE_AT = _BOOKABLE_BY_ID.add_columns(Location.id, Location.time_zone, Location.hours, Location.calendar_version).outerjoin(
    Location, (Location.id == bindparam("location")) & Location.active
)


def find_visit(session: Session, visit_type_id: int) -> BookableVisit | None:
    row = session.connection().execute(_BOOKABLE_BY_ID, {"id": visit_type_id}).one_or_none()
    return _bookable(*row) if row else None


def find_visit_of(session: Session, slug: str) -> BookableVisit | None:
    """The visit type of that slug."""
    row = session.connection().execute(_BOOKABLE.where(VisitType.slug == slug)).one_or_none()
    return _bookable(*row) if row else None


def find_visit_at(session: Session, visit_type_id: int, location_id: int) -> tuple[BookableVisit | None, Site | None]:
    """The visit type, and the site if it is active. Does not say whether it is offered there."""
    row = session.connection().execute(_BOOKABLE_AT, {"id": visit_type_id, "location": location_id}).one_or_none()
    if row is None:
        return None, None
    *visit, location, time_zone, hours, version = row
    return _bookable(*visit), Site(location, time_zone, hours, version) if location is not None else None


def visits_of(session: Session, service_slug: str) -> list[BookableVisit]:
    """The visit types of a service, its first visit first; empty when there is no such service."""
    return [_bookable(*row) for row in session.connection().execute(_BOOKABLE_OF, {"service": service_slug})]


def visits_among(session: Session, visit_type_ids: Select[int]) -> list[BookableVisit]:
    """The visit types whose ids that query gives, in the order of the catalogue."""
    wanted = _BOOKABLE.where(VisitType.id.in_(visit_type_ids)).order_by(Service.position, VisitType.position, VisitType.id)
    return [_bookable(*row) for row in session.connection().execute(wanted)]


def services(session: Session) -> list[Service]:
    return list(session.scalars(select(Service).order_by(Service.position, Service.id)))


def first_online_visit(session: Session) -> BookableVisit | None:
    """The first visit of the first service that patients can book themselves."""
    ordered = _BOOKABLE.where(VisitType.online).order_by(Service.position, VisitType.position, VisitType.id).limit(1)
    row = session.execute(ordered).one_or_none()
    return _bookable(*row) if row else None
