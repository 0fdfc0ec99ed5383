"""The chain over the audit rows: whoever changes, removes or slips in one is found out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base


class AuditSeal(Base):
    """One audit row's link: SHA-256 (hexadecimal) over the link before it and the row. It outlives its row by one."""

    __tablename__ = "audit_seal"
    audit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
