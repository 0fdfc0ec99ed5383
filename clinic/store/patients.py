"""Patients and, for minors, their guardians."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, insert, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.appointment import State
from clinic.store.appointments import Appointment
from clinic.store.base import Base

_MERGED = text("merged_into_id is not null")


class Patient(Base):
    """A person who is seen. The id is the resource's: a patient, too, can only be in one place at a time.

    `match_name` is given and family name folded to letters; with birth date and phone it tells a returning patient.
    `phone_misses` are wrong answers of callers who said to be them, within a day, the last at `phone_missed_at`; for a day
    from `phone_locked_at` on no fact opens the record. `merged_into_id`: this was somebody's second record, and is found no
    more.
    """

    __tablename__ = "patient"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    match_name: Mapped[str] = mapped_column(String(200))
    birth_date: Mapped[date] = mapped_column(Date)
    phone: Mapped[str] = mapped_column(String(20))
    phone_extension: Mapped[str | None] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(254))
    postal_code: Mapped[str | None] = mapped_column(String(5))
    language: Mapped[str] = mapped_column(String(20), default="en")
    interpreter: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    phone_misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    phone_missed_at: Mapped[datetime | None]
    phone_locked_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))

    __table_args__ = (
        Index("ix_patient_match", "birth_date", "phone"),
        Index("ix_patient_name", "birth_date", "match_name"),
        Index("ix_patient_phone", "phone"),
        Index("ix_patient_merged", "merged_into_id", postgresql_where=_MERGED, sqlite_where=_MERGED),
    )


class Guardian(Base):
    """Who answers for a patient under 18, as given with one appointment. Messages go to them."""

    __tablename__ = "guardian"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    relation: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20))
    consented_at: Mapped[datetime]


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
