"""Calls to the desk: who took them, whom they are about, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, false, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.accounts import Account  # noqa: F401 (it makes the table)
from clinic.store.appointments import Appointment  # noqa: F401 (it makes the table)
from clinic.store.base import Base, Key
from clinic.store.patients import Patient  # noqa: F401 (it makes the table)

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


_CALL, _VISIT = Base.metadata.tables["call"], Base.metadata.tables["call_visit"]
_NOTE_VISIT = insert(_VISIT)
_FRESH = {"populate_existing": True}


def begin(session: Session, account_id: int, *, now: datetime) -> int:
    """A new call of that agent. Returns its id."""
    row = {"account_id": account_id, "began_at": now}
    made: int = session.connection().execute(insert(_CALL).returning(_CALL.c.id), row).scalar_one()
    return made


def find(session: Session, call_id: int) -> Call | None:
    """As the database has it now."""
    return session.get(Call, call_id, populate_existing=True)


def lock(session: Session, call_id: int) -> Call | None:
    """The call, for nobody else until the transaction ends. It is taken before any calendar is."""
    return session.scalar(select(Call).where(Call.id == call_id).with_for_update(), execution_options=_FRESH)


def note_visit(session: Session, call_id: int, appointment_id: int, action: str, *, now: datetime) -> None:
    """That was done during the call; part of the transaction that does it."""
    row = {"call_id": call_id, "appointment_id": appointment_id, "action": action, "at": now}
    session.connection().execute(_NOTE_VISIT, row)


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of what was done during a call."""

    appointment_id: int
    action: str
    at: datetime


def visits_of(session: Session, call_id: int) -> tuple[Noted, ...]:
    """In the order in which it was done."""
    wanted = select(CallVisit.appointment_id, CallVisit.action, CallVisit.at).where(CallVisit.call_id == call_id)
    return tuple(Noted(*row) for row in session.execute(wanted.order_by(CallVisit.id)))


def under_way(session: Session, account_id: int, *, since: datetime) -> Sequence[Call]:
    """Calls of that agent that began since then and have not ended, the first first."""
    wanted = select(Call).where(Call.account_id == account_id, Call.began_at > since, Call.ended_at.is_(None))
    return session.scalars(wanted.order_by(Call.id), execution_options=_FRESH).all()
