"""P8: booking on SQLite from 8 processes, against one raw insert a transaction. Nobody may be told that it is locked."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from sqlalchemy import make_url

from benchmarks.baselines import INSERT_SQLITE, SQLITE_TABLE, open_sqlite
from benchmarks.ceilings import Ceilings
from benchmarks.databases import Databases, count_overlaps, fill
from benchmarks.measure import QUICK, ROUNDS, together
from benchmarks.p5_booking import CHAIN, SPECIALISTS, booker, write_expired_holds
from benchmarks.report import Mark, Report

THROUGHPUT = Mark(goal=0.6, floor=0.4, at_least=True)
WORST_WAIT = Mark(goal=250, floor=1500, unit=" ms")
PROCESSES = 8
SECONDS = 1.0 if QUICK else 4.0


def raw_inserter(file: str) -> Callable[[int], Callable[[int], object]]:
    def prepare(process: int) -> Callable[[int], object]:
        connection = open_sqlite(file)

        def call(count: int) -> object:
            turn, index = divmod(process + count * PROCESSES, SPECIALISTS)
            return connection.execute(INSERT_SQLITE, (index, turn * 1800, turn * 1800 + 1800, f"p{count}"))

        return call

    return prepare


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P8  book on SQLite, 8 processes, against one raw insert a transaction")
    url, reserved = databases.make("sqlite"), 20_000
    fill(url, CHAIN)
    write_expired_holds(url, reserved * ROUNDS)
    raw_file = str(make_url(databases.make("sqlite")).database)
    with open_sqlite(raw_file) as connection:
        connection.executescript(SQLITE_TABLE)
    product, raw, theirs = [], [], []
    for number in range(ROUNDS):
        raw.append(together(PROCESSES, raw_inserter(raw_file), SECONDS))
        product.append(together(PROCESSES, booker(url, PROCESSES, number * reserved), SECONDS))  # "locked" would be raised
        if ceilings:
            theirs.append(ceilings.sqlite_inserts_per_second(PROCESSES, SECONDS))
    report.say(
        f"product {median(p.per_second for p in product):.0f}/s, baseline {median(r.per_second for r in raw):.0f}/s,"
        f" longest wait of the baseline {max(r.longest for r in raw) * 1000:.0f} ms"
    )
    ratios = [p.per_second / r.per_second for p, r in zip(product, raw, strict=True)]
    report.figure("P8", ratios, THROUGHPUT)
    report.figure("P8 worst wait", [p.longest * 1000 for p in product], WORST_WAIT)
    if ceilings:
        report.ceiling("P8", [1 / r.per_second for r in raw], [1 / t for t in theirs])
    overlaps = count_overlaps(url)
    report.proof("P8 never locked", holds=overlaps == 0, text=f"no booking failed, {overlaps} overlaps")
