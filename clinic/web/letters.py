"""What messages say, in words: each is written once in templates/email, and laid out as text, as HTML and as a short text.

A template's first lines are `Subject:` and `Short:`. Then come paragraphs with an empty line between them: `@facts` stands for
when and where, and a line that begins with `>` is a link: its words, a colon, its address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask

from clinic.adapters.ical import CalendarEntry, write_calendar
from clinic.domain.text.messages import INVITES, Event, Told
from clinic.domain.time.hours import local_day
from clinic.usecases.messages import Written
from clinic.web.filters import clock_time_and_zone, long_day

PAGES = {
    "manage": "booking.manage", "confirm": "booking.confirm_link", "change": "booking.change_link",
    "cancel": "booking.cancel_link", "stop": "booking.stop_link", "offer": "booking.offer_link",
    "waiting": "booking.waiting_link", "set-up": "account.set_up", "colleague": "account.one_person",
}  # fmt: skip
"""The page behind each link of a message. Its address has a key in it, but for a colleague's, which has their number."""


@dataclass(frozen=True, slots=True)
class LetterLink:
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words; or, of a list of links or facts, those alone."""

    words: str = ""
    links: tuple[LetterLink, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def linker(app: Flask) -> Callable[[str, str], str]:
    """Makes the whole address of a message's page from its name and key, outside of any request."""
    public_url: str = app.extensions["clinic"].settings.public_url
    parts = urlsplit(public_url)
    addresses = app.url_map.bind(parts.netloc, url_scheme=parts.scheme)

    def link(page: str, key: str) -> str:
        name = "number" if page == "colleague" else "token"
        return addresses.build(PAGES[page], {name: key}, force_external=True)

    return link


def writer(app: Flask) -> Callable[[Told, str, datetime], Written]:
    """Puts what may be said into words."""

    def write(told: Told, recipient: str, now: datetime) -> Written:
        return _write(app, told, recipient, now)

    return write


def _write(app: Flask, told: Told, recipient: str, now: datetime) -> Written:
    facts = _facts(told)
    when = dict(facts).get("When", "")
    first_name = " ".join(told.first_name.split())
    short_when = _short_when(told.start, told.time_zone) if told.start else ""
    words = {"told": told, "first_name": first_name, "when": when, "short_when": short_when, "until": _until(told)}
    source = app.jinja_env.get_template(f"email/{told.event}.txt").render(words)
    head, _, rest = source.strip().partition("\n\n")
    said = {name: value.strip() for name, _, value in (line.partition(":") for line in head.splitlines())}
    paragraphs = [_paragraph(" ".join(block.split("\n")) if block[0] != ">" else block, facts) for block in rest.split("\n\n")]
    site = app.extensions["clinic"].settings.public_url
    laid_out = {"subject": said["Subject"], "paragraphs": paragraphs, "told": told, "site": site}
    invitation, method = _invitation(app, told, recipient, now)
    return Written(
        subject=said["Subject"],
        text=app.jinja_env.get_template("email/_layout.txt").render(laid_out).strip() + "\n",
        html=app.jinja_env.get_template("email/_layout.html").render(laid_out),
        short=said["Short"],
        letter=app.jinja_env.get_template("email/_letter.txt").render(laid_out).strip() + "\n",
        invitation=invitation,
        method=method,
        headers=_headers(told),
    )


def _paragraph(block: str, facts: tuple[tuple[str, str], ...]) -> Paragraph:
    block = block.strip()
    if block == "@facts":
        return Paragraph(facts=facts)
    if block.startswith(">"):
        lines = (line.removeprefix(">").strip().partition(": ") for line in block.splitlines())
        return Paragraph(links=tuple(LetterLink(words, address) for words, _, address in lines))
    return Paragraph(words=block)


def _facts(told: Told) -> tuple[tuple[str, str], ...]:
    """When, where and whom to call, as pages say it."""
    if told.start is None:
        return ()
    when = f"{long_day(told.start, told.time_zone)}, {clock_time_and_zone(told.start, told.time_zone)}"
    return (("When", when), ("Where", f"{told.clinic}, {told.address}"))


def _short_when(start: datetime, time_zone: str) -> str:
    """'Mon, Nov 30, 9:00 AM EST': a text message is short."""
    day = local_day(start, time_zone)
    return f"{day:%a}, {day:%b} {day.day}, {clock_time_and_zone(start, time_zone)}"


def _until(told: Told) -> str:
    if told.until is None:
        return ""
    return f"{clock_time_and_zone(told.until, told.time_zone)} on {long_day(told.until, told.time_zone)}"


def _headers(told: Told) -> dict[str, str]:
    """How to be rid of messages that nobody must get."""
    if "stop" in told.links:
        return {"List-Unsubscribe": f"<{told.links['stop']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if "waiting" in told.links:
        return {"List-Unsubscribe": f"<{told.links['waiting']}>"}
    return {}


def _invitation(app: Flask, told: Told, recipient: str, now: datetime) -> tuple[bytes | None, str | None]:
    if told.event not in {*INVITES, Event.CANCELLED} or "@" not in recipient:
        return None, None
    cancelled = told.event is Event.CANCELLED
    settings = app.extensions["clinic"].settings
    entry = calendar_entry(
        app, told, stamp=now, cancelled=cancelled, method="CANCEL" if cancelled else "REQUEST",
        organizer=settings.mail_from, attendee=recipient,
    )  # fmt: skip
    return write_calendar(entry), entry.method


def calendar_entry(app: Flask, told: Told, *, stamp: datetime, cancelled: bool, **sent: str) -> CalendarEntry:
    """The visit for a calendar: the same in a mail and to download, but for who sends it to whom."""
    settings = app.extensions["clinic"].settings
    assert told.start is not None
    assert told.end is not None
    address = settings.public_url + app.url_map.bind("").build("booking.visit")
    return CalendarEntry(
        uid=f"{told.reference}@{urlsplit(settings.public_url).hostname}",
        sequence=told.sequence,
        start=told.start,
        end=told.end,
        clinic=told.clinic,
        address=f"{told.clinic}, {told.address}",
        description=app.jinja_env.get_template("email/_calendar.txt").render(told=told, address=address).strip(),
        url=address,
        cancelled=cancelled,
        stamp=stamp,
        brand=settings.brand,
        **sent,  # type: ignore[arg-type]
    )
