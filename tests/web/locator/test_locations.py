"""The clinics' own pages, and the way to them by state and city."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import Location, LocationDay
from clinic.web.locator import places
from tests import build
from tests.conftest import FakeClock
from tests.web.visiting import openings, text_of, title_of


@pytest.fixture
def lake(database: str) -> Session:  # type: ignore[misc]
    """A session over the pages' world, to add to the Lake Clinic."""
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def site(session: Session, slug: str = "lake") -> Location:
    return session.scalars(select(Location).where(Location.slug == slug)).one()


def test_clinics_are_listed_by_state_and_city(client: FlaskClient) -> None:
    page = client.get("/locations")
    text = text_of(page)
    assert "3 clinics in 1 state." in text
    assert "Florida (3)" in text
    order = ("Florida", "Orlando", "Lake Clinic", "Sneads", "River Clinic", "Tallahassee", "Capital Clinic")
    listed = text[text.index("By state") :]
    assert [listed.index(name) for name in order] == sorted(listed.index(name) for name in order)
    html = page.get_data(as_text=True)
    assert 'href="#FL"' in html
    assert '<h2 id="FL">Florida</h2>' in html
    assert 'action="/find"' in html


def test_one_state(client: FlaskClient) -> None:
    page = client.get("/locations?state=fl")
    assert title_of(page).startswith("Our clinics in Florida")
    assert "3 clinics." in text_of(page)
    assert '<link rel="canonical" href="http://localhost/locations">' in page.get_data(as_text=True)
    for wrong in ("TX", "FLORIDA", "%00", "x" * 3000, "fl&state=tx"):
        assert client.get(f"/locations?state={wrong}").status_code == (200 if "fl" in wrong else 404)


def test_a_large_chain_lists_one_state_at_a_time(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CLINICS_ON_ONE_PAGE", 2)
    page = client.get("/locations")
    assert "Lake Clinic" not in text_of(page)
    assert 'href="/locations?state=FL"' in page.get_data(as_text=True)
    page = client.get("/locations?state=FL")
    assert "Lake Clinic" in text_of(page)
    assert '<link rel="canonical" href="http://localhost/locations?state=FL">' in page.get_data(as_text=True)
    assert "Orange Avenue" not in text_of(page)  # so many clinics in one state are names alone
    assert "Orange Avenue" in text_of(client.get("/locations/lake"))


def test_no_clinics_at_all(client: FlaskClient, lake: Session) -> None:
    for slug in ("lake", "capital", "river"):
        site(lake, slug).active = False
    lake.commit()
    assert "There are no clinics here yet." in text_of(client.get("/locations"))


def test_a_clinic_shows_address_phone_hours_people_and_the_soonest_times(client: FlaskClient) -> None:
    page = client.get("/locations/lake")
    text = text_of(page)
    for fact in (
        "Orlando, FL 32801", "(407) 555-0100", "Open now, until 5:00 PM EST", "Monday 9:00 AM to 5:00 PM", "Sunday Closed",
        "Thu, Nov 26 Closed (Thanksgiving)", "Dana Brook, PT", "English, Spanish", "Today 9:00 AM EST",
        "Procedure: our staff arrange it with you. Book the visit above first, or call.",
        "Our staff arrange this visit with you.",
    ):  # fmt: skip
        assert fact in text, fact
    assert len(openings(page)) == 6
    html = page.get_data(as_text=True)
    assert 'href="/locations/lake/times?visit_type=therapy-first"' in html
    assert 'href="/specialists/' in html
    assert 'href="https://www.openstreetmap.org/directions?to=28.5399%2C-81.3727" rel="noopener"' in html
    assert "opens OpenStreetMap" in text
    assert "9:00 AM CST" in text_of(client.get("/locations/river"))


def test_what_is_not_known_is_not_shown(client: FlaskClient) -> None:
    text = text_of(client.get("/locations/capital"))
    assert "Hours differ by specialist." in text
    for heading in ("Parking", "Insurance", "Open now", "Closed,"):
        assert heading not in text


def test_parking_access_plans_and_neighbors(client: FlaskClient, lake: Session) -> None:
    at = site(lake)
    at.parking, at.access, at.plans = "Behind the house.", "No steps.", "Medicare\nFernbrook <PPO>"
    lake.commit()
    build.location(lake, slug="pond", name="Pond Clinic", latitude=28.6, longitude=-81.4)
    page = client.get("/locations/lake")
    text = text_of(page)
    for fact in (
        "Behind the house.",
        "No steps.",
        "Medicare",
        "Is yours not here? Please call",
        "Pond Clinic 4.5 miles from here",
    ):
        assert fact in text, fact
    assert "Fernbrook &lt;PPO&gt;" in page.get_data(as_text=True)


def test_a_closure_says_when_we_open_again(client: FlaskClient, lake: Session, clock: FakeClock) -> None:
    at = site(lake)
    lake.expunge(at)
    build.closure(lake, at, datetime(2026, 11, 19, 5, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC))
    build.closure(lake, at, datetime(2026, 12, 1, 19, tzinfo=UTC), datetime(2026, 12, 1, 20, tzinfo=UTC))
    text = text_of(client.get("/locations/lake"))
    assert "Closed from Thursday, November 19, 2026. We open again on Monday, November 23, 2026, at 9:00 AM EST." in text
    assert "Closed from Tuesday, December 1, 2026, 2:00 PM. We open again on Tuesday, December 1, 2026, at 3:00 PM EST." in text
    assert "Thu, Nov 19 to Fri, Nov 20 Closed" in text
    assert "Tue, Dec 1 9:00 AM to 2:00 PM, 3:00 PM to 5:00 PM" in text
    clock.now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert "Closed, opens Mon Nov 23 9:00 AM EST" in text_of(client.get("/locations/lake"))


def test_a_holiday_is_said_beside_the_name(client: FlaskClient, clock: FakeClock) -> None:
    clock.now = datetime(2026, 11, 26, 15, tzinfo=UTC)
    assert "Closed (Thanksgiving), opens tomorrow 9:00 AM EST" in text_of(client.get("/locations/lake"))


def test_a_clinic_closed_for_good_until_somebody_says_otherwise(client: FlaskClient, lake: Session) -> None:
    at = site(lake)
    lake.expunge(at)
    build.closure(lake, at, datetime(2026, 11, 1, tzinfo=UTC), datetime(2030, 11, 1, tzinfo=UTC))
    for year in range(2026, 2032):
        lake.add_all(
            LocationDay(location_id=at.id, day=date(year, month, 1), reason="<b>") for month in range(1, 13) if month != 11
        )
    lake.commit()
    page = client.get("/locations/lake")
    assert "Closed until further notice" in text_of(page)
    assert "<b>" not in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "address",
    ["/locations/nowhere", "/locations/No-Slug", "/locations/nowhere/times", "/specialists/nobody", "/specialists/nobody/times",
     "/services/nothing", "/services/a--b", "/locations/%00", "/specialists/%F0%9F%99%82"],
)  # fmt: skip
def test_what_is_not_there_is_a_page_with_the_box(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    assert "(407) 555-0100" in text_of(page)
    assert 'name="near"' in page.get_data(as_text=True)
    assert 'rel="canonical"' not in page.get_data(as_text=True)


def test_a_public_page_gives_no_cookie_to_a_crawler(app: Flask) -> None:
    fresh = app.test_client(use_cookies=False)
    assert "Set-Cookie" not in fresh.get("/locations").headers
