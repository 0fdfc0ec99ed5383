"""Hours against bookings of the same time, on both databases: never both, unless somebody decided to keep the visit."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.errors import ChangedMeanwhile, DomainError, NotOffered, Undecided
from clinic.domain.scheduling.roster_edits import SetDay, TakeOff
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.store.connect import begin_write
from clinic.store.locks import lock_calendars
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.schedules import RosterChange, TimeOff
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.usecases.roster import Decisions, preview, save
from tests import build
from tests.build import KEY, PATIENT
from tests.invariants import broken
from tests.race import NOW, Clinic, connected, make_clinic, together

ANA = Who("account:1", "portal", staff=True)
TEN = NOW + timedelta(days=1, hours=1)
OFF = TakeOff(cell_at(TEN), cell_at(TEN) + 24)
ROUNDS = 12


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    with connected(database) as made:
        yield made


def saving(clinic: Clinic, version: str, decisions: Decisions) -> Callable[[Session], Any]:
    return lambda session: save(session, clinic.people[0], [OFF], decisions, version=version, who=ANA, now=NOW)


def holding(clinic: Clinic, quarter: int) -> Callable[[Session], Any]:
    return lambda session: booking.hold(
        session, clinic.opening(0, 0, TEN + timedelta(minutes=15 * quarter)), key=KEY, who=PATIENT, now=NOW
    )


def typed(number: int) -> Any:
    return build.details(family_name=f"Racer {chr(97 + number // 26)}{chr(97 + number % 26)}", phone=f"(407) 555-{number:04d}")


def stands(session: Session, *states: str) -> int:
    return len(session.scalars(select(Appointment.id).where(Appointment.state.in_(states))).all())


def test_hours_against_those_who_choose_a_time(engine: Engine) -> None:
    """Nobody holds a time that was taken off a moment before, and nothing is taken off over a held time."""
    told: Counter[str] = Counter()
    for _ in range(ROUNDS):
        with Session(engine) as session:
            clinic = make_clinic(session, people=1)
            version = preview(session, clinic.people[0], [OFF], now=NOW).version
        answers = together(engine, [saving(clinic, version, Decisions()), *(holding(clinic, number) for number in range(7))])
        saved, *held = answers
        with Session(engine) as session:
            off = session.scalars(select(TimeOff.id).where(TimeOff.specialist_id == clinic.people[0])).all()
            taken = session.scalars(select(Appointment.id).where(Appointment.specialist_id == clinic.people[0])).all()
            assert broken(session, now=NOW) == []
        assert not any(isinstance(answer, Exception) and not isinstance(answer, DomainError) for answer in answers), answers
        assert bool(off) != bool(taken), "never both, and never neither"
        if off:
            assert all(isinstance(answer, NotOffered) for answer in held), held
        else:
            assert isinstance(saved, Undecided), saved
            assert saved.effect.held >= 1
        told["hours" if off else "patients"] += 1
    print(f"\n{engine.dialect.name}: {dict(told)}")


def test_hours_wait_for_a_booking_under_way_and_then_see_it(engine: Engine) -> None:
    answers: list[Any] = []
    with Session(engine) as first:
        clinic = make_clinic(first, people=1)
        version = preview(first, clinic.people[0], [OFF], now=NOW).version
        begin_write(first)
        lock_calendars(first, [clinic.people[0]])

        def second() -> None:
            with Session(engine) as mine:
                try:
                    answers.append(saving(clinic, version, Decisions())(mine))
                except DomainError as refused:
                    answers.append(refused)

        thread = threading.Thread(target=second)
        thread.start()
        sleep(0.4)
        assert thread.is_alive(), "it should be waiting for its turn"
        place.hold(first, SlotRef(clinic.kinds[0], clinic.place, clinic.people[0], cell_at(TEN)), who=PATIENT, now=NOW)
        first.commit()
        thread.join()
    assert isinstance(answers[0], Undecided), answers
    assert answers[0].effect.held == 1


@pytest.mark.parametrize("held", ["keep", "release"])
def test_hours_against_those_who_press_book(engine: Engine, held: Any) -> None:
    """Times are held; all of them are booked while the hours are saved. Whoever is booked first is decided on, or refuses it."""
    told: Counter[str] = Counter()
    for turn in range(ROUNDS):
        with Session(engine) as session:
            clinic = make_clinic(session, people=1)
            tokens = [holding(clinic, quarter)(session).token for quarter in range(4)]
            effect = preview(session, clinic.people[0], [OFF], now=NOW)
            assert (len(effect.visits), effect.held) == (0, 4)

        def book(number: int, tokens: list[str] = tokens, turn: int = turn) -> Callable[[Session], Any]:
            return lambda s: booking.confirm(s, tokens[number], typed(10 * turn + number), key=KEY, who=PATIENT, now=NOW)

        saved, *booked = together(
            engine, [saving(clinic, effect.version, Decisions(held=held)), *(book(number) for number in range(4))]
        )
        done = [answer for answer in booked if not isinstance(answer, Exception)]
        told[f"{'saved' if not isinstance(saved, Exception) else 'refused'}, {len(done)} booked"] += 1
        with Session(engine) as session:
            assert broken(session, now=NOW) == []
            off = session.scalars(select(TimeOff.id).where(TimeOff.specialist_id == clinic.people[0])).all()
            assert len(off) == (not isinstance(saved, Exception))
        assert all(isinstance(answer, NotOffered) for answer in booked if isinstance(answer, Exception)), booked
        if isinstance(saved, Exception):
            assert isinstance(saved, Undecided), saved
            assert len(done) == 4
        elif held == "release":
            assert done == []
        else:
            assert len(done) == 4, "each was a held time that was decided to be kept"
    print(f"\n{engine.dialect.name}, {held}: {dict(told)}")


def test_two_who_edit_the_same_hours(engine: Engine) -> None:
    """Of eight, one saves; each of the others sees what that one changed, and nothing of theirs is there."""
    with Session(engine) as session:
        clinic = make_clinic(session, people=1)
        booked = holding(clinic, 0)(session)
        booking.confirm(session, booked.token, typed(0), key=KEY, who=PATIENT, now=NOW)
        day = TEN.date()
        effect = preview(session, clinic.people[0], [SetDay(clinic.place, day, "")], now=NOW)
    chosen = Decisions({visit.key: "task" for visit in effect.visits})

    def edit(number: int) -> Callable[[Session], Any]:
        change = [SetDay(clinic.place, day, f"{14 + number % 4}:00-19:00")]
        who = Who(f"account:{number}", "portal", staff=True)
        return lambda s: save(s, clinic.people[0], change, chosen, version=effect.version, who=who, now=NOW)

    answers = together(engine, [edit(number) for number in range(8)])
    winners = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(winners) == 1, answers
    losers = [answer for answer in answers if isinstance(answer, ChangedMeanwhile)]
    assert len(losers) == 7, answers
    with Session(engine) as session:
        (change,) = session.scalars(select(RosterChange)).all()
        assert len(session.scalars(select(Task.id)).all()) == 1
        assert broken(session, now=NOW) == []
    assert all([one.id for one in loser.changes] == [change.id] for loser in losers)
