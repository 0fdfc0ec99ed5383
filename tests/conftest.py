"""What every test may ask for. A test that takes `database`, `session`, `app` or `client` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from xdist.scheduler import LoadFileScheduling

from clinic.factory import create_app
from clinic.store.connect import engine_options, prepare
from tests.clocks import CHOSEN, MOMENTS
from tests.compiled import Templates, remembering_builders
from tests.databases import KINDS, Databases, scratch, settings_for
from tests.pages import ReadingClient

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
TESTS = Path(__file__).parent
SLOW = ("/browser/", "/http/", "/usecases/messages/", "/architecture/", "_races", "_demonstration", "_links", "_oracle")


LONG = (
    "/browser/",
    "/http/",
    "/usecases/messages/",
    "test_lint",
    "test_migrations",
    "_races",
    "_walks",
    "_touches",
    "test_demo",
    "_links",
    "_oracle",
    "_unreadable",
    "_machine",
    "test_schema",
)
"""What `--quick` leaves out: it takes long, or starts a server."""


class FakeClock:
    """A clock that stands still until told: `clock.now = …` or `clock.forward(minutes=5)`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # a Monday, nine in the morning in Orlando

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


class ByFile(LoadFileScheduling):
    """A file to a worker, so that what a session builds is built once; of the browser tests, all of one clock to the same one.

    (Of the stock schedulers, the one that reads groups does not see them under this pytest.)
    """

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/browser/"):
            return str(super()._split_scope(nodeid))
        return next((f"browser at {moment}" for moment in MOMENTS if moment in nodeid), "browser")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="the rules, the architecture, and SQLite alone: what `make quick` runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Full counts only when asked for; everything with a browser last, in one process (it leaves an event loop behind).

    Among several processes what takes long goes first, so that none works on alone at the end.
    """
    config.hook.pytest_deselected(items=[item for item in items if _is_too_much(item)])
    items[:] = [item for item in items if not _is_too_much(item)]
    for item in items:
        if item.path.is_relative_to(TESTS / "browser"):
            item.add_marker(pytest.mark.browser)
            if "clock" in _parameters(item) and os.environ.get("CLINIC_PROVE"):
                item.add_marker(pytest.mark.prove)  # the whole of them at every moment is a proof of its own
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next((n for n, slow in enumerate(SLOW) if slow in item.nodeid), len(SLOW)))


def _is_too_much(item: pytest.Item) -> bool:
    """A full count that nobody asked for, or the same again at another moment of a test that does not hang on the time."""
    if item.get_closest_marker("prove") and not os.environ.get("CLINIC_PROVE"):
        return True
    if item.config.getoption("--quick") and (
        "postgresql" in _parameters(item).values() or any(one in item.nodeid for one in LONG)
    ):
        return True
    return item.get_closest_marker("timeless") is not None and _parameters(item).get("clock", CHOSEN[0]) != CHOSEN[0]


def _parameters(item: pytest.Item) -> dict[str, object]:
    found: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return found


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Sockets reach this machine only: a test that would leave it fails at once."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and (not isinstance(address, tuple) or address[0] not in LOOPBACK):
            raise AssertionError(f"a test tried to reach the network at {address}")
        real(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True, scope="session")
def compiled_once() -> Iterator[None]:
    """Applications share what was made of their templates and routes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", Templates())
        patch.setattr(Rule, "_compile_builder", remembering_builders(Rule._compile_builder))
        yield


@pytest.fixture(scope="session")
def all_databases() -> Iterator[dict[str, Databases]]:
    with scratch() as home, ExitStack() as stack:
        yield {kind: Databases(kind, home, stack) for kind in KINDS}


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, all_databases: dict[str, Databases]) -> Databases:
    """The maker of databases, of either kind in turn."""
    return all_databases[request.param]


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of a migrated database without rows, this test's own."""
    with databases.migrated() as url:
        yield url


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """A session outside any application, for the store, the engine and the use cases."""
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def other_settings() -> dict[str, Any]:
    """How the settings of `app` differ from those of the tests: for a file to say."""
    return {}


@pytest.fixture
def app(database: str, clock: FakeClock, other_settings: dict[str, Any]) -> Iterator[Flask]:
    """An application over `database`, which tells the time from `clock`."""
    made = create_app(settings_for(database, **other_settings), clock=clock)
    made.testing = True
    made.test_client_class = ReadingClient
    yield made
    with made.app_context():
        made.extensions["sqlalchemy"].engine.dispose()
    made.extensions["clinic"].limiter.storage.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript; it refuses faulty pages."""
    return app.test_client()
