"""Specialists' own pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import Location, Offer, Specialist, VisitType
from clinic.store.tables.schedules import Shift
from tests import build
from tests.web.visiting import openings, text_of, title_of


@pytest.fixture
def dana(database: str) -> Iterator[tuple[Session, Specialist]]:
    """A session over the pages' world, and somebody in it."""
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as session:
        yield session, session.scalars(select(Specialist).where(Specialist.name == "Dana Brook, PT")).one()
    engine.dispose()


def test_a_specialist_with_clinic_days_services_and_first_times(client: FlaskClient, dana: tuple[Session, Specialist]) -> None:
    session, person = dana
    person.about = "Helps people <move> well again. Likes mornings."
    session.commit()
    page = client.get(f"/specialists/{person.slug}")
    assert title_of(page).startswith("Dana Brook, PT")
    text = text_of(page)
    for fact in (
        "Physical therapist", "Helps people <move> well again. Likes mornings.", "Speaks English, Spanish.", "Lake Clinic",
        "Monday, Tuesday, Wednesday, Thursday, Friday", "(407) 555-0100", "Physical therapy Evaluation, 60 minutes",
        "Today 9:00 AM EST", "See all times for Physical therapy with Dana Brook, PT", "Our staff arrange this visit with you.",
    ):  # fmt: skip
        assert fact in text, fact
    html = page.get_data(as_text=True)
    assert f'href="/specialists/{person.slug}/times?visit_type=therapy-first"' in html
    assert 'href="/locations/lake"' in html
    assert len(openings(page)) == 6
    assert f'<link rel="canonical" href="http://localhost/specialists/{person.slug}">' in html


def test_with_two_clinics_each_time_says_where(client: FlaskClient, dana: tuple[Session, Specialist]) -> None:
    session, person = dana
    slug, river = person.slug, session.scalars(select(Location).where(Location.slug == "river")).one()
    visit = session.scalars(select(VisitType).where(VisitType.slug == "therapy-first")).one()
    river.name = "Impact Medical River"
    session.commit()
    for row in (river, person, visit):
        session.refresh(row)
    session.expunge_all()
    build.shift(session, person, river, "Sat 09:00-11:00")
    build.offer(session, visit, river, person)
    text = text_of(client.get(f"/specialists/{slug}"))
    assert "Today 9:00 AM EST Lake Clinic with Dana Brook, PT" in text
    assert "Impact Medical River" in text
    assert "Saturday" in text


def test_nobody_knows_where(client: FlaskClient, dana: tuple[Session, Specialist]) -> None:
    session, person = dana
    slug = person.slug
    for table in (Offer, Shift):
        for row in session.scalars(select(table).where(table.specialist_id == person.id)):
            session.delete(row)
    session.commit()
    text = text_of(client.get(f"/specialists/{slug}"))
    assert "Please call to ask what Dana Brook, PT offers." in text
    assert "Call (407) 555-0100, and we will find a time." in text_of(client.get(f"/specialists/{slug}/times"))


def test_a_specialist_who_left_is_not_found(client: FlaskClient, dana: tuple[Session, Specialist]) -> None:
    session, person = dana
    slug, person.active = person.slug, False
    session.commit()
    assert client.get(f"/specialists/{slug}").status_code == 404
    assert "Dana Brook" not in text_of(client.get("/locations/lake"))
