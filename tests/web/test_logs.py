"""One line a request, with nothing personal in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.factory import create_app
from tests.databases import settings_for

CANARY = "canary-of-a-patient"


def test_a_line_names_the_route_and_never_the_address(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = replace(settings_for(f"sqlite:///{tmp_path}/clinic.sqlite"), log_level="DEBUG")
    app = create_app(settings)
    app.add_url_rule("/visits/<token>", "visit", lambda token: token)
    client = app.test_client()
    answer = client.get(f"/visits/{CANARY}?reference={CANARY}", headers={"User-Agent": CANARY, "Referer": CANARY})
    client.get(f"/no-such/{CANARY}")
    logged = capfd.readouterr().err
    assert CANARY not in logged
    lines = [json.loads(line) for line in logged.splitlines() if '"clinic.request"' in line]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/visits/<token>", 200),
        ("GET", None, 404),
    ]
    assert lines[0]["request_id"] == answer.headers["X-Request-Id"]
