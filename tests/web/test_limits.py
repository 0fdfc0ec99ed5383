"""Rate limits: exact across threads and applications, by address, forgotten when their window ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from clinic.config import RateLimits
from clinic.domain.geography.places import Point
from clinic.factory import create_app
from clinic.store.operations.rate_limits import limits_engine
from clinic.web.guards import guard_of, public
from clinic.web.limits import geocoder, limited
from tests.conftest import FakeClock
from tests.databases import settings_for

FEW = RateLimits(holds="20 per 10 minutes", bookings="3 per hour; 5 per day", geocoding="2 per minute")


@contextmanager
def worker(url: str, clock: FakeClock) -> Iterator[Flask]:
    app = create_app(settings_for(url, limits=FEW, trusted_proxies=1), clock=clock)
    app.add_url_rule("/hold", "hold", public(limited("holds")(lambda: "held")))
    app.add_url_rule("/book", "book", limited("bookings")(public(lambda: "booked")))
    yield app
    app.extensions["clinic"].limiter.storage.dispose()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def status(app: Flask, path: str, address: str = "203.0.113.1") -> int:
    return app.test_client().get(path, headers={"X-Forwarded-For": address}).status_code


def test_a_limit_holds_across_two_workers_of_four_threads(database: str, clock: FakeClock) -> None:
    with worker(database, clock) as first, worker(database, clock) as second, ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(lambda number: status((first, second)[number % 2], "/hold"), range(60)))
    assert answers == {200: 20, 429: 40}


def test_a_window_ends_and_says_when(database: str, clock: FakeClock) -> None:
    with worker(database, clock) as app:
        assert [status(app, "/book") for _ in range(4)] == [200, 200, 200, 429]
        clock.forward(minutes=20)
        refused = app.test_client().get("/book", headers={"X-Forwarded-For": "203.0.113.1"})
        assert refused.headers["Retry-After"] == str(40 * 60)
        assert "call us" in refused.text
        clock.forward(minutes=41)
        assert status(app, "/book") == 200


def test_addresses_are_counted_apart_and_ipv6_by_network(database: str, clock: FakeClock) -> None:
    with worker(database, clock) as app:
        assert [status(app, "/book", "203.0.113.1") for _ in range(4)][-1] == 429
        assert status(app, "/book", "203.0.113.2") == 200
        assert [status(app, "/book", f"2001:db8:0:1::{number}") for number in range(4)][-1] == 429
        assert status(app, "/book", "2001:db8:0:2::1") == 200


def test_over_the_limit_the_geocoder_finds_nothing(database: str, clock: FakeClock) -> None:
    asked: list[str] = []

    def ask(address: str) -> Point | None:
        asked.append(address)
        return Point(28.54, -81.38)

    app = create_app(settings_for(database, limits=FEW), clock=clock, geocode=ask)
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.1"}):
        found = geocoder()
        assert found is not None
        assert [bool(found("1 Main St")) for _ in range(4)] == [True, True, False, False]
    assert len(asked) == 2
    app.extensions["clinic"].limiter.storage.dispose()


def test_no_address_is_kept(database: str, clock: FakeClock) -> None:
    with worker(database, clock) as app:
        status(app, "/hold", "203.0.113.77")
    engine = limits_engine(database)
    with engine.connect() as connection:
        keys = connection.execute(text("SELECT key FROM rate_limit")).scalars().all()
    engine.dispose()
    assert len(keys) == 1
    assert "203.0.113" not in keys[0]


def test_old_counts_are_swept(database: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with worker(database, clock) as app:
        status(app, "/hold", "203.0.113.1")
        clock.forward(hours=1)
        storage = app.extensions["clinic"].limiter.storage
        monkeypatch.setattr(storage, "_until_sweep", 1)
        status(app, "/hold", "203.0.113.2")
        assert storage.reset() == 1


def test_a_limit_leaves_the_guard_visible() -> None:
    assert guard_of(limited("holds")(public(lambda: ""))) == "public"
