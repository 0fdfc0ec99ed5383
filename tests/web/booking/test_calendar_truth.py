"""Page, calendar file, invitation and API tell of one instant, zone and wording, after every change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from clinic.usecases import messages
from clinic.usecases.messages import Rest
from tests.conftest import FakeClock
from tests.postbox import Postbox
from tests.web.visiting import hidden, opening_at

BEFORE_THE_CHANGE = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 18, 16, 30, tzinfo=UTC)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with Postbox() as box:
        yield box


@pytest.fixture
def other_settings(box: Postbox) -> dict[str, Any]:
    return {"smtp_url": box.url}


def mailed(app: Flask, box: Postbox, clock: FakeClock, count: int) -> dict[str, Any]:
    """What the last mail says, once there are `count`."""
    with app.app_context():
        session = app.extensions["sqlalchemy"].session()
        post = replace(app.extensions["clinic.post"])
        while messages.plan(session, post, now=clock()) + messages.deliver(session, post, Rest({}), clock=clock):
            pass
    message = box.wait(count)[-1].message
    words = message.get_body(("plain",))
    assert words
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return entry(part.get_payload(decode=True)) | {"words": words.get_content()}  # type: ignore[arg-type]


def entry(file: bytes) -> dict[str, Any]:
    calendar = Calendar.from_ical(file)
    [event] = calendar.walk("VEVENT")
    about = {name: str(event[name]) for name in ("UID", "SUMMARY", "LOCATION", "STATUS", "DESCRIPTION")}
    return about | {"start": event.decoded("DTSTART"), "end": event.decoded("DTEND"), "sequence": int(event["SEQUENCE"])}


def seen(client: FlaskClient) -> tuple[datetime, str]:
    """The instant and the words of the page."""
    page = client.get("/visit").get_data(as_text=True)
    found = re.search(r'<time datetime="([^"]+)"><strong>([^<]+)<br>([^<]+)</strong>', page)
    assert found
    return datetime.fromisoformat(found[1]), f"{found[2]}, {found[3]}"


def book(client: FlaskClient, opening: str) -> dict[str, Any]:
    """By the API: what it answers."""
    held = client.post("/api/v1/holds", json={"opening": opening}, headers={"Idempotency-Key": "k" * 16})
    patient = {"given_name": "Zoe", "family_name": "Quince", "birth_date": "1971-04-23", "phone": "407 555 0123"}
    asked = {"hold": held.get_json()["hold"], "patient": patient | {"email": "zoe@example.org"}}
    made = client.post("/api/v1/appointments", json=asked, headers={"Idempotency-Key": "m" * 16})
    assert made.status_code == 201, made.text
    answer: dict[str, Any] = made.get_json()
    return answer


def test_all_agree(client: FlaskClient, app: Flask, database: str, clock: FakeClock, box: Postbox) -> None:
    api = book(client, opening_at(app, database, BEFORE_THE_CHANGE))
    invitation = mailed(app, box, clock, 1)
    link = urlsplit(api["manage_url"]).path
    assert link in invitation["words"]
    assert client.post(link, data=hidden(client.get(link))).status_code == 303

    def agree(invitation: dict[str, Any], start: datetime, sequence: int, status: str) -> None:
        downloaded = entry(client.get("/visit/calendar.ics").get_data())
        assert downloaded == {name: invitation[name] for name in downloaded}
        instant, words = seen(client)
        assert instant == invitation["start"] == start
        assert words in invitation["words"]
        assert (invitation["sequence"], invitation["STATUS"]) == (sequence, status)

    assert datetime.fromisoformat(api["start"]) == invitation["start"]
    assert datetime.fromisoformat(api["end"]) == invitation["end"]
    assert api["location"]["name"] in invitation["LOCATION"]
    assert api["reference"] in invitation["UID"]
    agree(invitation, BEFORE_THE_CHANGE, 0, "CONFIRMED")
    move = client.get("/visit/move", query_string={"opening": opening_at(app, database, LATER)})
    assert client.post("/visit/move", data=hidden(move)).status_code == 303
    agree(mailed(app, box, clock, 2), LATER, 1, "CONFIRMED")
    assert client.post("/visit/cancel", data=hidden(client.get("/visit"))).status_code == 303
    agree(mailed(app, box, clock, 3), LATER, 2, "CANCELLED")
