"""A hold becomes a visit: what decides about it is read in one statement, and what follows from it is written in one.

On PostgreSQL the locks come first, in a statement of their own; so a booking is three trips and the commit, and the locks
are held for as short as can be. On SQLite, where a statement is no trip and whoever writes is alone, the same rows are
written one by one.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, func, insert, select, text, true, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import PatientClash
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.appointments.appointments import add_resource
from clinic.store.appointments.claims import ClaimSpan, by_guard, claim, keep_claims
from clinic.store.appointments.idempotency import BINDS, REMEMBER, PriorUse, RequestKey, lock_of, remember, values_of
from clinic.store.audit.audit import COLUMNS, VALUES, By, note
from clinic.store.audit.audit import values_of as audit_values
from clinic.store.base import Base, UtcDateTime
from clinic.store.locks import lock_calendars, lock_confirmation
from clinic.store.messages.outbox import tell
from clinic.store.patients.intake import drop_draft
from clinic.store.tables.appointments import Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord:
    """What was said about the patient and the visit, as it is stored: names trimmed, phone in E.164, nothing instead of ''.

    The columns of patient, intake and appointment by these names mean the same.
    """

    given_name: str
    family_name: str
    match_name: str
    birth_date: date
    phone: str
    phone_extension: str | None
    email: str | None
    postal_code: str | None
    language: str
    interpreter: bool
    access_needs: str | None
    insurer: str | None
    texts_consented_at: datetime | None
    new_patient: bool | None
    booked_by: str
    reason: str | None

    def __repr__(self) -> str:  # never into a log
        return "PatientRecord(…)"


@dataclass(frozen=True, slots=True)
class HoldRow:
    """An appointment that is, or was, a hold. `claims` is how many it has. Times are UTC."""

    id: int
    reference: str
    state: str
    generation: int
    visit_type_id: int
    location_id: int
    specialist_id: int
    room_id: int | None
    equipment_id: int | None
    start_at: datetime
    end_at: datetime
    time_zone: str
    held_at: datetime
    hold_expires_at: datetime | None
    claims: int


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """What decides about a booking.

    `patient_id` is the one patient with exactly this name, birth date and phone, `ahead` how many first visits of the
    service they have ahead of them; without one, `resembling` are those who share the birth date and either of the others.
    `earlier` is what the request's key was used for before.
    """

    hold: HoldRow
    earlier: PriorUse | None
    patient_id: int | None
    ahead: int
    resembling: tuple[int, ...]


_TABLES = Base.metadata.tables
_APPOINTMENT, _CLAIM, _INTAKE = _TABLES["appointment"], _TABLES["claim"], _TABLES["intake"]
_KEY, _PATIENT, _KIND = _TABLES["idempotency_key"], _TABLES["patient"], _TABLES["visit_type"]
_AHEAD, _KIND_AHEAD = _APPOINTMENT.alias("ahead"), _KIND.alias("kind_ahead")

_BORN = _PATIENT.c.birth_date == bindparam("birth_date")
_SAME_PHONE, _SAME_NAME = _PATIENT.c.phone == bindparam("phone"), _PATIENT.c.match_name == bindparam("match_name")
# A record that was merged leads to the one that was kept. Two looks into two indexes: many are born on one day.
_WHOSE = func.coalesce(_PATIENT.c.merged_into_id, _PATIENT.c.id).label("id")
_ALIKE = union(
    select(_WHOSE, _SAME_NAME.label("same")).where(_BORN, _SAME_PHONE),
    select(_WHOSE, _SAME_PHONE).where(_BORN, _SAME_NAME),
).subquery("alike")
_CLAIMS = select(func.count()).select_from(_CLAIM).where(_CLAIM.c.appointment_id == _APPOINTMENT.c.id).scalar_subquery()
_AHEAD_OF_THEM = (
    select(func.count())
    .select_from(_AHEAD.join(_KIND_AHEAD, _KIND_AHEAD.c.id == _AHEAD.c.visit_type_id))
    .where(
        _AHEAD.c.patient_id == _ALIKE.c.id,
        _AHEAD.c.state == State.BOOKED.value,
        _AHEAD.c.start_at > bindparam("now", type_=UtcDateTime()),
        _KIND_AHEAD.c.service_id == _KIND.c.service_id,
        _KIND_AHEAD.c.audience != "returning",
    )
    .scalar_subquery()
)
_HELD = [_APPOINTMENT.c[field.name] for field in fields(HoldRow)[:-1]]
# One row, or one for each patient who may be the same.
_FIND = (
    select(
        *_HELD, _CLAIMS, _KEY.c.request_hash, _KEY.c.appointment_id, _KEY.c.created_at, _ALIKE.c.id, _ALIKE.c.same, _AHEAD_OF_THEM
    )
    .select_from(
        _APPOINTMENT.join(_KIND, _KIND.c.id == _APPOINTMENT.c.visit_type_id)
        .outerjoin(_KEY, (_KEY.c.scope == bindparam("scope")) & (_KEY.c.key == bindparam("key")))
        .outerjoin(_ALIKE, true())
    )
    .where(_APPOINTMENT.c.id == bindparam("hold"))
    .order_by(_ALIKE.c.id)
)


def find(session: Session, hold_id: int, said: PatientRecord, *, once: RequestKey | None, now: datetime) -> BookingFacts | None:
    """The hold and what decides about booking it, once its calendars, the key and the person are ours; None: no such hold.

    A hold never moves, so that the locks are those of where it was seen. SQLite needs none (see connect.begin_write).
    """
    who = {"birth_date": said.birth_date, "phone": said.phone, "match_name": said.match_name}
    asked = {**who, "hold": hold_id, "scope": once and once.scope, "key": once and once.key, "now": now}
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return _found(connection.execute(_FIND, asked).all())
    while True:
        locked = lock_confirmation(session, hold_id, who, person=person_number(said), request=lock_of(once))
        found = _found(connection.execute(_FIND, asked).all())
        if found is None or found.patient_id is None or found.patient_id in locked:
            return found


_FIND_HELD = (
    select(*_HELD, _CLAIMS, _KEY.c.request_hash, _KEY.c.appointment_id, _KEY.c.created_at)
    .select_from(_APPOINTMENT.outerjoin(_KEY, (_KEY.c.scope == bindparam("scope")) & (_KEY.c.key == bindparam("key"))))
    .where(_APPOINTMENT.c.id == bindparam("hold"))
)


def find_for(session: Session, hold: Appointment, patient_id: int, *, once: RequestKey | None) -> BookingFacts | None:
    """The hold and what decides about booking it for a patient whose record is known, once its calendars, theirs and the key
    are ours; None: it was purged meanwhile. A hold never moves: the locks are those of where it was seen.
    """
    people, kind = [hold.specialist_id, patient_id], hold.visit_type_id
    lock_calendars(session, people, locations=[hold.location_id], visit_type_id=kind, request=lock_of(once))
    asked = {"hold": hold.id, "scope": once and once.scope, "key": once and once.key}
    row = session.connection().execute(_FIND_HELD, asked).one_or_none()
    if row is None:
        return None
    *held, request_hash, made, made_at = row
    earlier = None if made is None else PriorUse(request_hash, made, made_at)
    return BookingFacts(HoldRow(*held), earlier, patient_id, 0, resembling=())


def person_number(said: PatientRecord) -> int:
    """The second number of the lock of that person (locks.LockSpace.PERSONS): nobody else records them meanwhile."""
    return zlib.crc32(f"{said.match_name} {said.birth_date} {said.phone}".encode()) - 2**31


def _found(rows: Any) -> BookingFacts | None:
    if not rows:
        return None
    *held, request_hash, made, made_at, alike, _same, _ahead = rows[0]
    earlier = None if made is None else PriorUse(request_hash, made, made_at)
    same = [(patient_id, ahead) for *_, patient_id, is_same, ahead in rows if is_same]
    if len(same) == 1:
        return BookingFacts(HoldRow(*held), earlier, *same[0], resembling=())
    return BookingFacts(HoldRow(*held), earlier, None, 0, () if alike is None else tuple(row[-3] for row in rows))


OF_PATIENT = (
    "given_name", "family_name", "match_name", "birth_date", "phone", "phone_extension", "email", "postal_code", "language",
    "interpreter",
)  # fmt: skip
"""What a new patient's record takes of Said."""
_OF_INTAKE = (
    "given_name", "family_name", "phone_extension", "postal_code", "email", "language", "interpreter", "access_needs",
    "insurer", "texts_consented_at",
)  # fmt: skip
_OF_VISIT = ("new_patient", "booked_by", "reason")


def _each(names: Sequence[str], pattern: str = "{}") -> str:
    return ", ".join(pattern.format(name) for name in names)


_BOOK_AT_ONCE = f"""
with new as (
    insert into resource (kind) select 'patient' where :patient_id is null returning id
), recorded as (
    insert into patient (id, {_each(OF_PATIENT)}, created_at) select id, {_each(OF_PATIENT, ":{}")}, :now from new
), who as (
    select coalesce(:patient_id, (select id from new)) as id
), kept as (
    update claim set expires_at = null where appointment_id = :hold
), taken as (
    insert into claim (resource_id, start_cell, end_cell, appointment_id) select id, :start_cell, :end_cell, :hold from who
), booked as (
    update appointment
    set state = 'booked', hold_expires_at = null, booked_at = :now, patient_id = who.id, room_id = :room_id,
        equipment_id = :equipment_id, {_each(_OF_VISIT, "{0} = :{0}")}
    from who where appointment.id = :hold
), noted as (
    insert into audit ({COLUMNS}) select :now, 'book', :hold, id, {VALUES.format(visit=":hold")} from who
), told as (
    insert into outbox (appointment_id, event, sequence, due_at) values (:hold, 'booked', 0, :now)
), asked as (
    insert into intake (appointment_id, {_each(_OF_INTAKE)}) values (:hold, {_each(_OF_INTAKE, ":{}")})
), tidied as (
    delete from draft where appointment_id = :hold
), once as ({REMEMBER.format(made=":hold")})
select id from who
"""  # noqa: S608 (names of columns, nothing else)
_SAID = tuple(field.name for field in fields(PatientRecord))
_TYPES = {name: column.type for table in (_APPOINTMENT, _INTAKE, _PATIENT) for name, column in table.c.items()}
_BOOK = text(_BOOK_AT_ONCE).bindparams(
    *(bindparam(name, type_=_TYPES[name]) for name in (*_SAID, "patient_id", "room_id", "equipment_id")),
    *(bindparam(name, type_=Integer()) for name in ("start_cell", "end_cell")),
    bindparam("hold", type_=BigInteger()),
    *BINDS,
)


def book(
    session: Session,
    hold: HoldRow,
    said: PatientRecord,
    patient_id: int | None,
    *,
    once: RequestKey | None,
    by: By,
    now: datetime,
) -> int:
    """Write the visit that the hold becomes, for the patient of that id, or else for a new one. Returns the patient's id.

    With it go the patient's claim, the audit row, the outbox row, what was said, and the request's key; the draft goes.
    A record that was there stays as it was: whoever knows a name, a birth date and a phone number must not be able to turn
    somebody else's messages to an address of their own. Raises PatientClash when the guard refuses the patient's claim.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return _book_in_steps(session, hold, said, patient_id, once=once, by=by, now=now)
    parameters = {name: getattr(said, name) for name in _SAID} | values_of(once) | {
        "hold": hold.id, "patient_id": patient_id, "room_id": hold.room_id, "equipment_id": hold.equipment_id,
        "start_cell": cell_at(hold.start_at), "end_cell": cell_at(hold.end_at), "now": now,
        **audit_values(by),
    }  # fmt: skip
    try:
        return int(connection.execute(_BOOK, parameters).scalar_one())
    except IntegrityError as refused:
        if not by_guard(refused):
            raise
        raise PatientClash() from refused


_ADD_PATIENT, _ADD_INTAKE = insert(_PATIENT), insert(_INTAKE)
_BECOME = update(_APPOINTMENT).where(_APPOINTMENT.c.id == bindparam("hold"))


def _book_in_steps(
    session: Session,
    hold: HoldRow,
    said: PatientRecord,
    patient_id: int | None,
    *,
    once: RequestKey | None,
    by: By,
    now: datetime,
) -> int:
    connection = session.connection()
    if patient_id is None:
        patient_id = add_resource(session, "patient")
        row = {name: getattr(said, name) for name in OF_PATIENT}
        connection.execute(_ADD_PATIENT, row | {"id": patient_id, "created_at": now})
    keep_claims(session, hold.id, expires_at=None)
    theirs = ClaimSpan(patient_id, cell_at(hold.start_at), cell_at(hold.end_at))
    claim(session, hold.id, [theirs], refuse_as=PatientClash)
    visit = {name: getattr(said, name) for name in _OF_VISIT} | {
        "state": State.BOOKED.value, "hold_expires_at": None, "booked_at": now, "patient_id": patient_id,
        "room_id": hold.room_id, "equipment_id": hold.equipment_id,
    }  # fmt: skip
    connection.execute(_BECOME, visit | {"hold": hold.id})
    note(session, hold.id, actor=by.actor, action=Action.BOOK, patient_id=patient_id, detail=by.detail, now=now)
    tell(session, hold.id, "booked", sequence=0, now=now)
    connection.execute(_ADD_INTAKE, {name: getattr(said, name) for name in _OF_INTAKE} | {"appointment_id": hold.id})
    drop_draft(session, hold.id)
    remember(session, once, hold.id, now=now)
    return patient_id
