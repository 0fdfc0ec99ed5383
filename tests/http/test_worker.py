"""`flask clinic worker` as it is run: it sends, outlives its database's absences, says nothing private, and ends when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any

import click
import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.orm import Session

from clinic.adapters.sealing import new_key
from clinic.cli.worker import Job, _work_in_lanes
from clinic.config import ROOT
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.connect import begin_write, engine_options, prepare
from clinic.store.messages.outbox import tell_links
from clinic.store.tables.appointments import Appointment
from clinic.usecases import booking
from tests import build
from tests.http.server import SECRET
from tests.postbox import Postbox

WEB = Who("patient", "web")
KEY = new_key()
PATIENCE_SECONDS = 30
CANARIES = ("canary", "5550177", "555-0177", "1971-04-23")


@pytest.fixture
def box() -> Iterator[Postbox]:
    with Postbox() as box:
        yield box


@dataclass
class Clinic:
    """People book, by the real clock; each has a canary for a name, an address and a telephone number."""

    url: str
    booked: int = 0
    ids: tuple[int, int, int] = (0, 0, 0)

    def book(self, people: int) -> None:
        with self.opened() as session:
            if not self.booked:
                place, person, kind = build.practice(session, weekly=build.EVERY_DAY, horizon_days=365, reminders="")
                self.ids = (kind.id, place.id, person.id)
            for _ in range(people):
                self._book_next(session)

    def rows(self) -> list[Any]:
        """(outcome, leased_until) of each message by mail."""
        with self.opened() as session:
            return list(session.execute(text("select outcome, leased_until from delivery order by id")))

    @contextmanager
    def opened(self) -> Iterator[Session]:
        engine = create_engine(self.url, **engine_options(self.url))
        prepare(engine)
        with Session(engine) as session:
            yield session
        engine.dispose()

    def _book_next(self, session: Session) -> None:
        now = datetime.now(UTC)
        noon = now.replace(hour=17, minute=0, second=0, microsecond=0) + timedelta(days=2 + self.booked)
        self.booked += 1
        said = build.details(
            given_name="Canary", family_name="Canary " + "abcdefghijklmnopqrst"[self.booked], phone="(407) 555-0177",
            email=f"canary{self.booked}@example.org", reason="a canary in my back",
        )  # fmt: skip
        key = SECRET.encode()
        held = booking.hold(session, write_opening(key, SlotRef(*self.ids, cell_at(noon))), key=key, who=WEB, now=now)
        booking.confirm(session, held.token, said, key=key, who=WEB, now=now)


@pytest.fixture
def clinic(database: str) -> Clinic:
    return Clinic(database)


@dataclass
class Worker:
    process: subprocess.Popen[bytes]
    file: Path

    @property
    def log(self) -> str:
        return self.file.read_text()

    def wait_for(self, line: str) -> None:
        until = monotonic() + PATIENCE_SECONDS
        while line not in self.log:
            assert self.process.poll() is None, self.log
            assert monotonic() < until, self.log
            sleep(0.02)

    def told_to_end(self) -> float:
        """SIGTERM: the seconds until it has ended, as it should."""
        began = monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_SECONDS) == 0, self.log
        assert "worker stopped" in self.log
        return monotonic() - began


@contextmanager
def worker(clinic: Clinic, box: Postbox, file: Path, *options: str) -> Iterator[Worker]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
    settings = {
        "CLINIC_DATABASE_URL": clinic.url,
        "CLINIC_SECRET_KEY": SECRET,
        "CLINIC_PUBLIC_URL": "https://book.example.org",
        "CLINIC_BRAND": "Impact Medical",
        "CLINIC_PHONE": "(407) 555-0100",
        "CLINIC_INTAKE_KEYS": KEY,
        "CLINIC_SMTP_URL": box.url,
        "CLINIC_MAIL_FROM": "visits@example.org",
        "CLINIC_LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "flask", "clinic", "worker", *options]
    with file.open("ab") as lines:
        process = subprocess.Popen(command, env=own | settings, cwd=ROOT, stdout=lines, stderr=lines)
    try:
        yield Worker(process, file)
    finally:
        process.kill()
        process.wait()
    said = file.read_text().lower()
    assert not [canary for canary in CANARIES if canary in said]


def test_it_ends_within_seconds_with_the_message_in_hand_and_leaves_the_rest_to_others(
    clinic: Clinic, box: Postbox, tmp_path: Path
) -> None:
    clinic.book(12)
    box.delay = 0.3
    with worker(clinic, box, tmp_path / "log") as first:
        box.wait(2)
        seconds = first.told_to_end()
    sent = len(box.received)
    print(f"\nSIGTERM with {12 - sent} of 12 left: ended in {seconds:.2f} s")
    assert seconds < 5
    assert 2 <= sent < 12
    assert clinic.rows() == [("sent", None)] * sent + [(None, None)] * (12 - sent), "what was sent is noted, nothing is kept"
    box.delay = 0
    with worker(clinic, box, tmp_path / "log", "--once") as second:
        assert second.process.wait(PATIENCE_SECONDS) == 0, second.log
    assert len({one.recipients for one in box.received}) == len(box.received) == 12, "each once"


def test_it_says_nothing_of_whom_it_writes_to(clinic: Clinic, box: Postbox, tmp_path: Path) -> None:
    """Not when it is refused either, with their address; `worker` looks into the log."""
    clinic.book(3)
    box.say("RCPT", "550 5.1.1 <canary1@example.org>: no such Canary", "450 4.2.0 canary2@example.org is busy")
    with worker(clinic, box, tmp_path / "log", "--once") as once:
        assert once.process.wait(PATIENCE_SECONDS) == 0, once.log
        assert once.log.count("message given up") == 1
        assert once.log.count("message not sent") == 1
        assert once.log.count('"message sent"') == 1


def test_a_database_that_is_away_for_a_moment(clinic: Clinic, box: Postbox, tmp_path: Path) -> None:
    clinic.book(1)
    with worker(clinic, box, tmp_path / "log") as running:
        box.wait(1)
        running.wait_for('"message sent"')
        with clinic.opened() as session:  # a worker with nothing to do would not even notice
            soon = datetime.now(UTC) + timedelta(seconds=2)
            begin_write(session)
            tell_links(session, session.scalars(select(Appointment.id)).all(), now=soon)
            session.commit()
        with away(clinic.url):
            running.wait_for("job failed")
        clinic.book(1)
        box.wait(3, PATIENCE_SECONDS)
        assert running.told_to_end() < 5


def test_a_mail_server_that_takes_its_time_delays_nothing_else(clinic: Clinic, box: Postbox, tmp_path: Path) -> None:
    clinic.book(3)
    box.delay = 8
    with worker(clinic, box, tmp_path / "log") as running:
        until = monotonic() + PATIENCE_SECONDS
        while not unsealed(clinic) and monotonic() < until:
            sleep(0.02)
        running.wait_for("audit sealed")
        assert box.received == [], "the log was sealed while the first message was on its way"
        box.delay = 0
        box.wait(3, PATIENCE_SECONDS)


def unsealed(clinic: Clinic) -> bool:
    with clinic.opened() as session:
        return session.execute(text("select count(*) from audit_seal")).scalar_one() > 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # provoked
def test_a_lane_that_ends_by_itself_ends_the_worker_and_no_supervisor_takes_it_for_told(app: Flask) -> None:
    stopping, done = Event(), list[str]()

    def breaks(_session: Session, _now: datetime) -> bool:
        raise SystemExit

    def works(_session: Session, _now: datetime) -> bool:
        done.append("worked")
        return False

    jobs = [Job("works", 1, works), Job("breaks", 1, breaks, lane="mail")]
    with pytest.raises(click.ClickException, match="ended by itself"):
        _work_in_lanes(app, jobs, app.extensions["clinic"], stopping)
    assert done

    def is_told(_session: Session, _now: datetime) -> bool:
        stopping.set()
        return False

    stopping.clear()
    _work_in_lanes(app, [Job("works", 1, works), Job("told", 1, is_told, lane="mail")], app.extensions["clinic"], stopping)


@contextmanager
def away(url: str) -> Iterator[None]:
    """PostgreSQL throws everybody out and lets nobody in; SQLite is locked by somebody who does not let go."""
    where = make_url(url)
    if where.drivername == "sqlite":
        with Clinic(url).opened() as session:
            session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            yield
        return
    with closing(psycopg.connect(host=str(where.query["host"]), user="postgres", dbname="postgres", autocommit=True)) as server:
        server.execute(f'alter database "{where.database}" allow_connections false'.encode())
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (where.database,))
        try:
            yield
        finally:
            server.execute(f'alter database "{where.database}" allow_connections true'.encode())
