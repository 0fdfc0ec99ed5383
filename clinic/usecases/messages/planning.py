"""A message that is due is passed on to the channels by which its reader can be reached; what comes near is scheduled."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic.domain.errors import Busy
from clinic.domain.scheduling.appointment import State
from clinic.domain.text.messages import AHEAD, CHANGES, INVITES, REMINDERS, Event, Reached, awake, channels, is_wanted, reminders
from clinic.engine.transaction import transaction
from clinic.store.messages import deliveries, outbox
from clinic.store.messages.outbox import DueMessage
from clinic.store.messages.recipients import Recipient, find_recipient
from clinic.store.tables.staff import Account
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.store.work import tasks
from clinic.usecases.messages.context import MessageContext
from clinic.usecases.messages.waiting import said_of

log = logging.getLogger("clinic.messages")

PORTION = 50
AGAIN = timedelta(minutes=5)


@transaction
def plan(session: Session, post: MessageContext, *, now: datetime, limit: int = PORTION) -> int:
    """Pass on the messages that are due, `limit` at most. Returns how many there were. Raises Busy.

    One transaction: a crash leaves all of them as they were. Any number of workers may plan at once.
    """
    found = outbox.due(session, now=now, limit=limit)
    passed = [message.id for message in found if _could_pass_on(session, post, message, now=now)]
    if passed:
        outbox.mark_done(session, passed, now=now)
    return len(found)


def _could_pass_on(session: Session, post: MessageContext, message: DueMessage, *, now: datetime) -> bool:
    """What nobody foresaw in one message is logged, and does not keep the others: it is tried again in some minutes.

    What of it was passed on already is not again: a channel has a message once.
    """
    try:
        _pass_on(session, post, message, now=now)
    except (SQLAlchemyError, Busy):
        raise
    except Exception:
        log.exception("message not planned", extra={"event": message.event, "outbox": message.id})
        outbox.postpone(session, message.id, until=now + AGAIN)
        return False
    return True


def _pass_on(session: Session, post: MessageContext, message: DueMessage, *, now: datetime) -> None:
    event = Event(message.event)
    reader = _reader(session, post, message)
    if reader is None:
        return
    visit = reader.visit
    if visit is not None and message.entry_id is None:
        if event in CHANGES:
            outbox.drop_older(session, visit.appointment_id, visit.sequence, now=now)
            deliveries.drop_older(session, visit.appointment_id, visit.sequence, now=now)
        state = State(visit.state)
        if not is_wanted(event, message.sequence, state=state, now_sequence=visit.sequence, start=visit.start, now=now):
            return
        if event in AHEAD and visit.reminders_stopped:
            return
        if event in REMINDERS.values() and outbox.is_followed(session, message, now=now):
            return
        if event is Event.CALL_FIRST and visit.to_move is None:
            return
        if event in INVITES:
            days = [int(day) for day in visit.reminders.split()]
            planned = reminders(visit.start, now, days, prepare_days=visit.prepare_days, zone_name=reader.reached.zone)
            outbox.schedule(session, visit.appointment_id, visit.sequence, planned)
    _send_by_each(session, message, event, reader, now=now)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is told. `visit` is the visit, or the held time of an offer; None of an entry alone, or of somebody on the staff."""

    reached: Reached
    visit: Recipient | None


def _reader(session: Session, post: MessageContext, message: DueMessage) -> _Reader | None:
    """Who is to be told, as things are now; None when there is nobody any more."""
    if message.account_id is not None:
        colleague = session.get(Account, message.account_id)
        if colleague is None or colleague.state == "disabled":
            return None
        return _Reader(Reached(email=colleague.email), None)
    visit = find_recipient(session, message.appointment_id) if message.appointment_id is not None else None
    if message.entry_id is None:
        return _Reader(_reached(visit, post), visit) if visit else None
    entry = session.get(WaitlistEntry, message.entry_id)
    if entry is None or entry.ended_at is not None:
        return None
    return _Reader(_reached_of(session, entry, post, visit), visit)


def _reached(visit: Recipient, post: MessageContext) -> Reached:
    texts_to = visit.texts_to if post.texts else None
    # Who wants no reminders, and gave no way to be told anything, was told all of it on the telephone.
    return Reached(email=visit.email, texts_to=texts_to, zone=visit.their_zone, quiet=visit.reminders_stopped)


def _reached_of(session: Session, entry: WaitlistEntry, post: MessageContext, offered: Recipient | None) -> Reached:
    """Whoever waits: reached as about the visit they have, or as they said when they began to wait."""
    if entry.appointment_id is not None:
        theirs = find_recipient(session, entry.appointment_id)
        return _reached(theirs, post) if theirs else Reached()
    said = said_of(entry, post.sealer)
    if said is None:
        return Reached()
    reached = Reached(email=said.email, texts_to=said.phone if said.texts_consented_at and post.texts else None)
    zone = entry.time_zone or (offered.time_zone if offered else "")
    return replace(reached, zone=zone) if zone else reached


def _send_by_each(session: Session, message: DueMessage, event: Event, reader: _Reader, *, now: datetime) -> None:
    visit, ways = reader.visit, channels(event, reader.reached)
    if event is Event.OFFER and not ways and (offer := session.get(TimeOffer, message.sequence)):
        tasks.add_calls(session, {offer.id: offer.hold_id}, now=now)  # they agreed to texts, and nobody here sends any
    for channel in ways:
        due_at = now
        # What somebody asked for a moment ago may come at once; anything else does not ring at night.
        if channel == "text" and event is not Event.LINK:
            due_at = awake(now, reader.reached.zone)
            if visit is not None and due_at >= visit.start and event is not Event.CANCELLED:
                continue
        deliveries.add_delivery(
            session, message.id, channel, appointment_id=message.appointment_id,
            recipient={"mail": reader.reached.email, "text": reader.reached.texts_to}.get(channel), due_at=due_at,
        )  # fmt: skip
