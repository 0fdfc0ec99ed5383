"""Every advisory lock has a number of its own, and nobody but its owner waits for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import permutations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from clinic.config import ROOT
from clinic.store import locks
from clinic.store.audit import audit_chain
from clinic.store.connect import begin_write, engine_options, prepare
from clinic.store.locks import LockSpace
from clinic.store.operations import purge
from clinic.store.waitlist import waitlist
from tests.databases import Databases

JOBS: dict[str, Callable[[Session], object]] = {
    "offering": waitlist.is_our_turn, "purging": purge.alone, "sealing": audit_chain.is_sealing_mine,
}  # fmt: skip
ADVISORY = re.compile(r"pg(?:_try)?_advisory\w*", re.IGNORECASE)


@pytest.fixture
def two(all_databases: dict[str, Databases]) -> Iterator[tuple[Session, Session]]:
    with all_databases["postgresql"].migrated() as url, ExitStack() as stack:
        engine = create_engine(url, **engine_options(url))
        prepare(engine)
        stack.callback(engine.dispose)
        sessions = stack.enter_context(Session(engine)), stack.enter_context(Session(engine))
        yield sessions


@pytest.mark.parametrize(("one", "other"), list(permutations(JOBS, 2)))
def test_no_job_shuts_another_out(two: tuple[Session, Session], one: str, other: str) -> None:
    for session in two:
        begin_write(session)
    assert JOBS[one](two[0]) in (None, True)
    assert JOBS[other](two[1]) in (None, True)


@pytest.mark.parametrize("job", ["offering", "sealing"])
def test_a_job_shuts_itself_out(two: tuple[Session, Session], job: str) -> None:
    for session in two:
        begin_write(session)
    assert JOBS[job](two[0]) is True
    assert JOBS[job](two[1]) is False
    two[0].rollback()
    assert JOBS[job](two[1]) is True


def test_each_space_is_a_lock_of_its_own(two: tuple[Session, Session]) -> None:
    for space in LockSpace:
        begin_write(two[0])
        begin_write(two[1])
        locks.wait_for(two[0], space)
        free = [other for other in LockSpace if locks.is_mine(two[1], other)]
        assert free == [other for other in LockSpace if other is not space]


def test_nothing_else_writes_that_sql() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match}"
        for folder in ("clinic", "migrations")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for match in ADVISORY.findall(file.read_text(encoding="utf-8"))
    ]
    assert {line.partition(":")[0] for line in found} == {"clinic/store/locks.py"}, found
