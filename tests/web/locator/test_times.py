"""All times of a clinic or of a specialist: days as headings, times as buttons, and every odd question answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.factory import create_app
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import Location, Specialist, VisitType
from tests import build
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.databases import Databases, settings_for
from tests.pages import ReadingClient
from tests.web.visiting import fill, hidden, openings, text_of, title_of

LAKE = "/locations/lake/times"


@pytest.fixture
def lake(database: str) -> Iterator[Session]:
    """A session over the pages' world."""
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def slug_of(session: Session, name: str) -> str:
    return session.scalars(select(Specialist.slug).where(Specialist.name == name)).one()


def days(page: TestResponse) -> list[str]:
    """The headings of the days, as they are read."""
    found = re.findall(r'<h2 id="day-[0-9-]+">(.*?)</h2>', page.get_data(as_text=True), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", heading).split()) for heading in found]


def test_five_days_with_their_times_and_the_zone(client: FlaskClient) -> None:
    page = client.get(f"{LAKE}?visit_type=therapy-first")
    assert title_of(page).startswith("Times at Lake Clinic")
    assert days(page) == [
        "Today: Monday, November 16 15 times (EST)",
        "Tomorrow: Tuesday, November 17 15 times (EST)",
        "Wednesday, November 18 15 times (EST)",
        "Thursday, November 19 15 times (EST)",
        "Friday, November 20 15 times (EST)",
    ]
    text = text_of(page)
    assert "Evaluation, 60 minutes. Times are Eastern Time (EST)." in text
    assert "First available With Dana Brook, PT Book today, 9:00 AM EST" in text
    monday = text[text.index("Today: Monday") : text.index("Tomorrow: Tuesday")]
    order = [monday.index(words) for words in ("Morning", "9:00 AM", "11:30 AM", "Afternoon", "noon", "4:00 PM")]
    assert order == sorted(order)
    assert len(openings(page)) == 1 + 5 * 15
    assert "Nothing is free before this" in text
    assert "9:00 AM CST" in text_of(client.get("/locations/river/times"))


def test_a_time_is_held_when_it_is_pressed(client: FlaskClient) -> None:
    page = client.get(f"{LAKE}?visit_type=therapy-first")
    held = client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[20]})
    assert held.status_code == 303
    assert "Tuesday, November 17, 2026, 11:00 AM EST" in text_of(client.get(held.location))


def test_earlier_and_later_days(client: FlaskClient) -> None:
    page = client.get(f"{LAKE}?visit_type=therapy-first&part=morning")
    later = re.search(r'<a href="([^"]+)" rel="next">', page.get_data(as_text=True))
    assert later
    assert later[1] == f"{LAKE}?visit_type=therapy-first&amp;part=morning&amp;from=2026-11-21#days"
    page = client.get(later[1].replace("&amp;", "&"))
    assert days(page)[0] == "Saturday, November 21 No times"
    assert "Saturday, November 21 No times Closed. Sunday" in text_of(page)
    assert "from=2026-11-16#days" in page.get_data(as_text=True)
    last = client.get(f"{LAKE}?from=2027-02-14")
    assert days(last)[0] == "Sunday, February 14, 2027 No times"
    assert "Later days cannot be booked yet" in text_of(last)


def test_a_holiday_says_why_there_is_nothing(client: FlaskClient) -> None:
    page = client.get(f"{LAKE}?from=11/25/2026")
    assert days(page)[1] == "Thursday, November 26 No times"
    assert "Closed: Thanksgiving." in text_of(page)


def test_a_closure_says_why_there_is_nothing(client: FlaskClient, lake: Session) -> None:
    site = lake.scalars(select(Location).where(Location.slug == "lake")).one()
    lake.expunge(site)
    build.closure(lake, site, datetime(2026, 11, 17, 5, tzinfo=UTC), datetime(2026, 11, 18, 17, tzinfo=UTC))
    page = client.get(f"{LAKE}?visit_type=therapy-first")
    assert days(page)[1:3] == ["Tomorrow: Tuesday, November 17 No times", "Wednesday, November 18 9 times (EST)"]
    assert "Tuesday, November 17 No times Closed. Wednesday" in text_of(page)


def test_the_zone_changes_with_the_clocks(client: FlaskClient, clock: FakeClock) -> None:
    clock.now = datetime(2027, 3, 12, 14, 0, tzinfo=UTC)  # Friday; clocks change on Sunday
    assert days(client.get(LAKE))[0].endswith("(EST)")
    assert days(client.get(LAKE))[3].endswith("(EDT)")


def test_the_choices_narrow_the_times_and_stay_chosen(client: FlaskClient, lake: Session) -> None:
    visit = lake.scalars(select(VisitType).where(VisitType.slug == "therapy-first")).one()
    place = lake.scalars(select(Location).where(Location.slug == "lake")).one()
    lake.expunge_all()
    _place, other, _visit = build.practice(lake, visit=visit, at=place, weekly="Mon 08:00-10:00")
    everybody = client.get(f"{LAKE}?visit_type=therapy-first")
    assert "9:00 AM Dana Brook, PT" in text_of(everybody)
    page = client.get(f"{LAKE}?visit_type=therapy-first&specialist={other.slug}&part=morning")
    html = page.get_data(as_text=True)
    assert f'<option value="{other.slug}"  selected>' in html.replace("selected >", "selected>")
    assert days(page)[0] == "Today: Monday, November 16 1 time (EST)"
    assert f"With {other.name}" in text_of(page)
    nobody = client.get(f"{LAKE}?visit_type=therapy-first&specialist={other.slug}&part=evening")
    assert "We found no free time for this in the next 90 days." in text_of(nobody)
    assert openings(nobody) == []


def test_a_service_or_nothing_leads_to_its_first_visit(client: FlaskClient) -> None:
    assert "Evaluation, 60 minutes." in text_of(client.get(LAKE))
    assert "Consultation, 30 minutes." in text_of(client.get(f"{LAKE}?service=facet-joint-injections"))
    assert "Follow-up, 30 minutes." in text_of(client.get(f"{LAKE}?service=facet-joint-injections&visit_type=therapy-follow-up"))
    html = client.get(LAKE).get_data(as_text=True)
    assert '<optgroup label="Facet joint injections">' in html
    assert "Follow-up, 30 minutes, if we have seen you before" in html
    assert "procedure" not in html


WRONG = {
    "visit_type=procedure": "Our staff arrange “Procedure” with you: call (407) 555-0100. Or book another visit here.",
    "service=nerve-ablation": "Our staff arrange “Ablation” with you: call (407) 555-0100.",
    "visit_type=massage": "We could not find that kind of visit here. Choose one from the list.",
    "service=massage": "We could not find that kind of visit here. Choose one from the list.",
    "specialist=nobody": "We could not find that specialist for this visit here. Choose one from the list.",
    "specialist=%00x": "We could not find that specialist for this visit here.",
    "part=night": "Choose morning, afternoon or evening.",
    "from=tomorrow": "Write the day with numbers, such as 12/31/2026.",
    "from=2026-02-30": "There is no such day in the calendar.",
    "from=2026-11-15": "That day has passed. Choose today or a later day.",
    "from=0001-01-01": "That day has passed. Choose today or a later day.",
    "from=2027-02-15": "Visits can be booked 90 days ahead. Choose an earlier day.",
    "from=9999-12-31": "Visits can be booked 90 days ahead. Choose an earlier day.",
    "from=" + "9" * 9000: "Write the day with numbers",
}


@pytest.mark.parametrize("asked", WRONG)
def test_what_cannot_be_is_a_sentence_and_the_page(client: FlaskClient, asked: str) -> None:
    page = client.get(f"{LAKE}?{asked}")
    assert page.status_code == 200
    text = text_of(page)
    assert title_of(page).startswith("Error: Times at Lake Clinic")
    assert "There is a problem" in text
    assert text.count(WRONG[asked]) == 2  # on top, and beside the field
    assert openings(page)
    field = asked.partition("=")[0].replace("service", "visit_type")
    html = page.get_data(as_text=True)
    assert f'<a href="#{field}">' in html
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', html)


def test_staff_arrange_everything_there_is(client: FlaskClient, lake: Session) -> None:
    for visit in lake.scalars(select(VisitType)):
        visit.online = False
    lake.commit()
    text = text_of(client.get(LAKE))
    assert "Our staff arrange these visits with you. Call (407) 555-0100" in text


def test_times_of_a_specialist_at_two_clinics_in_two_zones(client: FlaskClient, lake: Session) -> None:
    slug = slug_of(lake, "Dana Brook, PT")
    dana = lake.scalars(select(Specialist).where(Specialist.slug == slug)).one()
    river = lake.scalars(select(Location).where(Location.slug == "river")).one()
    visit = lake.scalars(select(VisitType).where(VisitType.slug == "therapy-first")).one()
    lake.expunge_all()
    build.shift(lake, dana, river, "Sat 09:00-11:00")
    build.offer(lake, visit, river, dana)
    page = client.get(f"/specialists/{slug}/times?from=2026-11-20")
    text = text_of(page)
    assert title_of(page).startswith("Times with Dana Brook, PT")
    assert days(page)[:2] == ["Friday, November 20 15 times", "Saturday, November 21 3 times"]
    assert "Friday, November 20 15 times Lake Clinic Eastern Time (EST) 9:00 AM" in text
    assert "Saturday, November 21 3 times River Clinic Central Time (CST) 9:00 AM" in text
    assert "First available With Dana Brook, PT, at Lake Clinic Book today, 9:00 AM EST" in text
    holiday = text_of(client.get(f"/specialists/{slug}/times?from=2026-11-26"))
    assert "Thursday, November 26 No times No free time." in holiday  # one of the two clinics is open
    only = client.get(f"/specialists/{slug}/times?location=river")
    assert days(only)[0] == "Saturday, November 21 3 times (CST)"
    assert "60 minutes, at River Clinic. Times are Central Time (CST)." in text_of(only)
    wrong = client.get(f"/specialists/{slug}/times?location=capital")
    assert text_of(wrong).count("We could not find that clinic for this visit. Choose one from the list.") == 2
    assert "Lake Clinic" in text_of(wrong)
    not_there = client.get(f"/specialists/{slug}/times?location=river&visit_type=therapy-follow-up")
    assert text_of(not_there).count("We could not find that clinic for this visit.") == 2


def test_times_of_a_specialist_at_one_clinic_say_why_a_day_is_empty(client: FlaskClient, lake: Session) -> None:
    page = client.get(f"/specialists/{slug_of(lake, 'Dana Brook, PT')}/times?from=2026-11-26")
    assert "Closed: Thanksgiving." in text_of(page)
    assert "60 minutes, at Lake Clinic. Times are Eastern Time (EST)." in text_of(page)
    assert 'name="location"' not in page.get_data(as_text=True)


def test_queries_do_not_grow_with_specialists(client: FlaskClient, lake: Session) -> None:
    visit = lake.scalars(select(VisitType).where(VisitType.slug == "therapy-first")).one()
    place = lake.scalars(select(Location).where(Location.slug == "lake")).one()
    lake.expunge_all()
    slug = slug_of(lake, "Dana Brook, PT")
    with client.application.app_context():
        engine = client.application.extensions["sqlalchemy"].engine
    asked = []
    for more in (3, 27):
        for _ in range(more):
            build.practice(lake, visit=visit, at=place)
        asked.append([])
        for address in (LAKE, "/locations/lake", f"/specialists/{slug}", f"/specialists/{slug}/times", "/locations"):
            client.get(address)  # what is kept between requests is read
            with counted_queries(engine) as statements:
                client.get(address)
            asked[-1].append(len(statements))
    assert asked[0] == asked[1]
    assert max(asked[0]) <= 20


ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "2026-11-20", "11/20/2026", "0000-00-00", "9999-99-99", "lake", "river", "therapy-first", "evening", "\x00"]
    ),
    st.from_regex(r"[0-9]{1,5}[-/.][0-9]{1,3}[-/.][0-9]{1,5}", fullmatch=True),
)


@pytest.fixture(scope="module")
def everlasting(all_databases: dict[str, Databases]) -> Iterator[FlaskClient]:
    """A client over PostgreSQL, which is the stricter about what may stand in text."""
    with all_databases["postgresql"].like("pages", fill) as url:
        app = create_app(settings_for(url), clock=FakeClock())
        app.testing = False  # a traceback becomes a 500, as it would be seen
        app.test_client_class = ReadingClient
        yield app.test_client()
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/locations/lake", LAKE, "/locations", "/sitemap.xml", "dana", "dana/times"]),
    st.dictionaries(
        st.sampled_from(["visit_type", "service", "specialist", "location", "part", "from", "state", "near", "sort"]), ODD
    ),
)
def test_no_question_is_a_failure(everlasting: FlaskClient, address: str, asked: dict[str, str]) -> None:
    page = everlasting.get(address.replace("dana", "/specialists/specialist-1"), query_string=asked)
    assert page.status_code in (200, 404), (address, asked)
