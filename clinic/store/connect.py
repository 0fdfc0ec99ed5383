"""What each database is told on connect, and how a writing transaction begins."""

from __future__ import annotations

import sqlite3
from random import uniform
from threading import Lock
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_TIMEOUT_SECONDS = 3.0
REST_SECONDS = 2.0
"""A connection that rested longer is tried before it is used again: its server may have been restarted."""
_LOCKED = "database is locked"


def engine_options(url: str) -> dict[str, Any]:
    """Options for create_engine that go with `url`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": LOCK_TIMEOUT_SECONDS, "check_same_thread": False}}
    settings = {
        "lock_timeout": str(int(LOCK_TIMEOUT_SECONDS * 1000)),
        "timezone": "UTC",
        # Our statements are fixed and their parameters alike: plan each once a connection, not at every call (19 ms of 25
        # for the calendars of 200 clinics).
        "plan_cache_mode": "force_generic_plan",
    }
    return {
        # Outside begin_write each statement stands alone. It saw its own snapshot anyway (read committed), and the
        # ROLLBACK that would end a reading transaction makes psycopg forget every prepared statement.
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"options": " ".join(f"-c {name}={value}" for name, value in settings.items()), "connect_timeout": 5},
    }


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` both mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def prepare(engine: Engine) -> None:
    """Teach a SQLite engine WAL, foreign keys and explicit BEGIN; make a PostgreSQL one look whether its server is there."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    else:
        look_after_a_rest(engine)


def look_after_a_rest(engine: Engine) -> None:
    """Try a connection that rested before it is used again.

    Not at every use, as the pool itself would: on a busy connection that is one trip in a few for nothing.
    """

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rested"] = monotonic()

    @event.listens_for(engine, "checkout")
    def look(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if monotonic() - record.info.get("rested", monotonic()) > REST_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as gone:
                raise DisconnectionError("the connection did not outlive its rest") from gone


def begin_write(session: Session) -> None:
    """Start the transaction of a writing use case. Nothing is written without it, or `begin_statement`.

    On PostgreSQL statements otherwise stand alone (see `engine_options`).
    On SQLite the write lock is taken now: a transaction that reads first and writes later fails at once when another
    writer came between. Any read that is still open is ended, because after it the option would be ignored.
    """
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("begin_write: there are unsaved changes; begin before you change anything")
    session.rollback()
    session.connection(execution_options=_writing(session.get_bind().dialect.name))


def begin_statement(session: Session) -> None:
    """begin_write for a use case that writes a single statement: on PostgreSQL it is a transaction by itself, in one trip."""
    if session.get_bind().dialect.name == "sqlite":
        begin_write(session)


def begin_snapshot(session: Session) -> None:
    """Start a transaction that only reads, and sees all of it as it is now, however long it takes. End it with a rollback."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _writing(dialect: str) -> dict[str, str]:
    return {"sqlite_begin": "IMMEDIATE"} if dialect == "sqlite" else {"isolation_level": "READ COMMITTED"}


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000", "temp_store=MEMORY"):
        connection.execute("PRAGMA " + pragma)


def _on_sqlite_begin(connection: Connection) -> None:
    if connection.get_execution_options().get("sqlite_begin") == "IMMEDIATE":
        _take_write_lock(connection)
    else:
        connection.exec_driver_sql("BEGIN")


_TURNSTILE = Lock()


def _take_write_lock(connection: Connection) -> None:
    """Wait for the one write lock. SQLite's own waiting backs off to a tenth of a second, and under a rush a few starve;
    asking again every millisecond or two, at random, gives everybody the same chance.

    Only one thread of a process asks; the others wait behind it. Two hundred that asked would leave nobody time to work.
    """
    deadline = monotonic() + LOCK_TIMEOUT_SECONDS
    if not _TURNSTILE.acquire(timeout=LOCK_TIMEOUT_SECONDS):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError(_LOCKED))
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as locked:
                if _LOCKED not in str(locked.orig) or monotonic() > deadline:
                    raise
            sleep(uniform(0.0005, 0.0025))  # noqa: S311 (jitter)
    finally:
        try:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(LOCK_TIMEOUT_SECONDS * 1000)}")
        finally:
            _TURNSTILE.release()
