"""What a message says: decided when it is sent, from how things are then."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.domain.text.messages import AHEAD, Event, Told, is_wanted
from clinic.domain.tokens import write_key
from clinic.engine.placing.resolve import ANSWERS, answer_purpose
from clinic.store.messages import outbox
from clinic.store.messages.deliveries import Leased
from clinic.store.messages.recipients import Recipient, find_recipient
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.usecases.messages.context import MessageContext, NotWanted, Written
from clinic.usecases.messages.staff import to_staff
from clinic.usecases.messages.waiting import name_of


def tell(session: Session, post: MessageContext, leased: Leased, *, now: datetime) -> Written:
    """The message in words. Raises NotWanted when its cause was cancelled, moved, or is over."""
    event = Event(leased.event)
    visit = find_recipient(session, leased.appointment_id) if leased.appointment_id is not None else None
    if leased.account_id is not None:
        told = to_staff(session, post, event, leased, now=now)
    elif leased.entry_id is not None:
        told = _of_entry(session, post, event, leased, visit, now=now)
    else:
        told = replace(_of_visit(post, event, leased, visit, now=now), note=_note(session, post, event, leased))
    # The moment of the first try, and not now: what is tried again is the same, to the stamp of its invitation.
    return post.write(told, leased.recipient or "", leased.first_tried_at)


def _of_visit(post: MessageContext, event: Event, leased: Leased, visit: Recipient | None, *, now: datetime) -> Told:
    if visit is None:
        raise NotWanted("gone")
    state = State(visit.state)
    if not is_wanted(event, leased.sequence, state=state, now_sequence=visit.sequence, start=visit.start, now=now):
        raise NotWanted("superseded")
    if event in AHEAD and visit.reminders_stopped:
        raise NotWanted("stopped")
    if (event is Event.CALL_FIRST) != (visit.to_move is not None) and event in {Event.CALL_FIRST, *AHEAD}:
        raise NotWanted("to be moved" if visit.to_move else "settled")
    keys = {"manage": write_key(post.key, "manage", visit.appointment_id, visit.generation)}
    if event is not Event.CANCELLED and event is not Event.LINK:
        for name in ANSWERS:
            keys[name] = write_key(post.key, answer_purpose(name, visit.sequence), visit.appointment_id, visit.generation)
    if event in AHEAD:
        keys["stop"] = write_key(post.key, "stop", visit.appointment_id, visit.generation)
    return _placed(Told(event=event, first_name=visit.first_name or "", links=_links(post, keys)), visit)


def _note(session: Session, post: MessageContext, event: Event, leased: Leased) -> str:
    """What the staff add to the message."""
    if leased.appointment_id is None or event is not Event.MOVED:
        return ""
    sealed = outbox.note_of(session, leased.appointment_id, event, leased.sequence)
    return post.sealer.open(sealed) if sealed else ""


def _of_entry(
    session: Session, post: MessageContext, event: Event, leased: Leased, held: Recipient | None, *, now: datetime
) -> Told:
    entry = session.get(WaitlistEntry, leased.entry_id)
    if entry is None or entry.ended_at is not None:
        raise NotWanted("ended")
    keys = {"waiting": write_key(post.key, "waiting", entry.id, entry.generation)}
    told = Told(event=event, first_name=name_of(session, entry, post.sealer))
    if event is Event.OFFER:
        offer = session.get(TimeOffer, leased.sequence)
        if offer is None or offer.state != "open" or offer.expires_at <= now or held is None:
            raise NotWanted("over")
        keys["offer"] = write_key(post.key, "offer", offer.id, entry.generation)
        told = _placed(replace(told, until=offer.expires_at), held)
    return replace(told, links=_links(post, keys))


def _placed(told: Told, visit: Recipient) -> Told:
    """With when and where."""
    return replace(
        told, clinic=visit.clinic, address=visit.address, phone=visit.phone or "", start=visit.start, end=visit.end,
        time_zone=visit.time_zone, reference=visit.reference, sequence=visit.sequence,
    )  # fmt: skip


def _links(post: MessageContext, keys: dict[str, str]) -> dict[str, str]:
    return {name: post.link(name, key) for name, key in keys.items()}
