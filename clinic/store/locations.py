"""Clinic sites, their hours, closures, rooms and equipment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, Date, Float, ForeignKey, Index, Integer, String, Text, bindparam, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.places import Box, Point
from clinic.store.base import Base, Key, driver_rows
from clinic.store.people import Offer


class Location(Base):
    """One clinic site. `hours` are weekly opening hours in `time_zone`; empty means that shifts alone decide.

    `parking` and `access` are sentences for patients, `plans` the insurance plans taken, a line each; empty when not known.
    `calendar_version` is a random number that triggers replace whenever anything changes of what stands here.
    """

    __tablename__ = "location"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    import_key: Mapped[str | None] = mapped_column(String(300), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    street: Mapped[str] = mapped_column(String(120))
    city: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(2))
    postal_code: Mapped[str | None] = mapped_column(String(5))
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_extension: Mapped[str | None] = mapped_column(String(10))
    latitude: Mapped[float]
    longitude: Mapped[float]
    time_zone: Mapped[str] = mapped_column(String(40))
    hours: Mapped[str] = mapped_column(String(400), default="")
    active: Mapped[bool] = mapped_column(default=True)
    parking: Mapped[str] = mapped_column(Text, default="", server_default="")
    access: Mapped[str] = mapped_column(Text, default="", server_default="")
    plans: Mapped[str] = mapped_column(Text, default="", server_default="")
    calendar_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))

    __table_args__ = (
        Index("ix_location_point", "latitude", "longitude"),
        Index("ix_location_city", "state", "city"),
        CheckConstraint("latitude between -90 and 90 and longitude between -180 and 180", name="point"),
    )


class LocationDay(Base):
    """A dated exception: on `day` the site is open for `hours` (a day's hours), or closed when they are empty."""

    __tablename__ = "location_day"
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hours: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(120), default="")


class Closure(Base):
    """The site is closed from `start_cell` to `end_cell` (five-minute cells since the epoch), then open again."""

    __tablename__ = "closure"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    start_cell: Mapped[int]
    end_cell: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (CheckConstraint("end_cell > start_cell", name="forwards"),)


class Room(Base):
    """A room; its id is its resource's."""

    __tablename__ = "room"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index("ix_room_place", "location_id", "kind"),)


class Equipment(Base):
    """A piece of equipment that only one visit can use at a time; its id is its resource's."""

    __tablename__ = "equipment"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index("ix_equipment_place", "location_id", "kind"),)


class LocationRow(NamedTuple):
    """What a search needs to know of a site, and what it says of it. `version`: see store.standing."""

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
