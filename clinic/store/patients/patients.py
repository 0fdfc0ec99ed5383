"""Patients and, for minors, their guardians."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.base import Base
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Guardian, Patient


def visits_ahead(
    session: Session, *, birth_date: date, phone: str | None, reference: str | None, after: datetime
) -> list[tuple[int, str]]:
    """(appointment id, the patient's `match_name`) of booked visits from `after` on, of patients born that day.

    Of those only whose number `phone` is, or their guardian's, or whose visit has that reference.
    """
    known_by = [condition for condition, said in (
        (Patient.phone == phone, phone), (Guardian.phone == phone, phone), (Appointment.reference == reference, reference),
    ) if said]  # fmt: skip
    rows = session.execute(
        select(Appointment.id, Patient.match_name)
        .join(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(Guardian, Guardian.appointment_id == Appointment.id)
        .where(
            Patient.birth_date == birth_date,
            Appointment.state == State.BOOKED,
            Appointment.start_at > after,
            or_(*known_by),
        )
        .order_by(Appointment.start_at)
    )
    return [(appointment_id, matched) for appointment_id, matched in rows]


def find_guardian(session: Session, appointment_id: int) -> Guardian | None:
    return session.get(Guardian, appointment_id)


def last_guardian(session: Session, patient_id: int) -> Guardian | None:
    """Who answered for the patient when one was last named."""
    theirs = select(Guardian).join(Appointment, Appointment.id == Guardian.appointment_id)
    theirs = theirs.where(Appointment.patient_id == patient_id)
    return session.scalars(theirs.order_by(Guardian.consented_at.desc(), Appointment.id.desc()).limit(1)).first()


_ADD_GUARDIAN = insert(Base.metadata.tables["guardian"])


def add_guardian(session: Session, appointment_id: int, *, name: str, relation: str, phone: str, now: datetime) -> None:
    """Who answers for the patient of this visit, and consented to it just now. `phone` in E.164."""
    row = {"appointment_id": appointment_id, "name": name, "relation": relation, "phone": phone, "consented_at": now}
    session.connection().execute(_ADD_GUARDIAN, row)
