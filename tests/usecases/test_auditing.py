"""The audit log is sealed without gaps, and whatever is done to it afterwards is named."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.chain import BEGINNING, Break
from clinic.store.audit.audit import note
from clinic.store.connect import begin_write
from clinic.store.tables.audit import Audit, AuditSeal
from clinic.usecases.audit import auditing
from clinic.usecases.audit.auditing import seal, verify
from tests.conftest import FakeClock
from tests.demo import opened


def write(session: Session, clock: FakeClock, count: int = 1) -> None:
    begin_write(session)
    for number in range(count):
        note(session, 1000 + number, actor="patient", action=Action.BOOK, now=clock(), patient_id=number, detail="")
    session.commit()


def run(session: Session, statement: str) -> None:
    begin_write(session)
    session.execute(text(statement))
    session.commit()


@contextmanager
def psycopg_connection(url: str) -> Iterator[psycopg.Connection]:
    parsed = make_url(url)
    with closing(psycopg.connect(host=str(parsed.query["host"]), user=parsed.username, dbname=parsed.database)) as connection:
        yield connection


def test_rows_are_sealed_once_in_order_and_the_head_is_logged(
    session: Session, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    assert seal(session, now=clock()) == auditing.Sealed(0, 0, BEGINNING)
    write(session, clock, 3)
    with caplog.at_level(logging.INFO, "clinic.audit"):
        first = seal(session, now=clock())
        assert seal(session, now=clock()) == auditing.Sealed(0, first.last_id, first.head)
    (line,) = caplog.records
    assert (line.message, line.levelname) == ("audit sealed", "INFO")
    assert (line.head, line.audit_id, line.rows) == (first.head, first.last_id, 3)  # type: ignore[attr-defined]
    write(session, clock, 2)
    second = seal(session, now=clock())
    assert (first.count, second.count) == (3, 2)
    assert second.head != first.head
    found = verify(session)
    assert (found.rows, found.sealed, found.unsealed_first, found.broken, found.head) == (5, 5, None, None, second.head)
    assert list(session.scalars(select(AuditSeal.audit_id))) == list(session.scalars(select(Audit.id).order_by(Audit.id)))


def test_a_call_seals_a_bounded_number_and_the_next_the_rest(
    session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "PORTION", 3)
    monkeypatch.setattr(auditing, "PORTIONS_A_CALL", 2)
    write(session, clock, 8)
    assert [seal(session, now=clock()).count for _ in range(3)] == [6, 2, 0]
    assert verify(session).broken is None


def test_what_is_not_sealed_yet_is_named(session: Session, clock: FakeClock) -> None:
    found = verify(session)
    assert (found.rows, found.head, found.unsealed_first, found.unsealed_last) == (0, "", None, None)
    write(session, clock, 3)
    last = seal(session, now=clock()).last_id
    write(session, clock, 2)
    found = verify(session)
    assert (found.rows, found.sealed, found.broken) == (5, 3, None)
    assert (found.unsealed_first, found.unsealed_last) == (last + 1, last + 2)


def test_a_row_whose_transaction_is_under_way_is_waited_for_and_never_skipped(
    database: str, session: Session, clock: FakeClock
) -> None:
    if not database.startswith("postgresql"):
        return  # on SQLite whoever writes is alone
    with psycopg_connection(database) as slow:
        slow.execute("insert into audit (at, actor, action, detail) values (now(), 'patient', 'slow', '')")
        write(session, clock)  # a higher id, committed first
        began = time.monotonic()
        assert seal(session, now=clock()).count == 0
        assert time.monotonic() - began < 1
        slow.commit()
    assert seal(session, now=clock()).count == 2
    assert verify(session).broken is None
    with psycopg_connection(database) as slow:
        slow.execute("insert into audit (at, actor, action, detail) values (now(), 'patient', 'slow', '')")
        began = time.monotonic()
        assert seal(session, now=clock()).count == 0
        assert time.monotonic() - began < 0.25, "with nothing to seal nobody waits"


def test_several_workers_at_once_seal_each_row_once(database: str, session: Session, clock: FakeClock) -> None:
    write(session, clock, 400)

    def work(_worker: int) -> int:
        with opened(database) as own:
            return sum(seal(own, now=clock()).count for _ in range(5))

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 400
    assert verify(session).broken is None


TAMPERING: dict[str, tuple[str, Break]] = {
    "a row changed": ("update audit set actor = 'nobody' where id = 3", Break(3, "changed")),
    "its time changed": ("update audit set at = (select at from audit where id = 6) where id = 5", Break(5, "changed")),
    "the last row changed": ("update audit set patient_id = 99 where id = 6", Break(6, "changed")),
    "a row removed": ("delete from audit where id = 4", Break(4, "missing")),
    "the first row removed": ("delete from audit where id = 1", Break(1, "missing")),
    "a row and its seal removed": (
        "delete from audit_seal where audit_id = 4; delete from audit where id = 4", Break(5, "changed"),
    ),
    "a seal changed": ("update audit_seal set hash = 'x' where audit_id = 2", Break(2, "seal changed")),
    "a seal removed": ("delete from audit_seal where audit_id = 2", Break(2, "seal changed")),
    "the oldest rows removed": ("delete from audit where id < 4; delete from audit_seal where audit_id < 3", Break(3, "missing")),
    "a row slipped in": (
        "insert into audit (id, at, actor, action, detail) select 0, at, actor, action, detail from audit where id = 2",
        Break(0, "added"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERING)
def test_whatever_was_done_to_it_is_named(session: Session, clock: FakeClock, name: str) -> None:
    statements, expected = TAMPERING[name]
    write(session, clock, 5)
    clock.forward(minutes=1)
    write(session, clock)
    seal(session, now=clock())
    write(session, clock, 2)
    assert verify(session).broken is None
    for statement in statements.split(";"):
        run(session, statement)
    assert verify(session).broken == expected


def test_one_who_seals_everything_anew_is_found_out_by_an_anchor(session: Session, clock: FakeClock) -> None:
    write(session, clock, 3)
    anchor = seal(session, now=clock())
    write(session, clock, 3)
    seal(session, now=clock())
    assert verify(session, head=anchor.head).anchor_id == anchor.last_id
    run(session, "update audit set actor = 'nobody' where id = 2")
    run(session, "delete from audit_seal")
    seal(session, now=clock())
    found = verify(session, head=anchor.head)
    assert (found.broken, found.anchor_id) == (None, None)


def test_bookings_go_on_while_the_log_is_read(
    database: str, session: Session, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written and sealed meanwhile is not taken for a fault."""
    write(session, clock, 5)
    seal(session, now=clock())
    real: Callable[..., Break | None] = auditing.first_break

    def meanwhile(links: object) -> Break | None:
        with opened(database) as other:
            write(other, clock, 3)
            seal(other, now=clock())
        return real(links)

    monkeypatch.setattr(auditing, "first_break", meanwhile)
    found = verify(session)
    assert (found.rows, found.broken, found.unsealed_first) == (5, None, None)


def test_the_command_says_it_all_and_fails_when_the_chain_is_broken(app: Flask, database: str, clock: FakeClock) -> None:
    run_command = app.test_cli_runner().invoke
    assert "0 rows" in run_command(args=["clinic", "audit", "verify"]).output
    with opened(database) as session:
        write(session, clock, 3)
        anchor = seal(session, now=clock())
        write(session, clock)
    whole = run_command(args=["clinic", "audit", "verify", "--head", anchor.head.upper()])
    assert whole.exit_code == 0, whole.output
    for words in (f"4 rows, 3 of them sealed. Head: {anchor.head}", "rows 4 to 4", "The chain is whole, and row 3 has the head"):
        assert words in whole.output
    other = run_command(args=["clinic", "audit", "verify", "--head", "f" * 64])
    assert (other.exit_code, "not in the chain" in other.output) == (1, True)
    with opened(database) as session:
        run(session, "update audit set actor = 'nobody' where id = 2")
    broken = run_command(args=["clinic", "audit", "verify"])
    assert (broken.exit_code, "Row 2 was changed" in broken.output) == (1, True)
