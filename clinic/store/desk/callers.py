"""Patients as somebody on the telephone may be one of them: who may be meant, and what their answers are held against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.people.callers import CLOSED_FOR, LOOKS_AN_HOUR, MISSES, OnRecord, Someone, is_closed
from clinic.domain.people.proof import VisitOnRecord, contacts_of, proven
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.hours import local_day
from clinic.store import locks
from clinic.store.access import within
from clinic.store.appointments.appointments import add_resource
from clinic.store.appointments.confirmations import OF_PATIENT, PatientRecord, person_number
from clinic.store.locks import LockSpace
from clinic.store.patients.intake import last_said
from clinic.store.tables.appointments import Appointment, Resource
from clinic.store.tables.audit import BY_STAFF, Audit
from clinic.store.tables.directory import Location, Specialist, VisitType
from clinic.store.tables.patients import Guardian, Intake, Patient
from clinic.store.tables.work import Call, Task
from clinic.store.work.tasks import TO_MOVE

PHONE_LOCKED = "phone_locked"
"""Three answers in a day did not fit the patient's record: a task, to look into it."""

LOOK = Action.CALLER_LOOK_UP
"""The audit log's name of a look for a patient, by which looks are counted."""

PAUSED = Action.CALLER_LOOKS_PAUSED
"""The same, of too many looks in one call that found nobody."""

_FRESH = {"populate_existing": True}
_VISITED = (State.BOOKED, State.ARRIVED, State.STARTED, State.FULFILLED, State.NO_SHOW)


@dataclass(frozen=True, slots=True)
class CallerCandidate:
    """A patient who may be meant."""

    id: int
    someone: Someone


_CANDIDATE = select(Patient.id, Patient.given_name, Patient.family_name, Patient.birth_date, Patient.phone).where(
    Patient.merged_into_id.is_(None)
)


def _candidates(session: Session, *conditions: object) -> list[CallerCandidate]:
    rows = session.execute(_CANDIDATE.where(*conditions).order_by(Patient.id))  # type: ignore[arg-type]
    return [CallerCandidate(id_, Someone(given, family, born, phone)) for id_, given, family, born, phone in rows]


def born_and_known_by(session: Session, birth_date: date, phone: str | None, reference: str | None) -> list[CallerCandidate]:
    """Patients born that day whose number `phone` is, or their guardian's, or of whom a visit has that reference."""
    of_guardian = exists().where(
        Appointment.patient_id == Patient.id, Guardian.appointment_id == Appointment.id, Guardian.phone == phone
    )
    of_visit = exists().where(Appointment.patient_id == Patient.id, Appointment.reference == reference)
    ways = [Patient.phone == phone, of_guardian] if phone else []
    return _candidates(session, Patient.birth_date == birth_date, or_(*ways, *([of_visit] if reference else [])))


def known_by(session: Session, phone: str | None, reference: str | None) -> list[CallerCandidate]:
    """Patients with that number of their own, or of whom a visit has that reference, whenever they were born."""
    # A look into an index for each: one condition for both would read every record.
    found = _candidates(session, Patient.phone == phone) if phone else []
    if reference:
        theirs = select(Appointment.patient_id).where(Appointment.reference == reference).scalar_subquery()
        found += [one for one in _candidates(session, Patient.id == theirs) if one not in found]
    return found


def born_or_with_phone(session: Session, birth_date: date, phone: str) -> list[CallerCandidate]:
    """Everybody who shares one of the two."""
    return _candidates(session, or_(Patient.birth_date == birth_date, Patient.phone == phone))


def candidate(session: Session, patient_id: int) -> CallerCandidate | None:
    """That patient; None for a record that was merged, as where there is none."""
    return next(iter(_candidates(session, Patient.id == patient_id)), None)


def visit_named(session: Session, reference: str) -> int | None:
    """The visit of that reference."""
    wanted = select(Appointment.id).where(Appointment.reference == reference, Appointment.patient_id.is_not(None))
    return session.scalars(wanted).one_or_none()


def patient_of_visit(session: Session, visit_id: int) -> int | None:
    return session.scalar(select(Appointment.patient_id).where(Appointment.id == visit_id))


def reference_of(session: Session, visit_id: int) -> str:
    return session.scalar(select(Appointment.reference).where(Appointment.id == visit_id)) or ""


def newest_looks(session: Session, actor: str) -> Sequence[datetime]:
    """When that agent looked for patients, the last first, as many as an hour allows."""
    theirs = (BY_STAFF, Audit.actor == actor, Audit.action == LOOK)
    return session.scalars(select(Audit.at).where(*theirs).order_by(Audit.id.desc()).limit(LOOKS_AN_HOUR)).all()


def lock_patient(session: Session, patient_id: int) -> Patient | None:
    """The record, for nobody else until the transaction ends. Calls are locked before."""
    return session.scalar(select(Patient).where(Patient.id == patient_id).with_for_update(), execution_options=_FRESH)


_ON_RECORD = (
    select(
        Appointment.id, Appointment.reference, Appointment.state, Appointment.channel, Appointment.start_at,
        Appointment.time_zone, Specialist.name, Appointment.confirmed_at, Intake.appointment_id, Intake.email,
        Intake.texts_consented_at, Guardian.phone,
    )
    .join(Specialist, Specialist.id == Appointment.specialist_id)
    .outerjoin(Intake, Intake.appointment_id == Appointment.id)
    .outerjoin(Guardian, Guardian.appointment_id == Appointment.id)
    .order_by(Appointment.start_at, Appointment.id)
)  # fmt: skip


def visits_on_record(session: Session, patient: Patient) -> list[VisitOnRecord]:
    """All visits of the record, cancelled ones as well, in the order of their starts. Reached as said with each, or else as
    the record has it.
    """
    found = []
    for id_, reference, state, channel, start, zone, specialist, confirmed, said, email, texts, guardian in session.execute(
        _ON_RECORD.where(Appointment.patient_id == patient.id)
    ):
        written = email if said is not None else patient.email
        numbers = {guardian or patient.phone} if texts is not None else set()
        contacts = frozenset(({written.lower()} if written else set()) | numbers)
        found.append(VisitOnRecord(
            id=id_, reference=reference, state=State(state), channel=channel, start=start, time_zone=zone, specialist=specialist,
            contacts=contacts, guardian_phone=guardian, confirmed=confirmed is not None,
        ))  # fmt: skip
    return found


def on_record(session: Session, patient: Patient, *, now: datetime) -> OnRecord:
    """What the caller may know. The last visit is the last that was attended."""
    visits = visits_on_record(session, patient)
    ids = proven(visits, patient.phone)
    stand = [visit for visit in visits if visit.id in ids]
    attended = [visit for visit in stand if visit.attended and visit.start <= now]
    last = attended[-1] if attended else None
    # A record that staff made in a call, and that has no visit yet, is its caller's by the number they gave then.
    phones = contacts_of(stand, patient.phone) if stand or not visits else frozenset()
    return OnRecord(
        given_names=(patient.given_name,), birth_date=patient.birth_date,
        phones={contact for contact in phones if "@" not in contact} | ({patient.phone} if not visits else set()),
        references={visit.reference for visit in stand},
        last_visit=local_day(last.start, last.time_zone) if last else None, last_specialist=last.specialist if last else "",
        unproven={visit.reference for visit in visits if visit.id not in ids},
    )  # fmt: skip


def email_on_file(session: Session, patient: Patient) -> str | None:
    """Where the patient can be written to: as said with the last proven visit. Where no visit of the record is proven, what its
    first booking said; nobody has stood behind anything else either.
    """
    ids = proven_visits(session, patient)
    if not ids:
        return patient.email
    said = last_said(session, patient.id, among=ids)
    return said.email if said else patient.email


def proven_visits(session: Session, patient: Patient) -> frozenset[int]:
    """The visits of the record that its patient has stood behind, by their ids (domain.people.proof)."""
    return proven(visits_on_record(session, patient), patient.phone)


def missed(session: Session, patient: Patient, *, now: datetime) -> bool:
    """One more wrong answer about that patient, whose record is locked; those of the day before count no more. Returns whether
    facts open it no more from now on: then there is a task to look into it.
    """
    fresh = patient.phone_missed_at is not None and now < patient.phone_missed_at + CLOSED_FOR
    patient.phone_misses = patient.phone_misses + 1 if fresh else 1
    patient.phone_missed_at = now
    closes = patient.phone_misses >= MISSES and not is_closed(patient.phone_locked_at, now=now)
    if closes:
        patient.phone_locked_at = now
    session.flush()
    theirs = (Task.kind == PHONE_LOCKED, Task.patient_id == patient.id, Task.done_at.is_(None))
    if closes and session.scalar(select(Task.id).where(*theirs).limit(1)) is None:
        session.execute(insert(Task), [{"kind": PHONE_LOCKED, "created_at": now, "patient_id": patient.id}])
    return closes


def unlock(session: Session, patient: Patient, *, by: int, now: datetime) -> None:
    """They may prove on the telephone again who they are; there is nothing to write any more."""
    patient.phone_misses, patient.phone_missed_at, patient.phone_locked_at = 0, None, None
    session.flush()
    theirs = (Task.kind == PHONE_LOCKED, Task.patient_id == patient.id, Task.done_at.is_(None))
    session.execute(update(Task).where(*theirs).values(done_at=now, done_by_id=by))


def lock_person(session: Session, said: PatientRecord) -> None:
    """Nobody else records this person meanwhile."""
    locks.wait_for(session, LockSpace.PERSONS, person_number(said))


def exactly(session: Session, said: PatientRecord) -> list[int]:
    """Patients with just this name, birth date and number; instead of one that was merged, the one that was kept."""
    same = (Patient.birth_date == said.birth_date, Patient.phone == said.phone, Patient.match_name == said.match_name)
    return sorted(set(session.scalars(select(func.coalesce(Patient.merged_into_id, Patient.id)).where(*same))))


def add(session: Session, said: PatientRecord, *, now: datetime) -> int:
    """A new record. Returns its id."""
    patient_id = add_resource(session, "patient")
    row = {name: getattr(said, name) for name in OF_PATIENT}
    session.execute(insert(Patient), row | {"id": patient_id, "created_at": now})
    return patient_id


def are_to_be_proved(session: Session, ids: Collection[int]) -> bool:
    """Whether one of these records has something to tell, or answers about it did not fit."""
    visited = exists().where(Appointment.patient_id == Patient.id)
    wanted = select(Patient.id).where(Patient.id.in_(ids), or_(visited, Patient.phone_missed_at.is_not(None)))
    return session.execute(wanted.limit(1)).first() is not None


def is_nobodys(session: Session, patient_id: int, call: Call) -> bool:
    """Whether the record was made during that call, and nothing else needs it."""
    uses = [
        exists().where(Appointment.patient_id == Patient.id),
        exists().where(or_(Task.patient_id == Patient.id, Task.other_patient_id == Patient.id)),
        exists().where(Call.patient_id == Patient.id, Call.id != call.id),
    ]
    made = (Patient.id == patient_id, Patient.created_at >= call.began_at, Patient.merged_into_id.is_(None))
    return session.execute(select(Patient.id).where(*made, *(~used for used in uses))).first() is not None


def forget(session: Session, patient_id: int) -> None:
    session.execute(delete(Patient).where(Patient.id == patient_id))
    session.execute(delete(Resource).where(Resource.id == patient_id))


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit as it is listed. Times are UTC, `time_zone` is the clinic's. Nothing here says who the patient is, or why they
    come. `to_move` as in days.DayVisit.
    """

    appointment_id: int
    reference: str
    state: str
    start: datetime
    end: datetime
    time_zone: str
    visit_type: str
    visit_type_slug: str
    location_id: int
    location: str
    specialist: str
    to_move: str | None


_LINE = (
    select(
        Appointment.id, Appointment.reference, Appointment.state, Appointment.start_at, Appointment.end_at,
        Appointment.time_zone, VisitType.name, VisitType.slug, Location.id, Location.name, Specialist.name,
        TO_MOVE,
    )
    .join(VisitType, VisitType.id == Appointment.visit_type_id)
    .join(Location, Location.id == Appointment.location_id)
    .join(Specialist, Specialist.id == Appointment.specialist_id)
)  # fmt: skip


def visits_ahead(session: Session, viewer: Viewer, patient_id: int, *, now: datetime) -> tuple[VisitLine, ...]:
    """Those within reach that are not over and not cancelled, the next first."""
    ahead = (Appointment.patient_id == patient_id, within(viewer), Appointment.end_at > now, Appointment.state.in_(_VISITED))
    rows = session.execute(_LINE.where(*ahead).order_by(Appointment.start_at))
    return tuple(VisitLine(*row) for row in rows)  # type: ignore[call-arg]


def visits_before(
    session: Session, viewer: Viewer, patient_id: int, *, now: datetime, limit: int | None = None
) -> tuple[VisitLine, ...]:
    """Those within reach that are over, the last first."""
    over = (Appointment.patient_id == patient_id, within(viewer), Appointment.end_at <= now, Appointment.state.in_(_VISITED))
    rows = session.execute(_LINE.where(*over).order_by(Appointment.start_at.desc()).limit(limit))
    return tuple(VisitLine(*row) for row in rows)  # type: ignore[call-arg]


def is_known_anywhere(session: Session, patient_id: int) -> bool:
    """Whether any clinic has, or had, a visit of theirs: a cancelled one as well."""
    return session.execute(select(Appointment.id).where(Appointment.patient_id == patient_id).limit(1)).first() is not None


def count_visits(session: Session, patient_id: int) -> int:
    """Those that stand or were, anywhere."""
    wanted = select(func.count()).where(Appointment.patient_id == patient_id, Appointment.state.in_(_VISITED))
    return session.execute(wanted).scalar_one()
