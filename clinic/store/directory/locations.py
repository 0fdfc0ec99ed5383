"""Clinic sites, their hours, closures, rooms and equipment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Float, Integer, bindparam, select
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Box, Point
from clinic.store.base import driver_rows
from clinic.store.tables.directory import Location, Offer


class LocationRow(NamedTuple):
    """What a search needs to know of a site, and what it says of it. `version`: see store.schedules.site_schedules."""

    id: int
    slug: str
    name: str
    latitude: float
    longitude: float
    time_zone: str
    hours: str
    version: int | None = None
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str | None = None
    phone: str | None = None
    phone_extension: str | None = None


_ROW = [getattr(Location, {"version": "calendar_version"}.get(name, name)) for name in LocationRow._fields]
_OFFERED = (
    select(Offer.visit_type_id)
    .where(Offer.location_id == Location.id, Offer.visit_type_id == bindparam("visit_type", type_=Integer))
    .exists()
)
_IN_BOX = select(*_ROW).where(
    Location.latitude.between(bindparam("south", type_=Float), bindparam("north", type_=Float)),
    Location.longitude.between(bindparam("west", type_=Float), bindparam("east", type_=Float)),
    Location.active,
    _OFFERED,
)


def offering_within(session: Session, visit_type_id: int, around: Iterable[Box]) -> list[LocationRow]:
    """Active sites inside the boxes that offer the visit type. The filter is inside the query: a rare service is found."""
    found: list[LocationRow] = []
    for box in around:
        parameters = {"visit_type": visit_type_id, "south": box.south, "north": box.north, "west": box.west, "east": box.east}
        found += map(LocationRow._make, driver_rows(session, _IN_BOX, parameters))
    return found


def offering(
    session: Session, visit_type_id: int, *, slugs: Sequence[str] = (), specialist_id: int | None = None, limit: int = 400
) -> list[LocationRow]:
    """Active sites that offer the visit type, wherever they are; only those of `slugs`, or where that specialist gives it."""
    wanted = select(*_ROW).where(Location.active, _OFFERED).order_by(Location.slug).limit(limit)
    if slugs:
        wanted = wanted.where(Location.slug.in_(slugs))
    if specialist_id is not None:
        theirs = select(Offer.location_id).where(Offer.specialist_id == specialist_id, Offer.visit_type_id == visit_type_id)
        wanted = wanted.where(Location.id.in_(theirs))
    return [LocationRow(*row) for row in session.execute(wanted, {"visit_type": visit_type_id})]


def find_rows(session: Session, location_ids: Collection[int]) -> list[LocationRow]:
    """These sites, those that are active, by name."""
    wanted = select(*_ROW).where(Location.id.in_(location_ids), Location.active).order_by(Location.id)
    return sorted((LocationRow(*row) for row in session.execute(wanted)), key=lambda row: row.name)


def find_row(session: Session, location_id: int) -> LocationRow | None:
    """The site, if it is active."""
    row = session.execute(select(*_ROW).where(Location.id == location_id, Location.active)).one_or_none()
    return LocationRow(*row) if row else None


class Site(NamedTuple):
    """A location as far as its calendar goes. With its `version`, what was kept of it may be used."""

    id: int
    time_zone: str
    hours: str
    version: int | None = None


def find_point(session: Session, location_id: int) -> Point | None:
    """Where the site is, active or not."""
    row = session.execute(select(Location.latitude, Location.longitude).where(Location.id == location_id)).one_or_none()
    return Point(*row) if row else None
