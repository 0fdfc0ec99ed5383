"""The staff's work list as they read it: open tasks within somebody's reach, who does each, and what it is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, exists, func, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.people.roles import Reach
from clinic.domain.scheduling.affected import CALL_TODAY, Cause
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.patients import Guardian, Patient
from clinic.store.tables.staff import Account
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.store.tables.work import Task
from clinic.store.work.minding import falls_to_managers
from clinic.store.work.tasks import AFFECTED_VISIT


class Sight(NamedTuple):
    """How far the list goes for whoever reads it; `stands_in`: what no clinic minds and no supervisor can see to, too."""

    tasks: Reach
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task of the list. It names no patient. `start` is UTC, in the clinic's `time_zone`; all of it None without a visit.

    `cause` is why the visit is to be moved, as domain.scheduling.affected writes it; '' where it is not.
    """

    id: int
    kind: str
    created_at: datetime
    due_at: datetime | None
    holder_id: int | None
    holder: str | None
    note: str
    start: datetime | None
    time_zone: str | None
    clinic: str | None
    visit_id: int | None
    location_id: int | None
    cause: str


_SINCE = func.coalesce(Task.due_at, Task.created_at)
_LISTED = (
    select(
        Task.id, Task.kind, Task.created_at, Task.due_at, Task.claimed_by_id, Account.name, Task.note, Appointment.start_at,
        Location.time_zone, Location.name, Task.appointment_id, Location.id,
        case((Task.kind == AFFECTED_VISIT, func.coalesce(func.nullif(Task.cause, ""), Cause.HOURS.value)), else_=""),
    )
    .outerjoin(Appointment, Appointment.id == Task.appointment_id)
    .outerjoin(Location, Location.id == func.coalesce(Appointment.location_id, Task.location_id))
    .outerjoin(Account, Account.id == Task.claimed_by_id)
    .where(Task.done_at.is_(None))
)  # fmt: skip


def _in_turn(now: datetime) -> list[Any]:
    """Visits to move that are near, by their time; then all else, the oldest first; then visits to move that are further off."""
    to_move = Task.kind == AFFECTED_VISIT
    near = and_(to_move, Appointment.start_at <= now + CALL_TODAY)
    return [case((near, 0), (to_move, 2), else_=1), case((to_move, Appointment.start_at), else_=_SINCE), Task.id]


def within(sight: Sight, *, now: datetime) -> ColumnElement[bool]:
    """Tasks in sight: by the clinic of the visit, or the task's own; of a patient alone, by where they have visits. And what
    falls to whoever stands in.
    """
    allowed = sight.tasks
    if allowed.everywhere:
        return true()
    return or_(_at(allowed), falls_to_managers(now)) if sight.stands_in else _at(allowed)


def _at(allowed: Reach) -> ColumnElement[bool]:
    here = list(allowed.locations)
    visit = exists().where(Appointment.id == Task.appointment_id, Appointment.location_id.in_(here)).correlate(Task)
    theirs = exists().where(Appointment.patient_id == Task.patient_id, Appointment.location_id.in_(here)).correlate(Task)
    alone = and_(Task.appointment_id.is_(None), Task.location_id.is_(None), theirs)
    return or_(Task.location_id.in_(here), visit, alone)


def open_tasks(
    session: Session, sight: Sight, *, kind: str = "", holder_id: int | None = None, limit: int, offset: int = 0, now: datetime
) -> list[ListedTask]:
    """What presses first; of one kind, or that one account has, only."""
    wanted = _LISTED.where(within(sight, now=now)).order_by(*_in_turn(now)).limit(limit).offset(offset)
    if kind:
        wanted = wanted.where(Task.kind == kind)
    if holder_id is not None:
        wanted = wanted.where(Task.claimed_by_id == holder_id)
    return [ListedTask(*row) for row in session.execute(wanted)]  # type: ignore[call-arg]


def counts(session: Session, sight: Sight, *, holder_id: int | None = None, now: datetime) -> dict[str, int]:
    """How many are open, by kind."""
    wanted = select(Task.kind, func.count()).where(Task.done_at.is_(None), within(sight, now=now)).group_by(Task.kind)
    if holder_id is not None:
        wanted = wanted.where(Task.claimed_by_id == holder_id)
    return dict(session.execute(wanted).all())


def find_task(session: Session, sight: Sight, task_id: int, *, now: datetime) -> Task | None:
    """The task as the database has it now; None out of sight, as where there is none."""
    wanted = select(Task).where(Task.id == task_id, within(sight, now=now))
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def name_of(session: Session, account_id: int | None) -> str:
    return session.scalar(select(Account.name).where(Account.id == account_id)) or "" if account_id is not None else ""


def claim(session: Session, task_id: int, account_id: int | None, *, holder_id: int | None, now: datetime) -> bool:
    """From whoever has it (`holder_id`; nobody) to that person, or back to nobody. False when somebody else was faster."""
    as_seen = Task.claimed_by_id.is_not_distinct_from(holder_id)
    taken = update(Task).where(Task.id == task_id, Task.done_at.is_(None), as_seen)
    claimed_at = now if account_id is not None else None
    return bool(session.connection().execute(taken.values(claimed_by_id=account_id, claimed_at=claimed_at)).rowcount)


def put_all_back(session: Session, account_id: int) -> None:
    """Whatever that account has is anybody's."""
    theirs = update(Task).where(Task.claimed_by_id == account_id, Task.done_at.is_(None))
    session.connection().execute(theirs.values(claimed_by_id=None, claimed_at=None))


def write_note(session: Session, task_id: int, note: str, *, before: str) -> bool:
    """In place of the note as it was `before`. False when somebody else has changed it."""
    written = update(Task).where(Task.id == task_id, Task.note == before).values(note=note)
    return bool(session.connection().execute(written).rowcount)


def finish(session: Session, task_id: int, account_id: int, *, now: datetime) -> bool:
    """False when it is done already."""
    done = update(Task).where(Task.id == task_id, Task.done_at.is_(None)).values(done_at=now, done_by_id=account_id)
    return bool(session.connection().execute(done).rowcount)


def reopen(session: Session, task_id: int, account_id: int, *, since: datetime) -> bool:
    """Of what that person did since then. False for anything else."""
    fresh = (Task.id == task_id, Task.done_by_id == account_id, Task.done_at >= since)
    opened = update(Task).where(*fresh).values(done_at=None, done_by_id=None)
    return bool(session.connection().execute(opened).rowcount)


@dataclass(frozen=True, slots=True)
class ToCall:
    """Whom to call about a visit. `phone` in E.164; of a child, that of `guardian`, who is called."""

    patient_id: int
    name: str
    guardian: str
    phone: str
    phone_extension: str | None

    def __repr__(self) -> str:  # never into a log
        return f"ToCall({self.patient_id})"


def to_call(session: Session, visits: Collection[int]) -> dict[int, ToCall]:
    """Whom to call about each of these visits."""
    wanted = (
        select(
            Appointment.id, Patient.id, Patient.given_name, Patient.family_name, Patient.phone, Patient.phone_extension,
            Guardian.name, Guardian.phone,
        )
        .join(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(Guardian, Guardian.appointment_id == Appointment.id)
        .where(Appointment.id.in_(visits))
    )  # fmt: skip
    return {
        visit: ToCall(patient, f"{given} {family}", guardian or "", theirs or phone, None if theirs else extension)
        for visit, patient, given, family, phone, extension, guardian, theirs in session.execute(wanted)
    }


@dataclass(frozen=True, slots=True)
class Message:
    """The message of a task. `detail` is the short code of what went wrong, `body` sealed, and gone after thirty days."""

    delivery_id: int
    channel: str
    event: str
    outcome: str
    detail: str
    recipient: str | None
    tried_at: datetime | None
    body: str | None

    def __repr__(self) -> str:  # never into a log
        return f"Message({self.delivery_id})"


def find_message(session: Session, delivery_id: int) -> Message | None:
    row = session.execute(
        select(
            Delivery.id, Delivery.channel, OutboxMessage.event, Delivery.outcome, Delivery.detail, Delivery.recipient,
            Delivery.done_at, Delivery.body,
        )
        .join(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(Delivery.id == delivery_id)
    ).one_or_none()  # fmt: skip
    return Message(*row) if row else None  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Known:
    """A patient's record, as far as somebody who calls them, or compares two, needs it. `phone` in E.164."""

    id: int
    given_name: str
    family_name: str
    birth_date: date
    phone: str
    phone_extension: str | None
    language: str
    interpreter: bool
    created_at: datetime
    visits: int

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def __repr__(self) -> str:  # never into a log
        return f"Known({self.id})"


_VISITS = select(func.count()).where(Appointment.patient_id == Patient.id).correlate(Patient).scalar_subquery()
_KNOWN = select(
    Patient.id, Patient.given_name, Patient.family_name, Patient.birth_date, Patient.phone, Patient.phone_extension,
    Patient.language, Patient.interpreter, Patient.created_at, _VISITS,
)  # fmt: skip


def known(session: Session, patient_ids: Sequence[int]) -> list[Known]:
    """Their records, in that order."""
    found = {row[0]: Known(*row) for row in session.execute(_KNOWN.where(Patient.id.in_(patient_ids)))}
    return [found[id_] for id_ in patient_ids if id_ in found]


def find_offer(session: Session, offer_id: int) -> tuple[str, datetime, str | None, int | None] | None:
    """(state, until when, what they said, sealed, the visit they have) of whoever is offered a time."""
    wanted = select(TimeOffer.state, TimeOffer.expires_at, WaitlistEntry.said, Appointment.patient_id)
    row = session.execute(
        wanted.join(WaitlistEntry, WaitlistEntry.id == TimeOffer.entry_id)
        .outerjoin(Appointment, Appointment.id == WaitlistEntry.appointment_id)
        .where(TimeOffer.id == offer_id)
    ).one_or_none()
    return (row[0], row[1], row[2], row[3]) if row else None
