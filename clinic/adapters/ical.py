"""A visit as an iCalendar object (RFC 5545, 5546), to be added to a calendar that others may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

PRODUCT = "-//Clinic booking//Visits//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """All that may stand there: never the service, the reason, the specialist or the patient's name.

    `uid` stays for the life of the visit, `sequence` rises whenever it is moved or cancelled. Times are aware; `stamp` is
    when the object was made. `url` is where the visit can be changed, without a key to it.

    `method` "PUBLISH" is a file to download. "REQUEST" invites and "CANCEL" takes back: mailed from `organizer`, the
    address they come from, with the name `brand`, to the address `attendee`, who has agreed already by booking.
    ValueError for one of these without the addresses, and for a REQUEST of a visit that is cancelled.
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
    method: Literal["PUBLISH", "REQUEST", "CANCEL"] = "PUBLISH"
    organizer: str = ""
    brand: str = ""
    attendee: str = ""

    def __post_init__(self) -> None:
        if self.method != "PUBLISH" and not (self.organizer and self.attendee):
            raise ValueError(f"a {self.method} goes from an organizer to an attendee")
        if self.method != "PUBLISH" and self.cancelled != (self.method == "CANCEL"):
            raise ValueError("a visit that is cancelled has a CANCEL, any other a REQUEST")


def write_calendar(entry: CalendarEntry) -> bytes:
    """The object. Times are written in UTC: the same instant for every reader, and no table of time zones to disagree about."""
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
    if entry.method != "PUBLISH":
        event.add("organizer", _mailto(entry.organizer), parameters={"cn": entry.brand} if entry.brand else {})
        event.add("attendee", _mailto(entry.attendee), parameters=_AGREED)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", entry.method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


# Nothing to answer: whoever cannot come says so where the visit can be changed, not to the mailbox that this came from.
_AGREED = {"cutype": "INDIVIDUAL", "role": "REQ-PARTICIPANT", "partstat": "ACCEPTED", "rsvp": "FALSE"}


def _mailto(address: str) -> str:
    return "mailto:" + quote(address, safe="@!$&'*+-/=^_`{|}~.")
