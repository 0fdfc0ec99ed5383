"""The mail server is away, puts us off, refuses or hangs: all that can be sent is sent soon after, the rest is a task."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Event
from time import monotonic, sleep

import pytest
from sqlalchemy import select, text

from clinic.adapters.mail import Mailer
from clinic.domain.text.messages import Told
from clinic.store.tables.messages import Delivery
from clinic.store.tables.work import Task
from clinic.store.work.tasks import FAILED_MESSAGE
from clinic.usecases.messages import Written, deliver, plan
from tests.postbox import Received
from tests.usecases.messages.conftest import House, book_many

HOUR = timedelta(hours=1)
SOON = timedelta(minutes=10)
TICK = timedelta(seconds=10)
REST = timedelta(seconds=30)


def wait(house: House, until: datetime) -> None:
    """The worker goes on, until that moment by the clock: it tries a server that is away as often as it ever would."""
    while house.clock() < until:
        house.work()
        house.clock.now += REST


@dataclass
class Recovery:
    """How long it took from when the server was well again: by the clock, and really."""

    span: timedelta
    seconds: float


def recovered(house: House) -> Recovery:
    """The worker goes on until nothing waits."""
    began, really = house.clock(), monotonic()
    while waiting(house):
        house.work()
        house.clock.now += TICK
        assert house.clock() - began < HOUR, f"{waiting(house)} still wait"
    return Recovery(house.clock() - began, monotonic() - really)


def waiting(house: House) -> int:
    count = "select (select count(*) from delivery where done_at is null) + (select count(*) from outbox where done_at is null)"
    found = house.session.execute(text(count)).scalar_one()
    house.session.rollback()
    return int(found)


def outcomes(house: House) -> dict[str | None, int]:
    found = Counter(house.session.scalars(select(Delivery.outcome)))
    house.session.rollback()
    return dict(found)


def unreachable_for_an_hour(house: House, people: int) -> None:
    house.without_reminders()
    house.box.stop()
    book_many(house, people)
    wait(house, house.clock() + HOUR)
    assert house.box.received == []
    house.box.start()
    took = recovered(house)
    print(
        f"\n{people} queued, SMTP down for an hour: all sent {took.span} after it came back, in {took.seconds:.1f} real seconds"
    )
    assert took.span + timedelta(seconds=took.seconds) <= SOON
    assert outcomes(house) == {"sent": people}
    assert len({one.recipients for one in house.box.received}) == len(house.box.received) == people, "each once"


def test_a_server_that_was_unreachable_for_an_hour(house: House) -> None:
    unreachable_for_an_hour(house, 60)


@pytest.mark.prove
def test_a_server_that_was_unreachable_for_an_hour_with_1000_queued(house: House) -> None:
    unreachable_for_an_hour(house, 1000)


def stormy(house: House, people: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an hour four of five are put off, or the connection is closed; a tenth of the people have no mailbox at all."""
    house.without_reminders()
    draw, storm, put_off = Random(4), [True], [0]
    answers = ("450 4.7.1 Come back later", "451 4.3.0 Not now", "452 4.3.1 Full", "421 4.3.2 Closing")

    def answer(step: str) -> str:
        if storm[0] and step == "RCPT" and draw.random() < 0.8:
            put_off[0] += 1
            return draw.choice(answers)
        return ""

    monkeypatch.setattr(house.box, "_answer", answer)
    book_many(house, people)
    wait(house, house.clock() + HOUR)
    storm[0] = False
    took = recovered(house)
    print(
        f"\n{people} queued, put off {put_off[0]} times in an hour: all sent {took.span} after it, in {took.seconds:.1f} real"
        " seconds"
    )
    assert put_off[0] > people
    assert took.span + timedelta(seconds=took.seconds) <= SOON
    assert outcomes(house) == {"sent": people}
    assert len({one.recipients for one in house.box.received}) == len(house.box.received) == people, "each once"


def test_an_hour_of_not_now(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stormy(house, 20, monkeypatch)


@pytest.mark.prove
def test_an_hour_of_not_now_with_300_queued(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stormy(house, 300, monkeypatch)


def test_what_is_refused_for_good_is_a_task_at_once_and_keeps_nobody(house: House) -> None:
    refusals = ("550 5.1.1 No such user", "552 5.2.2 Mailbox full for ever", "553 5.1.3 Bad address", "554 5.7.1 No")
    house.box.say("RCPT", *refusals)
    book_many(house, 60)
    house.work()
    assert outcomes(house) == {"failed": 4, "sent": 56}
    rows = house.session.execute(select(Delivery.detail, Delivery.tries, Task.kind).join(Task, Task.delivery_id == Delivery.id))
    assert sorted(rows.all()) == [(code[:3], 1, FAILED_MESSAGE) for code in refusals]


def test_a_refusal_late_in_a_slow_portion_is_recorded(house: House) -> None:
    """The lease was renewed before it was tried."""
    book_many(house, 3)
    house.box.say("RCPT", "250 OK", "250 OK", "550 5.1.1 No such user")

    def slow(point: str) -> None:
        if point == "sent":
            house.clock.forward(seconds=20)

    house.work(fault=slow)
    assert outcomes(house) == {"sent": 2, "failed": 1}


@pytest.mark.parametrize("kept", [False, True])
def test_a_server_that_hangs_with_a_mail_in_hand(house: House, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it kept that mail we cannot know: it gets it again, under the same id. The others wait, and come once."""
    house.without_reminders()
    book_many(house, 3)
    keep = house.box._keep

    def hang(received: Received) -> None:
        if kept:
            keep(received)
        sleep(1)

    monkeypatch.setattr(house.box, "_keep", hang)
    house.work(mailer=Mailer(house.box.url, tls="starttls", sender="visits@book.example.org", timeout=0.5, deadline=2.0))
    monkeypatch.setattr(house.box, "_keep", keep)
    rows = house.session.scalars(select(Delivery.detail).order_by(Delivery.id)).all()
    assert rows == ["unanswered"] * 3
    house.session.rollback()
    recovered(house)
    copies = Counter(one.message["Message-ID"] for one in house.box.received)
    assert sorted(copies.values()) == [1, 1, 2 if kept else 1]


@contextmanager
def deaf_after_data() -> Iterator[str]:
    """A server of the simplest kind, that asks for the mail and then neither reads nor says a thing. Its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as crowd:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        over = Event()

        def serve() -> None:
            talking, _ = listening.accept()
            with talking, talking.makefile("rwb", buffering=0) as line:
                line.write(b"220 here\r\n")
                while not line.readline().upper().startswith(b"DATA"):
                    line.write(b"250 fine\r\n")
                line.write(b"354 go on\r\n")
                over.wait(10)

        crowd.submit(serve)
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        over.set()


def test_a_server_that_hangs_within_a_mail(house: House) -> None:
    """It said 354, and reads no further than the first bytes."""
    house.without_reminders()
    book_many(house, 2)
    with deaf_after_data() as url:
        began = monotonic()
        house.work(mailer=Mailer(url, tls="off", sender="visits@book.example.org", timeout=0.5, deadline=2.0))
        assert monotonic() - began < 5
    assert outcomes(house) == {None: 2}
    recovered(house)
    assert sorted(Counter(one.message["Message-ID"] for one in house.box.received).values()) == [1, 1]


def test_a_message_that_cannot_be_written_keeps_nobody_and_ends_as_a_task(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.without_reminders()
    book_many(house, 3)
    write = house.post().write

    def broken(told: Told, recipient: str, now: datetime) -> Written:
        if recipient.startswith("aaaa"):
            raise KeyError("CANARY")
        return write(told, recipient, now)

    def work() -> None:
        post = house.post(write=broken)
        plan(house.session, post, now=house.clock())
        deliver(house.session, post, house.rest, clock=house.clock)

    work()
    assert outcomes(house) == {None: 1, "sent": 2}
    began = house.clock()
    while waiting(house):
        house.clock.forward(minutes=1)
        work()
        assert house.clock() - began < 5 * HOUR
    assert outcomes(house) == {"failed": 1, "sent": 2}
    assert house.session.scalars(select(Task.kind)).all() == [FAILED_MESSAGE]
    assert "aaaa@" not in caplog.text
