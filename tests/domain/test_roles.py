"""The roles' table, case by case: every action x role x {own, same location, other location}."""

from __future__ import annotations

import pytest

from clinic.domain.people.roles import (
    ACTIONS,
    AT_A_LOCATION,
    FLAGGED,
    UNDER_GLASS,
    Cell,
    Grant,
    Role,
    Scope,
    may_grant,
    problem_with,
    reach,
    read_table,
)

HERE, THERE = 1, 2
OBJECTS = {
    "own": {"location_id": HERE, "mine": True},
    "same location": {"location_id": HERE, "mine": False},
    "other location": {"location_id": THERE, "mine": False},
}
# Which of these objects a scope reaches, said once more and by hand.
REACHED = {
    Scope.NONE: set(),
    Scope.OWN: {"own"},
    Scope.ASSIGNED: {"own"},
    Scope.LOOKUP: set(),
    Scope.LOCATIONS: {"own", "same location"},
    Scope.BUSY: set(),
    Scope.COUNTS: set(),
    Scope.GLASS: set(),
    Scope.ORGANISATION: set(OBJECTS),
}


def granted(role: Role, *, flag: bool = True) -> list[Grant]:
    return [Grant(role, HERE if role in AT_A_LOCATION else None, flag and role in FLAGGED)]


CASES = [(action, role, name) for action, row in ACTIONS.items() for role in row for name in OBJECTS]


def test_8_2_2_every_case_of_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    for action, role, name in CASES:
        cell = ACTIONS[action][role]
        for flag in (True, False):
            expected = name in REACHED[cell.scope] and (flag or not cell.flagged)
            assert reach(action, granted(role, flag=flag)).covers(**OBJECTS[name]) == expected, (action, role, name, flag)  # type: ignore[arg-type]
    with capsys.disabled():
        print(f"\n  roles: {len(ACTIONS)} actions x {len(Role)} roles x {len(OBJECTS)} objects = {len(CASES)} cases")
    assert len(CASES) == len(ACTIONS) * 15 >= 375


@pytest.mark.parametrize(
    ("action", "role", "cell"),
    [
        # What was settled, and must not change by a slip of the table.
        ("read-intake", Role.AGENT, Cell(Scope.NONE, False)),
        ("read-intake", Role.FRONT_DESK, Cell(Scope.NONE, False)),
        ("read-intake", Role.MANAGER, Cell(Scope.LOCATIONS, True)),
        ("read-intake", Role.ADMINISTRATOR, Cell(Scope.GLASS, False)),
        ("see-visit", Role.SPECIALIST, Cell(Scope.ASSIGNED, False)),
        ("see-visit", Role.AGENT, Cell(Scope.LOOKUP, False)),
        ("see-visit", Role.ADMINISTRATOR, Cell(Scope.GLASS, False)),
        ("answer-calls", Role.MANAGER, Cell(Scope.NONE, False)),
        ("see-calls", Role.AGENT, Cell(Scope.ORGANISATION, True)),
        ("keep-locations", Role.FRONT_DESK, Cell(Scope.NONE, False)),
        ("merge-patients", Role.AGENT, Cell(Scope.NONE, False)),
        ("close-account", Role.MANAGER, Cell(Scope.NONE, False)),
        ("break-glass", Role.AGENT, Cell(Scope.NONE, False)),
    ],
)
def test_what_was_settled(action: str, role: Role, cell: Cell) -> None:
    assert ACTIONS[action][role] == cell


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_without_a_role_may_do_anything(action: str) -> None:
    assert not reach(action, [])
    assert not reach(action, [], glass=True)


def test_a_specialist_reaches_visits_and_nobody_elses_at_the_same_clinic() -> None:
    allowed = reach("see-visit", granted(Role.SPECIALIST))
    assert allowed.covers(location_id=THERE, mine=True)
    assert not allowed.covers(location_id=HERE)


def test_a_caller_has_to_be_looked_up() -> None:
    allowed = reach("see-visit", granted(Role.AGENT))
    assert allowed
    assert (allowed.covers(location_id=HERE), allowed.covers(location_id=HERE, looked_up=True)) == (False, True)


def test_roles_add_up_and_clinics_do_not_mix() -> None:
    both = [Grant(Role.FRONT_DESK, HERE), Grant(Role.MANAGER, THERE)]
    assert reach("see-visit", both).locations == {HERE, THERE}
    assert reach("keep-locations", both).locations == {THERE}
    assert not reach("keep-locations", both).covers(location_id=HERE)


def test_a_role_of_a_clinic_without_a_clinic_reaches_nothing() -> None:
    assert not reach("see-visit", [Grant(Role.MANAGER)])


def test_breaking_the_glass_opens_what_is_under_it_and_nothing_else() -> None:
    assert {"see-visit", "change-visit", "see-contact", "read-intake"} == UNDER_GLASS
    administrator = granted(Role.ADMINISTRATOR)
    assert reach("see-visit", administrator).needs_glass
    assert not reach("see-visit", administrator)
    assert reach("see-visit", administrator, glass=True).covers(location_id=THERE)
    assert reach("see-visit", granted(Role.SPECIALIST), glass=True).covers(location_id=THERE)
    for action in ACTIONS.keys() - UNDER_GLASS:
        assert reach(action, administrator, glass=True) == reach(action, administrator)


def test_a_manager_gives_two_roles_at_their_clinics_and_no_more() -> None:
    manager = granted(Role.MANAGER)
    assert may_grant(manager, Grant(Role.FRONT_DESK, HERE))
    assert may_grant(manager, Grant(Role.SPECIALIST, HERE))
    refused = [
        Grant(Role.FRONT_DESK, THERE), Grant(Role.SPECIALIST), Grant(Role.MANAGER, HERE), Grant(Role.ADMINISTRATOR),
        Grant(Role.AGENT),
    ]  # fmt: skip
    assert [grant for grant in refused if may_grant(manager, grant)] == []
    for grant in refused:
        assert may_grant(granted(Role.ADMINISTRATOR), grant)
    for role in (Role.SPECIALIST, Role.AGENT, Role.FRONT_DESK):
        assert not may_grant(granted(role), Grant(Role.FRONT_DESK, HERE))


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        (Grant(Role.MANAGER), "Choose the clinic"),
        (Grant(Role.AGENT, HERE), "all clinics"),
        (Grant(Role.SPECIALIST, None, True), "no extra right"),
        (Grant(Role.MANAGER, HERE, True), None),
        (Grant(Role.SPECIALIST, HERE), None),
    ],
)
def test_what_a_grant_needs(grant: Grant, says: str | None) -> None:
    found = problem_with(grant)
    assert found == says if says is None else says in (found or "")


@pytest.mark.parametrize(
    "text",
    ["action agent\nsee everything", "action agent manager\nsee own", "action janitor\nsee own"],
)
def test_a_table_with_a_slip_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_table(text)
