"""Resources, and the appointments (holds too) that claim them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    insert,
    select,
)
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.base import Base
from clinic.store.tables.appointments import Appointment


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
