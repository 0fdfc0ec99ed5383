"""Look at an offer, take it or let it go. The first to take it has it; a later visit is given up for it in the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.domain.audit import Action
from clinic.domain.errors import NotFound, TimeRefused, TimeTaken
from clinic.domain.tokens import appointment_of, opens, write_key
from clinic.engine.placing import intake, place, waiting, waitlist_payload
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import NO_SUCH_KEY
from clinic.engine.transaction import transaction
from clinic.store.appointments import appointments, confirmations
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.audit import audit
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.store.waitlist import waitlist
from clinic.store.work import tasks

Outcome = Literal["open", "accepted", "declined", "lapsed", "passed"]


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer as it stands. `held` is the time on offer, `own` the later visit it would replace; `until` UTC.

    Once accepted, `reference` and `manage_token` open the visit. `waiting_token` opens the entry, which `waits` on or not.
    """

    token: str
    state: Outcome
    held: VisitSummary
    until: datetime
    own: VisitSummary | None
    waiting_token: str
    waits: bool
    reference: str = ""
    manage_token: str = ""

    @property
    def moved(self) -> bool:
        """Whether it was taken in place of a later visit."""
        return bool(self.reference) and self.reference != self.held.reference


def get_offer(session: Session, token: str, *, key: bytes) -> Offered:
    """What the token opens. Raises UnusableToken, NotFound."""
    return _as_offered(session, _opened(session, token, key), key)


def accept(session: Session, token: str, *, key: bytes, sealer: Sealer, who: Who, now: datetime) -> Offered:
    """Take the time. Pressed twice it is taken once; where somebody was faster the answer says "passed", and nothing changes.

    An offer that has ended still takes the time if it is free. Raises PatientClash, LimitReached, UnusableToken, NotFound, Busy.
    """
    return accept_for(session, _opened(session, token, key), key=key, sealer=sealer, who=who, now=now)


def accept_for(session: Session, offer_id: int, *, key: bytes, sealer: Sealer, who: Who, now: datetime) -> Offered:
    """The same by the offer's number: for staff with the patient on the telephone."""
    offer, _entry = _find(session, offer_id)
    if offer.state in ("open", "lapsed"):
        try:
            _accept(session, offer_id, sealer=sealer, who=who, now=now)
        except TimeRefused:
            _pass_by(session, offer_id, now=now)
    return _as_offered(session, offer_id, key)


@transaction
def _accept(session: Session, offer_id: int, *, sealer: Sealer, who: Who, now: datetime) -> None:
    offer, entry = _locked(session, offer_id)
    if offer.state in ("open", "lapsed") and entry.ended_at is None:
        offer.state, offer.answered_at = "accepted", now
        session.flush()
        tasks.close_calls(session, [offer_id], now=now)
        patient_id = _take(session, offer, entry, sealer=sealer, who=who, now=now)
        waiting.close_offers(session, waitlist.open_offers(session, offer.hold_id), "passed", now=now)
        waitlist.taken(session, offer.freed_id, offer.hold_id, now=now)
        audit.note(
            session,
            offer.hold_id,
            actor=who.actor,
            action=Action.ACCEPT,
            patient_id=patient_id,
            detail=f"entry {entry.id}",
            now=now,
        )


def _take(session: Session, offer: TimeOffer, entry: WaitlistEntry, *, sealer: Sealer, who: Who, now: datetime) -> int | None:
    """Make the held time theirs. Raises TimeRefused when it cannot be had any more, PatientClash, LimitReached."""
    if entry.appointment_id is not None:
        moved = place.swap(session, entry.appointment_id, offer.hold_id, who=who, now=now)
        waiting.end(session, entry, "booked", now=now)
        return moved.patient_id
    said, guardian = waitlist_payload.unseal(entry.said or "", sealer)
    found = confirmations.find(session, offer.hold_id, said, once=None, now=now)
    if found is None or found.hold.state not in ("held", "expired"):
        raise TimeTaken()
    intake.book_held(session, found, said, guardian, who=who, now=now)
    entry.visits -= 1
    session.flush()
    if entry.visits == 0:
        entry.appointment_id = offer.hold_id
        session.flush()
        waiting.end(session, entry, "booked", now=now)
    return found.patient_id


def decline(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> Offered:
    """Let it go; twice is once. Once nobody of the batch wants it, it goes on. Raises UnusableToken, NotFound, Busy."""
    return decline_for(session, _opened(session, token, key), key=key, who=who, now=now)


def decline_for(session: Session, offer_id: int, *, key: bytes, who: Who, now: datetime) -> Offered:
    """The same by the offer's number: for staff with the patient on the telephone."""
    _decline(session, offer_id, who=who, now=now)
    return _as_offered(session, offer_id, key)


@transaction
def _decline(session: Session, offer_id: int, *, who: Who, now: datetime) -> None:
    offer, entry = _locked(session, offer_id)
    if offer.state == "open":
        waiting.close_offers(session, [offer], "declined", now=now)
        audit.note(session, offer.hold_id, actor=who.actor, action=Action.DECLINE, detail=f"entry {entry.id}", now=now)


@transaction
def _pass_by(session: Session, offer_id: int, *, now: datetime) -> None:
    offer, _entry = _locked(session, offer_id)
    if offer.state in ("open", "lapsed"):
        waiting.close_offers(session, [offer], "passed", now=now)


def _find(session: Session, offer_id: int) -> tuple[TimeOffer, WaitlistEntry]:
    found = waitlist.find_offer(session, offer_id)
    if found is None:
        raise NotFound(NO_SUCH_KEY)
    return found


def _locked(session: Session, offer_id: int) -> tuple[TimeOffer, WaitlistEntry]:
    """The offer as it is once its freed time, and then its entry, are ours: one answer at a time."""
    offer, entry = _find(session, offer_id)
    waitlist.lock_freed(session, [offer.freed_id])
    waitlist.lock_entry(session, entry.id)
    return _find(session, offer_id)


def _opened(session: Session, token: str, key: bytes) -> int:
    """The offer's number. A token we did not write and one for nothing answer alike."""
    found = waitlist.find_offer(session, appointment_of(token, "offer"))
    if found is None or not opens(key, "offer", token, found[0].id, found[1].generation):
        raise NotFound(NO_SUCH_KEY)
    return found[0].id


def _as_offered(session: Session, offer_id: int, key: bytes) -> Offered:
    offer, entry = _find(session, offer_id)
    held = appointments.find(session, offer.hold_id)
    assert held is not None  # the table points at it
    mine = None
    if offer.state == "accepted":
        # With a later visit, that one was moved and the hold ended; else the hold itself became the visit.
        mine = held if held.patient_id is not None else _own(session, entry)
    own = _own(session, entry) if offer.state == "open" else None
    state: Outcome = offer.state  # type: ignore[assignment]  # the table allows no other
    if state == "open" and entry.ended_at is not None:
        state = "passed"
    return Offered(
        write_key(key, "offer", offer.id, entry.generation), state, summary_of(session, held), offer.expires_at,
        summary_of(session, own) if own else None, write_key(key, "waiting", entry.id, entry.generation), entry.ended_at is None,
        mine.reference if mine else "", write_key(key, "manage", mine.id, mine.generation) if mine else "",
    )  # fmt: skip


def _own(session: Session, entry: WaitlistEntry) -> Appointment | None:
    return appointments.find(session, entry.appointment_id) if entry.appointment_id is not None else None
