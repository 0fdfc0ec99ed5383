"""Two agents and a patient on the web want one time at one moment: one has it, the others have the next best."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, PatientClash, TimeTaken
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.usecases import booking, desk
from clinic.usecases.desk import ForCaller, OnCall
from tests import build
from tests.build import KEY, PATIENT
from tests.desk import Desk
from tests.invariants import broken
from tests.race import connected, together

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando


def rush_of(url: str, rounds: int) -> Counter[str]:
    """So many rounds; -> who won. Times overlap without being equal, now and then, and so do the visits of two callers."""
    rng, seen = Random(3), Counter[str]()
    with connected(url) as engine, Session(engine) as session:
        at = Desk(session, NOW)
        for number in range(rounds):
            if number % 25 == 0:  # nobody looks for more than thirty patients an hour
                agents = [at.hire(), at.hire()]
            name = "Garcia" + "".join("abcdefghij"[int(digit)] for digit in str(number))
            calls = [OnCall(agent, at.begin(agent), KEY) for agent in agents]
            for on, given in zip(calls, ("Maria", "Eva"), strict=True):
                caller = build.details(given_name=given, family_name=name)
                desk.new_caller(session, on.person, on.call_id, caller, sure=True, key=KEY, now=NOW)
            start = NOW + timedelta(days=1 + number // 7, hours=number % 7)
            openings = [
                write_opening(KEY, SlotRef(at.kind.id, at.place.id, at.doctor.id, cell_at(start) + rng.choice((0, 0, 3))))
                for _ in range(3)
            ]

            def by_agent(on: OnCall, opening: str) -> Any:
                def act(mine: Session) -> Any:
                    held = desk.hold_for_call(mine, on, opening, now=NOW)
                    return desk.book_for_caller(mine, on, held.token, ForCaller(), now=NOW)

                return act

            def on_the_web(mine: Session, opening: str = openings[2], name: str = name) -> Any:
                held = booking.hold(mine, opening, key=KEY, who=PATIENT, now=NOW)
                typed = build.details(given_name="Web", family_name=name)
                return booking.confirm(mine, held.token, typed, key=KEY, who=PATIENT, now=NOW)

            verbs = [by_agent(on, opening) for on, opening in zip(calls, openings, strict=False)] + [on_the_web]
            answers = together(engine, verbs)
            won = [not isinstance(answer, Exception) for answer in answers]
            assert won.count(True) == 1, answers
            for answer in answers:
                if isinstance(answer, Exception):
                    assert isinstance(answer, TimeTaken), answer
                    assert len(answer.alternatives) >= 3
            seen[("one agent", "the other agent", "the web")[won.index(True)]] += 1
        session.rollback()
        assert broken(session, now=NOW) == []
        booked = session.scalar(select(func.count()).where(Appointment.state == State.BOOKED))
        assert booked == rounds
    return seen


def test_two_agents_and_a_patient_at_one_time(database: str) -> None:
    assert sum(rush_of(database, 5).values()) == 5


@pytest.mark.prove
def test_two_agents_and_a_patient_in_full(databases: Any) -> None:
    begun = monotonic()
    with databases.migrated() as url:
        seen = rush_of(url, 200)
    assert len(seen) == 3, seen
    print(
        f"\n200 rounds of two agents and a patient at one time on {databases.kind}: 0 double bookings, the losers had"
        f" alternatives; won by {dict(seen)}, {monotonic() - begun:.0f} s"
    )


def test_four_tabs_of_one_call_hold_three_times_and_two_agents_one_patient(database: str) -> None:
    with connected(database) as engine, Session(engine) as session:
        at = Desk(session, NOW)
        on = OnCall(at.agent, at.begin(), KEY)
        openings = [
            write_opening(KEY, SlotRef(at.kind.id, at.place.id, at.doctor.id, cell_at(NOW + timedelta(hours=number))))
            for number in (1, 2, 3, 4)
        ]
        answers = together(engine, [lambda s, o=opening: desk.hold_for_call(s, on, o, now=NOW) for opening in openings])
        assert sum(isinstance(answer, IllegalMove) for answer in answers) == 1, answers
        assert len(desk.holds_of_call(session, on, now=NOW)) == 3
        desk.new_caller(session, at.agent, on.call_id, build.details(), sure=True, key=KEY, now=NOW)
        tokens = [hold.token for hold in desk.holds_of_call(session, on, now=NOW)]
        twice = [lambda s, t=tokens[0]: desk.book_for_caller(s, on, t, ForCaller(), now=NOW)] * 3
        answers = together(engine, twice)
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1, answers
        assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {IllegalMove, PatientClash}, answers
        session.rollback()
        assert broken(session, now=NOW) == []
