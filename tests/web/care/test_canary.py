"""What a patient tells us in confidence is in no byte of the database, no line of a log, no address and no cookie."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import Connection, create_engine, make_url, select, text

from clinic.adapters.sealing import Sealer, new_key
from clinic.config import CONTENT
from clinic.factory import create_app
from clinic.store.connect import engine_options
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import SealedAnswers
from clinic.usecases.operations import keys
from clinic.usecases.records import intake
from clinic.web.logs import Formatter
from tests import build
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.pages import ReadingClient
from tests.web.care.test_pathway import TO_THERAPY, answer
from tests.web.visiting import book, check_answers, hidden, opened, press_a_time

CHOSEN, GUIDED = "marmalade_comet", "kumquat_orchard"
"""Chosen in a question before the visit, and in the guide."""
_numbers = count(1)
CONTENT_WITH = {"preparation.yaml": ("id: under_2_weeks", f"id: {CHOSEN}"), "pathway.yaml": ("no_needles", GUIDED)}


class Kept(logging.Handler):
    """Every record of every logger, as production writes it."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.setFormatter(Formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Clinic:
    """An application that logs all it can, and everything that went over its wire but the bodies.

    `words` are typed into a question before the visit. They are another test's no more: PostgreSQL's log of changes
    remembers what that test planted.
    """

    app: Flask
    url: str
    log: Kept
    words: str
    wire: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        serve = self.app.wsgi_app

        def recorded(environ: Any, start_response: Any) -> Any:
            asked = [environ[name] for name in ("PATH_INFO", "QUERY_STRING", "REQUEST_URI", "HTTP_REFERER") if name in environ]
            cookie = environ.get("HTTP_COOKIE", "").partition("session=")[2]
            self.wire += [*asked, str(self._opened(cookie))]

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                self.wire += [f"{name}: {value}" for name, value in headers]
                return start_response(status, headers, *more)

            return serve(environ, start)

        self.app.wsgi_app = recorded  # type: ignore[method-assign]

    @property
    def canaries(self) -> tuple[str, ...]:
        return (self.words, CHOSEN, GUIDED)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def _opened(self, cookie: str) -> object:
        """What a cookie says to whoever takes it apart: it is signed, not sealed."""
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        return signer.loads_unsafe(cookie.strip('"')) if signer and cookie else ""

    def tell(self) -> None:
        """Through the guide, on to a visit, and answer the questions before it."""
        client = self.client()
        for question, chosen in TO_THERAPY[:-1]:
            answer(client, question, chosen)
        assert client.get(answer(client, "/matters", [GUIDED]).location).status_code == 200
        details = press_a_time(client)
        page = check_answers(client, details)
        booked = client.post(details.replace("/details", "/confirm"), data=hidden(page) | {"send_pathway": "y"}).location
        page = client.get(f"{booked}/questions")
        told = {"injections_when": [CHOSEN], "injections_when-words": self.words, "blood_thinners": ["not_sure"]}
        assert client.post(f"{booked}/questions", data=hidden(page) | told).location == booked
        refused = {"injections_when": [CHOSEN, "not_sure"], "injections_when-words": self.words}
        assert client.post(f"{booked}/questions", data=hidden(page) | refused).status_code == 422
        client.get(booked)

    def read(self) -> str:
        """What those who treat the patient can read."""
        with opened(self.url) as session:
            [visit] = session.scalars(select(SealedAnswers.appointment_id).distinct())
            reader = build.reader(session.get_one(Appointment, visit).specialist_id)
            session.rollback()
            now, sealer = self.app.extensions["clinic"].clock(), self.app.extensions["clinic"].sealer
            return str(intake.read(session, reader, visit, sealer=sealer, who=build.STAFF, now=now))


@pytest.fixture
def clinic(database: str, clock: FakeClock, tmp_path: Path) -> Iterator[Clinic]:
    """Its questions and its guide offer answers that stand nowhere else in the world."""
    with _connected(database) as connection:
        connection.execute(text("update visit_type set slug = 'physical-therapy-evaluation' where slug = 'therapy-first'"))
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    for name, (old, new) in CONTENT_WITH.items():
        file = folder / name
        assert old in file.read_text(encoding="utf-8")
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    app = create_app(settings_for(database, content=folder, log_level="DEBUG"), clock=clock)
    app.test_client_class = ReadingClient
    log = Kept()
    logging.getLogger().addHandler(log)
    try:
        yield Clinic(app, database, log, words=f"purple walrus {next(_numbers)} of Kamchatka")
    finally:
        logging.getLogger().removeHandler(log)
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, **engine_options(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def files_of(url: str) -> list[Path]:
    """The database's own files, its log of changes among them, with everything written."""
    if url.startswith("sqlite"):
        file = Path(str(make_url(url).database))
        return sorted(file.parent.glob(f"{file.stem}[.-]*"))
    with _connected(url) as connection:
        connection.execute(text("checkpoint"))
        home = Path(connection.execute(text("select current_setting('data_directory')")).scalar_one())
        number = connection.execute(text("select oid from pg_database where datname = current_database()")).scalar_one()
    folders = (home / "base" / str(number), home / "pg_wal")
    return sorted(path for folder in folders for path in folder.iterdir() if path.is_file())


def rows_of(url: str) -> list[str]:
    """Every row of every table, each column as text."""
    with _connected(url) as connection:
        tables = {table: connection.execute(text(f'select * from "{table}"')).all() for table in _tables(connection)}
    return [f"{table}: {row}" for table, rows in tables.items() for row in rows]


def _tables(connection: Connection) -> list[str]:
    told = {
        "sqlite": "select name from sqlite_master where type = 'table'",
        "postgresql": "select tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    }
    return list(connection.execute(text(told[connection.dialect.name])).scalars())


def found_in(clinic: Clinic, *texts: str) -> list[str]:
    """Every place where something told in confidence stands; in `texts`, too."""
    files = {file.name: file.read_bytes() for file in files_of(clinic.url)}
    heard = [*rows_of(clinic.url), *clinic.log.lines, *clinic.wire, *texts]
    return [
        *(f"{canary} in {name}" for name, held in files.items() for canary in clinic.canaries if canary.encode() in held),
        *(f"{canary} in {said[:200]}" for said in heard for canary in clinic.canaries if canary in said),
    ]


def test_no_trace_of_what_was_told(clinic: Clinic, capfd: pytest.CaptureFixture[str]) -> None:
    clinic.tell()
    told = clinic.read()
    assert all(canary in told for canary in clinic.canaries), "nothing was told, so nothing was proven"
    assert found_in(clinic) == []
    with opened(clinic.url) as session:
        assert keys.renew_keys(session, Sealer([new_key(), *clinic.app.extensions["clinic"].settings.intake_keys])) == 2
    files, rows = files_of(clinic.url), rows_of(clinic.url)
    printed = capfd.readouterr()
    assert '"route"' in printed.err
    found = found_in(clinic, printed.out, printed.err)
    size = sum(file.stat().st_size for file in files)
    with capfd.disabled():
        print(
            f"\n{clinic.url.partition(':')[0]}: {len(clinic.canaries)} canaries looked for in {len(files)} files of"
            f" {size:,} bytes, {len(rows):,} rows, {len(clinic.log.lines)} lines of log,"
            f" {len(clinic.wire):,} addresses, headers and cookies: {len(found)} hits",
            end="",
        )
    assert found == []


def test_a_failure_with_answers_in_hand_tells_nobody(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    client = clinic.client()
    booked = book(client).location
    page = client.get(f"{booked}/questions")

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError(f"could not keep {clinic.words}")

    monkeypatch.setattr("clinic.store.patients.encrypted_answers.save_answers", fail)
    told = {"injections_when": [CHOSEN], "injections_when-words": clinic.words}
    answered = client.post(f"{booked}/questions", data=hidden(page) | told)
    assert answered.status_code == 500
    assert any("RuntimeError" in line for line in clinic.log.lines)
    assert found_in(clinic, answered.get_data(as_text=True)) == []


def unsealed(clinic: Clinic) -> None:
    with _connected(clinic.url) as connection:
        connection.execute(text("update sealed_answers set sealed = :words where kind = 'questions'"), {"words": clinic.words})


def logged(_clinic: Clinic) -> None:
    logging.getLogger("some.library").debug("sent", extra={"value": CHOSEN})


def in_an_address(clinic: Clinic) -> None:
    clinic.client().get("/care/pathway", query_string={"matters": GUIDED})


def in_a_cookie(clinic: Clinic) -> None:
    client = clinic.client()
    with client.session_transaction() as cookie:
        cookie["pathway"] = GUIDED
    client.get("/healthz")


@pytest.mark.parametrize("leak", [unsealed, logged, in_an_address, in_a_cookie])
def test_a_leak_would_be_found(clinic: Clinic, leak: Callable[[Clinic], None]) -> None:
    clinic.tell()
    assert found_in(clinic) == []
    leak(clinic)
    assert found_in(clinic) != []
