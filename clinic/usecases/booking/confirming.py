"""Make a hold a visit: check what was said, find or make the patient, book."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput, LimitReached
from clinic.domain.hours import local_day
from clinic.domain.patient import PatientDetails, check, is_minor, match_name
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.place import Details, Who
from clinic.store import appointments, intake, patients, tasks
from clinic.store.appointments import Appointment
from clinic.store.connect import begin_write
from clinic.store.idempotency import Once, done_before, remember
from clinic.store.patients import Guardian, Patient
from clinic.usecases.booking.instead import wish_of, with_alternatives
from clinic.usecases.booking.opened import Booked, as_booked, get, opened

UPCOMING_PER_SERVICE = 3
"""How many first visits of one service a patient may have ahead of them. Follow-ups, a plan of care, are not counted."""


def review(session: Session, hold_token: str, details: PatientDetails, *, key: bytes, now: datetime) -> None:
    """What `confirm` would say of the details, for a page that shows them first. Raises InvalidInput, UnusableToken, NotFound."""
    _check(details, opened(session, hold_token, "hold", key), now=now)


def confirm(
    session: Session,
    hold_token: str,
    details: PatientDetails,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: Once | None = None,
) -> Booked:
    """Book a held time. A hold that has ended still books if its time is free.

    Raises InvalidInput (every wrong field at once), TimeTaken, NotOffered, PatientClash, LimitReached, IllegalMove,
    KeyReused, UnusableToken, NotFound, Busy.
    """
    appointment = opened(session, hold_token, "hold", key)
    with with_alternatives(session, lambda: wish_of(appointment), now=now, staff=who.staff):
        return _confirm(session, appointment.id, details, key=key, who=who, now=now, once=once)


@retried
def _confirm(
    session: Session, appointment_id: int, details: PatientDetails, *, key: bytes, who: Who, now: datetime, once: Once | None
) -> Booked:
    begin_write(session)
    if once and (made := done_before(session, once, now=now)):
        booked = as_booked(session, get(session, made), key)
        session.commit()
        return booked
    appointment = get(session, appointment_id)
    phone, extension, guardian_phone = _check(details, appointment, now=now)
    patient_id, known, resembling = _patient(session, details, phone, extension, now=now)
    if not who.staff:
        _check_upcoming(session, patient_id, appointment, now=now)
    given = Details(patient_id, details.new_patient, details.booked_by, details.reason or None)
    appointment = place.confirm(session, appointment_id, given, who=who, now=now)
    if details.guardian and guardian_phone:
        session.execute(
            insert(Guardian).values(
                appointment_id=appointment_id, name=details.guardian.name.strip(), relation=details.guardian.relation,
                phone=guardian_phone, consented_at=now,
            )
        )  # fmt: skip
    _save_intake(session, appointment_id, details, extension, now=now)
    _add_tasks(session, appointment, details, known=known, resembling=resembling, now=now)
    if once:
        remember(session, once, appointment_id, now=now)
    booked = as_booked(session, appointment, key)
    session.commit()
    return booked


def _check(details: PatientDetails, appointment: Appointment, *, now: datetime) -> tuple[str, str | None, str | None]:
    """Every wrong field at once. Returns the phone, its extension and the guardian's phone, as they are stored."""
    wrong: dict[str, str] = {}
    visit_day = local_day(appointment.start_at, appointment.time_zone)
    try:
        check(details, today=local_day(now, appointment.time_zone), visit_day=visit_day)
    except InvalidInput as found:
        wrong |= found.fields
    phone = extension = guardian_phone = None
    if "phone" not in wrong:
        try:
            phone, extension = read_phone(details.phone)
        except InvalidInput as found:
            wrong |= found.fields
    minor = details.birth_date is not None and is_minor(details.birth_date, visit_day)
    if details.guardian and minor and "guardian_phone" not in wrong:
        try:
            guardian_phone, _ = read_phone(details.guardian.phone, "guardian_phone")
        except InvalidInput as found:
            wrong |= found.fields
    if wrong or phone is None:
        raise InvalidInput(wrong)
    return phone, extension, guardian_phone


def _patient(
    session: Session, details: PatientDetails, phone: str, extension: str | None, *, now: datetime
) -> tuple[int, bool, list[int]]:
    """The patient's id, whether we knew them, and ids of patients who look alike. Exact matches attach silently."""
    assert details.birth_date is not None
    name = match_name(details.given_name, details.family_name)
    known = patients.find_matching(session, match_name=name, birth_date=details.birth_date, phone=phone)
    if known is not None:
        return known, True, []
    patient_id = appointments.add_resource(session, "patient")
    session.execute(
        insert(Patient).values(
            id=patient_id, given_name=details.given_name.strip(), family_name=details.family_name.strip(), match_name=name,
            birth_date=details.birth_date, phone=phone, phone_extension=extension, email=details.email or None,
            postal_code=_five_digits(details), language=details.language, interpreter=details.interpreter,
            created_at=now,
        )
    )  # fmt: skip
    alike = patients.resembling(session, match_name=name, birth_date=details.birth_date, phone=phone, besides=patient_id)
    return patient_id, False, alike


def _save_intake(session: Session, appointment_id: int, details: PatientDetails, extension: str | None, *, now: datetime) -> None:
    """What was said with this booking goes with it, and the draft of it goes.

    A patient we knew keeps the record they had: whoever knows a name, a birth date and a phone number must not be able to
    turn somebody else's messages to an address of their own.
    """
    intake.save_intake(
        session, appointment_id, given_name=details.given_name.strip(), family_name=details.family_name.strip(),
        phone_extension=extension, postal_code=_five_digits(details), email=details.email or None, language=details.language,
        interpreter=details.interpreter, access_needs=details.access_needs or None, insurer=details.insurer or None,
        texts_consented_at=now if details.texts else None,
    )  # fmt: skip
    intake.drop_draft(session, appointment_id)


def _five_digits(details: PatientDetails) -> str | None:
    return (details.postal_code or "")[:5] or None


def _add_tasks(
    session: Session, appointment: Appointment, details: PatientDetails, *, known: bool, resembling: list[int], now: datetime
) -> None:
    """What a person should look at: records that look alike, and a "new" or "returning" that our records do not bear out."""
    patient_id = appointment.patient_id
    assert patient_id is not None
    tasks.add_tasks(session, tasks.POSSIBLE_DUPLICATE, appointment.id, patient_id, resembling, now=now)
    if details.new_patient is not None and details.new_patient == known:
        kind = tasks.SAYS_NEW if known else tasks.SAYS_KNOWN
        tasks.add_tasks(session, kind, appointment.id, patient_id, [None], now=now)


def _check_upcoming(session: Session, patient_id: int, appointment: Appointment, *, now: datetime) -> None:
    ahead = appointments.count_first_visits(session, patient_id, appointment.visit_type_id, after=now)
    if ahead >= UPCOMING_PER_SERVICE:
        raise LimitReached(
            "You already have several first visits for this service. Please change one of them, or call us.", retry_after=86400
        )
