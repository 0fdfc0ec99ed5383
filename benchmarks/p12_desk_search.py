"""P12: the desk's search, three offers and the list, against what a patient's results page asks of the calendars.

Both from a located place: 200 clinics x 4 specialists x 28 days within fifty miles, 10 clinics listed with three times each.
"""

from __future__ import annotations

from statistics import median

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from benchmarks.ceilings import Ceilings
from benchmarks.databases import CENTRE, RADIUS, VISIT_TYPE, Databases, opened, workload_database
from benchmarks.measure import interleave, milliseconds
from benchmarks.report import Mark, Report
from benchmarks.workload import NOW, Workload
from clinic.engine.search.candidates import SearchCriteria, nearby
from clinic.engine.search.listing import listing
from clinic.engine.search.locate import Place
from clinic.store.directory.catalogue import visits_of
from clinic.store.tables.directory import Service, VisitType
from clinic.usecases import desk
from clinic.usecases.desk import DeskSearch

MARK = Mark(goal=1.5, floor=2)
CLINICS = (50, 200)
HERE = Place("here", CENTRE, "America/Chicago", None, "here")


def in_public(engine: Engine, service: str) -> None:
    """As a results page does it, without counting the search."""
    with Session(engine) as session:
        visit = visits_of(session, service)[0]
        sought = SearchCriteria(visit=visit, candidates=nearby(session, visit.id, CENTRE, RADIUS))
        assert listing(session, sought, now=NOW, order="soonest", clinics=10).soonest


def at_the_desk(engine: Engine, service: str, line: str = "") -> None:
    with Session(engine) as session:
        assert desk.offers(session, HERE, DeskSearch(service=service, line=line, miles=RADIUS), now=NOW).offers


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P12  the desk's search, against the public one")
    del ceilings
    for clinics in CLINICS:
        url = workload_database(databases, Workload(clinics * 4, 28, 60))
        with opened(url) as engine:
            with Session(engine) as session:
                wanted = select(Service.slug).join(VisitType, VisitType.service_id == Service.id)
                service = session.scalars(wanted.where(VisitType.id == VISIT_TYPE)).one()
            rounds = interleave(
                lambda: in_public(engine, service),  # noqa: B023
                lambda: at_the_desk(engine, service),  # noqa: B023
                lambda: at_the_desk(engine, service, "after 2, tue or thu, English"),  # noqa: B023
                seconds=1,
                least=40,
            )
        case = f"{clinics} clinics x 4 x 28 days"
        report.say(f"{case}: medians public {milliseconds(rounds.of(0))}, desk {milliseconds(rounds.of(1))},"
                   f" narrowed by a line {milliseconds(rounds.of(2))}, {median(rounds.ratios(2, 0)):.2f}x")  # fmt: skip
        report.figure("P12 median", rounds.ratios(1, 0), MARK, case=case)
