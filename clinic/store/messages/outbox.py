"""What must be told to somebody: a row in the transaction that causes it, sent later by the worker (see
store.messages.deliveries).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, insert, literal, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.text.messages import REMINDERS, WAITS_FOR_MOVE, Event
from clinic.store.base import Base, UtcDateTime
from clinic.store.work.tasks import why_to_move

# Into the table, not its class: the ORM adds nothing here.
_OUTBOX = Base.metadata.tables["outbox"]
_INSERT = insert(_OUTBOX)


def tell(session: Session, appointment_id: int, event: str, *, sequence: int, now: datetime) -> None:
    """One outbox row about a visit."""
    row = {"appointment_id": appointment_id, "event": event, "sequence": sequence, "due_at": now}
    session.connection().execute(_INSERT, row)


def add_note(session: Session, appointment_id: int, event: Event, sequence: int, sealed: str) -> None:
    """What the staff add to that message, sealed."""
    theirs = _about(appointment_id, event, sequence)
    session.connection().execute(update(_OUTBOX).where(*theirs).values(note=sealed))


def note_of(session: Session, appointment_id: int, event: Event, sequence: int) -> str | None:
    """The same, as long as it is kept."""
    return session.connection().execute(select(_OUTBOX.c.note).where(*_about(appointment_id, event, sequence))).scalar()


def _about(appointment_id: int, event: Event, sequence: int) -> tuple[ColumnElement[bool], ...]:
    return (_OUTBOX.c.appointment_id == appointment_id, _OUTBOX.c.event == event.value, _OUTBOX.c.sequence == sequence)


def some_notes(session: Session, after: int, limit: int) -> list[tuple[int, str]]:
    """(message, sealed note) behind that message: for sealing anew in portions."""
    wanted = select(_OUTBOX.c.id, _OUTBOX.c.note).where(_OUTBOX.c.id > after, _OUTBOX.c.note.is_not(None))
    return [(id_, note) for id_, note in session.execute(wanted.order_by(_OUTBOX.c.id).limit(limit))]


def reseal(session: Session, message_id: int, sealed: str) -> None:
    session.execute(update(_OUTBOX).where(_OUTBOX.c.id == message_id).values(note=sealed))


def tell_waiting(
    session: Session, entry_id: int, event: str, *, sequence: int, due_at: datetime, appointment_id: int | None = None
) -> None:
    """One outbox row for whoever waits: about their entry, or (with the held time's id) an offer."""
    row = {"entry_id": entry_id, "appointment_id": appointment_id, "event": event, "sequence": sequence, "due_at": due_at}
    session.connection().execute(_INSERT, row)


def tell_staff(session: Session, account_id: int, event: Event, *, sequence: int, now: datetime) -> None:
    """One outbox row for somebody on the staff: with a link's id, or about the account of that id."""
    row = {"account_id": account_id, "event": event.value, "sequence": sequence, "due_at": now}
    session.connection().execute(_INSERT, row)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message whose time has come."""

    id: int
    appointment_id: int | None
    entry_id: int | None
    account_id: int | None
    event: str
    sequence: int
    due_at: datetime


_WAITS = and_(_OUTBOX.c.event.in_(sorted(WAITS_FOR_MOVE)), why_to_move(_OUTBOX.c.appointment_id).is_not(None))
"""A reminder of a visit that somebody has yet to move: it waits until that is settled."""


def due(session: Session, *, now: datetime, limit: int) -> list[DueMessage]:
    """The next messages that are due and not passed on, oldest first; on PostgreSQL this transaction's alone."""
    wanted = (
        select(*(_OUTBOX.c[name] for name in DueMessage.__dataclass_fields__))
        .where(_OUTBOX.c.done_at.is_(None), _OUTBOX.c.due_at <= now, ~_WAITS)
        .order_by(_OUTBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [DueMessage(*row) for row in session.connection().execute(wanted)]


def mark_done(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """They are passed on, or not wanted."""
    session.connection().execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).values(done_at=now))


def postpone(session: Session, message_id: int, *, until: datetime) -> None:
    """Not now: it is due again at that time."""
    session.connection().execute(update(_OUTBOX).where(_OUTBOX.c.id == message_id).values(due_at=until))


_CALL_FIRST = text("""
    insert into outbox (appointment_id, event, sequence, due_at) values (:id, :event, :sequence, :due_at)
    on conflict (appointment_id, event, sequence) do update set due_at = excluded.due_at, done_at = null
""").bindparams(bindparam("due_at", type_=UtcDateTime()), event=Event.CALL_FIRST.value)


def tell_to_call(session: Session, appointment_id: int, sequence: int, *, due_at: datetime) -> None:
    """From `due_at` on the patient is told to call before they come, if the visit has yet to be moved then. Asked for again it
    is told anew.
    """
    asked = {"id": appointment_id, "sequence": sequence, "due_at": due_at}
    session.connection().execute(_CALL_FIRST, asked)


def schedule(session: Session, appointment_id: int, sequence: int, planned: Mapping[Event, datetime]) -> None:
    """What is to be told later, event by event. Twice is once."""
    rows = [
        {"appointment_id": appointment_id, "event": event.value, "sequence": sequence, "due_at": due_at}
        for event, due_at in planned.items()
    ]
    if rows:
        session.connection().execute(_SCHEDULE, rows)


_SCHEDULE = text("""
    insert into outbox (appointment_id, event, sequence, due_at) values (:appointment_id, :event, :sequence, :due_at)
    on conflict do nothing
""").bindparams(bindparam("due_at", type_=UtcDateTime()))


def is_followed(session: Session, message: DueMessage, *, now: datetime) -> bool:
    """Whether a later reminder of the same visit is due as well: of several that waited, the last is told and no other."""
    later = (
        _OUTBOX.c.appointment_id == message.appointment_id, _OUTBOX.c.sequence == message.sequence,
        _OUTBOX.c.event.in_(sorted(REMINDERS.values())), _OUTBOX.c.due_at > message.due_at, _OUTBOX.c.due_at <= now,
    )  # fmt: skip
    return session.connection().execute(select(literal(1)).where(*later).limit(1)).first() is not None


def drop_older(session: Session, appointment_id: int, sequence: int, *, now: datetime) -> None:
    """What was still to be told of how the visit was before that sequence is not wanted any more. Links stay wanted."""
    older = (_OUTBOX.c.appointment_id == appointment_id, _OUTBOX.c.sequence < sequence, _OUTBOX.c.event != "link")
    session.connection().execute(update(_OUTBOX).where(*older, _OUTBOX.c.done_at.is_(None)).values(done_at=now))


LINKS_A_DAY = 3

# One statement, so that two who ask at once tell once.
_LINK = text("""
    insert into outbox (appointment_id, event, sequence, due_at)
    select id, 'link', (select count(*) from outbox where appointment_id = appointment.id and event = 'link'), :now
    from appointment
    where id = :id
      and not exists (select 1 from outbox where appointment_id = appointment.id and event = 'link' and done_at is null)
      and (select count(*) from outbox where appointment_id = appointment.id and event = 'link' and due_at > :day_ago) < :most
    on conflict do nothing
""").bindparams(bindparam("now", type_=UtcDateTime()), bindparam("day_ago", type_=UtcDateTime()))


def tell_links(session: Session, appointment_ids: Sequence[int], *, now: datetime) -> None:
    """Somebody asked for the link to each of these visits. Not again while one waits to be sent, nor more than three a day.

    Asks the same of the database when there is no visit, so that nobody can tell by the time it took.
    """
    rows = [{"id": id_, "now": now, "day_ago": now - timedelta(days=1), "most": LINKS_A_DAY} for id_ in appointment_ids or [0]]
    session.connection().execute(_LINK, rows)


_ANY_DUE = (
    select(literal(1))
    .where(_OUTBOX.c.done_at.is_(None), _OUTBOX.c.due_at <= bindparam("now", type_=UtcDateTime()), ~_WAITS)
    .limit(1)
)


def is_any_due(session: Session, *, now: datetime) -> bool:
    """Whether there is a message to pass on: a look without a lock."""
    return session.connection().execute(_ANY_DUE, {"now": now}).first() is not None
