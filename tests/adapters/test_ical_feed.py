"""A calendar to subscribe to, read by two libraries that share no code: the same instants over both clock changes, every year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from clinic.adapters.ical_feed import FeedEntry, observances, write_feed

STAMP = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
CHANGING = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Boise", "America/Los_Angeles", "America/Anchorage",
    "America/Adak", "America/Indiana/Indianapolis", "America/Detroit",
)  # fmt: skip
FIXED = ("America/Phoenix", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam")


def entry(start: datetime, zone: str = "America/New_York", **changed: Any) -> FeedEntry:
    values: dict[str, Any] = {
        "uid": "calendar-7@book.example.org", "sequence": 0, "start": start, "end": start + timedelta(minutes=45),
        "time_zone": zone, "summary": "Visit", "place": "Lake Clinic, 6 Orange Avenue, Orlando, FL 32801", "cancelled": False,
    }  # fmt: skip
    return FeedEntry(**{**values, **changed})


Spans = list[tuple[str, datetime, datetime]]


def read(file: bytes) -> tuple[Spans, Spans]:
    """(UID, start, end) of every visit, in UTC, as each of the two reads them. The second knows no zone but from the file."""
    one = [
        (str(event["uid"]), event.decoded("dtstart").astimezone(UTC), event.decoded("dtend").astimezone(UTC))
        for event in icalendar.Calendar.from_ical(file).walk("VEVENT")
    ]
    vobject.icalendar.getTzid("America/New_York")  # its registry exists
    for zone in (*CHANGING, *FIXED):
        vobject.icalendar.registerTzid(zone, None)
    other = [
        (event.uid.value, event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC))
        for event in vobject.readOne(file.decode()).contents.get("vevent", [])
    ]
    return one, other


def around_changes(zone: str) -> list[datetime]:
    """Every quarter of an hour from three hours before to three after each clock change, 2026 to 2031, and some days besides."""
    changes = [(2026, 3, 8, 11, 1), (2027, 3, 14, 11, 7), (2028, 3, 12, 11, 5), (2029, 3, 11, 11, 4), (2030, 3, 10, 11, 3)]
    changes.append((2031, 3, 9, 11, 2))
    offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    starts = []
    for year, march, second, november, first in changes:
        for month, day in ((march, second), (november, first)):
            at = datetime(year, month, day, 2, tzinfo=UTC) - offset
            starts += [at + timedelta(minutes=15 * quarter) for quarter in range(-12, 13)]
    rng = Random(zone)
    return starts + [STAMP + timedelta(minutes=5 * rng.randrange(5 * 365 * 288)) for _ in range(50)]


@pytest.mark.parametrize("zone", [*CHANGING, *FIXED])
def test_two_readers_read_the_same_instants(zone: str) -> None:
    wanted = [(f"{n}@x", start, start + timedelta(minutes=45)) for n, start in enumerate(around_changes(zone))]
    file = write_feed("Visits", [entry(start, zone, uid=uid, end=end) for uid, start, end in wanted], stamp=STAMP)
    one, other = read(file)
    assert one == wanted
    assert other == wanted
    in_utc = sum(line.startswith(b"DTSTART:") and line.endswith(b"Z") for line in file.split(b"\r\n"))
    assert in_utc == (6 * 11 if zone in CHANGING else 0), "what touches the hour that comes twice, and no more"
    print(f"\n{zone}: {len(wanted)} visits, {in_utc} of them in UTC")


def test_the_second_reader_takes_the_zone_from_the_file() -> None:
    """Or the test above would prove nothing of our rules."""
    file = write_feed("Visits", [entry(datetime(2026, 7, 1, 13, tzinfo=UTC))], stamp=STAMP)
    wrong = file.replace(b"TZOFFSETTO:-0400", b"TZOFFSETTO:-0300")
    assert read(wrong)[1] != read(file)[1]


def test_what_each_zone_says() -> None:
    assert observances("America/Chicago") == (
        "BEGIN:DAYLIGHT", "TZOFFSETFROM:-0600", "TZOFFSETTO:-0500", "TZNAME:CDT", "DTSTART:20070311T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "END:DAYLIGHT",
        "BEGIN:STANDARD", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0600", "TZNAME:CST", "DTSTART:20071104T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "END:STANDARD",
    )  # fmt: skip
    assert observances("America/Phoenix")[:4] == ("BEGIN:STANDARD", "TZOFFSETFROM:-0700", "TZOFFSETTO:-0700", "TZNAME:MST")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Havana", "Africa/Casablanca"])
def test_a_zone_with_rules_of_its_own_is_written_in_utc(zone: str) -> None:
    start = datetime(2026, 7, 1, 13, tzinfo=UTC)
    file = write_feed("Visits", [entry(start, zone)], stamp=STAMP)
    assert b"VTIMEZONE" not in file
    assert read(file)[0] == read(file)[1] == [("calendar-7@book.example.org", start, start + timedelta(minutes=45))]


def test_what_a_feed_says() -> None:
    file = write_feed("Impact Medical", [entry(STAMP, sequence=3), entry(STAMP, uid="b@x", cancelled=True)], stamp=STAMP)
    calendar = icalendar.Calendar.from_ical(file)
    assert {name: str(calendar[name]) for name in ("method", "version", "name", "x-wr-calname", "x-published-ttl")} == {
        "method": "PUBLISH", "version": "2.0", "name": "Impact Medical", "x-wr-calname": "Impact Medical",
        "x-published-ttl": "PT1H",
    }  # fmt: skip
    assert calendar.decoded("refresh-interval") == timedelta(hours=1)
    assert calendar["refresh-interval"].params["value"] == "DURATION"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]
    one, other = calendar.walk("VEVENT")
    assert {name: str(one[name]) for name in one} == {
        "UID": "calendar-7@book.example.org", "SEQUENCE": "3", "SUMMARY": "Visit", "STATUS": "CONFIRMED", "CLASS": "PRIVATE",
        "TRANSP": "OPAQUE", "LOCATION": "Lake Clinic, 6 Orange Avenue, Orlando, FL 32801",
        **{name: str(one[name]) for name in ("DTSTAMP", "DTSTART", "DTEND")},
    }  # fmt: skip
    assert one.decoded("dtstamp") == STAMP
    assert (str(other["status"]), str(other["transp"])) == ("CANCELLED", "TRANSPARENT")
    assert one["dtstart"].params["tzid"] == "America/New_York"


def test_an_empty_feed_can_be_read() -> None:
    assert read(write_feed("Visits", [], stamp=STAMP)) == ([], [])


def test_lines_are_folded_marks_escaped_and_nobody_writes_lines_of_their_own() -> None:
    place = 'Clínica "Lago", Norte; 2 \\ 3 — ' + "muy largo 療養 " * 12 + "fin\r\nX-OWN:1\x00"
    file = write_feed("A; B, C\r\nX-OWN:1", [entry(STAMP, place=place)], stamp=STAMP)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert b"\r\nNAME:A\\; B\\, C\\nX-OWN:1\r\n" in file
    assert b"\r\nX-OWN" not in file
    [event] = icalendar.Calendar.from_ical(file).walk("VEVENT")
    other = vobject.readOne(file.decode()).vevent
    assert str(event["location"]) == other.location.value == place.replace("\r", "").replace("\x00", "")
