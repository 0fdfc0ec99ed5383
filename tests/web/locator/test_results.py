"""The results page: what narrows it, what it says when that leaves nothing, and what each card tells of a clinic."""

from __future__ import annotations

import gzip
import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.store.tables.directory import Location, Specialist, VisitType
from tests import build
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.web.visiting import hidden, openings, text_of, title_of

EVENINGS = "Mon 17:00-20:00; Tue 17:00-20:00; Wed 17:00-20:00; Thu 17:00-20:00; Fri 17:00-20:00"


@pytest.fixture
def therapy(session: Session) -> VisitType:
    return session.scalars(select(VisitType).where(VisitType.slug == "therapy-first")).one()


@pytest.fixture
def mills(session: Session, therapy: VisitType) -> Location:
    """A clinic two miles from Lake Clinic, where one speaks Portuguese in the evening."""
    place = build.location(session, slug="mills", name="Mills Clinic", postal_code="32803", latitude=28.5559, longitude=-81.3535)
    ines = build.specialist(session, slug="ines", name="Ines Prado, PT", languages="English, Portuguese")
    build.shift(session, ines, place, EVENINGS)
    build.offer(session, therapy, place, ines)
    return place


@pytest.fixture
def dana(session: Session) -> Specialist:
    return session.scalars(select(Specialist).where(Specialist.name == "Dana Brook, PT")).one()


def find(client: FlaskClient, near: str = "32801", **asked: str) -> TestResponse:
    return client.get("/find", query_string={"near": near, "service": "physical-therapy", **asked})


def cards(page: TestResponse) -> list[str]:
    """What each card says, in order."""
    found = re.findall(r'<li class="card" id="clinic-\d+">(.*?)</ul>\s*</div>\s*</li>', page.text, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", card)).split()) for card in found]


def links(page: TestResponse) -> dict[str, str]:
    """Where each link of the page leads, by its words."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page.text, re.DOTALL)
    return {" ".join(html.unescape(re.sub(r"<[^>]+>", " ", words)).split()): html.unescape(href) for href, words in found}


def choices(page: TestResponse, name: str) -> tuple[dict[str, str], str]:
    """The values of a select with their words, and the one that is chosen: the first, if none is marked."""
    found = re.search(rf'<select id="{name}".*?</select>', page.text, re.DOTALL)
    assert found
    options = re.findall(r'<option value="([^"]*)"\s*(selected)?\s*>([^<]*)<', found[0])
    return {value: words for value, _, words in options}, next((v for v, marked, _ in options if marked), options[0][0])


def clocks(page: TestResponse) -> set[str]:
    return set(re.findall(r'class="time-clock">([^<]*)<', page.text))


def test_evenings_alone(client: FlaskClient, mills: Location) -> None:
    text = text_of(page := find(client, part="evening"))
    assert "2 clinics within 25 miles of Orlando, FL 32801 offer this. Here is the one with evening times." in text
    assert "The soonest evening time Mills Clinic, Orlando, 1.6 miles away, with Ines Prado, PT." in text
    assert [card[:14] for card in cards(page)] == ["Number 1 Mills"]
    assert clocks(page) == {"5:00 PM", "5:30 PM", "6:00 PM"}
    mornings = find(client, part="morning")
    assert len(cards(mornings)) == 1
    assert all(clock.endswith("AM") for clock in clocks(mornings))


def test_one_day(client: FlaskClient, mills: Location) -> None:
    for written in ("2026-11-18", "11/18/2026", " 2026-11-18 "):
        page = find(client, day=written)
        assert len(cards(page)) == 2
        assert set(re.findall(r'class="time-day">([^<]*)<', page.text)) == {"Wed Nov 18"}
        assert 'type="date" value="2026-11-18" min="2026-11-16" max="2027-02-14"' in page.text
        assert "Remove the filter: Wednesday, November 18" in links(page)


def test_one_specialist_or_one_language(client: FlaskClient, mills: Location, dana: Specialist) -> None:
    everybody = {"": "Anyone", dana.slug: "Dana Brook, PT", "ines": "Ines Prado, PT"}
    languages = {name: name or "Any language" for name in ("", "English", "Portuguese", "Spanish")}
    for asked in ({}, {"specialist": "ines"}, {"language": "Portuguese"}):
        page = find(client, **asked)
        assert choices(page, "specialist") == (everybody, asked.get("specialist", ""))  # the others can be chosen still
        assert choices(page, "language") == (languages, asked.get("language", ""))
        assert [card[9:14] for card in cards(page)] == (["Mills"] if asked else ["Lake ", "Mills"])
    assert len(cards(find(client, language="English"))) == 2


def test_choices_are_taken_back_one_by_one_and_go_along_with_everything_else(client: FlaskClient, mills: Location) -> None:
    page = find(client, day="2026-11-18", part="evening", specialist="ines", language="Portuguese", sort="soonest")
    ways = links(page)
    asked = {
        "day=2026-11-18",
        "part=evening",
        "specialist=ines",
        "language=Portuguese",
        "sort=soonest",
        "near=32801",
        "service=physical-therapy",
    }
    for words, argument in (
        ("Wednesday, November 18", "day=2026-11-18"), ("Evening", "part=evening"), ("Ines Prado, PT", "specialist=ines"),
        ("Portuguese", "language=Portuguese"),
    ):  # fmt: skip
        assert set(ways[f"Remove the filter: {words}"].removeprefix("/find?").split("&")) == asked - {argument}
    assert set(ways["Nearest first"].removeprefix("/find?").split("&")) == asked - {"sort=soonest"}
    kept = hidden(page)
    assert {kept[name] for name in ("day", "part", "specialist", "language", "sort")} == {
        "2026-11-18", "evening", "ines", "Portuguese", "soonest"
    }  # fmt: skip
    sent = client.post("/find", data=kept | {"near": "Orlando, FL", "service": "physical-therapy"})
    assert set(sent.location.removeprefix("/find?").split("&")) == asked - {"near=32801"} | {"near=Orlando,+FL"}
    with client.session_transaction() as cookie:
        assert cookie["sought"]["part"] == "evening"  # what "back to the results" leads to


def test_a_kind_of_visit_goes_along_until_the_service_is_another(client: FlaskClient) -> None:
    page = find(client, visit_type="therapy-follow-up")
    assert "Each visit is 30 minutes: Follow-up." in text_of(page)
    visits = {"therapy-first": "Evaluation, 60 minutes", "therapy-follow-up": "Follow-up, 30 minutes"}
    assert choices(page, "visit_type") == (visits, "therapy-follow-up")
    kept = hidden(page) | {"near": "32801"}
    assert "visit_type=therapy-follow-up" in client.post("/find", data=kept | {"service": "physical-therapy"}).location
    assert "visit_type" not in client.post("/find", data=kept | {"service": "facet-joint-injections"}).location


def test_choices_stay_when_a_place_has_to_be_chosen(client: FlaskClient) -> None:
    page = find(client, "Springfield", part="evening", sort="soonest")
    assert title_of(page).startswith("Which one do you mean?")
    assert "part=evening" in links(page)["Springfield, Illinois"]
    assert hidden(page) == {"part": "evening", "sort": "soonest"}


def test_a_day_without_times_near_tells_of_the_next(client: FlaskClient) -> None:
    """Thanksgiving at Lake Clinic; the others are two hundred miles away."""
    page = find(client, day="2026-11-26")
    text = text_of(page)
    assert "No clinic within 100 miles has times on Thursday, November 26. These are the nearest, wherever they are." in text
    assert "Nearer, on another day The next time is at Lake Clinic, Orlando, less than 0.1 miles away" in text
    assert "Book Fri Nov 27, 9:00 AM EST" in text
    assert links(page)["Clear the filters"] == "/find?near=32801&service=physical-therapy"
    assert [card[:16] for card in cards(page)] == ["Number 1 Capital", "Number 2 River C"]


def test_a_day_without_times_anywhere_tells_of_the_next(client: FlaskClient) -> None:
    page = find(client, day="2026-11-21", part="morning")
    text = text_of(page)
    assert "No morning times on Saturday, November 21 The next morning time is at Lake Clinic, Orlando" in text
    assert "Book Mon Nov 23, 9:00 AM EST" in text
    assert "We looked at the 3 nearest clinics that offer this." in text
    assert cards(page) == []
    assert len(openings(page)) == 1
    assert "Remove the filter: Morning" in links(page)
    assert 'id="map"' not in page.text


def test_what_nobody_offers_is_freed(client: FlaskClient) -> None:
    text = text_of(page := find(client, part="evening", day="2026-11-20"))
    assert "No evening times on Friday, November 20 Without your filters, the next time is at Lake Clinic" in text
    assert "Book today, 9:00 AM EST" in text
    assert "Clear the filters" in links(page)


def test_widening_speaks_of_what_was_chosen(client: FlaskClient, session: Session, therapy: VisitType) -> None:
    ocala = build.location(session, slug="ocala", name="Ocala Clinic", city="Ocala", latitude=29.1872, longitude=-82.1401)
    eve = build.specialist(session, name="Eve Late, PT")
    build.shift(session, eve, ocala, EVENINGS)
    build.offer(session, therapy, ocala, eve)
    text = text_of(find(client, part="evening"))
    assert "There were no evening times within 25 miles, so we looked as far as 100 miles." in text
    assert "2 clinics within 100 miles of Orlando, FL 32801 offer this. Here is the one with evening times." in text
    assert "Nearer, without your filters Without your filters, the next time is at Lake Clinic" in text


def test_nothing_at_all_is_a_sentence_and_the_phone(client: FlaskClient, clock: FakeClock) -> None:
    clock.now = datetime(2035, 1, 1, tzinfo=UTC)  # after every shift
    page = find(client, part="morning")
    assert "No morning times We found no free time for this in the next 90 days." in text_of(page)
    assert "Clear the filters" in links(page)
    assert openings(page) == []


WRONG = {
    "day": {
        "2026-02-30": "There is no such day in the calendar.",
        "2026-13-01": "There is no such day in the calendar.",
        "tomorrow": "Write the day with numbers, such as 12/31/2026.",
        "２０２６-11-18": "Write the day with numbers",
        "x" * 9000: "Write the day with numbers",
        "2026-11-15": "That day has passed. Choose today or a later day.",
        "0001-01-01": "That day has passed.",
        "2027-02-15": "Visits can be booked 90 days ahead. Choose an earlier day.",
        "9999-12-31": "Visits can be booked 90 days ahead.",
    },
    "part": {"dawn": "Choose morning, afternoon or evening.", "Mon 09:00-17:00": "Choose morning, afternoon or evening."},
    "specialist": {
        "x\x00y": "We could not find that specialist",
        "nobody": "We could not find that specialist for this visit. Choose one from the list.",
        "' or 1=1 --": "We could not find that specialist",
    },
    "language": {
        "Klingon": "None of our specialists for this visit speaks that. Choose a language from the list.",
        "<b>": "None of our specialists",
    },
}  # fmt: skip


@pytest.mark.parametrize("field", WRONG)
def test_what_cannot_be_chosen_is_said_beside_its_field_and_left_out(client: FlaskClient, mills: Location, field: str) -> None:
    others = {"day": "2026-11-18", "part": "evening", "language": "Portuguese"}
    others.pop(field, None)
    right = find(client, **others)
    for typed, sentence in WRONG[field].items():
        page = find(client, **others, **{field: typed})
        assert page.status_code == 200
        assert title_of(page).startswith("Error: Physical therapy near"), typed
        assert f'<a href="#{field}">{sentence}' in page.text, typed
        assert f'<p class="wrong" id="{field}-wrong">{sentence}' in page.text
        assert re.search(rf'<(input|select) id="{field}"[^>]* aria-invalid="true" aria-describedby="{field}-wrong"', page.text)
        assert '<details class="disclose narrow-down" open>' in page.text
        assert cards(page) == cards(right)
        for name, value in others.items():
            assert f"{name}={value}" in links(page)["Soonest first"]
        assert field not in links(page)["Soonest first"]


def test_several_wrong_things_at_once_and_odd_orders(client: FlaskClient) -> None:
    page = find(client, day="x", part="x", specialist="x", language="x", sort="cheapest")
    assert page.text.count('aria-invalid="true"') == 4
    assert len(cards(page)) == 1
    assert 'aria-current="true">Nearest first' in page.text
    assert client.get("/find?near=32801&service=physical-therapy&day=&part=&specialist=&language=&sort=").status_code == 200
    twice = client.get("/find?near=32801&near=11201&service=physical-therapy&day=2026-11-18&day=x")
    assert "near Orlando" in title_of(twice)


def test_a_specialist_who_gives_another_visit_is_not_for_this_one(client: FlaskClient, session: Session) -> None:
    build.specialist(session, slug="someone-else")
    assert "We could not find that specialist for this visit." in text_of(find(client, specialist="someone-else"))


def test_worth_the_drive(client: FlaskClient, session: Session, therapy: VisitType, dana: Specialist, clock: FakeClock) -> None:
    build.time_off(session, dana, clock.now - timedelta(days=1), clock.now + timedelta(days=6, hours=23))
    away = build.location(session, slug="lakeland", name="Lakeland Clinic", city="Lakeland", latitude=28.1395, longitude=-81.8)
    fay = build.specialist(session, name="Fay Near, PT")
    build.shift(session, fay, away)
    build.offer(session, therapy, away, fay)
    page = find(client)
    text = text_of(page)
    assert "Worth the drive? A little further: Lakeland Clinic, Lakeland, 38 miles away, has a time 7 days sooner" in text
    assert "Book today, 9:00 AM EST" in text
    assert "The soonest time Lake Clinic" in text
    assert [card[:15] for card in cards(page)] == ["Number 1 Lake C"]
    build.time_off(session, fay, clock.now - timedelta(days=1), clock.now + timedelta(days=5, hours=12))
    assert "Worth the drive" not in text_of(find(client))  # a day is not


def test_open_now_and_when_again_on_the_clinics_own_clock(client: FlaskClient, session: Session, clock: FakeClock) -> None:
    def state(near: str = "32801") -> str:
        return cards(find(client, near))[0]

    assert "Lake Clinic Open now, until 5:00 PM EST" in state()
    clock.now = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)  # ten in the evening in Orlando
    assert "Lake Clinic Closed, opens tomorrow 9:00 AM EST" in state()
    clock.now = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
    assert "Lake Clinic Closed, opens today 9:00 AM EST" in state()
    clock.now = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert "Lake Clinic Closed (Thanksgiving), opens tomorrow 9:00 AM EST" in state()
    assert "Capital Clinic 21 miles" in state("32351")  # it has no hours of its own, so nothing is said


def test_a_card_says_how_far_from_where_and_how_to_get_there(client: FlaskClient, mills: Location) -> None:
    page = find(client)
    first, second = cards(page)
    assert "less than 0.1 miles from 32801" in first
    assert "1.6 miles from 32801" in second
    assert all(
        words in second for words in ("Orlando, FL 32803", "(407) 555-0100", "Directions to Mills Clinic (opens OpenStreetMap)")
    )
    assert links(page)["Directions to Mills Clinic (opens OpenStreetMap)"] == (
        "https://www.openstreetmap.org/directions?to=28.5559%2C-81.3535"
    )
    assert "1.6 miles from Orlando, FL" in cards(find(client, "Orlando, FL"))[1]
    assert "miles from the location you gave" in cards(find(client, "28.54,-81.38"))[1]


def test_more_times_of_a_clinic_keep_to_what_was_chosen(client: FlaskClient, mills: Location) -> None:
    assert links(find(client))["More times at Lake Clinic"] == "/locations/lake/times?service=physical-therapy"
    narrowed = find(client, day="2026-11-18", part="evening", specialist="ines", language="Portuguese")
    way = links(narrowed)["More times at Mills Clinic"]
    assert set(way.partition("?")[2].split("&")) == {
        "service=physical-therapy",
        "from=2026-11-18",
        "part=evening",
        "specialist=ines",
    }
    page = client.get(way)
    assert page.status_code == 200
    assert not title_of(page).startswith("Error")
    assert "5:00 PM" in text_of(page)


def test_a_specialist_who_is_not_near_has_a_page_with_every_time(client: FlaskClient, session: Session, mills: Location) -> None:
    mae = session.scalars(select(Specialist).where(Specialist.name == "Mae Okafor, PT")).one()
    page = find(client, specialist=mae.slug)
    assert "No clinic within 100 miles has times with Mae Okafor, PT." in text_of(page)
    way = links(page)["See every time of Mae Okafor, PT, wherever that is"]
    assert "Mae Okafor" in text_of(client.get(way))
    assert not any("every time" in words for words in links(find(client, specialist="ines")))


def test_pins_of_the_map_lead_to_the_cards(client: FlaskClient, mills: Location) -> None:
    page = find(client)
    pins = re.findall(r'<a class="map-pin" href="#(clinic-\d)" aria-label="([^"]*)"', page.text)
    assert pins == [("clinic-1", "1, Lake Clinic, less than 0.1 miles"), ("clinic-2", "2, Mills Clinic, 1.6 miles")]
    assert all(f'id="{card}"' in page.text for card, _name in pins)
    assert '<a class="to-map" href="#map">' in page.text


def crowd(session: Session, therapy: VisitType, clinics: int) -> None:
    for number in range(clinics):
        place = build.location(
            session, name=f"Clinic {number}", latitude=28.5 + number / 100, longitude=-81.5, hours=build.WEEKDAYS
        )
        for _ in range(3):
            person = build.specialist(session, languages="English, Tagalog")
            build.shift(session, person, place)
            build.offer(session, therapy, place, person)


@pytest.mark.parametrize("asked", [{}, {"part": "evening"}, {"language": "Tagalog", "sort": "soonest"}, {"day": "2026-11-21"}])
def test_queries_do_not_grow_with_the_clinics(
    client: FlaskClient, app: Flask, session: Session, therapy: VisitType, asked: dict[str, Any]
) -> None:
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    counts = []
    for clinics in (22, 5):
        crowd(session, therapy, clinics)
        find(client, **asked)  # what a process keeps, it has now
        with counted_queries(engine) as statements:
            page = find(client, **asked)
        counts.append(len(statements))
    assert counts[1] <= counts[0], statements
    assert len(cards(page)) == (10 if not asked or "language" in asked else 0 if "day" in asked else len(cards(page)))


def test_ten_clinics_of_more_and_the_page_stays_light(client: FlaskClient, session: Session, therapy: VisitType) -> None:
    crowd(session, therapy, 14)
    page = find(client)
    assert "15 clinics within 25 miles of Orlando, FL 32801 offer this. Here are the 10 nearest with times." in text_of(page)
    assert "Here are the 10 soonest with times." in text_of(find(client, sort="soonest"))
    assert len(gzip.compress(page.data, 6)) < 12_000


def suggest(client: FlaskClient, typed: object) -> TestResponse:
    return client.post("/find/suggestions", json={"typed": typed})


def test_suggestions(client: FlaskClient) -> None:
    assert suggest(client, "orl").json == {"places": ["Orlando, FL"]}
    assert suggest(client, "328").json == {"places": ["Orlando, FL 32801"]}
    assert suggest(client, "Springf").json == {"places": ["Springfield, IL", "Springfield, MA"]}
    answer = suggest(client, "spr")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize(
    "typed", ["", "o", " ", "x" * 201, "x" * 100_000, None, 5, ["orl"], {"a": 1}, True, "\x00", "🙂🙂", "%%%"]
)
def test_nothing_is_suggested_for_what_is_no_place(client: FlaskClient, typed: object) -> None:
    answer = suggest(client, typed)
    assert (answer.status_code, answer.json) == (200, {"places": []})


@pytest.mark.parametrize("body", [b"", b"[]", b'"orl"', b"{", b"\xff", b"typed=orl"])
def test_nothing_is_suggested_for_what_is_no_question(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/find/suggestions", data=body, content_type="application/json")
    assert (answer.status_code, answer.json) == (200, {"places": []})
    assert client.get("/find/suggestions").status_code == 405


def test_what_is_typed_is_logged_nowhere(client: FlaskClient, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    suggest(client, "Orlando, at my mother's")
    assert "mother" not in caplog.text
