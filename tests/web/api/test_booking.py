"""From an opening to a booked visit through the API: the journey, its replays, and everything that is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.config import RateLimits
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.factory import create_app
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Specialist, VisitType
from clinic.store.tables.patients import Guardian, Intake, Patient
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.web.api.conftest import KEY, booking, hold, once, openings

JSON_PROBLEM = "application/problem+json"
OPENING_MEMBERS = {"start", "end", "opening", "visit_type", "location", "specialist"}
GUARDIAN = {"name": "Ana Delgado", "relation": "parent", "phone": "407-555-0124", "consent": True}


@contextmanager
def opened(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield app.extensions["sqlalchemy"].session


def book(client: FlaskClient, request: Any, key: str = KEY) -> TestResponse:
    return client.post("/api/v1/appointments", json=request, headers=once(key))


def refusal(answer: TestResponse, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.mimetype) == (status, JSON_PROBLEM), answer.text
    body: dict[str, Any] = answer.get_json(force=True)
    assert body["status"] == status
    assert body["detail"]
    return body


def token(
    app: Flask, start: datetime, *, visit: str = "evaluation", at: str = "orlando-downtown", who: str = "maya-ferreira"
) -> str:
    """A token that we could have written, for any time at all."""
    with opened(app) as session:
        ids = [
            session.scalars(select(table.id).where(table.slug == slug)).one()
            for table, slug in ((VisitType, visit), (Location, at), (Specialist, who))
        ]
    key = app.extensions["clinic"].settings.secret_key.encode()
    return write_opening(key, SlotRef(*ids, cell_at(start)))


def test_from_an_opening_to_a_visit(client: FlaskClient, app: Flask) -> None:
    opening = openings(client)[0]
    held = hold(client, opening["opening"])
    assert (held["start"], held["end"]) == (opening["start"], opening["end"])
    assert held["expires_at"] == "2026-11-16T09:10:00-05:00"
    assert held["location"]["phone"] == "(407) 555-0100 ext. 4"
    answer = book(client, booking(held["hold"], new_patient=True, reason="Low back pain"))
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    booked = answer.get_json()
    assert (booked["start"], booked["visit_type"], booked["service"]) == (opening["start"], "evaluation", "physical-therapy")
    assert len(booked["reference"]) == 11
    assert booked["manage_url"].startswith("http://localhost/manage/")
    assert booked["manage_url"].rpartition("/")[2] != held["hold"]
    assert "Delgado" not in answer.text
    with opened(app) as session:
        row = session.scalars(select(Appointment)).one()
        assert (row.state, row.channel, row.reference) == ("booked", "api", booked["reference"])


def test_a_hold_can_be_looked_at_extended_and_given_back(client: FlaskClient, clock: FakeClock) -> None:
    opening = openings(client)[0]["opening"]
    path = f"/api/v1/holds/{hold(client, opening)['hold']}"
    clock.forward(minutes=5)
    longer = client.post(f"{path}/extend")
    assert (longer.status_code, longer.get_json()["expires_at"]) == (200, "2026-11-16T09:15:00-05:00")
    assert client.get(path).get_json()["expires_at"] == "2026-11-16T09:15:00-05:00"
    assert opening not in [o["opening"] for o in openings(client)]
    assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    refusal(client.get(path), 409)
    refusal(client.post(f"{path}/extend"), 409)
    assert "Set-Cookie" not in client.delete(path).headers


def test_a_released_time_is_offered_again(client: FlaskClient) -> None:
    tomorrow = {"from": "2026-11-17"}
    opening = openings(client, **tomorrow)[0]["opening"]
    held = hold(client, opening)["hold"]
    assert openings(client, **tomorrow)[0]["opening"] != opening
    client.delete(f"/api/v1/holds/{held}")
    assert openings(client, **tomorrow)[0]["opening"] == opening


def test_a_taken_time_comes_with_alternatives(client: FlaskClient) -> None:
    opening = openings(client)[0]["opening"]
    hold(client, opening)
    body = refusal(client.post("/api/v1/holds", json={"opening": opening}, headers=once("another-key-of-the-tests")), 409)
    assert body["type"] == "urn:problem:time-taken"
    assert len(body["alternatives"]) >= 3
    assert all(set(other) == OPENING_MEMBERS for other in body["alternatives"])
    assert opening not in [other["opening"] for other in body["alternatives"]]
    hold(client, body["alternatives"][0]["opening"], "a-third-key-of-the-tests")


@pytest.mark.parametrize(
    ("start", "where"),
    [
        (datetime(2026, 11, 16, 13, 0, tzinfo=UTC), {}),  # in the past
        (datetime(2026, 11, 18, 15, 0, tzinfo=UTC), {}),  # the clinic is closed by water
        (datetime(2026, 11, 26, 15, 0, tzinfo=UTC), {"at": "orlando-downtown"}),  # Thanksgiving
        (datetime(2026, 11, 17, 15, 5, tzinfo=UTC), {}),  # off the step
        (datetime(2026, 11, 17, 23, 0, tzinfo=UTC), {}),  # after hours
        (datetime(2028, 11, 17, 15, 0, tzinfo=UTC), {}),  # beyond the horizon
        (datetime(2026, 11, 17, 15, 0, tzinfo=UTC), {"visit": "facet-procedure"}),  # arranged by staff
        (datetime(2026, 11, 17, 15, 0, tzinfo=UTC), {"who": "lena-begay"}),  # works elsewhere
    ],
)
def test_a_time_that_is_not_offered(client: FlaskClient, app: Flask, start: datetime, where: dict[str, str]) -> None:
    answer = client.post("/api/v1/holds", json={"opening": token(app, start, **where)}, headers=once())
    body = refusal(answer, 422)
    assert body["type"] == "urn:problem:not-offered"
    assert len(body["alternatives"]) >= 3
    with opened(app) as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good[:-1],
        lambda good: good[:20],
        lambda good: good[:16] + ("B" if good[16] != "B" else "C") + good[17:],
        lambda good: good + "A",
        lambda good: good[:2],
        lambda good: good.replace(good[4], "é"),
    ],
)
def test_a_forged_or_cut_token_comes_with_alternatives(client: FlaskClient, spoil: Any) -> None:
    good = openings(client)[0]["opening"]
    body = refusal(client.post("/api/v1/holds", json={"opening": spoil(good)}, headers=once()), 422)
    assert set(body["errors"]) == {"opening"}
    assert len(body["alternatives"]) >= 3
    hold(client, body["alternatives"][0]["opening"])


@pytest.mark.parametrize("path", ["holds", "appointments"])
@pytest.mark.parametrize("key", [None, "short", "x" * 201])
def test_an_idempotency_key_is_required(client: FlaskClient, path: str, key: str | None) -> None:
    request = booking("1-a") if path == "appointments" else {"opening": "x"}
    headers = {} if key is None else once(key)
    body = refusal(client.post(f"/api/v1/{path}", json=request, headers=headers), 422)
    assert set(body["errors"]) == {"Idempotency-Key"}


def test_a_replay_gets_the_same_answer(client: FlaskClient, app: Flask, clock: FakeClock) -> None:
    opening = openings(client)[0]["opening"]
    first = hold(client, opening)
    clock.forward(minutes=1)
    assert hold(client, opening) == first
    request = booking(first["hold"])
    booked = book(client, request)
    clock.forward(hours=22)
    again = book(client, request)
    assert (again.status_code, again.data) == (201, booked.data)
    refusal(book(client, request, key="a-different-key-of-the-tests"), 409)
    with opened(app) as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 1


def test_a_key_with_another_body_is_refused(client: FlaskClient) -> None:
    first, second, *_ = openings(client, near="85004")
    held = hold(client, first["opening"])["hold"]
    body = refusal(client.post("/api/v1/holds", json={"opening": second["opening"]}, headers=once()), 422)
    assert body["type"] == "urn:problem:key-reused"
    assert book(client, booking(held)).status_code == 201
    refusal(book(client, booking(held, patient__given_name="Rosita")), 422)


def test_fifty_at_once_with_one_key_are_one_booking(app: Flask, client: FlaskClient) -> None:
    opening = openings(client)[0]["opening"]

    def send(path: str, request: Any) -> tuple[int, bytes]:
        answer = app.test_client().post(f"/api/v1/{path}", json=request, headers=once())
        return answer.status_code, answer.data

    with ThreadPoolExecutor(10) as pool:
        held = Counter(pool.map(lambda _: send("holds", {"opening": opening}), range(50)))
        assert [status for status, _ in held] == [201], held
        request = booking(hold(client, opening)["hold"])
        booked = Counter(pool.map(lambda _: send("appointments", request), range(50)))
    assert [(status, count) for (status, _), count in booked.items()] == [(201, 50)], booked
    with opened(app) as session:
        assert session.scalars(select(Appointment.state)).all() == ["booked"]
        assert session.scalar(select(func.count()).select_from(Patient)) == 1


def test_rivals_for_one_time_get_it_once(app: Flask, client: FlaskClient) -> None:
    opening = openings(client)[0]["opening"]

    def send(number: int) -> tuple[int, int]:
        answer = app.test_client().post("/api/v1/holds", json={"opening": opening}, headers=once(f"rival-number-{number:08}"))
        return answer.status_code, min(3, len(answer.get_json(force=True).get("alternatives", ())))

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(send, range(20))) == {(201, 0): 1, (409, 3): 19}


def test_a_hold_that_ended_still_books_while_the_time_is_free(client: FlaskClient, clock: FakeClock) -> None:
    held = hold(client, openings(client, **{"from": "2026-11-17"})[0]["opening"])["hold"]
    clock.forward(minutes=25)
    assert book(client, booking(held)).status_code == 201


def test_a_hold_that_ended_and_was_taken_is_refused_with_alternatives(client: FlaskClient, clock: FakeClock) -> None:
    opening = openings(client, **{"from": "2026-11-17"})[0]["opening"]
    held = hold(client, opening)["hold"]
    clock.forward(minutes=25)
    hold(client, opening, "a-rival-key-of-the-tests")
    assert len(refusal(book(client, booking(held)), 409)["alternatives"]) >= 3


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"patient": {}}, ["patient.given_name", "patient.family_name", "patient.birth_date", "patient.phone"]),
        ({"patient": None}, ["patient"]),
        ({"patient": "Rosa"}, ["patient"]),
        ({"patient__given_name": None}, ["patient.given_name"]),
        ({"patient__given_name": 7}, ["patient.given_name"]),
        ({"patient__given_name": "Ro\0sa"}, ["patient.given_name"]),
        ({"patient__family_name": "\ud800"}, ["patient.family_name"]),
        ({"patient__family_name": "x" * 101}, ["patient.family_name"]),
        ({"patient__birth_date": "2027-01-01"}, ["patient.birth_date"]),
        ({"patient__birth_date": "1871-01-01"}, ["patient.birth_date"]),
        ({"patient__birth_date": "04/23/1971"}, ["patient.birth_date"]),
        ({"patient__birth_date": "1971-02-30"}, ["patient.birth_date"]),
        ({"patient__birth_date": 19710423}, ["patient.birth_date"]),
        ({"patient__phone": "555"}, ["patient.phone"]),
        ({"patient__phone": "call me"}, ["patient.phone"]),
        ({"patient__email": "rosa@"}, ["patient.email"]),
        ({"patient__email": "ro\0sa@example.com"}, ["patient.email"]),
        ({"patient__postal_code": "3280"}, ["patient.postal_code"]),
        ({"patient__language": "Klingon, mostly"}, ["patient.language"]),
        ({"patient__interpreter": "false"}, ["patient.interpreter"]),
        ({"patient__interpreter": 1}, ["patient.interpreter"]),
        ({"patient__texts": "yes"}, ["patient.texts"]),
        ({"patient__access_needs": "x" * 501, "patient__insurer": "x" * 121}, ["patient.access_needs", "patient.insurer"]),
        ({"new_patient": "yes"}, ["new_patient"]),
        ({"booked_by": "a stranger"}, ["booked_by"]),
        ({"reason": "x" * 1001}, ["reason"]),
        ({"reason": {"deep": []}}, ["reason"]),
        ({"hold": None}, ["hold"]),
        ({"hold": "1f4"}, ["hold"]),
        ({"hold": "1-forged"}, ["hold"]),
        ({"hold": ["x"]}, ["hold"]),
        ({"patient__birth_date": "2015-06-01"}, ["guardian"]),
        ({"patient__birth_date": "2015-06-01", "guardian": []}, ["guardian"]),
        (
            {"patient__birth_date": "2015-06-01", "guardian": {}},
            ["guardian.name", "guardian.relation", "guardian.phone", "guardian.consent"],
        ),
        ({"patient__birth_date": "2015-06-01", "guardian": GUARDIAN | {"phone": "123"}}, ["guardian.phone"]),
        ({"patient__birth_date": "2015-06-01", "guardian": GUARDIAN | {"consent": "yes"}}, ["guardian.consent"]),
        (
            {"patient__phone": "555", "patient__email": "x", "patient__birth_date": "2027-01-01", "booked_by": "x"},
            ["patient.birth_date", "patient.email", "booked_by", "patient.phone"],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_every_wrong_field_is_named(client: FlaskClient, app: Flask, changes: dict[str, Any], fields: list[str]) -> None:
    held = hold(client, openings(client)[0]["opening"])["hold"]
    body = refusal(book(client, booking(held, **changes)), 422)
    assert list(body["errors"]) == fields
    assert all(len(sentence) > 10 for sentence in body["errors"].values())
    assert book(client, booking(held)).status_code == 201, "the hold is still good"


def test_a_child_with_a_guardian_is_booked(client: FlaskClient, app: Flask) -> None:
    held = hold(client, openings(client)[0]["opening"])["hold"]
    request = booking(held, patient__birth_date="2015-06-01", booked_by="parent", guardian=GUARDIAN)
    assert book(client, request).status_code == 201
    with opened(app) as session:
        assert session.scalars(select(Guardian.phone)).one() == "+14075550124"


def test_what_helps_the_patient_is_kept_with_the_visit(client: FlaskClient, app: Flask) -> None:
    held = hold(client, openings(client)[0]["opening"])["hold"]
    said = {"access_needs": "A ramp", "insurer": "Sunny Health", "texts": True, "language": "es"}
    request = booking(held, **{f"patient__{name}": value for name, value in said.items()})
    assert book(client, request).status_code == 201
    with opened(app) as session:
        row = session.scalars(select(Intake)).one()
        assert (row.access_needs, row.insurer, row.language) == ("A ramp", "Sunny Health", "es")
        assert row.texts_consented_at == FakeClock().now


def test_what_nobody_asked_for_is_passed_over(client: FlaskClient, app: Flask) -> None:
    held = hold(client, openings(client)[0]["opening"])["hold"]
    request = booking(held, state="fulfilled", patient__id=1, patient__match_name="x", booked_by=None, channel="desk")
    assert book(client, request).status_code == 201
    with opened(app) as session:
        row = session.scalars(select(Appointment)).one()
        assert (row.state, row.channel, row.booked_by) == ("booked", "api", "self")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("", "application/json", 400),
        ("{", "application/json", 400),
        ('{"opening": NaN}', "application/json", 400),
        ('{"opening": ' + "9" * 5000 + "}", "application/json", 400),
        ('{"opening": ' + "[" * 9000 + "]" * 9000 + "}", "application/json", None),
        (b'{"opening": "\xff"}', "application/json", 400),
        ("[]", "application/json", 422),
        ("null", "application/json", 422),
        ('"text"', "application/json", 422),
        ('{"opening": 1}', "application/json", 422),
        ('{"opening": 1e999}', "application/json", 422),
        ('{"opening": null}', "application/json", 422),
        ('{"opening": "\\u0000"}', "application/json", 422),
        ("opening=x", "application/x-www-form-urlencoded", 415),
        ("{}", "", 415),
        ('{"opening": "' + "x" * 40_000 + '"}', "application/json", 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bodies_that_cannot_be(client: FlaskClient, body: Any, kind: str, status: int | None) -> None:
    answer = client.post("/api/v1/holds", data=body, content_type=kind, headers=once())
    refusal(answer, status or (answer.status_code if answer.status_code in (400, 422) else 422))


@pytest.mark.parametrize(
    "path",
    ["/api/v1/holds/1-2/extend", "/api/v1/holds/x%20y", "/api/v1/holds/" + "f" * 200, "/api/v1/nothing", "/api/v2"],
    ids=lambda path: path[:40],
)
def test_addresses_that_are_not_there(client: FlaskClient, path: str) -> None:
    refusal(client.post(path) if path.endswith("extend") else client.delete(path), 404)


def test_a_hold_token_opens_no_visit_and_a_manage_token_no_hold(client: FlaskClient) -> None:
    held = hold(client, openings(client)[0]["opening"])["hold"]
    manage = book(client, booking(held)).get_json()["manage_url"].rpartition("/")[2]
    refusal(client.get(f"/api/v1/holds/{manage}"), 404)
    refusal(client.delete(f"/api/v1/holds/{manage}"), 404)
    refusal(client.delete(f"/api/v1/holds/{held}"), 409)


def test_another_method_says_which_are_allowed(client: FlaskClient) -> None:
    answer = client.put("/api/v1/holds")
    refusal(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_patient_cannot_be_in_two_places(client: FlaskClient) -> None:
    overlapping = next(o for o in openings(client, near="85004", limit=100) if o["start"] == "2026-11-16T09:00:00-07:00")
    first = hold(client, openings(client, **{"from": "2026-11-16T11:00:00"})[0]["opening"])
    assert book(client, booking(first["hold"])).status_code == 201
    second = hold(client, overlapping["opening"], "a-second-key-of-the-tests")
    body = refusal(book(client, booking(second["hold"]), "a-second-key-of-the-tests"), 409)
    assert body["type"] == "urn:problem:patient-clash"


def test_limits_say_when_to_come_back(database: str, clock: FakeClock) -> None:
    few = RateLimits(holds="2 per 10 minutes", bookings="1 per hour", geocoding="1 per hour")
    app = create_app(settings_for(database, limits=few), clock=clock)
    client = app.test_client()
    tokens = [o["opening"] for o in openings(client, near="85004")]
    held = [hold(client, opening, f"key-number-{number:08}")["hold"] for number, opening in enumerate(tokens[::4][:2])]
    answer = client.post("/api/v1/holds", json={"opening": tokens[12]}, headers=once())
    assert refusal(answer, 429)["type"] == "urn:problem:limit-reached"
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert book(client, booking(held[0])).status_code == 201
    assert refusal(book(client, booking(held[1]), "another-key-of-the-tests"), 429)["detail"]
    app.extensions["clinic"].limiter.storage.dispose()
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
