"""What was kept for long enough goes: some rows at a time, so that nobody who books waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.retention import Retention
from clinic.engine.transaction import transaction
from clinic.store.audit import audit, audit_chain
from clinic.store.operations import purge as rows
from clinic.store.operations.purge import Keys, PurgeConditions, PurgeKind

AUDIT_PORTION = 5000


def purge(session: Session, keep: Retention, *, now: datetime, dry_run: bool = False) -> Iterator[tuple[str, int]]:
    """Remove what is due, kind by kind; yields each kind with its count. `dry_run` counts what would go.

    Each portion is a transaction of its own: stopped half way it leaves nothing half done, and the next run goes on. Raises
    Busy when the database is too busy to write to.
    """
    due = PurgeConditions(keep, now)
    for kind in rows.KINDS:
        yield kind.name, rows.imagine(session, kind, due) if dry_run else _remove_all(session, kind, due, now=now)
    counted = audit_chain.count_removable(session, before=due.audit()) if dry_run else _remove_audit(session, due, now=now)
    session.rollback()
    yield "audit rows", counted


def _remove_all(session: Session, kind: PurgeKind, due: PurgeConditions, *, now: datetime) -> int:
    count: int = 0
    after: Sequence[Any] | None = None
    while True:
        removed, looked_at = _remove_some(session, kind, due, after, now=now)
        count += removed
        if len(looked_at) < kind.portion:
            return count
        after = looked_at[-1]


@transaction
def _remove_some(
    session: Session, kind: PurgeKind, due: PurgeConditions, after: Sequence[Any] | None, *, now: datetime
) -> tuple[int, Keys]:
    rows.alone(session)
    looked_at = rows.some(session, kind, due, after=after)
    removed = rows.remove(session, kind, due, looked_at)
    if removed and kind.noted:
        audit.note(session, None, actor="purge", action=Action.PURGE, now=now, detail=f"{removed} {kind.name}")
    return removed, looked_at


def _remove_audit(session: Session, due: PurgeConditions, *, now: datetime) -> int:
    count, removed = 0, AUDIT_PORTION
    while removed == AUDIT_PORTION:
        removed = _remove_some_audit(session, due, now=now)
        count += removed
    return count


@transaction
def _remove_some_audit(session: Session, due: PurgeConditions, *, now: datetime) -> int:
    rows.alone(session)
    ids = audit_chain.removable(session, before=due.audit(), limit=AUDIT_PORTION)
    if ids:
        audit_chain.remove(session, ids[-1], now=now)
    return len(ids)
