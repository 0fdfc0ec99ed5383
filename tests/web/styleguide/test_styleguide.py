"""Every part of the pages is on show, in every state, and in demo mode only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.config import ROOT
from clinic.factory import create_app
from clinic.web.guards import guard_of
from clinic.web.styleguide.samples import STATES
from tests.databases import settings_for
from tests.pages import ReadingClient

PARTS = sorted(file.stem for file in (ROOT / "templates" / "components").glob("*.html"))
ADDRESSES = ["/styleguide" if state == "usual" else f"/styleguide/{state}" for state in STATES]


def application(tmp_path: Path, *, demo: bool) -> Flask:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/nothing-in-it.sqlite", demo=demo))
    app.test_client_class = ReadingClient
    return app


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return application(tmp_path, demo=True).test_client()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_shown(client: FlaskClient, part: str) -> None:
    page = client.get("/styleguide").text
    shown = re.search(rf'id="part-{part}".*?<div class="shown-part">(.*?)</section>', page, re.DOTALL)
    assert shown, f"components/{part}.html is not on the style guide: add it to templates/styleguide/index.html"
    assert re.sub(r"</?div>|\s", "", shown[1])


@pytest.mark.parametrize("part", PARTS)
def test_a_file_holds_one_part(part: str) -> None:
    text = (ROOT / "templates" / "components" / f"{part}.html").read_text(encoding="utf-8")
    assert len(re.findall(r"{%-?\s*macro\s", text)) == 1


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_state_needs_no_database(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text


def test_states_differ(client: FlaskClient) -> None:
    wrong = client.get("/styleguide/wrong").text
    assert wrong.count('aria-invalid="true"') >= 6
    assert 'aria-invalid="true"' not in client.get("/styleguide").text
    assert "ليلى" in client.get("/styleguide/right-to-left").text
    assert client.get("/styleguide/no-such-state").status_code == 404


def test_outside_a_demo_there_is_no_style_guide(tmp_path: Path) -> None:
    client = application(tmp_path, demo=False).test_client()
    assert [client.get(address).status_code for address in ADDRESSES] == [404] * len(ADDRESSES)


def test_its_routes_are_guarded(tmp_path: Path) -> None:
    views = application(tmp_path, demo=True).view_functions
    mine = [name for name in views if name.startswith("styleguide.")]
    assert len(mine) == 2
    assert {guard_of(views[name]) for name in mine} == {"public"}
