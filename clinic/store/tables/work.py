"""What a person on the staff must look at, and calls to the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key

_OF_A_VISIT = text("visit_id is not null")


class Call(Base):
    """One call, and whoever took it. `patient_id` is set once the caller proved whom they call about, at `verified_at`; with
    `visit_id` they proved no more than that this one visit is theirs.

    `misses` are looks that found nobody who was then taken as new; `looks_paused_until`: after too many of them nobody is
    looked for in this call until then. `relation` is the caller's to the patient, and
    `speaks_for` says that the patient agrees to it. `note` stays here, and never goes into a chart. `phone` (E.164) is the
    number to call back of somebody who is no patient yet, for as long as they wait for that. `service_slug` and
    `postal_code` say what was asked for, and where.
    """

    __tablename__ = "call"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    verified_at: Mapped[datetime | None]
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    looks_paused_until: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    relation: Mapped[str] = mapped_column(String(40), default="", server_default="")
    speaks_for: Mapped[bool] = mapped_column(default=False, server_default=false())
    outcome: Mapped[str | None] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(20), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    service_slug: Mapped[str] = mapped_column(String(100), default="", server_default="")
    postal_code: Mapped[str] = mapped_column(String(5), default="", server_default="")

    __table_args__ = (
        Index("ix_call_account", "account_id", "began_at"),
        Index("ix_call_began", "began_at"),
        Index("ix_call_patient", "patient_id"),
        Index("ix_call_visit", "visit_id", postgresql_where=_OF_A_VISIT, sqlite_where=_OF_A_VISIT),
    )

    def __repr__(self) -> str:  # never a note into a log
        return f"Call({self.id})"


class CallVisit(Base):
    """What was done with a visit, or a held time, during a call. `action` as in the audit log."""

    __tablename__ = "call_visit"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    action: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_call_visit_call", "call_id"), Index("ix_call_visit_appointment", "appointment_id"))


class WorkListOpened(Base):
    """When a clinic's work list was last opened by staff who work there, and by which account (a number, not a reference)."""

    __tablename__ = "work_list_opened"
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True, autoincrement=False)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(BigInteger)


_OF_A_CALL = text("call_id is not null")


class Task(Base):
    """`location_id`: whose desk it is for, where no appointment says so. `due_at`: not before then, when that was promised.

    `cause` says why a visit is to be moved, as domain.scheduling.affected writes it. `claimed_by_id` does it; `done_by_id`
    did. Accounts are numbers, not references: a task outlives them.
    """

    __tablename__ = "task"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    other_patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("time_offer.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    due_at: Mapped[datetime | None]
    claimed_by_id: Mapped[int | None] = mapped_column(BigInteger)
    claimed_at: Mapped[datetime | None]
    cause: Mapped[str] = mapped_column(String(40), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    done_by_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        # A message that failed, or a letter to print, is one task; so is an offer to make by telephone.
        Index("uq_task_delivery", "delivery_id", unique=True),
        Index("uq_task_offer", "offer_id", unique=True),
        # What a task is about must not go before it; a purge asks of every row.
        Index("ix_task_appointment", "appointment_id"),
        Index("ix_task_patient", "patient_id"),
        Index("ix_task_other_patient", "other_patient_id"),
        Index("ix_task_call", "call_id", postgresql_where=_OF_A_CALL, sqlite_where=_OF_A_CALL),
        Index("ix_task_open", "kind", postgresql_where=text("done_at is null"), sqlite_where=text("done_at is null")),
    )
