"""A patient who is there twice: one record takes all, nobody finds the other any more, and a month long it can be undone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound, PatientClash
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.base import Base
from clinic.store.connect import begin_write
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Task
from clinic.store.work import tasks
from clinic.usecases import booking, desk, waitlist
from clinic.usecases.booking import Booked
from clinic.usecases.records import merging
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.desk import Desk, Someone
from tests.invariants import broken
from tests.race import connected, together

NOW = FakeClock().now
ANA: dict[str, Any] = {"given_name": "Ana", "family_name": "Smith", "phone": "407 555 0111"}
ANNA: dict[str, Any] = {"given_name": "Anna", "family_name": "Smyth", "phone": "407 555 0222"}
TABLES = ("appointment", "claim", "task", "call", "patient", "waitlist_entry", "intake", "outbox")


class Records(Desk):
    """Two records of one person, with a visit each, and a manager of their clinic."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self.visits = [self.book(who=build.STAFF, **ANA), self.book(who=build.STAFF, **ANNA)]
        self.ana, self.anna = (self.patient_of(visit) for visit in self.visits)
        self.boss = self.manager()

    def who(self, person: Someone) -> dict[str, Any]:
        return {
            "viewer": build.viewer("merge-patients", *person.grants), "who": Who(person.actor, "desk", staff=True),
            "now": self.now,
        }  # fmt: skip

    def ask(self, one: int, other: int) -> int:
        begin_write(self.session)
        tasks.add_duplicate(self.session, one, other, now=self.now)
        self.session.commit()
        about = (Task.patient_id == one, Task.other_patient_id == other, Task.done_at.is_(None))
        found = self.session.scalars(select(Task.id).where(*about)).one()
        self.session.rollback()
        return found

    def preview(self, task: int, person: Someone | None = None) -> merging.Preview:
        return merging.preview_merge(self.session, task, **self.who(person or self.boss))

    def merge(self, task: int, keep: int, person: Someone | None = None) -> int:
        by = person or self.boss
        return merging.merge(self.session, task, keep, by=by.account_id, **self.who(by))

    def undo(self, merged: int, person: Someone | None = None) -> None:
        merging.undo_merge(self.session, merged, **self.who(person or self.boss))

    def rows(self) -> dict[str, list[Any]]:
        found = {}
        for name in TABLES:
            table = Base.metadata.tables[name]
            found[name] = [tuple(row) for row in self.session.execute(select(table).order_by(*table.primary_key.columns))]
        self.session.rollback()
        return found


@pytest.fixture
def records(session: Session) -> Records:
    return Records(session, NOW)


def whose(records: Records, *visits: Booked) -> list[int]:
    return [records.patient_of(visit) for visit in visits]


def hold(session: Session, at: Desk, start: datetime) -> str:
    wish = SlotRef(at.kind.id, at.place.id, at.doctor.id, cell_at(start))
    return booking.hold(session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=NOW).token


def test_everything_follows_and_goes_back_exactly(records: Records) -> None:
    session = records.session
    ana, anna = records.visits
    booking.cancel(session, records.book(**ANA).manage_token, None, key=KEY, who=PATIENT, now=NOW)
    waitlist.want_earlier(session, ana.manage_token, wanted=True, key=KEY, who=PATIENT, now=NOW)
    third = records.patient_of(records.book(given_name="Bea", phone="407 555 0333"))
    for other in (third, records.anna):
        task = records.ask(records.ana, other)
    call = records.begin()
    row = records.look(call, family_name="Smith", phone="407 555 0111").rows[0].row
    assert records.verify(call, row, "Ana", "reference", ana.reference).match
    before = records.rows()

    seen = records.preview(task)
    assert [(side.given_name, [visit.reference for visit in side.coming], side.elsewhere) for side in seen.sides] == [
        ("Ana", [ana.reference], 0), ("Anna", [anna.reference], 0),
    ]  # fmt: skip
    assert (seen.clashes, "Anna" in repr(seen)) == ((), False)
    merged = records.merge(task, records.anna)
    assert whose(records, ana, anna) == [records.anna] * 2
    after = records.rows()
    assert [name for name in TABLES if after[name] != before[name]] == ["appointment", "claim", "task", "call", "patient"]
    assert desk.viewer_of(session, call, records.agent, "see-visit", now=NOW).patients == {records.anna}
    open_pairs = session.execute(select(Task.patient_id, Task.other_patient_id).where(Task.done_at.is_(None)))
    assert open_pairs.all() == [(records.anna, third)], "the question about both is settled"
    session.rollback()
    assert broken(session, now=NOW) == []
    session.rollback()
    booking.cancel(session, anna.manage_token, None, key=KEY, who=PATIENT, now=NOW)
    with_cancelled = records.rows()

    records.now = NOW + timedelta(days=30)
    (undoable,) = merging.merges_to_undo(session, viewer=build.viewer("merge-patients", *records.boss.grants), now=records.now)
    assert (undoable.id, undoable.until) == (merged, records.now)
    records.undo(merged)
    again = records.rows()
    assert again["task"] == before["task"]
    assert (again["patient"], again["call"]) == (before["patient"], before["call"])
    assert {row[0] for row in again["claim"]} == {row[0] for row in before["claim"]} - {records.anna}, "cancelled since"
    assert [a == b for a, b in zip(again["appointment"], before["appointment"], strict=True)].count(False) == 1
    assert again["outbox"] == with_cancelled["outbox"], "nobody is told"
    assert broken(session, now=NOW) == []
    session.rollback()
    assert [(action, who) for action, who, _ in records.actions(records.boss.actor)] == [
        ("see_patient", records.ana), ("see_patient", records.anna), ("merge_patients", records.anna),
        ("merge_patients", records.ana), ("undo_merge", records.anna), ("undo_merge", records.ana),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        records.undo(merged)


def test_the_record_that_went_is_found_no_more_and_leads_to_the_one_that_stayed(records: Records) -> None:
    records.merge(records.ask(records.ana, records.anna), records.anna)
    assert records.look(records.begin(), family_name="Smith", phone="407 555 0111").count == 0
    asked = booking.read_lookup("Smith", date(1971, 4, 23), phone="407 555 0111")
    booking.send_links(records.session, asked, who=PATIENT, now=NOW)
    assert records.session.scalars(select(OutboxMessage.id).where(OutboxMessage.event == "link")).all() == []
    records.session.rollback()
    assert whose(records, records.book(**ANA), records.book(**ANNA)) == [records.anna] * 2, "by the old name, for the same person"
    call = records.begin()
    for typed in (ANA, ANNA):
        seen = desk.new_caller(records.session, records.agent, call, build.details(**typed), sure=False, key=KEY, now=NOW)
        assert (seen.recorded, seen.count) == (False, 1)
    assert len(records.session.scalars(select(Patient.id)).all()) == 2


def test_visits_at_one_time_are_named_and_nothing_is_merged_until_one_moved(records: Records) -> None:
    session = records.session
    place, doctor, _ = build.practice(session, visit=records.kind, weekly=build.EVERY_DAY)
    start = records.visits[0].summary.start + timedelta(minutes=15)
    wish = SlotRef(records.kind.id, place.id, doctor.id, cell_at(start))
    held = booking.hold(session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=NOW)
    clashing = booking.confirm(session, held.token, build.details(**ANNA), key=KEY, who=PATIENT, now=NOW)
    task = records.ask(records.ana, records.anna)
    pair = merging.Clash(records.visits[0].summary.appointment_id, clashing.summary.appointment_id)
    seen = records.preview(task)
    assert (seen.clashes, [side.elsewhere for side in seen.sides]) == ((pair,), [0, 1]), "elsewhere, it is only counted"
    before = records.rows()
    with pytest.raises(IllegalMove):
        records.merge(task, records.ana)
    assert records.rows() == before
    booking.cancel(session, clashing.manage_token, None, key=KEY, who=PATIENT, now=NOW)
    records.merge(task, records.ana)
    assert broken(session, now=NOW) == []


def test_who_may_and_what_cannot_be(records: Records) -> None:
    elsewhere = build.location(records.session)
    task = records.ask(records.ana, records.anna)
    for nobody in (records.manager(elsewhere.id), records.agent, records.hire(Grant(Role.FRONT_DESK, records.place.id))):
        with pytest.raises(NotFound):
            records.preview(task, nobody)
        with pytest.raises(NotFound):
            records.merge(task, records.ana, nobody)
    with pytest.raises(InvalidInput):
        records.merge(task, 10_000)
    with pytest.raises(NotFound):
        records.merge(10_000, records.ana)
    propose: Any = lambda one, other, by: merging.propose(  # noqa: E731
        records.session, one, other, **records.who(by) | {"viewer": build.viewer("propose-merge", *by.grants)}
    )
    with pytest.raises(NotFound):
        propose(records.ana, records.anna, records.manager(elsewhere.id))
    with pytest.raises(InvalidInput):
        propose(records.ana, records.ana, records.boss)
    propose(records.anna, records.ana, records.boss)
    assert len(records.session.scalars(select(Task.id)).all()) == 1, "asked once while it is open"
    records.session.rollback()
    merged = records.merge(task, records.ana)
    with pytest.raises(NotFound):
        records.merge(task, records.ana)
    with pytest.raises(NotFound):
        records.undo(merged, records.manager(elsewhere.id))
    records.now += timedelta(days=30, seconds=1)
    with pytest.raises(NotFound):
        records.undo(merged)


def test_of_three_records_the_last_merge_is_undone_first_and_a_locked_telephone_stays_locked(records: Records) -> None:
    visit = records.book(given_name="Anne", family_name="Smith", phone="407 555 0444")
    anne = records.patient_of(visit)
    records.session.get_one(Patient, records.ana).phone_locked_at = NOW
    records.session.commit()
    first = records.merge(records.ask(records.ana, records.anna), records.anna)
    second = records.merge(records.ask(records.anna, anne), anne)
    assert whose(records, *records.visits, visit) == [anne] * 3
    assert whose(records, records.book(**ANA)) == [anne], "through both"
    assert records.session.get_one(Patient, anne).phone_locked_at == NOW
    records.session.rollback()
    with pytest.raises(IllegalMove):
        records.undo(first)
    records.undo(second)
    assert whose(records, *records.visits, visit) == [records.anna, records.anna, anne]
    records.undo(first)
    assert whose(records, *records.visits, visit) == [records.ana, records.anna, anne]
    assert broken(records.session, now=NOW) == []


ROUNDS = 5


def test_a_merge_and_bookings_of_either_at_once(records: Records, database: str) -> None:
    """Whoever is first: every visit is of the record that stays, or the merge was refused for two at one time."""
    place, doctor, _ = build.practice(records.session, visit=records.kind, weekly=build.EVERY_DAY)
    told = []
    with connected(database, 4) as engine:
        for number in range(ROUNDS):
            start = NOW + timedelta(days=10 + number)
            there = SlotRef(records.kind.id, place.id, doctor.id, cell_at(start))
            same_time = booking.hold(records.session, write_opening(KEY, there), key=KEY, who=PATIENT, now=NOW).token
            mine = hold(records.session, records, start)
            later = hold(records.session, records, start + timedelta(hours=1))
            task = records.ask(records.ana, records.anna)

            def book(token: str, said: dict[str, Any]) -> Any:
                return lambda session: booking.confirm(
                    session, token, build.details(**said), key=KEY, who=Who("agent:1", "phone", staff=True), now=NOW
                )

            def merge(session: Session, task: int = task) -> int:
                return merging.merge(session, task, records.anna, by=1, **records.who(records.boss))

            answers = together(engine, [merge, book(mine, ANA), book(same_time, ANNA), book(later, ANA)])
            refused = [type(answer) for answer in answers if isinstance(answer, Exception)]
            told += refused
            assert set(refused) <= {IllegalMove, PatientClash}, answers
            assert len(refused) == 1, answers
            assert broken(records.session, now=NOW) == []
            of = set(records.session.scalars(select(Base.metadata.tables["appointment"].c.patient_id)))
            records.session.rollback()
            if isinstance(answers[0], int):
                assert records.ana not in of
                records.undo(answers[0])
            for answer in answers[1:]:
                if isinstance(answer, Booked):
                    booking.cancel(records.session, answer.manage_token, None, key=KEY, who=PATIENT, now=NOW)
    assert len(told) == ROUNDS
