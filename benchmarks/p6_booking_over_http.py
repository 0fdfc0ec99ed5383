"""P6: book over HTTP, as a patient's browser does, against one Flask + SQLAlchemy POST that inserts one row.

To book takes two POSTs of ours, and both are measured. The figure is the second, which books: it reads and checks every
answer once more, finds or makes the patient, claims their time, turns the hold into a visit, writes audit, outbox and
idempotency key, and commits durably. The first, which holds the time, is printed beside it. So is the one that keeps
the answers with it, to be looked over. Sessions, CSRF tokens, rate limits and log lines as in production.
"""

from __future__ import annotations

import html
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from benchmarks.baselines import EXCLUSION_TABLE
from benchmarks.ceilings import Ceilings
from benchmarks.databases import VISIT_TYPE, Databases, count_overlaps, fill, opened, raw_connection
from benchmarks.measure import milliseconds
from benchmarks.p5_booking import CHAIN, SPECIALISTS, VISITS_A_DAY
from benchmarks.report import Mark, Report
from benchmarks.serving import SECRET, Caller, Site, in_turns, request, served, timed
from benchmarks.workload import cell_of, days_until
from clinic.domain.geography.gazetteer import STANDARD, ZipEntry
from clinic.domain.tokens import SlotRef, write_opening
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests.web.visiting import ANSWERS

MARK = Mark(goal=1.5, floor=2.5)
VISITORS = (1, 8)
ZIP = ZipEntry("32801", "Orlando", "FL", "Orange", STANDARD, True, 28.54, -81.38, "America/New_York")
FIND = "/find?near=32801&service=physical-therapy"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
LETTERS = "abcdefghij"


def hidden(page: bytes) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page.decode())}


class Patients:
    """One after another they take the next time, say who they are, look over their answers and book. All are new to us."""

    def __init__(self, port: int) -> None:
        self._numbers = count()
        self._first_day = days_until(datetime.now(UTC)) + 1
        found = Caller(port).ask(request("GET", FIND))
        self._cookie = found.header("Set-Cookie").partition(";")[0]
        self._form = hidden(found.body)

    def visit(self, caller: Caller) -> tuple[float, float, float]:
        """The seconds of: hold, check, confirm."""
        number = next(self._numbers)

        def post(path: str, form: dict[str, str]) -> bytes:
            return request("POST", path, form, cookie=self._cookie, number=number)

        # The browser makes a new page for each; here only the key has to be a new one.
        chosen = self._form | {"key": f"key-of-{number:010d}", "opening": write_opening(SECRET.encode(), self.target(number))}
        hold_seconds, held = timed(caller, post("/book/hold", chosen), 303)
        details = held.header("Location").removeprefix("https://book.example.org")
        answers = {"csrf_token": self._form["csrf_token"]} | ANSWERS | self.name(number)
        check = details.replace("/details", "/check")
        check_seconds, kept = timed(caller, post(check, answers), 303)
        typed_here = kept.header("Set-Cookie").partition(";")[0]
        _seconds, checked = timed(caller, request("GET", check, cookie=typed_here, number=number), 200)
        booking = post(details.replace("/details", "/confirm"), hidden(checked.body))
        confirm_seconds, _booked = timed(caller, booking, 303)
        return hold_seconds, check_seconds, confirm_seconds

    def target(self, number: int) -> SlotRef:
        turn, index = divmod(number, SPECIALISTS)
        day, place = divmod(turn, VISITS_A_DAY)
        specialist = index + 1
        cell = cell_of(self._first_day + day, 9 * 60 + 30 * place)
        return SlotRef(VISIT_TYPE, CHAIN.clinic_of(specialist), specialist, cell)

    @staticmethod
    def name(number: int) -> dict[str, str]:
        name = "".join(LETTERS[int(digit)] for digit in f"{number:06d}")
        return {"family_name": f"Test {name}", "phone": f"(407) 5{number // 10_000 % 100:02d}-{number % 10_000:04d}"}


def ask_plainly(caller: Caller) -> tuple[float]:
    seconds, _answer = timed(caller, request("POST", "/book"), 200)
    return (seconds,)


def run(report: Report, databases: Databases, ceilings: Ceilings | None) -> None:
    report.heading("P6  book over HTTP, against a Flask + SQLAlchemy POST that inserts one row, medians")
    url = databases.make("postgresql")
    fill(url, CHAIN)
    with opened(url) as engine, Session(engine) as session:
        load_gazetteer(session, [ZIP])
    with raw_connection(url) as connection:
        connection.execute(EXCLUSION_TABLE)
    with ExitStack() as stack:
        log = Path(stack.enter_context(TemporaryDirectory(prefix="clinic-bench-"))) / "log"
        port = stack.enter_context(served(url, log))
        plain = stack.enter_context(served(url, log, app="benchmarks.plain_site:app", ready="/page"))
        sites = [Site(port, Patients(port).visit, timed=3), Site(plain, ask_plainly)]
        if ceilings:
            ceilings.prepare_site()
            theirs = stack.enter_context(served(url, log, app="app:app", folder=ceilings.site, ready="/page"))
            sites.append(Site(theirs, ask_plainly))
        for visitors in VISITORS:
            rounds = in_turns(*sites, visitors=visitors)
            case = "one patient at a time" if visitors == 1 else f"{visitors} at once"
            hold, check, confirm, raw = (milliseconds(rounds.of(job)) for job in range(4))
            report.say(
                f"{case}: hold {hold} ({median(rounds.ratios(0, 3)):.2f}x), check {check} ({median(rounds.ratios(1, 3)):.2f}x),"
                f" confirm {confirm}, baseline {raw}"
            )
            report.figure("P6", rounds.ratios(2, 3), MARK, case=case)
            if ceilings:
                report.ceiling(f"P6 {case}", rounds.of(3), rounds.of(4))
    assert count_overlaps(url) == 0
