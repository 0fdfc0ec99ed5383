"""Somebody waits to be called: a task, with the call in which that was promised, or the last one that was made to keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from clinic.store.tables.directory import ZipCode
from clinic.store.tables.patients import Patient
from clinic.store.tables.staff import Account
from clinic.store.tables.work import Call, Task

CALL_BACK = "call_back"
MADE_FOR = and_(Task.call_id == Call.id, Task.kind == CALL_BACK, Task.created_at < Call.began_at)
"""Holds for a call and the promise that it was made to keep."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A call-back that is not done. `given_name` and `phone` (E.164) are the patient's, or the number that was left.

    `zone` is that of their ZIP code, or of the one that was asked about; None where neither is known. `calling` holds once
    the call is one that was made for it, by `caller_id` since `began_at`, and `ended_at` says whether it is over.
    """

    task_id: int
    call_id: int
    due_at: datetime
    owner_id: int | None
    owner: str | None
    patient_id: int | None
    given_name: str | None
    phone: str | None
    zone: str | None
    calling: bool
    caller_id: int
    began_at: datetime
    ended_at: datetime | None

    def __repr__(self) -> str:  # never into a log
        return f"Promised({self.task_id})"


def promise(
    session: Session, call: Call, *, due_at: datetime, owner_id: int, patient_id: int | None, now: datetime
) -> int:  # fmt: skip
    """A task to call back: that patient at the number on record, or else the number left with the call. Returns its id."""
    task = Task(
        kind=CALL_BACK, created_at=now, call_id=call.id, patient_id=patient_id, due_at=due_at, claimed_by_id=owner_id,
        claimed_at=now,
    )  # fmt: skip
    session.add(task)
    session.flush()
    return task.id


_HOME, _ASKED = aliased(ZipCode), aliased(ZipCode)
_PROMISED = (
    select(
        Task.id, Task.call_id, Task.due_at, Task.claimed_by_id, Account.name, Task.patient_id, Patient.given_name,
        func.coalesce(Patient.phone, Call.phone),
        func.coalesce(func.nullif(_HOME.time_zone, ""), func.nullif(_ASKED.time_zone, "")), MADE_FOR,
        Call.account_id, Call.began_at, Call.ended_at,
    )
    .join(Call, Call.id == Task.call_id)
    .outerjoin(Patient, Patient.id == Task.patient_id)
    .outerjoin(Account, Account.id == Task.claimed_by_id)
    .outerjoin(_HOME, _HOME.code == Patient.postal_code)
    .outerjoin(_ASKED, _ASKED.code == Call.postal_code)
    .where(Task.kind == CALL_BACK, Task.done_at.is_(None))
    .order_by(Task.due_at, Task.id)
)  # fmt: skip


def promised(session: Session, *, owner_id: int | None = None, task_id: int | None = None) -> list[Promised]:
    """Those not done, what is due first coming first; of one owner, with those that nobody has, or one task only."""
    wanted = _PROMISED
    if owner_id is not None:
        wanted = wanted.where(or_(Task.claimed_by_id == owner_id, Task.claimed_by_id.is_(None)))
    if task_id is not None:
        wanted = wanted.where(Task.id == task_id)
    return [Promised(*row) for row in session.execute(wanted)]


def find_open(session: Session, call_id: int) -> int | None:
    """The task of that call that is not done."""
    wanted = select(Task.id).where(Task.call_id == call_id, Task.kind == CALL_BACK, Task.done_at.is_(None))
    return session.scalars(wanted.order_by(Task.id).limit(1)).first()


def is_promised(session: Session, call_id: int) -> bool:
    """Whether somebody is to be called back about that call, or was."""
    wanted = select(Task.id).where(Task.call_id == call_id, Task.kind == CALL_BACK).limit(1)
    return session.execute(wanted).first() is not None


def hand_on(session: Session, task_id: int, before: Call, call: Call, *, owner_id: int, now: datetime) -> None:
    """The promise goes with a call that is made to keep it, and the number that was left with the one before."""
    call.phone, before.phone = before.phone, None
    session.flush()
    values = {"call_id": call.id, "claimed_by_id": owner_id, "claimed_at": now}
    session.execute(update(Task).where(Task.id == task_id).values(values))


def finish(session: Session, task_id: int, call_id: int, *, by: int, now: datetime) -> bool:
    """Done; the number that was left goes with it. False when it was done already."""
    open_one = (Task.id == task_id, Task.done_at.is_(None))
    done = session.connection().execute(update(Task).where(*open_one).values(done_at=now, done_by_id=by)).rowcount
    session.execute(update(Call).where(Call.id == call_id).values(phone=None))
    return bool(done)


def kept_by(session: Session, call_id: int) -> int | None:
    """The task that is not done for which that call was made."""
    wanted = select(Task.id).join(Call, MADE_FOR).where(Call.id == call_id, Task.done_at.is_(None))
    return session.scalars(wanted).first()


def patient_called(session: Session, call_id: int) -> int | None:
    """The patient for whom that call was made to the number on file, until that is done; None where a number was left."""
    wanted = select(Task.patient_id).join(Call, MADE_FOR).where(Call.id == call_id, Task.done_at.is_(None))
    return session.scalars(wanted).first()


def put_off(session: Session, task_id: int, *, due_at: datetime) -> bool:
    """False when it was done already."""
    open_one = (Task.id == task_id, Task.done_at.is_(None))
    return bool(session.connection().execute(update(Task).where(*open_one).values(due_at=due_at)).rowcount)


def count_promised(session: Session, *, now: datetime) -> tuple[int, int]:
    """How many call-backs are open, and how many of them are overdue."""
    late = func.count(case((Task.due_at <= now, 1)))
    wanted = select(func.count(), late).where(Task.kind == CALL_BACK, Task.done_at.is_(None))
    every, overdue = session.execute(wanted).one()
    return every, overdue
