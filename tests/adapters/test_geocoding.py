"""Real geopy classes against a provider on this machine: right, slow, trickling, broken, gone."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from geopy.exc import ConfigurationError, GeocoderNotFound

from clinic.adapters.geocoding import FAILURES_TO_OPEN, OPEN_FOR_SECONDS, AddressLookup, build
from clinic.domain.geography.places import Point

ADDRESS = "4600 Silver Hill Rd, Washington, DC 20233"
SUITLAND = Point(38.846, -76.927)
TIMEOUT = 0.4


class Provider(ThreadingHTTPServer):
    """Answers as Nominatim or the Census would, or misbehaves as told by `mood`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.mood = "right"
        self.point = SUITLAND
        self.asked: list[str] = []
        self.closing = threading.Event()

    @property
    def domain(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        mood = self.server.mood
        if mood == "slow":
            self.server.closing.wait(30)
            return
        body = {"500": b"oops", "garbage": b"<html>{", "shape": b'{"unexpected": [1]}', "nan": self.body("NaN")}.get(
            mood
        ) or self.body()
        self.send_response(500 if mood == "500" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mood == "trickle":
            for byte in body:
                self.wfile.write(bytes([byte]))
                if self.server.closing.wait(0.1):
                    return
        self.wfile.write(body)

    def body(self, latitude: Any = None) -> bytes:
        address = parse_qs(urlsplit(self.path).query)
        latitude = latitude or self.server.point.latitude
        longitude = self.server.point.longitude
        if "onelineaddress" in self.path:
            match = {"matchedAddress": ADDRESS.upper(), "coordinates": {"x": longitude, "y": latitude}}
            matches = [] if self.server.mood == "nothing" else [match]
            assert address["benchmark"] == ["Public_AR_Current"]
            return json.dumps({"result": {"addressMatches": matches}}).encode()
        found = [{"lat": str(latitude), "lon": str(longitude), "display_name": ADDRESS}]
        return json.dumps([] if self.server.mood == "nothing" else found).encode()

    def log_message(self, *_: object) -> None:
        pass


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["nominatim", "uscensus"])
def lookup(request: pytest.FixtureRequest, provider: Provider, clock: Clock) -> AddressLookup:
    options: dict[str, Any] = {"domain": provider.domain, "scheme": "http"}
    if request.param == "nominatim":
        options |= {"user_agent": "clinic-tests", "geocode": {"country_codes": "us"}}
    return build(request.param, options, timeout=TIMEOUT, clock=clock)


def test_a_right_answer_is_a_point_and_is_asked_for_once(lookup: AddressLookup, provider: Provider, clock: Clock) -> None:
    assert lookup(ADDRESS) == SUITLAND
    assert lookup("  " + ADDRESS.upper()) == SUITLAND
    assert len(provider.asked) == 1
    clock.now += 2 * 24 * 3600
    assert lookup(ADDRESS) == SUITLAND
    assert len(provider.asked) == 2


def test_options_under_geocode_reach_the_provider(provider: Provider) -> None:
    options = {"domain": provider.domain, "scheme": "http", "geocode": {"country_codes": "us"}}
    assert build("nominatim", options)(ADDRESS) == SUITLAND
    assert "countrycodes=us" in provider.asked[0]


def test_nothing_found_is_remembered_for_a_while(lookup: AddressLookup, provider: Provider, clock: Clock) -> None:
    provider.mood = "nothing"
    assert lookup("1 Nowhere") is None
    assert lookup("1 Nowhere") is None
    assert len(provider.asked) == 1
    clock.now += 3600
    lookup("1 Nowhere")
    assert len(provider.asked) == 2


def test_nothing_found_is_no_failure(lookup: AddressLookup, provider: Provider) -> None:
    provider.mood = "nothing"
    for number in range(FAILURES_TO_OPEN + 3):
        assert lookup(f"{number} Nowhere") is None
    assert len(provider.asked) == FAILURES_TO_OPEN + 3


@pytest.mark.parametrize("mood", ["slow", "trickle"])
def test_a_slow_provider_costs_no_more_than_the_time_allowed(lookup: AddressLookup, provider: Provider, mood: str) -> None:
    provider.mood = mood
    started = time.monotonic()
    assert lookup(ADDRESS) is None
    assert time.monotonic() - started < TIMEOUT + 0.5


@pytest.mark.parametrize("mood", ["500", "garbage", "shape", "nan"])
def test_a_broken_provider_finds_nothing(lookup: AddressLookup, provider: Provider, mood: str) -> None:
    provider.mood = mood
    assert lookup(ADDRESS) is None
    provider.mood = "right"
    if mood != "nan":  # an answer, if a bad one: remembered
        assert lookup(ADDRESS) == SUITLAND


def test_a_refused_connection_finds_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        domain = f"127.0.0.1:{free.getsockname()[1]}"
    assert build("uscensus", {"domain": domain, "scheme": "http"}, timeout=TIMEOUT)(ADDRESS) is None


@pytest.mark.parametrize("point", [Point(51.5, -0.12), Point(0, 0), Point(-33.9, 151.2)])
def test_an_answer_abroad_is_ignored(lookup: AddressLookup, provider: Provider, point: Point) -> None:
    provider.point = point
    assert lookup(ADDRESS) is None


def test_five_failures_open_the_circuit_and_one_trial_closes_it(lookup: AddressLookup, provider: Provider, clock: Clock) -> None:
    provider.mood = "500"
    for number in range(FAILURES_TO_OPEN + 20):
        assert lookup(f"{number} Main St") is None
    assert len(provider.asked) == FAILURES_TO_OPEN

    clock.now += OPEN_FOR_SECONDS + 1
    for number in range(20):  # half open: one trial, which fails
        assert lookup(f"{number} Main St") is None
    assert len(provider.asked) == FAILURES_TO_OPEN + 1

    clock.now += OPEN_FOR_SECONDS + 1
    provider.mood = "right"
    for number in range(3):
        assert lookup(f"{number} Main St") == SUITLAND
    assert len(provider.asked) == FAILURES_TO_OPEN + 4


def test_four_failures_and_a_success_leave_it_closed(lookup: AddressLookup, provider: Provider) -> None:
    for _ in range(3):
        provider.mood = "500"
        for number in range(FAILURES_TO_OPEN - 1):
            lookup(f"{number} Main St")
        provider.mood = "right"
        assert lookup(f"{len(provider.asked)} Elm St") == SUITLAND


def test_a_hanging_provider_holds_a_bounded_number_of_threads(provider: Provider, clock: Clock) -> None:
    provider.mood = "slow"
    lookup = build("uscensus", {"domain": provider.domain, "scheme": "http", "timeout": 20}, timeout=0.2, clock=clock)
    callers = [threading.Thread(target=lookup, args=(f"{number} Main St",)) for number in range(40)]
    started = time.monotonic()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert time.monotonic() - started < 2
    assert len([thread for thread in threading.enumerate() if thread.name == "geocoder"]) <= 8


def test_the_cache_is_bounded(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.adapters.geocoding.CACHED", 2)
    lookup = build("uscensus", {"domain": provider.domain, "scheme": "http"})
    for street in ("1 A St", "2 B St", "1 A St", "3 C St", "1 A St", "2 B St"):
        lookup(street)
    assert len(provider.asked) == 4  # the least recently used, 2 B St, was asked for again


def test_no_log_line_holds_the_address(lookup: AddressLookup, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for mood in ("right", "500", "garbage", "slow"):
        provider.mood = mood
        lookup(f"77 Secret Lane, {mood}")
    assert len(caplog.records) >= 3
    assert "secret" not in caplog.text.lower()
    assert "TimeoutError" in caplog.text or "GeocoderTimedOut" in caplog.text


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyError("x"), SystemExit(3), GeneratorExit()])
def test_whatever_the_provider_class_raises_stays_inside(error: BaseException, clock: Clock) -> None:
    def ask(address: str) -> None:
        raise error

    assert AddressLookup(ask, TIMEOUT, clock)(ADDRESS) is None


def test_wrong_settings_are_refused_at_once() -> None:
    with pytest.raises(GeocoderNotFound):
        build("no-such-service", {})
    with pytest.raises(TypeError):
        build("nominatim", {"no_such_option": 1})
    with pytest.raises(ConfigurationError):
        build("googlev3", {})
