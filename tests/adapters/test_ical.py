"""Calendar files, read back by two libraries that share no code: the same instants, and nothing that should not stand there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from clinic.adapters.ical import CalendarEntry, write_calendar

STAMP = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


def entry(start: datetime, **changed: Any) -> CalendarEntry:
    values: dict[str, Any] = {
        "uid": "7Q2M9XKD4TR@book.example.org", "sequence": 0, "start": start, "end": start + timedelta(minutes=45),
        "clinic": "Lake Clinic", "address": "6 Orange Avenue, Orlando, FL 32801", "description": "Call (407) 555-0100.",
        "url": "https://book.example.org/visit", "cancelled": False, "stamp": STAMP,
    }  # fmt: skip
    return CalendarEntry(**{**values, **changed})


def spans(file: bytes) -> list[tuple[datetime, datetime]]:
    """Start and end as each of the two reads them."""
    one = icalendar.Calendar.from_ical(file).walk("VEVENT")[0]
    other = vobject.readOne(file.decode()).vevent
    return [
        (one.decoded("dtstart").astimezone(UTC), one.decoded("dtend").astimezone(UTC)),
        (other.dtstart.value.astimezone(UTC), other.dtend.value.astimezone(UTC)),
    ]


@pytest.mark.parametrize(
    ("zone", "wall"),
    [
        ("America/New_York", (2026, 3, 8, 1, 45)),  # a quarter of an hour before the clocks go forward, and over it
        ("America/New_York", (2026, 3, 8, 3, 0)),
        ("America/Chicago", (2026, 11, 1, 0, 45)),  # the hour that comes twice begins
        ("America/Chicago", (2026, 11, 1, 2, 0)),
        ("America/Phoenix", (2026, 7, 1, 9, 0)),  # no daylight saving time
        ("America/Denver", (2026, 7, 1, 9, 0)),
        ("Pacific/Honolulu", (2026, 7, 1, 9, 0)),
        ("Pacific/Guam", (2026, 12, 31, 9, 0)),  # the day before, in UTC
        ("America/Adak", (2026, 7, 4, 16, 30)),
        ("America/Puerto_Rico", (2026, 3, 8, 2, 30)),  # an hour that New York does not have
    ],
)
def test_two_readers_read_the_same_instants(zone: str, wall: tuple[int, int, int, int, int]) -> None:
    start = datetime(*wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert spans(write_calendar(entry(start))) == [(start, start + timedelta(minutes=45))] * 2
    local = start.astimezone(ZoneInfo(zone))
    assert spans(write_calendar(entry(local, end=start + timedelta(minutes=45)))) == [(start, start + timedelta(minutes=45))] * 2


def test_what_an_entry_says() -> None:
    file = write_calendar(entry(STAMP, sequence=3))
    calendar = icalendar.Calendar.from_ical(file)
    event = calendar.walk("VEVENT")[0]
    assert (str(calendar["method"]), str(calendar["version"])) == ("PUBLISH", "2.0")
    assert {name: str(event[name]) for name in ("uid", "summary", "status", "class", "location", "url")} == {
        "uid": "7Q2M9XKD4TR@book.example.org", "summary": "Appointment at Lake Clinic", "status": "CONFIRMED",
        "class": "PRIVATE", "location": "6 Orange Avenue, Orlando, FL 32801", "url": "https://book.example.org/visit",
    }  # fmt: skip
    assert (event["sequence"], event.decoded("dtstamp")) == (3, STAMP)
    assert (
        str(icalendar.Calendar.from_ical(write_calendar(entry(STAMP, cancelled=True))).walk("VEVENT")[0]["status"]) == "CANCELLED"
    )


def test_lines_are_folded_and_marks_are_escaped() -> None:
    clinic = 'Clínica "Lago", Norte; 2 \\ 3 — ' + "muy largo " * 12 + "fin"
    file = write_calendar(entry(STAMP, clinic=clinic, description="One\nTwo, three; four"))
    lines = file.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in file.replace(b"\r\n", b"")
    event = icalendar.Calendar.from_ical(file).walk("VEVENT")[0]
    other = vobject.readOne(file.decode()).vevent
    assert str(event["summary"]) == other.summary.value == f"Appointment at {clinic}"
    assert str(event["description"]) == other.description.value == "One\nTwo, three; four"


@pytest.mark.parametrize(("method", "status"), [("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")])
def test_an_invitation_goes_from_the_clinic_to_one_person_who_has_agreed(method: str, status: str) -> None:
    people = {"organizer": "visits@book.example.org", "brand": 'Back, "Neck"; Spine: Ñ', "attendee": "ana+visits@example.org"}
    file = write_calendar(entry(STAMP, method=method, cancelled=method == "CANCEL", sequence=4, **people))
    calendar, other = icalendar.Calendar.from_ical(file), vobject.readOne(file.decode())
    [event] = calendar.walk("VEVENT")
    assert str(calendar["method"]) == other.method.value == method
    assert str(event["status"]) == other.vevent.status.value == status
    assert (str(event["uid"]), event["sequence"]) == ("7Q2M9XKD4TR@book.example.org", 4)
    assert str(event["organizer"]) == other.vevent.organizer.value == "mailto:visits@book.example.org"
    assert event["organizer"].params["cn"].replace("'", '"') == 'Back, "Neck"; Spine: Ñ'
    assert str(event["attendee"]) == other.vevent.attendee.value == "mailto:ana+visits@example.org"
    assert dict(event["attendee"].params) == {
        "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE",
    }  # fmt: skip
    assert spans(file) == [(STAMP, STAMP + timedelta(minutes=45))] * 2
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


def test_a_file_to_download_names_nobody() -> None:
    file = write_calendar(entry(STAMP, organizer="visits@book.example.org", attendee="ana@example.org"))
    assert b"ORGANIZER" not in file
    assert b"ana" not in file


def test_an_address_cannot_write_lines_of_its_own() -> None:
    file = write_calendar(
        entry(
            STAMP,
            method="REQUEST",
            organizer="visits@book.example.org",
            attendee="a\r\nX-OWN:1@example.org",
            brand="A\r\nX-OWN:1",
        )
    )
    assert b"\r\nX-OWN" not in file


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "REQUEST"},
        {"method": "CANCEL", "cancelled": True, "organizer": "visits@book.example.org"},
        {"method": "REQUEST", "cancelled": True, "organizer": "visits@book.example.org", "attendee": "ana@example.org"},
        {"method": "CANCEL", "organizer": "visits@book.example.org", "attendee": "ana@example.org"},
    ],
)
def test_half_an_invitation_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"REQUEST|CANCEL"):
        entry(STAMP, **changed)
