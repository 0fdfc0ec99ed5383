"""Something on the work list of the demo's clinic: a few tasks about visits that come soon."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.staff import AccountGrant
from clinic.store.tables.work import Task
from clinic.store.work import tasks

KINDS = (tasks.SAYS_NEW, tasks.AFFECTED_VISIT, tasks.INTAKE_CALL)


def fill_work(session: Session, *, now: datetime) -> int:
    """A task of each kind where the demo's manager is, unless there was ever a task. Returns how many were made."""
    begin_write(session)
    place = session.scalar(select(AccountGrant.location_id).where(AccountGrant.role == "manager").order_by(AccountGrant.id))
    if place is None or session.scalar(select(Task.id).limit(1)) is not None:
        session.rollback()
        return 0
    ahead = (Appointment.location_id == place, Appointment.state == State.BOOKED, Appointment.start_at > now + timedelta(hours=4))
    wanted = select(Appointment.id, Appointment.patient_id).where(*ahead).order_by(Appointment.start_at, Appointment.id)
    found = session.execute(wanted.limit(len(KINDS))).all()
    for number, (kind, (visit, patient)) in enumerate(zip(KINDS, found, strict=False), start=1):
        at = now - timedelta(minutes=25 * number)
        session.add(Task(kind=kind, created_at=at, appointment_id=visit, patient_id=patient))
    session.commit()
    return len(found)
