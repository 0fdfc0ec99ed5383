"""Calls to the desk: who took them, whom they are about, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, case, false, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.accounts import Account
from clinic.store.base import Base, Key
from clinic.store.patients import Patient
from clinic.store.tasks import Task


class Call(Base):
    """One call, and whoever took it. `patient_id` is set once the caller proved whom they call about, at `verified_at`.

    `misses` are answers that did not fit, and looks that found nobody. `relation` is the caller's to the patient, and
    `speaks_for` says that the patient agrees to it. `note` stays here, and never goes into a chart. `phone` (E.164) is the
    number to call back of somebody who is no patient yet, for as long as they wait for that. `service_slug` and
    `postal_code` say what was asked for, and where.
    """

    __tablename__ = "call"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    verified_at: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    relation: Mapped[str] = mapped_column(String(40), default="", server_default="")
    speaks_for: Mapped[bool] = mapped_column(default=False, server_default=false())
    outcome: Mapped[str | None] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(20), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    phone: Mapped[str | None] = mapped_column(String(20))
    service_slug: Mapped[str] = mapped_column(String(100), default="", server_default="")
    postal_code: Mapped[str] = mapped_column(String(5), default="", server_default="")

    __table_args__ = (
        Index("ix_call_account", "account_id", "began_at"),
        Index("ix_call_began", "began_at"),
        Index("ix_call_patient", "patient_id"),
    )

    def __repr__(self) -> str:  # never a note into a log
        return f"Call({self.id})"


class CallVisit(Base):
    """What was done with a visit, or a held time, during a call. `action` as in the audit log."""

    __tablename__ = "call_visit"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    action: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_call_visit_call", "call_id"), Index("ix_call_visit_appointment", "appointment_id"))


_CALL, _VISIT = Base.metadata.tables["call"], Base.metadata.tables["call_visit"]
_NOTE_VISIT = insert(_VISIT)
_FRESH = {"populate_existing": True}


def begin(session: Session, account_id: int, *, now: datetime) -> int:
    """A new call of that agent. Returns its id."""
    row = {"account_id": account_id, "began_at": now}
    made: int = session.connection().execute(insert(_CALL).returning(_CALL.c.id), row).scalar_one()
    return made


def find(session: Session, call_id: int) -> Call | None:
    """As the database has it now."""
    return session.get(Call, call_id, populate_existing=True)


def lock(session: Session, call_id: int) -> Call | None:
    """The call, for nobody else until the transaction ends. It is taken before any calendar is."""
    return session.scalar(select(Call).where(Call.id == call_id).with_for_update(), execution_options=_FRESH)


def note_visit(session: Session, call_id: int, appointment_id: int, action: str, *, now: datetime) -> None:
    """That was done during the call; part of the transaction that does it."""
    row = {"call_id": call_id, "appointment_id": appointment_id, "action": action, "at": now}
    session.connection().execute(_NOTE_VISIT, row)


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of what was done during a call."""

    appointment_id: int
    action: str
    at: datetime


def visits_of(session: Session, call_id: int) -> tuple[Noted, ...]:
    """In the order in which it was done."""
    wanted = select(CallVisit.appointment_id, CallVisit.action, CallVisit.at).where(CallVisit.call_id == call_id)
    return tuple(Noted(*row) for row in session.execute(wanted.order_by(CallVisit.id)))


def under_way(session: Session, account_id: int, *, since: datetime) -> Sequence[Call]:
    """Calls of that agent that began since then and have not ended, the first first."""
    wanted = select(Call).where(Call.account_id == account_id, Call.began_at > since, Call.ended_at.is_(None))
    return session.scalars(wanted.order_by(Call.id), execution_options=_FRESH).all()


CALL_BACK = "call_back"
"""Somebody waits to be called: a task, with the call in which that was promised."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A call-back that is not done. `given_name` and `phone` (E.164) are the patient's, or the number that was left."""

    task_id: int
    call_id: int
    due_at: datetime
    owner_id: int | None
    owner: str | None
    patient_id: int | None
    given_name: str | None
    phone: str | None

    def __repr__(self) -> str:  # never into a log
        return f"Promised({self.task_id})"


def promise(session: Session, call: Call, *, due_at: datetime, owner_id: int, now: datetime) -> int:
    """A task to call back, for the patient of the call or the number left with it. Returns its id."""
    task = Task(
        kind=CALL_BACK, created_at=now, call_id=call.id, patient_id=call.patient_id, due_at=due_at, claimed_by_id=owner_id,
        claimed_at=now,
    )  # fmt: skip
    session.add(task)
    session.flush()
    return task.id


_PROMISED = (
    select(
        Task.id, Task.call_id, Task.due_at, Task.claimed_by_id, Account.name, Task.patient_id, Patient.given_name,
        func.coalesce(Patient.phone, Call.phone),
    )
    .join(Call, Call.id == Task.call_id)
    .outerjoin(Patient, Patient.id == Task.patient_id)
    .outerjoin(Account, Account.id == Task.claimed_by_id)
    .where(Task.kind == CALL_BACK, Task.done_at.is_(None))
    .order_by(Task.due_at, Task.id)
)  # fmt: skip


def promised(session: Session, *, owner_id: int | None = None, task_id: int | None = None) -> list[Promised]:
    """Those not done, of one owner or one task only; what is due first comes first."""
    wanted = _PROMISED if owner_id is None else _PROMISED.where(Task.claimed_by_id == owner_id)
    if task_id is not None:
        wanted = wanted.where(Task.id == task_id)
    return [Promised(*row) for row in session.execute(wanted)]  # type: ignore[arg-type]


def is_promised(session: Session, call_id: int) -> bool:
    """Whether somebody is to be called back about that call, or was."""
    wanted = select(Task.id).where(Task.call_id == call_id, Task.kind == CALL_BACK).limit(1)
    return session.execute(wanted).first() is not None


def finish_promise(session: Session, task_id: int, call_id: int, *, by: int, now: datetime) -> bool:
    """Done; the number that was left goes with it. False when it was done already."""
    open_one = (Task.id == task_id, Task.done_at.is_(None))
    done = session.connection().execute(update(Task).where(*open_one).values(done_at=now, done_by_id=by)).rowcount
    session.execute(update(Call).where(Call.id == call_id).values(phone=None))
    return bool(done)


def put_off(session: Session, task_id: int, *, due_at: datetime) -> bool:
    """False when it was done already."""
    open_one = (Task.id == task_id, Task.done_at.is_(None))
    return bool(session.connection().execute(update(Task).where(*open_one).values(due_at=due_at)).rowcount)


@dataclass(frozen=True, slots=True)
class Counted:
    """A call, as it counts."""

    account_id: int
    name: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    why: str


def since(session: Session, begin: datetime, until: datetime) -> list[Counted]:
    """Calls that began in [begin, until), by agents' names."""
    wanted = (
        select(Call.account_id, Account.name, Call.began_at, Call.ended_at, Call.outcome, Call.why)
        .join(Account, Account.id == Call.account_id)
        .where(Call.began_at >= begin, Call.began_at < until)
        .order_by(Account.name, Account.id, Call.id)
    )
    return [Counted(*row) for row in session.execute(wanted)]


def count_promised(session: Session, *, now: datetime) -> tuple[int, int]:
    """How many call-backs are open, and how many of them are overdue."""
    late = func.count(case((Task.due_at <= now, 1)))
    wanted = select(func.count(), late).where(Task.kind == CALL_BACK, Task.done_at.is_(None))
    every, overdue = session.execute(wanted).one()
    return every, overdue
