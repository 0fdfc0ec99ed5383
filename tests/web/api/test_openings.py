"""GET /api/v1/openings: shape, order, places, dates, and every way to ask wrongly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from clinic.store.tables.operations import SearchCount
from tests.web.api.conftest import openings


def refused(client: FlaskClient, **query: Any) -> dict[str, Any]:
    asked = {"near": "32801", "service": "physical-therapy"} | query
    answer = client.get("/api/v1/openings", query_string={name: value for name, value in asked.items() if value is not None})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.get_json(force=True)
    assert body["status"] == 422
    assert body["detail"]
    return body


def test_the_soonest_near_a_zip_code(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openings?near=32801&service=physical-therapy&limit=3")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    body = answer.get_json()
    assert body["place"] == {
        "label": "Orlando, FL 32801",
        "latitude": 28.5399,
        "longitude": -81.3727,
        "time_zone": "America/New_York",
        "measured_from": "the center of ZIP 32801",
        "note": None,
    }
    assert (body["radius_miles"], body["widened"], body["nearest_anyway"]) == (25.0, False, False)
    first, second, _ = body["openings"]
    assert first["opening"] != second["opening"]
    assert {name: first[name] for name in ("start", "end", "visit_type", "specialist")} == {
        "start": "2026-11-16T09:00:00-05:00",
        "end": "2026-11-16T10:00:00-05:00",
        "visit_type": "evaluation",
        "specialist": {"slug": "maya-ferreira", "name": "Maya Ferreira, DPT"},
    }
    miles = first["location"].pop("distance_miles")
    assert 0.3 < miles < 0.6
    assert first["location"] == {"slug": "orlando-downtown", "name": "Orlando Downtown", "time_zone": "America/New_York"}
    assert [o["start"] for o in body["openings"]] == sorted(o["start"] for o in body["openings"])


def test_nearest_gives_at_most_three_a_location(client: FlaskClient) -> None:
    found = openings(client, sort="nearest", limit=20)
    assert [o["location"]["slug"] for o in found] == ["orlando-downtown"] * 3 + ["orlando-south"] * 3


def test_a_visit_type_and_a_stretch_of_days(client: FlaskClient) -> None:
    found = openings(client, visit_type="follow-up", until="2026-11-17", limit=100, **{"from": "2026-11-17"})
    assert {o["visit_type"] for o in found} == {"follow-up"}
    assert {o["start"][:10] for o in found} == {"2026-11-17"}
    assert found[0]["start"] == "2026-11-17T09:00:00-05:00"


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("2026-11-17T13:00:00-05:00", "2026-11-17T13:00:00-05:00"),
        ("2026-11-17T13:00:00", "2026-11-17T13:00:00-05:00"),
        ("2026-11-17T18:00:00Z", "2026-11-17T13:00:00-05:00"),
        ("2026-11-17T20:00:00 02:00", "2026-11-17T13:00:00-05:00"),  # an unescaped plus
        ("2026-01-01", "2026-11-16T09:00:00-05:00"),
        ("0001-01-01T00:00:00-05:00", "2026-11-16T09:00:00-05:00"),
    ],
)
def test_times_with_and_without_an_offset(client: FlaskClient, since: str, first: str) -> None:
    assert openings(client, **{"from": since})[0]["start"] == first


def test_a_clinic_keeps_its_own_zone(client: FlaskClient) -> None:
    first = openings(client, near="85004")[0]
    assert first["start"] == "2026-11-16T09:00:00-07:00"
    assert datetime.fromisoformat(first["start"]).utcoffset()


def test_far_from_everything_the_nearest_come_anyway(client: FlaskClient) -> None:
    body = client.get("/api/v1/openings?near=62701&service=physical-therapy").get_json()
    assert body["nearest_anyway"]
    assert body["widened"]
    assert body["radius_miles"] > 100
    assert body["openings"]


def test_a_place_in_two_states_offers_a_choice(client: FlaskClient) -> None:
    body = refused(client, near="Springfield")
    assert body["type"] == "urn:problem:place-ambiguous"
    assert sorted(body["choices"]) == ["Springfield, IL", "Springfield, MO"]


@pytest.mark.parametrize(
    ("near", "says"),
    [
        ("99999", "do not know that ZIP"),
        ("Toronto, ON", "United States only"),
        ("near me", "your device"),
        ("91, 0", "latitude"),
        ("\U0001f600", "could not read a place"),
        ("\0", "letters, digits"),
        pytest.param("x" * 10_000, "longer than 200", id="long"),
        ("", "could not read a place"),
    ],
)
def test_places_that_cannot_be(client: FlaskClient, near: str, says: str) -> None:
    body = refused(client, near=near)
    assert says in body["detail"]
    assert set(body["errors"]) == {"near"}


def test_a_misspelt_place_gets_suggestions(client: FlaskClient) -> None:
    assert refused(client, near="Orlanod, FL")["suggestions"] == ["Orlando, FL"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"near": None}, "near"),
        ({"service": None}, "service"),
        ({"service": "heart-surgery"}, "service"),
        ({"service": "\0"}, "service"),
        ({"visit_type": "facet-procedure"}, "visit_type"),
        ({"service": "facet-joint-injections", "visit_type": "facet-procedure"}, "visit_type"),
        ({"radius": "far"}, "radius"),
        ({"radius": "nan"}, "radius"),
        ({"radius": "0"}, "radius"),
        ({"radius": "501"}, "radius"),
        ({"limit": "0"}, "limit"),
        pytest.param({"limit": "9" * 5000}, "limit", id="huge"),
        ({"sort": "cheapest"}, "sort"),
        ({"from": "tomorrow"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"until": "9999-12-31"}, "until"),
        ({"from": "2026-11-20", "until": "2026-11-18"}, "until"),
    ],
)
def test_what_is_asked_wrongly_is_named(client: FlaskClient, query: dict[str, Any], field: str) -> None:
    assert list(refused(client, **query)["errors"]) == [field]


def test_a_search_is_counted_by_zip_and_service(client: FlaskClient, app: Any) -> None:
    openings(client)
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        rows = session.query(SearchCount).all()
    assert [(row.postal_code, row.service) for row in rows] == [("32801", "physical-therapy")]
