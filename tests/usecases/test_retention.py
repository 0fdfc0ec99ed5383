"""What was kept for long enough goes, with everything that hangs on it; what is still in use stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, func, select, text, update
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import NotFound
from clinic.domain.retention import Retention
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.store.audit.audit import note
from clinic.store.connect import begin_write
from clinic.store.dependents import OF_APPOINTMENT, OF_PATIENT
from clinic.store.locks import lock_calendars
from clinic.store.operations import purge as rows
from clinic.usecases import booking
from clinic.usecases.audit import auditing
from clinic.usecases.operations.retention import purge
from tests import build
from tests.archive import DAY, TABLES, Archive
from tests.conftest import FakeClock
from tests.demo import opened

SECOND = timedelta(seconds=1)
NO_AUDIT = ("audit", "audit_seal")


@pytest.fixture
def archive(session: Session, clock: FakeClock) -> Archive:
    return Archive(session, clock())


def purged(session: Session, now: datetime, keep: Retention | None = None, *, dry_run: bool = False) -> dict[str, int]:
    """What went, by the first word or two of its kind; what did not go at all is left out."""
    names = {
        "drafts": "drafts", "idempotency": "keys", "messages": "messages", "tasks": "tasks", "times": "freed", "ended": "entries",
        "held": "holds", "visits": "visits", "patients": "patients", "audit": "audit", "calls": "calls", "merges": "merges",
    }  # fmt: skip
    told = list(purge(session, keep or Retention(), now=now, dry_run=dry_run))
    assert len(told) == len(names)
    return {names[kind.split()[0]]: count for kind, count in told if count}


def everything(session: Session, *, without: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    def sorted_rows(table: Table) -> list[Any]:
        return [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]

    found = {name: sorted_rows(table) for name, table in TABLES.items() if name not in without}
    session.rollback()
    return found


def ids(session: Session, table: str) -> set[int]:
    found = set(session.scalars(select(next(iter(TABLES[table].primary_key.columns)))))
    session.rollback()
    return found


def sound(session: Session) -> None:
    """No row points nowhere. (PostgreSQL checks at each statement.)"""
    if session.get_bind().dialect.name == "sqlite":
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        session.rollback()


KINDS: dict[str, tuple[int, Callable[[Archive, datetime], Any]]] = {
    "keys": (1, lambda a, at: a.add("idempotency_key", scope="hold", key=str(at), request_hash="", created_at=at,
                                    appointment_id=a.appointment(a.now, patient_id=a.patient(a.now)))),
    "holds": (7, lambda a, at: a.hold(at)),
    "messages": (30, lambda a, at: a.message(a.appointment(a.now, patient_id=a.patient(a.now)), at)),
    "freed": (30, lambda a, at: a.freed(at)),
    "entries": (30, lambda a, at: a.entry(at)),
    "tasks": (365, lambda a, at: a.task(done=at)),
    "visits": (2557, lambda a, at: a.appointment(at, patient_id=a.patient(a.now))),
    "calls": (365, lambda a, at: a.call(at)),
    "merges": (365, lambda a, at: a.merge(at)),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_moment_too_old_goes_and_a_moment_younger_stays(archive: Archive, clock: FakeClock, kind: str) -> None:
    days, make = KINDS[kind]
    make(archive, clock() - days * DAY + SECOND)
    assert purged(archive.session, clock()) == {}
    make(archive, clock() - days * DAY - SECOND)
    assert purged(archive.session, clock(), dry_run=True) == {kind: 1}
    assert purged(archive.session, clock()) == {kind: 1}
    assert purged(archive.session, clock()) == {}
    clock.forward(days=1)
    assert purged(archive.session, clock()) == {kind: 1}
    sound(archive.session)


def test_a_visit_goes_with_all_that_hangs_on_it_and_its_patient_with_the_last(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 2558 * DAY
    untouched = everything(session, without=NO_AUDIT)
    once, often = archive.patient(old - DAY), archive.patient(old - DAY)
    archive.visit(old, once)
    archive.visit(old + timedelta(hours=1), often)
    with_both = everything(session, without=NO_AUDIT)
    recent = archive.appointment(clock() - 300 * DAY, patient_id=often)
    assert purged(session, clock(), dry_run=True) == {"messages": 2, "visits": 2, "patients": 1}
    assert purged(session, clock()) == {"messages": 2, "visits": 2, "patients": 1}
    left = everything(session, without=NO_AUDIT)
    changed = {name for name in left if left[name] != untouched[name]}
    assert changed == {"appointment", "patient", "resource"}, "only the visit that stays, and its patient"
    assert {name for name in left if left[name] != with_both[name]} >= {
        "claim",
        "intake",
        "guardian",
        "delivery",
        "outbox",
        "task",
    }
    assert (ids(session, "appointment"), ids(session, "patient")) == ({recent}, {often})
    noted = session.scalars(select(TABLES["audit"].c.detail).where(TABLES["audit"].c.action == "purge"))
    assert sorted(noted) == ["1 patients with nothing left", "2 visits"]
    sound(session)


def test_a_call_stays_while_somebody_is_to_be_called_back_and_a_patient_while_a_call_is_about_them(
    archive: Archive, clock: FakeClock
) -> None:
    session, old = archive.session, clock() - 3000 * DAY
    promised, patient = archive.call(old), archive.patient(old)
    archive.task(call_id=promised)
    about = archive.call(clock(), patient_id=patient)
    assert purged(session, clock()) == {}
    archive.end(about, clock() - 366 * DAY)
    assert purged(session, clock(), dry_run=True) == {"calls": 1, "patients": 1}
    assert purged(session, clock()) == {"calls": 1, "patients": 1}
    assert ids(session, "call") == {promised}
    sound(session)


def test_what_became_one_record_goes_once_nobody_can_take_that_back(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 3000 * DAY
    archive.merge(clock() - 20 * DAY, since=old)
    few = Retention(tasks_days=1)
    assert purged(session, clock(), few) == {}, "neither of the two: for a month it can be undone"
    clock.forward(days=11)
    assert purged(session, clock(), few) == {"merges": 1, "patients": 1}
    assert purged(session, clock(), few) == {"patients": 1}, "the one that stayed goes after the one that points at it"
    sound(session)


def test_a_cancelled_or_missed_visit_and_one_that_nobody_closed_go_as_well(archive: Archive, clock: FakeClock) -> None:
    old = clock() - 2558 * DAY
    for state in (State.CANCELLED, State.NO_SHOW, State.BOOKED, State.ENTERED_IN_ERROR):
        archive.appointment(old, patient_id=archive.patient(clock()), state=state)
    assert purged(archive.session, clock()) == {"visits": 4}


def test_times_that_nobody_booked_go_with_their_claims_messages_and_drafts(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 8 * DAY
    lapsed = archive.hold(old, state=State.HELD)  # nobody swept it
    archive.hold(old, state=State.EXPIRED)
    archive.appointment(old + DAY, patient_id=None, state=State.CANCELLED, cancelled_at=old)
    standing = archive.hold(clock() + timedelta(minutes=5), state=State.HELD)
    just = archive.hold(clock() - SECOND, state=State.HELD)
    for made in (lapsed, standing, just):
        archive.add("claim", resource_id=archive.person.id, start_cell=made * 10, end_cell=made * 10 + 6, appointment_id=made)
        archive.add("draft", appointment_id=made, answers="[]", saved_at=clock())
    archive.message(lapsed, old)
    assert purged(session, clock()) == {"drafts": 2, "holds": 3}
    assert ids(session, "appointment") == {standing, just}
    assert ids(session, "draft") == {standing}
    assert sorted(session.scalars(select(TABLES["claim"].c.appointment_id))) == [standing, just]
    sound(session)


def test_messages_are_emptied_of_text_and_address_and_stay_on_record(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 31 * DAY
    visit = archive.appointment(clock(), patient_id=archive.patient(clock()))
    archive.message(visit, old)
    waiting = archive.message(archive.appointment(clock(), patient_id=archive.patient(clock())), old, done=False)
    letter = archive.message(archive.appointment(clock(), patient_id=archive.patient(clock())), old)
    archive.task(delivery_id=letter)
    assert purged(session, clock()) == {"messages": 1}
    delivery = TABLES["delivery"]
    full = select(delivery.c.id).where(delivery.c.body.is_not(None), delivery.c.recipient.is_not(None))
    assert set(session.scalars(full)) == {waiting, letter}, "what is still to be sent or printed keeps both"
    assert len(ids(session, "delivery")) == 3


def test_offers_go_with_the_freed_time_and_hold_back_what_they_name(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 31 * DAY
    hold, entry = archive.hold(old), archive.entry(old)
    freed = archive.freed(None, hold_id=hold)
    offer = archive.offer(freed, hold, entry, old)
    archive.message(hold, old, entry_id=entry)
    assert purged(session, clock()) == {"messages": 1}, "the time is still on offer: whom it was offered must be known"
    begin_write(session)
    session.execute(update(TABLES["freed_time"]).values(done_at=old))
    session.commit()
    task = archive.task(offer_id=offer)
    assert purged(session, clock()) == {}, "somebody has yet to call"
    begin_write(session)
    session.execute(update(TABLES["task"]).where(TABLES["task"].c.id == task).values(done_at=clock()))
    session.commit()
    expected = {"freed": 1, "entries": 1, "holds": 1}
    assert purged(session, clock(), dry_run=True) == expected
    assert purged(session, clock()) == expected
    assert {
        name for name in ("time_offer", "freed_time", "waitlist_entry", "outbox", "delivery", "task") if ids(session, name)
    } == set()
    sound(session)


def test_what_is_still_in_use_stays(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 2558 * DAY
    patients = [archive.patient(old) for _ in range(4)]
    with_task = archive.visit(old, patients[0])
    archive.task(appointment_id=with_task)
    awaited = archive.visit(old + timedelta(hours=1), patients[1])
    archive.entry(None, appointment_id=awaited)
    archive.task(patient_id=patients[2], other_patient_id=patients[3])
    held = archive.hold(old)
    archive.task(appointment_id=held)
    asked = archive.entry(old)
    archive.task(delivery_id=archive.message(None, clock(), entry_id=asked))
    before = everything(session, without=("delivery",))
    assert purged(session, clock(), dry_run=True) == {"messages": 2}
    assert purged(session, clock()) == {"messages": 2}
    assert everything(session, without=("delivery",)) == before


def test_a_dry_run_says_what_the_real_one_does_and_changes_nothing(archive: Archive, clock: FakeClock) -> None:
    session, old = archive.session, clock() - 2558 * DAY
    for hours in range(3):
        archive.visit(old + timedelta(hours=hours), archive.patient(old))
    archive.task(done=clock() - 400 * DAY, patient_id=archive.patient(old), other_patient_id=archive.patient(old))
    hold, entry = archive.hold(clock() - 40 * DAY), archive.entry(clock() - 40 * DAY)
    archive.offer(archive.freed(clock() - 40 * DAY, hold), hold, entry, clock() - 40 * DAY)
    archive.hold(clock() - DAY)
    begin_write(session)
    note(session, None, actor="patient", action=Action.BOOK, now=clock() - 3000 * DAY)
    session.commit()
    auditing.seal(session, now=clock())
    before = everything(session)
    imagined = purged(session, clock(), dry_run=True)
    assert everything(session) == before
    assert imagined == purged(session, clock())
    assert imagined == {
        "messages": 3, "tasks": 1, "freed": 1, "entries": 1, "holds": 1, "visits": 3, "patients": 5, "audit": 1
    }  # fmt: skip
    assert purged(session, clock()) == {}
    sound(session)


def test_a_purge_that_was_stopped_goes_on_where_it_was(
    archive: Archive, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        archive.hold(clock() - (8 + number) * DAY)
    monkeypatch.setattr(rows, "KINDS", tuple(replace(kind, portion=2) for kind in rows.KINDS))
    real, calls = rows.remove, []

    def remove(session: Session, kind: Any, due: Any, keys: Any) -> int:
        calls.append(keys)
        if len([keys for keys in calls if keys]) == 2:
            raise KeyboardInterrupt
        return real(session, kind, due, keys)

    monkeypatch.setattr(rows, "remove", remove)
    with pytest.raises(KeyboardInterrupt):
        purged(archive.session, clock())
    assert len(ids(archive.session, "appointment")) == 3
    monkeypatch.setattr(rows, "remove", real)
    assert purged(archive.session, clock()) == {"holds": 3}


def test_a_visit_booked_yesterday_is_not_touched(session: Session, clock: FakeClock) -> None:
    world = build.world(session, now=clock())
    from clinic.domain.tokens import SlotRef, write_opening

    start = clock() + timedelta(days=2)
    wish = SlotRef(
        world.visit_types["back-pain-evaluation-visit"].id, world.locations["orlando-downtown"].id,
        world.specialists["ana-flores"].id, cell_at(start),
    )  # fmt: skip
    held = booking.hold(session, write_opening(build.KEY, wish), key=build.KEY, who=build.PATIENT, now=clock())
    booking.confirm(session, held.token, build.details(), key=build.KEY, who=build.PATIENT, now=clock())
    clock.forward(days=1)
    before = everything(session)
    assert purged(session, clock()) == {}
    assert everything(session) == before


def test_who_books_a_time_held_long_ago_is_first_or_is_told(database: str, archive: Archive, clock: FakeClock) -> None:
    """A form that was open for a week: the purge waits for the booking, and leaves it alone."""
    session = archive.session
    hold, patient = archive.hold(clock() - 8 * DAY), archive.patient(clock())
    counts: list[dict[str, int]] = []

    def work() -> None:
        with opened(database) as other:
            counts.append(purged(other, clock()))

    begin_write(session)
    lock_calendars(session, [archive.person.id])
    changed = update(TABLES["appointment"]).where(TABLES["appointment"].c.id == hold)
    session.execute(changed.values(state=State.BOOKED, patient_id=patient, booked_at=clock(), hold_expires_at=None))
    purger = threading.Thread(target=work)
    purger.start()
    purger.join(0.5)
    assert purger.is_alive()
    session.commit()
    purger.join(10)
    assert counts == [{}]
    assert ids(session, "appointment") == {hold}
    gone = archive.hold(clock() - 9 * DAY)
    assert purged(session, clock()) == {"holds": 1}
    from clinic.engine.placing import place

    begin_write(session)
    with pytest.raises(NotFound):
        place.extend(session, gone, who=build.PATIENT, now=clock())
    session.rollback()


def test_audit_rows_go_once_they_are_sealed_and_the_chain_goes_on(session: Session, clock: FakeClock) -> None:
    def write(at: datetime) -> None:
        begin_write(session)
        note(session, 7, actor="patient", action=Action.BOOK, now=at)
        session.commit()

    for days in (2200, 2195, 2193, 2191, 5):
        write(clock() - days * DAY)
    assert purged(session, clock()) == {}, "nothing that is not sealed"
    auditing.seal(session, now=clock())
    assert purged(session, clock(), dry_run=True) == {"audit": 3}
    assert purged(session, clock()) == {"audit": 3}
    assert sorted(ids(session, "audit")) == [4, 5, 6], "the last says what was removed"
    assert sorted(ids(session, "audit_seal")) == [3, 4, 5], "the chain begins with the seal of the last that went"
    found = auditing.verify(session)
    assert (found.rows, found.broken, found.unsealed_first) == (3, None, 6)
    clock.forward(days=3)
    auditing.seal(session, now=clock())
    assert purged(session, clock()) == {"audit": 1}
    assert auditing.verify(session).broken is None


def test_every_row_that_points_at_what_goes_is_known_here() -> None:
    """A new table that points at one of these must go with it, or keep it: say so in store/operations/purge.py, then here.

    Of patients and appointments the list is store/dependents.py, which merging reads as well.
    """
    goes = {"appointment", "patient", "outbox", "delivery", "waitlist_entry", "freed_time", "time_offer", "call", "patient_merge"}
    pointers = {
        f"{table.name}.{key.parent.name}"
        for table in TABLES.values() for key in table.foreign_keys if key.column.table.name in goes
    }  # fmt: skip
    listed = {one.name for one in (*OF_PATIENT, *OF_APPOINTMENT)}
    assert pointers == listed | {
        "call_visit.call_id", "delivery.outbox_id", "outbox.entry_id", "task.call_id", "task.delivery_id", "task.offer_id",
        "time_offer.entry_id", "time_offer.freed_id",
    }  # fmt: skip
    for target, registry in (("patient", OF_PATIENT), ("appointment", OF_APPOINTMENT)):
        assert {one.name for one in registry} == {
            f"{table.name}.{key.parent.name}"
            for table in TABLES.values() for key in table.foreign_keys if key.column.table.name == target
        }  # fmt: skip


@pytest.mark.parametrize("days", [0, -1, 36_526, 1.5, True, "7"])
def test_days_are_whole_and_there_is_at_least_one(days: Any) -> None:
    with pytest.raises(ValueError, match="holds_days must be a whole number of days from 1"):
        Retention(holds_days=days)


def test_the_command_prints_what_went_and_keeps_what_the_settings_say(app: Flask, database: str, clock: FakeClock) -> None:
    bound = app.extensions["clinic"]
    storage = bound.limiter.storage
    storage.incr("long ago", 60)
    clock.forward(minutes=2)
    storage.incr("now", 60)
    with opened(database) as session:
        archive = Archive(session, clock())
        archive.hold(clock() - 8 * DAY)
    invoke = app.test_cli_runner().invoke
    app.extensions["clinic"] = replace(bound, settings=replace(bound.settings, retention=Retention(holds_days=9)))
    assert "0 held times that nobody booked" in invoke(args=["clinic", "purge"]).output
    app.extensions["clinic"] = bound
    storage.incr("long ago", 60)
    clock.forward(minutes=2)
    tried = invoke(args=["clinic", "purge", "--dry-run"])
    assert (tried.exit_code, tried.output.splitlines()[0]) == (0, "Would remove:")
    done = invoke(args=["clinic", "purge"])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "Removed:")
    assert tried.output.splitlines()[1:] == done.output.splitlines()[1:]
    assert "        1 held times that nobody booked" in done.output
    assert "        2 counters of rate limits" in done.output
    with opened(database) as session:
        assert session.execute(select(func.count()).select_from(TABLES["appointment"])).scalar_one() == 0
