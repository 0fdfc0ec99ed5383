"""The front desk, through its pages: who comes today, who is here, and somebody who walks in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.errors import NotFound
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.patients import Patient
from clinic.usecases import front_desk
from tests import build
from tests.conftest import FakeClock
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import hidden, opened, openings, text_of


@dataclass
class Here:
    """A clinic at nine in the morning: Maria comes at nine, José-Luis at ten; and another clinic with a visit."""

    app: Flask
    url: str
    clinic: int
    elsewhere: int
    kind: int
    visits: dict[str, int]
    client: FlaskClient
    account: int

    def page(self, **asked: object) -> TestResponse:
        return self.client.get("/portal/front-desk", query_string={"clinic": self.clinic, **asked})

    def press(self, visit: int, mark: str, **more: str) -> TestResponse:
        data = {"csrf_token": token_on(self.client, "/account"), "clinic": str(self.clinic), "mark": mark, **more}
        return self.client.post(f"/portal/front-desk/visits/{visit}", data=data)

    def state(self, visit: int) -> str:
        with opened(self.url) as session:
            return session.get_one(Appointment, visit).state


@pytest.fixture
def here(app: Flask, database: str, clock: FakeClock) -> Here:
    with opened(database) as session:
        clinic, specialist, kind = build.practice(session, room_kind="treatment", notice_minutes=600)
        build.room(session, clinic, name="Room 5")
        elsewhere, other, _ = build.practice(session, visit=kind)
        build.room(session, elsewhere)
        visits = {}
        for name, (at, who, hours) in {
            "Maria Quill": (clinic, specialist, 0), "José-Luis O’Hara": (clinic, specialist, 1), "Ann Far": (elsewhere, other, 0)
        }.items():  # fmt: skip
            given, _, family = name.partition(" ")
            patient = build.patient(session, now=clock.now, given_name=given, family_name=family)
            wish = SlotRef(kind.id, at.id, who.id, cell_at(clock.now + timedelta(hours=hours)))
            visits[given] = place.book(session, wish, Details(patient.id), who=build.STAFF, now=clock.now)
            session.commit()
    account = hire(app, database, "Omar", Grant(Role.FRONT_DESK, clinic.id))
    return Here(app, database, clinic.id, elsewhere.id, kind.id, visits, signed_in(app, database, "Omar"), account)


def rows(session: Session, account: int) -> list[tuple[str, int | None]]:
    wanted = select(Audit.action, Audit.appointment_id).where(Audit.actor == f"account:{account}").order_by(Audit.id)
    return [(action, visit) for action, visit in session.execute(wanted) if action != "sign_in"]


def test_the_day_is_listed_in_order_and_each_name_shown_is_noted_once(here: Here) -> None:
    said = text_of(here.page())
    assert said.index("Maria Quill") < said.index("José-Luis O’Hara")
    assert "Room 5" in said
    assert "Ann Far" not in said
    here.page()
    with opened(here.url) as session:
        assert rows(session, here.account) == [("see_desk", here.visits["Maria"]), ("see_desk", here.visits["José-Luis"])]
    assert here.client.get("/portal/front-desk", query_string={"clinic": here.elsewhere}).status_code == 200
    assert "Ann Far" not in text_of(here.client.get("/portal/front-desk", query_string={"clinic": here.elsewhere}))
    assert "No visits here" in text_of(here.page(day="2026-11-17"))
    assert "Maria" in text_of(here.page(day="yesterday, or so"))


def test_arrived_is_one_press_and_is_taken_back(here: Here) -> None:
    maria = here.visits["Maria"]
    answer = here.press(maria, "arrived")
    assert (answer.status_code, here.state(maria)) == (303, "arrived")
    assert answer.location.endswith(f"#visit-{maria}")
    assert "Maria" not in answer.location
    assert "Here since" in text_of(here.page())
    here.press(maria, "arrived")
    assert here.press(maria, "arrived", back="yes").status_code == 303
    assert here.state(maria) == "booked"
    here.press(maria, "no_show")
    assert here.state(maria) == "no_show"
    here.press(maria, "no_show", back="yes")
    assert here.state(maria) == "booked"


def test_what_cannot_be_is_refused_in_words_and_what_is_elsewhere_is_not_there(here: Here) -> None:
    refused = here.press(here.visits["José-Luis"], "no_show")
    assert refused.status_code == 409
    assert "has not begun yet" in text_of(refused)
    assert here.press(here.visits["Maria"], "fulfilled").status_code == 422
    assert here.press(here.visits["Maria"], "nonsense").status_code == 422
    assert here.press(here.visits["Ann"], "arrived").status_code == 404
    assert here.state(here.visits["Ann"]) == "booked"


def test_a_name_is_found_in_the_day_and_stands_in_no_address(here: Here) -> None:
    page = here.page()
    names = {"quill": ["Maria"], "jose luis": ["José-Luis"], "OHARA jo": ["José-Luis"], "zz": [], "far": []}
    for typed, found in names.items():
        answer = here.client.post("/portal/front-desk", data={**hidden(page), "clinic": here.clinic, "name": typed})
        html = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert [name for name, visit in here.visits.items() if f'id="visit-{visit}"' in html] == found, typed
        assert not re.search(r'(?:href|action)="[^"]*(?:quill|jose|OHARA)', html, re.IGNORECASE)


WHO = {
    "given_name": "Vera", "family_name": "Walkin", "birth_date_month": "4", "birth_date_day": "23", "birth_date_year": "1971",
    "phone": "(407) 555-0177", "here": "y",
}  # fmt: skip


def hold(here: Here, index: int = 0) -> TestResponse:
    page = here.client.get("/portal/front-desk/walk-in", query_string={"clinic": here.clinic, "visit": here.kind})
    return here.client.post("/portal/front-desk/walk-in", data=hidden(page) | {"opening": openings(page)[index]})


def test_somebody_walks_in_is_booked_without_notice_and_is_here(here: Here) -> None:
    form = hold(here)
    assert form.status_code == 200
    assert "9:30 AM" in text_of(form)
    wrong = here.client.post("/portal/front-desk/walk-in/book", data=hidden(form) | WHO | {"phone": "12", "given_name": ""})
    assert wrong.status_code == 422
    assert "Enter the patient’s first name" in text_of(wrong)
    assert 'value="Walkin"' in wrong.get_data(as_text=True)
    booked = here.client.post("/portal/front-desk/walk-in/book", data=hidden(form) | WHO)
    assert booked.status_code == 303, text_of(booked)
    again = here.client.post("/portal/front-desk/walk-in/book", data=hidden(form) | WHO)
    assert (again.status_code, again.location) == (303, f"/portal/front-desk?clinic={here.clinic}")
    assert "If you booked it, the visit is on this list" in text_of(here.client.get(again.location))
    with opened(here.url) as session:
        (visit,) = session.scalars(select(Appointment).where(Appointment.channel == "desk")).all()
        assert (visit.state, visit.location_id) == ("arrived", here.clinic)
        assert [action for action, id_ in rows(session, here.account) if id_ == visit.id][:3] == ["hold", "book", "arrive"]
    assert "Vera Walkin" in text_of(here.page())


def test_a_patient_we_know_is_not_made_twice_and_cannot_be_in_two_places(here: Here) -> None:
    with opened(here.url) as session:
        maria = session.scalars(select(Patient).where(Patient.given_name == "Maria")).one()
        known = {"given_name": "MARIA", "family_name": "Quill", "phone": maria.phone}
        born = {"birth_date_month": "4", "birth_date_day": "23", "birth_date_year": "1971"}
    here.press(here.visits["Maria"], "arrived")
    form = hold(here, 2)
    booked = here.client.post("/portal/front-desk/walk-in/book", data=hidden(form) | known | born)
    assert booked.status_code == 303, text_of(booked)
    with opened(here.url) as session:
        visits = session.scalars(select(Appointment).where(Appointment.patient_id == maria.id)).all()
        assert sorted(visit.state for visit in visits) == ["arrived", "booked"]


def test_a_time_taken_meanwhile_says_so_with_the_times_that_are_left(here: Here) -> None:
    page = here.client.get("/portal/front-desk/walk-in", query_string={"clinic": here.clinic, "visit": here.kind})
    first = openings(page)[0]
    data = hidden(page) | {"opening": first}
    assert here.client.post("/portal/front-desk/walk-in", data=data | {"key": "another desk, another key"}).status_code == 200
    late = here.client.post("/portal/front-desk/walk-in", data=data)
    back = here.client.post("/portal/front-desk/walk-in", data=data | {"opening": openings(page)[2]})
    back_again = here.client.post("/portal/front-desk/walk-in", data=data | {"opening": openings(page)[8]})
    assert (back.status_code, back_again.status_code) == (200, 200), "gone back, and another time of the same page pressed"
    assert late.status_code == 409
    assert "just been taken" in text_of(late)
    assert first not in openings(late)
    assert len(openings(late)) > 3


def test_the_desk_of_another_clinic_gives_no_times(here: Here, app: Flask, database: str) -> None:
    hire(app, database, "Nils", Grant(Role.FRONT_DESK, here.elsewhere))
    theirs = signed_in(app, database, "Nils")
    page = here.client.get("/portal/front-desk/walk-in", query_string={"clinic": here.clinic, "visit": here.kind})
    stolen = {"csrf_token": token_on(theirs, "/account"), "opening": openings(page)[0], "key": "x" * 20}
    answer = theirs.post("/portal/front-desk/walk-in", data=stolen)
    assert answer.status_code == 409
    held = hidden(hold(here))["hold"]
    book = theirs.post("/portal/front-desk/walk-in/book", data={"csrf_token": token_on(theirs, "/account"), "hold": held} | WHO)
    assert book.status_code == 404
    with opened(here.url) as session:
        assert not session.scalars(select(Patient).where(Patient.given_name == "Vera")).all()
        nils = build.viewer("mark-visit", Grant(Role.FRONT_DESK, here.elsewhere))
        with pytest.raises(NotFound):
            front_desk.sheet(session, nils, here.clinic, None, actor="account:1", now=here.app.extensions["clinic"].clock())
        with pytest.raises(NotFound):
            front_desk.times(session, nils, here.clinic, here.kind, now=here.app.extensions["clinic"].clock())


def test_who_is_at_no_desk_is_told_so(app: Flask, database: str) -> None:
    hire(app, database, "Una", Grant(Role.SPECIALIST))
    una = signed_in(app, database, "Una")
    assert "front desk of no clinic" in text_of(una.get("/portal/front-desk"))
    assert "front desk of no clinic" in text_of(una.get("/portal/front-desk/walk-in"))
    assert "Front desk" not in text_of(una.get("/portal/"))
