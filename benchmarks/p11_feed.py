"""P11: a specialist's calendar feed of a hundred visits at two clinics in two zones, against a plain Jinja page of 100 rows.

Both over HTTP. The feed checks its key, reads the visits from PostgreSQL and writes them with their zones; the page has its
rows at hand.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from benchmarks.ceilings import Ceilings
from benchmarks.databases import FIRST_PATIENT, VISIT_TYPE, Chain, Databases, fill, opened
from benchmarks.measure import milliseconds
from benchmarks.report import Mark, Report
from benchmarks.serving import SECRET, Caller, Site, in_turns, request, served, timed
from benchmarks.workload import ZONE
from clinic.domain.tokens import write_key
from clinic.store.tables.appointments import Appointment, CalendarFeed
from clinic.store.tables.directory import Location

MARK = Mark(goal=2, floor=3)
VISITS = 100
OTHER_ZONE = "America/Chicago"
FEED = f"/calendar/{write_key(SECRET.encode(), 'feed', 1, 0)}.ics"
VISITORS = (1, 8)


def book(url: str) -> None:
    """A hundred visits of the first specialist over the coming half year, every other one at the second clinic, and the feed."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with opened(url) as engine, Session(engine) as session:
        session.execute(update(Location).where(Location.id == 2).values(time_zone=OTHER_ZONE, city="Phenix City", state="AL"))
        rows = [
            {
                "reference": f"BENCH{number:06d}", "state": "booked", "visit_type_id": VISIT_TYPE, "location_id": 1 + number % 2,
                "specialist_id": 1, "patient_id": FIRST_PATIENT + number, "start_at": start,
                "end_at": start + timedelta(minutes=45), "time_zone": OTHER_ZONE if number % 2 else ZONE, "held_at": now,
                "booked_at": now, "channel": "web",
            }
            for number in range(VISITS)
            for start in [now + timedelta(hours=43 * number)]
        ]  # fmt: skip
        session.execute(insert(Appointment), rows)
        session.add(CalendarFeed(specialist_id=1, generation=0, made_at=now))
        session.commit()


def read(caller: Caller) -> tuple[float]:
    seconds, _answer = timed(caller, request("GET", FEED), 200)
    return (seconds,)


def look(caller: Caller) -> tuple[float]:
    seconds, _answer = timed(caller, request("GET", "/rows"), 200)
    return (seconds,)


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:  # noqa: ARG001 (every figure is run the same)
    report.heading(f"P11  a calendar feed of {VISITS} visits, against a plain Jinja page of {VISITS} rows, medians")
    url = databases.make("postgresql")
    fill(url, Chain(8, patients=VISITS))
    book(url)
    with ExitStack() as stack:
        log = Path(stack.enter_context(TemporaryDirectory(prefix="clinic-bench-"))) / "log"
        port = stack.enter_context(served(url, log))
        plain = stack.enter_context(served(url, log, app="benchmarks.plain_site:app", ready="/rows"))
        file, page = (Caller(at).ask(request("GET", path)).body for at, path in ((port, FEED), (plain, "/rows")))
        assert file.count(b"BEGIN:VEVENT") == page.count(b"<tr>") == VISITS
        report.say(f"{len(file) / 1000:.1f} kB; baseline {len(page) / 1000:.1f} kB")
        for visitors in VISITORS:
            rounds = in_turns(Site(port, read), Site(plain, look), visitors=visitors)
            case = "one at a time" if visitors == 1 else f"{visitors} at once"
            report.say(
                f"{case}: product {milliseconds(rounds.of(0))}, baseline {milliseconds(rounds.of(1))},"
                f" p95 {median(rounds.ratios(0, 1, 0.95)):.2f}x"
            )
            report.figure("P11 feed", rounds.ratios(0, 1), MARK, case=case)
