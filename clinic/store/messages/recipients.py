"""Whom to tell about a visit, how to reach them, and the little that a message may say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from clinic.domain.geography.places import address_line
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, VisitType, ZipCode
from clinic.store.tables.patients import Guardian, Intake, Patient
from clinic.store.work.tasks import TO_MOVE


@dataclass(frozen=True, slots=True)
class Recipient:
    """The visit, and whoever is told of it: of a child, their guardian by telephone. Times are UTC.

    `email` and `texts_to` are what was said with this booking; without an e-mail address or consent to texts they are None.
    `zone` is that of their ZIP code, None where that is not known; `time_zone` the clinic's. `to_move` as in days.DayVisit.
    """

    appointment_id: int
    reference: str
    state: str
    sequence: int
    generation: int
    start: datetime
    end: datetime
    time_zone: str
    reminders: str
    prepare_days: int | None
    clinic: str
    street: str
    city: str
    state_code: str
    postal_code: str | None
    phone: str | None
    first_name: str | None
    email: str | None
    texts_to: str | None
    zone: str | None
    reminders_stopped: bool
    to_move: str | None

    @property
    def their_zone(self) -> str:
        """The zone of their day and night, as well as we know it."""
        return self.zone or self.time_zone

    @property
    def address(self) -> str:
        return address_line(self.street, self.city, self.state_code, self.postal_code)

    def __repr__(self) -> str:  # never into a log
        return f"Recipient({self.appointment_id})"


_SAID = Intake.appointment_id.is_not(None)
EMAIL = case((_SAID, Intake.email), else_=Patient.email)
"""How they can be written to about a visit: as they said with it, or else as their record says."""
POSTAL_CODE = case((_SAID, Intake.postal_code), else_=Patient.postal_code)

_RECIPIENT = (
    select(
        Appointment.id, Appointment.reference, Appointment.state, Appointment.sequence, Appointment.generation,
        Appointment.start_at, Appointment.end_at, Appointment.time_zone, VisitType.reminders, VisitType.prepare_days,
        Location.name, Location.street, Location.city, Location.state, Location.postal_code, Location.phone,
        func.coalesce(Intake.given_name, Patient.given_name),
        EMAIL,
        case((Intake.texts_consented_at.is_not(None), func.coalesce(Guardian.phone, Patient.phone))),
        ZipCode.time_zone,
        Intake.reminders_stopped_at.is_not(None), TO_MOVE,
    )
    .join(VisitType, VisitType.id == Appointment.visit_type_id)
    .join(Location, Location.id == Appointment.location_id)
    .outerjoin(Patient, Patient.id == Appointment.patient_id)
    .outerjoin(Intake, Intake.appointment_id == Appointment.id)
    .outerjoin(Guardian, Guardian.appointment_id == Appointment.id)
    .outerjoin(ZipCode, ZipCode.code == POSTAL_CODE)
)  # fmt: skip


def find_recipient(session: Session, appointment_id: int) -> Recipient | None:
    """None when there is no such appointment. A hold has nobody to be told: no name, no address."""
    row = session.execute(_RECIPIENT.where(Appointment.id == appointment_id)).one_or_none()
    return Recipient(*row) if row else None  # type: ignore[call-arg]
