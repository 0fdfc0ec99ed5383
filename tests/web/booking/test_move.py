"""A visit moved in two presses, to any clinic and specialist that has its kind; what is refused leaves it where it was."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from clinic.store.tables.appointments import Appointment
from clinic.store.tables.messages import OutboxMessage
from tests.conftest import FakeClock
from tests.web.visiting import (
    check_answers,
    count_visits,
    hidden,
    opened,
    opening_at,
    openings,
    text_of,
    title_of,
)

FRIDAY = FakeClock().now + timedelta(days=4, hours=1)  # at ten
CHOSEN = 1


@pytest.fixture
def visitor(client: FlaskClient, app: Flask, database: str) -> FlaskClient:
    """Somebody whose visit, on Friday at ten, is open in their browser."""
    book_at(client, opening_at(app, database, FRIDAY))
    return client


def book_at(client: FlaskClient, opening: str) -> None:
    held = client.post("/book/hold", data=hidden(client.get("/find?near=32801")) | {"opening": opening})
    checked = check_answers(client, held.location)
    done = client.post(held.location.replace("/details", "/confirm"), data=hidden(checked))
    assert done.status_code == 303
    link = manage_link(client, done.location)
    client.post(link, data=hidden(client.get(link)))


def manage_link(client: FlaskClient, booked: str) -> str:
    found = re.search(r'href="(/manage/[^"]+)"', client.get(booked).get_data(as_text=True))
    assert found
    return found[1]


def press(client: FlaskClient, opening: str) -> TestResponse:
    return client.get("/visit/move", query_string={"opening": opening})


def start(url: str) -> datetime:
    with opened(url) as session:
        return session.scalars(select(Appointment.start_at).where(Appointment.state == "booked")).one()


def told(url: str) -> list[Any]:
    with opened(url) as session:
        return list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.id)))


def test_two_presses(visitor: FlaskClient, database: str) -> None:
    before = start(database)
    page = visitor.get("/visit")
    assert "With Dana Brook, PT" in text_of(page)
    assert "until 24 hours before the visit" in text_of(page), "said before it is too late"
    chosen = openings(page)[1]
    asked = press(visitor, chosen)  # one
    assert title_of(asked).startswith("Move your visit?")
    assert "Nothing has changed yet." in text_of(asked)
    assert start(database) == before
    moved = visitor.post("/visit/move", data=hidden(asked))  # two
    assert (moved.status_code, moved.location) == (303, "/visit")
    text = text_of(visitor.get("/visit"))
    assert text.startswith("Your visit has moved")
    assert "Your old time, Friday, November 20, 2026, 10:00 AM EST, was given back." in text
    assert start(database) != before
    assert told(database) == ["booked", "moved"]
    assert text_of(visitor.get("/visit")).startswith("Your visit Reference"), "said once"


def test_a_time_that_is_soon_says_that_it_is_the_last_move(visitor: FlaskClient, app: Flask, database: str) -> None:
    for hours, said in ((23, True), (25, False)):
        asked = press(visitor, opening_at(app, database, FakeClock().now + timedelta(hours=hours)))
        assert ("to change it again you have to call us" in text_of(asked)) is said


def test_a_double_press_moves_once(visitor: FlaskClient, database: str) -> None:
    asked = press(visitor, openings(visitor.get("/visit"))[1])
    first, second = (visitor.post("/visit/move", data=hidden(asked)) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert told(database) == ["booked", "moved"]
    assert text_of(visitor.get("/visit")).startswith("Your visit has moved")


def test_back_after_moving_asks_nothing_again(visitor: FlaskClient, database: str) -> None:
    chosen = openings(visitor.get("/visit"))[1]
    visitor.post("/visit/move", data=hidden(press(visitor, chosen)))
    again = press(visitor, chosen)
    assert (again.status_code, again.location) == (303, "/visit")
    assert "That is the time you have." in text_of(visitor.get("/visit"))
    assert told(database) == ["booked", "moved"]


def test_another_clinic_in_another_zone_is_told_before(visitor: FlaskClient, database: str) -> None:
    page = visitor.get("/visit/times?clinic=river")
    assert "Times at River Clinic, in Central Time (CST)." in text_of(page)
    asked = press(visitor, openings(page)[0])
    text = text_of(asked)
    assert "This is another clinic. Check the address. Its clock is 1 hour behind the one where you have your visit now." in text
    assert "You will see another specialist: Mae Okafor, PT." in text
    visitor.post("/visit/move", data=hidden(asked))
    text = text_of(visitor.get("/visit"))
    assert "River Clinic" in text
    assert "CST" in text
    assert count_visits(database, "booked") == 1


def test_all_times_by_day_clinic_and_specialist(visitor: FlaskClient) -> None:
    page = visitor.get("/visit/times")
    days = re.findall(r'<h2 id="day-([0-9-]+)">', page.get_data(as_text=True))
    assert len(days) == 5
    for clinic in ("Lake Clinic", "Capital Clinic", "River Clinic"):
        assert clinic in text_of(page), "any that offers it"
    later = re.search(r'href="(/visit/times\?[^"]*)#days" rel="next"', page.get_data(as_text=True))
    assert later
    turned = visitor.get(later[1].replace("&amp;", "&"))
    assert days[-1] < re.findall(r'<h2 id="day-([0-9-]+)">', turned.get_data(as_text=True))[0]
    assert "Earlier days" in text_of(turned)
    day = visitor.get("/visit/times", query_string={"day": "2026-11-25", "clinic": "lake"})
    assert '<h2 id="day-2026-11-25">' in day.get_data(as_text=True)
    assert re.search(r"Thursday, November 26, 2026 No times", text_of(day)), "Thanksgiving"
    people = re.findall(r'<option value="(specialist-[0-9]+)"', page.get_data(as_text=True))
    theirs = visitor.get("/visit/times", query_string={"specialist": people[0], "clinic": ""})
    assert "Any clinic of this specialist" in text_of(theirs)
    assert len(openings(theirs)) > 10


def test_its_own_time_is_free_for_it(visitor: FlaskClient, app: Flask, database: str) -> None:
    page = visitor.get("/visit/times", query_string={"clinic": "lake", "day": "2026-11-20"})
    for minutes in (-30, 0, 30):  # a visit takes an hour
        assert opening_at(app, database, FRIDAY + timedelta(minutes=minutes)) in openings(page)


def test_near_another_place(visitor: FlaskClient) -> None:
    page = visitor.get("/visit/times")
    sent = visitor.post("/visit/times", data=hidden(page) | {"near": "12 Main Street, Quincy, FL 32351"})
    assert sent.status_code == 303
    assert "Main" not in sent.location, "an address stands in no URL"
    near = visitor.get(sent.location)
    assert "Times at Capital Clinic" in text_of(near)
    unknown = visitor.post("/visit/times", data=hidden(page) | {"near": "xyzzy"}, follow_redirects=True)
    assert "Times at Lake Clinic" in text_of(unknown)
    assert unknown.status_code == 200


@pytest.mark.parametrize(
    "odd",
    [
        {"clinic": "nowhere"}, {"specialist": "nobody"}, {"clinic": "lake", "specialist": "nobody"}, {"day": "2026-02-30"},
        {"day": "9999-12-31"}, {"day": "0001-01-01"}, {"day": "1999-01-01"}, {"near": "xyzzy"}, {"near": "Springfield"},
        {"clinic": "", "specialist": ""}, {"clinic": "💥", "near": "\0"}, {"near": "x" * 5000},
    ],
    ids=str,
)  # fmt: skip
def test_odd_arguments_get_the_page_as_it_usually_is(visitor: FlaskClient, odd: dict[str, str]) -> None:
    page = visitor.get("/visit/times", query_string=odd)
    assert page.status_code == 200
    assert title_of(page).startswith("Other times for your visit")
    assert openings(page)


def test_taken_meanwhile_the_visit_stays_and_others_are_offered(visitor: FlaskClient, app: Flask, database: str) -> None:
    before = start(database)
    asked = press(visitor, openings(visitor.get("/visit"))[1])
    rival = app.test_client()
    held = rival.post("/book/hold", data=hidden(rival.get("/find?near=32801")) | {"opening": hidden(asked)["opening"]})
    assert held.status_code == 303
    refused = visitor.post("/visit/move", data=hidden(asked))
    assert refused.status_code == 409
    text = text_of(refused)
    assert "That time has just been taken. Your visit was not moved." in text
    assert "Your visit stays as it was Friday, November 20, 2026" in text
    assert len(openings(refused)) >= 3
    assert start(database) == before
    again = press(visitor, openings(refused)[0])
    assert visitor.post("/visit/move", data=hidden(again)).status_code == 303
    assert start(database) != before


@pytest.mark.parametrize("forged", ["", "x", "A" * 39, "💥", "x" * 5000])
def test_a_forged_time_offers_others(visitor: FlaskClient, forged: str, database: str) -> None:
    before = start(database)
    page = press(visitor, forged)
    assert page.status_code == 422
    assert "Your visit was not moved." in text_of(page)
    form = hidden(visitor.get("/visit"))
    assert visitor.post("/visit/move", data=form | {"opening": forged}).status_code == 422
    assert start(database) == before


def test_inside_the_window_the_page_says_call(visitor: FlaskClient, clock: FakeClock, database: str) -> None:
    chosen = openings(visitor.get("/visit"))[CHOSEN]
    link = manage_link(visitor, booked_page(database))
    clock.now = FRIDAY - timedelta(hours=23, minutes=59)
    visitor.post(link, data=hidden(visitor.get(link)))
    page = visitor.get("/visit")
    assert "This visit starts in less than 24 hours. To change the time now, please call us." in text_of(page)
    assert openings(page) == []
    for refused in (press(visitor, chosen), visitor.post("/visit/move", data=hidden(page) | {"opening": chosen}),
                    visitor.get("/visit/times")):  # fmt: skip
        assert refused.status_code == 409
        assert "less than 24 hours" in text_of(refused)
        assert "Your visit stays as it was." in text_of(refused)
    assert start(database) == FRIDAY
    assert told(database) == ["booked"]


def booked_page(url: str) -> str:
    with opened(url) as session:
        return f"/booked/{session.scalars(select(Appointment.reference)).one()}"


def test_another_visit_of_ones_own_is_in_the_way(visitor: FlaskClient, app: Flask, database: str) -> None:
    book_at(visitor, opening_at(app, database, FRIDAY + timedelta(days=3), clinic="capital", who="Luis"))
    clash = opening_at(app, database, FRIDAY + timedelta(days=3, minutes=30))
    refused = visitor.post("/visit/move", data=hidden(press(visitor, clash)))
    assert refused.status_code == 303, "its own time is not in its way"
    book_at(visitor, opening_at(app, database, FRIDAY + timedelta(days=5)))
    asked = press(visitor, opening_at(app, database, FRIDAY + timedelta(days=3), clinic="capital", who="Luis"))
    refused = visitor.post("/visit/move", data=hidden(asked))
    assert refused.status_code == 409
    assert "You may already have a visit at that time." in text_of(refused)
    assert "Your visit stays as it was." in text_of(refused)


def test_the_calendar_file_follows_the_visit(visitor: FlaskClient) -> None:
    def event() -> Any:
        file = visitor.get("/visit/calendar.ics")
        assert file.headers["Content-Type"].startswith("text/calendar")
        assert "attachment" in file.headers["Content-Disposition"]
        return icalendar.Calendar.from_ical(file.data).walk("VEVENT")[0]

    first = event()
    visitor.post("/visit/move", data=hidden(press(visitor, openings(visitor.get("/visit"))[1])))
    second = event()
    assert second["uid"] == first["uid"]
    assert second["sequence"] == first["sequence"] + 1
    assert (first.decoded("dtstart"), second.decoded("dtstart")) == (FRIDAY, FakeClock().now + timedelta(days=1))
    visitor.post("/visit/cancel", data=hidden(visitor.get("/visit")))
    third = event()
    assert (str(third["status"]), third["sequence"]) == ("CANCELLED", first["sequence"] + 2)
