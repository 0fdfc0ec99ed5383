"""A clinic that sends real mail: an application over one specialist's calendar, a mail server, and a worker by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.adapters.sms import Texter
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.factory import create_app
from clinic.store.tables.directory import Location, Specialist, VisitType
from clinic.usecases import booking, messages
from clinic.usecases.booking import Booked
from clinic.usecases.messages import MessageContext, Rest
from tests import build
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.postbox import Postbox

PATIENT = Who("patient", "web")
SITE = "https://book.example.org"


class Texts(Texter):
    """Keeps what it is given; raises what it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.refusals: list[Exception] = []

    def send(self, number: str, text: str) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append((number, text))


@dataclass
class House:
    """`work` does what the worker would, until there is nothing to do now."""

    app: Flask
    clock: FakeClock
    box: Postbox
    session: Session
    place: Location
    person: Specialist
    kind: VisitType
    texts: Texts = field(default_factory=Texts)
    rest: Rest = field(default_factory=lambda: Rest({}))
    booked: int = 0

    @property
    def key(self) -> bytes:
        return self.post().key

    def post(self, **changes: Any) -> MessageContext:
        return replace(self.app.extensions["clinic.post"], **{"texter": self.texts, "texts": True, **changes})

    def work(self, **changes: Any) -> None:
        post = self.post(**changes)
        for _ in range(100):
            planned = messages.plan(self.session, post, now=self.clock())
            if not messages.deliver(self.session, post, self.rest, clock=self.clock) and not planned:
                return
        raise AssertionError("the worker never comes to rest")

    def without_reminders(self) -> None:
        """Visits are told of when they are booked, moved or cancelled, and then no more."""
        self.session.execute(update(VisitType).values(reminders=""))
        self.session.commit()

    def opening(self, start: datetime) -> str:
        return write_opening(self.key, SlotRef(self.kind.id, self.place.id, self.person.id, cell_at(start)))

    def book(self, start: datetime, **said: Any) -> Booked:
        said = {"email": "maria@example.com", **said}
        held = booking.hold(self.session, self.opening(start), key=self.key, who=PATIENT, now=self.clock())
        return booking.confirm(
            self.session, held.token, build.details(**said), key=self.key, who=PATIENT, now=self.clock()
        )  # fmt: skip

    def move(self, booked: Booked, start: datetime) -> Booked:
        token = booked.manage_token
        return booking.reschedule(self.session, token, self.opening(start), key=self.key, who=PATIENT, now=self.clock())

    def cancel(self, booked: Booked) -> Booked:
        return booking.cancel(self.session, booked.manage_token, None, key=self.key, who=PATIENT, now=self.clock())


@pytest.fixture
def house(database: str, clock: FakeClock) -> Iterator[House]:
    """Orlando, nine in the morning on a Monday; visits of half an hour, every day from 9 to 5."""
    with Postbox() as box:
        changes = {"smtp_url": box.url, "mail_from": "visits@book.example.org", "public_url": SITE}
        app = create_app(settings_for(database, **changes), clock=clock)
        with app.app_context():
            session = app.extensions["sqlalchemy"].session()
            build.zips(session)
            place, person, kind = build.practice(session, weekly=build.EVERY_DAY, horizon_days=365)
            yield House(app, clock, box, session, place, person, kind)
            session.close()
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()


def later(house: House, **span: float) -> datetime:
    return house.clock() + timedelta(**span)


FIRST = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # a Monday, nine in the morning


def book_many(house: House, people: int) -> list[Booked]:
    """So many people book, each another half hour from `FIRST` on, and each with an address of their own."""
    return [_book_next(house) for _ in range(people)]


def _book_next(house: House) -> Booked:
    number = house.booked
    house.booked += 1
    name = "".join(chr(97 + int(digit)) for digit in f"{number:04d}")
    said = {"family_name": f"Garcia {name}", "email": f"{name}@example.com", "phone": f"(407) 555-{number:04d}"}
    return house.book(FIRST + timedelta(days=number // 16, minutes=30 * (number % 16)), **said)
