"""The day on the web: pages, presses, refusals, and what each role sees of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.connect import begin_write
from clinic.store.patients.encrypted_answers import save_answers
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from tests import build
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.queues import Queue
from tests.web.account.test_reading import grade_of
from tests.web.care.test_reading import LIMIT
from tests.web.staff import hire, signed_in
from tests.web.visiting import hidden, openings, text_of

NINE = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
DATA = re.compile(
    r"(?:\w+day, )?November \d+(?:, \d{4})?|\d+:\d\d [AP]M(?: EST)?|(?<=Reference <span class=\"nowrap\">)\w+"
    r"|(?<=No\. )\d+|(?<=Visit )\d+|(?<=Service )\d+"  # tests/build.py counts on, and larger numbers are longer words
)


@dataclass
class Day:
    """Ana gives visits of half an hour every day from nine to five; it is nine. `client` is her browser."""

    app: Flask
    url: str
    session: Session
    clock: FakeClock
    queue: Queue
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, name: str, *grants: Grant, **given: Any) -> FlaskClient:
        if name not in self.clients:
            hire(self.app, self.url, name, *grants, **given)
            self.clients[name] = signed_in(self.app, self.url, name)
        return self.clients[name]

    @property
    def ana(self) -> FlaskClient:
        return self.browser("Ana", Grant(Role.SPECIALIST), specialist_id=self.queue.ana.id)

    @property
    def manager(self) -> FlaskClient:
        return self.browser("Mina", Grant(Role.MANAGER, self.queue.place.id))

    def book(self, minutes: int, **given: Any) -> int:
        """So many minutes after nine."""
        patient = build.patient(self.session, now=NINE, given_name="Ada", family_name="Okafor", **given).id
        begin_write(self.session)
        wish = SlotRef(self.queue.kind.id, self.queue.place.id, self.queue.ana.id, cell_at(NINE + timedelta(minutes=minutes)))
        made = place.book(self.session, wish, Details(patient), who=build.STAFF, now=NINE - timedelta(days=2))
        self.session.commit()
        return made

    def press(self, client: FlaskClient, visit: int, what: str, **data: str) -> TestResponse:
        token = hidden(client.get("/portal/"))["csrf_token"]
        return client.post(f"/portal/visits/{visit}/{what}", data={"csrf_token": token, **data})

    def state(self, visit: int) -> str:
        self.session.rollback()
        return self.session.scalars(select(Appointment.state).where(Appointment.id == visit)).one()

    def count(self, table: type, *where: Any) -> int:
        self.session.rollback()
        return self.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


@pytest.fixture
def day(app: Flask, database: str, session: Session, clock: FakeClock) -> Day:
    return Day(app, database, session, clock, Queue(session, minutes=30, step_minutes=30, audience="returning"))


def test_the_day_is_worked_off_with_one_press_a_mark(day: Day) -> None:
    visit, later = day.book(0), day.book(30)
    page = day.ana.get("/portal/day")
    said = text_of(page)
    assert "Monday, November 16, 2026 Today. All your visits: 2." in said
    assert "9:00 AM EST, 30 min Ada Okafor" in said
    assert "first visit" in said
    assert "Not here yet" in said
    day.clock.forward(minutes=12)
    for words, now in (("Arrived", "arrived"), ("Started", "started"), ("Done", "fulfilled")):
        page = day.ana.get("/portal/day")
        button = re.search(r'name="state" value="(\w+)">([^<]+)', page.get_data(as_text=True))
        assert button
        assert button[2] == words
        answer = day.press(day.ana, visit, "mark", state=button[1], day="2026-11-16")
        assert (answer.status_code, answer.location) == (303, f"/portal/day?day=2026-11-16#visit-{visit}")
        assert day.state(visit) == now
        if now == "arrived":
            assert "Here since 9:12 AM About 10 minutes late" in text_of(day.ana.get("/portal/day"))
    assert "Done at 9:12 AM" in text_of(day.ana.get("/portal/day"))
    assert day.press(day.ana, visit, "mark", state="fulfilled").location == f"/portal/visits/{visit}"
    hostile = day.press(day.ana, visit, "mark", state="fulfilled", day="2026-11-16", whose="9" * 5000)
    assert hostile.location == f"/portal/day?day=2026-11-16#visit-{visit}"
    assert day.press(day.ana, visit, "undo", state="fulfilled").location == f"/portal/visits/{visit}"
    assert day.state(visit) == "started"
    for state, status in (("no_show", 409), ("cancelled", 422), ("", 422)):
        assert day.press(day.ana, visit, "mark", state=state).status_code == status
    refused = day.press(day.ana, later, "mark", state="no_show")
    assert "This visit has not begun yet. The visit stays as it was." in refused.get_data(as_text=True)
    assert day.state(later) == "booked"


def test_the_pages_ask_the_database_as_often_however_many_visits_there_are(day: Day) -> None:
    def asked(path: str) -> int:
        day.ana.get(path)  # whose names it shows is noted
        with day.app.app_context():
            engine = day.app.extensions["sqlalchemy"].engine
        with counted_queries(engine) as statements:
            assert day.ana.get(path).status_code == 200
        return len([one for one in statements if not one.startswith("PRAGMA")])

    day.book(0)
    paths = ("/portal/day", "/portal/week")
    few = [asked(path) for path in paths]
    for number in range(1, 12):
        day.book(30 * number)
    assert [asked(path) for path in paths] == few


def test_what_each_role_sees_of_a_specialists_day(day: Day) -> None:
    visit, number = day.book(0), day.queue.ana.id
    elsewhere = Grant(Role.MANAGER, build.location(day.session).id)
    desk = day.browser("Dora", Grant(Role.FRONT_DESK, day.queue.place.id))
    agent, administrator = day.browser("Cora", Grant(Role.AGENT)), day.browser("Ada", Grant(Role.ADMINISTRATOR))
    for path in (f"/portal/specialists/{number}/day", f"/portal/specialists/{number}/week"):
        for client in (day.ana, day.manager, desk):
            assert "Okafor" in text_of(client.get(path))
        taken, counted = text_of(agent.get(path)), text_of(administrator.get(path))
        assert "9:00 AM to 9:30 AM EST, taken" in taken
        assert "1 visit: 1 booked" in counted
        assert "Okafor" not in taken + counted
        assert day.browser("Nina", elsewhere).get(path).status_code == 404
    assert "Okafor" not in text_of(day.manager.get("/portal/day")), "a list of specialists"
    assert f'href="/portal/specialists/{number}/day"' in day.manager.get("/portal/day?name=dr").get_data(as_text=True)
    assert "Nobody of that name" in text_of(agent.get("/portal/day?name=no%00body"))
    assert day.press(day.manager, visit, "mark", state="arrived", day="2026-11-16", whose=str(number)).location == (
        f"/portal/specialists/{number}/day?day=2026-11-16#visit-{visit}"
    )
    assert "no calendar yet" in text_of(day.browser("Lena", Grant(Role.SPECIALIST)).get("/portal/day"))
    assert day.ana.get("/portal/day?day=9999-99-99").status_code == 200
    assert "No visits on this day" in text_of(day.ana.get("/portal/day?day=2026-12-01"))


def test_a_visit_names_how_to_reach_the_patient_only_when_it_may(day: Day) -> None:
    visit = day.book(0)
    page = text_of(day.ana.get(f"/portal/visits/{visit}"))
    assert "Phone (407) 555-" in page
    assert "Reason None given" in page
    assert day.count(Audit, Audit.action == "see_visit", Audit.appointment_id == visit) == 1
    begin_write(day.session)
    save_answers(day.session, visit, "questions", 1, "sealed", now=NINE)
    day.session.commit()
    link = f'href="/portal/visits/{visit}/answers">Read the answers'
    assert link in day.ana.get(f"/portal/visits/{visit}").get_data(as_text=True)
    assert "answers are there" in text_of(day.ana.get("/portal/day"))
    assert link not in day.manager.get(f"/portal/visits/{visit}").get_data(as_text=True)
    assert "Reason" not in text_of(day.manager.get(f"/portal/visits/{visit}")), "without the flag"
    day.clock.forward(days=9)
    late = text_of(signed_in(day.app, day.url, "Ana").get(f"/portal/visits/{visit}"))
    assert "555-" not in late.replace("(407) 555-0100", "")
    assert "in the week before and after the visit" in late


def test_a_follow_up_in_three_presses(day: Day) -> None:
    visit = day.book(0, email="ada@example.com")
    page = day.ana.get(f"/portal/visits/{visit}")
    presses = 0
    (first,) = re.findall(r'href="([^"]*/follow-up)"', page.get_data(as_text=True))
    page, presses = day.ana.get(first), presses + 1
    assert "Monday, November 30, 2026" in text_of(page)
    before = openings(page)
    held, presses = day.ana.post(first, data=hidden(page) | {"opening": before[0]}), presses + 1
    assert held.status_code == 303
    page = day.ana.get(held.location)
    assert "9:00 AM EST" in text_of(page)
    assert before[0] not in openings(day.ana.get(first)), "nobody else can take it"
    done, presses = day.ana.post(held.location, data=hidden(page)), presses + 1
    assert (done.status_code, done.location, presses) == (303, f"/portal/visits/{visit}", 3)
    assert day.ana.post(held.location, data=hidden(page)).status_code == 303, "pressed twice"
    seen = text_of(day.ana.get(done.location))
    assert "The follow-up is booked: Monday, November 30, 2026, 9:00 AM EST." in seen
    assert "Coming visits Monday, November 30, 2026, 9:00 AM EST" in seen
    day.session.rollback()
    one, two = day.session.scalars(select(Appointment).order_by(Appointment.id))
    assert (two.state, two.patient_id, two.start_at) == ("booked", one.patient_id, NINE + timedelta(days=14))
    assert day.count(OutboxMessage, OutboxMessage.appointment_id == two.id, OutboxMessage.event == "booked") == 1
    # Its time is not on offer any more, is refused in words, and an old page of a hold leads on.
    refused = day.ana.post(first, data=hidden(day.ana.get(first)) | {"opening": before[0]})
    assert (refused.status_code, "Choose another one below" in text_of(refused)) == (409, True)
    assert day.ana.get(held.location).location == first
    page = day.ana.get(first)
    day.ana.post(first, data=hidden(page) | {"opening": before[2]})
    other = day.ana.post(first, data=hidden(page) | {"opening": before[1]}).location  # back, and another time of that page
    page = day.ana.get(other)
    assert day.ana.post(f"{other}/release", data=hidden(page)).location == first
    assert before[1] in openings(day.ana.get(f"{first}?weeks=2"))
    for query, says in (("weeks=6", "December 28"), ("weeks=-1", "November 30"), ("day=2026-12-03&kind=none", "December 3")):
        assert says in text_of(day.ana.get(f"{first}?{query}"))
    day.session.rollback()
    stranger = build.specialist(day.session)
    theirs = write_opening(
        day.app.config["SECRET_KEY"].encode(),
        SlotRef(day.queue.kind.id, day.queue.place.id, stranger.id, cell_at(NINE + timedelta(days=14, hours=3))),
    )
    assert day.ana.post(first, data=hidden(day.ana.get(first)) | {"opening": theirs}).status_code == 409
    assert day.ana.post(first, data=hidden(day.ana.get(first)) | {"opening": "x"}).status_code == 422


def test_cancelling_and_moving_want_a_reason_and_a_second_look(day: Day) -> None:
    visit = day.book(24 * 60)
    assert "Choose a reason from the list" in text_of(day.press(day.ana, visit, "cancel"))
    times = day.ana.get(f"/portal/visits/{visit}/move")
    opening = openings(times)[3]
    page = day.ana.get(f"/portal/visits/{visit}/move", query_string={"opening": opening})
    assert "Move this visit?" in text_of(page)
    without = day.ana.post(f"/portal/visits/{visit}/move", data=hidden(page))
    assert (without.status_code, "Choose a reason" in text_of(without)) == (422, True)
    moved = day.ana.post(f"/portal/visits/{visit}/move", data=hidden(page) | {"reason": "ill"})
    assert moved.status_code == 303
    day.session.rollback()
    assert day.session.get_one(Appointment, visit).start_at == NINE + timedelta(minutes=120)
    day.session.rollback()
    assert day.press(day.ana, visit, "cancel", reason="asked").status_code == 303
    assert day.state(visit) == "cancelled"
    assert day.press(day.ana, visit, "cancel", reason="asked").status_code == 409
    assert day.ana.get(f"/portal/visits/{visit}/move").status_code == 409
    assert day.count(OutboxMessage, OutboxMessage.event.in_(["moved", "cancelled"])) == 2
    assert "Cancelled" in text_of(day.ana.get(f"/portal/visits/{visit}"))


def test_a_visit_moves_to_a_colleague_with_a_word_to_the_patient(day: Day) -> None:
    visit, bea = day.book(24 * 60), build.specialist(day.session, name="Bea Colleague")
    build.shift(day.session, bea, day.queue.place)
    build.offer(day.session, day.queue.kind, day.queue.place, bea)
    day.session.commit()
    address = f"/portal/visits/{visit}/move"
    assert "Bea Colleague" in text_of(day.manager.get(address))
    for wrong in ("999999", "-1", "x"):
        found = day.manager.get(address, query_string={"with": wrong})
        assert (found.status_code, "No such specialist" in text_of(found)) in [(404, True), (200, False)], wrong
    times = day.manager.get(address, query_string={"with": bea.id})
    asked = day.manager.get(address, query_string={"opening": openings(times)[0]})
    assert "Bea Colleague" in text_of(asked)
    long = day.manager.post(address, data=hidden(asked) | {"reason": "away", "note": "Long. " * 40})
    assert long.status_code == 422
    assert "Shorten this to 200 characters. It has 239." in text_of(long)
    assert "Long. Long." in long.get_data(as_text=True), "what was typed stays"
    moved = day.manager.post(address, data=hidden(asked) | {"reason": "away", "note": "Bea has time for you."})
    assert moved.status_code == 303
    day.session.rollback()
    assert day.session.get_one(Appointment, visit).specialist_id == bea.id
    day.session.rollback()
    assert day.ana.get(f"/portal/visits/{visit}").status_code == 404, "it is not hers any more"
    assert "Bea has time" not in text_of(day.manager.get(f"/portal/visits/{visit}"))


def test_a_specialist_who_gave_a_visit_away_lands_where_they_may_be(day: Day) -> None:
    visit, bea = day.book(24 * 60), build.specialist(day.session, name="Bea Colleague")
    build.shift(day.session, bea, day.queue.place)
    build.offer(day.session, day.queue.kind, day.queue.place, bea)
    day.session.commit()
    address = f"/portal/visits/{visit}/move"
    asked = day.ana.get(address, query_string={"opening": openings(day.ana.get(address, query_string={"with": bea.id}))[0]})
    done = day.ana.post(address, data=hidden(asked) | {"reason": "ill"}, follow_redirects=True)
    assert (done.status_code, "The visit has moved" in text_of(done)) == (200, True)


def test_the_pages_read_at_sixth_grade(day: Day) -> None:
    """Together, and without days, times and references: on one page, names of people and clinics outweigh the words."""
    visit = day.book(60)
    paths = ("day", "week", f"visits/{visit}", f"visits/{visit}/follow-up", f"visits/{visit}/move", "calendar")
    pages = [day.ana.get(f"/portal/{path}").get_data(as_text=True) for path in paths]
    pages.append(day.press(day.ana, visit, "cancel").get_data(as_text=True))
    mains = [page.partition('<main id="main" tabindex="-1">')[2].partition("</main>")[0] for page in pages]
    words = DATA.sub("then", "".join(mains))
    assert grade_of(f'<main id="main" tabindex="-1">{words}</main>') <= LIMIT
