"""What must be told to somebody, and each message by each channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key

_WAITS = text("done_at is null")


class Delivery(Base):
    """One message of the outbox by one channel: "mail", "text", or "letter" (printed by the staff).

    `next_at` is when it may be tried (again), `leased_until` until when a worker has it, `first_tried_at` since when it has
    been tried. `done_at` with `outcome`: sent, failed (a task says so), dropped (not wanted any more, before it was sent), or
    letter (a task asks for it). `detail` is a short code, such as "550": never an address. `recipient` and `body`, sealed,
    are kept thirty days.
    """

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    channel: Mapped[str] = mapped_column(String(8))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    recipient: Mapped[str | None] = mapped_column(String(254))
    due_at: Mapped[datetime]
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(8))
    detail: Mapped[str] = mapped_column(String(40), default="")
    body: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("channel in ('mail', 'text', 'letter')", name="channel"),
        CheckConstraint("outcome in ('sent', 'failed', 'dropped', 'letter')", name="outcome"),
        CheckConstraint("(done_at is null) = (outcome is null)", name="ended"),
        Index("uq_delivery_channel", "outbox_id", "channel", unique=True),
        Index("ix_delivery_next", "next_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_delivery_appointment", "appointment_id"),
        Index("ix_delivery_done", "done_at"),
    )


class OutboxMessage(Base):
    """One event that one person is told of, from `due_at` on. `done_at`: it was passed on to its deliveries, or is not wanted.

    It is about an appointment, or about an entry of the waitlist, or both (an offer: the entry and the held time); or it is
    for an account of the staff, and `sequence` the link that it brings, or the account that it is about.
    (`appointment_id`, `event`, `sequence`) is unique: told once. `sequence` is the appointment's at the event: a second
    reschedule is a second event. Of a "link", which is asked for and changes nothing, it is a number of its own; of an
    "offer" the offer's id. `note` is what the staff add to the message, sealed.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("waitlist_entry.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    event: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("uq_outbox_event", "appointment_id", "event", "sequence", unique=True),
        Index("ix_outbox_entry", "entry_id"),
        Index("ix_outbox_account", "account_id"),
        Index("ix_outbox_due", "due_at", postgresql_where=text("done_at is null"), sqlite_where=text("done_at is null")),
    )
