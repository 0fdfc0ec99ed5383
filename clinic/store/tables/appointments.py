"""Appointments (holds too), what they claim, and the keys by which a request is told from its repetition."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, String, Text, column, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.visit import LONGEST_MINUTES
from clinic.domain.time.timeline import CELL_MINUTES
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


LONGEST_CELLS = LONGEST_MINUTES // CELL_MINUTES


class Claim(Base):
    """One resource taken for one stretch of time. `expires_at` is milliseconds since the epoch, null once booked.

    The primary key leads into a resource's calendar, and carries what a search reads: it never touches the table.
    """

    __tablename__ = "claim"
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    start_cell: Mapped[int]
    end_cell: Mapped[int]
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    expires_at: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        PrimaryKeyConstraint("resource_id", "start_cell", postgresql_include=["end_cell", "expires_at"]),
        CheckConstraint(f"end_cell - start_cell between 1 and {LONGEST_CELLS}", name="length"),
        ExcludeConstraint(
            (column("resource_id"), "="),
            (text("int4range(start_cell, end_cell)"), "&&"),
            using="gist",
            name="claim_no_overlap",
        ).ddl_if(dialect="postgresql"),
        Index("ix_claim_appointment_id", "appointment_id"),
        {"sqlite_with_rowid": False},
    )


class CalendarFeed(Base):
    """A specialist's feed. Its address is made of `generation` and a key of ours: raising it revokes every older address.

    `closed_at`: it is not served at present. `last_used_at` is noted once an hour.
    """

    __tablename__ = "calendar_feed"
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    __tablename__ = "idempotency_key"
    scope: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_idempotency_key_age", "created_at"),
        Index("ix_idempotency_key_appointment", "appointment_id"),
    )
