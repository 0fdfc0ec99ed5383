"""Searches are counted, and nobody waits for the disk because of it."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.store.connect import begin_statement, begin_write
from clinic.store.operations.demand import count_search
from clinic.store.tables.operations import SearchCount


def test_what_was_found_and_what_was_not_add_up(session: Session) -> None:
    for found in (True, False, True):
        begin_statement(session)
        count_search(session, "32801", "physical-therapy", found=found)
        session.commit()
    assert session.execute(select(SearchCount.found, SearchCount.not_found)).one() == (2, 1)


def test_on_postgresql_the_commit_does_not_wait_and_the_next_one_does(session: Session) -> None:
    if session.get_bind().dialect.name != "postgresql":
        return  # SQLite writes to its log either way
    setting = text("select current_setting('synchronous_commit')")
    begin_write(session)
    before = session.execute(setting).scalar_one()
    count_search(session, "32801", "physical-therapy", found=True)
    assert session.execute(setting).scalar_one() == "off"
    session.commit()
    assert session.execute(setting).scalar_one() == before
