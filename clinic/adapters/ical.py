"""A visit as an iCalendar file (RFC 5545), to be added to a calendar that others may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

PRODUCT = "-//Clinic booking//Visits//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """All that may stand there: never the service, the reason, the specialist or the patient.

    `uid` stays for the life of the visit, `sequence` rises whenever it is moved or cancelled. Times are aware; `stamp` is
    when the file was made. `url` is where the visit can be changed, without a key to it.
    """

    uid: str
    sequence: int
    start: datetime
    end: datetime
    clinic: str
    address: str
    description: str
    url: str
    cancelled: bool
    stamp: datetime


def write_calendar(entry: CalendarEntry) -> bytes:
    """The file. Times are written in UTC: the same instant for every reader, and no table of time zones to disagree about."""
    from icalendar import Calendar, Event  # it takes a while to import

    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    for name, instant in (("dtstamp", entry.stamp), ("dtstart", entry.start), ("dtend", entry.end)):
        event.add(name, instant.astimezone(UTC))
    event.add("summary", f"Appointment at {entry.clinic}")
    event.add("location", entry.address)
    event.add("description", entry.description)
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")  # a hint that calendars may follow; hence nothing that must be kept from others
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
