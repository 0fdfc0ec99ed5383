"""The manage link: nothing to see or to change until its button is pressed."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Intake
from tests.conftest import FakeClock
from tests.web.visiting import book, count_visits, hidden, opened, text_of


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
    assert (again.status_code, again.location) == (303, "/visit"), "pressed twice, cancelled once"
    assert count_visits(database, "cancelled") == 1


def test_a_visit_that_has_begun_is_not_cancelled(client: FlaskClient, clock: FakeClock, database: str) -> None:
    link = manage_link(client)
    client.post(link, data=hidden(client.get(link)))
    page = client.get("/visit")
    clock.forward(hours=1)
    client.post(link, data=hidden(client.get(link)))
    text = text_of(client.get("/visit"))
    assert text.startswith("Your visit has begun")
    assert "Cancel this visit" not in text
    refused = client.post("/visit/cancel", data=hidden(page))
    assert refused.status_code == 409
    assert "already begun" in text_of(refused)
    assert count_visits(database, "booked") == 1
    clock.forward(hours=1)
    client.post(link, data=hidden(client.get(link)))
    assert text_of(client.get("/visit")).startswith("This visit is over")


def test_a_forged_or_old_link_is_a_sentence_and_a_way_on(client: FlaskClient, clock: FakeClock) -> None:
    link = manage_link(client)
    page = client.get(link)
    for forged in (link + "x", link[:-2], "/manage/7", "/manage/1-AAAA", link.replace("/manage/", "/manage/1")):
        answer = client.post(forged, data=hidden(page))
        assert answer.status_code in (404, 422)
        assert "This link does not open a visit" in text_of(answer)
        assert "(407) 555-0100" in text_of(answer)
        assert 'action="/find-my-booking"' in answer.get_data(as_text=True)
    assert client.post(link, data=hidden(page)).status_code == 303
    clock.forward(hours=26)
    assert client.post(link, data=hidden(client.get(link))).status_code == 404


def test_fifty_looks_of_a_scanner_change_nothing(client: FlaskClient, app: Flask, database: str) -> None:
    link = manage_link(client)
    before = pictures(database)
    scanner = app.test_client()
    for number in range(50):
        answer = scanner.head(link) if number % 2 else scanner.get(link)
        assert answer.status_code == 200
        for shown in ("Lake Clinic", "Dana", "November", "O’Quince"):
            assert shown not in answer.get_data(as_text=True)
    assert pictures(database) == before
    assert scanner.post(link, data=hidden(scanner.get(link))).status_code == 303


def pictures(url: str) -> list[object]:
    """All that the tables of a visit hold."""
    with opened(url) as session:
        return [session.execute(select(table.__table__)).all() for table in (Appointment, Audit, OutboxMessage, Intake)]


@pytest.mark.parametrize("address", ["/visit/cancel", "/visit/earlier", "/visit/move"])
def test_without_an_open_visit_nothing_is_done_and_the_way_on_is_shown(client: FlaskClient, address: str) -> None:
    assert text_of(client.get("/visit")).startswith("Find my booking")
    answer = client.post(address, data=hidden(client.get("/visit")))
    assert answer.status_code == 403
    assert "Nothing was changed." in text_of(answer)
    assert 'action="/find-my-booking"' in answer.get_data(as_text=True)
    for page in ("/visit/times", "/visit/move?opening=x", "/visit/calendar.ics"):
        assert client.get(page).status_code == 403


def test_after_cancelling_the_way_to_another_time_is_kept(client: FlaskClient) -> None:
    link = manage_link(client)
    client.post(link, data=hidden(client.get(link)))
    client.post("/visit/cancel", data=hidden(client.get("/visit")))
    page = client.get("/visit").get_data(as_text=True)
    assert 'href="/find?near=32801&amp;service=physical-therapy"' in page
    assert "Cancel this visit" not in page
    assert "Change the time" not in page


def test_this_browser_can_forget_the_visit(client: FlaskClient, database: str) -> None:
    done = book(client)
    page = client.get(done.location)
    assert client.post("/visit/forget", data=hidden(page)).location == "/find-my-booking"
    assert "Lake Clinic" not in text_of(client.get(done.location))
    assert "Lake Clinic" not in text_of(client.get("/visit"))
    assert count_visits(database, "booked") == 1
