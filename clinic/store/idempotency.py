"""Idempotency keys: the same request twice is one deed. Kept 24 hours; never the body, only its hash."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, delete, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.errors import KeyReused
from clinic.store.base import Base

KEEP_FOR = timedelta(hours=24)
KEY_LOCKS = 2


class IdempotencyKey(Base):
    __tablename__ = "idempotency_key"
    scope: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_idempotency_key_age", "created_at"),)


@dataclass(frozen=True, slots=True)
class Once:
    """This request, named by its sender. `scope` is the endpoint; `request_hash` a hash of what it asks for."""

    scope: str
    key: str
    request_hash: str


def done_before(session: Session, once: Once, *, now: datetime) -> int | None:
    """The appointment this very request made, or None. Waits for a twin that is under way. Raises KeyReused."""
    if session.get_bind().dialect.name == "postgresql":
        number = zlib.crc32(f"{once.scope} {once.key}".encode()) - 2**31
        session.execute(text("select pg_advisory_xact_lock(:space, :number)"), {"space": KEY_LOCKS, "number": number})
    row = session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.appointment_id, IdempotencyKey.created_at).where(
            IdempotencyKey.scope == once.scope, IdempotencyKey.key == once.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.created_at <= now - KEEP_FOR:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.scope == once.scope, IdempotencyKey.key == once.key))
        return None
    if row.request_hash != once.request_hash:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return int(row.appointment_id)


def is_known(session: Session, once: Once) -> bool:
    """Whether this key has been used, as far as a look without a lock can tell."""
    used = select(IdempotencyKey.key).where(IdempotencyKey.scope == once.scope, IdempotencyKey.key == once.key)
    return session.execute(used).first() is not None


def remember(session: Session, once: Once, appointment_id: int, *, now: datetime) -> None:
    session.execute(
        insert(IdempotencyKey).values(
            scope=once.scope, key=once.key, request_hash=once.request_hash, appointment_id=appointment_id, created_at=now
        )
    )
