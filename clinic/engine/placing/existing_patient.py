"""Book a held time for a patient whose record is known: nobody is asked again what we have been told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.people.patient import GuardianDetails, check_guardian, check_request, is_minor
from clinic.domain.people.roles import Viewer
from clinic.domain.time.hours import local_day
from clinic.engine.placing.changing import Who
from clinic.engine.placing.intake import Answerable, book_held
from clinic.store.access import find_patient
from clinic.store.appointments import confirmations
from clinic.store.appointments.confirmations import HoldRow, PatientRecord
from clinic.store.appointments.idempotency import RequestKey, made_by
from clinic.store.desk import callers
from clinic.store.patients import intake, patients
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Patient

NO_SUCH_PATIENT = "There is no such patient."
NOT_HERE = "That time is not with you, or not at your clinic. Choose another time."
NO_GUARDIAN = "This patient is under 18 at the visit, and we know of no parent or guardian. Enter who answers for them."


WAYS = ("email", "text", "letter", "none")
"""By the address on record; by text as well; by letter alone; not at all, as everything was said on the telephone."""


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """For whom, and what is asked for this time. `booked_by` is one of domain.people.patient.BOOKED_BY.

    `guardian` answers for a minor this time, None: as before. `told_by` is how they are told of this visit, one of WAYS; None:
    as was last said.
    """

    patient_id: int
    booked_by: str = "self"
    reason: str | None = None
    guardian: GuardianDetails | None = None
    told_by: str | None = None


def book(
    session: Session,
    hold: Appointment,
    asked: BookingRequest,
    *,
    viewer: Viewer,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
) -> bool:
    """Make the hold a visit of a patient within the viewer's reach, with everything else as last told.

    False, and nothing, when this very request did so before. Part of a writing transaction. Raises InvalidInput, NotFound (also
    for a time beyond reach), KeyReused, and what `place.confirm` does.
    """
    wrong = check_request(asked.booked_by, asked.reason)
    if asked.told_by not in (None, *WAYS):
        wrong = {**wrong, "contact": "Choose how they are told."}
    if wrong:
        raise InvalidInput(wrong)
    found = confirmations.find_for(session, hold, asked.patient_id, once=once)
    if found is None:
        raise NotFound("There is no such hold.")
    # Only now: whoever merges records or hands them on holds the patient's lock.
    patient = find_patient(session, viewer, asked.patient_id)
    if patient is None:
        raise NotFound(NO_SUCH_PATIENT)
    if not _may_book_at(viewer, hold, asked.patient_id):
        raise NotFound(NOT_HERE)
    if once is not None and made_by(once, found.earlier, now=now) is not None:
        return False
    answers_for = _answers_for(session, patient, found.hold, asked.guardian)
    book_held(session, found, _as_told(session, patient, asked, now), answers_for, who=who, now=now, once=once)
    if asked.told_by == "none":
        intake.stop_reminders(session, found.hold.id, now=now)
    return True


def _may_book_at(viewer: Viewer, hold: Appointment, patient_id: int) -> bool:
    """Whether the time is at one's clinic, with oneself, or for whoever is on the telephone."""
    mine, looked_up = hold.specialist_id == viewer.specialist_id, patient_id in viewer.patients
    return viewer.reach.covers(location_id=hold.location_id, mine=mine, looked_up=looked_up)


def _as_told(session: Session, patient: Patient, asked: BookingRequest, now: datetime) -> PatientRecord:
    """How to reach them, and what helps them, as was said with their last proven booking (of none that is, with the last one),
    or else as their record has it.
    """
    ids = callers.proven_visits(session, patient)
    last = intake.last_said(session, patient.id, among=ids or None)
    source = last or patient
    email, consented = source.email, last.texts_consented_at if last else None
    if asked.told_by is not None:
        email = {"email": email or (None if ids else patient.email), "text": email}.get(asked.told_by)
        consented = now if asked.told_by == "text" else None
    return PatientRecord(
        given_name=source.given_name or patient.given_name, family_name=source.family_name or patient.family_name,
        match_name=patient.match_name, birth_date=patient.birth_date, phone=patient.phone,
        phone_extension=source.phone_extension, email=email, postal_code=source.postal_code,
        language=source.language, interpreter=source.interpreter, access_needs=last.access_needs if last else None,
        insurer=last.insurer if last else None, texts_consented_at=consented,
        new_patient=None, booked_by=asked.booked_by, reason=asked.reason or None,
    )  # fmt: skip


def _answers_for(session: Session, patient: Patient, hold: HoldRow, named: GuardianDetails | None) -> Answerable | None:
    """The guardian of a minor: named now, or with an earlier booking. Raises InvalidInput without one."""
    if not is_minor(patient.birth_date, local_day(hold.start_at, hold.time_zone)):
        return None
    if named is not None:
        wrong = check_guardian(named)
        if wrong:
            raise InvalidInput(wrong)
        return Answerable(named.name.strip(), named.relation, read_phone(named.phone, "guardian_phone")[0])
    guardian = patients.last_guardian(session, patient.id)
    if guardian is None:
        raise InvalidInput({"guardian": NO_GUARDIAN})
    return Answerable(guardian.name, guardian.relation, guardian.phone)
