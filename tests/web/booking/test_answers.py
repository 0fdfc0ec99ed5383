"""Answers on their way: refresh, Back, a lost cookie, a hold that ended. Nothing is asked twice, and nothing shown to others."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from clinic.store.tables.patients import Draft, Guardian, Intake, Patient
from clinic.usecases.booking import sweep
from tests.conftest import FakeClock
from tests.web.visiting import (
    ANSWERS,
    GUARDIAN,
    book,
    check_answers,
    count_visits,
    hidden,
    opened,
    opening_at,
    openings,
    press_a_time,
    search,
    text_of,
    title_of,
)

HELPS = {"access_needs": "a ramp, and مترجم", "insurer": "Sunny Health", "texts": "y"}


def value_of(page: TestResponse, name: str) -> str:
    """What stands in a field of the page."""
    shown = page.get_data(as_text=True)
    if found := re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', shown, re.DOTALL):
        return html.unescape(found[1])
    if found := re.search(rf'<select[^>]*name="{name}".*?</select>', shown, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', found[0])
        return chosen[1] if chosen else ""
    tags = re.findall(rf'<input[^>]*name="{name}"[^>]*>', shown)
    assert tags, name
    if 'type="radio"' in tags[0] or 'type="checkbox"' in tags[0]:
        tags = [tag for tag in tags if re.search(r'value="[^"]*" checked', tag)]
    found = re.search(r'value="([^"]*)"', tags[0]) if tags else None
    return html.unescape(found[1]) if found else ""


def drafts(url: str) -> int:
    with opened(url) as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0


class TestBackAndForth:
    def test_sent_answers_are_shown_by_an_address_of_their_own(self, client: FlaskClient, database: str) -> None:
        details = press_a_time(client)
        check = details.replace("/details", "/check")
        sent = client.post(check, data=hidden(client.get(details)) | ANSWERS | HELPS)
        assert (sent.status_code, sent.location) == (303, check)
        first, again = client.get(check), client.get(check)
        assert first.status_code == again.status_code == 200
        assert text_of(first) == text_of(again), "loaded again, nothing is sent again"
        for answer in ("Zoë-Ann O’Quince", "Yes, please text me", "a ramp, and مترجم", "Sunny Health", "Español"):
            assert answer in text_of(first)
        assert client.get(check + "?").status_code == 200
        done = client.post(details.replace("/details", "/confirm"), data=hidden(first))
        assert done.status_code == 303
        assert drafts(database) == 0

    def test_back_to_the_questions_finds_every_answer(self, client: FlaskClient) -> None:
        details = press_a_time(client)
        check_answers(client, details, **HELPS)
        page = client.get(details)
        for name, value in (ANSWERS | HELPS).items():
            assert value_of(page, name) == value, name
        assert '<details class="disclose" open>' in page.get_data(as_text=True), "what was said is not hidden"

    def test_so_does_back_after_an_error(self, client: FlaskClient) -> None:
        details = press_a_time(client)
        assert check_answers(client, details, phone="12").status_code == 422
        page = client.get(details)
        assert (value_of(page, "phone"), value_of(page, "given_name")) == ("12", "Zoë-Ann")
        assert client.get(details.replace("/details", "/check")).status_code == 422

    def test_each_group_leads_to_its_first_question(self, client: FlaskClient) -> None:
        details = press_a_time(client)
        checked = check_answers(client, details)
        changes = re.findall(r'formaction="([^"]+)" name="to" value="([^"]+)">Change', checked.get_data(as_text=True))
        assert [(address, field) for address, field in changes] == [(details, f) for f in ("booked_by", "phone", "reason")]
        for _address, field in changes:
            back = client.post(details, data=hidden(checked) | {"to": field})
            assert back.location == f"{details}#{field}"
            assert f'id="{field}"' in client.get(details).get_data(as_text=True)
        assert client.post(details, data=hidden(checked) | {"to": "//evil.example"}).location == details

    def test_without_answers_there_is_nothing_to_check(self, client: FlaskClient) -> None:
        details = press_a_time(client)
        page = client.get(details.replace("/details", "/check"))
        assert (page.status_code, page.location) == (303, details)

    def test_another_browser_with_the_address_sees_no_answer(self, client: FlaskClient, app: Flask) -> None:
        details = press_a_time(client)
        check_answers(client, details)
        stranger = app.test_client()
        assert "Quince" not in stranger.get(details).get_data(as_text=True)
        assert stranger.get(details.replace("/details", "/check")).location == details

    def test_absurdly_long_answers_are_told_and_stay_on_the_page(self, client: FlaskClient, database: str) -> None:
        details = press_a_time(client)
        page = check_answers(client, details, reason="x" * 30_000)
        assert page.status_code == 422
        assert value_of(page, "reason") == "x" * 30_000
        assert "Shorten this to 1000 characters." in text_of(page)
        assert drafts(database) == 0

    def test_a_swept_draft_loses_nothing_that_is_on_the_page(self, client: FlaskClient, clock: FakeClock, database: str) -> None:
        details = press_a_time(client, index=3)
        checked = check_answers(client, details, **HELPS)
        clock.forward(minutes=12)
        with opened(database) as session:
            assert sweep(session, now=clock.now) == 1
        assert drafts(database) == 0
        back = client.post(details, data=hidden(checked) | {"to": "phone"})
        assert value_of(client.get(back.location), "given_name") == "Zoë-Ann"
        assert client.post(details.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
        assert count_visits(database, "booked") == 1

    def test_a_hold_given_back_is_over_and_its_answers_gone(self, client: FlaskClient, database: str) -> None:
        details = press_a_time(client)
        checked = check_answers(client, details)
        client.post(details.replace("/details", "/release"), data=hidden(checked))
        assert drafts(database) == 0
        for page in (client.get(details), client.get(details.replace("/details", "/check")),
                     client.post(details.replace("/details", "/check"), data=hidden(checked) | ANSWERS)):  # fmt: skip
            assert page.status_code == 409
            assert title_of(page).startswith("We no longer keep this time")

    def test_a_booked_hold_cannot_be_released(self, client: FlaskClient, database: str) -> None:
        details = press_a_time(client)
        checked = check_answers(client, details)
        done = client.post(details.replace("/details", "/confirm"), data=hidden(checked))
        late = client.post(details.replace("/details", "/release"), data=hidden(checked))
        assert (late.status_code, late.location) == (303, done.location)
        assert count_visits(database, "booked") == 1


class TestNothingTwice:
    def test_the_searched_zip_stands_there(self, client: FlaskClient) -> None:
        assert value_of(client.get(press_a_time(client)), "postal_code") == "32801"

    def test_the_same_patient_again(self, client: FlaskClient, database: str) -> None:
        first = press_a_time(client, index=3)
        checked = check_answers(client, first, **HELPS)
        assert client.post(first.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
        second = press_a_time(client, index=1)
        page = client.get(second)
        assert "Same patient as before" in text_of(page)
        assert "Quince" not in page.get_data(as_text=True), "not before it is pressed"
        filled = client.post(second.replace("/details", "/fill"), data=hidden(page) | {"what": "patient"}, follow_redirects=True)
        said = ANSWERS | HELPS | {"reason": "", "texts": ""}
        for name, value in said.items():
            assert value_of(filled, name) == value, name
        assert "Same patient as before" not in text_of(filled)
        again = client.post(
            second.replace("/details", "/check"),
            data=hidden(filled) | {k: v for k, v in said.items() if v},
            follow_redirects=True,
        )
        assert client.post(second.replace("/details", "/confirm"), data=hidden(again)).status_code == 303
        with opened(database) as session:
            assert session.scalar(select(func.count()).select_from(Patient)) == 1
        cookie = client.get_cookie("session", domain="localhost")
        assert cookie is not None
        assert "Quince" not in cookie.decoded_value

    def test_a_child_after_oneself(self, client: FlaskClient, database: str) -> None:
        book(client, index=3)
        second = press_a_time(client, index=1)
        page = client.get(second)
        filled = client.post(second.replace("/details", "/fill"), data=hidden(page) | {"what": "contact"}, follow_redirects=True)
        shown = {name: value_of(filled, name) for name in ("booked_by", "given_name", "phone", "email", "guardian_name")}
        assert shown == {
            "booked_by": "parent", "given_name": "", "phone": ANSWERS["phone"], "email": ANSWERS["email"],
            "guardian_name": "Zoë-Ann O’Quince",
        }  # fmt: skip
        child = {"given_name": "Leo", "birth_date_year": "2019", "booked_by": "parent", "guardian_name": "Zoë-Ann O’Quince"}
        consent = {"guardian_relation": "parent", "guardian_consent": "y"}
        checked = client.post(
            second.replace("/details", "/check"), data=hidden(filled) | ANSWERS | child | consent, follow_redirects=True
        )
        assert "Zoë-Ann O’Quince, parent, (407) 555-0123" in text_of(checked)
        assert client.post(second.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
        with opened(database) as session:
            assert session.scalars(select(Guardian.phone)).all() == ["+14075550123"]

    def test_another_time_after_all(self, client: FlaskClient) -> None:
        check_answers(client, press_a_time(client, index=3), **HELPS)
        second = press_a_time(client, index=1)
        page = client.get(second)
        assert "Use what I typed before" in text_of(page)
        assert "Quince" not in page.get_data(as_text=True)
        filled = client.post(second.replace("/details", "/fill"), data=hidden(page) | {"what": "answers"}, follow_redirects=True)
        for name, value in (ANSWERS | HELPS).items():
            assert value_of(filled, name) == value, name

    def test_nobody_else_is_offered_it(self, client: FlaskClient, app: Flask, clock: FakeClock) -> None:
        book(client, index=3)
        stranger = app.test_client()
        details = press_a_time(stranger, index=1)
        page = stranger.get(details)
        assert "before" not in text_of(page).partition("Who is this visit for")[0]
        for what in ("patient", "contact", "answers", "", "x"):
            filled = stranger.post(
                details.replace("/details", "/fill"), data=hidden(page) | {"what": what}, follow_redirects=True
            )
            assert value_of(filled, "given_name") == value_of(filled, "phone") == ""
        clock.forward(minutes=31)
        late = client.get(press_a_time(client, index=1))
        assert "Same patient as before" not in text_of(late)

    def test_a_guardian_without_another_number_has_the_one_given(self, client: FlaskClient, database: str) -> None:
        details = press_a_time(client)
        alone = {**GUARDIAN, "guardian_phone": "", "booked_by": "parent", "birth_date_year": "2019"}
        wrong = check_answers(client, details, **alone, phone="12")
        assert text_of(wrong).count("Enter a phone number with area code") == 2, "about the one number that was given"
        checked = check_answers(client, details, **alone)
        assert client.post(details.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
        with opened(database) as session:
            assert session.scalars(select(Guardian.phone)).one() == "+14075550123"


@pytest.mark.parametrize(
    "typed",
    [
        {"phone": "(407) 555-0123 ext. 4"},
        {"phone": "４０７　５５５　０１２３", "postal_code": "３２８０１", "birth_date_year": "１９７１"},
        {"given_name": "Ž", "family_name": "李"},
        {"given_name": "ليلى", "family_name": "الحسيني", "reason": "ألم في أسفل الظهر"},
        {"given_name": "a" * 100, "family_name": "María José de la Santísima"},
        {"birth_date_month": "April"},
        {"birth_date_month": "4/23/1971", "birth_date_day": "", "birth_date_year": ""},
        {"email": "", "postal_code": ""},
    ],
)
def test_what_people_type_is_booked_and_shown_as_they_typed_it(client: FlaskClient, database: str, typed: dict[str, str]) -> None:
    details = press_a_time(client)
    checked = check_answers(client, details, **typed)
    assert checked.status_code == 200, text_of(checked)
    for name in ("given_name", "family_name", "reason"):
        if name in typed:
            assert typed[name] in text_of(checked)
    page = client.get(details).get_data(as_text=True)
    assert re.search(r'<input[^>]*name="given_name"[^>]*dir="auto"', page)
    assert re.search(r'<textarea[^>]*name="reason"[^>]*dir="auto"', page)
    assert client.post(details.replace("/details", "/confirm"), data=hidden(checked)).status_code == 303
    with opened(database) as session:
        row = session.scalars(select(Intake)).one()
        assert row.given_name == typed.get("given_name", ANSWERS["given_name"])
        assert row.phone_extension == ("4" if "ext" in typed.get("phone", "") else None)


def test_a_name_of_two_hundred_letters_is_told_and_kept(client: FlaskClient) -> None:
    page = check_answers(client, press_a_time(client), given_name="x" * 200, access_needs="y" * 501, insurer="z" * 121)
    assert page.status_code == 422
    assert "Enter a first name of at most 100 letters." in text_of(page)
    assert (value_of(page, "given_name"), value_of(page, "access_needs")) == ("x" * 200, "y" * 501)
    assert '<details class="disclose" open>' in page.get_data(as_text=True), "an error is not hidden"


def test_the_plans_of_the_clinic_stand_beside_the_question(client: FlaskClient) -> None:
    text = text_of(client.get(press_a_time(client)))
    assert "Plans that Lake Clinic takes Sunny Health Blue Lake" in text
    assert re.search(r"Text me about this visit", text)
    page = client.get(press_a_time(client, index=1)).get_data(as_text=True)
    assert not re.search(r'name="texts"[^>]*checked', page), "nobody has agreed to anything yet"


def test_the_time_left_is_told_in_seconds_for_the_script(client: FlaskClient, clock: FakeClock) -> None:
    details = press_a_time(client)
    clock.forward(minutes=4, seconds=10)
    page = client.get(details).get_data(as_text=True)
    assert 'data-hold="350"' in page
    assert "until 9:10 AM EST (6 minutes)" in text_of(client.get(details))
    assert '<script type="module" src="/static/hold.js' in page
    clock.forward(minutes=6)
    assert "We no longer keep this time for you, but it may still be free." in text_of(client.get(details))


class TestWithoutACookie:
    def test_it_is_said_and_what_was_typed_is_kept(self, client: FlaskClient, app: Flask, database: str) -> None:
        details = press_a_time(client)
        form = hidden(client.get(details)) | ANSWERS | HELPS
        confirm = details.replace("/details", "/confirm")
        without = app.test_client(use_cookies=False)
        page = without.post(confirm, data=form, headers={"Origin": "http://localhost"})
        assert page.status_code == 400
        assert title_of(page).startswith("Please allow cookies")
        assert "(407) 555-0100" in text_of(page)
        kept = hidden(page)
        for name, value in (ANSWERS | HELPS).items():
            assert kept[name] == value
        assert f'action="{confirm}"' in page.get_data(as_text=True)
        assert count_visits(database, "booked") == 0
        carried = client.post(confirm, data=kept | {"csrf_token": hidden(client.get(details))["csrf_token"]})
        assert carried.status_code == 303
        assert count_visits(database, "booked") == 1

    def test_a_page_that_was_open_for_too_long_goes_on_with_one_press(self, client: FlaskClient, app: Flask) -> None:
        details = press_a_time(client)
        form = hidden(client.get(details)) | ANSWERS
        check = details.replace("/details", "/check")
        later = app.test_client()
        later.get("/find-my-booking")
        page = later.post(check, data=form, headers={"Referer": f"http://localhost{details}"})
        assert page.status_code == 400
        assert title_of(page).startswith("Please press once more")
        on = later.post(check, data=hidden(page), headers={"Origin": "http://localhost"}, follow_redirects=True)
        assert title_of(on).startswith("Check your answers")
        assert "Zoë-Ann O’Quince" in text_of(on)

    @pytest.mark.parametrize(
        "sender", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "http://localhost.evil/"}]
    )
    def test_the_form_of_another_site_is_not_offered_again(self, client: FlaskClient, sender: dict[str, str]) -> None:
        page = client.post("/visit/cancel", data={"reason": "other"}, headers=sender)
        assert page.status_code == 400
        assert "Carry on" not in page.get_data(as_text=True)
        assert "reload the page" in text_of(page)


def test_what_only_staff_arrange_says_how_to_get_one(client: FlaskClient, app: Flask, database: str) -> None:
    procedure = opening_at(app, database, FakeClock().now + timedelta(hours=3), visit="procedure")
    page: Any = client.post("/book/hold", data=hidden(search(client)) | {"opening": procedure})
    assert page.status_code == 409
    assert "arranged by our staff. To get one, call us, or book a first visit and ask there." in text_of(page)
    assert "(407) 555-0100" in text_of(page)
    assert len(openings(page)) >= 3
    assert "Consultation with Dana Brook" in text_of(page), "the service's own first visit, at that clinic"
    assert client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[0]}).status_code == 303
    assert count_visits(database, "held") == 1
