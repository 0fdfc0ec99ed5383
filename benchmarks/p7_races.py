"""P7: many who want the same time. One gets it, nobody is told of a deadlock or a failure, and no two claims overlap.

200 clients for one time, again and again; and 8 processes that walk the same 400 times, every other one half an hour's
half later. In the database, through one short transaction as the use cases make them; then over HTTP, on gunicorn.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from benchmarks.ceilings import Ceilings
from benchmarks.databases import VISIT_TYPE, Chain, Databases, connect, count_overlaps, fill, opened
from benchmarks.measure import QUICK, in_processes
from benchmarks.p5_booking import WEEKLY, WHO
from benchmarks.report import Report
from benchmarks.workload import FIRST_DAY, NOW, cell_of
from clinic.domain.errors import Busy, TimeRefused
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import place
from clinic.engine.transaction import retried
from clinic.store.connect import begin_write, engine_options, prepare
from tests.http.server import SECRET, call, gunicorn

CLIENTS = 200
RACES = 2 if QUICK else 20
PROCESSES, TIMES = 8, 100 if QUICK else 400
TIMES_A_DAY = 14
SPECIALISTS = 8
CHAIN = Chain(SPECIALISTS, weekly=WEEKLY, rooms=True)

Outcomes = Counter[str]


@retried
def hold(session: Session, wish: SlotRef) -> int:
    """As the use case does it after a look, without the alternatives for those who lose."""
    begin_write(session)
    appointment_id = place.hold(session, wish, who=WHO, now=NOW)
    session.commit()
    return appointment_id


def outcome(session: Session, wish: SlotRef) -> str:
    try:
        place.look(session, wish, now=NOW)
        hold(session, wish)
    except TimeRefused:
        return "refused"
    except Busy:
        return "busy"
    except Exception as failure:
        session.rollback()
        return type(getattr(failure, "orig", None) or failure).__name__
    return "won"


def race_target(number: int) -> SlotRef:
    """A time of its own for each race, after today as well as after NOW (HTTP lives by the real clock)."""
    first = max(30, (datetime.now(UTC).date() - FIRST_DAY).days + 30)
    return SlotRef(VISIT_TYPE, 1, 1, cell_of(first + number, 10 * 60))


def all_at_once(clients: int, act: Callable[[int], str]) -> Outcomes:
    """`act(number)` in as many threads, all let go at the same moment."""
    barrier, outcomes = threading.Barrier(clients), ["never answered"] * clients

    def run(number: int) -> None:
        barrier.wait(60)
        outcomes[number] = act(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


def race_in_database(url: str) -> list[Outcomes]:
    engine = create_engine(url, pool_size=CLIENTS, max_overflow=0, **engine_options(url))
    prepare(engine)
    sessions = [Session(engine) for _ in range(CLIENTS)]
    try:
        for session in sessions:
            session.connection()
        for session in sessions:
            session.rollback()
        return [all_at_once(CLIENTS, lambda n: outcome(sessions[n], race_target(race))) for race in range(RACES)]  # noqa: B023
    finally:
        for session in sessions:
            session.close()
        engine.dispose()


def race_over_http(url: str) -> list[Outcomes]:
    key = SECRET.encode()

    with gunicorn(url, workers=2, GUNICORN_CMD_ARGS="--threads 4") as port:

        def ask(opening: str) -> str:
            headers = {"Idempotency-Key": str(uuid4())}
            try:
                status, _answer = call(port, "POST", "/api/v1/holds", {"opening": opening}, headers)
            except OSError as failure:
                return type(failure).__name__
            return {201: "won", 409: "refused"}.get(status, str(status))

        tokens = [write_opening(key, race_target(RACES + race)) for race in range(RACES)]
        return [all_at_once(CLIENTS, lambda _n, token=token: ask(token)) for token in tokens]  # type: ignore[misc]


def walk_together(url: str) -> Outcomes:
    """Each process holds the same times in the same order; every other process a quarter of an hour later."""

    def work(number: int, ready: Any, results: Any) -> None:
        engine = connect(url)
        outcomes: Outcomes = Counter()
        with Session(engine) as session:
            ready.wait(60)
            for time in range(TIMES):
                day, place_of_day = divmod(time, TIMES_A_DAY)
                minutes = 9 * 60 + 30 * place_of_day + 15 * (number % 2)
                outcomes[outcome(session, SlotRef(VISIT_TYPE, 2, 5, cell_of(day, minutes)))] += 1
        results.put(outcomes)

    return sum(in_processes(PROCESSES, work), Counter())


def deadlocks(url: str) -> int:
    """How many the server has seen, told or not. SQLite has none."""
    with opened(url) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return 0
        connection.execute(text("select pg_stat_force_next_flush()"))
        seen = text("select deadlocks from pg_stat_database where datname = current_database()")
        return int(connection.execute(seen).scalar_one())


def run(report: Report, databases: Databases, _ceilings: Ceilings | None) -> None:
    report.heading(f"P7  {CLIENTS} clients for one time; {PROCESSES} x {TIMES} half-overlapping times")
    for kind in ("postgresql", "sqlite"):
        url = databases.make(kind)
        fill(url, CHAIN)
        for way, race in (("", race_in_database), (" over HTTP", race_over_http)):
            races = race(url)
            clean = [o for o in races if o == {"won": 1, "refused": CLIENTS - 1}]
            odd = sum((o for o in races if o not in clean), Counter())
            text_ = f"{len(clean)} of {RACES} races with 1 winner and {CLIENTS - 1} refused"
            report.proof(f"P7 {kind}{way}", holds=len(clean) == RACES, text=text_ + (f"; else {dict(odd)}" if odd else ""))
        walked = walk_together(url)
        strangers = sum(walked.values()) - walked["won"] - walked["refused"]
        overlaps, seen = count_overlaps(url), deadlocks(url)
        report.proof(
            f"P7 {kind} {PROCESSES} x {TIMES}",
            holds=not (strangers or overlaps or seen) and walked["won"] >= TIMES // 2,
            text=f"{walked['won']} won, {walked['refused']} refused, {strangers} failed, {overlaps} overlaps, {seen} deadlocks",
        )
