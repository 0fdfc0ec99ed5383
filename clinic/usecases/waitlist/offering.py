"""Offer times that became free to who waits for them: a few at once under one hold, in the order in which they began to wait."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import DomainError
from clinic.domain.scheduling.waitlist import POLICY, Policy, answer_until, is_over
from clinic.domain.time.timeline import instant_at
from clinic.engine.placing import place, waiting
from clinic.engine.placing.changing import Who
from clinic.engine.transaction import retried, transaction
from clinic.store.appointments import appointments
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.messages import outbox
from clinic.store.tables.waitlist import FreedTime, TimeOffer
from clinic.store.waitlist import waitlist
from clinic.store.work import tasks
from clinic.usecases.waitlist.choosing import Chosen, Later, choose

WAITLIST = Who("waitlist", "waitlist", staff=True)
AGAIN = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: offers made, offers that nobody answered, freed times and entries that are done with."""

    offered: int = 0
    lapsed: int = 0
    closed: int = 0

    def __add__(self, other: Round) -> Round:
        return Round(self.offered + other.offered, self.lapsed + other.lapsed, self.closed + other.closed)


def offer_times(session: Session, *, now: datetime, policy: Policy = POLICY, limit: int = 20) -> Round:
    """Look at up to `limit` freed times that are due, one transaction each.

    Any number of workers may call it: one offers at a time, the others find nothing to do. Offers whose hold has ended lapse
    and the next in line are asked; when nobody is left the time is given back. Raises Busy.
    """
    done = Round(closed=_close_entries(session, now=now))
    seen: set[int] = set()
    while len(seen) < limit and waitlist.is_any_due(session, now=now):
        freed_id, step = _look_at_next(session, frozenset(seen), policy, now=now)
        if freed_id is None:
            break
        seen.add(freed_id)
        done += step
    return done


def _look_at_next(session: Session, seen: frozenset[int], policy: Policy, *, now: datetime) -> tuple[int | None, Round]:
    looking: list[int] = []
    try:
        return _look(session, seen, looking, policy, now=now)
    except DomainError as refused:
        # Somebody took the time between our look and our lock; whatever it was, nothing has changed and others come first.
        log.info("a freed time is looked at again: %s", type(refused).__name__)
        _postpone(session, looking[-1], now=now)
        return looking[-1], Round()


@retried
def _look(
    session: Session, seen: frozenset[int], looking: list[int], policy: Policy, *, now: datetime
) -> tuple[int | None, Round]:
    begin_write(session)
    freed = waitlist.next_due(session, seen, now=now) if waitlist.is_our_turn(session) else None
    if freed is None:
        session.rollback()
        return None, Round()
    looking.append(freed.id)
    step = _offer(session, freed, policy, now=now)
    freed_id = freed.id
    session.commit()
    return freed_id, step


def _offer(session: Session, freed: FreedTime, policy: Policy, *, now: datetime) -> Round:
    lapsed = 0
    if freed.hold_id is not None:
        hold = appointments.find(session, freed.hold_id)
        offers = waitlist.open_offers(session, freed.hold_id)
        if hold is not None and hold.hold_expires_at is not None and hold.hold_expires_at > now:
            if offers:
                freed.look_at = hold.hold_expires_at
                return Round()
            place.release(session, hold.id, who=WAITLIST, now=now)
        else:
            place.expire(session, freed.hold_id, now=now)
        waiting.close_offers(session, offers, "lapsed", now=now)
        lapsed, freed.hold_id = len(offers), None
    chosen = choose(session, freed, policy, now=now)
    if chosen is None:
        freed.done_at = now
        return Round(lapsed=lapsed, closed=1)
    if isinstance(chosen, Later):
        freed.look_at = chosen.at
        return Round(lapsed=lapsed)
    _make_offers(session, freed, chosen, policy, now=now)
    return Round(offered=len(chosen.batch), lapsed=lapsed)


def _make_offers(session: Session, freed: FreedTime, chosen: Chosen, policy: Policy, *, now: datetime) -> None:
    start = instant_at(chosen.wish.start_cell)
    minutes = int((answer_until(start, now, policy) - now) / timedelta(minutes=1))
    hold_id = place.hold(session, chosen.wish, who=WAITLIST, now=now, minutes=minutes)
    freed.hold_id = hold_id
    freed.look_at = until = now + timedelta(minutes=minutes)
    offers = [
        TimeOffer(entry_id=one.id, freed_id=freed.id, hold_id=hold_id, rank=rank, state="open", made_at=now, expires_at=until)
        for rank, one in chosen.batch
    ]
    session.add_all(offers)
    session.flush()
    for offer, (rank, one) in zip(offers, chosen.batch, strict=True):
        if not one.by_phone:
            outbox.tell_waiting(session, one.id, "offer", sequence=offer.id, due_at=now, appointment_id=hold_id)
        audit.note(
            session, hold_id, actor=WAITLIST.actor, action=Action.OFFER, patient_id=one.patient_id,
            detail=f"entry {one.id}, rank {rank} of {chosen.suits}", now=now,
        )  # fmt: skip
    by_phone = {offer.id: hold_id for offer, (_rank, one) in zip(offers, chosen.batch, strict=True) if one.by_phone}
    tasks.add_calls(session, by_phone, now=now)


@transaction
def _postpone(session: Session, freed_id: int, *, now: datetime) -> None:
    waitlist.look_again(session, freed_id, at=now + AGAIN)


def _close_entries(session: Session, *, now: datetime) -> int:
    """End the waiting of those whose visit has begun or was cancelled, or whose last day has passed."""
    closed = 0
    for entry, visit in waitlist.maybe_over(session, now=now):
        ahead = visit is not None and visit.state == "booked"
        if (visit is not None and not ahead) or is_over(waiting.wants_of(entry, visit.start_at if visit else None), now=now):
            closed += _close_entry(session, entry.id, now=now)
    return closed


@transaction
def _close_entry(session: Session, entry_id: int, *, now: datetime) -> bool:
    entry = waitlist.find_entry(session, entry_id)
    return entry is not None and waiting.end(session, entry, "over", now=now)
