"""What every message says, as it is sent: nothing private, in plain words, and short where it must be."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from clinic.adapters.sms import fits
from clinic.domain.scheduling.waitlist import Wants
from clinic.domain.text.messages import Told
from clinic.store.tables.directory import Location, Service, Specialist, VisitType
from clinic.usecases import waitlist
from clinic.usecases.booking import VisitLookup, send_links
from clinic.usecases.messages import Written
from tests import build
from tests.usecases.messages.conftest import PATIENT, SITE, House
from tests.web.care.test_reading import LIMIT, grade, sentences

AT = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
BORN = date(1971, 4, 23)
LONG_HOST = "visits.impactmedicalgroups.com"
CLINIC = "Impact Medical Winter Garden"
PRIVATE = ("canary", "1971", "april 23", "4/23", "23 apr", "555-0123", "5550123", "insulin")
"""Every name, of a service, kind of visit, specialist or family, has a canary in it."""
SUBJECTS = {
    "Your visit is booked": "booked",
    "Your visit has a new time": "moved",
    "Your visit is cancelled": "cancelled",
    "The link to your visit": "link",
    "Please read how to prepare for your visit": "prepare",
    "Your visit is in a week": "reminder-7",
    "Your visit is in two days": "reminder-2",
    "Your visit is soon": "reminder-0",
    "You are on our list": "waiting",
    "A time has opened for you": "offer",
}

ALL = set(SUBJECTS.values())


def journey(house: House, **said: object) -> None:
    """Somebody books, is reminded, asks for the link, moves and cancels; a second one waits, and is offered that time."""
    session = house.session
    session.execute(update(Service).values(name="Canary therapy", slug="canary-therapy", summary="Canaries."))
    session.execute(update(VisitType).values(name="Canary ablation", slug="canary-ablation", preparation="Stop canary insulin."))
    session.execute(update(VisitType).values(reminders="7 2 0", prepare_days=5))
    session.execute(update(Specialist).values(name="Dr. Canary", slug="dr-canary"))
    session.execute(update(Location).values(name=CLINIC))
    session.commit()
    private = {
        "family_name": "Canaryson", "birth_date": BORN, "reason": "a canary in my back", "access_needs": "a canary",
        "insurer": "Canary Mutual",
    }  # fmt: skip
    booked = house.book(AT, **private, **said)
    house.work()
    for days in (7, 5, 2, 0.5):
        house.clock.now = AT - timedelta(days=days) + timedelta(minutes=1)
        house.work()
    house.clock.now = AT - timedelta(hours=1)
    house.work()
    house.clock.now = AT - timedelta(days=13)
    send_links(session, VisitLookup("Canaryson", BORN, "+14075550123", None), who=PATIENT, now=house.clock())
    house.work()
    house.move(booked, AT + timedelta(days=1))
    house.work()
    waiting = build.details(given_name="Ben", **(private | {"phone": "(407) 555-0124", "postal_code": "32801"} | said))
    wish = waitlist.WaitRequest(service="canary-therapy", wants=Wants())
    sealer = house.post().sealer
    waitlist.join(session, wish, waiting, sealer=sealer, key=house.key, who=PATIENT, now=house.clock())
    house.work()
    house.cancel(booked)
    house.clock.forward(minutes=5)
    waitlist.offer_times(session, now=house.clock())
    house.work()


def mails(house: House) -> dict[str, EmailMessage]:
    """By event: the whole of each mail."""
    journey(house, email="maria@example.com")
    found = {SUBJECTS[received.message["Subject"]]: received.message for received in house.box.received}
    assert set(found) == ALL
    return found


def texts(house: House) -> dict[str, str]:
    """By event: each text, as long as it can become."""
    journey(house, email="", texts=True)
    assert house.box.received == []
    found = {}
    for _, words in house.texts.sent:
        known = {event: marks for event, marks in MARKS.items() if all(mark in words for mark in marks)}
        assert len(known) == 1, words
        found[known.popitem()[0]] = words.replace(SITE.removeprefix("https://"), LONG_HOST)
    assert set(found) == ALL
    return found


MARKS = {
    "booked": ["is booked"],
    "moved": ["has a new time"],
    "cancelled": ["is cancelled"],
    "link": ["The link to your visit"],
    "prepare": ["how to prepare"],
    "reminder-7": [" is on ", "move or cancel"],
    "reminder-2": ["Will you come?"],
    "reminder-0": ["See you at"],
    "waiting": ["on our list"],
    "offer": ["A time opened"],
}


def leaks(words: str) -> list[str]:
    return [secret for secret in PRIVATE if secret in words.lower()]


def test_no_mail_says_what_the_visit_is_for_or_who_exactly(house: House) -> None:
    """In no header, no part, no invitation, as they were sent and as they are read."""
    for event, mail in mails(house).items():
        headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
        parts = [part for part in mail.walk() if not part.is_multipart()]
        assert len(parts) == (4 if event in {"booked", "moved", "cancelled"} else 2)
        bodies = [bytes(part.get_payload(decode=True)).decode() for part in parts]  # type: ignore[arg-type]
        bodies += [re.sub(r"\r?\n[ \t]", "", body) for body in bodies]  # iCalendar folds its lines
        assert leaks(headers) == [], event
        assert [leaks(body) for body in bodies] == [[]] * len(bodies), event
        assert leaks(mail.as_string()) == [], event


def test_no_text_does_either_and_each_fits_into_two(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    told = texts(house)
    with capsys.disabled():
        print("\nsegments: " + ", ".join(f"{event} {fits(words)} ({len(words)})" for event, words in sorted(told.items())))
    for event, words in told.items():
        assert leaks(words) == [], event
        assert fits(words) <= 2, (event, words)


def test_the_canaries_would_be_seen(house: House) -> None:
    """The control: a message that told what the visit is for would be found out."""
    house.without_reminders()
    house.book(AT)
    post = house.post()

    def indiscreet(told: Told, recipient: str, now: datetime) -> Written:
        return replace(post.write(told, recipient, now), text="Your canary ablation is booked.")

    house.work(write=indiscreet)
    [received] = house.box.received
    assert leaks(received.message.as_string()) == ["canary"]


def test_every_message_reads_at_sixth_grade(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """But for the facts: when, where, and addresses of pages."""
    reached = {event: grade(said_in_mail(mail)) for event, mail in mails(house).items()}
    with capsys.disabled():
        print("\ngrades: " + ", ".join(f"{event} {found:.1f}" for event, found in sorted(reached.items())))
    assert max(reached.values()) <= LIMIT


def said_in_mail(mail: EmailMessage) -> list[str]:
    """Its sentences, from the HTML: without the list of facts, and whom to call."""
    part = mail.get_body(("html",))
    assert part
    body = str(part.get_content()).partition("<body")[2].partition(">")[2]
    body = re.sub(r"<dl.*?</dl>", "", body, flags=re.DOTALL)
    body = body[: body.rindex("<p ")]
    return sentences(body.replace("</h1>", "</p>"))
