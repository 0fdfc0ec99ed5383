"""P5: book, durably, against one raw insert behind an exclusion constraint, in 1 and in 8 processes.

A booking is three claims (specialist, room, patient), the appointment, the audit row and the outbox row in one
transaction, everything checked again under locks. One time in ten, an expired hold is in the way and has to go first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from statistics import median

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.baselines import EXCLUSION_TABLE, INSERT_EXCLUDED
from benchmarks.ceilings import Ceilings
from benchmarks.databases import (
    FIRST_PATIENT,
    FIRST_ROOM,
    VISIT_TYPE,
    Chain,
    Databases,
    connect,
    count_overlaps,
    fill,
    opened,
    raw_connection,
)  # fmt: skip
from benchmarks.measure import QUICK, ROUNDS, Throughput, together
from benchmarks.report import Mark, Report
from benchmarks.workload import NOW, ZONE, cell_of
from clinic.domain.time.timeline import instant_at
from clinic.domain.tokens import SlotRef, write_reference
from clinic.engine.placing.changing import Who
from clinic.engine.placing.place import Details, book
from clinic.store.appointments.claims import milliseconds
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment, Claim

MARKS = {1: Mark(goal=0.25, floor=0.12, at_least=True), 8: Mark(goal=0.18, floor=0.08, at_least=True)}
SECONDS = 1.0 if QUICK else 2.0
WARM_UP = 12

SPECIALISTS = 200
VISITS_A_DAY = 16
WEEKLY = "; ".join(f"{day} 09:00-17:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
CHAIN = Chain(SPECIALISTS, weekly=WEEKLY, rooms=True, patients=SPECIALISTS)
DAYS = 380
TARGETS = SPECIALISTS * VISITS_A_DAY * DAYS
WHO = Who("api", "api")


def target(number: int) -> SlotRef:
    """One time of one specialist for each number, the specialists in turn."""
    turn, index = divmod(number, SPECIALISTS)
    day, place = divmod(turn, VISITS_A_DAY)
    specialist = index + 1
    return SlotRef(VISIT_TYPE, CHAIN.clinic_of(specialist), specialist, cell_of(day, 9 * 60 + 30 * place))


def is_held(number: int) -> bool:
    """Whether an expired hold is in the way of this target: one in ten, of all specialists alike."""
    return (number + number // SPECIALISTS) % 10 == 0


def write_expired_holds(url: str, targets: int) -> None:
    """Holds that have ended, and not been tidied away, on specialist and room."""
    ended, began = NOW - timedelta(minutes=5), NOW - timedelta(minutes=15)
    held = [number for number in range(targets) if is_held(number)]
    with opened(url) as engine, Session(engine) as session:
        rows = []
        for number in held:
            wish = target(number)
            start = instant_at(wish.start_cell)
            rows.append(
                {
                    "id": 1000 + number, "reference": write_reference(number), "state": "held", "visit_type_id": VISIT_TYPE,
                    "location_id": wish.location_id, "specialist_id": wish.specialist_id, "room_id": _room(wish),
                    "start_at": start, "end_at": start + timedelta(minutes=30), "time_zone": ZONE, "held_at": began,
                    "hold_expires_at": ended, "channel": "web",
                }
            )  # fmt: skip
        session.execute(insert(Appointment), rows)
        claims = [
            {
                "resource_id": resource, "start_cell": wish.start_cell, "end_cell": wish.start_cell + 6,
                "appointment_id": 1000 + number, "expires_at": milliseconds(ended),
            }
            for number in held
            for wish in [target(number)]
            for resource in (wish.specialist_id, _room(wish))
        ]  # fmt: skip
        session.execute(insert(Claim), claims)
        session.commit()
        if engine.dialect.name == "postgresql":
            with raw_connection(url) as connection:
                connection.execute("select setval('appointment_id_seq', 1000000)")
                connection.execute("vacuum analyze")


def _room(wish: SlotRef) -> int:
    return FIRST_ROOM + wish.specialist_id - 1


def booker(url: str, processes: int, first: int) -> Callable[[int], Callable[[int], object]]:
    """For `together`: process n books the targets first + n, first + n + processes, …"""

    def prepare(process: int) -> Callable[[int], object]:
        engine = connect(url)

        def call(count: int) -> int:
            wish = target(first + process + count * processes)
            with Session(engine) as session:
                begin_write(session)
                patient_id = FIRST_PATIENT + wish.specialist_id - 1
                booked = book(session, wish, Details(patient_id), who=WHO, now=NOW)
                session.commit()
                return booked

        for count in range(WARM_UP):
            call(count)
        return lambda count: call(count + WARM_UP)

    return prepare


def raw_inserter(url: str, processes: int) -> Callable[[int], Callable[[int], object]]:
    def prepare(process: int) -> Callable[[int], object]:
        connection = raw_connection(url)

        def call(count: int) -> object:
            turn, index = divmod(process + count * processes, SPECIALISTS)
            day, place = divmod(turn, VISITS_A_DAY)
            start = NOW + timedelta(days=day, minutes=540 + 30 * place)
            return connection.execute(INSERT_EXCLUDED, (index, start, start + timedelta(minutes=30), f"p{count}"))

        for count in range(WARM_UP):
            call(count)
        return lambda count: call(count + WARM_UP)

    return prepare


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P5  book (three claims, audit, outbox, expired holds cleared, durable), against one raw exclusion insert")
    url, reserved = databases.make("postgresql"), 8_000
    fill(url, CHAIN)
    write_expired_holds(url, reserved * ROUNDS * len(MARKS))
    firsts = islice(range(0, TARGETS, reserved), ROUNDS * len(MARKS))
    for processes, mark in MARKS.items():
        product: list[Throughput] = []
        raw: list[Throughput] = []
        theirs: list[float] = []
        for _ in range(ROUNDS):
            with raw_connection(url) as connection:
                connection.execute(EXCLUSION_TABLE)
                connection.execute("checkpoint")
            raw.append(together(processes, raw_inserter(url, processes), SECONDS))
            product.append(together(processes, booker(url, processes, next(firsts)), SECONDS))
            if ceilings:
                theirs.append(ceilings.inserts_per_second(processes, SECONDS))
        plural = "process" if processes == 1 else "processes"
        report.say(
            f"{processes} {plural}: product {median(p.per_second for p in product):.0f}/s,"
            f" longest {max(p.longest for p in product) * 1000:.0f} ms, baseline {median(r.per_second for r in raw):.0f}/s"
        )
        ratios = [p.per_second / r.per_second for p, r in zip(product, raw, strict=True)]
        report.figure(f"P5 {processes} {plural}", ratios, mark)
        if ceilings:
            report.ceiling(f"P5 {processes} {plural}", [1 / r.per_second for r in raw], [1 / t for t in theirs])
    assert count_overlaps(url) == 0
