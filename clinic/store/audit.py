"""Who did what: plain rows, inserted in the transaction they record."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Index, String, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Key

BY_STAFF = text("substr(actor, 1, 8) = 'account:'")
"""Rows of what somebody on the staff did; a query has to ask for it in these words to be quick."""


class By(NamedTuple):
    """By whom something is done, and what else its audit rows say: fields as in Audit."""

    actor: str
    detail: str = ""


class Audit(Base):
    """`actor` is a role and an id ("patient", "api", "account:17"), never a name. `detail` holds no private data.

    Appointment and patient are numbers, not references: a row outlives both by years.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40))
    appointment_id: Mapped[int | None] = mapped_column(BigInteger)
    patient_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[str] = mapped_column(String(400), default="")

    __table_args__ = (
        Index("ix_audit_appointment", "appointment_id"),
        # Only of what the staff do: a booking by a patient writes no more than it must.
        Index("ix_audit_actor", "actor", "id", postgresql_where=BY_STAFF, sqlite_where=BY_STAFF),
        Index("ix_audit_patient", "patient_id", "id", postgresql_where=BY_STAFF, sqlite_where=BY_STAFF),
    )


# Into the table, not its class: the ORM adds nothing here.
_INSERT = insert(Base.metadata.tables["audit"])


def note(
    session: Session,
    appointment_id: int | None,
    *,
    actor: str,
    action: str,
    now: datetime,
    patient_id: int | None = None,
    detail: str = "",
) -> None:
    """One audit row. `detail` holds no private data."""
    row = {
        "at": now, "actor": actor, "action": action, "appointment_id": appointment_id, "patient_id": patient_id, "detail": detail,
    }  # fmt: skip
    session.connection().execute(_INSERT, row)
