"""All there is to know about a visit before and at it, as far as the roles' table lets somebody see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.people.patient import age_on
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.hours import local_day
from clinic.engine.placing.resolve import reached
from clinic.store.appointments.day_queries import DayVisit, visits_of_patient
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.patients import encrypted_answers, patients
from clinic.store.patients import intake as intakes
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Guardian, Intake, Patient
from clinic.usecases.day.access_notes import note_card
from clinic.usecases.day.sheet import next_mark

CONTACT_FOR = timedelta(days=7)
"""How long before and after a visit its specialist sees how to reach the patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Whoever opens the card, once for each action that shows a part of it."""

    visit: Viewer
    contact: Viewer
    intake: Viewer


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the patient. Phones in E.164."""

    phone: str
    phone_extension: str | None
    email: str | None
    guardian_phone: str | None

    def __repr__(self) -> str:  # never into a log
        return "Contact(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A visit and its patient. Times are UTC. None of what may not be seen; `may_read`: the reason and the answers may be.

    `earlier` and `coming` are the patient's other visits within reach. `marked_at`: when the visit came into its state.
    """

    summary: VisitSummary
    patient_id: int
    name: str
    birth_date: date
    age: int
    returning: bool
    language: str
    interpreter: bool
    access_needs: str | None
    insurer: str | None
    guardian: str | None
    guardian_relation: str | None
    contact: Contact | None
    may_read: bool
    reason: str | None
    answered: bool
    confirmed_at: datetime | None
    booked_at: datetime | None
    marked_at: datetime | None
    next: State | None
    earlier: tuple[DayVisit, ...]
    coming: tuple[DayVisit, ...]

    def __repr__(self) -> str:  # never into a log
        return f"Card({self.summary.appointment_id})"


def open_card(session: Session, eyes: Eyes, appointment_id: int, *, actor: str, now: datetime) -> Card:
    """Open the visit; that it was opened goes into the audit log. Raises NotFound beyond reach, Busy."""
    card = _read(session, eyes, appointment_id, now=now)
    note_card(session, appointment_id, card.patient_id, actor=actor, now=now)
    return card


def _read(session: Session, eyes: Eyes, appointment_id: int, *, now: datetime) -> Card:
    visit = reached(session, eyes.visit, appointment_id)
    assert visit.patient_id is not None  # what is within reach is somebody's
    patient = session.get_one(Patient, visit.patient_id)
    said, guardian = intakes.find_intake(session, visit.id), patients.find_guardian(session, visit.id)
    theirs = visits_of_patient(session, eyes.visit, patient.id)
    others = [other for other in theirs if other.id != visit.id]
    may_read = _covers(eyes.intake, visit)
    return Card(
        summary=summary_of(session, visit), patient_id=patient.id, name=f"{patient.given_name} {patient.family_name}",
        birth_date=patient.birth_date, age=age_on(patient.birth_date, local_day(now, visit.time_zone)),
        returning=any(one.returning for one in theirs if one.start_at <= visit.start_at),
        language=(said or patient).language, interpreter=(said or patient).interpreter,
        access_needs=said.access_needs if said else None, insurer=said.insurer if said else None,
        guardian=guardian.name if guardian else None, guardian_relation=guardian.relation if guardian else None,
        contact=_contact(patient, said, guardian) if _may_reach(eyes.contact, visit, now) else None,
        may_read=may_read, reason=visit.reason if may_read else None, answered=encrypted_answers.is_answered(session, visit.id),
        confirmed_at=visit.confirmed_at, booked_at=visit.booked_at, marked_at=_marked_at(visit),
        next=next_mark(State(visit.state), visit.start_at, now),
        earlier=tuple(other for other in others if other.start_at < visit.start_at),
        coming=tuple(other for other in others if other.start_at >= visit.start_at),
    )  # fmt: skip


def _covers(viewer: Viewer, visit: Appointment, *, mine: bool = True) -> bool:
    """`mine`: that they give the visit themselves counts as well."""
    eyes = viewer if mine else replace(viewer, specialist_id=None)
    return eyes.covers(
        visit.id, location_id=visit.location_id, specialist_id=visit.specialist_id, patient_id=visit.patient_id
    )  # fmt: skip


def _may_reach(viewer: Viewer, visit: Appointment, now: datetime) -> bool:
    """Whether they may know how to reach the patient: as its specialist, a week before and after the visit."""
    near = visit.start_at - CONTACT_FOR <= now <= visit.end_at + CONTACT_FOR
    return _covers(viewer, visit, mine=near)


def _contact(patient: Patient, said: Intake | None, guardian: Guardian | None) -> Contact:
    extension = (said.phone_extension if said else None) or patient.phone_extension
    email = (said.email if said else None) or patient.email
    return Contact(patient.phone, extension, email, guardian.phone if guardian else None)


def _marked_at(visit: Appointment) -> datetime | None:
    at = {State.ARRIVED: visit.arrived_at, State.STARTED: visit.started_at, State.FULFILLED: visit.finished_at}
    return at.get(State(visit.state))
