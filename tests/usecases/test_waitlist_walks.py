"""Random walks through all that can happen to who waits: after each step, what must always hold is read from the tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.domain.errors import DomainError
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.waitlist import Policy, weekly
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.waitlist import FreedTime, TimeOffer, WaitlistEntry
from clinic.usecases import waitlist
from clinic.usecases.booking import Booked
from tests.build import KEY, PATIENT
from tests.invariants import broken
from tests.queues import DAY, HOUR, NOW, Queue

STEPS = "book book cancel cancel earlier earlier join join offer offer offer accept accept accept decline leave wait".split()


class Walk:
    def __init__(self, session: Session, seed: int) -> None:
        self.rng, self.queue, self.session = Random(seed), Queue(session), session
        self.visits: list[Booked] = []
        self.tokens: list[str] = []
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        name = self.rng.choice(STEPS)
        try:
            getattr(self, name)()
        except DomainError as refused:
            self.session.rollback()
            name = f"{name}: {type(refused).__name__}"
        except IndexError:  # there is nothing of the kind yet
            name = f"{name}: nothing"
        self.done[name] += 1

    def book(self) -> None:
        start = self.queue.at(self.rng.randrange(2, 9), self.rng.randrange(9, 17))
        self.visits.append(self.queue.book(start))

    def cancel(self) -> None:
        self.queue.cancel(self.visits.pop(self.rng.randrange(len(self.visits)) if self.visits else 0))

    def earlier(self) -> None:
        self.queue.earlier(self.rng.choice(self.visits))

    def join(self) -> None:
        days = self.rng.sample(("Mon", "Tue", "Wed", "Thu", "Fri"), self.rng.randrange(3))
        hours = weekly(days, self.rng.sample(("morning", "afternoon"), self.rng.randrange(2)))
        self.tokens.append(self.queue.wait(self.rng.choice((1, 1, 2)), hours=hours, notice_hours=self.rng.choice((2, 24, 48))))

    def offer(self) -> None:
        self.queue.offer(Policy(batch=self.rng.choice((1, 3))))

    def accept(self) -> None:
        self.queue.accept(self.rng.choice(self.queue.offers("open") or self.queue.offers("lapsed", "passed")))

    def decline(self) -> None:
        self.queue.decline(self.rng.choice(self.queue.offers("open")))

    def leave(self) -> None:
        waitlist.leave(self.session, self.rng.choice(self.tokens), key=KEY, who=PATIENT, now=self.queue.now)

    def wait(self) -> None:
        self.queue.now += timedelta(minutes=self.rng.choice((10, 30, 60, 300)))

    def wrong(self) -> list[str]:
        """What does not hold, in words."""
        self.session.rollback()
        found = broken(self.session, now=self.queue.now)
        offers = list(self.session.scalars(select(TimeOffer).order_by(TimeOffer.id).execution_options(populate_existing=True)))
        began = dict(self.session.execute(select(WaitlistEntry.id, WaitlistEntry.created_at)).all())  # type: ignore[arg-type]
        ended = set(self.session.scalars(select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_not(None))))
        held = dict(self.session.execute(select(FreedTime.id, FreedTime.hold_id)).all())  # type: ignore[arg-type]
        states = dict(self.session.execute(select(Appointment.id, Appointment.state)).all())  # type: ignore[arg-type]
        by_hold: dict[int, list[TimeOffer]] = defaultdict(list)
        for offer in offers:
            by_hold[offer.hold_id].append(offer)
            if offer.state == "open" and (held[offer.freed_id] != offer.hold_id or offer.entry_id in ended):
                found.append(f"offer {offer.id} is open, and nothing is held for it, or nobody waits")
            if offer.state == "open" and states[offer.hold_id] not in (State.HELD, State.EXPIRED):
                found.append(f"offer {offer.id} is open, and its time is {states[offer.hold_id]}")
        twice = Counter(offer.entry_id for offer in offers if offer.state == "open" and offer.expires_at > self.queue.now)
        found += [f"entry {entry} has {count} offers at once" for entry, count in twice.items() if count > 1]
        for hold_id, batch in by_hold.items():
            if sum(offer.state == "accepted" for offer in batch) > 1:
                found.append(f"{hold_id} was taken twice")
            for one, following in pairwise(batch):
                if (began[one.entry_id], one.entry_id) > (
                    began[following.entry_id],
                    following.entry_id,
                ) or one.rank >= following.rank:
                    found.append(f"{one.id} came before {following.id}")
        self.session.rollback()
        return found


def walk(session: Session, seed: int, steps: int) -> Counter[str]:
    walking = Walk(session, seed)
    for number in range(steps):
        walking.step()
        assert walking.wrong() == [], (seed, number, walking.done)
    # Nothing stays open: once everybody has had their time, every freed time is done with.
    walking.queue.now += 30 * DAY
    for _ in range(3):
        walking.queue.offer()
        walking.queue.now += HOUR * 13
    assert walking.wrong() == []
    assert session.scalars(select(FreedTime.id).where(FreedTime.done_at.is_(None))).all() == []
    assert walking.queue.offers("open") == []
    return walking.done


@pytest.mark.parametrize("seed", [1, 2])
def test_what_must_hold_holds_whatever_happens(session: Session, seed: int) -> None:
    done = walk(session, seed, 150)
    assert done["accept"] >= 3, done


def test_a_walk_sees_what_is_wrong(session: Session) -> None:
    walking = Walk(session, 1)
    walking.queue.join()
    walking.queue.cancel(walking.queue.book(NOW + 2 * DAY))
    walking.queue.offer()
    assert walking.wrong() == []
    session.execute(update(FreedTime).values(hold_id=None))
    session.commit()
    assert len(walking.wrong()) == 1


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100, 120))
def test_long_walks(session: Session, seed: int) -> None:
    walk(session, seed, 600)
