"""Hold a time, book it, change it, give it up. Each verb commits once, last; TimeRefused leaves with alternatives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.appointment import HOLD_MINUTES, State, hold_until
from clinic.domain.errors import IllegalMove, InvalidInput, LimitReached, NotFound, TimeRefused, TimeTaken, UnusableToken
from clinic.domain.hours import local_day
from clinic.domain.patient import PatientDetails, check, is_minor, match_name
from clinic.domain.timeline import cell_at
from clinic.domain.tokens import Wish, appointment_of, guess_opening, opens, read_opening, write_key
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.place import Details, Who
from clinic.engine.search import Opening, alternatives_to, soonest_anywhere
from clinic.store import appointments, patients, tasks
from clinic.store.appointments import Appointment
from clinic.store.connect import begin_write
from clinic.store.idempotency import Once, done_before, is_known, remember
from clinic.store.patients import Guardian, Patient
from clinic.store.summaries import VisitSummary, summary_of

ALTERNATIVES = 5
REASON_MAX = 40
UPCOMING_PER_SERVICE = 3
"""How many first visits of one service a patient may have ahead of them. Follow-ups, a plan of care, are not counted."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A held time. `token` is the key to it; `expires_at` UTC; `can_extend` while thirty minutes in all are not up."""

    token: str
    expires_at: datetime
    summary: VisitSummary
    can_extend: bool = True


@dataclass(frozen=True, slots=True)
class Booked:
    """A booked visit. `manage_token` is the key for changing it."""

    reference: str
    manage_token: str
    summary: VisitSummary


def request_once(scope: str, key: str | None, request: Any) -> Once | None:
    """An Idempotency-Key with what it was sent for. Raises InvalidInput unless it has 16 to 200 characters."""
    if key is None:
        return None
    if not 16 <= len(key) <= 200 or not key.isprintable():
        raise InvalidInput({"Idempotency-Key": "Send an Idempotency-Key of 16 to 200 characters, a new one for each request."})
    body = json.dumps(request, sort_keys=True, default=str, ensure_ascii=True)
    return Once(scope, key, hashlib.sha256(body.encode()).hexdigest())


def hold(
    session: Session, opening: str, *, key: bytes, who: Who, now: datetime, once: Once | None = None, minutes: int = HOLD_MINUTES
) -> Hold:
    """Hold the time that the opening token names. Raises TimeTaken, NotOffered, UnusableToken, KeyReused, Busy."""
    with _alternatives(session, lambda: guess_opening(opening), now=now, staff=who.staff):
        wish = read_opening(key, opening)
        try:
            place.look(session, wish, now=now)
        except TimeTaken:
            # Unless it was this very request that took it: claims and key are committed together.
            if once is None or not is_known(session, once):
                raise
        return _hold(session, wish, key=key, who=who, now=now, once=once, minutes=minutes)


@retried
def _hold(session: Session, wish: Wish, *, key: bytes, who: Who, now: datetime, once: Once | None, minutes: int) -> Hold:
    begin_write(session)
    if once and (made := done_before(session, once, now=now)):
        told = _told(session, made, key, minutes)
        session.commit()
        return told
    appointment_id = place.hold(session, wish, who=who, now=now, minutes=minutes)
    if once:
        remember(session, once, appointment_id, now=now)
    told = _told(session, appointment_id, key, minutes)
    session.commit()
    return told


def _told(session: Session, appointment_id: int, key: bytes, minutes: int) -> Hold:
    appointment = _get(session, appointment_id)
    # A replay answers as the first time did: when it was first to end.
    until = appointment.held_at + timedelta(minutes=minutes)
    return Hold(write_key(key, "hold", appointment.id, appointment.generation), until, summary_of(session, appointment))


def get_hold(session: Session, token: str, *, key: bytes, now: datetime) -> Hold:
    """The hold as it is now, ended or not. Raises UnusableToken, NotFound, IllegalMove once it is booked or released."""
    appointment = _opened(session, token, "hold", key)
    if appointment.state not in (State.HELD, State.EXPIRED):
        raise IllegalMove("This time is no longer on hold.")
    until = appointment.hold_expires_at or appointment.held_at
    can_extend = hold_until(appointment.held_at, now) > max(now, until)
    return Hold(token, until, summary_of(session, appointment), can_extend)


@retried
def _extend(session: Session, appointment_id: int, *, who: Who, now: datetime) -> datetime:
    begin_write(session)
    until = place.extend(session, appointment_id, who=who, now=now)
    session.commit()
    return until


def extend(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> Hold:
    """Ten minutes more, thirty in all. Raises TimeTaken, IllegalMove, UnusableToken, NotFound, Busy."""
    appointment = _opened(session, token, "hold", key)
    with _alternatives(session, lambda: _wish_of(appointment), now=now, staff=who.staff):
        _extend(session, appointment.id, who=who, now=now)
    return get_hold(session, token, key=key, now=now)


def release(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> None:
    """Give a held time back; twice is once. Raises IllegalMove once it is booked, UnusableToken, NotFound, Busy."""
    _release(session, _opened(session, token, "hold", key).id, who=who, now=now)


@retried
def _release(session: Session, appointment_id: int, *, who: Who, now: datetime) -> None:
    begin_write(session)
    place.release(session, appointment_id, who=who, now=now)
    session.commit()


def review(session: Session, hold_token: str, details: PatientDetails, *, key: bytes, now: datetime) -> None:
    """What `confirm` would say of the details, for a page that shows them first. Raises InvalidInput, UnusableToken, NotFound."""
    _check(details, _opened(session, hold_token, "hold", key), now=now)


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
    appointment = _opened(session, hold_token, "hold", key)
    with _alternatives(session, lambda: _wish_of(appointment), now=now, staff=who.staff):
        return _confirm(session, appointment.id, details, key=key, who=who, now=now, once=once)


@retried
def _confirm(
    session: Session, appointment_id: int, details: PatientDetails, *, key: bytes, who: Who, now: datetime, once: Once | None
) -> Booked:
    begin_write(session)
    if once and (made := done_before(session, once, now=now)):
        booked = _booked(session, _get(session, made), key)
        session.commit()
        return booked
    appointment = _get(session, appointment_id)
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
    _add_tasks(session, appointment, details, known=known, resembling=resembling, now=now)
    if once:
        remember(session, once, appointment_id, now=now)
    booked = _booked(session, appointment, key)
    session.commit()
    return booked


def get_visit(session: Session, manage_token: str, *, key: bytes) -> Booked:
    """The visit a manage token opens. Raises UnusableToken, NotFound."""
    return _booked(session, _opened(session, manage_token, "manage", key), key)


def reschedule(session: Session, manage_token: str, opening: str, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Move the visit to another time; the old one is given back only with the new one secured.

    Raises TimeTaken, NotOffered, PatientClash, IllegalMove, UnusableToken, NotFound, Busy.
    """
    appointment = _opened(session, manage_token, "manage", key)
    with _alternatives(session, lambda: guess_opening(opening), now=now, staff=who.staff):
        return _reschedule(session, appointment.id, read_opening(key, opening), key=key, who=who, now=now)


@retried
def _reschedule(session: Session, appointment_id: int, wish: Wish, *, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = place.move(session, appointment_id, wish, who=who, now=now)
    booked = _booked(session, appointment, key)
    session.commit()
    return booked


def cancel(session: Session, manage_token: str, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Cancel the visit. `reason` is one of a list's, 40 characters at most. Raises InvalidInput, IllegalMove, NotFound, Busy."""
    if reason and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise InvalidInput({"reason": "Choose a reason from the list, or leave it empty."})
    return _cancel(session, _opened(session, manage_token, "manage", key).id, reason, key=key, who=who, now=now)


@retried
def _cancel(session: Session, appointment_id: int, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    begin_write(session)
    appointment = place.cancel(session, appointment_id, reason, who=who, now=now)
    booked = _booked(session, appointment, key)
    session.commit()
    return booked


def sweep(session: Session, *, now: datetime) -> int:
    """Tidy away holds that ended more than a minute ago, one transaction each. Returns how many."""
    swept = 0
    for appointment_id in appointments.expired_holds(session, before=now - timedelta(minutes=1)):
        swept += _expire(session, appointment_id, now=now)
    return swept


@retried
def _expire(session: Session, appointment_id: int, *, now: datetime) -> bool:
    begin_write(session)
    tidied = place.expire(session, appointment_id, now=now)
    session.commit()
    return tidied


def _get(session: Session, appointment_id: int) -> Appointment:
    appointment = appointments.find(session, appointment_id)
    if appointment is None:
        raise NotFound("There is no such visit.")
    return appointment


def _opened(session: Session, token: str, purpose: str, key: bytes) -> Appointment:
    """The appointment that the token is a key to. A token we did not write and one for nothing answer alike."""
    appointment_id = appointment_of(token, purpose)
    appointment = appointments.find(session, appointment_id)
    if appointment is None or not opens(key, purpose, token, appointment.id, appointment.generation):
        raise NotFound("We could not find that. The link may be old, or not complete. Please search again, or call us.")
    return appointment


def _booked(session: Session, appointment: Appointment, key: bytes) -> Booked:
    token = write_key(key, "manage", appointment.id, appointment.generation)
    return Booked(appointment.reference, token, summary_of(session, appointment))


def _wish_of(appointment: Appointment) -> Wish:
    return Wish(appointment.visit_type_id, appointment.location_id, appointment.specialist_id, cell_at(appointment.start_at))


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
            postal_code=(details.postal_code or "")[:5] or None, language=details.language, interpreter=details.interpreter,
            created_at=now,
        )
    )  # fmt: skip
    alike = patients.resembling(session, match_name=name, birth_date=details.birth_date, phone=phone, besides=patient_id)
    return patient_id, False, alike


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


@contextmanager
def _alternatives(session: Session, wanted: Callable[[], Wish | None], *, now: datetime, staff: bool) -> Iterator[None]:
    """Whatever time is refused inside leaves with openings that can be had."""
    try:
        yield
    except (TimeRefused, UnusableToken) as refused:
        session.rollback()
        wish = wanted()
        openings: list[Opening] = []
        if wish is not None:
            openings = alternatives_to(session, wish, now=now, limit=ALTERNATIVES, staff=staff)
        refused.alternatives = tuple(openings or soonest_anywhere(session, now=now, limit=ALTERNATIVES))
        raise
