"""R28: one time becomes free, many wait, and all press at once: one has it, the others are told, and the order can be audited.

With them race those who never waited, and workers who look at the same freed times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import TimeTaken
from clinic.domain.scheduling.waitlist import Policy
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_key, write_opening
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.usecases import booking, waitlist
from tests import build
from tests.build import KEY, PATIENT
from tests.invariants import broken
from tests.queues import NOW, SEALER, Queue
from tests.race import connected, together

CROWD, PROVEN_CROWD = 24, 100


def taking(offer: TimeOffer) -> Callable[[Session], waitlist.Offered]:
    token = write_key(KEY, "offer", offer.id, 0)
    return lambda session: waitlist.accept(session, token, key=KEY, sealer=SEALER, who=PATIENT, now=NOW)


def booking_at(queue: Queue, start: datetime, name: str) -> Callable[[Session], Any]:
    """Somebody who never waited chooses the time on the page."""
    opening = write_opening(KEY, SlotRef(queue.kind.id, queue.place.id, queue.ana.id, cell_at(start)))

    def book(session: Session) -> Any:
        held = booking.hold(session, opening, key=KEY, who=PATIENT, now=NOW)
        return booking.confirm(session, held.token, build.details(family_name=name), key=KEY, who=PATIENT, now=NOW)

    return book


def everybody_at_once(session: Session, database: str, crowd: int) -> None:
    queue = Queue(session)
    swappers = [queue.earlier(queue.book(queue.at(4 + n // 8, 9 + n % 8))) for n in range(crowd // 4)]
    entries = swappers + [queue.join() for _ in range(crowd - len(swappers))]
    queue.cancel(queue.book(queue.at(2)))
    before = len(queue.visits())
    assert queue.offer(Policy(batch=crowd)).offered == crowd
    offers = queue.offers()
    # Who waits longest is first, and the rows alone say so.
    assert [offer.entry_id for offer in sorted(offers, key=lambda offer: offer.rank)] == entries
    began = {entry: at for entry, at in session.execute(select(WaitlistEntry.id, WaitlistEntry.created_at))}  # noqa: C416
    assert [offer.rank for offer in offers] == list(range(1, crowd + 1))
    assert [began[offer.entry_id] for offer in offers] == sorted(began.values())
    session.rollback()
    strangers = [booking_at(queue, queue.at(2), f"Stranger {chr(97 + n)}") for n in range(crowd // 8)]
    with connected(database, crowd + len(strangers)) as many:
        answers = together(many, [*(taking(offer) for offer in offers), *strangers])
    told = Counter(answer.state if isinstance(answer, waitlist.Offered) else type(answer).__name__ for answer in answers)
    assert told == {"accepted": 1, "passed": crowd - 1, TimeTaken.__name__: len(strangers)}, told
    winner = next(answer for answer in answers if getattr(answer, "state", "") == "accepted")
    assert len(queue.visits()) == before + (not winner.moved)
    assert queue.visits().count(queue.at(2)) == 1
    assert Counter(offer.state for offer in queue.offers()) == {"accepted": 1, "passed": crowd - 1}
    ended = session.scalars(select(WaitlistEntry.end_reason)).all()
    assert Counter(ended) == {"booked": 1, None: crowd - 1}
    assert broken(session, now=NOW) == []


def test_all_press_at_once_and_one_has_it(session: Session, database: str) -> None:
    everybody_at_once(session, database, CROWD)


@pytest.mark.prove
@pytest.mark.parametrize("turn", range(5))
def test_a_hundred_press_at_once_and_one_has_it(session: Session, database: str, turn: int) -> None:
    everybody_at_once(session, database, PROVEN_CROWD)


def workers_at_once(session: Session, database: str, times: int, workers: int) -> None:
    queue = Queue(session)
    entries = [queue.join() for _ in range(times + 3)]
    for number in range(times):
        queue.cancel(queue.book(queue.at(2 + number // 8, 9 + number % 8)))
    one = Policy(batch=1)
    with connected(database, workers) as many:
        rounds = together(many, [lambda s: waitlist.offer_times(s, now=NOW, policy=one)] * workers)
    assert all(isinstance(done, waitlist.Round) for done in rounds), rounds
    queue.offer(one)  # whoever's turn fell between two locks
    offers = queue.offers()
    assert len(offers) == times
    assert len({offer.entry_id for offer in offers}) == times
    assert {offer.entry_id for offer in offers} <= set(entries)
    assert broken(session, now=NOW) == []


def test_any_number_of_workers_offer_each_time_once(session: Session, database: str) -> None:
    workers_at_once(session, database, times=6, workers=4)


@pytest.mark.prove
def test_many_workers_offer_many_times_once(session: Session, database: str) -> None:
    workers_at_once(session, database, times=24, workers=8)


def test_who_leaves_while_they_take_it_has_it_or_has_left(session: Session, database: str) -> None:
    """Two windows of one person: whichever comes first, nothing is left open."""
    queue = Queue(session)
    for turn in range(4):
        token = queue.wait()
        queue.cancel(queue.book(queue.at(2 + turn)))
        queue.offer()
        (offer,) = queue.offers("open")
        leaving = lambda s, token=token: waitlist.leave(s, token, key=KEY, who=PATIENT, now=NOW)  # noqa: E731
        with connected(database, 2) as both:
            answers = together(both, [taking(offer), leaving])
        assert answers[1] is None
        seen = waitlist.get_waiting(session, token, key=KEY)
        assert (answers[0].state, seen.ended) in {("accepted", "booked"), ("declined", "left"), ("passed", "left")}
        assert queue.offers("open") == []
        queue.offer()
    assert broken(session, now=NOW) == []
