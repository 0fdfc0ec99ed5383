"""The manage link: nothing to see or to change until its button is pressed."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import FakeClock
from tests.web.visiting import book, count_visits, hidden, text_of


def manage_link(client: FlaskClient) -> str:
    """Of a visit at ten, an hour from now."""
    page = client.get(book(client, index=3).location).get_data(as_text=True)
    found = re.search(r'href="(/manage/[^"]+)"', page)
    assert found
    return found[1]


def test_opening_the_link_shows_and_changes_nothing(client: FlaskClient, app: Flask, database: str) -> None:
    link = manage_link(client)
    scanner = app.test_client()
    for _ in range(5):
        page = scanner.get(link)
        assert scanner.head(link).status_code == 200
        assert "Lake Clinic" not in page.get_data(as_text=True)
    assert count_visits(database, "booked") == 1
    assert "Lake Clinic" not in scanner.get("/visit").get_data(as_text=True)


def test_the_button_opens_the_visit_for_fifteen_minutes(client: FlaskClient, app: Flask, clock: FakeClock) -> None:
    link = manage_link(client)
    other = app.test_client()
    opened = other.post(link, data=hidden(other.get(link)))
    assert (opened.status_code, opened.location) == (303, "/visit")
    text = text_of(other.get("/visit"))
    assert "Lake Clinic" in text
    assert "O’Quince" not in text
    clock.forward(minutes=16)
    assert "Lake Clinic" not in text_of(other.get("/visit"))


def test_cancelling_gives_the_time_back_and_late_is_told_before(client: FlaskClient, database: str) -> None:
    link = manage_link(client)
    client.post(link, data=hidden(client.get(link)))
    page = client.get("/visit")
    assert "less than 24 hours. You can cancel it, but it will be noted as a late cancellation." in text_of(page)
    assert client.post("/visit/cancel", data=hidden(page) | {"reason": "time"}).status_code == 303
    assert "Your visit is cancelled" in text_of(client.get("/visit"))
    assert count_visits(database, "cancelled") == 1
    again = client.post("/visit/cancel", data=hidden(page))
    assert again.status_code == 409
    assert "This visit was cancelled." in text_of(again)


def test_a_visit_far_ahead_is_cancelled_without_a_warning_and_one_begun_not_at_all(client: FlaskClient, clock: FakeClock) -> None:
    link = manage_link(client)
    clock.forward(hours=2)
    client.post(link, data=hidden(client.get(link)))
    assert "Cancel this visit" not in text_of(client.get("/visit"))


def test_a_forged_link_is_a_sentence(client: FlaskClient) -> None:
    link = manage_link(client)
    page = client.get(link)
    for forged in (link + "x", link[:-2], "/manage/7", "/manage/1-AAAA"):
        answer = client.post(forged, data=hidden(page))
        assert answer.status_code in (404, 422)
        assert "(407) 555-0100" in text_of(answer)


def test_without_a_session_cancelling_asks_for_the_link(client: FlaskClient) -> None:
    page = client.get("/")
    assert "Open your link again" in text_of(client.get("/visit"))
    csrf = hidden(client.get("/manage/1-AAAA"))
    assert "Open your link again" in text_of(client.post("/visit/cancel", data=csrf))
    assert page.status_code == 200
