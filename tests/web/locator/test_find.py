"""The one box and the results: what is typed, what is shown, and what never stands in an address."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point
from clinic.factory import create_app
from clinic.store.tables.operations import SearchCount
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.pages import ReadingClient
from tests.web.visiting import openings, search, text_of, title_of


def test_home_has_one_box_the_services_and_the_phone(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert 'action="/find"' in page
    assert page.count('name="near"') == 1
    assert all(name in page for name in ("Physical therapy", "Facet joint injections", 'href="tel:+14075550100"'))


def test_a_zip_code_becomes_an_address_to_share(client: FlaskClient) -> None:
    answer = client.post("/find", data={"near": " ３２８０１-1234 ", "service": "physical-therapy"})
    assert answer.status_code == 303
    assert answer.location == "/find?near=32801&service=physical-therapy"


def test_results_say_how_many_from_where_the_soonest_and_the_zone(client: FlaskClient) -> None:
    page = search(client)
    text = text_of(page)
    assert title_of(page).startswith("Physical therapy near Orlando, FL 32801")
    assert "1 clinic within 25 miles of Orlando, FL 32801 offers this." in text
    assert "Distances are measured from the center of ZIP 32801." in text
    assert "Book today, 9:00 AM EST" in text
    assert "Lake Clinic" in text
    assert "(407) 555-0100" in text
    assert 'role="status"' in page.get_data(as_text=True)
    assert len(openings(page)) == 1 + 3
    assert len(page.data) < 60_000


def test_clinics_come_nearest_first_or_soonest_first(client: FlaskClient) -> None:
    nearest = text_of(search(client, "32351"))
    assert nearest.index("1 Capital Clinic") < nearest.index("2 River Clinic")
    soonest = client.get("/find?near=32351&service=physical-therapy&sort=soonest")
    assert "Capital Clinic" in text_of(soonest)
    assert 'aria-current="true">Soonest first' in soonest.get_data(as_text=True)


def test_a_clinic_in_another_zone_says_so(client: FlaskClient) -> None:
    text = text_of(search(client, "32351"))
    assert "Times here are Central Time (CST), 1 hour behind of the place you searched." not in text
    assert "Times here are Central Time (CST), 1 hour behind the place you searched." in text
    assert "9:00 AM CST" in text


def test_nothing_near_is_widened_and_said(client: FlaskClient) -> None:
    assert "No clinic within 100 miles has a time. These are the nearest, wherever they are." in text_of(search(client, "99501"))
    near_tallahassee = text_of(search(client, "30.9,-83.9"))
    assert "There was no time within 25 miles, so we looked as far as 50 miles." in near_tallahassee


def test_what_only_staff_book_is_a_sentence_and_the_phone(client: FlaskClient) -> None:
    page = client.get("/find?near=32801&service=nerve-ablation")
    assert page.status_code == 200
    assert "arranged by our staff. Please call us" in text_of(page)
    assert "call (407) 555-0100" in text_of(page)
    assert openings(page) == []


def test_no_free_time_is_a_sentence_and_the_phone(client: FlaskClient, clock: FakeClock) -> None:
    clock.now = datetime(2035, 1, 1, tzinfo=UTC)  # after every shift
    page = search(client)
    assert page.status_code == 200
    assert "We found no free time for this in the next 90 days." in text_of(page)
    assert openings(page) == []


NO_PLACES = {
    "": "Type",
    "00000": "ZIP code",
    "09001": "Military",
    "🙂🙂": "Type",
    "x" * 10_000: "long",
    "91, 0": "latitude",
    "Toronto, ON": "United States only",
    "near me": "your location",
    "1234": "ZIP",
}


def test_what_is_no_place_gets_a_sentence_a_box_and_a_phone(client: FlaskClient) -> None:
    for typed, said in NO_PLACES.items():
        for page in (
            client.post("/find", data={"near": typed, "service": "facet-joint-injections"}),
            client.get("/find", query_string={"near": typed, "service": "facet-joint-injections"}),
        ):
            assert page.status_code == 200
            assert title_of(page).startswith("Error: Find a time near you")
            text = text_of(page)
            assert "There is a problem" in text
            assert said in text
            assert "call (407) 555-0100" in text
            kept = page.get_data(as_text=True)
            assert f'value="{typed}"' in kept
            assert 'value="facet-joint-injections" selected' in kept


def test_a_typo_gets_suggestions_as_links(client: FlaskClient) -> None:
    page = client.post("/find", data={"near": "Orlanod", "service": "physical-therapy"}).get_data(as_text=True)
    assert "Did you mean" in page
    assert 'href="/find?near=Orlando,+FL&amp;service=physical-therapy"' in page


def test_a_name_in_several_states_gets_a_chooser(client: FlaskClient) -> None:
    page = client.post("/find", data={"near": "springfield", "service": "physical-therapy"})
    assert title_of(page).startswith("Which one do you mean?")
    assert "There is a problem" not in text_of(page)
    assert all(f"Springfield,+{state}&amp;" in page.get_data(as_text=True) for state in ("IL", "MA"))


def test_an_unknown_service_is_said_and_the_place_kept(client: FlaskClient) -> None:
    page = search(client, service="palm-reading")
    assert page.status_code == 404
    assert 'value="32801"' in page.get_data(as_text=True)
    assert "There is a problem" in text_of(page)
    assert client.get("/find?near=32801&service=physical-therapy&visit_type=procedure").status_code == 200


def test_a_street_address_never_stands_in_an_address(database: str, clock: FakeClock) -> None:
    asked: list[str] = []

    def geocode(address: str) -> Point:
        asked.append(address)
        return Point(28.54321, -81.37654)

    app = create_app(settings_for(database), clock=clock, geocode=geocode)
    app.test_client_class = ReadingClient
    answer = app.test_client().post("/find", data={"near": "12 Elm Street, Orlando FL", "service": "physical-therapy"})
    assert asked == ["12 Elm Street, Orlando FL"]
    assert answer.location == "/find?near=28.54,-81.38&service=physical-therapy"
    _dispose(app)


def test_without_a_geocoder_the_city_serves_and_it_is_said(client: FlaskClient) -> None:
    answer = client.post("/find", data={"near": "12 Elm Street, Orlando FL", "service": "physical-therapy"})
    assert answer.location == "/find?near=Orlando,+FL&service=physical-therapy"
    assert "because we could not look up the street address" in text_of(client.get(answer.location))


def test_a_search_needs_no_cookie_and_counts_once(client: FlaskClient, app: Flask, database: str) -> None:
    fresh = app.test_client(use_cookies=False)
    assert fresh.post("/find", data={"near": "32801"}).status_code == 303
    search(fresh)
    engine = create_engine(database)
    with Session(engine) as session:
        assert session.execute(select(SearchCount.postal_code, SearchCount.service, SearchCount.found)).all() == [
            ("32801", "physical-therapy", 1)
        ]
    engine.dispose()


def _dispose(app: Flask) -> None:
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()
