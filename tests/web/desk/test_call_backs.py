"""Whoever waits for a call, and the supervisor's page: what is due, in their own time, and nobody's name or number too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Service
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Call, Task
from clinic.store.work.call_backs import CALL_BACK
from clinic.store.work.tasks import LETTER
from clinic.usecases import booking, desk, messages
from clinic.usecases.messages import Rest
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.desk import Desk, Someone
from tests.web.account.test_reading import grade_of
from tests.web.care.test_reading import LIMIT
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import ZIPS, text_of

NUMBER = "(407) 555-0123"


class Room:
    """Hana takes calls, Sven supervises her; Maria, of Illinois, waits for a call of Hana's at two in the afternoon there."""

    def __init__(self, app: Flask, url: str, session: Session, clock: FakeClock) -> None:
        self.app, self.url, self.session, self.clock = app, url, session, clock
        self.front = Desk(session, clock.now)
        load_gazetteer(session, ZIPS)
        self.hana = Someone(hire(app, url, "Hana", Grant(Role.AGENT)), (Grant(Role.AGENT),))
        hire(app, url, "Otto", Grant(Role.AGENT))
        hire(app, url, "Sven", Grant(Role.AGENT, None, True))
        hire(app, url, "Greta", Grant(Role.MANAGER, self.front.place.id))
        mine = self.front.book(postal_code="62701", who=build.STAFF)
        self.patient = self.front.patient_of(mine)
        self.call = self.begin()
        row = self.front.look(self.call, self.hana).rows[0].row
        assert self.front.verify(self.call, row, "Maria", "reference", mine.reference, self.hana).match
        desk.keep_note(session, self.hana, self.call, "Rings after four", now=clock.now)
        self.due = datetime.fromisoformat("2026-11-16T20:00:00+00:00")
        self.task = desk.promise_call_back(session, self.hana, self.call, self.due, now=clock.now)
        self.end(self.call, "call_back")

    def begin(self) -> int:
        return desk.begin_call(self.session, self.hana, now=self.clock.now)

    def end(self, call: int, outcome: str, why: str = "", service: str = "", place: str = "") -> None:
        desk.end_call(self.session, self.hana, call, desk.Ending(outcome, why, service, place), now=self.clock.now)

    def client(self, name: str) -> FlaskClient:
        return signed_in(self.app, self.url, name)

    def press(self, client: FlaskClient, deed: str, **data: str) -> TestResponse:
        path = f"/desk/call-backs/{self.task}/{deed}"
        return client.post(path, data={"csrf_token": token_on(client, "/account"), **data})

    def due_at(self) -> datetime | None:
        with Session(self.session.get_bind()) as fresh:
            return fresh.scalars(select(Task.due_at).where(Task.id == self.task, Task.done_at.is_(None))).one_or_none()

    def actions(self, action: str) -> list[tuple[str, int | None]]:
        with Session(self.session.get_bind()) as fresh:
            return [(row.actor, row.patient_id) for row in fresh.scalars(select(Audit).where(Audit.action == action))]


@pytest.fixture
def room(app: Flask, database: str, session: Session, clock: FakeClock) -> Room:
    return Room(app, database, session, clock)


def test_the_number_stands_there_once_a_call_has_begun_and_that_is_noted(room: Room) -> None:
    hana = room.client("Hana")
    page = text_of(hana.get("/desk/call-backs"))
    assert "Today, 2:00 PM CST" in page
    assert "M•••, from call" in page
    assert "Everybody’s" not in page
    assert "Today, 2:00 PM CST" in text_of(hana.get("/desk/"))
    before = text_of(hana.get(f"/desk/call-backs/{room.task}"))
    assert "Rings after four" in before
    assert "2:00 PM CST" in before
    for private in (NUMBER, "Maria", "Garcia"):
        assert private not in page + before
    assert room.actions("call_back_number") == []
    begun = room.press(hana, "call")
    assert (begun.status_code, begun.location) == (303, f"/desk/call-backs/{room.task}")
    after = text_of(hana.get(begun.location))
    assert NUMBER in after
    assert "Ask for Maria" in after
    assert "Garcia" not in after
    assert f"Go on with call {room.call + 1}" in after
    assert f'href="{begun.location}"' in hana.get(f"/desk/calls/{room.call + 1}").get_data(as_text=True), "and back from it"
    assert room.actions("call_back_number") == [(room.hana.actor, room.patient)]
    later = room.press(hana, "put-off", **{"in": "30"})
    assert (later.status_code, later.location) == (303, f"/desk/calls/{room.call + 1}"), "the call is to be ended next"
    assert room.due_at() == room.clock.now + timedelta(minutes=30)


def test_put_off_by_their_clock_and_bad_input_stays(room: Room) -> None:
    hana = room.client("Hana")
    wrong = room.press(hana, "put-off", day="someday", time="4:35")
    assert wrong.status_code == 422
    assert all(words in text_of(wrong) for words in ("Write the day as today", "Add AM or PM"))
    assert 'value="someday"' in wrong.get_data(as_text=True)
    assert 'value="4:35"' in wrong.get_data(as_text=True)
    assert "This time is over" in text_of(room.press(hana, "put-off", day="today", time="1 am"))
    assert room.due_at() == room.due
    assert room.press(hana, "put-off", day="tomorrow", time="4:35 pm").status_code == 303
    assert room.due_at() == datetime.fromisoformat("2026-11-17T22:35:00+00:00"), "4:35 PM in Illinois"
    assert "We call tomorrow at 4:35 PM CST" in text_of(hana.get("/desk/call-backs"))
    assert room.press(hana, "done").status_code == 303
    assert room.due_at() is None
    assert "Nobody waits for your call" in text_of(hana.get("/desk/call-backs"))
    assert room.press(hana, "done").status_code == 404


def test_anothers_is_not_there_and_a_supervisor_takes_it(room: Room) -> None:
    otto, sven = room.client("Otto"), room.client("Sven")
    assert otto.get(f"/desk/call-backs/{room.task}").status_code == 404
    assert [room.press(otto, deed).status_code for deed in ("take", "call", "put-off", "done")] == [404] * 4
    assert "Nobody waits for your call" in text_of(otto.get("/desk/call-backs?whose=all"))
    assert "Nobody waits for your call" in text_of(sven.get("/desk/call-backs"))
    assert "with Hana Ashgrover" in text_of(sven.get("/desk/call-backs?whose=all"))
    stale = room.press(sven, "take")
    assert stale.status_code == 409
    assert "Hana Ashgrover has this call-back now" in text_of(stale)
    assert room.press(sven, "take", holder=str(room.hana.account_id)).status_code == 303
    assert "Today, 2:00 PM CST" in text_of(sven.get("/desk/call-backs"))
    assert room.client("Hana").get(f"/desk/call-backs/{room.task}").status_code == 404
    room.session.execute(Task.__table__.update().where(Task.kind == CALL_BACK).values(claimed_by_id=None))
    room.session.commit()
    assert "nobody has it" in text_of(otto.get("/desk/call-backs")), "what nobody has anybody may take"
    assert room.press(otto, "take").status_code == 303


def test_the_supervisors_page_counts_and_names_no_patient(room: Room) -> None:
    service = room.session.scalars(select(Service).limit(1)).one()
    name, slug = service.name, service.slug
    room.session.rollback()
    for why in ("too_far", "too_far", "cost"):
        call = room.begin()
        room.clock.forward(minutes=4, seconds=5)
        room.end(call, "nothing_suits", why, slug, "62701")
    front = room.front
    wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(datetime.fromisoformat("2026-12-01T15:00:00+00:00")))
    booking.hold(room.session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=room.clock.now)
    addresses = ("/desk/today", "/desk/call-backs?whose=all", f"/desk/call-backs/{room.task}")
    assert max(grade_of(room.client("Sven").get(address).get_data(as_text=True)) for address in addresses) <= LIMIT
    for who in ("Sven", "Greta"):
        page = text_of(room.client(who).get("/desk/today"))
        assert "Calls 4 0 under way" in page
        assert "Booked in the first call 0%" in page
        assert "Time for a call 4 min 05 s" in page
        assert "Held now 1 time" in page
        assert "To call back 1 0 overdue" in page
        assert "Nothing suited 3" in page
        assert "Hana Ashgrover 4 0 0 0%" in page
        assert f"{front.place.name} Tue Dec 1, 10:00 AM EST Patient, online" in page
        assert f"62701 {name} 3 Too far 2, Cost or insurance 1" in page
        for private in ("Maria", "Garcia", "M•••", NUMBER):
            assert private not in page
        assert ("All call-backs" in page) == (who == "Sven")
    assert room.client("Hana").get("/desk/today").status_code == 403
    assert room.session.scalars(select(Patient.given_name)).all() == ["Maria"]
    room.session.rollback()


@pytest.mark.parametrize("contact", ["letter", "none"])
def test_who_is_to_get_a_letter_gets_one_to_print(room: Room, contact: str) -> None:
    """Booked on the telephone by somebody without e-mail: a task for the clinic, with a page that is made for paper. Or nothing
    at all, for whom everything was read out.
    """
    hana, clock, front = room.client("Hana"), room.clock, room.front
    call = room.begin()
    said = {
        "given_name": "Wanda", "family_name": "Ferrer", "birth_date": "4/23/1971", "phone": "407 555 0188", "contact": "letter",
        "csrf_token": token_on(hana, "/account"),
    }  # fmt: skip
    assert hana.post(f"/desk/calls/{call}/new-caller", data=said).status_code == 303
    key = room.app.extensions["clinic"].settings.secret_key.encode()
    start = datetime.fromisoformat("2026-12-01T15:00:00+00:00")
    opening = write_opening(key, SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(start)))
    on = desk.OnCall(room.hana, call, key)
    held = desk.hold_for_call(room.session, on, opening, now=clock.now)
    booked = desk.book_for_caller(room.session, on, held.token, desk.ForCaller(told_by=contact), now=clock.now)
    post = replace(room.app.extensions["clinic.post"], mailer=None)
    while messages.plan(room.session, post, now=clock.now) + messages.deliver(room.session, post, Rest({}), clock=clock):
        pass
    visit = booked.summary.appointment_id
    tasks = room.session.scalars(select(Task.id).where(Task.kind == LETTER, Task.appointment_id == visit)).all()
    room.session.rollback()
    if contact == "none":
        assert tasks == []
        return
    [task] = tasks
    greta = room.client("Greta")
    assert "Print a letter" in text_of(greta.get("/portal/work"))
    page = greta.get(f"/portal/work/{task}/letter")
    for words in ("Wanda", "Tuesday, December 1, 2026, 10:00 AM EST", front.place.name, booked.reference):
        assert words in text_of(page)
    assert "print.js" in page.get_data(as_text=True)


def test_a_number_that_was_left_goes_when_the_work_list_has_it_done(room: Room) -> None:
    call = room.begin()
    due = room.clock.now + timedelta(hours=1)
    task = desk.promise_call_back(room.session, room.hana, call, due, phone="407 555 0199", now=room.clock.now)
    room.end(call, "call_back")
    sven = room.client("Sven")
    page = f"/portal/work/{task}"
    token = token_on(sven, "/account")
    assert sven.post(f"{page}/take", data={"csrf_token": token}).status_code == 409, "Hana has it"
    holder = str(room.hana.account_id)
    assert sven.post(f"{page}/take", data={"csrf_token": token, "holder": holder}).status_code == 303
    assert f'href="/desk/call-backs/{task}"' in sven.get(page).get_data(as_text=True)
    assert sven.post(f"{page}/done", data={"csrf_token": token}).status_code == 303
    assert room.session.scalars(select(Call.phone).where(Call.id == call)).all() == [None]
    room.session.rollback()
    assert sven.get(f"/desk/call-backs/{task}").status_code == 404
