"""A patient who is there twice, through the pages: reported, compared, made one, and two again; within reach alone."""

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

from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Location
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Task
from clinic.store.work.tasks import POSSIBLE_DUPLICATE
from clinic.usecases import booking
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.desk import Desk
from tests.web.account.test_reading import grade_of
from tests.web.care.test_reading import LIMIT
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import opened, text_of

ANA = {"given_name": "Ana", "family_name": "Smith", "phone": "407 555 0111"}
ANNA = {"given_name": "Anna", "family_name": "Smyth", "phone": "407 555 0222", "email": "anna@example.org"}


@dataclass
class Pair:
    """Ana and Anna, each with a visit at `here`; another clinic, with a specialist; Greta manages the one, Odo the other."""

    app: Flask
    url: str
    session: Session
    desk: Desk
    visits: list[Booked]
    there: Location
    clock: FakeClock

    def client(self, name: str) -> FlaskClient:
        return signed_in(self.app, self.url, name)

    def book_there(self, days: int, **said: str) -> Booked:
        place, doctor, _ = build.practice(self.session, visit=self.desk.kind, at=self.there, weekly=build.EVERY_DAY)
        start = self.visits[0].summary.start + timedelta(days=days, minutes=15)
        opening = write_opening(KEY, SlotRef(self.desk.kind.id, place.id, doctor.id, cell_at(start)))
        held = booking.hold(self.session, opening, key=KEY, who=PATIENT, now=self.clock.now)
        details = build.details(**said)
        return booking.confirm(self.session, held.token, details, key=KEY, who=PATIENT, now=self.clock.now)

    def report(self, client: FlaskClient, one: str, other: str) -> TestResponse:
        data = {"csrf_token": token_on(client, "/account"), "one": one, "other": other}
        return client.post("/portal/duplicates/report", data=data)

    def press(self, client: FlaskClient, path: str, **data: str) -> TestResponse:
        return client.post(path, data={"csrf_token": token_on(client, "/account"), **data})

    def ask(self, *visits: Booked) -> int:
        """A question that is open about their patients."""
        one, other = (self.desk.patient_of(visit) for visit in visits)
        with opened(self.url) as session:
            row = Task(kind=POSSIBLE_DUPLICATE, created_at=self.clock.now, patient_id=one, other_patient_id=other)
            return build.save(session, row).id

    def actions(self, action: str) -> list[int | None]:
        with opened(self.url) as session:
            return list(session.scalars(select(Audit.patient_id).where(Audit.action == action).order_by(Audit.id)))


@pytest.fixture
def pair(app: Flask, database: str, session: Session, clock: FakeClock) -> Pair:
    desk = Desk(session, clock.now)
    visits = [desk.book(**ANA), desk.book(**ANNA)]
    there = build.location(session)
    hire(app, database, "Greta", Grant(Role.MANAGER, desk.place.id))
    hire(app, database, "Odo", Grant(Role.MANAGER, there.id))
    hire(app, database, "Fay", Grant(Role.FRONT_DESK, desk.place.id))
    return Pair(app, database, session, desk, visits, there, clock)


def test_reported_at_the_front_desk_merged_by_a_manager_and_taken_back(pair: Pair) -> None:
    fay, greta = pair.client("Fay"), pair.client("Greta")
    ana, anna = (visit.reference for visit in pair.visits)
    assert f'value="{ana}"' in fay.get(f"/portal/duplicates/report?visit={ana}").get_data(as_text=True)
    wrong = pair.report(fay, "nonsense", ana[:-1] + ("0" if ana[-1] != "0" else "1"))
    assert (wrong.status_code, "Type the reference of a visit" in text_of(wrong)) == (422, True)
    assert 'value="nonsense"' in wrong.get_data(as_text=True)
    assert "Both visits are of one record already" in text_of(pair.report(fay, ana, ana))
    assert pair.report(fay, ana.lower(), anna).status_code == 303
    with opened(pair.url) as session:
        task = session.scalars(select(Task.id).where(Task.kind == POSSIBLE_DUPLICATE)).one()
        kept, gone = session.scalars(select(Patient.id).order_by(Patient.id))
    assert pair.actions("propose_merge") == [kept]

    assert "Compare, and make them one" in text_of(greta.get(f"/portal/work/{task}"))
    assert "Compare, and make them one" not in text_of(fay.get(f"/portal/work/{task}"))
    assert f'href="/portal/duplicates/{task}"' in greta.get("/portal/duplicates").get_data(as_text=True)
    seen = greta.get(f"/portal/duplicates/{task}")
    page = text_of(seen)
    addresses = ("/portal/duplicates", "/portal/duplicates/report", f"/portal/duplicates/{task}")
    assert max(grade_of(greta.get(address).get_data(as_text=True)) for address in addresses) <= LIMIT
    for words in ("Ana Smith Not alike", "Anna Smyth Not alike", "(407) 555-0111 Not alike", "anna@example.org", "1 visit moves"):
        assert words in page
    assert "April 23, 1971 Not alike" not in page
    assert re.search(rf'value="{kept}" checked', seen.get_data(as_text=True)), "the older record is offered"
    assert pair.actions("see_patient") == [kept, gone] * 2

    assert pair.press(greta, f"/portal/duplicates/{task}", keep="999").status_code == 422
    made = pair.press(greta, f"/portal/duplicates/{task}", keep=str(kept))
    assert made.status_code == 303
    after = text_of(greta.get(made.location))
    assert "The two records are one now" in after
    assert "by Greta Ashgrover" in after
    assert after.index("Ana Smith") < after.index("What went along") < after.index("Anna Smyth")
    assert [pair.desk.patient_of(visit) for visit in pair.visits] == [kept, kept]
    assert greta.get(f"/portal/duplicates/{task}").location == made.location, "the same page leads to what can be taken back"
    log = greta.get("/portal/audit?whose=mine").get_data(as_text=True)
    assert f'href="{made.location}"' in log
    assert made.location not in greta.get("/portal/duplicates").get_data(as_text=True).partition("Made one in")[0]

    assert pair.press(greta, made.location).status_code == 303
    assert [pair.desk.patient_of(visit) for visit in pair.visits] == [kept, gone]
    assert pair.press(greta, made.location).status_code == 404
    assert f'href="{made.location}"' not in greta.get("/portal/audit?whose=mine").get_data(as_text=True)
    assert greta.get(f"/portal/duplicates/{task}").status_code == 200


def test_visits_at_one_time_are_named_and_refuse_the_merge(pair: Pair) -> None:
    greta, kept = pair.client("Greta"), pair.desk.patient_of(pair.visits[0])
    pair.book_there(0, **ANNA)
    task = pair.ask(*pair.visits)
    page = text_of(greta.get(f"/portal/duplicates/{task}"))
    assert "have visits at the same time" in page
    assert f"{pair.visits[0].reference}, " in page
    assert "; and a visit at another clinic" in page
    assert "And 1 at other clinics" in page
    refused = pair.press(greta, f"/portal/duplicates/{task}", keep=str(kept))
    assert refused.status_code == 409
    assert "move one of these visits first" in text_of(refused)
    assert pair.desk.patient_of(pair.visits[1]) != kept


def test_both_records_must_be_within_reach(pair: Pair) -> None:
    """A manager of one clinic compares nobody of another; who manages both does; the work list says whom to ask."""
    across = pair.ask(pair.visits[0], pair.book_there(3, given_name="Anne", family_name="Smith", phone="407 555 0333"))
    hire(pair.app, pair.url, "Bo", Grant(Role.MANAGER, pair.desk.place.id), Grant(Role.MANAGER, pair.there.id))
    greta, odo, bo = (pair.client(name) for name in ("Greta", "Odo", "Bo"))
    for client, status in ((greta, 404), (odo, 404), (bo, 200)):
        path = f"/portal/duplicates/{across}"
        assert client.get(path).status_code == status
        assert pair.press(client, path, keep="0").status_code == (422 if status == 200 else 404)
        assert (path in client.get("/portal/duplicates").get_data(as_text=True)) == (status == 200)
    assert "A manager of all their clinics can make them one" in text_of(greta.get(f"/portal/work/{across}"))
    assert "There is no such visit at your clinics" in text_of(pair.report(odo, *(visit.reference for visit in pair.visits)))
    task = pair.ask(*pair.visits)
    made = pair.press(greta, f"/portal/duplicates/{task}", keep=str(pair.desk.patient_of(pair.visits[0]))).location
    assert [odo.get(made).status_code, pair.press(odo, made).status_code] == [404, 404]
    pair.clock.forward(days=31)
    assert pair.client("Greta").get(made).status_code == 404
