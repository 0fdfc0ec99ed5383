"""The links of a message: opening one changes nothing, pressing its button does, and the links of older messages are dead."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.patients import Intake
from clinic.usecases import messages
from clinic.usecases.messages import Rest
from tests.conftest import FakeClock
from tests.web.visiting import check_answers, hidden, opened, opening_at, search, text_of


def work(app: Flask, clock: FakeClock) -> None:
    """What the worker does."""
    post = replace(app.extensions["clinic.post"], mailer=None)
    with app.app_context():
        session = app.extensions["sqlalchemy"].session()
        while messages.plan(session, post, now=clock()) + messages.deliver(session, post, Rest({}), clock=clock):
            pass


def links(app: Flask) -> list[dict[str, str]]:
    """Of every message that was sent, the newest first: its addresses by their first word."""
    with app.app_context():
        session = app.extensions["sqlalchemy"].session()
        sent = messages.sent_last(session, app.extensions["clinic"].sealer)
    return [_by_word(one.body) for one in sent]


def _by_word(body: str) -> dict[str, str]:
    return {word: path for path, word in re.findall(r"http://localhost(/([a-z]+)/\S+)", body)}


@pytest.fixture
def told(client: FlaskClient, app: Flask, clock: FakeClock, database: str) -> dict[str, str]:
    """The links of the confirmation of a visit in nine days."""
    wanted = opening_at(app, database, datetime(2026, 11, 25, 15, 0, tzinfo=UTC))
    details = client.post("/book/hold", data=hidden(search(client)) | {"opening": wanted}).location
    page = check_answers(client, details)
    client.post(details.replace("/details", "/confirm"), data=hidden(page))
    work(app, clock)
    return links(app)[0]


def press(client: FlaskClient, link: str) -> str:
    answer = client.post(link, data=hidden(client.get(link)), follow_redirects=True)
    return text_of(answer)


@pytest.mark.parametrize("word", ["change", "cancel", "confirm"])
def test_scanners_change_nothing(app: Flask, clock: FakeClock, told: dict[str, str], database: str, word: str) -> None:
    scanner = app.test_client()
    link = told[word] if word in told else told["cancel"].replace("/cancel/", "/confirm/")
    with opened(database) as session:
        before = session.scalar(select(func.count()).select_from(Audit))
    for _ in range(50):
        assert scanner.get(link).status_code == 200
        assert scanner.head(link).status_code == 200
        assert "Lake Clinic" not in scanner.get(link).get_data(as_text=True)
    with opened(database) as session:
        assert session.scalar(select(func.count()).select_from(Audit)) == before


def test_cancelled_by_one_press_and_once(app: Flask, clock: FakeClock, told: dict[str, str], database: str) -> None:
    anyone = app.test_client()
    assert "Your visit is cancelled" in press(anyone, told["cancel"])
    work(app, clock)
    again = app.test_client()
    answer = again.post(told["cancel"], data=hidden(again.get(told["cancel"])))
    assert answer.status_code == 404
    assert "older message" in text_of(answer)
    with opened(database) as session:
        assert session.scalars(select(Audit.actor).where(Audit.action == "cancel")).all() == ["patient"]


def test_another_time_is_chosen_behind_the_link(app: Flask, told: dict[str, str]) -> None:
    shown = press(app.test_client(), told["change"])
    assert "Change the time" in shown
    assert "Lake Clinic" in shown


def test_who_will_come_says_so_until_the_visit_moves(app: Flask, clock: FakeClock, told: dict[str, str], database: str) -> None:
    clock.forward(days=2)
    while not any("confirm" in one for one in links(app)):
        clock.forward(hours=6)
        work(app, clock)
    link = next(one["confirm"] for one in links(app) if "confirm" in one)
    assert "Thank you. We expect you." in press(app.test_client(), link)
    with opened(database) as session:
        assert session.scalars(select(Appointment.confirmed_at).where(Appointment.state == "booked")).one() is not None


def test_a_mail_programs_own_button_stops_reminders(app: Flask, clock: FakeClock, told: dict[str, str], database: str) -> None:
    while not any("stop" in one for one in links(app)):
        clock.forward(hours=6)
        work(app, clock)
    stop = next(one["stop"] for one in links(app) if "stop" in one)
    anyone = app.test_client()
    assert anyone.post(stop, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with opened(database) as session:
        assert session.scalars(select(Intake.reminders_stopped_at)).one() is not None
    sent = len(links(app))
    clock.forward(days=30)
    work(app, clock)
    assert len(links(app)) == sent


def test_a_link_that_is_none_of_ours_says_so(client: FlaskClient) -> None:
    page = client.get("/cancel/1-abc")
    answer = client.post("/cancel/1-abc", data=hidden(page))
    assert answer.status_code == 404
    assert "This link does not work" in text_of(answer)
    assert client.post("/stop/nonsense", data=hidden(page)).status_code == 422


def test_a_new_link_makes_the_old_ones_useless(app: Flask, clock: FakeClock, told: dict[str, str]) -> None:
    mine = app.test_client()
    mine.post(told["manage"], data=hidden(mine.get(told["manage"])))
    shown = mine.post("/visit/new-link", data=hidden(mine.get("/visit")), follow_redirects=True)
    assert "The old links open nothing any more" in text_of(shown)
    assert "Lake Clinic" in text_of(shown), "who asked for it stays with the visit"
    work(app, clock)
    anyone = app.test_client()
    for old in told.values():
        assert anyone.post(old, data=hidden(anyone.get(old))).status_code == 404
    new = links(app)[0]["manage"]
    assert new != told["manage"]
    assert anyone.post(new, data=hidden(anyone.get(new))).status_code == 303
