"""What is said about a patient: checked, as it is stored, and booked with a time that is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput, LimitReached
from clinic.domain.people.patient import PatientDetails, check, is_minor, match_name
from clinic.domain.time.hours import local_day
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.store.appointments.confirmations import BookingFacts, PatientRecord
from clinic.store.appointments.idempotency import RequestKey
from clinic.store.patients import patients
from clinic.store.work import tasks

UPCOMING_PER_SERVICE = 3
"""How many first visits of one service a patient may have ahead of them. Follow-ups, a plan of care, are not counted."""
TOO_MANY = "You already have several first visits for this service. Please change one of them, or call us."


@dataclass(frozen=True, slots=True)
class Answerable:
    """Who answers for a minor. `phone` in E.164."""

    name: str
    relation: str
    phone: str

    def __repr__(self) -> str:  # never into a log
        return "Answerable(…)"


def as_stored(details: PatientDetails, *, now: datetime) -> PatientRecord:
    """The details as they are stored. Raises InvalidInput without a birth date or a phone number that can be."""
    if details.birth_date is None:
        raise InvalidInput({"birth_date": "Enter the patient’s date of birth, such as 04/23/1971."})
    phone, extension = read_phone(details.phone)
    return PatientRecord(
        given_name=details.given_name.strip(), family_name=details.family_name.strip(),
        match_name=match_name(details.given_name, details.family_name), birth_date=details.birth_date,
        phone=phone, phone_extension=extension, email=details.email or None,
        postal_code=(details.postal_code or "")[:5] or None, language=details.language, interpreter=details.interpreter,
        access_needs=details.access_needs or None, insurer=details.insurer or None,
        texts_consented_at=now if details.texts else None, new_patient=details.new_patient, booked_by=details.booked_by,
        reason=details.reason or None,
    )  # fmt: skip


def problems(
    details: PatientDetails, visit_at: datetime, time_zone: str, *, now: datetime
) -> tuple[dict[str, str], Answerable | None]:
    """A sentence for every field that cannot be, the patient's own phone number aside; and who answers for a minor.

    For a visit that starts at `visit_at` at a clinic in that zone: who is a minor depends on the day.
    """
    wrong: dict[str, str] = {}
    visit_day = local_day(visit_at, time_zone)
    try:
        check(details, today=local_day(now, time_zone), visit_day=visit_day)
    except InvalidInput as found:
        wrong |= found.fields
    answers_for = None
    minor = details.birth_date is not None and is_minor(details.birth_date, visit_day)
    if details.guardian and minor and "guardian_phone" not in wrong:
        try:
            phone, _ = read_phone(details.guardian.phone, "guardian_phone")
            answers_for = Answerable(details.guardian.name.strip(), details.guardian.relation, phone)
        except InvalidInput as found:
            wrong |= found.fields
    return wrong, answers_for


def review(details: PatientDetails, visit_at: datetime, time_zone: str, *, now: datetime) -> None:
    """Raise InvalidInput with everything that cannot be, the phone number included."""
    wrong, _ = problems(details, visit_at, time_zone, now=now)
    try:
        read_phone(details.phone)
    except InvalidInput as found:
        wrong = {**wrong, **{name: wrong.get(name, sentence) for name, sentence in found.fields.items()}}
    if wrong:
        raise InvalidInput(wrong)


def book_held(
    session: Session,
    found: BookingFacts,
    said: PatientRecord,
    answers_for: Answerable | None,
    *,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
) -> None:
    """Book the held time that was found, with the guardian of a minor, and with tasks for what a person should look at.

    Raises LimitReached, and what `place.confirm` does.
    """
    if not who.staff and found.ahead >= UPCOMING_PER_SERVICE:
        raise LimitReached(TOO_MANY, retry_after=86400)
    patient_id = place.confirm(session, found.hold, said, found.patient_id, who=who, now=now, once=once)
    if answers_for:
        name, relation, phone = answers_for.name, answers_for.relation, answers_for.phone
        patients.add_guardian(session, found.hold.id, name=name, relation=relation, phone=phone, now=now)
    # Records that look alike, and a "new" or "returning" that our records do not bear out.
    tasks.add_tasks(session, tasks.POSSIBLE_DUPLICATE, found.hold.id, patient_id, found.resembling, now=now)
    known = found.patient_id is not None
    if said.new_patient is not None and said.new_patient == known:
        kind = tasks.SAYS_NEW if known else tasks.SAYS_KNOWN
        tasks.add_tasks(session, kind, found.hold.id, patient_id, [None], now=now)
