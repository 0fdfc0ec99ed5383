"""Make a hold a visit: check what was said, find the patient or make them, book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput, LimitReached, NotFound
from clinic.domain.hours import local_day
from clinic.domain.patient import PatientDetails, check, is_minor, match_name
from clinic.domain.tokens import appointment_of, opens
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.place import Who
from clinic.store import bookings, patients, tasks
from clinic.store.appointments import Appointment
from clinic.store.bookings import Found, Held, Said
from clinic.store.connect import begin_write
from clinic.store.idempotency import Once, made_by
from clinic.usecases.booking.instead import wish_of, with_alternatives
from clinic.usecases.booking.opened import NO_SUCH_KEY, Booked, Keys, as_booked, get, keys_of, opened

Told = TypeVar("Told")

UPCOMING_PER_SERVICE = 3
"""How many first visits of one service a patient may have ahead of them. Follow-ups, a plan of care, are not counted."""
TOO_MANY = "You already have several first visits for this service. Please change one of them, or call us."


def review(session: Session, hold_token: str, details: PatientDetails, *, key: bytes, now: datetime) -> None:
    """What `confirm` would say of the details, for a page that shows them first. Raises InvalidInput, UnusableToken, NotFound."""
    wrong, _ = _wrong(details, opened(session, hold_token, "hold", key), now=now)
    try:
        read_phone(details.phone)
    except InvalidInput as found:
        wrong = {**wrong, **{name: wrong.get(name, sentence) for name, sentence in found.fields.items()}}
    if wrong:
        raise InvalidInput(wrong)


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
    """`book`, with everything there is to say of the visit."""

    def tell(keys: Keys) -> Booked:
        return as_booked(session, get(session, keys.appointment_id), key)

    return _confirm(session, hold_token, details, tell, key=key, who=who, now=now, once=once)


def book(
    session: Session,
    hold_token: str,
    details: PatientDetails,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: Once | None = None,
) -> Keys:
    """Book a held time. A hold that has ended still books if its time is free. `once` stands for the hold's token, too.

    Raises InvalidInput (every wrong field at once), TimeTaken, NotOffered, PatientClash, LimitReached, IllegalMove,
    KeyReused, UnusableToken, NotFound, Busy.
    """
    return _confirm(session, hold_token, details, lambda keys: keys, key=key, who=who, now=now, once=once)


def _confirm(
    session: Session, hold_token: str, details: PatientDetails, tell: Callable[[Keys], Told], *,
    key: bytes, who: Who, now: datetime, once: Once | None,
) -> Told:  # fmt: skip
    hold_id = appointment_of(hold_token, "hold")
    try:
        said = _said(details, now=now)
    except InvalidInput:
        review(session, hold_token, details, key=key, now=now)  # says everything else that is wrong as well
        raise

    @retried
    def attempt(session: Session) -> Told:
        begin_write(session)
        found = bookings.find(session, hold_id, said, once=once, now=now)
        if found is None or not opens(key, "hold", hold_token, hold_id, found.hold.generation):
            raise NotFound(NO_SUCH_KEY)
        if once is None or made_by(once, found.earlier, now=now) is None:
            _book(session, found, details, said, who=who, now=now, once=once)
        told = tell(keys_of(found.hold, key))
        session.commit()
        return told

    with with_alternatives(session, lambda: wish_of(get(session, hold_id)), now=now, staff=who.staff):
        return attempt(session)


def _book(
    session: Session, found: Found, details: PatientDetails, said: Said, *, who: Who, now: datetime, once: Once | None
) -> None:
    wrong, guardian_phone = _wrong(details, found.hold, now=now)
    if wrong:
        raise InvalidInput(wrong)
    if not who.staff and found.ahead >= UPCOMING_PER_SERVICE:
        raise LimitReached(TOO_MANY, retry_after=86400)
    patient_id = place.confirm(session, found.hold, said, found.patient_id, who=who, now=now, once=once)
    if details.guardian and guardian_phone:
        name, relation = details.guardian.name.strip(), details.guardian.relation
        patients.add_guardian(session, found.hold.id, name=name, relation=relation, phone=guardian_phone, now=now)
    _add_tasks(session, found, said, patient_id, now=now)


def _said(details: PatientDetails, *, now: datetime) -> Said:
    """The details as they are stored. Raises InvalidInput without a birth date or a phone number that can be."""
    if details.birth_date is None:
        raise InvalidInput({"birth_date": "Enter the patient’s date of birth, such as 04/23/1971."})
    phone, extension = read_phone(details.phone)
    return Said(
        given_name=details.given_name.strip(), family_name=details.family_name.strip(),
        match_name=match_name(details.given_name, details.family_name), birth_date=details.birth_date,
        phone=phone, phone_extension=extension, email=details.email or None,
        postal_code=(details.postal_code or "")[:5] or None, language=details.language, interpreter=details.interpreter,
        access_needs=details.access_needs or None, insurer=details.insurer or None,
        texts_consented_at=now if details.texts else None, new_patient=details.new_patient, booked_by=details.booked_by,
        reason=details.reason or None,
    )  # fmt: skip


def _wrong(details: PatientDetails, hold: Appointment | Held, *, now: datetime) -> tuple[dict[str, str], str | None]:
    """A sentence for every field that cannot be, the patient's own phone number aside; and the guardian's phone, as stored."""
    wrong: dict[str, str] = {}
    visit_day = local_day(hold.start_at, hold.time_zone)
    try:
        check(details, today=local_day(now, hold.time_zone), visit_day=visit_day)
    except InvalidInput as found:
        wrong |= found.fields
    guardian_phone = None
    minor = details.birth_date is not None and is_minor(details.birth_date, visit_day)
    if details.guardian and minor and "guardian_phone" not in wrong:
        try:
            guardian_phone, _ = read_phone(details.guardian.phone, "guardian_phone")
        except InvalidInput as found:
            wrong |= found.fields
    return wrong, guardian_phone


def _add_tasks(session: Session, found: Found, said: Said, patient_id: int, *, now: datetime) -> None:
    """What a person should look at: records that look alike, and a "new" or "returning" that our records do not bear out."""
    tasks.add_tasks(session, tasks.POSSIBLE_DUPLICATE, found.hold.id, patient_id, found.resembling, now=now)
    known = found.patient_id is not None
    if said.new_patient is not None and said.new_patient == known:
        kind = tasks.SAYS_NEW if known else tasks.SAYS_KNOWN
        tasks.add_tasks(session, kind, found.hold.id, patient_id, [None], now=now)
