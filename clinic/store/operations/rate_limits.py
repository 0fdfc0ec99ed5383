"""Counters of the rate limits: one row a window, shared by every worker.

On PostgreSQL an UNLOGGED table of the same database, written without waiting for the disk; on SQLite a file of its own
beside the database, so that counting never queues behind a booking. What is lost in a crash is a few counts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from limits.storage import Storage
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url

from clinic.store.connect import look_after_a_rest

SWEEP_EVERY = 1000

# On SQLite; PostgreSQL's is made by a migration.
CREATE = """CREATE TABLE IF NOT EXISTS rate_limit (
    key VARCHAR(255) PRIMARY KEY, hits INTEGER NOT NULL, expires_at DOUBLE PRECISION NOT NULL)"""

HIT = text("""
    INSERT INTO rate_limit (key, hits, expires_at) VALUES (:key, :amount, :expires_at)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN rate_limit.expires_at <= :now THEN excluded.hits ELSE rate_limit.hits + excluded.hits END,
        expires_at = CASE WHEN rate_limit.expires_at <= :now THEN excluded.expires_at ELSE rate_limit.expires_at END
    RETURNING hits""")


def limits_engine(database_url: str) -> Engine:
    """An engine for the counters that go with the database at `database_url`. Every statement commits by itself."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        options = {"options": "-c synchronous_commit=off -c lock_timeout=3000", "connect_timeout": 5}
        engine = create_engine(
            url, isolation_level="AUTOCOMMIT", pool_size=2, max_overflow=8, pool_reset_on_return=None, connect_args=options
        )
        look_after_a_rest(engine)
        return engine
    engine = create_engine(_beside(url), isolation_level="AUTOCOMMIT", connect_args={"timeout": 3})
    event.listen(engine, "connect", _on_sqlite_connect)
    return engine


class SqlStorage(Storage):
    """Storage for the limits library. `clock` says when a window ends."""

    STORAGE_SCHEME = ["clinic-sql"]  # noqa: RUF012 (the base class types it so)

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._engine = engine
        self._clock = clock
        self._until_sweep = SWEEP_EVERY

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more and return the sum in this window, exactly, however many workers count at once."""
        now = self._clock().timestamp()
        self._until_sweep -= 1
        with self._engine.connect() as connection:
            if self._until_sweep <= 0:
                self._until_sweep = SWEEP_EVERY
                connection.execute(text("DELETE FROM rate_limit WHERE expires_at <= :now"), {"now": now - 60})
            values = {"key": key, "amount": amount, "expires_at": now + expiry, "now": now}
            return int(connection.execute(HIT, values).scalar_one())

    def forget_expired(self, *, dry_run: bool = False) -> int:
        """Remove counters whose window is over; returns how many. `dry_run` only counts them."""
        what = "SELECT count(*) FROM rate_limit" if dry_run else "DELETE FROM rate_limit"
        with self._engine.connect() as connection:
            done = connection.execute(text(f"{what} WHERE expires_at <= :now"), {"now": self._clock().timestamp()})
            return int(done.scalar_one() if dry_run else done.rowcount)

    def get(self, key: str) -> int:
        found = self._row(key)
        return 0 if found is None or found.expires_at <= self._clock().timestamp() else int(found.hits)

    def get_expiry(self, key: str) -> float:
        found = self._row(key)
        return self._clock().timestamp() if found is None else float(found.expires_at)

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._engine.connect() as connection:
            return connection.execute(text("DELETE FROM rate_limit")).rowcount

    def clear(self, key: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text("DELETE FROM rate_limit WHERE key = :key"), {"key": key})

    def dispose(self) -> None:
        """Close the connections of the counters."""
        self._engine.dispose()

    def _row(self, key: str) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(
                text("SELECT hits, expires_at FROM rate_limit WHERE key = :key"), {"key": key}
            ).one_or_none()


def _beside(url: URL) -> URL:
    name = str(url.database)
    return url.set(database=name.removesuffix(".sqlite") + "-limits.sqlite")


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=OFF"):
        connection.execute("PRAGMA " + pragma)
    connection.execute(CREATE)
