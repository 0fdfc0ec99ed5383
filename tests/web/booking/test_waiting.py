"""Waiting on the pages: join without a visit, be offered a time, take it or not; a link shows nothing before its button."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from clinic.adapters.sealing import Sealer
from clinic.domain.tokens import write_key
from clinic.engine.placing import waitlist_payload
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.usecases import booking, waitlist
from tests.build import PATIENT
from tests.conftest import FakeClock
from tests.web.care.test_reading import LIMIT, grade, sentences
from tests.web.visiting import ANSWERS, GUARDIAN, check_answers, hidden, opened, opening_at, text_of, title_of

WAIT = "/waitlist?service=physical-therapy&near=32801"
TIMES = {"near": "32801", "miles": "25", "notice": "24", "days": ["Mon", "Tue"], "parts": ["morning"]}


def join(client: FlaskClient, **changes: Any) -> TestResponse:
    page = client.get(WAIT)
    return client.post("/waitlist", data=hidden(page) | ANSWERS | TIMES | changes)


def book_at(client: FlaskClient, app: Flask, database: str, days: int) -> TestResponse:
    """A visit so many days ahead, at ten."""
    start = FakeClock().now + timedelta(days=days, hours=1)
    form = hidden(client.get("/find?near=32801&service=physical-therapy"))
    held = client.post("/book/hold", data=form | {"opening": opening_at(app, database, start)})
    page = check_answers(client, held.location)
    return client.post(held.location.replace("/details", "/confirm"), data=hidden(page))


def offered(app: Flask, database: str, days: int = 3) -> str:
    """Somebody else cancels a visit, and the time is offered; -> the path of the link in the message."""
    key = app.config["SECRET_KEY"].encode()
    now = app.extensions["clinic"].clock()
    other = app.test_client()
    done = book_at(other, app, database, days)
    with opened(database) as session:
        visit = session.scalars(select(Appointment).where(Appointment.reference == done.location[-11:])).one()
        token = write_key(key, "manage", visit.id, 0)
        booking.cancel(session, token, None, key=key, who=PATIENT, now=now)
        waitlist.offer_times(session, now=now)
        offer = session.scalars(select(TimeOffer).order_by(TimeOffer.id.desc())).first()
        assert offer
        return f"/offer/{write_key(key, 'offer', offer.id, 0)}"


def entries(database: str) -> list[WaitlistEntry]:
    with opened(database) as session:
        return list(session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id)))


class TestJoining:
    def test_from_the_results_and_from_all_times(self, client: FlaskClient) -> None:
        page = client.get("/find?near=32801&service=physical-therapy")
        assert 'href="/waitlist?service=physical-therapy&amp;visit_type=therapy-first&amp;near=32801">Tell me when' in page.text
        page = client.get("/locations/lake/times?service=physical-therapy")
        link = re.search(r'href="(/waitlist[^"]*)"', page.text)
        assert link
        assert title_of(client.get(link[1].replace("&amp;", "&"))).startswith("Tell me when an earlier time opens")

    def test_asked_for_nothing_it_is_the_search(self, client: FlaskClient) -> None:
        assert client.get("/waitlist").location == "/"
        assert client.get("/waitlist?service=none").status_code == 404
        assert client.get("/waitlist?service=nerve-ablation").status_code == 422

    def test_on_the_list_with_what_happens_next(self, client: FlaskClient, app: Flask, database: str) -> None:
        done = join(client)
        assert (done.status_code, done.location) == (303, "/waiting")
        page = client.get("/waiting")
        assert title_of(page).startswith("You are on our list")
        text = text_of(page)
        assert "Within 25 miles of Orlando, FL 32801" in text
        assert "Monday, Tuesday, morning" in text
        assert "1 day before the time" in text
        assert "What happens next" not in text_of(client.get("/waiting"))
        (entry,) = entries(database)
        assert (entry.miles, entry.hours, entry.by_phone) == (25, "Mon 00:00-12:00; Tue 00:00-12:00", False)
        said, _guardian = waitlist_payload.unseal(entry.said or "", Sealer(app.extensions["clinic"].settings.intake_keys))
        assert (said.given_name, said.phone, said.reason) == ("Zoë-Ann", "+14075550123", ANSWERS["reason"])

    def test_pressed_twice_it_is_once(self, client: FlaskClient, database: str) -> None:
        join(client)
        join(client)
        assert len(entries(database)) == 1

    def test_everything_wrong_is_said_beside_its_field_and_kept(self, client: FlaskClient, database: str) -> None:
        page = join(client, near="Nowhereville", given_name="", phone="12", notice="5", birth_date_year="", email="me")
        assert page.status_code == 422
        text = text_of(page)
        assert title_of(page).startswith("Error: Tell me when")
        for sentence in (
            "We could not find that place",
            "Enter the patient’s first name.",
            "The date of birth needs a year.",
            "Enter an email address like name@example.com",
            "Choose how long before the time you need to know.",
        ):
            assert text.count(sentence) == 2, sentence
        for value in ("Nowhereville", "O’Quince", "low back pain"):
            assert value in page.text
        assert re.search(r'value="Tue" checked', page.text)
        assert entries(database) == []

    def test_a_minor_needs_a_guardian(self, client: FlaskClient, database: str) -> None:
        child = {"booked_by": "parent", "birth_date_year": "2015"}
        assert "A patient under 18 needs" in text_of(join(client, **child)) or join(client, **child).status_code == 422
        assert join(client, **child, **GUARDIAN).status_code == 303
        assert len(entries(database)) == 1

    def test_anywhere_and_any_time(self, client: FlaskClient, database: str) -> None:
        page = client.get(WAIT)
        client.post("/waitlist", data=hidden(page) | ANSWERS | {"near": "32801", "miles": "any", "notice": "2"})
        assert "Any clinic" in text_of(client.get("/waiting"))
        (entry,) = entries(database)
        assert (entry.latitude, entry.miles, entry.hours, entry.notice_hours) == (None, None, "", 2)

    def test_limits_count(self, client: FlaskClient) -> None:
        for hours in ("2", "24", "48"):
            assert join(client, notice=hours).status_code == 303
        page = join(client, notice="72")
        assert page.status_code == 429
        assert "You already wait for several times." in text_of(page)
        assert "O’Quince" in page.text


class TestManaging:
    @pytest.fixture
    def link(self, app: Flask, database: str) -> str:
        join(app.test_client())
        return f"/waiting/{write_key(app.config['SECRET_KEY'].encode(), 'waiting', entries(database)[0].id, 0)}"

    def test_the_link_shows_and_changes_nothing(self, client: FlaskClient, link: str) -> None:
        for _ in range(3):
            page = client.get(link)
            assert page.status_code == 200
            assert "Physical" not in text_of(page).split("Skip")[0]
            assert "Evaluation" not in page.text
        assert title_of(client.get("/waiting")).startswith("Please open the link again")
        done = client.post(link, data=hidden(client.get(link)))
        assert (done.status_code, done.location) == (303, "/waiting")
        assert title_of(client.get("/waiting")).startswith("What you wait for")

    def test_closed_after_a_quarter_of_an_hour(self, client: FlaskClient, link: str, clock: FakeClock) -> None:
        client.post(link, data=hidden(client.get(link)))
        form = hidden(client.get("/waiting"))
        clock.forward(minutes=15)
        for path in ("/waiting", "/waiting/leave"):
            assert client.post(path, data=form).status_code == 403
        assert title_of(client.get("/waiting")).startswith("Please open the link again")

    def test_changed_and_left(self, client: FlaskClient, link: str, database: str) -> None:
        client.post(link, data=hidden(client.get(link)))
        form = hidden(client.get("/waiting"))
        assert (
            client.post("/waiting", data=form | {"near": "62701", "miles": "50", "notice": "48", "days": "Fri"}).status_code
            == 303
        )
        text = text_of(client.get("/waiting"))
        assert "We noted which times suit you." in text
        assert "Within 50 miles of Springfield, IL 62701" in text
        wrong = client.post("/waiting", data=form | {"near": "Nowhereville", "miles": "50", "notice": "9"})
        assert wrong.status_code == 422
        assert text_of(wrong).count("We could not find that place") == 2
        assert client.post("/waiting/leave", data=form).status_code == 303
        assert title_of(client.get("/waiting")).startswith("You do not wait any more")
        (entry,) = entries(database)
        assert (entry.end_reason, entry.said, entry.miles) == ("left", "", 50)

    @pytest.mark.parametrize(("token", "status"), [("1-" + "x" * 43, 404), ("nothing", 422)])
    def test_a_link_of_nobodys(self, client: FlaskClient, token: str, status: int) -> None:
        for path in (f"/waiting/{token}", f"/offer/{token}"):
            page = client.post(path, data=hidden(client.get(path)))
            assert page.status_code == status
            assert title_of(page).startswith("This link does not open anything")


class TestOffers:
    def test_taken_it_is_booked(self, client: FlaskClient, app: Flask, database: str) -> None:
        join(client, days=[], parts=[], miles="any")
        link = offered(app, database)
        page = client.get(link)
        assert "Lake Clinic" not in page.text
        assert client.get("/offer").status_code == 200
        client.post(link, data=hidden(page))
        page = client.get("/offer")
        assert title_of(page).startswith("A time has opened for you")
        done = client.post("/offer/take", data=hidden(page))
        assert done.status_code == 303
        assert done.location.startswith("/booked/")
        assert title_of(client.get(done.location)).startswith("Your visit is booked")
        again = client.post("/offer/take", data=hidden(page))
        assert again.location == done.location
        assert client.get("/offer").location == done.location
        assert title_of(client.get("/waiting")).startswith("You have a time now")

    def test_who_comes_second_is_told_at_once(self, client: FlaskClient, app: Flask, database: str) -> None:
        first, second = app.test_client(), client
        join(first, days=[], parts=[], miles="any")
        join(second, given_name="Ann", days=[], parts=[], miles="any", phone="407 555 0177")
        link = offered(app, database)
        number = int(link.removeprefix("/offer/").partition("-")[0], 16)
        links = [f"/offer/{write_key(app.config['SECRET_KEY'].encode(), 'offer', n, 0)}" for n in (number - 1, number)]
        for browser, theirs in zip((first, second), links, strict=True):
            browser.post(theirs, data=hidden(browser.get(theirs)))
        late = second.get("/offer")
        assert first.post("/offer/take", data=hidden(first.get("/offer"))).status_code == 303
        page = second.post("/offer/take", data=hidden(late))
        assert page.status_code == 409
        assert title_of(page).startswith("Somebody was faster")
        assert "You stay on the list, at the same place." in text_of(page)
        done = second.post("/offer/waiting", data=hidden(page))
        assert title_of(second.get(done.location)).startswith("You are on our list")

    def test_no_thank_you(self, client: FlaskClient, app: Flask, database: str) -> None:
        join(client, days=[], parts=[], miles="any")
        link = offered(app, database)
        client.post(link, data=hidden(client.get(link)))
        assert client.post("/offer/decline", data=hidden(client.get("/offer"))).location == "/offer"
        assert title_of(client.get("/offer")).startswith("You said no to this time")

    def test_an_earlier_time_moves_the_visit(self, client: FlaskClient, app: Flask, database: str) -> None:
        later = book_at(client, app, database, 9)
        client.post("/visit/earlier", data=hidden(client.get(later.location)) | {"wanted": "yes"})
        link = offered(app, database)
        client.post(link, data=hidden(client.get(link)))
        page = client.get("/offer")
        assert "Your time now" in text_of(page)
        done = client.post("/offer/take", data=hidden(page))
        assert done.location == "/visit"
        page = client.get("/visit")
        assert title_of(page).startswith("Your visit has moved")
        with opened(database) as session:
            states = session.execute(select(Appointment.reference, Appointment.state))
            assert [reference for reference, state in states if state == "booked"] == [later.location[-11:]]

    def test_closed_here_nothing_happens(self, client: FlaskClient, app: Flask, database: str, clock: FakeClock) -> None:
        join(client, days=[], parts=[], miles="any")
        link = offered(app, database)
        client.post(link, data=hidden(client.get(link)))
        form = hidden(client.get("/offer"))
        clock.now += timedelta(minutes=16)
        for path in ("/offer/take", "/offer/decline", "/offer/waiting"):
            assert client.post(path, data=form).status_code == 403


class TestEarlier:
    def test_which_times_suit_is_said_for_the_visit(self, client: FlaskClient, app: Flask, database: str) -> None:
        done = book_at(client, app, database, 9)
        page = client.get(done.location)
        client.post("/visit/earlier", data=hidden(page) | {"wanted": "yes"})
        page = client.get(done.location)
        assert "Say which times suit" in text_of(page)
        assert client.post("/visit/earlier", data=hidden(page) | {"wanted": "times"}).location == "/waiting"
        page = client.get("/waiting")
        text = text_of(page)
        assert "You have a visit, and only wait for something earlier." in text
        assert "Only Lake Clinic" in text
        assert "Only Dana Brook, PT" in text
        sent = hidden(page) | {"miles": "25", "specialist": "same", "notice": "2", "parts": ["evening"]}
        assert client.post("/waiting", data=sent).status_code == 303
        (entry,) = entries(database)
        assert (entry.location_id, entry.miles, entry.notice_hours, entry.near) == (None, 25, 2, "Lake Clinic")
        assert entry.specialist_id is not None
        assert "Within 25 miles of Lake Clinic" in text_of(client.get("/waiting"))


def said_on(page: TestResponse) -> list[str]:
    """The sentences of the main part, without facts and addresses."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    main = re.sub(r'<dl.*?</dl>|<section class="(?:panel|done|held)".*?</section>', "", main, flags=re.DOTALL)
    blocks = re.findall(r"<(p|li|h1|h2|legend)\b[^>]*>(.*?)</\1>", main, flags=re.DOTALL)
    return sentences("".join(f"<p>{words}</p>" for _tag, words in blocks))


def test_every_page_reads_at_sixth_grade(app: Flask, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    client, other = app.test_client(), app.test_client()
    pages = {"closed": client.get("/offer"), "join": client.get(WAIT)}
    join(client, days=[], parts=[], miles="any")
    pages["joined"] = client.get("/waiting")
    link = offered(app, database)
    pages["link"] = client.get(link)
    pages["waiting link"] = client.get(link.replace("/offer/", "/waiting/"))
    pages["lost"] = client.post(link.replace("/offer/", "/waiting/"), data=hidden(pages["waiting link"]))
    client.post(link, data=hidden(pages["link"]))
    pages["offer"] = client.get("/offer")
    client.post("/offer/decline", data=hidden(pages["offer"]))
    pages["declined"] = client.get("/offer")
    later = book_at(other, app, database, 9)
    other.post("/visit/earlier", data=hidden(other.get(later.location)) | {"wanted": "yes"})
    other.post("/visit/earlier", data=hidden(other.get(later.location)) | {"wanted": "times"})
    pages["waiting"] = other.get("/waiting")
    form = hidden(pages["waiting"])
    other.post("/waiting/leave", data=form)
    pages["left"] = other.get("/waiting")
    reached = {name: grade(said_on(page)) for name, page in pages.items()}
    with capsys.disabled():
        print("\ngrades: " + ", ".join(f"{name} {found:.1f}" for name, found in sorted(reached.items())))
    assert max(reached.values()) <= LIMIT
