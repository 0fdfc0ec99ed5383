"""How the product does, in numbers: read by indexes, of the present or since an instant, never of all that ever was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, case, func, literal, select, text
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.audit.audit_chain import last_seal
from clinic.store.base import Base, UtcDateTime
from clinic.store.tables.operations import SearchCount

NEWEST = 5000
"""Offers looked at for those since an instant: they have no index by time."""

MOST = 10_000
"""Audit rows that are not sealed are counted up to here."""

_SLACK = 2000
"""Audit rows are written in the order of their times, give or take those of transactions side by side."""

_TABLES = Base.metadata.tables
_APPOINTMENT, _AUDIT, _TASK = _TABLES["appointment"], _TABLES["audit"], _TABLES["task"]
_OUTBOX, _DELIVERY = _TABLES["outbox"], _TABLES["delivery"]
_ENTRY, _OFFER = _TABLES["waitlist_entry"], _TABLES["time_offer"]

Waiting = tuple[int, int, datetime | None]
"""How many are due, how many are for later, and since when the oldest is due."""


def messages_waiting(session: Session, *, now: datetime) -> Waiting:
    """Of the outbox: not passed on to a channel yet."""
    due, later, oldest = session.execute(select(*_waiting(_OUTBOX, now)).where(_OUTBOX.c.done_at.is_(None))).one()
    return due, later, oldest


def deliveries_waiting(session: Session, *, now: datetime) -> dict[str, Waiting]:
    """By channel: not sent yet, or to be tried again."""
    wanted = select(_DELIVERY.c.channel, *_waiting(_DELIVERY, now)).where(_DELIVERY.c.done_at.is_(None))
    rows = session.execute(wanted.group_by(_DELIVERY.c.channel))
    return {channel: (due, later, oldest) for channel, due, later, oldest in rows}


def deliveries_ended(session: Session, *, since: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    """(channel, outcome) -> how many ended, and how many tries beyond the first they took."""
    tried_again = func.sum(case((_DELIVERY.c.tries > 1, _DELIVERY.c.tries - 1), else_=0))
    wanted = select(_DELIVERY.c.channel, _DELIVERY.c.outcome, func.count(), tried_again).where(_DELIVERY.c.done_at >= since)
    rows = session.execute(wanted.group_by(_DELIVERY.c.channel, _DELIVERY.c.outcome))
    return {(channel, outcome): (count, int(again)) for channel, outcome, count, again in rows}


def count_holds(session: Session, *, now: datetime) -> int:
    """Times held now."""
    held = select(func.count()).where(_APPOINTMENT.c.state == State.HELD, _APPOINTMENT.c.hold_expires_at > now)
    return session.execute(held).scalar_one()


# The first audit row since an instant, by halving: times have no index, but ids go with them.
_FIRST = text("""
    with recursive halved (low, high) as (
        select coalesce(min(id), 0), coalesce(max(id), 0) + 1 from audit
        union all
        select
            case when (select at from audit where id >= (low + high) / 2 order by id limit 1) < :since
                then (low + high) / 2 + 1 else low end,
            case when (select at from audit where id >= (low + high) / 2 order by id limit 1) < :since
                then high else (low + high) / 2 end
        from halved where low < high
    )
    select max(low) from halved
""").bindparams(bindparam("since", type_=UtcDateTime()))


def changes(session: Session, *, since: datetime) -> dict[tuple[str, str], int]:
    """(action, channel that the visit was held by) -> how often, as the audit log has it."""
    first = session.execute(_FIRST, {"since": since}).scalar_one()
    channel = func.coalesce(_APPOINTMENT.c.channel, literal(""))
    wanted = (
        select(_AUDIT.c.action, channel, func.count())
        .select_from(_AUDIT.outerjoin(_APPOINTMENT, _APPOINTMENT.c.id == _AUDIT.c.appointment_id))
        .where(_AUDIT.c.id >= first - _SLACK, _AUDIT.c.at >= since)
        .group_by(_AUDIT.c.action, channel)
    )
    return {(action, by): count for action, by, count in session.execute(wanted)}


def searches(session: Session) -> tuple[int, int]:
    """Found and not found, ever: a row for each ZIP code and service."""
    found, not_found = session.execute(select(func.sum(SearchCount.found), func.sum(SearchCount.not_found))).one()
    return int(found or 0), int(not_found or 0)


def count_waiting(session: Session) -> int:
    """Entries of the waitlist that have not ended."""
    return session.execute(select(func.count()).where(_ENTRY.c.ended_at.is_(None))).scalar_one()


def offers_made(session: Session, *, since: datetime) -> dict[str, int]:
    """By how they stand now, of the newest."""
    newest = select(_OFFER.c.state, _OFFER.c.made_at).order_by(_OFFER.c.id.desc()).limit(NEWEST).subquery()
    wanted = select(newest.c.state, func.count()).where(newest.c.made_at >= since).group_by(newest.c.state)
    return {name: count for name, count in session.execute(wanted)}  # noqa: C416 (a Row is no pair to mypy)


def tasks_open(session: Session) -> dict[str, int]:
    """By kind."""
    wanted = select(_TASK.c.kind, func.count()).where(_TASK.c.done_at.is_(None)).group_by(_TASK.c.kind)
    return {name: count for name, count in session.execute(wanted)}  # noqa: C416 (a Row is no pair to mypy)


def count_unsealed(session: Session) -> int:
    """Audit rows that are not sealed yet, up to MOST."""
    last, _ = last_seal(session)
    some = select(_AUDIT.c.id).where(_AUDIT.c.id > last).limit(MOST).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def _waiting(table: Table, now: datetime) -> list[Any]:
    due, later = table.c.due_at <= now, table.c.due_at > now
    return [func.count(case((due, 1))), func.count(case((later, 1))), func.min(case((due, table.c.due_at)))]
