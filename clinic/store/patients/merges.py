"""Two records of one patient become one, and two again if that was wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base
from clinic.store.dependents import OF_PATIENT
from clinic.store.locks import lock_calendars
from clinic.store.tables.appointments import Claim
from clinic.store.tables.patients import Patient, PatientMerge
from clinic.store.tables.staff import Account
from clinic.store.work import tasks

Moved = dict[str, list[int]]
"""Ids of what went along, by "table.column"; under "closed", tasks that it settled."""


_TABLES = Base.metadata.tables
_CALL, _TASK, _CLAIM = _TABLES["call"], _TABLES["task"], _TABLES["claim"]
_FOLLOWS = tuple(one.column for one in OF_PATIENT if one.merge)
"""Whatever names a patient and is about to name another."""

_FRESH = {"populate_existing": True}


def lock_pair(session: Session, one: int, other: int) -> list[Patient]:
    """Both records by their ids, for nobody else until the transaction ends: calls about them first, as calls do, then their
    calendars, as bookings do.
    """
    pair = sorted((one, other))
    session.execute(select(_CALL.c.id).where(_CALL.c.patient_id.in_(pair)).order_by(_CALL.c.id).with_for_update())
    lock_calendars(session, pair)
    records = select(Patient).where(Patient.id.in_(pair)).order_by(Patient.id).with_for_update()
    return list(session.scalars(records, execution_options=_FRESH))


def clashes(session: Session, one: int, other: int) -> list[tuple[int, int]]:
    """(visit of the one, visit of the other) that are at the same time: nobody can be in two places."""
    a, b = aliased(Claim), aliased(Claim)
    same_time = and_(a.start_cell < b.end_cell, b.start_cell < a.end_cell)
    wanted = select(a.appointment_id, b.appointment_id).where(a.resource_id == one, b.resource_id == other, same_time)
    return [(first, second) for first, second in session.execute(wanted.order_by(a.start_cell, b.start_cell))]


def follow(session: Session, from_id: int, into_id: int, *, by: int, now: datetime) -> Moved:
    """Everything of the one is the other's; open questions whether the two are one are settled. Returns what moved."""
    pair = (from_id, into_id)
    asked = (_TASK.c.kind == tasks.POSSIBLE_DUPLICATE, _TASK.c.patient_id.in_(pair), _TASK.c.other_patient_id.in_(pair))
    connection = session.connection()
    about = list(session.execute(select(_TASK.c.id, _TASK.c.done_at).where(*asked)).all())
    moved: Moved = {"closed": [id_ for id_, done_at in about if done_at is None]}
    connection.execute(update(_TASK).where(_TASK.c.id.in_(moved["closed"])).values(done_at=now, done_by_id=by))
    connection.execute(update(_CLAIM).where(_CLAIM.c.resource_id == from_id).values(resource_id=into_id))
    for column in _FOLLOWS:
        theirs = column == from_id
        if column.table is _TASK:  # those about the pair go on naming both
            theirs = and_(theirs, _TASK.c.id.not_in([id_ for id_, _ in about]))
        ids = list(session.execute(select(column.table.c.id).where(theirs).order_by(column.table.c.id)).scalars())
        connection.execute(update(column.table).where(column.table.c.id.in_(ids)).values({column.name: into_id}))
        moved[str(column)] = ids
    return moved


def give_back(session: Session, from_id: int, into_id: int, moved: Moved) -> None:
    """What moved, and is still the other's, is the one's again; what was settled is open again."""
    connection = session.connection()
    connection.execute(update(_TASK).where(_TASK.c.id.in_(moved["closed"])).values(done_at=None, done_by_id=None))
    visits = moved[str(_FOLLOWS[0])]
    theirs = and_(_CLAIM.c.resource_id == into_id, _CLAIM.c.appointment_id.in_(visits))
    connection.execute(update(_CLAIM).where(theirs).values(resource_id=from_id))
    for column in _FOLLOWS:
        still = and_(column.table.c.id.in_(moved[str(column)]), column == into_id)
        connection.execute(update(column.table).where(still).values({column.name: from_id}))


def add(session: Session, **values: Any) -> int:
    """Fields as in PatientMerge, `moved` as it is. Returns its id."""
    merge = PatientMerge(**values | {"moved": json.dumps(values["moved"])})
    session.add(merge)
    session.flush()
    return merge.id


def read_moved(merge: PatientMerge) -> Moved:
    found: Moved = json.loads(merge.moved)
    return found


def find(session: Session, merge_id: int) -> PatientMerge | None:
    """As the database has it now."""
    return session.get(PatientMerge, merge_id, populate_existing=True)


def since(session: Session, begin: datetime) -> list[tuple[PatientMerge, str]]:
    """Those since then that were not undone, the last first, with the name of whoever made them."""
    by = literal("account:") + cast(Account.id, String)
    wanted = select(PatientMerge, Account.name).outerjoin(Account, by == PatientMerge.actor)
    wanted = wanted.where(PatientMerge.at >= begin, PatientMerge.undone_at.is_(None)).order_by(PatientMerge.id.desc())
    return [(found, name or "") for found, name in session.execute(wanted, execution_options=_FRESH)]


def asked_about(session: Session, task_id: int) -> set[int]:
    """The two records of a question whether they are one, open or settled; none of any other task."""
    wanted = select(_TASK.c.patient_id, _TASK.c.other_patient_id)
    row = session.execute(wanted.where(_TASK.c.id == task_id, _TASK.c.kind == tasks.POSSIBLE_DUPLICATE)).one_or_none()
    return {id_ for id_ in row if id_ is not None} if row else set()


def pair_of(session: Session, task_id: int) -> tuple[int, int] | None:
    """The two records of an open question whether they are one."""
    wanted = select(_TASK.c.patient_id, _TASK.c.other_patient_id).where(
        _TASK.c.id == task_id, _TASK.c.kind == tasks.POSSIBLE_DUPLICATE, _TASK.c.done_at.is_(None),
        _TASK.c.patient_id.is_not(None), _TASK.c.other_patient_id.is_not(None),
    )  # fmt: skip
    row = session.execute(wanted).one_or_none()
    return (row[0], row[1]) if row else None


def records(session: Session, ids: Sequence[int]) -> dict[int, Patient]:
    """By id, as the database has them now."""
    found = session.scalars(select(Patient).where(or_(*(Patient.id == id_ for id_ in ids))), execution_options=_FRESH)
    return {patient.id: patient for patient in found}
