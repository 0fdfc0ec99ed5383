"""What only a served product can show: long addresses, and a database that goes away and comes back."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from contextlib import closing
from email.message import Message

import psycopg
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from clinic.store.connect import engine_options, prepare
from tests import build
from tests.databases import Databases
from tests.http.server import call, gunicorn

SEARCH = "/api/v1/openings?near=32801&service=physical-therapy"


def test_ten_thousand_characters_get_a_sentence(databases: Databases) -> None:
    with databases.migrated() as url, gunicorn(url, workers=1) as port:
        status, answer = call(port, "GET", f"/api/v1/openings?service=physical-therapy&near={'x' * 10_000}")
        assert (status, answer["errors"]["near"][:38]) == (422, "That is longer than 200 characters. Ty")


def test_without_its_database_it_says_whom_to_call_and_recovers_by_itself(all_databases: dict[str, Databases]) -> None:
    with all_databases["postgresql"].migrated() as url:
        engine = create_engine(url, **engine_options(url))
        prepare(engine)
        with Session(engine) as session:
            build.zips(session)
            build.practice(session, visit=build.visit_type(session, build.service(session, "physical-therapy")))
        engine.dispose()
        with gunicorn(url, workers=1) as port:
            assert call(port, "GET", SEARCH)[0] == 200
            _allow_connections(url, False)
            for path in (SEARCH, "/find?near=32801&service=physical-therapy", "/readyz"):
                status, headers, body = _get(port, path)
                assert (status, "Traceback" in body) == (503, False), path
                if path != "/readyz":
                    assert headers["Retry-After"], path
                    assert "555-0100" in body, path
            assert _get(port, "/healthz")[0] == 200
            _allow_connections(url, True)
            deadline = time.monotonic() + 5
            while (status := call(port, "GET", SEARCH)[0]) != 200:
                assert time.monotonic() < deadline, f"still {status} five seconds later"
                time.sleep(0.1)


def test_the_first_request_after_a_restart_of_the_database_may_fail_the_next_does_not(
    all_databases: dict[str, Databases],
) -> None:
    """Connections that rested are tried first; on busy ones one request finds out for all."""
    with all_databases["postgresql"].migrated() as url, gunicorn(url, workers=1) as port:
        assert call(port, "GET", "/readyz")[0] == 200
        _allow_connections(url, False)
        _allow_connections(url, True)
        answers = [call(port, "GET", "/readyz")[0] for _ in range(4)]
        assert answers[1:] == [200, 200, 200], answers


def _allow_connections(url: str, allowed: bool) -> None:
    where = make_url(url)
    with closing(
        psycopg.connect(host=str(where.query["host"]), user=where.username, dbname="postgres", autocommit=True)
    ) as admin:
        admin.execute(f'alter database "{where.database}" allow_connections {str(allowed).lower()}'.encode())
        if not allowed:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (where.database,))


def _get(port: int, path: str) -> tuple[int, Message, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read().decode()
