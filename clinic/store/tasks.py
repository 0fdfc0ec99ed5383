"""What a person on the staff must look at. Its page comes with the portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Key


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    other_patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))


def add_tasks(session: Session, kind: str, appointment_id: int, patient_id: int, others: Sequence[int], *, now: datetime) -> None:
    """One task for a person to look at, for each of `others`."""
    if others:
        rows = [
            {"kind": kind, "created_at": now, "appointment_id": appointment_id, "patient_id": patient_id, "other_patient_id": o}
            for o in others
        ]
        session.execute(insert(Task), rows)
