"""Begin to wait: without a visit, or for something earlier than the visit one has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput, LimitReached, NotFound
from clinic.domain.people.patient import PatientDetails
from clinic.domain.scheduling.appointment import State, check_move
from clinic.domain.scheduling.waitlist import Wants, check
from clinic.domain.time.hours import ANY_ZONE
from clinic.domain.tokens import write_key
from clinic.engine.placing import intake as said_of
from clinic.engine.placing import waiting, waitlist_payload
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import get, managed
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.directory import catalogue, gazetteer, people
from clinic.store.messages import outbox
from clinic.store.patients import encrypted_answers
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.store.waitlist import waitlist

MOST_ENTRIES = 3
"""For how many things one person may wait at once without a visit."""
TOO_MANY = "You already wait for several times. Open the link in our message to change one of them, or call us."


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRequest:
    """What to wait for: the service (its slug) or one of its visit types, which times, near which place, how many visits.

    `specialist` is a slug, "" for anybody.
    """

    service: str
    wants: Wants
    visit_type: str | None = None
    specialist: str = ""
    near: str = ""
    time_zone: str = ANY_ZONE
    visits: int = 1


def join(
    session: Session, wish: WaitRequest, details: PatientDetails, *, sealer: Sealer, key: bytes, who: Who, now: datetime
) -> str:
    """Begin to wait; returns the key to the entry. Sent twice it is once: the same person for the same times.

    The same is checked as for a booking. Raises InvalidInput with every wrong field, NotFound, LimitReached, Busy.
    """
    visit = _visit(session, wish, staff=who.staff)
    if wish.specialist:
        specialist_id = people.find_id(session, wish.specialist)
        if specialist_id is None:
            raise NotFound("We have no specialist of that name. Please search again, or call us.")
        wish = replace(wish, wants=replace(wish.wants, specialist_id=specialist_id))
    review(wish, details, now=now)
    return _join(session, visit, wish, details, sealer=sealer, key=key, who=who, now=now)


def review(wish: WaitRequest, details: PatientDetails, *, now: datetime) -> None:
    """What `join` would say of the details and the times. Raises InvalidInput with every wrong field."""
    wrong = _problems(said_of.review, details, now, wish.time_zone, now=now) | _problems(check, wish.wants, wish.visits)
    if wrong:
        raise InvalidInput(wrong)


@transaction
def _join(
    session: Session, visit_type_id: int, wish: WaitRequest, details: PatientDetails, *,
    sealer: Sealer, key: bytes, who: Who, now: datetime,
) -> str:  # fmt: skip
    said = said_of.as_stored(details, now=now)
    _wrong, guardian = said_of.problems(details, now, wish.time_zone, now=now)
    person = waitlist_payload.fingerprint(said, key)
    waitlist.lock_person(session, person)
    theirs = waitlist.entries_of(session, person)
    entry = next((one for one in theirs if _same(one, visit_type_id, wish)), None)
    if entry is None:
        if not who.staff and len(theirs) >= MOST_ENTRIES:
            raise LimitReached(TOO_MANY, retry_after=86400)
        home = gazetteer.zip_code(session, said.postal_code) if said.postal_code else None
        encrypted_answers.keep_seal(session, sealer.seal)
        entry = WaitlistEntry(
            visit_type_id=visit_type_id, said=waitlist_payload.seal(said, guardian, sealer), visits=wish.visits, near=wish.near,
            time_zone=home.time_zone if home else None, by_phone=not (said.email or said.texts_consented_at), person=person,
            created_at=now, generation=0,
        )  # fmt: skip
        write_wants(entry, wish.wants)
        session.add(entry)
        session.flush()
        audit.note(session, None, actor=who.actor, action=Action.JOIN, detail=f"{who.detail} entry {entry.id}".strip(), now=now)
        if not entry.by_phone:
            outbox.tell_waiting(session, entry.id, "waiting", sequence=0, due_at=now)
    return write_key(key, "waiting", entry.id, entry.generation)


def want_earlier(session: Session, manage_token: str, *, wanted: bool, key: bytes, who: Who, now: datetime) -> None:
    """Wait for something earlier than the visit, at its clinic and whenever; or no longer. Twice is once.

    Raises IllegalMove for a visit that has begun or is not booked any more, UnusableToken, NotFound, Busy.
    """
    _want_earlier(session, managed(session, manage_token, key, now=now).id, wanted=wanted, who=who, now=now)


@transaction
def _want_earlier(session: Session, appointment_id: int, *, wanted: bool, who: Who, now: datetime) -> None:
    appointment = get(session, appointment_id)
    check_move(State(appointment.state), State.BOOKED)
    if appointment.start_at <= now:
        raise IllegalMove("This visit has already begun. Please call us.")
    waitlist.lock_person(session, f"visit {appointment_id}")
    entry = waitlist.entry_of(session, appointment_id)
    if wanted and entry is None:
        session.add(
            WaitlistEntry(
                appointment_id=appointment_id,
                visit_type_id=appointment.visit_type_id,
                location_id=appointment.location_id,
                created_at=now,
            )
        )
        session.flush()
        audit.note(
            session, appointment_id, actor=who.actor, action=Action.WANT_EARLIER, patient_id=appointment.patient_id, now=now
        )
    elif entry is not None and not wanted:
        waiting.end(session, entry, "left", now=now)
        audit.note(
            session, appointment_id, actor=who.actor, action=Action.WANT_NO_EARLIER, patient_id=appointment.patient_id, now=now
        )


def _problems(rule: Callable[..., None], *args: Any, **named: Any) -> dict[str, str]:
    try:
        rule(*args, **named)
    except InvalidInput as found:
        return found.fields
    return {}


def write_wants(entry: WaitlistEntry, wants: Wants) -> None:
    entry.location_id, entry.miles, entry.specialist_id = wants.location_id, wants.miles, wants.specialist_id
    entry.latitude = wants.point.latitude if wants.point else None
    entry.longitude = wants.point.longitude if wants.point else None
    entry.hours, entry.notice_hours = wants.hours, wants.notice_hours
    entry.first_day, entry.last_day = wants.first_day, wants.last_day


def _same(entry: WaitlistEntry, visit_type_id: int, wish: WaitRequest) -> bool:
    return entry.visit_type_id == visit_type_id and waiting.wants_of(entry) == wish.wants and entry.visits == wish.visits


def _visit(session: Session, wish: WaitRequest, *, staff: bool) -> int:
    """The visit type meant: the one named, else the service's first that patients can book themselves."""
    visits = catalogue.visits_of(session, wish.service)
    wanted = [one for one in visits if (one.shape.online or staff) and wish.visit_type in (None, one.slug)]
    if not wanted:
        raise NotFound("We do not offer a visit of that kind online. Please call us.")
    return wanted[0].id
