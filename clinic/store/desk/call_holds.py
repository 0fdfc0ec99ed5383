"""Times held during a call: how many run, and whether one is that call's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.work import CallVisit

HOLD = "hold"


def running(session: Session, call_id: int, *, now: datetime) -> list[Appointment]:
    """Those that have not ended, in the order in which they were taken. Under the call's lock that is certain."""
    theirs = select(CallVisit.appointment_id).where(CallVisit.call_id == call_id, CallVisit.action == HOLD)
    wanted = select(Appointment).where(
        Appointment.id.in_(theirs), Appointment.state == State.HELD, Appointment.hold_expires_at > now
    )
    return list(session.scalars(wanted.order_by(Appointment.id).execution_options(populate_existing=True)))


def was_done(session: Session, call_id: int, appointment_id: int, action: str) -> bool:
    """Whether that was done with that visit, or held time, during the call."""
    noted = (CallVisit.call_id == call_id, CallVisit.appointment_id == appointment_id, CallVisit.action == action)
    return session.execute(select(CallVisit.id).where(*noted).limit(1)).first() is not None
