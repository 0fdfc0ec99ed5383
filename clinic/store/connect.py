"""What each database is told on connect, and how a writing transaction begins."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

LOCK_TIMEOUT_SECONDS = 3.0


def engine_options(url: str) -> dict[str, Any]:
    """Options for create_engine that go with `url`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False}}
    return {
        "pool_pre_ping": True,
        "connect_args": {"options": f"-c lock_timeout={int(LOCK_TIMEOUT_SECONDS * 1000)} -c timezone=UTC", "connect_timeout": 5},
    }


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` both mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def prepare(engine: Engine) -> None:
    """Teach a SQLite engine WAL, foreign keys and explicit BEGIN; nothing to teach PostgreSQL's."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def begin_write(session: Session) -> None:
    """Start the transaction of a writing use case.

    On SQLite the write lock is taken now: a transaction that reads first and writes later fails at once when another
    writer came between. Any read that is still open is ended, because after it the option would be ignored.
    """
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("begin_write: there are unsaved changes; begin before you change anything")
    session.rollback()
    session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32000", "temp_store=MEMORY"):
        connection.execute("PRAGMA " + pragma)


def _on_sqlite_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql("BEGIN " + mode)
