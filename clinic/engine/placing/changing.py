"""An appointment that is about to change: its calendars locked, and the change written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import NotFound
from clinic.store.appointments import appointments
from clinic.store.audit import audit
from clinic.store.audit.audit import By
from clinic.store.locks import lock_calendars
from clinic.store.messages import outbox
from clinic.store.tables.appointments import Appointment


@dataclass(frozen=True, slots=True)
class Who:
    """On whose behalf: `actor` goes into the audit log (a role, never a name), `channel` onto the appointment.

    `staff` may take visit types that patients cannot book online, and lifts notice and horizon; `outside_hours`
    lifts published hours as well (engine.placing.outside_hours). `detail` goes onto every audit row of what is done
    ("call=33"): nothing private.
    """

    actor: str
    channel: str
    staff: bool = False
    outside_hours: bool = False
    detail: str = ""

    @property
    def by(self) -> By:
        return By(self.actor, self.detail)


def locked(session: Session, appointment_id: int, *people: int, location_id: int | None = None) -> Appointment:
    """The appointment as it is once its calendars are ours, and those of `people` and of the location it may move to."""
    seen = appointments.find(session, appointment_id)
    if seen is None:
        raise NotFound("There is no such visit.")
    while True:
        involved = {seen.specialist_id, *people} | ({seen.patient_id} if seen.patient_id is not None else set())
        places = {seen.location_id, location_id or seen.location_id}
        lock_calendars(session, involved, locations=places, visit_type_id=seen.visit_type_id)
        before = (seen.specialist_id, seen.location_id, seen.patient_id)
        appointment = appointments.find(session, appointment_id)
        if appointment is None:  # purged meanwhile: a hold that ended long ago
            raise NotFound("There is no such visit.")
        if (appointment.specialist_id, appointment.location_id, appointment.patient_id) == before:
            return appointment
        seen = appointment  # it was moved while we waited: lock where it went, too


def record(
    session: Session, appointment: Appointment, action: Action, *, who: Who, now: datetime, event: str | None = None
) -> None:
    """Flush the changed row; add the audit row and, where somebody must be told, the outbox row."""
    session.flush()
    audit.note(
        session, appointment.id, actor=who.actor, action=action, patient_id=appointment.patient_id, detail=who.detail, now=now
    )
    if event:
        outbox.tell(session, appointment.id, event, sequence=appointment.sequence, now=now)
