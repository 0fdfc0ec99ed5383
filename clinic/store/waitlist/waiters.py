"""Who waits for a time that became free, in the order in which they began to wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Integer, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.base import UtcDateTime, one_of
from clinic.store.messages.recipients import EMAIL, POSTAL_CODE
from clinic.store.tables.appointments import LONGEST_CELLS, Appointment, Claim
from clinic.store.tables.directory import Offer, ZipCode
from clinic.store.tables.patients import Intake, Patient
from clinic.store.tables.waitlist import FreedTime, TimeOffer, WaitlistEntry


@dataclass(frozen=True, slots=True)
class Waiter:
    """An entry as far as offering goes. `zone` is that of their ZIP code, None where it is not known.

    `start` and `patient_id` are of that visit. `busy_until`: when another offer that is open to them ends.
    """

    id: int
    visit_type_id: int
    appointment_id: int | None
    patient_id: int | None
    person: str | None
    start: datetime | None
    zone: str | None
    by_phone: bool
    busy_until: datetime | None
    location_id: int | None
    latitude: float | None
    longitude: float | None
    miles: int | None
    specialist_id: int | None
    hours: str
    notice_hours: int
    first_day: date | None
    last_day: date | None


_NOW = bindparam("now", type_=UtcDateTime())
_ELSEWHERE = (
    select(func.max(TimeOffer.expires_at))
    .where(
        TimeOffer.entry_id == WaitlistEntry.id,
        TimeOffer.state == "open",
        TimeOffer.expires_at > _NOW,
    )
    .scalar_subquery()
)
_UNREACHED = and_(Intake.texts_consented_at.is_(None), EMAIL.is_(None))
_WAITING = (
    select(
        WaitlistEntry.id, WaitlistEntry.visit_type_id, WaitlistEntry.appointment_id, Appointment.patient_id, WaitlistEntry.person,
        Appointment.start_at, func.coalesce(ZipCode.time_zone, WaitlistEntry.time_zone),
        case((Appointment.id.is_not(None), _UNREACHED), else_=WaitlistEntry.by_phone), _ELSEWHERE,
        WaitlistEntry.location_id, WaitlistEntry.latitude, WaitlistEntry.longitude, WaitlistEntry.miles,
        WaitlistEntry.specialist_id, WaitlistEntry.hours, WaitlistEntry.notice_hours, WaitlistEntry.first_day,
        WaitlistEntry.last_day,
    )
    .outerjoin(Appointment, Appointment.id == WaitlistEntry.appointment_id)
    .outerjoin(Patient, Patient.id == Appointment.patient_id)
    .outerjoin(Intake, Intake.appointment_id == Appointment.id)
    .outerjoin(ZipCode, ZipCode.code == POSTAL_CODE)
    .where(
        WaitlistEntry.ended_at.is_(None),
        or_(Appointment.id.is_(None), and_(Appointment.state == State.BOOKED, Appointment.start_at > _NOW)),
        or_(WaitlistEntry.specialist_id.is_(None), WaitlistEntry.specialist_id == bindparam("specialist")),
        or_(WaitlistEntry.location_id.is_(None), WaitlistEntry.location_id == bindparam("location")),
        WaitlistEntry.visit_type_id.in_(
            select(Offer.visit_type_id).where(
                Offer.specialist_id == bindparam("specialist"), Offer.location_id == bindparam("location")
            )
        ),
        ~exists().where(TimeOffer.freed_id == bindparam("freed"), TimeOffer.entry_id == WaitlistEntry.id),
    )
    .order_by(WaitlistEntry.created_at, WaitlistEntry.id)
)  # fmt: skip


def waiting_for(session: Session, freed: FreedTime, *, now: datetime) -> list[Waiter]:
    """Who waits for a visit that the specialist gives there and was not offered this time yet: who began first is first."""
    about = {"freed": freed.id, "specialist": freed.specialist_id, "location": freed.location_id, "now": now}
    return [Waiter(*row) for row in session.connection().execute(_WAITING, about)]


_BUSY = select(Claim.resource_id, Claim.start_cell, Claim.end_cell, Claim.appointment_id).where(
    one_of(Claim.resource_id, "patients"),
    Claim.start_cell < bindparam("until", type_=Integer),
    Claim.start_cell > bindparam("since", type_=Integer) - LONGEST_CELLS,
    Claim.end_cell > bindparam("since", type_=Integer),
)


def visits_between(session: Session, patients: Sequence[int], since: int, until: int) -> list[tuple[int, int, int, int]]:
    """(patient, start, end, appointment) of their visits in these cells."""
    asked = {"patients": list(patients), "since": since, "until": until}
    return [tuple(row) for row in session.connection().execute(_BUSY, asked)]  # type: ignore[misc]
