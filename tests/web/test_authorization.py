"""Made from the roles' table and the routes: every route behind a guard x every role x {own, same location, other location}.

A new route behind a guard is in it at once. One with an object in its address needs a row in `OBJECTS`, which makes the
address for an object that is one's own, at one's clinic, or at another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic.domain.roles import ACTIONS, AT_A_LOCATION, Grant, Reach, Role, Scope, Viewer, reach
from clinic.domain.timeline import cell_at
from clinic.domain.tokens import Wish
from clinic.engine import place
from clinic.engine.place import Details
from clinic.factory import create_app
from clinic.store import calls
from clinic.store.call_backs import CALL_BACK
from clinic.store.deliveries import Delivery
from clinic.store.minding import WorkListOpened
from clinic.store.outbox import OutboxMessage
from clinic.store.people import Specialist
from clinic.store.tasks import POSSIBLE_DUPLICATE, Task
from clinic.usecases import merging
from clinic.web.guards import guard_of, needs
from tests import build
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import opened

SCOPES = ("own", "same location", "other location")
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
WITHOUT_SIDE_EFFECTS = {"account.sign_out", "account.end_sessions"}
"""Not called here: they would sign out whoever is asked about next. Their guard is the same."""


@pytest.fixture
def world(app: Flask, database: str) -> World:
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
            wish = Wish(kind.id, clinic.id, calendars[whose], cell_at(tomorrow))
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


def test_8_3_1_every_route_for_every_role_and_scope(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    counted: Counter[int] = Counter()
    wrong = []
    cases = 0
    adapter = world.app.url_map.bind("localhost")
    tokens = {role: token_on(client, "/account") for role, client in world.clients.items()}
    for rule, method, guard in guarded(world.app):
        if rule.endpoint in WITHOUT_SIDE_EFFECTS:
            continue
        assert not rule.arguments or rule.endpoint in OBJECTS, f"{rule.rule} needs a row in OBJECTS of {__file__}"
        for role, client in world.clients.items():
            for scope in SCOPES if rule.arguments else ("own",):
                found = OBJECTS[rule.endpoint](world, role, scope) if rule.arguments else Object({}, 0, mine=True)
                path = adapter.build(rule.endpoint, found.arguments, method=method)
                data = {"csrf_token": tokens[role]} if method == "POST" else None
                status = client.open(path, method=method, data=data).status_code
                counted[status] += 1
                cases += 1
                if not fits(status, guard, world.grants(role), found, has_object=bool(rule.arguments)):
                    wrong.append(f"{method} {rule.rule} as {role} ({scope}): {status}")
    assert wrong == []
    with capsys.disabled():
        print(f"\n  authorization: {cases} cases over HTTP, by status {dict(sorted(counted.items()))}")
    assert counted[403] > 20
    assert counted[404] >= 4


def fits(status: int, guard: str, grants: list[Grant], found: Object, *, has_object: bool) -> bool:
    """403 for a function, 404 for an object out of reach, neither for what is within it."""
    if guard in STAFF_GUARDS:
        return status not in (403, 404)
    allowed = reach(guard.removeprefix("needs:"), grants)
    if not allowed:
        return status == 403
    if has_object and not allowed.covers(location_id=found.location, mine=found.mine, looked_up=found.looked_up):
        in_numbers = found.unnamed and not allowed.scopes.isdisjoint({Scope.BUSY, Scope.COUNTS})
        return status == (200 if in_numbers else 404)
    return status not in (403, 404) or (has_object and found.oneself and status == 409)


def test_8_2_1_nobody_who_is_not_signed_in_gets_past_any_guard(app: Flask, client: FlaskClient) -> None:
    adapter = app.url_map.bind("localhost")
    csrf = token_on(client)
    for rule, method, _ in guarded(app):
        path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method=method)
        answer = client.open(path, method=method, data={"csrf_token": csrf} if method == "POST" else None)
        assert answer.status_code == (303 if method == "GET" else 401), rule.rule
        if method == "GET":
            assert answer.location.startswith("/account/sign-in")


def test_8_2_1_a_password_alone_gets_past_no_guard_but_the_second_steps(app: Flask, database: str) -> None:
    hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))
    client = app.test_client()
    csrf = token_on(client)
    client.post("/account/sign-in", data={"csrf_token": csrf, "email": "ada@example.org", "password": "okapi-vest-lamp"})
    adapter = app.url_map.bind("localhost")
    for rule, method, guard in guarded(app):
        if guard == "halfway":
            continue
        path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method=method)
        answer = client.open(path, method=method, data={"csrf_token": csrf} if method == "POST" else None)
        assert (answer.status_code, answer.location) == (303, "/account/code"), rule.rule


def test_every_guard_asks_for_a_row_of_the_table(app: Flask) -> None:
    asked = {guard.removeprefix("needs:") for _, _, guard in guarded(app)} - STAFF_GUARDS
    assert asked <= set(ACTIONS)
    assert {"keep-people", "close-account", "break-glass"} <= asked


SENSITIVE = {
    "portal.mark": "mark-visit", "portal.cancel": "change-visit", "portal.move": "change-visit",
    "portal.book_follow_up": "book", "portal.specialist_day": "see-day", "portal.revoke_calendar": "revoke-feed",
    "portal.compare": "merge-patients", "portal.merge": "merge-patients", "portal.undo_merge": "merge-patients",
    "desk.waiting_caller": "answer-calls", "desk.today": "see-calls",
    "portal.answers": "read-intake", "portal.list_work": "work-list", "portal.task": "work-list", "portal.letter": "work-list",
    "portal.send_again": "resend-message", "portal.desk": "mark-visit", "portal.find_on_desk": "mark-visit",
    "portal.mark_on_desk": "mark-visit", "portal.book_walk_in": "book", "portal.audit": "read-audit",
    "portal.seen": "read-audit", "portal.visit": "see-visit", "account.people": "keep-people",
}  # fmt: skip
"""Written by hand: a guard that asks for too little passes every test that is made from what it asks."""


def test_pages_with_what_is_most_private_ask_for_the_right_row(app: Flask) -> None:
    asked = {rule.endpoint: guard for rule, _, guard in guarded(app)}
    assert {name: asked.get(name, "").removeprefix("needs:") for name in SENSITIVE} == SENSITIVE


def test_a_guard_without_a_row_stops_the_start() -> None:
    with pytest.raises(KeyError):
        needs("brew-coffee")


def test_a_planted_route_without_a_row_for_its_object_is_seen(database: str, clock: FakeClock) -> None:
    app = create_app(settings_for(database), clock=clock)
    app.add_url_rule("/portal/planted/<int:number>", "planted", needs("see-visit")(lambda number: str(number)))
    planted = [rule.rule for rule, _, _ in guarded(app) if rule.arguments and rule.endpoint not in OBJECTS]
    assert planted == ["/portal/planted/<int:number>"]
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()
