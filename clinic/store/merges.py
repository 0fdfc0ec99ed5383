"""Two records of one patient become one, and two again if that was wrong."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key


class PatientMerge(Base):
    """The record of `from_id` became that of `into_id`. `moved` are the ids of all that went along, as JSON."""

    __tablename__ = "patient_merge"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    moved: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_patient_merge_from", "from_id"), Index("ix_patient_merge_into", "into_id"))
