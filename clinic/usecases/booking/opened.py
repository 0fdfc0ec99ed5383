"""What a token opens, and the visit behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.tokens import appointment_of, opens, write_key
from clinic.store import appointments
from clinic.store.appointments import Appointment
from clinic.store.bookings import Held
from clinic.store.summaries import VisitSummary, summary_of

MANAGED_FOR = timedelta(hours=24)
NO_SUCH_KEY = "We could not find that. The link may be old, or not complete. Please search again, or call us."


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a booked visit: its reference, for the browser that booked it, and the key for changing it."""

    appointment_id: int
    reference: str
    manage_token: str


@dataclass(frozen=True, slots=True)
class Booked:
    """A booked visit. `manage_token` is the key for changing it."""

    reference: str
    manage_token: str
    summary: VisitSummary


def get(session: Session, appointment_id: int) -> Appointment:
    """Raises NotFound."""
    appointment = appointments.find(session, appointment_id)
    if appointment is None:
        raise NotFound("There is no such visit.")
    return appointment


def opened(session: Session, token: str, purpose: str, key: bytes) -> Appointment:
    """The appointment that the token is a key to. A token we did not write and one for nothing answer alike."""
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


def keys_of(visit: Appointment | Held, key: bytes) -> Keys:
    return Keys(visit.id, visit.reference, write_key(key, "manage", visit.id, visit.generation))


def as_booked(session: Session, appointment: Appointment, key: bytes) -> Booked:
    """The visit, with a key to it."""
    return Booked(appointment.reference, keys_of(appointment, key).manage_token, summary_of(session, appointment))
