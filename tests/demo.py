"""The demo, built once a session: `with databases.like("demo", open_demo) as url`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from clinic.demo import Demonstration, open_chain
from clinic.store.connect import engine_options, prepare
from tests import build

NOW = datetime(2026, 11, 22, 15, 7, tzinfo=UTC)
"""The Sunday before Thanksgiving."""


@contextmanager
def opened(url: str) -> Iterator[Session]:
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def open_demo(url: str) -> Demonstration:
    """The whole chain as of NOW, and the gazetteer of tests.build."""
    with opened(url) as session:
        build.zips(session)
        return open_chain(session, brand="Impact Medical", now=NOW)
