"""Every refusal becomes a page or a problem, in words, with the right status."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from clinic.domain import errors as refusals
from clinic.domain.errors import DomainError
from clinic.factory import create_app
from clinic.web.errors import DOMAIN
from tests.databases import settings_for
from tests.pages import ReadingClient

RAISED: dict[str, tuple[DomainError, int]] = {
    "invalid": (refusals.InvalidInput({"phone": "Give ten digits.", "email": "Leave it empty."}), 422),
    "token": (refusals.UnusableToken("opening", "That link was cut short."), 422),
    "place": (refusals.PlaceAmbiguous("Several states have a Springfield.", ["Springfield, IL"]), 422),
    "not-found": (refusals.NotFound("There is no visit by that reference."), 404),
    "taken": (refusals.TimeTaken(), 409),
    "clash": (refusals.PatientClash(), 409),
    "move": (refusals.IllegalMove("That visit was cancelled."), 409),
    "key": (refusals.KeyReused("That key came with another request."), 422),
    "limit": (refusals.LimitReached("Wait a little.", 42), 429),
    "busy": (refusals.Busy(), 503),
}


@pytest.fixture
def application(tmp_path: Path) -> Flask:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/clinic.sqlite"))
    app.test_client_class = ReadingClient

    def refuse(name: str) -> str:
        raise RAISED[name][0]

    def fail() -> str:
        raise RuntimeError(f"birth date {1950 + 20}-01-01")

    for prefix in ("", "/api"):
        app.add_url_rule(f"{prefix}/refuse/<name>", f"refuse{prefix}", refuse)
        app.add_url_rule(f"{prefix}/fail", f"fail{prefix}", fail)
        app.add_url_rule(f"{prefix}/post", f"post{prefix}", lambda: "", methods=["POST"])
        app.add_url_rule(f"{prefix}/teapot", f"teapot{prefix}", lambda: abort(418))
    return app


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()


def test_every_refusal_has_a_row_or_an_ancestor_with_one() -> None:
    kinds = [value for value in vars(refusals).values() if isinstance(value, type) and issubclass(value, DomainError)]
    assert len(kinds) > 10
    assert {kind for kind in kinds if kind.__mro__[1] is DomainError} <= set(DOMAIN)


@pytest.mark.parametrize("name", RAISED)
def test_a_refusal_as_a_page(client: FlaskClient, name: str) -> None:
    error, status = RAISED[name]
    answer = client.get(f"/refuse/{name}")
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert error.message in answer.text


@pytest.mark.parametrize("name", RAISED)
def test_a_refusal_as_a_problem(client: FlaskClient, name: str) -> None:
    error, status = RAISED[name]
    answer = client.get(f"/api/refuse/{name}")
    body = answer.get_json(force=True)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (body["status"], body["detail"]) == (status, error.message)


def test_fields_and_kinds_of_a_problem(client: FlaskClient) -> None:
    body = client.get("/api/refuse/invalid").get_json(force=True)
    assert body["errors"] == {"phone": "Give ten digits.", "email": "Leave it empty."}
    assert client.get("/api/refuse/taken").get_json(force=True)["type"] == "urn:problem:time-taken"


def test_seconds_to_wait(client: FlaskClient) -> None:
    assert client.get("/refuse/limit").headers["Retry-After"] == "42"
    assert client.get("/api/refuse/busy").headers["Retry-After"] == "3"


def test_the_page_says_how_long_to_wait(client: FlaskClient) -> None:
    assert "You can try again in <strong>42 seconds</strong>" in client.get("/refuse/limit").text
    assert "try again in <strong>" not in client.get("/refuse/move").text


def test_a_missing_page_has_the_box_and_ways_on(client: FlaskClient) -> None:
    """Without a database: there is none behind this application."""
    page = client.get("/no/such/page").text
    assert '<form class="search" method="post" action="/find">' in page
    assert 'id="near" name="near"' in page
    assert all(f'<a href="{way}">' in page for way in ("/locations", "/services", "/visit"))
    assert 'action="/find"' not in client.get("/refuse/move").text


@pytest.mark.parametrize("path", ["/no/such/page", "/teapot", "/post", "/fail", *(f"/refuse/{name}" for name in RAISED)])
def test_the_phone_is_on_every_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert 'class="call" href="tel:+14075550100"' in answer.text
    assert answer.text.count("(407) 555-0100") >= 2


def test_a_number_beyond_what_a_database_counts_to_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"/portal/visits/{2**31}").status_code == 404
    assert client.post("/portal/visits/٣/mark").status_code == 404


def test_what_http_itself_refuses(client: FlaskClient) -> None:
    assert client.get("/no/such/page").status_code == 404
    assert client.get("/teapot").status_code == 418
    assert client.get("/api/no/such").mimetype == "application/problem+json"
    for path in ("/post", "/api/post"):
        answer = client.get(path)
        assert (answer.status_code, sorted(answer.headers["Allow"].split(", "))) == (405, ["OPTIONS", "POST"])


def test_a_form_without_its_token_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/post")
    assert answer.status_code == 400
    assert "reload" in answer.text


def test_too_much_to_send(client: FlaskClient) -> None:
    assert client.post("/post", data={"note": "x" * 300_000}).status_code == 413


def test_our_own_failure_quotes_nothing(capfd: pytest.CaptureFixture[str], client: FlaskClient) -> None:
    for path in ("/fail", "/api/fail"):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "1970" not in answer.text
    logged = capfd.readouterr().err
    assert "RuntimeError" in logged
    assert "/fail" not in logged
    assert "1970" not in logged


def test_our_own_failure_needs_no_template(application: Flask, client: FlaskClient) -> None:
    application.jinja_env.globals.pop("brand")
    answer = client.get("/fail")
    assert (answer.status_code, answer.mimetype) == (500, "text/plain")
    assert "call us" in answer.text


def test_another_host_name_is_refused(client: FlaskClient) -> None:
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
