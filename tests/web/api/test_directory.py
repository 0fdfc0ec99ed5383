"""The directory through the API, and the two descriptions of the API."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.usecases import directory
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.web.api.conftest import hold, once, openings


def test_locations(client: FlaskClient) -> None:
    body = client.get("/api/v1/locations").get_json()
    assert [location["slug"] for location in body["locations"]] == ["phoenix", "orlando-downtown", "orlando-south"]
    assert body["next"] is None
    assert body["locations"][1]["phone"] == "(407) 555-0100 ext. 4"
    assert body["locations"][2]["phone"] == ""
    for state in ("FL", "florida"):
        found = client.get("/api/v1/locations", query_string={"state": state}).get_json()["locations"]
        assert {location["state"] for location in found} == {"FL"}


def test_a_long_list_goes_on(client: FlaskClient) -> None:
    seen, path = [], "/api/v1/locations?limit=2"
    while path:
        body = client.get(path).get_json()
        seen += [location["slug"] for location in body["locations"]]
        path = body["next"]
    assert seen == ["phoenix", "orlando-downtown", "orlando-south"]


def test_a_location(client: FlaskClient) -> None:
    body = client.get("/api/v1/locations/orlando-downtown").get_json()
    assert body["days"][0] == {"name": "Monday", "open_times": [{"opens": "09:00", "closes": "17:00"}]}
    assert body["days"][6] == {"name": "Sunday", "open_times": []}
    assert body["special_days"] == [{"day": "2026-11-26", "open_times": [], "reason": "Thanksgiving"}]
    assert body["closures"][0]["start"].endswith("-05:00")
    assert body["closures"][0]["reason"] == "Water damage"
    assert body["closures"][0]["reopens"] > body["closures"][0]["end"]
    assert (body["parking"], body["plans"]) == ("", [])
    assert [service["slug"] for service in body["services"]] == ["physical-therapy", "facet-joint-injections"]
    assert [person["slug"] for person in body["specialists"]] == ["maya-ferreira"]
    assert [place["slug"] for place in body["specialists"][0]["locations"]] == ["orlando-downtown", "orlando-south"]


def test_a_location_without_hours_of_its_own(client: FlaskClient) -> None:
    body = client.get("/api/v1/locations/orlando-south").get_json()
    assert (body["hours"], body["days"]) == ("", [])
    assert [service["slug"] for service in body["services"]] == ["physical-therapy"]


def test_services(client: FlaskClient) -> None:
    services = client.get("/api/v1/services").get_json()["services"]
    assert [service["slug"] for service in services] == ["physical-therapy", "facet-joint-injections"]
    assert services[0]["visit_types"][0] == {
        "slug": "evaluation",
        "name": "Evaluation",
        "minutes": 60,
        "online": True,
        "audience": "new",
    }
    assert [visit["online"] for visit in services[1]["visit_types"]] == [False]


def test_specialists(client: FlaskClient) -> None:
    def slugs(**query: str) -> list[str]:
        body = client.get("/api/v1/specialists", query_string=query).get_json()
        return [person["slug"] for person in body["specialists"]]

    assert slugs() == ["lena-begay", "maya-ferreira", "omar-haddad"]
    assert slugs(location="orlando-south") == ["maya-ferreira", "omar-haddad"]
    assert slugs(service="facet-joint-injections") == ["maya-ferreira"]
    assert slugs(service="facet-joint-injections", location="orlando-south") == []
    assert client.get("/api/v1/specialists/maya-ferreira").get_json()["languages"] == ["English", "Portuguese"]


@pytest.mark.parametrize(
    "path", ["locations/nowhere", "specialists/nobody", "locations/UPPER", "locations/%00", "locations/a--b"]
)
def test_what_is_not_there(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("locations?state=Ontario", "state"),
        ("locations?limit=0", "limit"),
        ("locations?limit=1001", "limit"),
        ("locations?offset=-1", "offset"),
        ("locations?offset=99999999999999999999", "offset"),
        ("specialists?location=nowhere", "location"),
        ("specialists?service=magic", "service"),
    ],
)
def test_what_is_asked_wrongly(client: FlaskClient, path: str, field: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 422
    assert list(answer.get_json(force=True)["errors"]) == [field]


def test_queries_do_not_grow_with_rows(database: str, session: Session, clock: FakeClock) -> None:
    verbs = {
        "locations": lambda: directory.locations(session),
        "location": lambda: directory.get_location(session, "orlando-south", now=clock.now),
        "services": lambda: directory.services(session),
        "specialists": lambda: directory.specialists(session),
        "of a clinic": lambda: directory.specialists(session, location="orlando-south", service="physical-therapy"),
        "specialist": lambda: directory.get_specialist(session, "omar-haddad"),
    }
    asked = {}
    for name, verb in verbs.items():
        with counted_queries(session.get_bind()) as statements:
            verb()
        asked[name] = len(statements)
    assert asked == {"locations": 1, "location": 6, "services": 1, "specialists": 2, "of a clinic": 4, "specialist": 2}


def test_the_directory_says_what_it_does_not_have(session: Session, clock: FakeClock) -> None:
    for ask in (
        lambda: directory.get_location(session, "nowhere", now=clock.now),
        lambda: directory.get_service(session, "magic"),
        lambda: directory.get_specialist(session, "nobody"),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(InvalidInput):
        directory.locations(session, state="Ontario")


def test_nobody_gets_a_cookie(client: FlaskClient) -> None:
    opening = openings(client)[0]["opening"]
    held = hold(client, opening)["hold"]
    answers = [
        client.get("/api/v1/services"),
        client.get("/api/v1/"),
        client.get("/api/v1/openapi.json"),
        client.get(f"/api/v1/holds/{held}"),
        client.post("/api/v1/holds", json={"opening": opening}, headers=once("another-key-of-the-tests")),
    ]
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * 5


def test_the_description_names_every_address_of_the_api(app: Flask, client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").get_json()
    assert described["openapi"] == "3.1.0"
    names = {
        operation["operationId"]
        for item in described["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    }
    endpoints = {rule.endpoint.removeprefix("api.") for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert names == endpoints
    assert len(names) == 11


def test_the_description_for_people(client: FlaskClient) -> None:
    page = client.get("/api/v1/")
    assert page.mimetype == "text/html"
    for words in ("GET /api/v1/openings", "Idempotency-Key", "patient.birth_date", "guardian.consent", "(407) 555-0123", "422"):
        assert words in page.text
    assert "http://" not in page.text.replace("http://localhost", "")
    assert page.text.index("/api/v1/openings") < page.text.index("/api/v1/appointments")
