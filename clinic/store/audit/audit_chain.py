"""The chain over the audit rows: whoever changes, removes or slips in one is found out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby, takewhile
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.chain import BEGINNING, ChainLink, next_hash
from clinic.store import locks
from clinic.store.audit.audit import note
from clinic.store.base import Base
from clinic.store.locks import LockSpace
from clinic.store.tables.audit import AuditSeal

SETTLE_MS = 300
"""How long sealing waits for audit rows under way, and writers behind it."""


LOWEST = -(2**63)
REMOVAL = Action.REMOVE_AUDIT_ROWS


_AUDIT, _SEAL = Base.metadata.tables["audit"], Base.metadata.tables["audit_seal"]
_NAMES = tuple(_AUDIT.c.keys())
_INSERT = insert(_SEAL)
_id = attrgetter("id")


def last_seal(session: Session) -> tuple[int, str]:
    """(audit id, hash) of the last row sealed; (0, what the first is linked to) before there is one."""
    row = session.execute(select(_SEAL.c.audit_id, _SEAL.c.hash).order_by(_SEAL.c.audit_id.desc()).limit(1)).one_or_none()
    return (0, BEGINNING) if row is None else (row.audit_id, row.hash)


def last_seals(session: Session, count: int) -> list[AuditSeal]:
    """The last ones, the last first."""
    return list(session.scalars(select(AuditSeal).order_by(AuditSeal.audit_id.desc()).limit(count)))


def last_row(session: Session) -> int:
    """The highest id there is; 0 without rows. One lower may still be written by a transaction under way."""
    return int(session.scalar(select(func.max(_AUDIT.c.id))) or 0)


def settled_row(session: Session) -> int:
    """The highest id below which no row will appear any more. Part of a writing transaction; end it at once.

    Ids are handed out before their rows are committed. PostgreSQL is asked to wait for them, and keeps new ones out
    meanwhile; raises its lock timeout when they take too long. On SQLite whoever writes is alone.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"set local lock_timeout = {SETTLE_MS}"))
        session.execute(text("lock table audit in share mode"))
    return last_row(session)


def is_sealing_mine(session: Session) -> bool:
    """Whether nobody else is sealing, until this writing transaction ends."""
    return locks.is_mine(session, LockSpace.SEALING)


def seal_rows(session: Session, *, until: int, limit: int, now: datetime) -> int:
    """Seal the next rows up to the id `until`, `limit` at most. Returns how many."""
    last, head = last_seal(session)
    sealed = []
    for row in _rows(session, after=last, until=until, limit=limit):
        head = next_hash(head, row)
        sealed.append({"audit_id": row["id"], "hash": head, "sealed_at": now})
    if sealed:
        session.connection().execute(_INSERT, sealed)
    return len(sealed)


def links(session: Session, *, until: int, after: int = LOWEST, portion: int = 5000) -> Iterator[ChainLink]:
    """Rows and seals of ids above `after`, up to `until`, in order. Within one snapshot (connect.begin_snapshot)."""
    both = merge(_all_rows(session, after, until, portion), _all_seals(session, after, until, portion), key=_id)
    for id_, parts in groupby(both, key=_id):
        of_row, hash_ = None, None
        for part in parts:
            of_row, hash_ = part.row or of_row, part.hash or hash_
        yield ChainLink(id_, of_row, hash_)


def count_rows(session: Session, *, after: int = 0) -> int:
    """Rows whose id is above `after`."""
    return session.execute(select(func.count()).select_from(_AUDIT).where(_AUDIT.c.id > after)).scalar_one()


def first_row(session: Session, *, after: int) -> int | None:
    """The lowest id above `after`."""
    first: int | None = session.execute(select(func.min(_AUDIT.c.id)).where(_AUDIT.c.id > after)).scalar_one()
    return first


def find_seal(session: Session, hash_: str) -> int | None:
    """The id of the audit row that was sealed with this hash. Reads the whole table."""
    return session.scalars(select(AuditSeal.audit_id).where(AuditSeal.hash == hash_)).first()


def removed_until(session: Session) -> int:
    """The id of the last row whose time was up: the chain begins with its seal. 0 while no row was removed."""
    both = _SEAL.outerjoin(_AUDIT, _AUDIT.c.id == _SEAL.c.audit_id)
    first = session.execute(
        select(_SEAL.c.audit_id, _AUDIT.c.id).select_from(both).order_by(_SEAL.c.audit_id).limit(1)
    ).one_or_none()
    return 0 if first is None or first.id is not None else int(first.audit_id)


def is_removal_noted(session: Session, last_id: int) -> bool:
    """Whether the log itself says that its rows up to this one were removed. Reads the whole log."""
    noted = select(_AUDIT.c.id).where(_AUDIT.c.action == REMOVAL, _AUDIT.c.detail == _up_to(last_id))
    return session.scalar(noted.limit(1)) is not None


def removable(session: Session, *, before: datetime, limit: int) -> list[int]:
    """Ids of the oldest rows, `limit` at most: written before then, and sealed."""
    last, _ = last_seal(session)
    oldest = session.execute(select(_AUDIT.c.id, _AUDIT.c.at).where(_AUDIT.c.id <= last).order_by(_AUDIT.c.id).limit(limit))
    return [row.id for row in takewhile(lambda row: row.at < before, oldest.all())]


def count_removable(session: Session, *, before: datetime) -> int:
    """How many rows `removable` would give without a limit."""
    last, _ = last_seal(session)
    first_to_stay = session.execute(select(func.min(_AUDIT.c.id)).where(_AUDIT.c.at >= before)).scalar_one()
    end = last if first_to_stay is None else min(last, first_to_stay - 1)
    return session.execute(select(func.count()).select_from(_AUDIT).where(_AUDIT.c.id <= end)).scalar_one()


def remove(session: Session, last_id: int, *, now: datetime) -> None:
    """Remove the rows up to this one and their seals, but for its own, from which the chain goes on; and note it in the log."""
    note(session, None, actor="purge", action=REMOVAL, now=now, detail=_up_to(last_id))
    session.execute(delete(_AUDIT).where(_AUDIT.c.id <= last_id))
    session.execute(delete(_SEAL).where(_SEAL.c.audit_id < last_id))


def _up_to(last_id: int) -> str:
    return f"rows up to {last_id}"


def _rows(session: Session, *, after: int, until: int, limit: int) -> Sequence[dict[str, Any]]:
    wanted = select(_AUDIT).where(_AUDIT.c.id > after, _AUDIT.c.id <= until).order_by(_AUDIT.c.id).limit(limit)
    return [dict(zip(_NAMES, row, strict=True)) for row in session.execute(wanted)]


def _all_rows(session: Session, after: int, until: int, portion: int) -> Iterator[ChainLink]:
    while rows := _rows(session, after=after, until=until, limit=portion):
        yield from (ChainLink(row["id"], row, None) for row in rows)
        after = rows[-1]["id"]


def _all_seals(session: Session, after: int, until: int, portion: int) -> Iterator[ChainLink]:
    columns = select(_SEAL.c.audit_id, _SEAL.c.hash).order_by(_SEAL.c.audit_id).limit(portion)
    while seals := session.execute(columns.where(_SEAL.c.audit_id > after, _SEAL.c.audit_id <= until)).all():
        yield from (ChainLink(audit_id, None, hash_) for audit_id, hash_ in seals)
        after = seals[-1][0]
