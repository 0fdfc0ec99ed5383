"""Who waits for which time, which times became free, who was offered one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key

_WAITS = text("ended_at is null")


_OPEN = text("done_at is null")


class WaitlistEntry(Base):
    """Somebody waits for a visit of one type: with a later visit that they would give up for it, or without any yet.

    Of whom there is no visit, `said` has what is needed to book and to reach them, sealed: a PatientRecord of
    store.appointments.confirmations. The clinic is `location_id`, or any within `miles` of the point, which is shown as `near`;
    null everywhere: any clinic. `hours` are weekly hours as in a roster, in the clinic's time ('': any time), `notice_hours`
    how long before its start a time must be offered, `first_day` and `last_day` days at the clinic. `visits` is how many more
    of them are wanted (a series). The order is that of `created_at`. `generation` revokes links, as an appointment's does. What
    offering must know without opening `said`: their `time_zone` (by their ZIP code, null where it is not known), whether they
    can only be reached `by_phone`, and a keyed hash of the `person`, so that somebody who joins twice is offered a time once.
    Of a visit all that stands with it.
    """

    __tablename__ = "waitlist_entry"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    visit_type_id: Mapped[int] = mapped_column(ForeignKey("visit_type.id"))
    said: Mapped[str | None] = mapped_column(Text)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    near: Mapped[str] = mapped_column(String(80), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    miles: Mapped[int | None]
    specialist_id: Mapped[int | None] = mapped_column(ForeignKey("specialist.id"))
    hours: Mapped[str] = mapped_column(Text, default="")
    notice_hours: Mapped[int] = mapped_column(default=24)
    first_day: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    visits: Mapped[int] = mapped_column(default=1)
    generation: Mapped[int] = mapped_column(default=0)
    time_zone: Mapped[str | None] = mapped_column(String(40))
    by_phone: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    person: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(12))

    __table_args__ = (
        CheckConstraint("appointment_id is not null or said is not null", name="somebody"),
        CheckConstraint("end_reason in ('booked', 'left', 'over')", name="end_reason"),
        # One visit waits once.
        Index("uq_waitlist_entry_visit", "appointment_id", unique=True, postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_waitlist_entry_visit", "appointment_id"),
        Index("ix_waitlist_entry_person", "person", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_waitlist_entry_waiting", "visit_type_id", "created_at", postgresql_where=_WAITS, sqlite_where=_WAITS),
    )


class FreedTime(Base):
    """A stretch of a specialist's time at a clinic that may have become bookable: a visit cancelled or moved, new hours.

    `look_at` is when the worker looks next whom it suits; `hold_id` the held appointment while it is on offer; `done_at`
    when there was nobody (more) to offer it to, or it was taken.
    """

    __tablename__ = "freed_time"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    cause: Mapped[str] = mapped_column(String(20))
    freed_at: Mapped[datetime]
    look_at: Mapped[datetime]
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    done_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("cause in ('cancelled', 'moved', 'missed', 'hours')", name="cause"),
        Index("ix_freed_time_look", "look_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("ix_freed_time_hold", "hold_id"),
    )


class TimeOffer(Base):
    """One held time, offered to one who waits. `rank` is their place in the order at that moment, from 1 on.

    Nobody is offered the same freed time twice. `state`: open, accepted, declined, lapsed (nobody answered), passed (somebody
    else was first, or the time was taken back).
    """

    __tablename__ = "time_offer"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("waitlist_entry.id"))
    freed_id: Mapped[int] = mapped_column(ForeignKey("freed_time.id"))
    hold_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    rank: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('open', 'accepted', 'declined', 'lapsed', 'passed')", name="state"),
        Index("uq_time_offer_once", "freed_id", "entry_id", unique=True),
        Index("ix_time_offer_hold", "hold_id"),
        Index("ix_time_offer_entry", "entry_id"),
    )
