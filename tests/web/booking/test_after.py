"""After booking: what happens next, the calendar, an earlier time; and finding the visit again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from clinic.config import RateLimits
from clinic.factory import create_app
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.waitlist import WaitlistEntry
from tests.conftest import FakeClock
from tests.databases import NO_LIMIT, settings_for
from tests.pages import ReadingClient
from tests.web.visiting import ANSWERS, book, check_answers, hidden, opened, opening_at, text_of, title_of

ASKED = {
    "family_name": "oquince", "birth_date_month": "4", "birth_date_day": "23", "birth_date_year": "1971",
    "phone": "407 555 0123",
}  # fmt: skip
PRIVATE = ("Zoë", "Quince", "1971", "low back pain", "zoe@example.org", "0123", "Evaluation", "therapy", "Dana", "manage/")


class TestBooked:
    def test_it_says_all_there_is_to_know(self, client: FlaskClient) -> None:
        text = text_of(client.get(book(client, index=3).location))
        for said in (
            "Your visit is booked", "Monday, November 16, 2026 10:00 AM EST", "What happens next", "Bring your X-rays",
            "Wear shoes that you can walk in.", "Do not stop any medicine until the clinic has told you to.",
            "Park behind the house.", "There is a ramp at the side door.", "Add to calendar",
            "Directions to Lake Clinic (opens OpenStreetMap)", "See, move or cancel this visit", "Tell me about anything earlier",
            "(407) 555-0100",
        ):  # fmt: skip
            assert said in text, said
        for private in ("Zoë", "O’Quince", "low back pain"):
            assert private not in text

    def test_the_window_is_told_before_it_closes(self, client: FlaskClient, app: Flask, database: str) -> None:
        late = text_of(client.get(book(client, index=3).location))
        assert "This visit starts in less than 24 hours. To change the time now, please call us." in late
        friday = opening_at(app, database, FakeClock().now + timedelta(days=4))
        held = client.post("/book/hold", data=hidden(client.get("/find?near=32801")) | {"opening": friday})
        checked = check_answers(client, held.location)
        assert "Changing the time online ends 24 hours before it starts." in text_of(checked)
        done = client.post(held.location.replace("/details", "/confirm"), data=hidden(checked))
        assert "You can change the time online until 24 hours before it starts." in text_of(client.get(done.location))

    def test_cancelled_it_says_so(self, client: FlaskClient) -> None:
        done = book(client, index=3)
        page = client.get(done.location)
        link = re.search(r'href="(/manage/[^"]+)"', page.get_data(as_text=True))
        assert link
        client.post(link[1], data=hidden(client.get(link[1])))
        client.post("/visit/cancel", data=hidden(client.get("/visit")))
        text = text_of(client.get(done.location))
        assert text.startswith("This visit was cancelled")
        assert "What happens next" not in text

    def test_an_earlier_time_is_wished_and_unwished(self, client: FlaskClient, database: str) -> None:
        done = book(client, index=3)

        def wish(wanted: str) -> str:
            page = client.get(done.location)
            answer = client.post("/visit/earlier", data=hidden(page) | {"wanted": wanted})
            assert (answer.status_code, answer.location) == (303, done.location)
            return text_of(client.get(done.location))

        assert "Stop looking for an earlier time" in wish("yes")
        assert "We noted that you would like an earlier time. If one opens up, we tell you." in wish("yes")
        with opened(database) as session:
            assert session.scalars(select(WaitlistEntry.created_at)).all() == [FakeClock().now]
            assert list(session.scalars(select(Audit.action).order_by(Audit.id))) == ["hold", "book", "want_earlier"]
        assert "Tell me about anything earlier" in wish("no")

    def test_somebody_else_wishes_nothing(self, client: FlaskClient, app: Flask, database: str) -> None:
        done = book(client, index=3)
        stranger = app.test_client()
        form = hidden(stranger.get(done.location)) | {"wanted": "yes", "reference": done.location[-11:]}
        assert stranger.post("/visit/earlier", data=form).status_code == 403
        with opened(database) as session:
            assert session.scalars(select(WaitlistEntry.id)).all() == []


class TestCalendar:
    def test_the_file_names_place_and_time_and_nothing_private(self, client: FlaskClient) -> None:
        done = book(client, index=3)
        file = client.get(f"{done.location}/calendar.ics")
        assert file.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
        assert file.headers["Cache-Control"] == "no-store"
        event: Any = icalendar.Calendar.from_ical(file.data).walk("VEVENT")[0]
        assert str(event["summary"]) == "Appointment at Lake Clinic"
        assert str(event["uid"]) == f"{done.location[-11:]}@localhost"
        assert event.decoded("dtstart") == FakeClock().now + timedelta(hours=1)
        assert event.decoded("dtend") == FakeClock().now + timedelta(hours=2)
        assert "Orlando, FL 32801" in str(event["location"])
        assert str(event["description"]).splitlines() == [
            "Starts at 10:00 AM EST, the clinic’s time.",
            "To move or cancel your visit: http://localhost/visit",
            "Questions? Call (407) 555-0100.",
        ]
        unfolded = file.get_data(as_text=True).replace("\r\n ", "")
        for private in PRIVATE:
            assert private not in unfolded, private

    def test_it_is_for_the_session_that_booked(self, client: FlaskClient, app: Flask, clock: FakeClock) -> None:
        done = book(client, index=3)
        stranger = app.test_client()
        for reference in (done.location[-11:], "0" * 11):
            answer = stranger.get(f"/booked/{reference}/calendar.ics")
            assert (answer.status_code, answer.location) == (303, f"/booked/{reference}")
        clock.forward(minutes=31)
        assert client.get(f"{done.location}/calendar.ics").status_code == 303


class TestElsewhere:
    def test_the_page_offers_to_send_the_link_and_says_the_same_to_all(self, client: FlaskClient, app: Flask) -> None:
        done = book(client, index=3)
        stranger = app.test_client()
        seen, unknown = stranger.get(done.location), stranger.get("/booked/" + "0" * 11)
        assert title_of(seen).startswith("To see your visit")
        assert 'action="/find-my-booking"' in seen.get_data(as_text=True)
        same = re.sub(r"[0-9A-Z]{11}|value=\"[^\"]*\"", "", seen.get_data(as_text=True))
        assert same == re.sub(r"[0-9A-Z]{11}|value=\"[^\"]*\"", "", unknown.get_data(as_text=True))


class TestFindMyBooking:
    def test_hit_and_miss_look_alike(self, client: FlaskClient, app: Flask, database: str) -> None:
        book(client, index=3)
        stranger = app.test_client()
        told = []
        for asked in (ASKED, ASKED | {"family_name": "Nobody"}, ASKED | {"phone": "", "reference": "00000000000"}):
            page = stranger.get("/find-my-booking")
            sent = stranger.post("/find-my-booking", data=hidden(page) | asked)
            after = stranger.get(sent.location)
            told.append((sent.status_code, sent.location, dict(sent.headers).keys(), text_of(after), after.status_code))
            assert "Lake Clinic" not in after.get_data(as_text=True)
        assert told[0] == told[1] == told[2]
        assert "If we find a visit, we send its link to the phone or email you gave when booking." in told[0][3]
        assert "call (407) 555-0100" in told[0][3]
        assert text_of(stranger.get("/find-my-booking")).startswith("Find my booking"), "said once"
        with opened(database) as session:
            events = list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.id)))
            assert events == ["booked", "link"]

    def test_a_reference_instead_of_the_phone(self, client: FlaskClient, database: str) -> None:
        reference = book(client, index=3).location[-11:]
        form = hidden(client.get("/find-my-booking")) | ASKED | {"phone": "", "reference": f" {reference.lower()} "}
        assert client.post("/find-my-booking", data=form).status_code == 303
        with opened(database) as session:
            assert "link" in set(session.scalars(select(OutboxMessage.event)))

    @pytest.mark.parametrize(
        ("changed", "field", "said"),
        [
            ({"family_name": ""}, "family_name", "Enter the patient’s last name."),
            ({"birth_date_year": "71"}, "birth_date_month", "Enter the year with four digits"),
            ({"birth_date_month": "", "birth_date_day": "", "birth_date_year": ""}, "birth_date_month", "date of birth, such as"),
            ({"phone": "12"}, "phone", "Enter a phone number with area code"),
            ({"phone": ""}, "phone", "or the reference."),
            ({"reference": "ABC"}, "reference", "it has 11 letters and digits"),
        ],
    )
    def test_what_cannot_be_is_told_beside_its_field(
        self, client: FlaskClient, changed: dict[str, str], field: str, said: str
    ) -> None:
        page = client.post("/find-my-booking", data=hidden(client.get("/visit")) | ASKED | changed)
        assert page.status_code == 422
        assert title_of(page).startswith("Error: Find my booking")
        assert text_of(page).count(said) == 2
        assert f'href="#{field}"' in page.get_data(as_text=True)
        for name, value in (ASKED | changed).items():
            assert f'name="{name}"' in page.get_data(as_text=True)
            assert not value or f'value="{value}"' in page.get_data(as_text=True)

    def test_five_an_hour_from_one_address(self, database: str, clock: FakeClock) -> None:
        assert RateLimits().lookups == "5 per hour"
        app = create_app(settings_for(database, limits=RateLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, "2 per hour")), clock=clock)
        app.test_client_class = ReadingClient
        client = app.test_client()
        form = hidden(client.get("/find-my-booking")) | ASKED
        wrong = form | {"phone": "12"}
        statuses = [client.post("/find-my-booking", data=sent).status_code for sent in (wrong, form, wrong, form, form)]
        assert statuses == [422, 303, 422, 303, 429], "a slip of the finger is not counted"
        assert "We can find it for you." in text_of(client.post("/find-my-booking", data=form))
        clock.forward(hours=1)
        assert client.post("/find-my-booking", data=form).status_code == 303
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()


def test_nothing_private_in_titles_and_addresses(client: FlaskClient) -> None:
    done = book(client, index=3)
    page = client.get(done.location)
    link = re.search(r'href="(/manage/[^"]+)"', page.get_data(as_text=True))
    assert link
    client.post(link[1], data=hidden(client.get(link[1])))
    for address in (done.location, link[1], "/visit", "/find-my-booking"):
        shown = client.get(address)
        for private in (ANSWERS["given_name"], ANSWERS["family_name"], "Lake Clinic", "therapy"):
            assert private not in title_of(shown)
            assert private not in address
