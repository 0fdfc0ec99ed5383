"""What must be told to somebody: a row in the transaction that causes it, sent later by the worker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, insert, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Key


class OutboxMessage(Base):
    """One message to one person about one event. (`appointment_id`, `event`, `sequence`) is unique: told once.

    `sequence` is the appointment's at the event: a second reschedule is a second event.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    event: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_outbox_event", "appointment_id", "event", "sequence", unique=True),
        Index("ix_outbox_due", "due_at", postgresql_where=text("done_at is null"), sqlite_where=text("done_at is null")),
    )


# Into the table, not its class: the ORM adds nothing here.
_INSERT = insert(Base.metadata.tables["outbox"])


def tell(session: Session, appointment_id: int, event: str, *, sequence: int, now: datetime) -> None:
    """One outbox row."""
    row = {"appointment_id": appointment_id, "event": event, "sequence": sequence, "due_at": now}
    session.connection().execute(_INSERT, row)
