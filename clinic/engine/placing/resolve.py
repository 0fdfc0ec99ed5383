"""What a token opens, or somebody on the staff: the appointment behind it, for as long as it may be opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.people.roles import Viewer
from clinic.domain.tokens import appointment_of, opens
from clinic.store.access import find_visit
from clinic.store.appointments import appointments
from clinic.store.tables.appointments import Appointment

MANAGED_FOR = timedelta(hours=24)
NO_SUCH_KEY = "We could not find that. The link may be old, or not complete. Please search again, or call us."
OLD_ANSWER = "This link is from an older message about your visit. Use the link in the last one we sent, or call us."

ANSWERS = ("confirm", "change", "cancel")
"""What a message can be answered with by its links."""


def answer_purpose(answer: str, sequence: int) -> str:
    """The purpose of an answer's token: it is good for the visit's time as that message told it, and dead once that changed."""
    return f"{answer}.{sequence}"


def get(session: Session, appointment_id: int) -> Appointment:
    """Raises NotFound."""
    appointment = appointments.find(session, appointment_id)
    if appointment is None:
        raise NotFound("There is no such visit.")
    return appointment


def reached(session: Session, viewer: Viewer, appointment_id: int) -> Appointment:
    """A visit as somebody on the staff opens it. Raises NotFound beyond their reach, as where there is none."""
    appointment = find_visit(session, viewer, appointment_id)
    if appointment is None:
        raise NotFound("There is no such visit.")
    return appointment


def opened(session: Session, token: str, purpose: str, key: bytes) -> Appointment:
    """The appointment that the token is a key to. A token we did not write and one for nothing answer alike.

    Raises NotFound, UnusableToken.
    """
    appointment_id = appointment_of(token, purpose)
    appointment = appointments.find(session, appointment_id)
    if appointment is None or not opens(key, purpose, token, appointment.id, appointment.generation):
        raise NotFound(NO_SUCH_KEY)
    return appointment


def managed(session: Session, manage_token: str, key: bytes, *, now: datetime) -> Appointment:
    """The visit of a manage token, until a day after its end. An old key opens what a forged one does: nothing."""
    appointment = opened(session, manage_token, "manage", key)
    if appointment.end_at + MANAGED_FOR <= now:
        raise NotFound(NO_SUCH_KEY)
    return appointment


def answered(session: Session, token: str, answer: str, key: bytes, *, now: datetime) -> Appointment:
    """The visit that an answer's token is about. Raises NotFound, in words, for one of an older message; UnusableToken."""
    appointment = appointments.find(session, appointment_of(token, answer))
    purpose = answer_purpose(answer, appointment.sequence) if appointment else answer
    if appointment is None or not opens(key, purpose, token, appointment.id, appointment.generation):
        raise NotFound(OLD_ANSWER)
    if appointment.end_at + MANAGED_FOR <= now:
        raise NotFound(NO_SUCH_KEY)
    return appointment
