"""robots.txt, the sitemap, canonical links, and what may be indexed."""

from __future__ import annotations

import re
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.factory import create_app
from clinic.web.headers import FOR_SEARCH_ENGINES
from clinic.web.locator import crawlers, places
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.web.visiting import book

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: FlaskClient, path: str = "/sitemap.xml") -> list[str]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    assert "public" in answer.headers["Cache-Control"]
    return [loc.text or "" for loc in ElementTree.fromstring(answer.data).iter(f"{SPACE}loc")]


def test_the_sitemap_is_complete_and_every_address_is_canonical(client: FlaskClient, app: Flask) -> None:
    found = addresses(client)
    assert len(found) == len(set(found)) == 3 + 3 + 3 + 3 + 6  # home, services, clinics; three of each; care
    for address in found:
        page = client.get(address.removeprefix("http://localhost"))
        assert page.status_code == 200
        assert re.findall(r'<link rel="canonical" href="([^"]+)">', page.get_data(as_text=True)) == [address]
        assert "X-Robots-Tag" not in page.headers
    adapter = app.url_map.bind("localhost")
    assert {adapter.match(address.removeprefix("http://localhost"))[0] for address in found} == FOR_SEARCH_ENGINES - {"static"}


def test_addresses_are_those_of_the_settings(database: str, clock: FakeClock) -> None:
    app = create_app(settings_for(database, public_url="https://book.example.org", allowed_hosts=("localhost",)), clock=clock)
    client = app.test_client()
    assert all(address.startswith("https://book.example.org/") for address in addresses(client))
    assert "Sitemap: https://book.example.org/sitemap.xml" in client.get("/robots.txt").get_data(as_text=True)
    assert 'href="https://book.example.org/locations/lake"' in client.get("/locations/lake").get_data(as_text=True)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def test_a_large_chain_lists_its_states(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CLINICS_ON_ONE_PAGE", 2)
    assert "http://localhost/locations?state=FL" in addresses(client)


def test_more_than_fits_into_one_sitemap(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = addresses(client)
    monkeypatch.setattr(crawlers, "MOST_ADDRESSES", 5)
    parts = addresses(client)
    assert parts == [f"http://localhost/sitemap.xml?part={number}" for number in (1, 2, 3, 4)]
    found = [addresses(client, part.removeprefix("http://localhost")) for part in parts]
    assert [len(part) for part in found] == [5, 5, 5, 3]
    assert [address for part in found for address in part] == whole
    for part in ("0", "5", "-1", "1.5", "x", ""):
        assert client.get(f"/sitemap.xml?part={part}").status_code == 404


def test_robots(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    robots = RobotFileParser()
    robots.parse(answer.get_data(as_text=True).splitlines())
    for path in ("/", "/locations", "/locations/lake", "/services/physical-therapy", "/specialists/dana", "/static/site.css"):
        assert robots.can_fetch("anybody", path), path
    for path in (
        "/find?near=32801", "/book/hold", "/booked/ABC", "/manage/token", "/visit", "/visit/cancel", "/find-my-booking",
        "/api/v1/holds",
    ):  # fmt: skip
        assert not robots.can_fetch("anybody", path), path
    assert robots.site_maps() == ["http://localhost/sitemap.xml"]


def test_searches_times_and_visits_stay_out_of_every_index(client: FlaskClient) -> None:
    booked = book(client)
    assert booked.status_code == 303
    for address in (
        "/find", "/find?near=32801", "/locations/lake/times", "/visit", "/find-my-booking", booked.location, "/api/v1/locations",
        "/no-such-page",
    ):  # fmt: skip
        page = client.get(address)
        assert page.headers["X-Robots-Tag"] == "noindex", address
        assert 'rel="canonical"' not in page.get_data(as_text=True)
