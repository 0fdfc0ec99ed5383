"""Several workers over one queue: each message is sent once, in its order, whatever they and their clocks do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.domain.errors import Busy
from clinic.store.tables.appointments import Appointment
from clinic.usecases.booking import Booked
from clinic.usecases.messages import Rest, deliver, plan
from tests.conftest import FakeClock
from tests.usecases.messages.conftest import FIRST, House, book_many

PATIENCE_SECONDS = 120
FASTER = 60
"""A second of the crowd's clock takes a sixtieth of one: who was put off is tried again soon."""


class Crowd:
    """Workers on threads, each with a connection to the database and one to the mail server."""

    def __init__(self, house: House, workers: int) -> None:
        self._house = house
        self._began, self._really = house.clock(), monotonic()
        self._stopping = Event()
        self._threads = [Thread(target=self._work) for _ in range(workers)]
        self.failures: list[BaseException] = []

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(monotonic() - self._really) * FASTER)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        assert self.failures == []

    def until_nothing_waits(self) -> None:
        until = monotonic() + PATIENCE_SECONDS
        count = (
            "select (select count(*) from outbox where done_at is null) + (select count(*) from delivery where done_at is null)"
        )
        while self._house.session.execute(text(count)).scalar_one():
            self._house.session.rollback()
            assert monotonic() < until, "there are some that never end"
            assert self.failures == []
            sleep(0.05)
        self._house.session.rollback()

    def _work(self) -> None:
        house, rest = self._house, Rest({})
        post = house.post(lease=timedelta(hours=1))  # a minute by the crowd's clock is a second
        with house.app.app_context(), Session(house.app.extensions["sqlalchemy"].engine) as session:
            while not self._stopping.is_set():
                try:
                    done = plan(session, post, now=self.now(), limit=7) + deliver(session, post, rest, clock=self.now, limit=5)
                except Busy:
                    continue
                except BaseException as failure:
                    self.failures.append(failure)
                    return
                if not done:
                    sleep(0.01)


@contextmanager
def crowd(house: House, workers: int) -> Iterator[Crowd]:
    made = Crowd(house, workers)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def each_is_sent_once(house: House, workers: int, people: int) -> None:
    house.without_reminders()
    book_many(house, people)
    with crowd(house, workers) as busy:
        busy.until_nothing_waits()
    copies = Counter(one.recipients for one in house.box.received)
    assert len(copies) == people
    assert set(copies.values()) == {1}
    assert house.box.connections > 1, "more than one worker sent"


def test_each_message_is_sent_once(house: House) -> None:
    each_is_sent_once(house, workers=4, people=80)


@pytest.mark.prove
@pytest.mark.parametrize("workers", [2, 4])
def test_each_of_500_messages_is_sent_once(house: House, workers: int) -> None:
    each_is_sent_once(house, workers, people=500)


class Days:
    """Many visits are booked, moved and cancelled, each a few times, in an order drawn by lot."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self._draw = house, Random(seed)
        self._visits: list[Booked] = []
        self._cancelled: set[int] = set()
        self._free = iter(FIRST + timedelta(days=40 + n // 16, minutes=30 * (n % 16)) for n in range(1000))

    def one(self) -> None:
        left = [number for number in range(len(self._visits)) if number not in self._cancelled]
        lot = self._draw.random()
        if lot < 0.35 or not left:
            self._visits += book_many(self.house, 1)
            return
        number = self._draw.choice(left[-4:])
        if lot < 0.8:
            self._visits[number] = self.house.move(self._visits[number], next(self._free))
        else:
            self._visits[number] = self.house.cancel(self._visits[number])
            self._cancelled.add(number)


def told_in_order(house: House, monkeypatch: pytest.MonkeyPatch, *, workers: int, changes: int) -> None:
    house.without_reminders()
    days, draw, put_off = Days(house, seed=workers), Random(8), [0]

    def answer(step: str) -> str:
        """At any step but the first the server may put us off; and one mail in three it keeps in its hands for a while."""
        if step == "RCPT":
            house.box.delay = draw.choice((0, 0, 0, 0.3))
        if step in {"MAIL", "RCPT", "DATA"} and draw.random() < 0.1:
            put_off[0] += 1
            return "451 4.3.0 Not now"
        return ""

    monkeypatch.setattr(house.box, "_answer", answer)
    with crowd(house, workers) as busy:
        for _ in range(changes):
            house.clock.now = busy.now()
            days.one()
            sleep(0.02)  # the workers keep up, more or less
        busy.until_nothing_waits()
    states = {
        row.reference: row for row in house.session.query(Appointment.reference, Appointment.state, Appointment.sequence).all()
    }
    told = told_of_each(house)
    assert told.keys() == states.keys(), "nobody is left untold"
    for reference, messages in told.items():
        sequences = [sequence for sequence, _ in messages]
        assert sequences == sorted(set(sequences)), "one of an older time came after one of a newer"
        methods = [method for _, method in messages]
        cancelled = states[reference].state == "cancelled"
        assert methods.count("CANCEL") == cancelled
        assert "CANCEL" not in methods[:-1], "something came after the cancellation"
        assert sequences[-1] == states[reference].sequence, "the last of them tells how it is"
    sent = len(house.box.received)
    print(f"\n{workers} workers, {changes} changes of {len(states)} visits, put off {put_off[0]} times: {sent} sent, in order")
    assert put_off[0] > 0
    assert sent > len(states), "some were told more than once"


def test_what_is_told_of_a_visit_comes_in_its_order(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told_in_order(house, monkeypatch, workers=4, changes=80)


@pytest.mark.prove
@pytest.mark.parametrize("workers", [2, 4])
def test_what_is_told_of_300_changes_comes_in_its_order(house: House, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told_in_order(house, monkeypatch, workers=workers, changes=300)


def told_of_each(house: House) -> dict[str, list[tuple[int, str]]]:
    """By visit, of each message in the order of its arrival: sequence and method of the invitation."""
    found = defaultdict(list)
    for received in house.box.received:
        for part in received.message.walk():
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_payload(decode=True))
                [event] = calendar.walk("VEVENT")
                found[str(event["UID"]).partition("@")[0]].append((int(event["SEQUENCE"]), str(calendar["METHOD"])))
    return found


class Pair:
    """Two workers, each with a clock of its own, that do what they do at the point we choose."""

    def __init__(self, house: House, session: Session) -> None:
        self.house, self._session = house, session
        self.one, self.other = FakeClock(), FakeClock()

    def first_works(self, fault: Callable[[str], None]) -> None:
        self._work(self.house.session, self.one, fault)

    def second_works(self) -> None:
        self._work(self._session, self.other, lambda _point: None)

    def later_by(self, *, hours: int) -> None:
        """Their clocks agree again, and it is so many hours later."""
        self.one.now = self.other.now = max(self.one.now, self.other.now, self.house.clock()) + timedelta(hours=hours)

    def _work(self, session: Session, clock: FakeClock, fault: Callable[[str], None]) -> None:
        post = self.house.post(fault=fault)
        plan(session, post, now=clock())
        deliver(session, post, Rest({}), clock=clock)


@pytest.fixture
def pair(house: House) -> Iterator[Pair]:
    house.without_reminders()
    with Session(house.app.extensions["sqlalchemy"].engine) as session:
        yield Pair(house, session)


@pytest.mark.parametrize("point", ["leased", "before sending", "sent"])
@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("whose", ["its own", "the other's"])
def test_a_clock_that_jumps_by_an_hour_loses_nothing(pair: Pair, point: str, hours: int, whose: str) -> None:
    """Between lease and record, with ten messages in hand; the other worker looks for work at just that moment."""
    clock = pair.one if whose == "its own" else pair.other

    def jump() -> None:
        clock.now += timedelta(hours=hours)

    twice = came_twice(pair, point, jump)
    print(f"\n{whose} clock {hours:+d} h at '{point}' with 10 in hand: {twice} came twice")
    taken_over = (whose, hours) == ("the other's", 1)
    assert twice == (taken_over and point != "leased"), "only where a lease was taken over, and there the one in hand"


@pytest.mark.parametrize("point", ["leased", "before sending", "sent"])
def test_a_clock_that_is_an_hour_slow_loses_nothing(pair: Pair, point: str) -> None:
    """Its leases are over before they begin, as the other sees it."""
    pair.later_by(hours=2)
    pair.one.now -= timedelta(hours=1)
    twice = came_twice(pair, point, lambda: None)
    print(f"\nits own clock slow by an hour, at '{point}' with 10 in hand: {twice} came twice")
    assert twice == (point != "leased")


def came_twice(pair: Pair, point: str, happens: Callable[[], None]) -> int:
    """How many of ten came twice, none lost, when that happens at this point of the fourth, and the other looks for work."""
    house, people, passed = pair.house, 10, [0]
    book_many(house, people)

    def fault(name: str) -> None:
        passed[0] += name == point
        if name == point and passed[0] == (1 if point == "leased" else 4):
            happens()
            pair.second_works()

    pair.first_works(fault)
    pair.later_by(hours=3)
    pair.second_works()
    rows = house.session.execute(text("select count(*), count(done_at) from delivery where outcome = 'sent'")).one()
    house.session.rollback()
    assert tuple(rows) == (people, people)
    copies = Counter(one.message["Message-ID"] for one in house.box.received)
    assert len(copies) == people, "one is lost"
    assert max(copies.values()) <= 2
    return sum(number - 1 for number in copies.values())
