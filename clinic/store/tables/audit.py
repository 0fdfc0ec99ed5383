"""Who did what, and the chain of hashes over it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key

BY_STAFF = text("substr(actor, 1, 8) = 'account:'")
"""Rows of what somebody on the staff did; a query has to ask for it in these words to be quick."""


class Audit(Base):
    """`actor` is a role and an id ("patient", "api", "account:17"), never a name. `detail` holds no private data.

    Appointment, patient and location are numbers, not references: a row outlives them by years. From `actor_kind` on the columns
    say again what the text before them says, for programs: `details` is JSON, `location_id` the visit's, `xid` PostgreSQL's
    number of the transaction. Rows older than `chain_version` 2 have none of these; domain.audit reads both.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40))
    appointment_id: Mapped[int | None] = mapped_column(BigInteger)
    patient_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[str] = mapped_column(String(400), default="")
    actor_kind: Mapped[str | None] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[str | None] = mapped_column(Text)
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    xid: Mapped[int | None] = mapped_column(BigInteger)
    chain_version: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        Index("ix_audit_appointment", "appointment_id"),
        # Only of what the staff do: a booking by a patient writes no more than it must.
        Index("ix_audit_actor", "actor", "id", postgresql_where=BY_STAFF, sqlite_where=BY_STAFF),
        Index("ix_audit_patient", "patient_id", "id", postgresql_where=BY_STAFF, sqlite_where=BY_STAFF),
    )


class AuditSeal(Base):
    """One audit row's link: SHA-256 (hexadecimal) over the link before it and the row. It outlives its row by one."""

    __tablename__ = "audit_seal"
    audit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
