"""See what one waits for, change it, stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, NotFound
from clinic.domain.scheduling.waitlist import Wants, check
from clinic.domain.tokens import appointment_of, opens, write_key
from clinic.engine.placing import waiting
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import NO_SUCH_KEY, managed
from clinic.engine.transaction import transaction
from clinic.store.appointments import appointments
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.audit import audit
from clinic.store.directory import catalogue
from clinic.store.tables.directory import Location, Specialist
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.store.waitlist import waitlist
from clinic.usecases.waitlist.joining import write_wants

ENDED = "You do not wait any more. To wait again, search for a time and press “Tell me when an earlier time opens”."


@dataclass(frozen=True, slots=True)
class WaitSummary:
    """What somebody waits for, in words where they are needed. Nothing here says who they are.

    `token` is the key to it; `since` UTC; `ended` "", or why: booked, left, over. `own` is the later visit that they have.
    `offers` are keys to times that are on offer to them now. `place` is the clinic's name, or where distances start.
    """

    token: str
    visit_name: str
    service_slug: str
    service_name: str
    wants: Wants
    place: str
    specialist: str
    since: datetime
    visits: int
    own: VisitSummary | None
    ended: str
    offers: tuple[str, ...]


def get_waiting(session: Session, token: str, *, key: bytes) -> WaitSummary:
    """What the key opens. Raises UnusableToken, NotFound."""
    return _as_waiting(session, _opened(session, token, key), key)


def waiting_of_visit(session: Session, manage_token: str, *, key: bytes, now: datetime) -> WaitSummary | None:
    """What the visit waits for, None when it does not. Raises UnusableToken, NotFound."""
    entry = waitlist.entry_of(session, managed(session, manage_token, key, now=now).id)
    return _as_waiting(session, entry, key) if entry else None


def change(session: Session, token: str, wants: Wants, *, key: bytes, who: Who, now: datetime, near: str = "") -> None:
    """Other times from now on; the place in the order stays. Raises InvalidInput, IllegalMove, UnusableToken, NotFound, Busy."""
    check(wants)
    _change(session, _opened(session, token, key).id, wants, near=near, who=who, now=now)


def leave(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> None:
    """Wait no more; twice is once. What is on offer goes on to others. Raises UnusableToken, NotFound, Busy."""
    _leave(session, _opened(session, token, key).id, who=who, now=now)


@transaction
def _change(session: Session, entry_id: int, wants: Wants, *, near: str, who: Who, now: datetime) -> None:
    entry = waitlist.lock_entry(session, entry_id)
    if entry.ended_at is not None:
        raise IllegalMove(ENDED)
    write_wants(entry, wants)
    entry.near = near
    session.flush()
    audit.note(session, entry.appointment_id, actor=who.actor, action=Action.CHANGE_WAIT, detail=f"entry {entry.id}", now=now)


@transaction
def _leave(session: Session, entry_id: int, *, who: Who, now: datetime) -> None:
    entry = _find(session, entry_id)
    if waiting.end(session, entry, "left", now=now):
        audit.note(session, entry.appointment_id, actor=who.actor, action=Action.LEAVE, detail=f"entry {entry.id}", now=now)


def _opened(session: Session, token: str, key: bytes) -> WaitlistEntry:
    """A token we did not write and one for nothing answer alike."""
    entry = waitlist.find_entry(session, appointment_of(token, "waiting"))
    if entry is None or not opens(key, "waiting", token, entry.id, entry.generation):
        raise NotFound(NO_SUCH_KEY)
    return entry


def _find(session: Session, entry_id: int) -> WaitlistEntry:
    entry = waitlist.find_entry(session, entry_id)
    if entry is None:
        raise NotFound(NO_SUCH_KEY)
    return entry


def _as_waiting(session: Session, entry: WaitlistEntry, key: bytes) -> WaitSummary:
    visit = catalogue.find_visit(session, entry.visit_type_id)
    assert visit is not None  # the table points at it
    clinic = session.get(Location, entry.location_id) if entry.location_id is not None else None
    person = session.get(Specialist, entry.specialist_id) if entry.specialist_id is not None else None
    own = appointments.find(session, entry.appointment_id) if entry.appointment_id is not None else None
    offers = waitlist.open_offers_to(session, entry.id)
    return WaitSummary(
        write_key(key, "waiting", entry.id, entry.generation), visit.name, visit.service_slug, visit.service_name,
        waiting.wants_of(entry, own.start_at if own else None), clinic.name if clinic else entry.near,
        person.name if person else "", entry.created_at, entry.visits, summary_of(session, own) if own else None,
        entry.end_reason or ("" if entry.ended_at is None else "over"),
        tuple(write_key(key, "offer", offer.id, entry.generation) for offer in offers),
    )  # fmt: skip
