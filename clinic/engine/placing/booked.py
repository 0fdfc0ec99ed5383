"""A booked visit as the use cases hand it out, with the key for changing it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.domain.tokens import write_key
from clinic.store.appointments.confirmations import HoldRow
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.tables.appointments import Appointment


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


def keys_of(visit: Appointment | HoldRow, key: bytes) -> Keys:
    return Keys(visit.id, visit.reference, write_key(key, "manage", visit.id, visit.generation))


def as_booked(session: Session, appointment: Appointment, key: bytes) -> Booked:
    """The visit, with a key to it."""
    return Booked(appointment.reference, keys_of(appointment, key).manage_token, summary_of(session, appointment))
