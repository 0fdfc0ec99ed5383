"""Many at once: threads with a connection each, or whole processes, that want overlapping times of the same people and rooms."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.domain.errors import DomainError, TimeTaken
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.connect import engine_options, prepare
from clinic.usecases import booking
from tests import build
from tests.build import KEY, PATIENT

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # nine in the morning
SHAPES = (
    {"minutes": 15},
    {"minutes": 30, "room_kind": "treatment", "buffer_after": 5},
    {"minutes": 45, "room_kind": "treatment", "room_setup": 5, "room_cleanup": 10, "equipment_kind": "c_arm"},
    {"minutes": 60, "room_kind": "treatment", "buffer_before": 5},
)


@contextmanager
def connected(url: str, connections: int = 16, **more: Any) -> Iterator[Engine]:
    engine = create_engine(url, pool_size=connections, max_overflow=0, **{**engine_options(url), **more})
    prepare(engine)
    yield engine
    engine.dispose()


def together(engine: Engine, verbs: Sequence[Callable[[Session], Any]]) -> list[Any]:
    """Every verb in a thread and a session of its own, all started at once: what each returned or raised."""
    answers: list[Any] = [None] * len(verbs)
    barrier = threading.Barrier(len(verbs))

    def run(number: int) -> None:
        with Session(engine) as session:
            session.connection()
            session.rollback()
            barrier.wait()
            try:
                answers[number] = verbs[number](session)
            except Exception as raised:
                answers[number] = raised

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@dataclass(frozen=True)
class Clinic:
    """Ids: the site, its people, rooms and devices, and a visit type for each of SHAPES."""

    place: int
    people: list[int]
    rooms: list[int]
    devices: list[int]
    kinds: list[int]

    def opening(self, kind: int, person: int, start: datetime) -> str:
        return write_opening(KEY, SlotRef(self.kinds[kind], self.place, self.people[person], cell_at(start)))


def make_clinic(session: Session, people: int = 4, rooms: int = 3, devices: int = 2) -> Clinic:
    place = build.location(session)
    kinds = [
        build.visit_type(session, audience="returning", horizon_days=400, cancel_window_hours=0, **shape) for shape in SHAPES
    ]
    crew = [build.specialist(session) for _ in range(people)]
    for person in crew:
        build.shift(session, person, place, build.EVERY_DAY)
        for kind in kinds:
            build.offer(session, kind, place, person)
    return Clinic(
        place.id, [person.id for person in crew], [build.room(session, place).id for _ in range(rooms)],
        [build.equipment(session, place).id for _ in range(devices)], [kind.id for kind in kinds],
    )  # fmt: skip


Want = tuple[int, int, datetime]
"""Which of SHAPES, whom, when."""


def some_wants(rng: Random, people: int, count: int) -> list[Want]:
    """Quarter hours of one day: every kind, everybody, half overlapping."""
    return [(rng.randrange(4), rng.randrange(people), NOW + timedelta(minutes=15 * rng.randrange(32))) for _ in range(count)]


def rush(url: str, clinic: Clinic, wants: Sequence[Want], threads: int, number: int) -> tuple[Counter[str], list[Want]]:
    """Hold them all, confirm every other one; -> what happened, and the wants that were refused."""
    told: Counter[str] = Counter()
    refused: list[Want] = []
    guard = threading.Lock()

    def run(mine: Sequence[Want], who: int) -> Callable[[Session], None]:
        def act(session: Session) -> None:
            for turn, want in enumerate(mine):
                refusal: Want | None = None
                try:
                    held = booking.hold(session, clinic.opening(*want), key=KEY, who=PATIENT, now=NOW)
                    what = "held"
                    if turn % 2:
                        typed = build.details(
                            given_name="Pat", family_name=f"Racer {chr(65 + who)}{chr(65 + number)}" + "x" * turn
                        )
                        booking.confirm(session, held.token, typed, key=KEY, who=PATIENT, now=NOW)
                        what = "booked"
                except TimeTaken as taken:
                    what, refusal = ("refused" if len(taken.alternatives) >= 3 else "refused without alternatives"), want
                except (DomainError, DBAPIError) as other:
                    session.rollback()
                    what = repr(other)[:200]
                with guard:
                    told[what] += 1
                    if refusal:
                        refused.append(refusal)

        return act

    with connected(url, threads) as engine:
        raised = [a for a in together(engine, [run(wants[i::threads], i) for i in range(threads)]) if a is not None]
    assert not raised, raised
    return told, refused
