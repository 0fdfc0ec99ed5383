"""What a person on the staff must look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import ScalarSelect

from clinic.domain.scheduling.affected import Cause, read_causes, write_causes
from clinic.store.base import Base, UtcDateTime
from clinic.store.tables.appointments import Appointment

_INSERT = insert(Base.metadata.tables["task"])

POSSIBLE_DUPLICATE = "possible_duplicate"
SAYS_NEW = "says_new_but_known"
SAYS_KNOWN = "says_known_but_new"
INTAKE_CALL = "call_about_answers"
FAILED_MESSAGE = "failed_message"
LETTER = "letter"
PHONE_OFFER = "phone_offer"
AFFECTED_VISIT = "affected_visit"
"""Its specialist cannot give it as it stands: the task's `cause` says why (domain.scheduling.affected)."""


def add_tasks(
    session: Session, kind: str, appointment_id: int, patient_id: int, others: Sequence[int | None], *, now: datetime
) -> None:
    """One task for each of `others`: patients to compare with, or None where it is about the one patient alone."""
    if others:
        rows = [
            {"kind": kind, "created_at": now, "appointment_id": appointment_id, "patient_id": patient_id, "other_patient_id": o}
            for o in others
        ]
        session.connection().execute(_INSERT, rows)


_TASK = Base.metadata.tables["task"]


def add_duplicate(session: Session, patient_id: int, other_id: int, *, now: datetime) -> None:
    """Two records may be one person's: one task, while it is open."""
    pair = (_TASK.c.patient_id.in_((patient_id, other_id)), _TASK.c.other_patient_id.in_((patient_id, other_id)))
    open_one = select(_TASK.c.id).where(_TASK.c.kind == POSSIBLE_DUPLICATE, _TASK.c.done_at.is_(None), *pair)
    if session.execute(open_one).first() is None:
        row = {"kind": POSSIBLE_DUPLICATE, "created_at": now, "patient_id": patient_id, "other_patient_id": other_id}
        session.connection().execute(insert(_TASK), row)


_AFFECTED = (_TASK.c.kind == AFFECTED_VISIT, _TASK.c.done_at.is_(None))


def why_to_move(appointment_id: Any) -> ScalarSelect[Any]:
    """Of the appointment of that id (a column or a parameter): why it is to be moved, as domain.scheduling.affected writes it;
    null where no task says so.
    """
    cause = func.coalesce(func.nullif(_TASK.c.cause, ""), Cause.HOURS.value)
    wanted = select(cause).where(*_AFFECTED, _TASK.c.appointment_id == appointment_id).order_by(_TASK.c.id).limit(1)
    return wanted.correlate(Appointment).scalar_subquery()


TO_MOVE = why_to_move(Appointment.id)


def causes_of(session: Session, visits: Collection[int]) -> dict[int, frozenset[Cause]]:
    """Of those of the visits that are to be moved: why."""
    theirs = _TASK.c.appointment_id.in_(visits)
    rows = session.connection().execute(select(_TASK.c.appointment_id, _TASK.c.cause).where(*_AFFECTED, theirs))
    return {visit: read_causes(cause) for visit, cause in rows}


def add_affected(
    session: Session, visits: Mapping[int, tuple[int | None, frozenset[Cause]]], *, now: datetime
) -> None:  # fmt: skip
    """A task for each visit (with its patient, and why), which has none."""
    rows = [
        {"kind": AFFECTED_VISIT, "created_at": now, "appointment_id": visit, "patient_id": patient_id, "cause": write_causes(why)}
        for visit, (patient_id, why) in visits.items()
    ]
    if rows:
        session.connection().execute(_INSERT, rows)


def set_causes(session: Session, visit: int, causes: frozenset[Cause]) -> None:
    """Why the visit is to be moved, as it is now."""
    theirs = (*_AFFECTED, _TASK.c.appointment_id == visit)
    session.connection().execute(update(_TASK).where(*theirs).values(cause=write_causes(causes)))


def close_visit_tasks(session: Session, kind: str, visits: Sequence[int], *, now: datetime) -> None:
    """There is nothing left to do for these visits."""
    theirs = (_TASK.c.kind == kind, _TASK.c.done_at.is_(None), _TASK.c.appointment_id.in_(visits))
    session.connection().execute(update(_TASK).where(*theirs).values(done_at=now))


def add_calls(session: Session, offers: Mapping[int, int], *, now: datetime) -> None:
    """One for each offer (its held appointment by its id): nobody can write to them."""
    rows = [{"kind": PHONE_OFFER, "created_at": now, "appointment_id": hold, "offer_id": offer} for offer, hold in offers.items()]
    if rows:
        session.connection().execute(_INSERT, rows)


def close_calls(session: Session, offers: Sequence[int], *, now: datetime) -> None:
    """Nobody need call about these offers any more."""
    theirs = (_TASK.c.offer_id.in_(offers), _TASK.c.done_at.is_(None))
    session.connection().execute(update(_TASK).where(*theirs).values(done_at=now))


_MESSAGE_TASK = text("""
    insert into task (kind, created_at, appointment_id, patient_id, delivery_id)
    select :kind, :now, :appointment_id, (select patient_id from appointment where id = :appointment_id), :delivery_id
    on conflict (delivery_id) do update set done_at = null, done_by_id = null, created_at = excluded.created_at
    where task.done_at is not null
""").bindparams(bindparam("now", type_=UtcDateTime()), bindparam("appointment_id", type_=BigInteger()))


def add_message_task(session: Session, kind: str, delivery_id: int, appointment_id: int | None, *, now: datetime) -> None:
    """A message that could not be sent, or is to be printed: one task each, open again when sending it again fails as well."""
    asked = {"kind": kind, "now": now, "appointment_id": appointment_id, "delivery_id": delivery_id}
    session.connection().execute(_MESSAGE_TASK, asked)
