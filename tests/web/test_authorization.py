"""Made from the roles' table and the routes: every route behind a guard x every role x {own, same location, other location}.

A new route behind a guard is in it at once. One with an object in its address needs a row in `OBJECTS` (tests/web/town.py), which
makes the address for an object that is one's own, at one's clinic, or at another.
"""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.domain.people.roles import ACTIONS, Grant, Role, Scope, reach
from clinic.factory import create_app
from clinic.web.guards import needs
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.web.staff import hire, token_on
from tests.web.town import OBJECTS, STAFF_GUARDS, Object, World, build_town, guarded

SCOPES = ("own", "same location", "other location")
WITHOUT_SIDE_EFFECTS = {"account.sign_out", "account.end_sessions"}
"""Not called here: they would sign out whoever is asked about next. Their guard is the same."""


@pytest.fixture
def world(app: Flask, database: str) -> World:
    return build_town(app, database)


def test_8_3_1_every_route_for_every_role_and_scope(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    counted: Counter[int] = Counter()
    wrong = []
    cases = 0
    adapter = world.app.url_map.bind("localhost")
    tokens = {role: token_on(client, "/account") for role, client in world.clients.items()}
    for rule, method, guard in guarded(world.app):
        if rule.endpoint in WITHOUT_SIDE_EFFECTS:
            continue
        assert not rule.arguments or rule.endpoint in OBJECTS, f"{rule.rule} needs a row in OBJECTS of tests/web/town.py"
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
