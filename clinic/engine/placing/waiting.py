"""What ends somebody's waiting, and what an answer to an offer sets in motion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point
from clinic.domain.scheduling.waitlist import Wants
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.store.waitlist import waitlist
from clinic.store.waitlist.waiters import Waiter
from clinic.store.work import tasks


def wants_of(entry: WaitlistEntry | Waiter, before: datetime | None = None) -> Wants:
    """Which times suit; `before` is the start of the visit that they have."""
    known = entry.latitude is not None and entry.longitude is not None
    point = Point(entry.latitude or 0.0, entry.longitude or 0.0) if known else None
    return Wants(
        location_id=entry.location_id, point=point, miles=entry.miles, specialist_id=entry.specialist_id, hours=entry.hours,
        notice_hours=entry.notice_hours, first_day=entry.first_day, last_day=entry.last_day, before=before,
    )  # fmt: skip


def close_offers(session: Session, offers: Sequence[TimeOffer], state: str, *, now: datetime) -> None:
    """They are answered. Where that was the last one open of a held time, it is looked at again at once."""
    for offer in offers:
        offer.state, offer.answered_at = state, now
    session.flush()
    tasks.close_calls(session, [offer.id for offer in offers], now=now)
    for offer in offers:
        if not waitlist.open_offers(session, offer.hold_id):
            waitlist.look_again(session, offer.freed_id, at=now)


def end(session: Session, entry: WaitlistEntry, reason: str, *, now: datetime) -> bool:
    """They wait no more: "booked", "left" or "over". What is still on offer to them goes on; what they said is forgotten.

    Says whether they waited until now.
    """
    waitlist.lock_freed(session, [offer.freed_id for offer in waitlist.open_offers_to(session, entry.id)])
    if waitlist.lock_entry(session, entry.id).ended_at is not None:
        return False
    offers = waitlist.open_offers_to(session, entry.id)
    close_offers(session, offers, "declined" if reason == "left" else "passed", now=now)
    entry.ended_at, entry.end_reason = now, reason
    entry.said = None if entry.appointment_id is not None else ""
    session.flush()
    return True
