"""Idempotency keys: the same request twice is one deed. Kept 24 hours; never the body, only its hash."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, String, bindparam, select, text
from sqlalchemy.orm import Session

from clinic.domain.errors import KeyReused
from clinic.store.base import Base, UtcDateTime

KEEP_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RequestKey:
    """This request, named by its sender. `scope` is the endpoint; `request_hash` a hash of what it asks for."""

    scope: str
    key: str
    request_hash: str

    @property
    def lock(self) -> int:
        """The second half of its advisory lock's number: a twin waits until this one is done, and then finds it."""
        return zlib.crc32(f"{self.scope} {self.key}".encode()) - 2**31


def lock_of(once: RequestKey | None) -> int | None:
    """The number of the lock at which a twin of the request waits; None for a request without a name."""
    return once.lock if once else None


class PriorUse(NamedTuple):
    """A request that came with the same key before."""

    request_hash: str
    appointment_id: int
    created_at: datetime


def made_by(once: RequestKey, earlier: PriorUse | None, *, now: datetime) -> int | None:
    """The appointment that this very request made. None when it is the first with its key for a day. Raises KeyReused."""
    if earlier is None or earlier.created_at <= now - KEEP_FOR:
        return None
    if earlier.request_hash != once.request_hash:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return earlier.appointment_id


_KEY = Base.metadata.tables["idempotency_key"]
_FIND = select(_KEY.c.request_hash, _KEY.c.appointment_id, _KEY.c.created_at).where(
    _KEY.c.scope == bindparam("scope"), _KEY.c.key == bindparam("key")
)


def find_earlier(session: Session, once: RequestKey) -> PriorUse | None:
    """What this key was used for. With its lock that is certain; without, as far as a look can tell."""
    row = session.connection().execute(_FIND, {"scope": once.scope, "key": once.key}).one_or_none()
    return PriorUse(*row) if row else None


# Also as part of statements that write more; without a scope it does nothing. What was there before is a day old.
REMEMBER = """
    insert into idempotency_key (scope, key, request_hash, appointment_id, created_at)
    select :scope, :key, :request_hash, {made}, :now where :scope is not null
    on conflict (scope, key) do update
    set request_hash = excluded.request_hash, appointment_id = excluded.appointment_id, created_at = excluded.created_at
"""
BINDS: tuple[BindParameter[Any], ...] = (
    *(bindparam(name, type_=String()) for name in ("scope", "key", "request_hash")),
    bindparam("now", type_=UtcDateTime()),
)
"""The types of what REMEMBER binds."""
_REMEMBER = text(REMEMBER.format(made=":made")).bindparams(*BINDS)


def values_of(once: RequestKey | None) -> dict[str, Any]:
    """What REMEMBER binds of a request."""
    return asdict(once) if once else {"scope": None, "key": None, "request_hash": None}


def remember(session: Session, once: RequestKey | None, appointment_id: int, *, now: datetime) -> None:
    """From now on `made_by` knows the request."""
    if once:
        session.connection().execute(_REMEMBER, {**values_of(once), "made": appointment_id, "now": now})
