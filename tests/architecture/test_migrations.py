"""The one history makes the tables that the code declares, on both databases, and unmakes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Timer

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text

from clinic.config import ROOT
from clinic.extensions import db
from clinic.factory import create_app
from clinic.store.base import Base
from clinic.store.connect import LOCK_TIMEOUT_SECONDS
from clinic.store.locks import wait_to_migrate
from tests.databases import Databases, settings_for

VERSIONS = ROOT / "migrations" / "versions"


@pytest.fixture
def application(databases: Databases) -> Iterator[Flask]:
    """An application over a database without tables, inside its context."""
    with databases.empty() as url:
        app = create_app(settings_for(url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def guards() -> set[str]:
    """The names of the triggers (SQLite) or exclusion constraints (PostgreSQL) that refuse overlapping claims."""
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    postgresql = "SELECT conname FROM pg_constraint WHERE contype = 'x'"
    with db.engine.connect() as connection:
        return set(connection.execute(text(sqlite if db.engine.dialect.name == "sqlite" else postgresql)).scalars())


def test_up_then_clean_then_down_then_up_again(application: Flask) -> None:
    upgrade()
    built, guarded = tables(), guards()
    assert set(Base.metadata.tables) <= built
    check()  # exits when the models and the tables differ
    downgrade(revision="base")
    assert tables() <= {"alembic_version"}
    assert guards() == set()
    upgrade()
    assert (tables(), guards()) == (built, guarded)


def test_calendars_of_before_are_answered_for_but_those_that_a_manager_gave(application: Flask) -> None:
    """Accounts 2 to 5 keep a calendar: of the demo, invited by an administrator, by a manager, and by one who is gone."""
    upgrade(revision="0014")
    at = "2026-01-05 12:00:00.000000" + ("" if db.engine.dialect.name == "sqlite" else "+00")
    with db.engine.begin() as connection:
        for number in range(1, 7):
            connection.execute(text("insert into resource (id, kind) values (:n, 'specialist')"), {"n": number})
            connection.execute(text(
                "insert into specialist (id, slug, name, profession, languages, about, active)"
                " values (:n, 's' || :s, 'S', '', 'English', '', true)"
            ), {"n": number, "s": str(number)})  # fmt: skip
            connection.execute(text(
                "insert into account (id, email, name, specialist_id, state, created_at, failures_in_row)"
                " values (:n, :s || '@example.org', 'A', :who, 'active', :at, 0)"
            ), {"n": number, "s": str(number), "who": number if number in (2, 3, 4, 5) else None, "at": at})  # fmt: skip
        for who, role in ((1, "administrator"), (6, "manager")):
            connection.execute(
                text("insert into account_grant (account_id, role, flag) values (:who, :role, false)"), {"who": who, "role": role}
            )
        for by, about in ((1, 3), (6, 4), (99, 5), (6, 33)):  # of account 33 nothing is said by rows of account 3
            row = {"actor": f"account:{by}", "detail": f"account={about} role=specialist", "at": at}
            connection.execute(
                text("insert into audit (at, actor, action, detail) values (:at, :actor, 'account_invited', :detail)"), row
            )
    upgrade()
    with db.engine.connect() as connection:
        rows = connection.execute(text("select account_id, location_id, vouched_by_id from calendar_vouch order by account_id"))
        assert [tuple(row) for row in rows] == [(2, None, None), (3, None, None)]


def test_the_guard_stands_at_head(application: Flask) -> None:
    upgrade()
    expected = {"sqlite": 2, "postgresql": 1}[db.engine.dialect.name]
    assert len([name for name in guards() if "no_overlap" in name]) == expected


def test_a_server_that_starts_while_another_migrates_waits_for_it(all_databases: dict[str, Databases]) -> None:
    """Longer than any other lock is waited for."""
    with all_databases["postgresql"].empty() as url:
        app = create_app(settings_for(url))
        with app.app_context():
            other = db.engine.connect().execution_options(isolation_level="READ COMMITTED")
            wait_to_migrate(other)
            going = Timer(LOCK_TIMEOUT_SECONDS + 1, other.rollback)
            going.start()
            upgrade()
            going.join()
            with db.engine.connect() as connection:
                assert connection.execute(text("show lock_timeout")).scalar_one() == f"{LOCK_TIMEOUT_SECONDS:.0f}s"
            other.close()
            db.engine.dispose()


def test_foreign_keys_are_on_again_after_a_run(all_databases: dict[str, Databases]) -> None:
    with all_databases["sqlite"].migrated() as url:
        app = create_app(settings_for(url))
        with app.app_context():
            upgrade()
            with db.engine.connect() as connection:
                assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
            db.engine.dispose()


def test_the_files_are_numbered_in_one_line() -> None:
    names = sorted(file.name for file in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    for before, name in zip([None, *names], names, strict=False):
        source = (VERSIONS / name).read_text(encoding="utf-8")
        found = re.search(r"^down_revision(?:: [^=]+)? = (?:None|[\"'](\w+)[\"'])$", source, flags=re.MULTILINE)
        assert found, f"{name} says nothing about what comes before it"
        assert found[1] == (before[:4] if before else None)
