"""A small world for the API: two clinics in Orlando, one in Phoenix, and an application that serves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from clinic.domain.time.timeline import cell_at
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import CityName, Closure, LocationDay, ZipCode
from tests import build
from tests.conftest import FakeClock
from tests.databases import Databases

ZIPS = (
    ("32801", "Orlando", "FL", 28.5399, -81.3727, "America/New_York"),
    ("85004", "Phoenix", "AZ", 33.4516, -112.0690, "America/Phoenix"),
    ("62701", "Springfield", "IL", 39.8000, -89.6495, "America/Chicago"),
    ("65801", "Springfield", "MO", 37.2090, -93.2923, "America/Chicago"),
)
KEY = "a-key-of-the-tests-0001"


def fill(url: str) -> None:
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with Session(engine) as session:
        _gazetteer(session)
        _clinics(session)
        session.commit()
    engine.dispose()


def _gazetteer(session: Session) -> None:
    for code, city, state, latitude, longitude, zone in ZIPS:
        point = {"latitude": latitude, "longitude": longitude, "time_zone": zone}
        session.add(ZipCode(code=code, city=city, state=state, county="", kind="STANDARD", active=True, **point))
        session.add(CityName(key=city.lower(), name=city, state=state, kind="primary", weight=10, **point))


def _clinics(session: Session) -> None:
    therapy = build.service(session, slug="physical-therapy", name="Physical therapy", position=1, summary="Exercises.")
    evaluation = build.visit_type(session, therapy, slug="evaluation", name="Evaluation", minutes=60, audience="new")
    follow_up = build.visit_type(session, therapy, slug="follow-up", name="Follow-up", minutes=30, position=1)
    facet = build.service(session, slug="facet-joint-injections", name="Facet joint injections", position=2)
    procedure = build.visit_type(session, facet, slug="facet-procedure", name="Procedure", minutes=45, online=False)
    downtown = build.location(
        session, slug="orlando-downtown", name="Orlando Downtown", latitude=28.5421, longitude=-81.3790, phone_extension="4",
        hours=build.WEEKDAYS,
    )  # fmt: skip
    south = build.location(
        session, slug="orlando-south", name="Orlando South", latitude=28.4200, longitude=-81.4000, hours="", phone=None
    )
    phoenix = build.location(
        session, slug="phoenix", name="Phoenix", city="Phoenix", state="AZ", postal_code="85004",
        latitude=33.4500, longitude=-112.0700, time_zone="America/Phoenix",
    )  # fmt: skip
    maya = build.specialist(session, slug="maya-ferreira", name="Maya Ferreira, DPT", languages="English, Portuguese")
    omar = build.specialist(session, slug="omar-haddad", name="Omar Haddad, DPT")
    lena = build.specialist(session, slug="lena-begay", name="Lena Begay, DPT")
    build.shift(session, maya, downtown, "Mon 09:00-17:00; Tue 09:00-17:00; Wed 09:00-17:00")
    build.shift(session, maya, south, "Thu 09:00-17:00; Fri 09:00-17:00")
    build.shift(session, omar, south)
    build.shift(session, lena, phoenix)
    for visit in (evaluation, follow_up):
        build.offer(session, visit, downtown, maya)
        build.offer(session, visit, south, maya)
        build.offer(session, visit, south, omar)
        build.offer(session, visit, phoenix, lena)
    build.offer(session, procedure, downtown, maya)
    now = FakeClock().now
    day = now.date()
    session.add(LocationDay(location_id=downtown.id, day=day.replace(day=26), hours="", reason="Thanksgiving"))
    session.add(LocationDay(location_id=downtown.id, day=day.replace(day=1), hours="", reason="Over already"))
    start = cell_at(now.replace(day=18, hour=0))
    session.add(Closure(location_id=downtown.id, start_cell=start, end_cell=start + 288, reason="Water damage"))


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    with databases.like("api", fill) as url:
        yield url


def openings(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    asked = {"near": "32801", "service": "physical-therapy"} | query
    answer = client.get("/api/v1/openings", query_string=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["openings"]
    return found


def once(key: str = KEY) -> dict[str, str]:
    return {"Idempotency-Key": key}


def hold(client: FlaskClient, opening: str, key: str = KEY) -> dict[str, Any]:
    answer = client.post("/api/v1/holds", json={"opening": opening}, headers=once(key))
    assert answer.status_code == 201, answer.text
    held: dict[str, Any] = answer.get_json()
    return held


PATIENT = {"given_name": "Rosa", "family_name": "Delgado", "birth_date": "1971-04-23", "phone": "(407) 555-0123"}


def booking(hold_token: str, **changes: Any) -> dict[str, Any]:
    """A request for an appointment; `patient__phone="…"` changes a member of the patient."""
    patient = {**PATIENT}
    request: dict[str, Any] = {"hold": hold_token, "patient": patient}
    for name, value in changes.items():
        if name.startswith("patient__"):
            patient[name.removeprefix("patient__")] = value
        else:
            request[name] = value
    return request
