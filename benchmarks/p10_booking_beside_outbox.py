"""P10: book over HTTP beside a worker with a thousand messages to send, against the same beside a worker with none.

Who books waits for no message: the three POSTs of a booking (hold, check, confirm) may take a quarter longer at most, while
the mail server is down and while the worker sends as fast as that takes mail. All is on this one machine: what is left of a
difference is what the processes take of each other. Each of the three workers lives for its own turns, and is stopped
(SIGSTOP) for those of the others; before its turn the queue is filled anew, or emptied.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.ceilings import Ceilings
from benchmarks.databases import Databases, count_overlaps, fill, opened, raw_connection
from benchmarks.measure import QUICK, Rounds
from benchmarks.p5_booking import CHAIN
from benchmarks.p6_booking_over_http import ZIP, Patients
from benchmarks.report import Mark, Report
from benchmarks.serving import SECRET, START_SECONDS, Caller, Site, environment_for, in_turns, served
from clinic.config import ROOT
from clinic.domain.tokens import write_opening
from clinic.engine.placing.changing import Who
from clinic.usecases import booking
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests.build import details

MARK = Mark(goal=1.1, floor=1.25)
QUEUED = 200 if QUICK else 1000
FAR = 800_000
"""The first of the times that are booked before the clock starts, a long way behind those of the visitors."""
WEB = Who("patient", "web")

# What a stopped worker has under a lock is left to it.
EMPTY = """
    update delivery set done_at = now(), outcome = 'dropped'
    where id in (select id from delivery where done_at is null for update skip locked)
"""
FILL = """
    update delivery set done_at = null, outcome = null, body = null, detail = '', next_at = now(), leased_until = null
    where id in (select id from delivery order by id limit %s for update skip locked)
"""


def run(report: Report, databases: Databases, _ceilings: Ceilings | None) -> None:
    report.heading(f"P10 book over HTTP beside a worker with {QUEUED} messages queued, against one with none, medians")
    url = databases.make("postgresql")
    fill(url, CHAIN)
    with opened(url) as engine, Session(engine) as session:
        load_gazetteer(session, [ZIP])
    with ExitStack() as stack:
        log = Path(stack.enter_context(TemporaryDirectory(prefix="clinic-bench-"))) / "log"
        sink = stack.enter_context(mail_server())
        port = stack.enter_context(served(url, log))
        patients = Patients(port)
        book_before(url, patients)
        spend_queue(url, sink.url, log)
        workers = [
            stack.enter_context(worker(url, sink.url, log)),
            stack.enter_context(worker(url, "smtp://localhost:9", log)),
            stack.enter_context(worker(url, sink.url, log)),
        ]
        queues = (EMPTY, FILL, FILL)
        beside = [partial(at_work, url, process, queue) for process, queue in zip(workers, queues, strict=True)]
        before = sink.taken()
        rounds = in_turns(*(Site(port, whole(patients), during=during) for during in beside), visitors=1)
        tell(report, rounds)
        report.say(f"the server took {sink.taken() - before} messages meanwhile")
    assert count_overlaps(url) == 0


def tell(report: Report, rounds: Rounds) -> None:
    for job, name in enumerate(("no message queued", "server down", "server up")):
        each = ", ".join(f"{seconds * 1000:.1f}" for seconds in rounds.of(job))
        slow = median(rounds.of(job, 0.95)) * 1000
        report.say(f"{name}: {each} ms a booking, round by round; p95 {slow:.1f} ms")
    report.figure("P10", rounds.ratios(1, 0), MARK, case="server down")
    report.figure("P10", rounds.ratios(2, 0), MARK, case="server up")


def whole(patients: Patients) -> Callable[[Caller], tuple[float]]:
    return lambda caller: (sum(patients.visit(caller)),)


def book_before(url: str, patients: Patients) -> None:
    """As many visits as there are to be messages."""
    now, key = datetime.now(UTC), SECRET.encode()
    with opened(url) as engine, Session(engine) as session:
        for number in range(FAR, FAR + QUEUED):
            held = booking.hold(session, write_opening(key, patients.target(number)), key=key, who=WEB, now=now)
            said = details(email=f"p{number}@example.org", **patients.name(number))
            booking.confirm(session, held.token, said, key=key, who=WEB, now=now)


def spend_queue(url: str, smtp_url: str, log: Path) -> None:
    """Every message has been sent once, so that all that is left of a queue is to be filled."""
    with log.open("ab") as lines:
        subprocess.run(_command("--once"), env=_environment(url, smtp_url), cwd=ROOT, stdout=lines, stderr=lines, check=True)


@contextmanager
def worker(url: str, smtp_url: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that has begun, and is stopped."""
    began = log.read_bytes().count(b"worker started")
    with log.open("ab") as lines:
        process = subprocess.Popen(_command(), env=_environment(url, smtp_url), cwd=ROOT, stdout=lines, stderr=lines)
    try:
        until = time.monotonic() + START_SECONDS
        while log.read_bytes().count(b"worker started") == began:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the worker did not start:\n" + log.read_text())
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.wait()


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "flask", "clinic", "worker", *options]


def _environment(url: str, smtp_url: str) -> dict[str, str]:
    return environment_for(url) | {"CLINIC_SMTP_URL": smtp_url, "CLINIC_SMTP_TLS": "off"}


@contextmanager
def at_work(url: str, process: subprocess.Popen[bytes], queue: str) -> Iterator[None]:
    with raw_connection(url) as connection:
        connection.execute(EMPTY.encode())
        if queue == FILL:
            connection.execute(FILL.encode(), (QUEUED,))
    process.send_signal(signal.SIGCONT)
    try:
        time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGSTOP)


class Sink:
    """A mail server in a process of its own, that takes everything and keeps nothing."""

    def __init__(self, port: int, count: Any) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self._count = count

    def taken(self) -> int:
        return int(self._count.value)


@contextmanager
def mail_server() -> Iterator[Sink]:
    forking = get_context("fork")
    count = forking.Value("q", 0)

    class Handler(StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # a worker that is killed says no goodbye
                self._talk()

        def _talk(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                self.wfile.write(b"354 go on\r\n" if line.startswith(b"DATA") else b"250 fine\r\n")
                if line.startswith(b"DATA"):
                    while self.rfile.readline() not in {b".\r\n", b""}:
                        pass
                    with count.get_lock():
                        count.value += 1
                    self.wfile.write(b"250 taken\r\n")

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        process = forking.Process(target=server.serve_forever, daemon=True)
        process.start()
        try:
            yield Sink(server.server_address[1], count)
        finally:
            process.kill()
            process.join()
