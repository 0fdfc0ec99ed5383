"""Who waits for which time, which times became free, and who was offered one of them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.appointment import State
from clinic.store import locks
from clinic.store.appointments import Appointment
from clinic.store.base import Base, Key
from clinic.store.locks import LockSpace

_WAITS = text("ended_at is null")
_OPEN = text("done_at is null")


class WaitlistEntry(Base):
    """Somebody waits for a visit of one type: with a later visit that they would give up for it, or without any yet.

    Of whom there is no visit, `said` has what is needed to book and to reach them (store.bookings.Said), sealed. The clinic is
    `location_id`, or any within `miles` of the point, which is shown as `near`; null everywhere: any clinic. `hours` are
    weekly hours as in a roster, in the clinic's time ('': any time), `notice_hours` how long before its start a time must
    be offered, `first_day` and `last_day` days at the clinic. `visits` is how many more of them are wanted (a series).
    The order is that of `created_at`. `generation` revokes links, as an appointment's does.

    What offering must know without opening `said`: their `time_zone` (by their ZIP code, null where it is not known), whether
    they can only be reached `by_phone`, and a keyed hash of the `person`, so that somebody who joins twice is offered a time
    once. Of a visit all that stands with it.
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


_ENTRY, _FREED = Base.metadata.tables["waitlist_entry"], Base.metadata.tables["freed_time"]
_FREE = insert(_FREED)


def free(
    session: Session, specialist_id: int, location_id: int, since: datetime, until: datetime, *, cause: str, now: datetime
) -> None:
    """What is left of [since, until) may be bookable from now on; nothing is written once it is over."""
    if until > now:
        row = {
            "specialist_id": specialist_id, "location_id": location_id, "since": max(since, now), "until": until, "cause": cause,
            "freed_at": now, "look_at": now,
        }  # fmt: skip
        session.connection().execute(_FREE, row)


def is_anybody_waiting(session: Session) -> bool:
    return session.execute(select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_(None)).limit(1)).first() is not None


_DUE = (FreedTime.done_at.is_(None),)


def is_any_due(session: Session, *, now: datetime) -> bool:
    """Whether `next_due` may find one."""
    return session.execute(select(FreedTime.id).where(*_DUE, FreedTime.look_at <= now).limit(1)).first() is not None


def next_due(session: Session, besides: Collection[int], *, now: datetime) -> FreedTime | None:
    """The freed time that is due longest, but for some; on PostgreSQL this transaction's alone."""
    wanted = (
        select(FreedTime)
        .where(*_DUE, FreedTime.look_at <= now, FreedTime.id.not_in(besides))
        .order_by(FreedTime.look_at, FreedTime.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(wanted, execution_options={"populate_existing": True})


def lock_freed(session: Session, ids: Iterable[int]) -> list[FreedTime]:
    """These, as they are once they are this transaction's alone: whoever answers an offer waits for its turn here."""
    wanted = select(FreedTime).where(FreedTime.id.in_(sorted(ids))).order_by(FreedTime.id).with_for_update()
    return list(session.scalars(wanted, execution_options={"populate_existing": True}))


def look_again(session: Session, freed_id: int, *, at: datetime) -> None:
    session.execute(update(FreedTime).where(FreedTime.id == freed_id).values(look_at=at))


def open_offers(session: Session, hold_id: int) -> list[TimeOffer]:
    """Those of a held time that nobody answered yet."""
    wanted = select(TimeOffer).where(TimeOffer.hold_id == hold_id, TimeOffer.state == "open").order_by(TimeOffer.rank)
    return list(session.scalars(wanted, execution_options={"populate_existing": True}))


def open_offers_to(session: Session, entry_id: int) -> list[TimeOffer]:
    wanted = select(TimeOffer).where(TimeOffer.entry_id == entry_id, TimeOffer.state == "open").order_by(TimeOffer.freed_id)
    return list(session.scalars(wanted, execution_options={"populate_existing": True}))


def find_offer(session: Session, offer_id: int) -> tuple[TimeOffer, WaitlistEntry] | None:
    """The offer and whose it is, as the database has them now."""
    wanted = select(TimeOffer, WaitlistEntry).join(WaitlistEntry, WaitlistEntry.id == TimeOffer.entry_id)
    row = session.execute(wanted.where(TimeOffer.id == offer_id), execution_options={"populate_existing": True}).one_or_none()
    return (row[0], row[1]) if row else None


def find_entry(session: Session, entry_id: int) -> WaitlistEntry | None:
    """As the database has it now."""
    return session.get(WaitlistEntry, entry_id, populate_existing=True)


def lock_entry(session: Session, entry_id: int) -> WaitlistEntry:
    """As it is once it is this transaction's alone. Freed times are locked before."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.id == entry_id).with_for_update()
    return session.scalars(wanted, execution_options={"populate_existing": True}).one()


def entry_of(session: Session, appointment_id: int) -> WaitlistEntry | None:
    """Whether the visit waits for something earlier."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.appointment_id == appointment_id, WaitlistEntry.ended_at.is_(None))
    return session.scalar(wanted, execution_options={"populate_existing": True})


def entries_of(session: Session, person: str) -> list[WaitlistEntry]:
    """What somebody waits for without a visit."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.person == person, WaitlistEntry.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(WaitlistEntry.id)))


def maybe_over(session: Session, *, now: datetime) -> list[tuple[WaitlistEntry, Appointment | None]]:
    """Entries that have days, or whose visit is not ahead of them any more, with it: some of them may wait in vain."""
    ahead = and_(Appointment.state == State.BOOKED, Appointment.start_at > now)
    wanted = (
        select(WaitlistEntry, Appointment)
        .outerjoin(Appointment, Appointment.id == WaitlistEntry.appointment_id)
        .where(
            WaitlistEntry.ended_at.is_(None),
            or_(
                and_(WaitlistEntry.appointment_id.is_not(None), ~ahead),
                WaitlistEntry.last_day < now.date(),
                and_(WaitlistEntry.appointment_id.is_not(None), WaitlistEntry.first_day.is_not(None)),
            ),
        )
    )
    return [(entry, visit) for entry, visit in session.execute(wanted)]


def some_said(session: Session, after: int, limit: int) -> list[tuple[int, str]]:
    """(entry, what was said, sealed) behind that entry: for sealing anew in portions."""
    wanted = select(WaitlistEntry.id, WaitlistEntry.said).where(WaitlistEntry.id > after, WaitlistEntry.said != "")
    return [(id_, said) for id_, said in session.execute(wanted.order_by(WaitlistEntry.id).limit(limit)) if said]


def reseal(session: Session, entry_id: int, said: str) -> None:
    session.execute(update(WaitlistEntry).where(WaitlistEntry.id == entry_id).values(said=said))


def taken(session: Session, freed_id: int, hold_id: int, *, now: datetime) -> None:
    """The held time is somebody's: what is left of the freed time is looked at again."""
    theirs = (FreedTime.id == freed_id, FreedTime.hold_id == hold_id)
    session.execute(update(FreedTime).where(*theirs).values(hold_id=None, look_at=now))


def is_our_turn(session: Session) -> bool:
    """Whether nobody else is offering now: two at once would offer two times to the first in line."""
    return locks.is_mine(session, LockSpace.OFFERING)


def follow(session: Session, appointment_id: int, old_location_id: int, new_location_id: int) -> None:
    """Who wants an earlier time at the visit's own clinic wants it where the visit is now."""
    theirs = (_ENTRY.c.appointment_id == appointment_id, _ENTRY.c.ended_at.is_(None), _ENTRY.c.location_id == old_location_id)
    session.connection().execute(update(_ENTRY).where(*theirs).values(location_id=new_location_id))


def lock_person(session: Session, person: str) -> None:
    """One request of theirs at a time."""
    locks.wait_for(session, LockSpace.WAITERS, zlib.crc32(person.encode()) - 2**31)
