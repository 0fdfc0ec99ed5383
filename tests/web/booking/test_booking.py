"""From a time to a visit, on the pages: nothing typed is ever lost, and nothing is booked twice."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clinic.config import RateLimits
from clinic.factory import create_app
from tests.conftest import FakeClock
from tests.databases import NO_LIMIT, settings_for
from tests.pages import ReadingClient
from tests.web.visiting import (
    ANSWERS,
    GUARDIAN,
    book,
    check_answers,
    count_visits,
    hidden,
    openings,
    press_a_time,
    search,
    text_of,
    title_of,
)


def assert_kept(page: TestResponse, **changed: str) -> None:
    """Every answer is still on the page, as a value, a chosen option or the text of the big box."""
    shown = page.get_data(as_text=True).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    for name, value in (ANSWERS | changed).items():
        if name in ("booked_by", "new_patient"):
            assert f'name="{name}" type="radio" value="{value}" checked' in shown
            continue
        field = re.search(
            rf'<(?:input|textarea|select)[^>]*name="{name}".*?</(?:select|textarea|fieldset|div)>', shown, re.DOTALL
        )
        assert field, name
        assert value in field[0], f"{name} is lost"


def test_from_a_search_to_a_reference(client: FlaskClient, database: str) -> None:
    details = press_a_time(client)
    page = client.get(details)
    assert "Monday, November 16, 2026, 9:00 AM EST" in text_of(page)
    assert "until 9:10 AM EST (10 minutes)" in text_of(page)
    checked = check_answers(client, details)
    assert title_of(checked).startswith("Check your answers")
    text = text_of(checked)
    assert "Nothing is booked yet." in text
    for answer in ("Zoë-Ann O’Quince", "April 23, 1971", "(407) 555-0123", "Español", "low back pain <b>since</b> May"):
        assert answer in text
    done = client.post(details.replace("/details", "/confirm"), data=hidden(checked))
    assert done.status_code == 303
    assert re.fullmatch(r"/booked/[0-9A-Z]{11}", done.location)
    booked = client.get(done.location)
    assert title_of(booked).startswith("Your visit is booked")
    assert done.location[-11:] in text_of(booked)
    assert "Zoë-Ann" not in booked.get_data(as_text=True)
    assert count_visits(database, "booked") == 1


def test_answers_stand_in_no_address_and_no_cookie(client: FlaskClient) -> None:
    done = book(client)
    cookie = client.get_cookie("session", domain="localhost")
    assert cookie is not None
    assert "Quince" not in cookie.decoded_value
    assert "?" not in done.location


def test_changing_answers_keeps_them_all(client: FlaskClient) -> None:
    details = press_a_time(client)
    checked = check_answers(client, details)
    back = client.post(details, data=hidden(checked) | {"to": "phone"})
    assert (back.status_code, back.location) == (303, details + "#phone")
    assert_kept(client.get(details))


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"birth_date_year": "2031"}, "birth_date_month", "The date of birth is in the future. Check the year."),
        ({"birth_date_month": "2", "birth_date_day": "30"}, "birth_date_month", "There is no such day in the calendar."),
        ({"birth_date_year": "71"}, "birth_date_month", "Enter the year with four digits, such as 1971."),
        ({"birth_date_day": ""}, "birth_date_month", "The date of birth needs a day."),
        ({"phone": "123"}, "phone", "Enter a phone number with area code, such as (407) 555-0123."),
        ({"email": "zoe at home"}, "email", "Enter an email address like name@example.com, or leave it empty."),
        ({"postal_code": "3280"}, "postal_code", "Enter a ZIP code of five digits, such as 32801, or leave it empty."),
        ({"booked_by": "parent", "birth_date_year": "2019"}, "guardian_name", "full name."),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_the_rest_kept(
    client: FlaskClient, database: str, changed: dict[str, str], field: str, said: str
) -> None:
    details = press_a_time(client)
    page = check_answers(client, details, **changed)
    assert page.status_code == 422
    assert title_of(page).startswith("Error: Who is coming?")
    assert text_of(page).count(said) == 2, "once in the summary and once beside the field"
    assert f'<a href="#{field}">' in page.get_data(as_text=True)
    assert f'id="{field}"' in page.get_data(as_text=True)
    assert_kept(page, **changed)
    assert count_visits(database, "booked") == 0


def test_an_empty_form_names_everything_that_is_missing(client: FlaskClient) -> None:
    details = press_a_time(client)
    page = client.post(details.replace("/details", "/check"), data=hidden(client.get(details)))
    assert page.status_code == 422
    summary = text_of(page).partition("Who is coming?")[0]
    for word in ("first name", "last name", "date of birth", "been to one of our clinics", "phone number"):
        assert word in summary


def test_a_child_with_a_guardian_is_booked(client: FlaskClient, database: str) -> None:
    details = press_a_time(client)
    page = check_answers(client, details, booked_by="parent", birth_date_year="2019", **GUARDIAN)
    assert "Pat O’Quince, parent, 407 555 0124" in text_of(page)
    assert client.post(details.replace("/details", "/confirm"), data=hidden(page)).status_code == 303
    assert count_visits(database, "booked") == 1


def test_a_double_press_is_one_visit_and_one_page(client: FlaskClient, database: str) -> None:
    page = search(client)
    pressed = hidden(page) | {"opening": openings(page)[0]}
    first, second = (client.post("/book/hold", data=pressed) for _ in range(2))
    assert first.location == second.location
    assert count_visits(database, "held") == 1
    checked = check_answers(client, first.location)
    done = [client.post(first.location.replace("/details", "/confirm"), data=hidden(checked)) for _ in range(2)]
    assert done[0].location == done[1].location
    assert count_visits(database, "booked") == 1
    # Back after booking: the browser asks again for a page of before, or offers to send its form again.
    before = [client.get(first.location), client.post(first.location.replace("/details", "/check"), data=hidden(checked))]
    assert [(page.status_code, page.location) for page in before] == [(303, done[0].location)] * 2


def test_another_button_of_the_same_page_is_another_time(client: FlaskClient) -> None:
    page = search(client)
    first, second = (client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[index]}) for index in (1, 3))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location != second.location


def test_the_same_hold_in_two_tabs_is_one_visit(client: FlaskClient, app: Flask, database: str) -> None:
    details = press_a_time(client)
    tabs = [check_answers(client, details) for _ in range(2)]
    done = [client.post(details.replace("/details", "/confirm"), data=hidden(tab)) for tab in tabs]
    assert done[0].location == done[1].location
    assert count_visits(database, "booked") == 1
    stranger = app.test_client()
    page = stranger.get(details)
    assert page.status_code == 409
    assert "no longer on hold" in text_of(page)
    assert "O’Quince" not in page.get_data(as_text=True)


def test_a_hold_that_ended_still_books_if_nobody_came(client: FlaskClient, clock: FakeClock, database: str) -> None:
    details = press_a_time(client, index=3)
    clock.forward(minutes=25)
    checked = check_answers(client, details)
    assert "it may still be free" in text_of(checked)
    assert client.post(details.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
    assert count_visits(database, "booked") == 1


def test_a_hold_that_ended_and_was_taken_offers_others_and_keeps_every_answer(
    client: FlaskClient, app: Flask, clock: FakeClock, database: str
) -> None:
    details = press_a_time(client, index=3)
    checked = check_answers(client, details)
    clock.forward(minutes=11)
    rival = app.test_client()
    assert book_at(rival, details, index=2).status_code == 303
    refused = client.post(details.replace("/details", "/confirm"), data=hidden(checked))
    assert refused.status_code == 409
    assert "That time has just been taken. Nothing was booked. Your answers are kept." in text_of(refused)
    others = openings(refused)
    assert len(others) >= 3
    again = client.post("/book/hold", data=hidden(refused) | {"opening": others[0]}, follow_redirects=True)
    assert again.status_code == 200
    assert title_of(again).startswith("Check your answers")
    assert "Zoë-Ann O’Quince" in text_of(again)
    confirm = re.search(r'action="(/book/[^"]+/confirm)"', again.get_data(as_text=True))
    assert confirm
    assert client.post(confirm[1], data=hidden(again)).status_code == 303
    assert count_visits(database, "booked") == 2


def book_at(client: FlaskClient, _details: str, index: int) -> TestResponse:
    """Another person books the time at that place of the results."""
    details = press_a_time(client, index=index)
    checked = check_answers(client, details, given_name="Rival", phone="(407) 555-0199")
    return client.post(details.replace("/details", "/confirm"), data=hidden(checked))


def test_a_taken_time_is_refused_with_alternatives(client: FlaskClient, app: Flask) -> None:
    page = search(client)
    press_a_time(app.test_client())
    refused = client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[0]})
    assert refused.status_code == 409
    assert title_of(refused).startswith("Choose another time")
    assert len(openings(refused)) >= 3
    assert client.post("/book/hold", data=hidden(refused) | {"opening": openings(refused)[0]}).status_code == 303


def test_a_time_that_passed_is_refused_with_alternatives(client: FlaskClient, clock: FakeClock) -> None:
    page = search(client)
    clock.forward(hours=1)
    refused = client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[0]})
    assert refused.status_code == 409
    assert "That time has passed." in text_of(refused)
    assert len(openings(refused)) >= 3


def test_a_forged_or_truncated_opening_is_refused_with_alternatives(client: FlaskClient) -> None:
    page = search(client)
    whole = openings(page)[0]
    for forged in (whole[:-4], whole[:-1] + "~", "A" * len(whole), "💥", "", "x" * 5000):
        refused = client.post("/book/hold", data=hidden(page) | {"opening": forged})
        assert refused.status_code == 422
        assert len(openings(refused)) >= 3


def test_a_forged_hold_is_a_sentence(client: FlaskClient) -> None:
    details = press_a_time(client)
    for address in (details.replace("/details", "x/details"), "/book/1/details", "/book/zz-top/details"):
        page = client.get(address)
        assert page.status_code in (404, 422)
        assert "(407) 555-0100" in text_of(page)


def test_more_time_keeps_the_answers_and_release_gives_the_time_back(
    client: FlaskClient, clock: FakeClock, database: str
) -> None:
    details = press_a_time(client)
    clock.forward(minutes=8)
    page = client.get(details)
    longer = client.post(details.replace("/details", "/extend"), data=hidden(page) | ANSWERS | {"page": "details"})
    assert (longer.status_code, longer.location) == (303, details)
    longer = client.get(details)
    assert "until 9:18 AM EST (10 minutes)" in text_of(longer)
    assert_kept(longer)
    checked = check_answers(client, details)
    longer = client.post(details.replace("/details", "/extend"), data=hidden(checked) | {"page": "check"}, follow_redirects=True)
    assert title_of(longer).startswith("Check your answers")
    assert hidden(longer)["family_name"] == "O’Quince"
    back = client.post(details.replace("/details", "/release"), data=hidden(longer))
    assert back.location == "/find?near=32801&service=physical-therapy"
    assert "Nothing is booked." in text_of(client.get(back.location))
    assert count_visits(database, "held") == 0


def test_a_booking_page_shows_nothing_in_another_browser(client: FlaskClient, app: Flask, clock: FakeClock) -> None:
    done = book(client)
    assert "Lake Clinic" in text_of(client.get(done.location))
    stranger = app.test_client()
    seen, unknown = stranger.get(done.location), stranger.get("/booked/" + "0" * 11)
    assert "Lake Clinic" not in seen.get_data(as_text=True)
    assert text_of(seen) == text_of(unknown)
    clock.forward(minutes=31)
    assert "Lake Clinic" not in client.get(done.location).get_data(as_text=True)


def test_too_many_holds_are_told_to_wait(database: str, clock: FakeClock) -> None:
    app = create_app(settings_for(database, limits=RateLimits("2 per hour", "1 per hour", NO_LIMIT)), clock=clock)
    app.test_client_class = ReadingClient
    client = app.test_client()
    details = press_a_time(client)
    checked = check_answers(client, details)
    assert client.post(details.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
    other = press_a_time(client, index=1)
    checked = check_answers(client, other, given_name="Another")
    refused = client.post(other.replace("/details", "/confirm"), data=hidden(checked))
    assert refused.status_code == 429
    assert hidden(refused)["given_name"] == "Another"
    page = search(client)
    assert client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[0]}).status_code == 429
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def test_a_form_without_its_csrf_token_books_nothing(database: str, clock: FakeClock) -> None:
    app = create_app(settings_for(database), clock=clock)
    client = app.test_client()
    page = search(client)
    assert client.post("/book/hold", data={"opening": openings(page)[0]}).status_code == 400
    assert count_visits(database, "held") == 0
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()
