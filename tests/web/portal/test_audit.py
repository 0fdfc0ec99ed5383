"""The audit log's pages: one's own rows, those of one's clinics, all; who saw a patient; and whether the log is whole."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.audit import audit
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Patient
from clinic.usecases.audit import audit_log, auditing
from tests import build
from tests.conftest import FakeClock
from tests.web.staff import hire, signed_in
from tests.web.visiting import opened, text_of


class Seen:
    """A visit at each of two clinics, and one person of the staff who opened both."""

    def __init__(self, app: Flask, url: str, clock: FakeClock) -> None:
        self.app, self.url, self.clock = app, url, clock
        self.at, self.visits, self.references, self.patients = {}, {}, {}, {}
        with opened(url) as session:
            for name in ("here", "there"):
                clinic, specialist, kind = build.practice(session)
                self.patients[name] = build.patient(session, now=clock.now, given_name="Zenobia", family_name="Quill").id
                wish = SlotRef(kind.id, clinic.id, specialist.id, cell_at(clock.now + timedelta(days=1)))
                self.visits[name] = place.book(session, wish, Details(self.patients[name]), who=build.PATIENT, now=clock.now)
                self.at[name] = clinic.id
                self.references[name] = session.get_one(Appointment, self.visits[name]).reference
                session.commit()
        self.hana = hire(app, url, "Hana", Grant(Role.FRONT_DESK, self.at["here"]), Grant(Role.FRONT_DESK, self.at["there"]))
        with opened(url) as session:
            for name in ("here", "there"):
                self.note(session, "see_visit", name)
            session.commit()

    def note(self, session: Session, action: str, name: str) -> None:
        patient, actor = self.patients[name], f"account:{self.hana}"
        audit.note(session, self.visits[name], actor=actor, action=Action(action), patient_id=patient, now=self.clock.now)

    def client(self, name: str, *grants: Grant) -> FlaskClient:
        hire(self.app, self.url, name, *grants)
        return signed_in(self.app, self.url, name)


@pytest.fixture
def seen(app: Flask, database: str, clock: FakeClock) -> Seen:
    return Seen(app, database, clock)


def test_everybody_reads_what_they_did_and_no_more(seen: Seen) -> None:
    page = text_of(signed_in(seen.app, seen.url, "Hana").get("/portal/audit"))
    assert page.startswith("My actions")
    assert page.count("Opened a visit") == 2
    assert "Booked a visit" not in page
    assert "Signed in" in page
    una = seen.client("Una", Grant(Role.SPECIALIST))
    theirs = text_of(una.get("/portal/audit", query_string={"whose": "all", "person": seen.hana}))
    assert "Opened a visit" not in theirs
    assert una.get(f"/portal/patients/{seen.patients['here']}/seen").status_code == 404


def test_a_manager_reads_the_rows_of_their_clinics(seen: Seen) -> None:
    greta = seen.client("Greta", Grant(Role.MANAGER, seen.at["here"]))
    page = text_of(greta.get("/portal/audit"))
    assert seen.references["here"] in page
    assert seen.references["there"] not in page
    assert "Hana Ashgrover Opened a visit" in page
    assert "The patient Booked a visit" in page
    assert "Zenobia" not in page
    assert "Opened a visit" not in text_of(greta.get("/portal/audit", query_string={"whose": "mine"}))
    links = set(re.findall(r'href="(/portal/[^"]+)"', greta.get("/portal/audit").get_data(as_text=True)))
    assert f"/portal/visits/{seen.visits['here']}" in links
    assert {link: greta.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    assert greta.get(f"/portal/patients/{seen.patients['there']}/seen").status_code == 404


def test_who_saw_a_patient_and_that_somebody_asked(seen: Seen) -> None:
    greta = seen.client("Greta", Grant(Role.MANAGER, seen.at["here"]))
    address = f"/portal/patients/{seen.patients['here']}/seen"
    page = text_of(greta.get(address))
    assert "Hana Ashgrover Opened a visit" in page
    assert "Booked a visit" not in page
    assert "Zenobia" not in page
    assert "Greta Ashgrover Saw who saw this patient" in text_of(greta.get(address))


def test_an_administrator_reads_all_by_person_without_names_of_patients(seen: Seen) -> None:
    ada = seen.client("Ada", Grant(Role.ADMINISTRATOR))
    page = text_of(ada.get("/portal/audit"))
    assert all(reference in page for reference in seen.references.values())
    assert "Zenobia" not in page
    page = text_of(ada.get("/portal/audit", query_string={"person": seen.hana}))
    assert "Booked a visit" not in page
    assert page.count("Hana Ashgrover Opened a visit") == 2
    assert "Opened a visit" in text_of(ada.get(f"/portal/patients/{seen.patients['there']}/seen"))
    assert ada.get("/portal/patients/999999/seen").status_code == 404
    with opened(seen.url) as session:  # two records of one patient become one
        session.get_one(Patient, seen.patients["there"]).merged_into_id = seen.patients["here"]
        session.commit()
    page = text_of(ada.get(f"/portal/patients/{seen.patients['here']}/seen"))
    assert page.count("Hana Ashgrover Opened a visit") == 2


def test_the_log_turns_its_pages(seen: Seen) -> None:
    with opened(seen.url) as session:
        for _ in range(audit_log.PAGE):
            seen.note(session, "see_answers", "here")
        session.commit()
    hana = signed_in(seen.app, seen.url, "Hana")
    page = hana.get("/portal/audit").get_data(as_text=True)
    assert page.count('class="log-when"') == audit_log.PAGE
    address = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert text_of(hana.get(address)).count("Opened a visit") == 2


def test_whether_its_end_is_whole_is_seen_without_reading_it_all(
    seen: Seen, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "LOOKED_AT", 3)
    ada = seen.client("Ada", Grant(Role.ADMINISTRATOR))
    assert "No row is sealed yet" in text_of(ada.get("/portal/audit"))
    for _ in range(3):
        with opened(seen.url) as other:
            seen.note(other, "see_visit", "here")
            other.commit()
        auditing.seal(session, now=seen.clock.now)
    assert auditing.glance(session).broken is None
    assert "The newest rows are whole" in text_of(ada.get("/portal/audit"))
    ids = session.execute(text("select id from audit order by id")).scalars().all()
    session.execute(text("update audit set actor = 'patient' where id = :id"), {"id": ids[-2]})
    session.commit()
    glanced = auditing.glance(session)
    assert glanced.broken
    assert glanced.broken.id == ids[-2]
    assert f"The log was changed at row {ids[-2]}" in text_of(ada.get("/portal/audit"))
