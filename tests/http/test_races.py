"""Hundreds of clients, one time each: through HTTP, gunicorn and a real database. Nobody is booked twice.

The control comes first: with the guard dropped and the checks passed over, the same race does book people twice.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session, aliased

from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.appointments import Appointment, Claim
from tests import build
from tests.databases import Databases
from tests.http.server import SECRET, call, gunicorn

DAILY = "; ".join(f"{day} 08:00-20:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


@dataclass
class Race:
    """What the clients of one race met."""

    statuses: Counter[str] = field(default_factory=Counter)
    booked: list[str] = field(default_factory=list)
    fewest_alternatives: int = 99
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def test_each_time_is_booked_once(databases: Databases) -> None:
    """40 clients for 5 times."""
    race = _run(databases, clients=40, times=5)
    assert (len(race.booked), race.statuses["hold 409"]) == (5, 35)


@pytest.mark.prove
def test_500_clients_50_times(databases: Databases) -> None:
    race = _run(databases, clients=500, times=50)
    race.seconds.sort()
    print(
        f"\n{databases.kind}: 500 clients, 50 times: {len(race.booked)} booked, {race.statuses['hold 409']} refused with"
        f" {race.fewest_alternatives} alternatives or more, 0 overlaps, 0 5xx;"
        f" p99 {race.seconds[int(len(race.seconds) * 0.99)]:.2f} s; {dict(race.statuses)}"
    )
    assert (len(race.booked), race.statuses["hold 409"]) == (50, 450)


def _run(databases: Databases, *, clients: int, times: int) -> Race:
    with databases.migrated() as url:
        engine = create_engine(url, **engine_options(url))
        prepare(engine)
        openings = _clinic(engine, times)
        race = Race()
        with gunicorn(url) as port:
            _all_at_once(clients, lambda i: _book(port, openings[i % times], i, race))
        assert not [status for status in race.statuses if " 5" in status], race.statuses
        assert race.fewest_alternatives >= 3
        assert len(set(race.booked)) == len(race.booked)
        assert _overlaps(engine) == 0
        with Session(engine) as session:
            assert len(session.scalars(select(Appointment.id).where(Appointment.state == "booked")).all()) == times
        engine.dispose()
        return race


def _clinic(engine: Engine, times: int) -> list[str]:
    """One clinic, five specialists, three rooms; `times` openings of tomorrow and after, three at once at most."""
    with Session(engine) as session:
        place = build.location(session, hours=DAILY)
        kind = build.visit_type(session, minutes=30, step_minutes=30, room_kind="treatment")
        people = [build.specialist(session) for _ in range(5)]
        for person in people:
            build.shift(session, person, place, DAILY, date(2026, 1, 1))
            build.offer(session, kind, place, person)
        for _ in range(3):
            build.room(session, place)
        session.commit()
        noon = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=1)
        slots = [(noon + timedelta(days=n // 24, minutes=30 * (n // 3 % 8)), people[n % 3].id) for n in range(times)]
        key = SECRET.encode()
        return [write_opening(key, SlotRef(kind.id, place.id, who, cell_at(start))) for start, who in slots]


def _all_at_once(clients: int, act: Callable[[int], None]) -> None:
    barrier = threading.Barrier(clients)

    def run(number: int) -> None:
        barrier.wait()
        act(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _book(port: int, opening: str, number: int, race: Race) -> None:
    began = time.monotonic()
    status, answer = call(port, "POST", "/api/v1/holds", {"opening": opening}, {"Idempotency-Key": f"race-hold-{number:08d}"})
    with race.lock:
        race.statuses[f"hold {status}"] += 1
        race.seconds.append(time.monotonic() - began)
        if status == 409:
            assert all(other["opening"] != opening for other in answer["alternatives"])
            race.fewest_alternatives = min(race.fewest_alternatives, len(answer["alternatives"]))
    if status == 201:
        _confirm(port, answer["hold"], number, race)


def _confirm(port: int, hold: str, number: int, race: Race) -> None:
    patient: dict[str, Any] = {
        "given_name": "Pat", "family_name": f"Racer{chr(65 + number % 26)}", "birth_date": "1970-01-01",
        "phone": f"(407) 555-{number:04d}",
    }  # fmt: skip
    status, answer = call(
        port, "POST", "/api/v1/appointments", {"hold": hold, "patient": patient}, {"Idempotency-Key": f"race-book-{number:08d}"}
    )
    with race.lock:
        race.statuses[f"book {status}"] += 1
        if status == 201:
            race.booked.append(answer["reference"])


def _overlaps(engine: Engine) -> int:
    """Pairs of claims of one resource that overlap: read from the table, without any of our own arithmetic."""
    one, other = aliased(Claim), aliased(Claim)
    with Session(engine) as session:
        pairs = select(one.resource_id).join(other, one.resource_id == other.resource_id).where(
            one.start_cell < other.end_cell, other.start_cell < one.end_cell, one.appointment_id < other.appointment_id
        )  # fmt: skip
        return len(session.execute(pairs).all())


def test_without_the_guard_the_race_is_lost(databases: Databases) -> None:
    """The control: rivals who look first and then write, with no lock and no guard. The harness must see them collide."""
    with databases.migrated() as url:
        engine = create_engine(url, **engine_options(url))
        prepare(engine)
        with Session(engine) as session:
            place, person, kind = build.practice(session)
            wish = (place.id, person.id, kind.id)
        with engine.begin() as connection:
            for statement in _without_guard(databases.kind):
                connection.execute(text(statement))
        _all_at_once(12, lambda number: _look_then_write(engine, wish, number))
        assert _overlaps(engine) > 0
        engine.dispose()


def _without_guard(kind: str) -> list[str]:
    if kind == "sqlite":
        return ["drop trigger claim_no_overlap_insert", "drop trigger claim_no_overlap_update"]
    return ["alter table claim drop constraint claim_no_overlap"]


def _look_then_write(engine: Engine, wish: tuple[int, int, int], number: int) -> None:
    """What a careless program does. Starts differ by a cell, so that only overlap could tell."""
    location, specialist, visit = wish
    start = datetime(2026, 12, 1, 15, tzinfo=UTC) + timedelta(minutes=5 * (number % 4))
    first = cell_at(start)
    with Session(engine) as session:
        taken = session.scalars(
            select(Claim.resource_id).where(Claim.resource_id == specialist, Claim.start_cell < first + 6)
        ).first()
        session.rollback()
        if taken:
            return
        time.sleep(0.05)
        appointment = Appointment(
            reference=f"R{number}", state="held", visit_type_id=visit, location_id=location, specialist_id=specialist,
            start_at=start, end_at=start + timedelta(minutes=30), time_zone="America/New_York", held_at=start,
            hold_expires_at=start, channel="test", cancelled_late=False,
        )  # fmt: skip
        session.add(appointment)
        session.flush()
        session.add(
            Claim(resource_id=specialist, start_cell=first + number % 2, end_cell=first + 6, appointment_id=appointment.id)
        )
        try:
            session.commit()
        except Exception:  # the primary key refuses equal starts: not what is looked for here
            session.rollback()
