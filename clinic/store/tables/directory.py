"""What patients look for: clinics and their rooms, services and visit types, specialists, ZIP codes."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.scheduling.visit import VisitShape
from clinic.store.base import Base, Key


class Service(Base):
    __tablename__ = "service"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer, default=0)


class VisitType(Base):
    """Columns named as in domain.scheduling.visit.VisitShape mean the same. The lowest `position` is the service's first visit.

    `preparation` is what a patient does before it, a line each. `reminders` are days before the visit on which one is sent, 0
    the day itself; `prepare_days` before it, a message says to read how to prepare (null: none does).
    """

    __tablename__ = "visit_type"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=90)
    step_minutes: Mapped[int] = mapped_column(default=15)
    room_kind: Mapped[str | None] = mapped_column(String(40))
    room_setup: Mapped[int] = mapped_column(default=0)
    room_cleanup: Mapped[int] = mapped_column(default=0)
    equipment_kind: Mapped[str | None] = mapped_column(String(40))
    online: Mapped[bool] = mapped_column(default=True)
    audience: Mapped[str] = mapped_column(String(10), default="any")
    cancel_window_hours: Mapped[int] = mapped_column(default=24)
    preparation: Mapped[str] = mapped_column(Text, default="", server_default="")
    reminders: Mapped[str] = mapped_column(String(20), default="7 2 0", server_default="7 2 0")
    prepare_days: Mapped[int | None]

    __table_args__ = (CheckConstraint("audience in ('any', 'new', 'returning')", name="audience"),)

    @property
    def shape(self) -> VisitShape:
        return VisitShape(**{name: getattr(self, name) for name in VisitShape.__dataclass_fields__})


class ZipCode(Base):
    """One ZIP code. Its point is null when nobody knows where it is: military, or too new."""

    __tablename__ = "zip_code"
    __table_args__ = (Index(None, "latitude", "longitude"), Index(None, "state"))

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    city: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(2))
    county: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    active: Mapped[bool] = mapped_column(Boolean)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    time_zone: Mapped[str] = mapped_column(String(40))


class CityName(Base):
    """One searchable name in one state, filed under domain.geography.gazetteer.key_of."""

    __tablename__ = "city_name"
    __table_args__ = (UniqueConstraint("key", "state"), Index(None, "state"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(2))
    kind: Mapped[str] = mapped_column(String(10))
    latitude: Mapped[float] = mapped_column(Float)
    longitude: Mapped[float] = mapped_column(Float)
    time_zone: Mapped[str] = mapped_column(String(40))
    weight: Mapped[int]


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


class Specialist(Base):
    """A practitioner: one human, one calendar, whatever the location. The id is the resource's.

    `gender` is "woman" or "man", for patients who ask for one; null where it was not said.
    """

    __tablename__ = "specialist"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    import_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    profession: Mapped[str] = mapped_column(String(80), default="")
    languages: Mapped[str] = mapped_column(String(120), default="English")
    about: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    gender: Mapped[str | None] = mapped_column(String(10))


class Offer(Base):
    """This specialist gives this type of visit at this location."""

    __tablename__ = "offer"
    visit_type_id: Mapped[int] = mapped_column(ForeignKey("visit_type.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), primary_key=True)

    __table_args__ = (Index("ix_offer_specialist", "specialist_id"), Index("ix_offer_location", "location_id"))
