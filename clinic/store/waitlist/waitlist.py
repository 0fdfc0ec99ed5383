"""Who waits for which time, which times became free, and who was offered one of them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import (
    and_,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store import locks
from clinic.store.base import Base
from clinic.store.locks import LockSpace
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.waitlist import FreedTime, TimeOffer, WaitlistEntry

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
