"""What may go for good, and what goes with it. Whatever is still in use stays: it is not due until nothing needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from clinic.domain.retention import UNDONE_FOR_DAYS, Retention, days_before
from clinic.domain.scheduling.appointment import State
from clinic.store import (
    locks,
    tables,  # noqa: F401 (they are all there)
)
from clinic.store.base import Base, one_of
from clinic.store.dependents import OF_APPOINTMENT, OF_PATIENT
from clinic.store.locks import LockSpace, lock_calendars

_TABLES = Base.metadata.tables
_APPOINTMENT, _PATIENT, _RESOURCE = _TABLES["appointment"], _TABLES["patient"], _TABLES["resource"]
_OUTBOX, _DELIVERY, _TASK = _TABLES["outbox"], _TABLES["delivery"], _TABLES["task"]
_ENTRY, _FREED, _OFFER = _TABLES["waitlist_entry"], _TABLES["freed_time"], _TABLES["time_offer"]
_DRAFT, _KEY = _TABLES["draft"], _TABLES["idempotency_key"]
_CALL, _CALL_VISIT, _MERGE, _MERGED = _TABLES["call"], _TABLES["call_visit"], _TABLES["patient_merge"], _PATIENT.alias("merged")

Keys = Sequence[Sequence[Any]]
"""Primary keys, a tuple each."""


class PurgeConditions:
    """Conditions for what may go at `now`; to be asked with `gone`: ids, by table, of what is thought of as gone already."""

    def __init__(self, keep: Retention, now: datetime) -> None:
        self._keep, self._now = keep, now
        self.gone: dict[str, list[int]] = {}

    def drafts(self) -> ColumnElement[bool]:
        """Of times that are not held any more."""
        held = and_(_APPOINTMENT.c.state == State.HELD, _APPOINTMENT.c.hold_expires_at > self._now)
        return _DRAFT.c.appointment_id.not_in(_whole(select(_APPOINTMENT.c.id).where(held)))

    def keys(self) -> ColumnElement[bool]:
        return _KEY.c.created_at <= self._before(self._keep.idempotency_days)

    def contents(self) -> ColumnElement[bool]:
        """Bodies and addresses of messages that ended, unless somebody has yet to print or look at one."""
        return and_(
            _DELIVERY.c.done_at < self._before(self._keep.messages_days),
            or_(_DELIVERY.c.body.is_not(None), _DELIVERY.c.recipient.is_not(None)),
            _DELIVERY.c.id.not_in(_open_tasks(_TASK.c.delivery_id)),
        )

    def tasks(self) -> ColumnElement[bool]:
        return _TASK.c.done_at < self._before(self._keep.tasks_days)

    def calls(self) -> ColumnElement[bool]:
        """With what was noted of them; a promise to call back keeps the call."""
        over = func.coalesce(_CALL.c.ended_at, _CALL.c.began_at) < self._before(self._keep.tasks_days)
        return and_(over, _unneeded(_CALL, _TASK.c.call_id))

    def merges(self) -> ColumnElement[bool]:
        """What moved when two records became one: nobody can take that back any more."""
        return _MERGE.c.at < self._before(max(self._keep.tasks_days, UNDONE_FOR_DAYS))

    def freed(self) -> ColumnElement[bool]:
        """Times that became free, with all their offers: whom a time was offered is known for as long as it is offered."""
        offered = _whole(select(_OFFER.c.freed_id).where(_OFFER.c.id.in_(_open_tasks(_TASK.c.offer_id))))
        return and_(_FREED.c.done_at < self._before(self._keep.waitlist_days), _FREED.c.id.not_in(offered))

    def entries(self) -> ColumnElement[bool]:
        about = _OUTBOX.join(_DELIVERY, _DELIVERY.c.outbox_id == _OUTBOX.c.id)
        wanted = and_(_OUTBOX.c.entry_id.is_not(None), _DELIVERY.c.id.in_(_open_tasks(_TASK.c.delivery_id)))
        looked_at = _whole(select(_OUTBOX.c.entry_id).select_from(about).where(wanted))
        return and_(
            _ENTRY.c.ended_at < self._before(self._keep.waitlist_days),
            _unneeded(_ENTRY, _OFFER.c.entry_id),
            _ENTRY.c.id.not_in(looked_at),
        )

    def holds(self) -> ColumnElement[bool]:
        """Times that nobody booked: lapsed or released."""
        ended = func.coalesce(_APPOINTMENT.c.cancelled_at, _APPOINTMENT.c.hold_expires_at, _APPOINTMENT.c.held_at)
        return and_(
            _APPOINTMENT.c.patient_id.is_(None),
            _APPOINTMENT.c.booked_at.is_(None),
            ended < self._before(self._keep.holds_days),
            _unused(),
        )

    def visits(self) -> ColumnElement[bool]:
        """Whether they took place, were missed or cancelled: counted from the time they were for."""
        over = _APPOINTMENT.c.end_at < self._before(self._keep.visits_days)
        return and_(_APPOINTMENT.c.patient_id.is_not(None), over, _unused())

    def patients(self) -> ColumnElement[bool]:
        """Known for longer than visits are kept, and with nothing left."""
        return and_(
            _PATIENT.c.created_at < self._before(self._keep.visits_days),
            *(_unneeded(_PATIENT, _beside(one.column)) for one in OF_PATIENT),
        )

    def audit(self) -> datetime:
        """Rows older than this."""
        return self._before(self._keep.audit_days)

    def _before(self, days: int) -> datetime:
        return days_before(self._now, days)


def _beside(column: Any) -> Any:
    """The column, of another row where it is one of patients as well."""
    return _MERGED.c[column.name] if column.table is _PATIENT else column


def _unused() -> ColumnElement[bool]:
    """No waitlist and nobody on the staff needs the appointment."""
    return and_(
        _APPOINTMENT.c.id.not_in(_open_tasks(_TASK.c.appointment_id)),
        *(_unneeded(_APPOINTMENT, one.column) for one in OF_APPOINTMENT if one.purge == "keeps"),
    )


# What a row goes with: itself, or what it hangs on.
_GOES_WITH = {
    "appointment": {"appointment": _APPOINTMENT.c.id},
    "freed_time": {"freed_time": _FREED.c.id},
    "waitlist_entry": {"waitlist_entry": _ENTRY.c.id},
    "time_offer": {"freed_time": _OFFER.c.freed_id},
    "task": {"task": _TASK.c.id, "appointment": _TASK.c.appointment_id},
    "call": {"call": _CALL.c.id},
    "patient_merge": {"patient_merge": _MERGE.c.id},
    "merged": {"patient": _MERGED.c.id},
}


class _among(one_of):  # noqa: N801 (as one_of)
    """one_of for very many ids: PostgreSQL hashes what a query gives, and not a list."""

    inherit_cache = True


@compiles(_among, "postgresql")
def _among_postgresql(element: _among, compiler: Any, **kw: Any) -> str:
    column, ids = compiler.process(element.column, **kw), compiler.process(element.ids, **kw)
    return f"{column} IN (SELECT unnest(CAST({ids} AS BIGINT[])))"


def _unneeded(target: Table, column: Any) -> ColumnElement[bool]:
    """No row that stays points at the target by `column`."""
    stays = [or_(key.is_(None), ~_among(key, f"gone_{name}")) for name, key in _GOES_WITH[column.table.name].items()]
    return ~exists(select(column).where(column == target.c.id, *stays).correlate(target))


def _open_tasks(column: Any) -> Select[Any]:
    """What tasks that are not done are about."""
    return _whole(select(column).where(_TASK.c.done_at.is_(None), column.is_not(None)))


def _whole(query: Select[Any]) -> Select[Any]:
    """The query by itself, whatever tables it stands among."""
    return query.correlate(None)


@dataclass(frozen=True, slots=True)
class PurgeKind:
    """One kind of thing that goes. `people` are those whose calendars are to be locked before a row of `table` goes.

    Where `noted`, the audit log says how many went.
    """

    name: str
    table: Table
    due: Callable[[PurgeConditions], ColumnElement[bool]]
    remove: Callable[[Session, Keys], None]
    portion: int = 1000
    people: Any = None
    noted: bool = False

    @property
    def removes(self) -> bool:
        """Whether rows go, not only what is in them."""
        return self.remove is not _empty_messages


def alone(session: Session) -> None:
    """Wait for others that purge; part of a writing transaction."""
    locks.wait_for(session, LockSpace.PURGING)


def some(session: Session, kind: PurgeKind, due: PurgeConditions, *, after: Sequence[Any] | None) -> Keys:
    """The keys of the next rows that may go, in their order. (Those before `after` were looked at.)"""
    columns = list(kind.table.primary_key.columns)
    wanted = select(*columns).where(kind.due(due)).order_by(*columns).limit(kind.portion)
    if after is not None:
        wanted = wanted.where(tuple_(*columns) > tuple_(*after) if len(columns) > 1 else columns[0] > after[0])
    return [tuple(row) for row in session.execute(wanted, _gone(due))]


def _gone(due: PurgeConditions) -> dict[str, list[int]]:
    return {f"gone_{name}": due.gone.get(name, []) for name in {name for keys in _GOES_WITH.values() for name in keys}}


def imagine(session: Session, kind: PurgeKind, due: PurgeConditions) -> int:
    """How many may go; from then on they are thought of as gone."""
    keys = [tuple(row) for row in session.execute(select(*kind.table.primary_key.columns).where(kind.due(due)), _gone(due))]
    if kind.removes:
        due.gone.setdefault(kind.table.name, []).extend(key[0] for key in keys)
    return len(keys)


def remove(session: Session, kind: PurgeKind, due: PurgeConditions, keys: Keys) -> int:
    """Remove those that still may go once nobody else can change them. Returns how many."""
    if kind.people is not None:
        lock_calendars(session, session.scalars(select(kind.people).where(_is(kind.table, keys)).distinct()))
        columns = list(kind.table.primary_key.columns)
        keys = [tuple(row) for row in session.execute(select(*columns).where(_is(kind.table, keys), kind.due(due)), _gone(due))]
    if keys:
        kind.remove(session, keys)
    return len(keys)


def _is(table: Table, keys: Keys) -> ColumnElement[bool]:
    columns = list(table.primary_key.columns)
    return tuple_(*columns).in_(keys) if len(columns) > 1 else columns[0].in_([key[0] for key in keys])


def _ids(keys: Keys) -> list[int]:
    return [key[0] for key in keys]


def _rows_of(table: Table) -> Callable[[Session, Keys], None]:
    return lambda session, keys: _drop(session, table, _is(table, keys))


def _drop(session: Session, table: Table, which: ColumnElement[bool]) -> None:
    session.connection().execute(delete(table).where(which))


def _empty_messages(session: Session, keys: Keys) -> None:
    session.connection().execute(update(_DELIVERY).where(_is(_DELIVERY, keys)).values(body=None, recipient=None))
    theirs = select(_DELIVERY.c.outbox_id).where(_is(_DELIVERY, keys))
    session.connection().execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(theirs), _OUTBOX.c.note.is_not(None)).values(note=None))


def _remove_messages(session: Session, about: ColumnElement[bool]) -> None:
    messages = select(_OUTBOX.c.id).where(about)
    sent = select(_DELIVERY.c.id).where(_DELIVERY.c.outbox_id.in_(messages))
    _drop(session, _TASK, _TASK.c.delivery_id.in_(sent))
    _drop(session, _DELIVERY, _DELIVERY.c.outbox_id.in_(messages))
    _drop(session, _OUTBOX, about)


def _remove_calls(session: Session, keys: Keys) -> None:
    _drop(session, _CALL_VISIT, _CALL_VISIT.c.call_id.in_(_ids(keys)))
    _drop(session, _CALL, _CALL.c.id.in_(_ids(keys)))


def _remove_freed(session: Session, keys: Keys) -> None:
    ids = _ids(keys)
    _drop(session, _TASK, _TASK.c.offer_id.in_(select(_OFFER.c.id).where(_OFFER.c.freed_id.in_(ids))))
    _drop(session, _OFFER, _OFFER.c.freed_id.in_(ids))
    _drop(session, _FREED, _FREED.c.id.in_(ids))


def _remove_entries(session: Session, keys: Keys) -> None:
    _remove_messages(session, _OUTBOX.c.entry_id.in_(_ids(keys)))
    _drop(session, _ENTRY, _ENTRY.c.id.in_(_ids(keys)))


def _remove_appointments(session: Session, keys: Keys) -> None:
    ids = _ids(keys)
    _remove_messages(session, _OUTBOX.c.appointment_id.in_(ids))
    for one in OF_APPOINTMENT:
        if one.purge == "goes":
            _drop(session, one.column.table, one.column.in_(ids))
    _drop(session, _APPOINTMENT, _APPOINTMENT.c.id.in_(ids))


def _remove_patients(session: Session, keys: Keys) -> None:
    _drop(session, _PATIENT, _PATIENT.c.id.in_(_ids(keys)))
    _drop(session, _RESOURCE, _RESOURCE.c.id.in_(_ids(keys)))


_SPECIALIST = _APPOINTMENT.c.specialist_id

KINDS = (
    PurgeKind("drafts of times that are not held any more", _DRAFT, PurgeConditions.drafts, _rows_of(_DRAFT)),
    PurgeKind("idempotency keys", _KEY, PurgeConditions.keys, _rows_of(_KEY)),
    PurgeKind("messages emptied of text and address", _DELIVERY, PurgeConditions.contents, _empty_messages),
    PurgeKind("tasks done", _TASK, PurgeConditions.tasks, _rows_of(_TASK)),
    PurgeKind("calls to the desk", _CALL, PurgeConditions.calls, _remove_calls),
    PurgeKind("merges of patients", _MERGE, PurgeConditions.merges, _rows_of(_MERGE)),
    PurgeKind("times that became free, with their offers", _FREED, PurgeConditions.freed, _remove_freed),
    PurgeKind("ended waitlist entries", _ENTRY, PurgeConditions.entries, _remove_entries),
    PurgeKind("held times that nobody booked", _APPOINTMENT, PurgeConditions.holds, _remove_appointments, 100, _SPECIALIST),
    PurgeKind("visits", _APPOINTMENT, PurgeConditions.visits, _remove_appointments, 100, _SPECIALIST, noted=True),
    PurgeKind("patients with nothing left", _PATIENT, PurgeConditions.patients, _remove_patients, 100, _PATIENT.c.id, noted=True),
)
"""In an order in which what is needed by others goes after them. Audit rows go by themselves: see seals.py."""
