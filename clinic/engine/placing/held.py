"""A held time as the use cases hand it out, with the key to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove
from clinic.domain.scheduling.appointment import State, hold_until
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.tables.appointments import Appointment


@dataclass(frozen=True, slots=True)
class Hold:
    """A held time. `token` is the key to it; `expires_at` UTC; `can_extend` while thirty minutes in all are not up."""

    token: str
    expires_at: datetime
    summary: VisitSummary
    can_extend: bool = True


def as_hold(session: Session, appointment: Appointment, token: str, *, now: datetime) -> Hold:
    """The hold as it is now, ended or not. Raises IllegalMove once it is booked or released."""
    if appointment.state not in (State.HELD, State.EXPIRED):
        raise IllegalMove("This time is no longer on hold.")
    until = appointment.hold_expires_at or appointment.held_at
    can_extend = hold_until(appointment.held_at, now) > max(now, until)
    return Hold(token, until, summary_of(session, appointment), can_extend)
