"""Clinic sites, their hours, closures, rooms and equipment."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key


class Location(Base):
    """One clinic site. `hours` are weekly opening hours in `time_zone`; empty means that shifts alone decide."""

    __tablename__ = "location"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    import_key: Mapped[str | None] = mapped_column(String(300), unique=True)
    name: Mapped[str] = mapped_column(String(120))
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
