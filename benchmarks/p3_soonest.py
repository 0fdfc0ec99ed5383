"""P3: the 20 earliest within 50 miles, place already located, against the growing horizon without a product."""

from __future__ import annotations

from statistics import median

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import baselines
from benchmarks.ceilings import Ceilings
from benchmarks.databases import CENTRE, RADIUS, VISIT_TYPE, Databases, opened, raw_connection, workload_database
from benchmarks.measure import Job, interleave, milliseconds
from benchmarks.report import Mark, Report
from benchmarks.workload import NOW, Workload, cell_of
from clinic.domain.time.timeline import cell_at
from clinic.engine.search.candidates import Opening, SearchCriteria, nearby, soonest
from clinic.store.directory.catalogue import BookableVisit, find_visit

MARK = Mark(goal=2, floor=4)
CLINICS = (10, 50, 200)


def visit_of(engine: Engine) -> BookableVisit:
    with Session(engine) as session:
        visit = find_visit(session, VISIT_TYPE)
        assert visit is not None
        return visit


def search(engine: Engine, visit: BookableVisit, workload: Workload) -> list[Opening]:
    """As a request does it: a session, the clinics near by that offer the visit, their calendars, the earliest openings."""
    with Session(engine) as session:
        sought = SearchCriteria(visit=visit, candidates=nearby(session, VISIT_TYPE, CENTRE, RADIUS), until=workload.until)
        return soonest(session, sought, now=NOW, limit=20)


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P3  the 20 earliest openings within 50 miles, against the raw growing horizon, 95th percentiles")
    for clinics in CLINICS:
        workload = Workload(clinics * 4, 28, 60)
        url = workload_database(databases, workload)
        with opened(url) as engine, raw_connection(url) as raw:
            baselines.load_bookings(raw, workload)
            visit = visit_of(engine)
            jobs: list[Job] = [lambda: search(engine, visit, workload), lambda: baselines.earliest(raw, workload)]  # noqa: B023
            _check(search(engine, visit, workload), baselines.earliest(raw, workload))
            if ceilings:
                ceilings.load(workload)
                jobs.append(ceilings.earliest(workload))
            rounds = interleave(*jobs, seconds=1, least=60)
        case = f"{clinics} clinics x 4 x 28 days"
        medians = f"product {milliseconds(rounds.of(0))}, baseline {milliseconds(rounds.of(1))}"
        report.say(f"{case}: medians {medians}, {median(rounds.ratios(0, 1)):.2f}x")
        report.figure("P3 p95", rounds.ratios(0, 1, 0.95), MARK, case=case)
        if ceilings:
            report.ceiling(f"P3 {case}", rounds.of(1), rounds.of(2))


def _check(openings: list[Opening], raw: list[tuple[int, int]]) -> None:
    ours = [cell_at(opening.start) for opening in openings]
    theirs = [cell_of(*divmod(minutes, 1440)) for minutes, _specialist in raw]
    assert ours == theirs, f"the product finds {ours}, the baseline {theirs}"
