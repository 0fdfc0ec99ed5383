"""Alive, ready, and what an outage looks like."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from clinic.extensions import db
from clinic.factory import create_app
from clinic.web.guards import public
from tests.databases import Databases, settings_for
from tests.pages import ReadingClient

NOBODY_THERE = "postgresql+psycopg://nobody@/none?host=/nowhere/at/all"


def test_alive_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_not_ready_before_the_migrations(databases: Databases) -> None:
    with databases.empty() as url:
        app = create_app(settings_for(url))
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "flask db upgrade" in answer.json["reason"]  # type: ignore[index]
        assert app.test_client().get("/healthz").status_code == 200
        with app.app_context():
            db.engine.dispose()


def test_not_ready_on_an_older_schema(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        db.session.commit()
    assert client.get("/readyz").status_code == 503


@pytest.fixture(params=["sqlite", "postgresql"])
def stranded(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """An application whose database is not there."""
    url = NOBODY_THERE if request.param == "postgresql" else f"sqlite:///{tmp_path}/missing/clinic.sqlite"
    app = create_app(settings_for(url))
    app.test_client_class = ReadingClient

    @public
    def read() -> str:
        return str(db.session.execute(text("SELECT 1")).scalar_one())

    for rule in ("/read", "/api/v1/read"):
        app.add_url_rule(rule, rule, read)
    return app


def test_not_ready_without_a_database(stranded: Flask) -> None:
    answer = stranded.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "reason": "the database cannot be reached"})
    assert stranded.test_client().get("/healthz").status_code == 200


def test_a_page_without_a_database_says_whom_to_call(stranded: Flask) -> None:
    answer = stranded.test_client().get("/read")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "(407) 555-0100" in answer.text
    assert "Traceback" not in answer.text


def test_the_api_without_a_database_answers_a_problem(stranded: Flask) -> None:
    answer = stranded.test_client().get("/api/v1/read")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert answer.get_json(force=True)["type"] == "urn:problem:unavailable"
