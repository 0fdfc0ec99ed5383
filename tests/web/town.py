"""A small town of two clinics with somebody of each role, and every object that an address of the staff's rooms may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic.domain.people.roles import AT_A_LOCATION, Grant, Reach, Role, Scope, Viewer
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.tables.directory import Specialist
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.work import Task, WorkListOpened
from clinic.store.work import calls
from clinic.store.work.call_backs import CALL_BACK
from clinic.store.work.tasks import POSSIBLE_DUPLICATE
from clinic.usecases.records import merging
from clinic.web.guards import guard_of
from tests import build
from tests.web.staff import hire, signed_in
from tests.web.visiting import opened

EPOCH = datetime(2026, 11, 16, tzinfo=UTC)
STAFF_GUARDS = {"signed-in", "halfway"}


@dataclass
class World:
    """Somebody of each role at `here`, and colleagues at both clinics."""

    app: Flask
    url: str
    here: int
    there: int
    people: dict[str, int]
    clients: dict[Role, FlaskClient]
    calendars: dict[str, int]
    visits: dict[str, int]
    tasks: dict[str, int]
    patients: dict[str, int]
    calls: dict[str, int] = field(default_factory=dict)
    call_backs: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    merges: dict[str, int] = field(default_factory=dict)

    def grants(self, role: Role) -> list[Grant]:
        return [Grant(role, self.here if role in AT_A_LOCATION else None)]


@dataclass
class Object:
    """Arguments of an address. `location` and `mine` are what the table is asked with; `oneself`: it is whoever asks.
    `unnamed`: whoever sees when somebody is busy, or counts, sees as much of it. `looked_up`: a call of whoever asks.
    """

    arguments: dict[str, object]
    location: int
    mine: bool = False
    oneself: bool = False
    unnamed: bool = False
    looked_up: bool = False


def account(world: World, role: Role, scope: str) -> Object:
    if scope == "own":
        at_a_clinic = role in AT_A_LOCATION
        return Object({"number": world.people[role]}, world.here if at_a_clinic else 0, mine=True, oneself=True)
    here = scope == "same location"
    return Object({"number": world.people["here" if here else "there"]}, world.here if here else world.there)


def calendar(world: World, role: Role, scope: str) -> Object:
    """Of a specialist: oneself, who works at `here`; or a colleague at either clinic."""
    mine = scope == "own" and role is Role.SPECIALIST
    at = world.there if scope == "other location" else world.here
    return Object({"number": world.calendars["own" if mine else "there" if at == world.there else "here"]}, at, mine=mine)


def day_of(world: World, role: Role, scope: str) -> Object:
    """The same, of which others see how busy it is."""
    return replace(calendar(world, role, scope), unnamed=True)


def visit(world: World, role: Role, scope: str) -> Object:
    """With oneself, at `here`; or with a colleague at either clinic."""
    mine = scope == "own" and role is Role.SPECIALIST
    at = world.there if scope == "other location" else world.here
    return Object({"number": world.visits["own" if mine else "there" if at == world.there else "here"]}, at, mine=mine)


def held_after(world: World, role: Role, scope: str) -> Object:
    """A time that is held to follow such a visit: none of ours."""
    found = visit(world, role, scope)
    return replace(found, arguments=found.arguments | {"hold": "none"})


def task(world: World, role: Role, scope: str) -> Object:
    """About a visit at either clinic."""
    whose = "there" if scope == "other location" else "here"
    return Object({"number": world.tasks[whose]}, world.there if whose == "there" else world.here)


def patient_seen(world: World, role: Role, scope: str) -> Object:
    """Somebody with a visit at either clinic."""
    whose = "there" if scope == "other location" else "here"
    return Object({"number": world.patients[whose]}, world.there if whose == "there" else world.here)


def call(world: World, role: Role, scope: str) -> Object:
    """To the desk: one's own, or another agent's."""
    own = scope == "own" and role is Role.AGENT
    return Object({"number": world.calls["own" if own else "other"]}, 0, looked_up=own)


def call_back(world: World, role: Role, scope: str) -> Object:
    """Somebody who waits for one's own call, or another agent's."""
    own = scope == "own" and role is Role.AGENT
    return Object({"number": world.call_backs["own" if own else "other"]}, 0, looked_up=own)


def pair(world: World, role: Role, scope: str) -> Object:
    """A question whether two records are one patient's, of either clinic."""
    whose = "there" if scope == "other location" else "here"
    return Object({"number": world.pairs[whose]}, world.there if whose == "there" else world.here)


def merge(world: World, role: Role, scope: str) -> Object:
    """Two records that became one, of either clinic; what is taken back once is not there any more."""
    whose = {"own": "own", "same location": "here"}.get(scope, "there")
    return Object({"number": world.merges[whose]}, world.there if whose == "there" else world.here)


OBJECTS: dict[str, Callable[[World, Role, str], Object]] = {
    f"account.{name}": account
    for name in (
        "one_person", "give_role", "take_role", "invite_again", "reset", "close", "reopen", "tie_calendar", "confirm_calendar",
        "end_calendar",
    )
} | {
    f"portal.{name}": calendar
    for name in (
        "one_week", "weekly", "send_weekly", "one_day", "send_one_day", "time_off", "send_time_off", "copy_week",
        "send_copy_week", "holidays", "send_holidays", "save", "take_back", "come_back", "revoke_calendar",
    )
} | {
    f"portal.{name}": task
    for name in (
        "task", "letter", "take_task", "put_back_task", "note_task", "finish_task", "undo_task", "send_again", "answer_offer",
    )
} | {
    f"portal.{name}": visit
    for name in (
        "answers", "mark_on_desk", "visit", "mark", "undo", "cancel", "move_times", "move", "follow_up", "hold_follow_up",
    )
} | {
    f"portal.{name}": held_after for name in ("check_follow_up", "book_follow_up", "release_follow_up")
} | {
    f"desk.{name}": call
    for name in (
        "call", "say_who", "note", "end", "look_up", "verify", "new_caller", "hold", "keep", "release", "book", "move",
        "cancel", "typed", "wait", "call_back", "next_person", "take_as_new", "call_back_on_file",
    )
} | {
    f"desk.{name}": call_back for name in ("waiting_caller", "take_call_back", "call_now", "put_off", "called")
} | {f"portal.{name}": pair for name in ("compare", "merge")} | {
    f"portal.{name}": merge for name in ("merged", "undo_merge")
} | {f"portal.{name}": day_of for name in ("specialist_day", "specialist_week")} | {"portal.seen": patient_seen}  # fmt: skip
"""By endpoint: which object its address names."""


def build_town(app: Flask, database: str) -> World:
    """Fill an empty database, and sign everybody in."""
    with opened(database) as session:
        clinics = [build.location(session) for _ in ("here", "there")]
        here, there = (clinic.id for clinic in clinics)
        calendars, visits, tasks, patients = {}, {}, {}, {}
        kind, tomorrow = build.visit_type(session), app.extensions["clinic"].clock() + timedelta(days=1)
        for whose, clinic in (("own", clinics[0]), ("here", clinics[0]), ("there", clinics[1])):
            calendars[whose] = build.specialist(session).id
            build.shift(session, session.get_one(Specialist, calendars[whose]), clinic)
            build.offer(session, kind, clinic, session.get_one(Specialist, calendars[whose]))
            patient = patients[whose] = build.patient(session, now=tomorrow).id
            wish = SlotRef(kind.id, clinic.id, calendars[whose], cell_at(tomorrow))
            visits[whose] = place.book(session, wish, Details(patient), who=build.STAFF, now=tomorrow - timedelta(days=1))
            session.commit()
            about = {"appointment_id": visits[whose], "patient_id": patient, "created_at": tomorrow}
            tasks[whose] = build.save(session, Task(kind="letter", delivery_id=_letter(session, visits[whose]), **about)).id
    made = World(app, database, here, there, {}, {}, calendars, visits, tasks, patients)
    for role in Role:
        given = {"specialist_id": calendars["own"]} if role is Role.SPECIALIST else {}
        made.people[role] = hire(app, database, role.value.replace("_", ""), *made.grants(role), **given)
        made.clients[role] = signed_in(app, database, role.value.replace("_", ""))
    agents = {"own": made.people[Role.AGENT], "other": hire(app, database, "Other", Grant(Role.AGENT))}
    now = app.extensions["clinic"].clock()
    with opened(database) as session:
        for clinic in (here, there):  # both look at their tasks: no one stands in
            session.add(WorkListOpened(location_id=clinic, opened_at=now, opened_by_id=1))
        for whose, id_ in agents.items():
            made.calls[whose] = calls.begin(session, id_, now=now)
            promised = Task(kind=CALL_BACK, created_at=now, due_at=now, call_id=made.calls[whose], claimed_by_id=id_)
            made.call_backs[whose] = build.save(session, promised).id
        session.commit()
        for whose, patient in patients.items():
            made.pairs[whose] = _pair(session, patient, now=now)
            everybody = Viewer(Reach(frozenset({Scope.ORGANISATION})))
            made.merges[whose] = merging.merge(
                session, _pair(session, patient, now=now), patient, viewer=everybody, who=build.STAFF, by=1, now=now
            )  # fmt: skip
    made.people["other agent"] = agents["other"]
    made.people["here"] = hire(app, database, "Here", Grant(Role.FRONT_DESK, here))
    made.people["there"] = hire(app, database, "There", Grant(Role.FRONT_DESK, there))
    return made


def _pair(session: Session, patient: int, *, now: datetime) -> int:
    """Asked of that patient and somebody new."""
    other = build.patient(session, now=now).id
    row = Task(kind=POSSIBLE_DUPLICATE, created_at=now, patient_id=patient, other_patient_id=other)
    return build.save(session, row).id


def _letter(session: Session, visit_id: int) -> int:
    message = session.scalars(select(OutboxMessage.id).where(OutboxMessage.appointment_id == visit_id)).one()
    at = {"due_at": EPOCH, "next_at": EPOCH, "done_at": EPOCH}
    return build.save(session, Delivery(outbox_id=message, channel="letter", outcome="letter", **at)).id


def guarded(app: Flask) -> list[tuple[Rule, str, str]]:
    """(rule, method, guard) of every route of the staff."""
    found = []
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint]) or ""
        if guard in STAFF_GUARDS or guard.startswith("needs:"):
            found += [(rule, method, guard) for method in sorted(rule.methods or ()) if method in ("GET", "POST")]
    return found
