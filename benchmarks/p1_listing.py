"""P1: list every start, against rows -> integer mask -> list in the same process."""

from __future__ import annotations

from benchmarks import baselines
from benchmarks.ceilings import Ceilings
from benchmarks.databases import Databases
from benchmarks.measure import Job, interleave, milliseconds
from benchmarks.report import Mark, Report
from benchmarks.workload import NOW, VISIT, WEEKLY, ZONE, Workload
from clinic.domain.scheduling.openings import specialist_starts
from clinic.domain.time.hours import start_grid, week_line
from clinic.domain.time.timeline import cell_at, gather, starts

MARK = Mark(goal=3, floor=7)
CASES = (Workload(1, 28, 60), Workload(1, 28, 240), Workload(1, 84, 180), Workload(20, 28, 60))


def product(claims: list[tuple[int, int, int]], origin: int, cells: int) -> dict[int, list[int]]:
    """Stored claims and weekly hours -> every start of every specialist, as cells."""
    shift = week_line(WEEKLY, ZONE, origin, cells)
    grid = start_grid(VISIT.step_minutes, ZONE, origin, cells)
    busy: dict[int, int] = {}
    gather(busy, claims, origin)
    return {whose: starts(specialist_starts(VISIT, shift & ~line) & grid, origin) for whose, line in busy.items()}


def run(report: Report, _databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P1  every start from rows in memory, against rows -> integer masks -> list")
    for workload in CASES:
        claims, origin = workload.claims(), cell_at(NOW)
        cells = cell_at(workload.until) - origin
        listed = sum(len(found) for found in product(claims, origin, cells).values())
        plain = len(baselines.starts_from_rows(workload))
        assert listed == plain == workload.count(), f"{workload}: {listed} and {plain} starts, of {workload.count()}"
        jobs: list[Job] = [lambda: product(claims, origin, cells), lambda: baselines.starts_from_rows(workload)]  # noqa: B023
        if ceilings:
            jobs.append(ceilings.listing(workload))
        rounds = interleave(*jobs)
        report.say(f"{workload}: {listed} starts, product {milliseconds(rounds.of(0))}, baseline {milliseconds(rounds.of(1))}")
        report.figure("P1", rounds.ratios(0, 1), MARK, case=str(workload))
        if ceilings:
            report.ceiling(f"P1 {workload}", rounds.of(1), rounds.of(2))
