"""See a booked visit, move it, cancel it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.tokens import Wish, guess_opening, read_opening
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.place import Who
from clinic.store.connect import begin_write
from clinic.usecases.booking.instead import with_alternatives
from clinic.usecases.booking.opened import Booked, as_booked, opened

REASON_MAX = 40


def get_visit(session: Session, manage_token: str, *, key: bytes) -> Booked:
    """The visit a manage token opens. Raises UnusableToken, NotFound."""
    return as_booked(session, opened(session, manage_token, "manage", key), key)


def reschedule(session: Session, manage_token: str, opening: str, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Move the visit to another time; the old one is given back only with the new one secured.

    Raises TimeTaken, NotOffered, PatientClash, IllegalMove, UnusableToken, NotFound, Busy.
    """
    appointment = opened(session, manage_token, "manage", key)
    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=who.staff):
        return _reschedule(session, appointment.id, read_opening(key, opening), key=key, who=who, now=now)


@retried
def _reschedule(session: Session, appointment_id: int, wish: Wish, *, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = place.move(session, appointment_id, wish, who=who, now=now)
    booked = as_booked(session, appointment, key)
    session.commit()
    return booked


def cancel(session: Session, manage_token: str, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Cancel the visit. `reason` is one of a list's, 40 characters at most. Raises InvalidInput, IllegalMove, NotFound, Busy."""
    if reason and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise InvalidInput({"reason": "Choose a reason from the list, or leave it empty."})
    return _cancel(session, opened(session, manage_token, "manage", key).id, reason, key=key, who=who, now=now)


@retried
def _cancel(session: Session, appointment_id: int, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = place.cancel(session, appointment_id, reason, who=who, now=now)
    booked = as_booked(session, appointment, key)
    session.commit()
    return booked
