"""Mails as they arrive at a real server, read back by libraries that had no part in writing them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from clinic.adapters.delivery import Undelivered
from clinic.adapters.ical import CalendarEntry, write_calendar
from clinic.adapters.mail import Mail, Mailer, sender_line, write_mail
from tests.postbox import Postbox

DATE = datetime(2026, 10, 30, 14, 5, tzinfo=UTC)
SENDER = sender_line("Impact Medical", "visits@book.example.org")
TEXT = "Hello Ana,\n\nyour visit is on Friday, November 13, at 9:00 AM EST.\n.\n..dots\n"


def mail(**changed: Any) -> Mail:
    values: dict[str, Any] = {
        "to": "ana@example.org", "subject": "Your visit", "text": TEXT, "html": "<p>Hello Ana,</p>",
        "message_id": "<7Q2M9XKD.booked.0@book.example.org>",
    }  # fmt: skip
    return Mail(**{**values, **changed})


def invitation(start: datetime, method: str) -> bytes:
    return write_calendar(
        CalendarEntry(
            uid="7Q2M9XKD4TR@book.example.org", sequence=2, start=start, end=start + timedelta(minutes=45),
            clinic="Clínica del Lago", address="6 Orange Avenue, Orlando, FL 32801", description="Call (407) 555-0100.", url="https://book.example.org/visit",
            cancelled=method == "CANCEL", stamp=DATE, method=method, organizer="visits@book.example.org",  # type: ignore[arg-type]
            brand="Impact Medical", attendee="ana@example.org",
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Postbox]:
    with Postbox() as running:
        yield running


def arrived(box: Postbox, sent: Mail, sender: str = SENDER) -> EmailMessage:
    """The mail, through the server."""
    with Mailer(box.url, tls="starttls", sender=sender).open() as outlet:
        outlet.send(write_mail(sent, sender=sender, date=DATE))
    return box.received[-1].message


def words_of(message: EmailMessage, kind: str) -> str:
    return str(part(message, kind).get_content()).replace("\r\n", "\n")


def part(message: EmailMessage, kind: str) -> EmailMessage:
    [found] = [part for part in message.walk() if part.get_content_type() == kind]
    assert isinstance(found, EmailMessage)
    return found


def test_what_stands_on_the_envelope_and_in_the_head(box: Postbox) -> None:
    message = arrived(box, mail(headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}))
    received = box.received[-1]
    assert (received.sender, received.recipients, received.tls) == ("visits@book.example.org", ("ana@example.org",), True)
    assert {name: str(message[name]) for name in message if not name.startswith(("Content", "MIME"))} == {
        "From": "Impact Medical <visits@book.example.org>", "To": "ana@example.org", "Subject": "Your visit",
        "Date": "Fri, 30 Oct 2026 14:05:00 +0000", "Message-ID": "<7Q2M9XKD.booked.0@book.example.org>",
        "Auto-Submitted": "auto-generated", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }  # fmt: skip
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert words_of(message, "text/plain") == TEXT
    assert words_of(message, "text/html") == "<p>Hello Ana,</p>\n"


@pytest.mark.parametrize(
    "words",
    [
        "Hé, Zoë — “ok” 👩🏽‍⚕️",
        "x" * 3000,
        "\n.\n..\n.end",
        "From me\nFrom you",
        "ends without a line",
        "a\rb\r\nc",
        "Größe: 3,5 = 7/2 ?=",
    ],
)
def test_any_text_arrives_as_it_was(box: Postbox, words: str) -> None:
    message = arrived(box, mail(text=words, html=f"<p>{words}</p>"))
    lines = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert words_of(message, "text/plain").removesuffix("\n").split("\n") == lines
    assert words_of(message, "text/html").removesuffix("\n").split("\n") == f"<p>{'%'.join(lines)}</p>".split("%")
    raw = box.received[-1].content
    assert raw.isascii(), "a server on the way would have to write it anew"
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "brand",
    [
        "Impact Medical",
        'Back, Neck & "Spine"; Inc.',
        "Clínica Ñandú",
        "医療",
        "Back, Neck & Spine Clinics; Greater Area " * 2,
        "Clínicas (Back, Neck) & “Spine”, Greater Area; " * 3,
    ],
)
def test_the_brand_stands_before_the_address_whatever_its_letters(box: Postbox, brand: str) -> None:
    [address] = arrived(box, mail(), sender_line(brand.strip(), "visits@book.example.org"))["From"].addresses
    assert address.addr_spec == "visits@book.example.org"
    # The newer parser leaves a blank between two encoded words (RFC 2047 has none), hence the older.
    (line,) = (line for line in BytesParser().parsebytes(box.received[-1].content).get_all("From", []))
    assert parseaddr(line)[0] == brand.strip() or str(make_header(decode_header(parseaddr(line)[0]))) == brand.strip()
    assert all(len(line) <= 78 for line in box.received[-1].content.split(b"\r\n") if b"=?utf-8?" in line)


def test_long_headers_for_machines_stay_whole(box: Postbox) -> None:
    link = f"<https://book.example.org/unsubscribe/{'x' * 120}>"
    subject = "Su visita del viernes 13 de noviembre a las 9:00 está confirmada en la clínica del Lago, número dos de Orlando"
    id_ = f"<{'x' * 150}@book.example.org>"
    message = arrived(box, mail(subject=subject, headers={"List-Unsubscribe": link}, message_id=id_))
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in box.received[-1].content
    assert f"\r\nMessage-ID: {id_}\r\n".encode() in box.received[-1].content
    assert str(message["Subject"]) == subject


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
@pytest.mark.parametrize(
    ("zone", "wall"),
    [
        ("America/New_York", (2026, 10, 31, 9, 0)),  # the last morning of daylight saving time
        ("America/New_York", (2026, 11, 2, 9, 0)),
        ("America/Chicago", (2026, 11, 1, 0, 45)),  # a quarter of an hour before the hour that comes twice
        ("America/Phoenix", (2026, 11, 2, 9, 0)),
    ],
)
def test_two_libraries_read_the_invitation_that_arrived(box: Postbox, method: str, zone: str, wall: tuple[int, ...]) -> None:
    start = datetime(*wall, tzinfo=ZoneInfo(zone))  # type: ignore[misc, arg-type]
    instants = (start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=45))
    file = invitation(start.astimezone(UTC), method)
    message = arrived(box, mail(invitation=file, method=method))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    shown = part(message, "text/calendar")
    assert (shown["Content-Type"].params["method"], shown["Content-Type"].params["charset"]) == (method, "utf-8")
    attached = part(message, "application/ics")
    assert (attached.get_filename(), attached.get_content_disposition(), attached.get_content()) == (
        "invite.ics",
        "attachment",
        file,
    )
    for text in (shown.get_content(), attached.get_content().decode()):
        one = icalendar.Calendar.from_ical(text)
        [event] = one.walk("VEVENT")
        other = vobject.readOne(text)
        assert str(one["method"]) == other.method.value == method
        assert (event.decoded("dtstart"), event.decoded("dtend")) == instants
        assert (other.vevent.dtstart.value.astimezone(UTC), other.vevent.dtend.value.astimezone(UTC)) == instants
        assert event.decoded("dtstart").astimezone(ZoneInfo(zone)).replace(tzinfo=None) == start.replace(tzinfo=None)
        assert str(event["uid"]) == other.vevent.uid.value == "7Q2M9XKD4TR@book.example.org"
        assert (event["sequence"], str(event["status"])) == (2, "CANCELLED" if method == "CANCEL" else "CONFIRMED")
        assert other.vevent.attendee.value == "mailto:ana@example.org"
        assert other.vevent.organizer.params["CN"] == ["Impact Medical"]
        assert "Clínica del Lago" in str(event["summary"])


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "ana@example.org\r\nBcc: eve@example.org"},
        {"to": "ana@example.org, eve@example.org"},
        {"to": "Ana <ana@example.org>"},
        {"to": "ana@example.org>\n"},
        {"to": "ana\u00a0b@example.org"},
        {"to": "ana(eve@example.org)@example.org"},
        {"to": " ana@example.org"},
        {"to": "ana"},
        {"to": "ana@"},
        {"to": "@example.org"},
        {"to": ""},
        {"to": "undisclosed:;"},
        {"to": f"{'a' * 250}@example.org"},
        {"subject": "Your visit\nBcc: eve@example.org"},
        {"subject": "Your visit\u2028Bcc: eve@example.org"},
        {"subject": "Your\x00visit"},
        {"message_id": "<a@b>\r\nBcc: eve@example.org"},
        {"message_id": "a@b"},
        {"message_id": f"<{'a' * 990}@b>"},
        {"headers": {"List-Unsubscribe": "<a>\r\nBcc: eve@example.org"}},
        {"headers": {"X: y\r\nBcc": "eve@example.org"}},
        {"headers": {"Bcc": "eve@example.org"}},
        {"headers": {"content-type": "text/html"}},
        {"headers": {"List-Id": "é"}},
        {"headers": {"List-Unsubscribe": f"<https://book.example.org/{'a' * 990}>"}},
        {"invitation": b"BEGIN:VCALENDAR"},
        {"method": "REQUEST"},
        {"invitation": b"BEGIN:VCALENDAR", "method": "PUBLISH"},
        {"invitation": b"BEGIN:VCALENDAR", "method": "REQUEST\r\nX: y"},
        {"invitation": b"\xff", "method": "REQUEST"},
        {"text": "\udc80"},
    ],
)
def test_what_cannot_be_a_mail_is_refused_for_good_and_not_quoted(changed: dict[str, Any]) -> None:
    with pytest.raises(Undelivered) as refused:
        write_mail(mail(**changed), sender=SENDER, date=DATE)
    assert (refused.value.code, refused.value.permanent, refused.value.unreachable) == ("malformed", True, False)
    assert str(refused.value) == "malformed"


@pytest.mark.parametrize(
    "sender", ["Impact <visits@book.example.org>\r\nBcc: eve@example.org", f"{SENDER}, eve@example.org", "Impact"]
)
def test_a_sender_is_one_address(sender: str) -> None:
    with pytest.raises(Undelivered, match="malformed"):
        write_mail(mail(), sender=sender, date=DATE)
    with pytest.raises(ValueError, match="not an address"):
        sender_line("Impact", "visits@book.example.org\r\nBcc: eve@example.org")


def test_a_mail_never_shows_itself_in_a_log() -> None:
    assert "ana" not in repr(mail())


def test_a_retry_is_the_same_mail_to_the_last_byte() -> None:
    file = invitation(DATE, "REQUEST")
    first, again = (write_mail(mail(invitation=file, method="REQUEST"), sender=SENDER, date=DATE).as_bytes() for _ in range(2))
    assert first == again


def test_a_date_without_a_zone_is_none() -> None:
    with pytest.raises(Undelivered, match="malformed"):
        write_mail(mail(), sender=SENDER, date=DATE.replace(tzinfo=None))
