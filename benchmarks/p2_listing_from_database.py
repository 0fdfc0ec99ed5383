"""P2: list every start from PostgreSQL, through the product's calendars, against rows by psycopg -> mask -> list."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import baselines
from benchmarks.ceilings import Ceilings
from benchmarks.databases import CENTRE, RADIUS, VISIT_TYPE, Databases, opened, raw_connection, workload_database
from benchmarks.measure import Job, interleave, milliseconds
from benchmarks.report import Mark, Report
from benchmarks.workload import NOW, Workload
from clinic.engine.search.candidates import SearchCriteria, all_starts, nearby
from clinic.store.directory.catalogue import find_visit

MARK = Mark(goal=2, floor=4)
WORKLOAD = Workload(20, 28, 60)


def sought(engine: Engine, workload: Workload) -> SearchCriteria:
    """All clinics of the workload, over all of its days."""
    with Session(engine) as session:
        visit = find_visit(session, VISIT_TYPE)
        assert visit is not None
        return SearchCriteria(
            visit=visit, candidates=nearby(session, VISIT_TYPE, CENTRE, RADIUS), since=NOW, until=workload.until
        )


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P2  every start from PostgreSQL, against rows by psycopg -> masks -> list")
    url = workload_database(databases, WORKLOAD)
    with opened(url) as engine, raw_connection(url) as raw:
        baselines.load_bookings(raw, WORKLOAD)
        wanted = sought(engine, WORKLOAD)

        def product() -> int:
            with Session(engine) as session:
                return sum(map(len, all_starts(session, wanted, now=NOW).values()))

        def baseline() -> int:
            return len(baselines.starts_from_postgresql(raw, WORKLOAD))

        assert product() == baseline() == WORKLOAD.count(), f"{product()} and {baseline()} starts, of {WORKLOAD.count()}"
        jobs: list[Job] = [product, baseline]
        if ceilings:
            ceilings.load(WORKLOAD)
            jobs.append(ceilings.listing_from_database(WORKLOAD))
        rounds = interleave(*jobs, seconds=1, least=40)
    report.say(f"{WORKLOAD}: product {milliseconds(rounds.of(0))}, baseline {milliseconds(rounds.of(1))}")
    report.figure("P2", rounds.ratios(0, 1), MARK)
    if ceilings:
        report.ceiling("P2", rounds.of(1), rounds.of(2))
