"""Calls: each by itself, its agent's alone, ended in a way that counts; call-backs; a day in figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.connect import begin_write
from clinic.store.tables.directory import Service
from clinic.store.tables.work import Call
from clinic.store.work import calls
from clinic.usecases import booking, desk
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.desk import Desk
from tests.race import connected, together
from tests.web.visiting import ZIPS

NOW = FakeClock().now


@pytest.fixture
def front(session: Session) -> Desk:
    return Desk(session, NOW)


def end(front: Desk, call: int, outcome: str, why: str = "", **asked: str) -> None:
    desk.end_call(front.session, front.agent, call, desk.Ending(outcome, why, **asked), now=front.now)


def did(front: Desk, call: int, action: str) -> None:
    booked = front.book(phone=f"407 555 {1000 + call}")
    begin_write(front.session)
    calls.note_visit(front.session, call, booked.summary.appointment_id, action, now=front.now)
    front.session.commit()


def test_two_calls_at_once_do_not_mix(front: Desk) -> None:
    mine = front.book(who=build.STAFF)
    one, other = front.begin(), front.begin()
    row = front.look(one).rows[0].row
    assert front.verify(one, row, "Maria", "reference", mine.reference).match
    desk.say_who_calls(front.session, front.agent, other, "partner", speaks_for=False, now=NOW)
    desk.keep_note(front.session, front.agent, one, "Rings after four", now=NOW)
    did(front, other, "book")
    first, second = desk.open_calls(front.session, front.agent, now=NOW)
    assert (first.id, first.verified, first.relation, first.note, first.visits) == (one, True, "", "Rings after four", ())
    assert (second.id, second.verified, second.relation, second.note) == (other, False, "partner", "")
    assert [noted.action for noted in second.visits] == ["book"]
    assert "four" not in repr(first)
    assert not desk.viewer_of(front.session, other, front.agent, "see-visit", now=NOW).patients
    end(front, one, "question")
    assert [call.id for call in desk.open_calls(front.session, front.agent, now=NOW)] == [other]
    assert [action for action, _, detail in front.actions(front.agent.actor) if f"call={one}" in detail] == [
        "call_begin", "caller_look_up", "caller_verified", "call_note", "call_end",
    ]  # fmt: skip


def test_a_call_is_its_agents_alone_and_supervisors_may_look(front: Desk) -> None:
    call, other = front.begin(), front.hire()
    verbs: list[Any] = [
        lambda who: desk.say_who_calls(front.session, who, call, "self", speaks_for=False, now=NOW),
        lambda who: desk.keep_note(front.session, who, call, "", now=NOW),
        lambda who: desk.end_call(front.session, who, call, desk.Ending("question"), now=NOW),
        lambda who: desk.promise_call_back(front.session, who, call, NOW + timedelta(hours=1), phone="407 555 0123", now=NOW),
        lambda who: desk.viewer_of(front.session, call, who, "see-visit", now=NOW),
        lambda who: front.look(call, who),
        lambda who: desk.callers_record(front.session, who, call, now=NOW),
    ]
    supervisor = front.supervisor()
    for verb in verbs:
        for who in (other, supervisor):
            with pytest.raises(NotFound):
                verb(who)
    with pytest.raises(NotFound):
        desk.read_call(front.session, other, call, now=NOW)
    for who in (supervisor, front.manager()):
        assert desk.read_call(front.session, who, call, now=NOW).account_id == front.agent.account_id
        assert front.actions(who.actor) == [("see_call", None, f"call={call}")]


def test_a_call_that_nobody_ended_opens_nothing_after_four_hours(front: Desk) -> None:
    call = front.begin()
    front.now += timedelta(hours=4)
    with pytest.raises(IllegalMove):
        desk.viewer_of(front.session, call, front.agent, "see-visit", now=front.now)
    assert desk.open_calls(front.session, front.agent, now=front.now) == ()
    end(front, call, "dropped")


@pytest.mark.parametrize(
    ("outcome", "why", "field"),
    [("booked", "", "outcome"), ("moved", "", "outcome"), ("nothing_suits", "", "why"), ("nothing_suits", "rain", "why"),
     ("call_back", "", "outcome"), ("happy", "", "outcome")],
)  # fmt: skip
def test_a_call_ends_as_it_went(front: Desk, outcome: str, why: str, field: str) -> None:
    call = front.begin()
    with pytest.raises(InvalidInput) as raised:
        end(front, call, outcome, why)
    assert set(raised.value.fields) == {field}
    end(front, call, "nothing_suits", "too_far", service_slug="physical-therapy", postal_code="32801")
    end(front, call, "question")
    ended = desk.read_call(front.session, front.agent, call, now=NOW)
    assert (ended.outcome, ended.why, ended.service_slug, ended.postal_code) == (
        "nothing_suits", "too_far", "physical-therapy", "32801",
    )  # fmt: skip
    desk.keep_note(front.session, front.agent, call, "After the call", now=NOW)
    with pytest.raises(IllegalMove):
        desk.say_who_calls(front.session, front.agent, call, "self", speaks_for=False, now=NOW)


def test_whoever_waits_is_called_back_by_who_promised_it(front: Desk) -> None:
    patient = front.patient_of(mine := front.book(who=build.STAFF))
    known, stranger = front.begin(), front.begin()
    front.verify(known, front.look(known).rows[0].row, "Maria", "reference", mine.reference)
    hour = timedelta(hours=1)

    def promise(call: int, due: Any, phone: str = "") -> int:
        return desk.promise_call_back(front.session, front.agent, call, due, phone=phone, now=NOW)

    for due, phone, field in ((NOW, "407 555 0199", "due_at"), (NOW + 800 * hour, "", "due_at"), (NOW + hour, "1", "phone")):
        with pytest.raises(InvalidInput) as raised:
            promise(stranger, due, phone)
        assert set(raised.value.fields) == {field}
    later, sooner = promise(known, NOW + 2 * hour), promise(stranger, NOW + hour, "407 555 0199")
    other, supervisor = front.hire(), front.supervisor()

    def listed(who: Any, *, everybody: bool = True) -> list[tuple[int, str]]:
        found = desk.list_call_backs(front.session, who, everybody=everybody, now=NOW)
        assert "555" not in repr(found)
        return [(one.task_id, one.initial) for one in found]

    assert listed(front.agent) == listed(supervisor) == [(sooner, ""), (later, "M•••")]
    assert listed(other) == listed(supervisor, everybody=False) == []
    numbers = [desk.call_back_number(front.session, front.agent, task, now=NOW) for task in (sooner, later)]
    assert [(one.phone, one.ask_for) for one in numbers] == [("+14075550199", ""), ("+14075550123", "Maria")]
    assert ("call_back_number", patient, f"call={known} task={later}") in front.actions(front.agent.actor)
    for verb in (desk.call_back_number, desk.finish_call_back):
        with pytest.raises(NotFound):
            verb(front.session, other, later, now=NOW)
    desk.put_off_call_back(front.session, front.agent, sooner, NOW + 3 * hour, now=NOW)
    assert listed(front.agent) == [(later, "M•••"), (sooner, "")]
    desk.finish_call_back(front.session, supervisor, sooner, now=NOW)
    assert listed(front.agent) == [(later, "M•••")]
    assert front.session.scalars(select(Call.phone)).all() == [None, None], "the number that was left went with it"
    front.session.rollback()
    with pytest.raises(NotFound):
        desk.finish_call_back(front.session, front.agent, sooner, now=NOW)


def test_a_day_in_figures(front: Desk) -> None:
    yesterday = NOW - timedelta(days=1)
    front.now = yesterday
    end(front, front.begin(), "question")
    for number, outcome in enumerate(["booked", "booked", "nothing_suits", "question", "moved"]):
        front.now = NOW
        call = front.begin()
        did(front, call, "move" if outcome == "moved" else "book")
        front.now = NOW + timedelta(minutes=number + 1)
        end(front, call, outcome, "too_late" if outcome == "nothing_suits" else "")
    other, front.now = front.hire(), NOW
    front.begin(other)
    promised = front.begin()
    desk.promise_call_back(front.session, front.agent, promised, NOW + timedelta(minutes=30), phone="407 555 0199", now=NOW)
    end(front, promised, "call_back")
    later = NOW + timedelta(hours=1)
    day = desk.desk_day(front.session, front.supervisor(), since=NOW, now=later)
    assert (day.every.calls, day.every.under_way, day.call_backs, day.call_backs_overdue, day.holds) == (7, 1, 1, 1, 0)
    assert day.every.outcomes == {"booked": 2, "nothing_suits": 1, "question": 1, "moved": 1, "call_back": 1}
    assert (day.every.why, day.every.first_call_rate, day.every.median_seconds) == ({"too_late": 1}, 0.5, 150.0)
    assert [(one.account_id, one.tally.calls) for one in day.agents] == [(front.agent.account_id, 6), (other.account_id, 1)]
    assert desk.desk_day(front.session, front.agent, since=NOW, now=later).agents == (), "by agent for coaching roles alone"
    assert desk.desk_day(front.session, front.hire(Grant(Role.AGENT)), since=later, now=later).every.first_call_rate is None


def test_a_promise_is_kept_by_a_call_of_its_own(front: Desk) -> None:
    """What was noted comes along, the promise goes with the last call, and only a talk that ended it ends the wait."""
    session, hour = front.session, timedelta(hours=1)
    first = front.begin()
    desk.keep_note(session, front.agent, first, "Rings after four", now=front.now)
    task = desk.promise_call_back(session, front.agent, first, NOW + hour, phone="407 555 0199", now=front.now)
    again = desk.promise_call_back(session, front.agent, first, NOW + 2 * hour, now=front.now)
    assert again == task, "promised again in one call it is put off"
    with pytest.raises(IllegalMove):
        desk.begin_call_back(session, front.agent, task, now=front.now)
    desk.end_call(session, front.agent, first, desk.Ending("call_back", "", "physical-therapy", "62701"), now=front.now)
    load_gazetteer(session, ZIPS)
    (listed,) = desk.list_call_backs(session, front.agent, now=front.now)
    assert (listed.due_at, listed.time_zone, listed.calling) == (NOW + 2 * hour, "America/Chicago", None)

    front.now = NOW + 2 * hour
    other, supervisor = front.hire(), front.supervisor()
    for verb in (desk.begin_call_back, desk.read_call_back):
        with pytest.raises(NotFound):
            verb(session, other, task, now=front.now)
    second = desk.begin_call_back(session, front.agent, task, now=front.now)
    assert desk.begin_call_back(session, front.agent, task, now=front.now) == second, "pressed twice it is one call"
    told = desk.read_call_back(session, front.agent, task, now=front.now)
    assert (told.calling, told.call_id, told.told, told.time_zone) == (second, second, "Rings after four", "America/Chicago")
    assert ("call_begin", None, f"call={second} task={task} after={first}") in front.actions(front.agent.actor)
    with pytest.raises(IllegalMove):
        desk.begin_call_back(session, supervisor, task, now=front.now)
    end(front, second, "dropped")
    assert desk.call_back_number(session, front.agent, task, now=front.now).phone == "+14075550199"

    with pytest.raises(IllegalMove):
        desk.take_call_back(session, supervisor, task, holder_id=None, now=front.now)
    desk.take_call_back(session, supervisor, task, holder_id=front.agent.account_id, now=front.now)
    assert desk.list_call_backs(session, front.agent, now=front.now) == ()
    front.now += hour
    third = desk.begin_call_back(session, supervisor, task, now=front.now)
    did(front, third, "book")
    desk.end_call(session, supervisor, third, desk.Ending("booked"), now=front.now)
    assert desk.list_call_backs(session, supervisor, everybody=True, now=front.now) == ()
    assert session.scalars(select(Call.phone)).all() == [None] * 3, "the number that was left went with it"
    day = desk.desk_day(session, supervisor, since=NOW, now=front.now + hour)
    assert (day.every.outcomes["booked"], day.every.first_call_rate) == (1, 0.0), "booked, but not in the first call"


def test_two_press_call_now_at_once(front: Desk, database: str) -> None:
    call = front.begin()
    task = desk.promise_call_back(front.session, front.agent, call, NOW + timedelta(hours=1), phone="407 555 0199", now=NOW)
    end(front, call, "call_back")
    supervisor, later = front.supervisor(), NOW + timedelta(hours=1)
    verbs = [
        lambda session, who=who: desk.begin_call_back(session, who, task, now=later)
        for who in (front.agent, supervisor, front.agent)
    ]  # fmt: skip
    with connected(database, 3) as engine:
        answers = together(engine, verbs)
    assert len({answer for answer in answers if isinstance(answer, int)}) == 1, answers
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {IllegalMove, NotFound}


def test_what_is_held_and_what_did_not_suit(front: Desk) -> None:
    wish = SlotRef(front.kind.id, front.place.id, front.doctor.id, cell_at(NOW + timedelta(days=30)))
    booking.hold(front.session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=NOW)
    for why, place in (("too_far", "32801"), ("too_late", "32801"), ("too_far", "32801"), ("cost", "")):
        end(front, front.begin(), "nothing_suits", why, service_slug=front.session.get_one(Service, 1).slug, postal_code=place)
    since, later = NOW - timedelta(days=28), NOW + timedelta(minutes=1)
    (held,) = desk.held_now(front.session, front.supervisor(), now=NOW)
    assert (held.clinic, held.start, held.channel) == (front.place.name, NOW + timedelta(days=30), "web")
    found = desk.unmet(front.session, front.manager(), since=since, now=later)
    assert [(one.postal_code, one.count, one.why) for one in found] == [
        ("32801", 3, {"too_far": 2, "too_late": 1}), ("", 1, {"cost": 1}),
    ]  # fmt: skip
    assert (
        desk.held_now(front.session, front.agent, now=NOW) == desk.unmet(front.session, front.agent, since=since, now=later) == ()
    )
