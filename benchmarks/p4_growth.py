"""P4: what more clinics, days, bookings and past cost the search of P3."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.ceilings import Ceilings
from benchmarks.databases import Databases, opened, workload_database
from benchmarks.measure import QUICK, interleave, milliseconds
from benchmarks.p3_soonest import search, visit_of
from benchmarks.report import Mark, Report
from benchmarks.workload import Workload

BASE = Workload(200, 28, 60)
PAST_CLAIMS = 50_000 if QUICK else 500_000
CASES = (
    ("P4 4x clinics", Workload(800, 28, 60), 0, Mark(goal=4.5, floor=6)),
    ("P4 3x days", Workload(200, 84, 180), 0, Mark(goal=1.2, floor=1.5)),
    ("P4 4x bookings", Workload(200, 28, 240), 0, Mark(goal=2.5, floor=4)),
    (f"P4 {PAST_CLAIMS:,} past claims", BASE, PAST_CLAIMS, Mark(goal=1.1, floor=1.3)),
)


def run(report: Report, databases: Databases, _ceilings: Ceilings | None) -> None:
    report.heading("P4  growth of the search of P3, from 50 clinics x 4 x 28 days with 60 bookings each")
    with ExitStack() as stack:
        base = stack.enter_context(opened(workload_database(databases, BASE)))
        for name, workload, past, mark in CASES:
            with opened(workload_database(databases, workload, past=past)) as engine:
                visit = visit_of(engine)
                jobs = (lambda: search(engine, visit, workload), lambda: search(base, visit, BASE))  # noqa: B023
                rounds = interleave(*jobs, seconds=1, least=30)
            report.say(f"{name}: {milliseconds(rounds.of(0))}, base {milliseconds(rounds.of(1))}")
            report.figure(name, rounds.ratios(0, 1), mark)
