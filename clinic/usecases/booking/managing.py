"""See a booked visit, cancel it, ask for an earlier time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.appointment import State, check_move
from clinic.domain.errors import IllegalMove, InvalidInput
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.opened import get, managed
from clinic.engine.place import Who
from clinic.store import audit
from clinic.store.connect import begin_write
from clinic.usecases.booking.booked import Booked, as_booked

REASON_MAX = 40


def get_visit(session: Session, manage_token: str, *, key: bytes, now: datetime) -> Booked:
    """The visit a manage token opens, until a day after its end. Raises UnusableToken, NotFound."""
    return as_booked(session, managed(session, manage_token, key, now=now), key)


def cancel(session: Session, manage_token: str, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Cancel the visit. `reason` is one of a list's, 40 characters at most. Raises InvalidInput, IllegalMove, NotFound, Busy."""
    if reason and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise InvalidInput({"reason": "Choose a reason from the list, or leave it empty."})
    return _cancel(session, managed(session, manage_token, key, now=now).id, reason, key=key, who=who, now=now)


@retried
def _cancel(session: Session, appointment_id: int, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = place.cancel(session, appointment_id, reason, who=who, now=now)
    booked = as_booked(session, appointment, key)
    session.commit()
    return booked


def prefer_earlier(session: Session, manage_token: str, *, wanted: bool, key: bytes, who: Who, now: datetime) -> Booked:
    """Note that the patient wants to hear of an earlier time, or no longer. Twice is once.

    Raises IllegalMove for a visit that has begun or is not booked any more, UnusableToken, NotFound, Busy.
    """
    appointment_id = managed(session, manage_token, key, now=now).id
    return _prefer_earlier(session, appointment_id, wanted=wanted, key=key, who=who, now=now)


@retried
def _prefer_earlier(session: Session, appointment_id: int, *, wanted: bool, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = get(session, appointment_id)
    check_move(State(appointment.state), State.BOOKED)
    if appointment.start_at <= now:
        raise IllegalMove("This visit has already begun. Please call us.")
    if wanted != (appointment.earlier_wanted_at is not None):
        appointment.earlier_wanted_at = now if wanted else None
        session.flush()
        action = "want_earlier" if wanted else "want_no_earlier"
        audit.note(session, appointment_id, actor=who.actor, action=action, patient_id=appointment.patient_id, now=now)
    booked = as_booked(session, appointment, key)
    session.commit()
    return booked
