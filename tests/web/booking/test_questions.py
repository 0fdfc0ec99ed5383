"""Before a visit: what to know before booking, how to prepare, questions; and answers of the guide that go along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from clinic.config import CONTENT
from clinic.factory import create_app
from clinic.store.connect import engine_options
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.pages import ReadingClient
from tests.web.care.test_pathway import go_through
from tests.web.visiting import check_answers, hidden, press_a_time, text_of, title_of

MEDICINE = "Do not stop any medicine until the clinic has told you to."


@pytest.fixture
def database(database: str) -> str:
    """The first therapy visit is one that clinicians wrote about."""
    run(database, "update visit_type set slug = 'physical-therapy-evaluation' where slug = 'therapy-first'")
    return database


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, **engine_options(url))
    with engine.begin() as connection:
        done = connection.execute(text(statement))
        rows = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return rows


def book(client: FlaskClient, **pressed: str) -> str:
    """Press a time and book it; the address of the page that says so."""
    details = press_a_time(client)
    page = check_answers(client, details)
    return client.post(details.replace("/details", "/confirm"), data=hidden(page) | pressed).location


def test_what_to_know_stands_before_the_button_and_after_it(client: FlaskClient) -> None:
    details = press_a_time(client)
    check = text_of(check_answers(client, details))
    assert check.index("Before you book, please know") < check.index(MEDICINE) < check.index("Book this visit")
    booked = text_of(client.get(book(client)))
    assert MEDICINE in booked
    assert booked.count(MEDICINE) == 1


def test_a_clinic_prepares_its_patients_in_its_own_words(database: str, clock: FakeClock, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    file = folder / "preparation.yaml"
    own = "locations: {lake: {physical-therapy-evaluation: {version: 1, lines: {arrive: Use the north door., note: null}}}}"
    file.write_text(file.read_text(encoding="utf-8").replace("locations: {}", own), encoding="utf-8")
    app = create_app(settings_for(database, content=folder), clock=clock)
    app.test_client_class = ReadingClient
    client = app.test_client()
    check = text_of(check_answers(client, press_a_time(client)))
    booked = client.get(book(client))
    for page in (check, text_of(booked)):
        assert "Use the north door." in page
        assert "Come a few minutes early" not in page
        assert "Ask your health plan if you need a note" not in page
        assert MEDICINE in page
    printed = booked.get_data(as_text=True).partition('id="prepare"')[2].partition("</section>")[0]
    assert "Use the north door." in printed
    assert "screen-only" not in printed.partition("Use the north door.")[0]
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def test_questions_are_answered_once_and_shown_to_nobody(client: FlaskClient, database: str) -> None:
    booked = book(client)
    assert f'href="{booked}/questions"' in client.get(booked).get_data(as_text=True)
    page = client.get(f"{booked}/questions")
    assert title_of(page).startswith("Questions before your visit")
    told = {"injections_when": ["under_2_weeks"], "injections_when-words": "purple walrus", "pain_start": ["not_sure"]}
    sent = client.post(f"{booked}/questions", data=hidden(page) | told)
    assert sent.location == booked
    after = text_of(client.get(booked))
    assert "Only the people who treat you read your answers" in after
    again = client.get(f"{booked}/questions").get_data(as_text=True)
    assert "You have answered before" in again
    assert "walrus" not in again
    assert " checked>" not in again
    assert "walrus" not in str(run(database, "select * from sealed_answers"))
    assert [kind for (kind,) in run(database, "select kind from task")] == ["call_about_answers"]


def test_an_answer_that_cannot_be_keeps_the_others(client: FlaskClient) -> None:
    booked = book(client)
    page = client.get(f"{booked}/questions")
    told = {"injections_when": ["none", "not_sure"], "pain_place": ["low_back"], "pain_start": ["not_sure"]}
    refused = client.post(f"{booked}/questions", data=hidden(page) | told)
    assert refused.status_code == 422
    assert title_of(refused).startswith("Error: ")
    assert 'id="pain_start-not_sure" name="pain_start" type="radio" value="not_sure" checked' in refused.get_data(as_text=True)


def test_a_stranger_sees_no_questions(client: FlaskClient) -> None:
    booked = book(client)
    other = client.application.test_client()
    assert other.get(f"{booked}/questions").location == booked
    assert other.post(f"{booked}/questions", data=hidden(other.get("/visit"))).status_code in (303, 400)
    assert other.get("/visit/questions").status_code == 403


def test_answers_of_the_guide_go_along_only_if_the_patient_says_so(client: FlaskClient, database: str) -> None:
    go_through(client)
    details = press_a_time(client)
    page = check_answers(client, details)
    assert "Send my answers from the guide" in text_of(page)
    assert 'name="send_pathway" type="checkbox" value="y">' in page.get_data(as_text=True)
    client.post(details.replace("/details", "/confirm"), data=hidden(page))
    assert run(database, "select * from sealed_answers") == []
    book(client, send_pathway="y", given_name="Another")
    assert [kind for (kind,) in run(database, "select kind from sealed_answers")] == ["pathway"]
    # They have gone; the browser carries them no longer.
    assert client.get("/care/pathway/result").location == "/care/pathway"
