"""P9: the results page, 50 clinics x 4 specialists x 28 days around one ZIP code, against a plain Jinja page of 20 cards.

A visitor without a cookie, as from a link; a durable count of the search and the log line are part of it.
"""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from benchmarks.ceilings import Ceilings
from benchmarks.databases import Chain, Databases, fill, opened
from benchmarks.measure import milliseconds
from benchmarks.report import Mark, Report
from benchmarks.serving import Caller, Site, in_turns, request, served, timed
from benchmarks.workload import WEEKLY, Workload, days_until
from clinic.domain.geography.places import Point
from clinic.store.tables.directory import Location, Service, Specialist, VisitType
from clinic.usecases.operations.gazetteer import load_gazetteer

MARKS = {1: Mark(goal=4.5, floor=7), 8: Mark(goal=3.5, floor=6)}
SIZE = Mark(goal=60, floor=60, unit=" kB")
WORKLOAD = Workload(200, 28, 60)
CENTRE = Point(36.15, -86.79)
"""ZIP code 37203, on the time of the workload."""
CHAIN = Chain(WORKLOAD.specialists, centre=CENTRE, radius=24)
FIND = "/find?near=37203&service=physical-therapy"


def furnish(url: str) -> None:
    """What a page shows of clinics and people beyond their times, as a real chain has it; the ZIP codes; more services."""
    with opened(url) as engine, Session(engine) as session:
        load_gazetteer(session)
        session.execute(
            update(Location).values(city="Nashville", state="TN", postal_code="37203", phone="+16155550123", hours=WEEKLY)
        )
        session.execute(update(Specialist).values(profession="Physical therapist", languages="English, Spanish"))
        for number, name in enumerate(("Chiropractic care", "Facet joint injections", "Consultation"), 2):
            slug = name.lower().replace(" ", "-")
            session.execute(insert(Service).values(id=number, slug=slug, name=name, summary=name, position=number))
            session.execute(
                insert(VisitType).values(
                    id=number, service_id=number, slug=f"{slug}-first", name="First visit", minutes=30, position=0
                )
            )
        session.commit()


def look(caller: Caller) -> tuple[float]:
    seconds, _answer = timed(caller, request("GET", FIND), 200)
    return (seconds,)


def look_plainly(caller: Caller) -> tuple[float]:
    seconds, _answer = timed(caller, request("GET", "/page"), 200)
    return (seconds,)


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P9  the results page, 50 clinics x 4 x 28 days, against a plain Jinja page of 20 cards, 95th percentiles")
    url = databases.make("postgresql")
    fill(url, CHAIN, WORKLOAD.claims(days_until(datetime.now(UTC))))
    furnish(url)
    with ExitStack() as stack:
        log = Path(stack.enter_context(TemporaryDirectory(prefix="clinic-bench-"))) / "log"
        port = stack.enter_context(served(url, log))
        plain = stack.enter_context(served(url, log, app="benchmarks.plain_site:app", ready="/page"))
        sites = [Site(port, look), Site(plain, look_plainly)]
        if ceilings:
            ceilings.prepare_site()
            theirs = stack.enter_context(served(url, log, app="app:app", folder=ceilings.site, ready="/page"))
            sites.append(Site(theirs, look_plainly))
        _weigh(report, Caller(port).ask(request("GET", FIND)).body, Caller(plain).ask(request("GET", "/page")).body)
        for visitors, mark in MARKS.items():
            rounds = in_turns(*sites, visitors=visitors)
            case = "one at a time" if visitors == 1 else f"{visitors} at once"
            report.say(
                f"{case}: medians product {milliseconds(rounds.of(0))}, baseline {milliseconds(rounds.of(1))},"
                f" {median(rounds.ratios(0, 1)):.2f}x;"
                f" p95 product {milliseconds(rounds.of(0, 0.95))}, baseline {milliseconds(rounds.of(1, 0.95))}"
            )
            report.figure(f"P9 p95 {case}", rounds.ratios(0, 1, 0.95), mark, case=case)
            if ceilings:
                report.ceiling(f"P9 {case}", rounds.of(1), rounds.of(2))


def _weigh(report: Report, page: bytes, plain: bytes) -> None:
    times = page.count(b'name="opening"')
    assert times >= 20, f"only {times} times on the page: is this the results page?"
    report.say(f"{times} times on the page, {len(page) / 1000:.1f} kB; baseline {len(plain) / 1000:.1f} kB")
    report.figure("P9 page gzip", [len(gzip.compress(page, 6)) / 1000], SIZE, case="compressed")
