"""A worker is killed, without a word, at the worst of moments: no message is lost, and it is known which may come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from signal import SIGKILL

import pytest
from sqlalchemy import text

from tests.killable_worker import LEASE, Run, mortals
from tests.postbox import Received
from tests.usecases.messages.conftest import House, book_many

POINTS = ("leased", "before sending")


@pytest.fixture
def run(house: House, database: str) -> Iterator[Run]:
    with mortals(database, house.box.url) as run:
        yield run


class Rounds:
    """In each round one to three people are told of their visit by a worker that is killed, and by the one after it."""

    def __init__(self, house: House, run: Run) -> None:
        self.house, self._run, self._draw = house, run, Random(9)
        self.killed = 0

    def one(self, point: str) -> list[Received]:
        """What came in this round, in order."""
        house, before = self.house, len(self.house.box.received)
        people = self._draw.randint(1, 3)
        house.clock.forward(seconds=1)
        book_many(house, people)
        nth = 1 if point == "leased" else self._draw.randint(1, people)
        assert self._run(house.clock(), point, nth) == -SIGKILL
        self.killed += 1
        came = len(house.box.received)
        assert self._run(house.clock() + LEASE / 2) == 0
        assert len(house.box.received) == came, "taken over before the lease has ended"
        house.clock.forward(seconds=LEASE.total_seconds())
        assert self._run(house.clock()) == 0, "restarted as it died, a minute later at the latest"
        arrived = house.box.received[before:]
        assert len({received.recipients for received in arrived}) == people, "each of them is told"
        return arrived

    def assert_all_is_told(self) -> None:
        rows = self.house.session.execute(text("select outcome, leased_until from delivery")).all()
        self.house.session.rollback()
        assert set(rows) == {("sent", None)}


def killed_before_sending(house: House, run: Run, kills: int) -> None:
    rounds = Rounds(house, run)
    for number in range(kills):
        arrived = rounds.one(POINTS[number % 2])
        assert set(ids(arrived).values()) == {1}
    rounds.assert_all_is_told()
    told = len(house.box.received)
    print(f"\nkilled between commit and send {rounds.killed} times: {told} messages, each came once, within 60 s of the restart")


def killed_before_the_record(house: House, run: Run, kills: int) -> None:
    rounds, twice = Rounds(house, run), 0
    for _ in range(kills):
        arrived = rounds.one("sent")
        again = [number for number, copies in ids(arrived).items() if copies > 1]
        assert len(again) <= 1, "more than the one that was in hand"
        for number in again:
            one, other = (without_date(received) for received in arrived if received.message["Message-ID"] == number)
            assert one == other, "a copy differs"
        twice += len(again)
    rounds.assert_all_is_told()
    told = len(ids(house.box.received))
    print(
        f"\nkilled between 250 and record {rounds.killed} times: {told} messages, none lost, {twice} came twice"
        " (same Message-ID, same bytes but Date)"
    )
    assert twice == kills, "the server had taken it each time"


def ids(received: list[Received]) -> Counter[str]:
    return Counter(one.message["Message-ID"] for one in received)


def without_date(received: Received) -> list[bytes]:
    return [line for line in received.content.split(b"\r\n") if not line.startswith(b"Date: ")]


def test_killed_before_sending(house: House, run: Run) -> None:
    killed_before_sending(house, run, 4)


@pytest.mark.prove
def test_killed_before_sending_200_times(house: House, run: Run) -> None:
    killed_before_sending(house, run, 200)


def test_killed_before_the_record(house: House, run: Run) -> None:
    killed_before_the_record(house, run, 3)


@pytest.mark.prove
def test_killed_before_the_record_200_times(house: House, run: Run) -> None:
    killed_before_the_record(house, run, 200)
