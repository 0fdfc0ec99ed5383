"""Calls to the desk: who took them, whom they are about, what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base
from clinic.store.tables.work import Call, CallVisit

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
