"""Who did what: plain rows, inserted in the transaction they record."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Insert, bindparam, func, insert, select
from sqlalchemy.orm import Session

from clinic.domain.audit import Action, read_actor, read_details
from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base

CHAIN_VERSION = 2
"""Of rows with every column; what is older has no number."""

COLUMNS = (
    "at, action, appointment_id, patient_id, actor, detail, actor_kind, actor_id, details, location_id, xid, chain_version"
)  # fmt: skip
"""For a statement that writes a row among others, on PostgreSQL: first what it knows itself, then VALUES."""
_WHO = ":actor, :detail, :actor_kind, cast(:actor_id as bigint), :details"
_REST = "txid_current(), cast(:chain_version as smallint)"
VALUES = f"{_WHO}, (select location_id from appointment where id = {{visit}}), {_REST}"  # noqa: S608 (no word of a stranger)
VALUES_OF_NEW = f"{_WHO}, :location_id, {_REST}"
"""Of an appointment that the same statement adds: it cannot be asked yet where it is."""


class By(NamedTuple):
    """By whom something is done, and what else its audit rows say: fields as in Audit."""

    actor: str
    detail: str = ""


def values_of(by: By) -> dict[str, Any]:
    """The parameters of VALUES: what is said of who did it, in words and in columns."""
    actor, details = read_actor(by.actor), read_details(by.detail)
    written = json.dumps(details, sort_keys=True, separators=(",", ":")) if details else None
    return {
        "actor": by.actor, "detail": by.detail, "actor_kind": actor.kind[:20], "actor_id": actor.id, "details": written,
        "chain_version": CHAIN_VERSION,
    }  # fmt: skip


@cache
def insertion(dialect: str) -> Insert:
    """The statement for a row by itself; its parameter `visit` is the appointment once more. Into the table, not its class: the
    ORM adds nothing here.
    """
    visit = Base.metadata.tables["appointment"]
    where = select(visit.c.location_id).where(visit.c.id == bindparam("visit")).scalar_subquery()
    more = {"xid": func.txid_current()} if dialect == "postgresql" else {}
    return insert(Base.metadata.tables["audit"]).values(location_id=where, **more)


def row_of(
    by: By, action: Action, appointment_id: int | None, patient_id: int | None, *, now: datetime
) -> dict[str, Any]:  # fmt: skip
    """The parameters of `insertion`."""
    return values_of(by) | {
        "at": now, "action": action.value, "appointment_id": appointment_id, "patient_id": patient_id, "visit": appointment_id,
    }  # fmt: skip


def note(
    session: Session,
    appointment_id: int | None,
    *,
    actor: str,
    action: Action,
    now: datetime,
    patient_id: int | None = None,
    detail: str = "",
) -> None:
    """One audit row. `detail` holds no private data."""
    connection = session.connection()
    row = row_of(By(actor, detail), action, appointment_id, patient_id, now=now)
    connection.execute(insertion(connection.dialect.name), row)
