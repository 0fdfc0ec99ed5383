"""Resources, and the appointments (holds too) that claim them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.appointment import State
from clinic.store.base import Base, Key

_STATES = ", ".join(f"'{state}'" for state in State)


class Resource(Base):
    """Anything that can be in one place at a time: a specialist, room, piece of equipment or patient."""

    __tablename__ = "resource"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))

    __table_args__ = (CheckConstraint("kind in ('specialist', 'room', 'equipment', 'patient')", name="kind"),)


class Appointment(Base):
    """A visit, or the hold that may become one. `patient_id` is null only until it is booked.

    Start and end are UTC; `time_zone` is the clinic's, as it was when booked. `sequence` counts what invitations must
    know (moves, cancelling); raising `generation` revokes every link sent out. `confirmed_at`: when the patient said that
    they will come, to this time. `arrived_at` to `finished_at`: of the day itself, when the staff said so.
    """

    __tablename__ = "appointment"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    visit_type_id: Mapped[int] = mapped_column(ForeignKey("visit_type.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    equipment_id: Mapped[int | None] = mapped_column(ForeignKey("equipment.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    time_zone: Mapped[str] = mapped_column(String(40))
    held_at: Mapped[datetime]
    hold_expires_at: Mapped[datetime | None]
    booked_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_late: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    cancel_reason: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(12))
    new_patient: Mapped[bool | None]
    booked_by: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    generation: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    confirmed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"state in ({_STATES})", name="state"),
        CheckConstraint("end_at > start_at", name="forwards"),
        CheckConstraint(
            "patient_id is not null or state in ('held', 'cancelled', 'expired', 'entered_in_error')", name="someone"
        ),
        CheckConstraint("state != 'held' or hold_expires_at is not null", name="hold_ends"),
        Index("ix_appointment_patient", "patient_id"),
        Index("ix_appointment_specialist", "specialist_id", "start_at"),
        Index(
            "ix_appointment_location",
            "location_id",
            "start_at",
            postgresql_where=text("patient_id is not null"),
            sqlite_where=text("patient_id is not null"),
        ),
        Index(
            "ix_appointment_holds",
            "hold_expires_at",
            postgresql_where=text("state = 'held'"),
            sqlite_where=text("state = 'held'"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppointment:
    """What is written when a time is taken. Fields as in Appointment."""

    reference: str
    state: str
    visit_type_id: int
    location_id: int
    specialist_id: int
    room_id: int | None
    equipment_id: int | None
    patient_id: int | None
    start_at: datetime
    end_at: datetime
    time_zone: str
    held_at: datetime
    hold_expires_at: datetime | None
    booked_at: datetime | None
    channel: str
    new_patient: bool | None = None
    booked_by: str | None = None
    reason: str | None = None


_RESOURCE = Base.metadata.tables["resource"]
_ADD_RESOURCE = insert(_RESOURCE).returning(_RESOURCE.c.id)


def add_resource(session: Session, kind: str) -> int:
    return int(session.connection().execute(_ADD_RESOURCE, {"kind": kind}).scalar_one())


def find(session: Session, appointment_id: int) -> Appointment | None:
    """The appointment as the database has it now, whatever the session remembers."""
    return session.get(Appointment, appointment_id, populate_existing=True)


def expired_holds(session: Session, *, before: datetime, limit: int = 500) -> list[int]:
    """Holds that ended before `before`, oldest first."""
    return list(
        session.scalars(
            select(Appointment.id)
            .where(Appointment.state == State.HELD, Appointment.hold_expires_at < before)
            .order_by(Appointment.hold_expires_at)
            .limit(limit)
        )
    )
