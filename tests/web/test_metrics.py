"""What an operator watches: true numbers, nothing about anybody, and only for who may look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.scheduling.appointment import State
from clinic.domain.tokens import SlotRef, write_opening
from clinic.extensions import db
from clinic.store.audit.audit import note
from clinic.store.connect import begin_statement, begin_write
from clinic.store.operations import figures
from clinic.store.operations.demand import count_search
from clinic.usecases import booking
from clinic.usecases.audit import auditing
from clinic.usecases.operations.figures import read_figures
from tests import build
from tests.archive import TABLES, Archive
from tests.conftest import FakeClock
from tests.counting import counted_queries
from tests.demo import opened

TOKEN = "a token of the tests, long enough too"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
CANARY = "Canarybird"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def watched(app: Flask) -> FlaskClient:
    """The application with a token set."""
    configure(app, metrics_token=TOKEN)
    return app.test_client()


def configure(app: Flask, **changes: object) -> None:
    bound = app.extensions["clinic"]
    app.extensions["clinic"] = replace(bound, settings=replace(bound.settings, **changes))  # type: ignore[arg-type]


def scrape(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """(name, label values …) -> value."""
    answer = client.get("/metrics", headers=AUTHORIZED)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_only_who_has_the_token_looks(app: Flask, client: FlaskClient) -> None:
    assert client.get("/metrics", headers=AUTHORIZED).status_code == 404, "no token is set: there is no such page"
    configure(app, demo=True)
    assert client.get("/metrics").status_code == 200
    for demo in (True, False):
        configure(app, demo=demo, metrics_token=TOKEN)
        assert client.get("/metrics", headers=AUTHORIZED).status_code == 200
        for wrong in ("", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer é"):
            answer = client.get("/metrics", headers={"Authorization": wrong} if wrong else {})
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), wrong
            assert "clinic_" not in answer.text


def test_every_series_is_there_from_the_start_at_nought(watched: FlaskClient) -> None:
    found = scrape(watched)
    assert set(found.values()) == {0}
    for series in (
        ("clinic_outbox_waiting", "due"), ("clinic_deliveries_total", "mail", "failed"), ("clinic_bookings_total", "web"),
        ("clinic_searches_total", "not_found"), ("clinic_cancellations_total",), ("clinic_offers", "accepted"),
        ("clinic_holds",), ("clinic_waitlist_entries",), ("clinic_audit_unsealed",), ("clinic_delivery_retries_total", "text"),
    ):  # fmt: skip
        assert series in found


def test_holds_bookings_and_cancellations_as_they_happen(watched: FlaskClient, database: str, clock: FakeClock) -> None:
    with opened(database) as session:
        place, person, kind = build.practice(session)

        def opening(hours: int) -> str:
            cell = int((clock() + timedelta(days=1, hours=hours)).timestamp()) // 300
            return write_opening(build.KEY, SlotRef(kind.id, place.id, person.id, cell))

        def hold(hours: int, who: build.Who = build.PATIENT) -> booking.Hold:
            return booking.hold(session, opening(hours), key=build.KEY, who=who, now=clock())

        visit = booking.confirm(session, hold(1).token, build.details(), key=build.KEY, who=build.PATIENT, now=clock())
        booking.confirm(
            session, hold(3, build.STAFF).token, build.details(phone="407 555 0177"), key=build.KEY, who=build.STAFF, now=clock()
        )
        hold(5)
        booking.cancel(session, visit.manage_token, "", key=build.KEY, who=build.PATIENT, now=clock())
        for found in (True, True, False):
            begin_statement(session)
            count_search(session, "32801", "physical-therapy", found=found)
            session.commit()
    read = scrape(watched)
    assert read["clinic_holds",] == 1
    assert (read["clinic_bookings_total", "web"], read["clinic_bookings_total", "phone"]) == (1, 1)
    assert (read["clinic_cancellations_total",], read["clinic_audit_actions_total", "hold"]) == (1, 3)
    assert (read["clinic_searches_total", "found"], read["clinic_searches_total", "not_found"]) == (2, 1)
    assert (read["clinic_outbox_waiting", "due"], read["clinic_audit_unsealed",]) == (3, 6)
    clock.forward(minutes=15)
    read = scrape(watched)
    assert read["clinic_holds",] == 0, "it lapsed, whether or not it was swept"
    assert read["clinic_outbox_oldest_due_seconds",] == 900
    with opened(database) as session:
        auditing.seal(session, now=clock())
    assert scrape(watched)["clinic_audit_unsealed",] == 0
    clock.forward(days=1)
    read = scrape(watched)
    assert (read["clinic_bookings_total", "web"], read["clinic_searches_total", "found"]) == (0, 2)


def test_messages_the_waitlist_and_tasks(watched: FlaskClient, database: str, clock: FakeClock) -> None:
    now = clock()
    with opened(database) as session:
        archive = Archive(session, now)
        visit = archive.appointment(now + HOUR, patient_id=archive.patient(now), state=State.BOOKED)
        failed = archive.message(visit, now - MINUTE)
        began = archive.message(archive.hold(now), now - 26 * HOUR)
        waits = archive.message(archive.hold(now), now - 5 * MINUTE, done=False)
        archive.message(archive.hold(now), now + HOUR, done=False)
        begin_write(session)
        delivery = TABLES["delivery"]
        session.execute(update(delivery).where(delivery.c.id == failed).values(outcome="failed", tries=4, channel="text"))
        session.execute(update(delivery).where(delivery.c.id == waits).values(tries=2))
        session.execute(update(delivery).where(delivery.c.id == began).values(tries=9))
        session.execute(insert(TABLES["outbox"]).values(appointment_id=visit, event="moved", sequence=1, due_at=now + HOUR))
        session.commit()
        entry = archive.entry(None)
        archive.entry(now)
        archive.offer(archive.freed(None), visit, entry, now)
        archive.offer(archive.freed(None), visit, entry, now - 24 * HOUR)
        archive.task()
        archive.task(done=now)
    read = scrape(watched)
    assert (read["clinic_deliveries_total", "text", "failed"], read["clinic_delivery_retries_total", "text"]) == (1, 3)
    assert (read["clinic_deliveries_total", "mail", "sent"], read["clinic_delivery_retries_total", "mail"]) == (0, 0)
    assert (read["clinic_deliveries_waiting", "mail", "due"], read["clinic_deliveries_waiting", "mail", "later"]) == (1, 1)
    assert read["clinic_deliveries_oldest_due_seconds", "mail"] == 300
    assert (read["clinic_outbox_waiting", "due"], read["clinic_outbox_waiting", "later"]) == (0, 1)
    assert (read["clinic_waitlist_entries",], read["clinic_offers", "lapsed"], read["clinic_tasks_open", "failed_message"]) == (
        1,
        1,
        1,
    )


def test_nothing_is_about_anybody(watched: FlaskClient, database: str, clock: FakeClock) -> None:
    with opened(database) as session:
        archive = Archive(session, clock())
        patient = build.patient(session, now=clock(), given_name=CANARY, family_name=CANARY, email=f"{CANARY}@example.org").id
        visit = archive.appointment(clock(), patient_id=patient, state=State.BOOKED, reason=CANARY, cancel_reason=CANARY)
        delivery = archive.message(visit, clock(), done=False)
        begin_write(session)
        session.execute(update(TABLES["delivery"]).values(recipient=CANARY, body=CANARY, detail=CANARY))
        session.execute(
            insert(TABLES["intake"]).values(appointment_id=visit, given_name=CANARY, language="en", interpreter=False)
        )
        note(session, visit, actor=CANARY, action=Action.BOOK, now=clock(), patient_id=patient, detail=CANARY)
        session.commit()
        archive.entry(None, said=CANARY, near=CANARY, hours=CANARY)
        archive.task(appointment_id=visit, patient_id=patient, delivery_id=delivery)
        place = archive.place
    answer = watched.get("/metrics", headers=AUTHORIZED).text
    assert 'clinic_bookings_total{channel="web"} 1.0' in answer
    for private in (CANARY, CANARY.lower(), place.name, place.slug, place.postal_code):
        assert private not in answer


def test_it_asks_the_same_few_questions_however_much_there_is(app: Flask, database: str, clock: FakeClock) -> None:
    def asked() -> int:
        with app.app_context(), counted_queries(db.engine) as statements:
            read_figures(db.session(), now=clock())
        return len(statements)

    few = asked()
    with opened(database) as session:
        archive = Archive(session, clock())
        for hours in range(5):
            archive.visit(clock() - hours * HOUR, archive.patient(clock()))
            archive.entry(None)
    assert asked() == few <= 12


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_the_first_audit_row_of_a_day_is_found_by_halving(session: Session, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_SLACK", 0)
    midnight = datetime(2026, 11, 16, tzinfo=UTC)
    for split in range(0, count + 1, max(1, count // 7)):
        begin_write(session)
        session.execute(TABLES["audit"].delete())
        for number in range(count):
            note(session, None, actor="x", action=Action.BOOK, now=midnight + (number - split) * timedelta(seconds=30))
        session.commit()
        expected = {("book", ""): count - split} if count > split else {}
        assert figures.changes(session, since=midnight) == expected
        session.rollback()
