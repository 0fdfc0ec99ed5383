"""A specialist's calendar over HTTP: its address, the file behind it, and what two calendar programs read in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import TimeRefused
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment
from tests import build
from tests.web.staff import hire, signed_in
from tests.web.visiting import hidden, text_of

# Around the change of 14 March 2027 and that of 7 November: nine in the evening before to three in the afternoon after.
SPRING, AUTUMN = datetime(2027, 3, 14, 2, tzinfo=UTC), datetime(2027, 11, 7, 1, tzinfo=UTC)


def read(file: bytes) -> tuple[list[tuple[str, datetime, datetime]], list[tuple[str, datetime, datetime]]]:
    """(UID, start, end) of every visit, in UTC, as each of the two libraries reads them; the second with the file's zones."""
    for zone in ("America/New_York", "America/Chicago"):
        vobject.icalendar.getTzid(zone)
        vobject.icalendar.registerTzid(zone, None)
    one: list[tuple[str, Any, Any]] = [
        (str(event["uid"]), event.decoded("dtstart").astimezone(UTC), event.decoded("dtend").astimezone(UTC))
        for event in icalendar.Calendar.from_ical(file).walk("VEVENT")
    ]
    other = [
        (event.uid.value, event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC))
        for event in vobject.readOne(file.decode()).vevent_list
    ]
    return one, other


@pytest.fixture
def ana(app: Flask, database: str, session: Session) -> FlaskClient:
    """A specialist at a clinic in Orlando, by day, and one in Alabama, by night."""
    here, person, kind = build.practice(session, weekly=build.EVERY_DAY)
    there = build.location(session, time_zone="America/Chicago")
    build.offer(session, kind, there, person)
    build.shift(session, person, there, "; ".join(f"{day} 18:00-06:00" for day in ("Sat", "Sun")))
    for change, place_of, hours in ((SPRING, there, 12), (AUTUMN, there, 12), (SPRING, here, 6), (AUTUMN, here, 6)):
        for hour in range(hours):
            start = change + timedelta(hours=hour if place_of is there else 14 + hour)
            wish = SlotRef(kind.id, place_of.id, person.id, cell_at(start))
            details = Details(build.patient(session, now=SPRING, family_name="Okafor").id)
            begin_write(session)
            try:
                place.book(session, wish, details, who=build.STAFF, now=change - timedelta(days=40))
            except TimeRefused:  # in the hour that comes twice, it starts but once
                session.rollback()
            session.commit()
    hire(app, database, "Ana", Grant(Role.SPECIALIST), specialist_id=person.id)
    return signed_in(app, database, "Ana")


def address_on(page: Any) -> str:
    found = re.search(r'<code class="key">http://[^/]*([^<]*)</code>', page.get_data(as_text=True))
    return found[1] if found else ""


def press(client: FlaskClient, what: str) -> str:
    page = client.get("/portal/calendar")
    answer = client.post(f"/portal/calendar/{what}", data=hidden(page))
    assert (answer.status_code, answer.location) == (303, "/portal/calendar")
    return address_on(client.get("/portal/calendar"))


def test_two_programs_read_the_same_instants_over_both_clock_changes(
    ana: FlaskClient, client: FlaskClient, session: Session
) -> None:
    assert address_on(ana.get("/portal/calendar")) == ""
    address = press(ana, "renew")
    answer = client.get(address)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    one, other = read(answer.data)
    assert one == other
    booked = session.execute(select(Appointment.start_at, Appointment.end_at).order_by(Appointment.start_at)).all()
    assert [(start, end) for _, start, end in one] == [tuple(visit) for visit in booked]
    days = {start.date() for _, start, _ in one}
    assert {SPRING.date(), AUTUMN.date()} <= days
    assert len(one) > 20
    for private in (b"Okafor", b"Maria", b"@example.org"):
        assert private not in answer.data


def test_an_address_that_opens_nothing_is_not_found_and_stands_in_no_log(
    ana: FlaskClient, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    old = press(ana, "renew")
    assert client.get(old).status_code == 200
    with caplog.at_level("INFO"):
        new = press(ana, "renew")
        assert old != new
        dead = (old, old.replace("-", "-x"), "/calendar/x.ics", "/calendar/.ics")
        assert [client.get(path).status_code for path in (new, *dead)] == [200, 404, 404, 404, 404]
    secret = old.partition("-")[2].removesuffix(".ics")
    assert not [record for record in caplog.records if secret in f"{record.getMessage()} {vars(record)}"]
    page = text_of(ana.get("/portal/calendar"))
    assert "It was last read on Monday, November 16, 2026" in page
    assert press(ana, "stop") == ""
    assert client.get(new).status_code == 404
    assert "Your calendar is stopped" in text_of(ana.get("/portal/calendar"))
    assert client.get(press(ana, "renew")).status_code == 200


def test_an_administrator_stops_a_calendar_that_got_about(
    app: Flask, database: str, ana: FlaskClient, client: FlaskClient
) -> None:
    address = press(ana, "renew")
    hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))
    ada = signed_in(app, database, "Ada")
    (found,) = re.findall(r'href="(/portal/specialists/\d+)/day"', ada.get("/portal/day").get_data(as_text=True))
    page = ada.get(f"{found}/day")
    assert ada.post(f"{found}/stop-calendar", data=hidden(page), follow_redirects=True).status_code == 200
    assert client.get(address).status_code == 404
    assert client.get(press(ana, "renew")).status_code == 200


def test_who_gives_no_visits_has_no_calendar(app: Flask, database: str) -> None:
    hire(app, database, "Lena", Grant(Role.SPECIALIST))
    lena = signed_in(app, database, "Lena")
    assert "no calendar yet" in text_of(lena.get("/portal/calendar"))
    assert lena.post("/portal/calendar/renew", data=hidden(lena.get("/portal/"))).status_code == 303
