"""A small chain for the pages' tests, and a visitor who presses its buttons: patients have no JavaScript to help them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.geography.gazetteer import MILITARY, STANDARD, ZipEntry
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, LocationDay, Specialist, VisitType
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests import build

EAST, CENTRAL = "America/New_York", "America/Chicago"
ZIPS = [
    ZipEntry("32801", "Orlando", "FL", "Orange", STANDARD, True, 28.5399, -81.3727, EAST),
    ZipEntry("32351", "Quincy", "FL", "Gadsden", STANDARD, True, 30.5871, -84.5832, EAST),
    ZipEntry("99501", "Anchorage", "AK", "Anchorage", STANDARD, True, 61.2181, -149.9003, "America/Anchorage"),
    ZipEntry("62701", "Springfield", "IL", "Sangamon", STANDARD, True, 39.8, -89.65, CENTRAL),
    ZipEntry("01103", "Springfield", "MA", "Hampden", STANDARD, True, 42.1, -72.59, EAST),
    ZipEntry("11201", "Brooklyn", "NY", "Kings", STANDARD, True, 40.69, -73.99, EAST),
    ZipEntry("09001", "Apo", "AE", "", MILITARY, True, None, None, ""),
]
ANSWERS = {
    "booked_by": "self",
    "given_name": "Zoë-Ann",
    "family_name": "O’Quince",
    "birth_date_month": "4",
    "birth_date_day": "23",
    "birth_date_year": "1971",
    "new_patient": "new",
    "phone": "(407) 555-0123",
    "email": "zoe@example.org",
    "postal_code": "32801",
    "language": "es",
    "interpreter": "y",
    "reason": "low back pain <b>since</b> May",
}
GUARDIAN = {
    "guardian_name": "Pat O’Quince",
    "guardian_relation": "parent",
    "guardian_phone": "407 555 0124",
    "guardian_consent": "y",
}


def fill(url: str) -> None:
    """Three clinics (one on Central Time), physical therapy, a consultation, and a procedure that only staff book."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with Session(engine) as session:
        load_gazetteer(session, ZIPS)
        therapy = build.service(session, slug="physical-therapy", name="Physical therapy", summary="To move better.", position=1)
        injections = build.service(session, slug="facet-joint-injections", name="Facet joint injections", position=2)
        ablation = build.service(session, slug="nerve-ablation", name="Nerve ablation", position=3)
        visits = [
            build.visit_type(
                session,
                therapy,
                slug="therapy-first",
                name="Evaluation",
                minutes=60,
                step_minutes=30,
                preparation="Wear shoes that you can walk in.\nBring your X-rays, if you have any.",
            ),
            build.visit_type(session, therapy, slug="therapy-follow-up", name="Follow-up", position=1, audience="returning"),
            build.visit_type(session, injections, slug="consultation", name="Consultation"),
            build.visit_type(session, injections, slug="procedure", name="Procedure", position=1, online=False),
            build.visit_type(session, ablation, slug="ablation", name="Ablation", online=False),
        ]
        lake = build.location(
            session, slug="lake", name="Lake Clinic", hours=build.WEEKDAYS, parking="Park behind the house.",
            access="There is a ramp at the side door.", plans="Sunny Health\nBlue Lake",
        )  # fmt: skip
        capital = build.location(
            session, slug="capital", name="Capital Clinic", city="Tallahassee", postal_code="32301", latitude=30.4383,
            longitude=-84.2807, phone=None,
        )  # fmt: skip
        river = build.location(
            session, slug="river", name="River Clinic", city="Sneads", postal_code="32460", latitude=30.7079, longitude=-84.9249,
            time_zone=CENTRAL,
        )  # fmt: skip
        session.add(LocationDay(location_id=lake.id, day=date(2026, 11, 26), hours="", reason="Thanksgiving"))
        for place, name in ((lake, "Dana Brook, PT"), (capital, "Luis Ferrer, PT"), (river, "Mae Okafor, PT")):
            person = build.specialist(session, name=name, profession="Physical therapist", languages="English, Spanish")
            build.shift(session, person, place, last_day=date(2034, 12, 31))
            for visit in visits:
                build.offer(session, visit, place, person)
        session.commit()
    engine.dispose()


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """A session beside the application's."""
    engine = create_engine(url, **engine_options(url))
    with Session(engine) as session:
        yield session
    engine.dispose()


def count_visits(url: str, state: str) -> int:
    """How many appointments stand in that state."""
    with opened(url) as session:
        return session.scalar(select(func.count()).select_from(Appointment).where(Appointment.state == state)) or 0


def text_of(page: TestResponse) -> str:
    """What a person reads: without tags, on one line."""
    main = page.get_data(as_text=True).partition('<main id="main" tabindex="-1">')[2]
    return re.sub(r" ([.,;:)])", r"\1", " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split()))


def title_of(page: TestResponse) -> str:
    found = re.search(r"<title>(.*?)</title>", page.get_data(as_text=True), re.DOTALL)
    assert found
    return html.unescape(found[1])


def hidden(page: TestResponse) -> dict[str, str]:
    """The hidden inputs of the page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.get_data(as_text=True))
    return {name: html.unescape(value) for name, value in found}


def openings(page: TestResponse) -> list[str]:
    """The tokens behind the time buttons, in the order of the page."""
    return re.findall(r'name="opening" value="([^"]*)"', page.get_data(as_text=True))


def search(client: FlaskClient, near: str = "32801", service: str = "physical-therapy") -> TestResponse:
    return client.get("/find", query_string={"near": near, "service": service})


def press_a_time(client: FlaskClient, near: str = "32801", index: int = 0) -> str:
    """Search, press a time: the address of the page that asks who is coming."""
    page = search(client, near)
    held = client.post("/book/hold", data=hidden(page) | {"opening": openings(page)[index]})
    assert held.status_code == 303, text_of(held)
    return held.location


def opening_at(
    app: Flask, url: str, start: datetime, *, visit: str = "therapy-first", clinic: str = "lake", who: str = "Dana"
) -> str:
    """The token of a time that we could have offered, whether it is on offer or not."""
    with opened(url) as session:
        ids = [
            session.scalars(select(table.id).where(condition)).one()
            for table, condition in (
                (VisitType, VisitType.slug == visit), (Location, Location.slug == clinic),
                (Specialist, Specialist.name.startswith(who)),
            )
        ]  # fmt: skip
    key = app.extensions["clinic"].settings.secret_key.encode()
    return write_opening(key, SlotRef(*ids, cell_at(start)))


def check_answers(client: FlaskClient, details: str, **changed: str) -> TestResponse:
    """Fill in the form at `details` and press Continue: the page that comes then."""
    page = client.get(details)
    return client.post(details.replace("/details", "/check"), data=hidden(page) | ANSWERS | changed, follow_redirects=True)


def book(client: FlaskClient, near: str = "32801", index: int = 0) -> TestResponse:
    """The whole way; the answer to the last press."""
    details = press_a_time(client, near, index)
    page = check_answers(client, details)
    return client.post(details.replace("/details", "/confirm"), data=hidden(page))
