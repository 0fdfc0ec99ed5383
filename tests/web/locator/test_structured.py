"""What search engines read: JSON-LD that an independent library understands, and that says what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import RDF
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import Location, Specialist
from tests import build
from tests.web.visiting import text_of

# rdflib 7 parses JSON-LD into a class of its own that it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SCHEMA = Namespace("https://schema.org/")
LAKE = URIRef("http://localhost/locations/lake#clinic")


@pytest.fixture
def world(database: str) -> Iterator[Session]:
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def source(page: TestResponse) -> dict[str, Any]:
    """The one block of the page, as JSON."""
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.get_data(as_text=True), re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found


def read(page: TestResponse) -> Graph:
    """The statements of the page. schema.org's own context says that plain names are its own: tests reach no network."""
    data = source(page)
    assert data["@context"] == "https://schema.org"
    return Graph().parse(data=json.dumps(data | {"@context": {"@vocab": str(SCHEMA)}}), format="json-ld")


def one(graph: Graph, subject: Any, name: str) -> Any:
    [value] = graph.objects(subject, SCHEMA[name])
    return value.toPython() if isinstance(value, Literal) else value


def values(graph: Graph, subject: Any, name: str) -> set[str]:
    return {str(value) for value in graph.objects(subject, SCHEMA[name])}


def test_a_clinic_says_what_its_page_says(client: FlaskClient) -> None:
    page = client.get("/locations/lake")
    graph, text = read(page), text_of(page)
    assert (LAKE, RDF.type, SCHEMA.MedicalClinic) in graph
    assert one(graph, LAKE, "name") == "Lake Clinic"
    assert one(graph, LAKE, "url") == "http://localhost/locations/lake"
    address = one(graph, LAKE, "address")
    parts = [one(graph, address, name) for name in ("streetAddress", "addressLocality", "addressRegion", "postalCode")]
    assert f"{parts[0]}, {parts[1]}, {parts[2]} {parts[3]}" in text
    assert one(graph, address, "addressCountry") == "US"
    assert one(graph, LAKE, "telephone") == "+14075550100"
    assert 'href="tel:+14075550100"' in page.get_data(as_text=True)
    geo = one(graph, LAKE, "geo")
    assert (one(graph, geo, "latitude"), one(graph, geo, "longitude")) == ("28.539900", "-81.372700")
    services = {one(graph, service, "name") for service in graph.objects(LAKE, SCHEMA.availableService)}
    assert services == {"Physical therapy", "Facet joint injections", "Nerve ablation"}
    assert all(f"{name}" in text for name in services)
    assert values(graph, LAKE, "medicalSpecialty") == {
        "https://schema.org/Musculoskeletal", "https://schema.org/Physiotherapy",
    }  # fmt: skip
    chain = one(graph, LAKE, "parentOrganization")
    assert (one(graph, chain, "name"), one(graph, chain, "url")) == ("Impact Medical", "http://localhost/")
    action = one(graph, LAKE, "potentialAction")
    assert (action, RDF.type, SCHEMA.ReserveAction) in graph
    assert one(graph, one(graph, action, "target"), "urlTemplate") == "http://localhost/locations/lake/times"


def hours(page: TestResponse) -> list[tuple[str, str, str]]:
    """(days or dates, opens, closes), as a machine reads them."""
    graph = read(page)
    rows = []
    for spec in graph.objects(LAKE, SCHEMA.openingHoursSpecification):
        days = ",".join(sorted(day.removeprefix(str(SCHEMA)) for day in values(graph, spec, "dayOfWeek")))
        when = days or "-".join(str(one(graph, spec, name)) for name in ("validFrom", "validThrough"))
        rows.append((when, one(graph, spec, "opens"), one(graph, spec, "closes")))
    return sorted(rows)


def test_hours_holidays_and_closures(client: FlaskClient, world: Session) -> None:
    site = world.scalars(select(Location).where(Location.slug == "lake")).one()
    site.hours = build.WEEKDAYS + "; Sat 22:00-02:00; Sun 08:00-10:00 11:00-12:00"
    world.commit()
    world.refresh(site)
    world.expunge(site)
    build.closure(world, site, datetime(2026, 11, 19, 5, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC))
    build.closure(world, site, datetime(2026, 12, 1, 19, tzinfo=UTC), datetime(2026, 12, 1, 20, tzinfo=UTC))
    page = client.get("/locations/lake")
    assert hours(page) == [
        ("2026-11-19-2026-11-20", "00:00", "00:00"),
        ("2026-11-26-2026-11-26", "00:00", "00:00"),
        ("2026-12-01-2026-12-01", "09:00", "14:00"),
        ("2026-12-01-2026-12-01", "15:00", "17:00"),
        ("Friday,Monday,Thursday,Tuesday,Wednesday", "09:00", "17:00"),
        ("Saturday", "22:00", "02:00"),
        ("Sunday", "08:00", "10:00"),
        ("Sunday", "11:00", "12:00"),
    ]
    text = text_of(page)
    for said in (
        "Monday 9:00 AM to 5:00 PM", "Saturday 10:00 PM to 2:00 AM", "Sunday 8:00 AM to 10:00 AM, 11:00 AM to noon",
        "Thu, Nov 19 to Fri, Nov 20 Closed", "Thu, Nov 26 Closed (Thanksgiving)",
        "Tue, Dec 1 9:00 AM to 2:00 PM, 3:00 PM to 5:00 PM",
    ):  # fmt: skip
        assert said in text, said


def test_around_the_clock_is_not_closed(client: FlaskClient, world: Session) -> None:
    world.scalars(select(Location).where(Location.slug == "lake")).one().hours = "Mon 00:00-24:00"
    world.commit()
    assert ("Monday", "00:00", "23:59") in hours(client.get("/locations/lake"))


def test_what_is_not_known_is_not_said(client: FlaskClient, world: Session) -> None:
    site = world.scalars(select(Location).where(Location.slug == "capital")).one()
    site.postal_code = None
    world.commit()
    data = source(client.get("/locations/capital"))
    assert "telephone" not in data
    assert "postalCode" not in data["address"]
    assert data["openingHoursSpecification"] == []


def test_a_person_says_what_their_page_says(client: FlaskClient, world: Session) -> None:
    person = world.scalars(select(Specialist).where(Specialist.name == "Dana Brook, PT")).one()
    slug, person.about = person.slug, "Helps people move well again."
    world.commit()
    page = client.get(f"/specialists/{slug}")
    graph, text = read(page), text_of(page)
    at = URIRef(f"http://localhost/specialists/{slug}#person")
    assert (at, RDF.type, SCHEMA.Person) in graph
    for name, value in (("name", "Dana Brook, PT"), ("jobTitle", "Physical therapist"), ("description", person.about)):
        assert one(graph, at, name) == value
        assert value in text
    assert values(graph, at, "knowsLanguage") == {"English", "Spanish"}
    assert one(graph, at, "workLocation") == LAKE
    assert one(graph, LAKE, "name") == "Lake Clinic"


def test_names_cannot_break_out_of_the_block(client: FlaskClient, world: Session) -> None:
    nasty = "</script><script>alert(1)</script> & “Sons”"
    world.scalars(select(Location).where(Location.slug == "lake")).one().name = nasty
    world.commit()
    page = client.get("/locations/lake")
    assert source(page)["name"] == nasty
    assert "<script>alert" not in page.get_data(as_text=True)
