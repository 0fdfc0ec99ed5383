"""Who on the staff may do what, and how far: one table. Guards read it, and the tests of every route are made from it.

A scope says whose: "own" what is about oneself, "assigned" the visits one gives, "locations" those of one's clinics,
"lookup" one caller after looking them up, "busy" when anybody is free and no more, "counts" numbers without names,
"organisation" everything; "glass" nothing, until the glass is broken. A "?" asks for the role's flag as well: of an agent,
that they supervise; of a manager, that they read what patients answered. "-" is no: 403 for the function. An object out of
reach is 404, as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    SPECIALIST = "specialist"
    AGENT = "agent"
    FRONT_DESK = "front_desk"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


AT_A_LOCATION = frozenset({Role.FRONT_DESK, Role.MANAGER})
"""Roles that one has at a clinic, and not at another."""
FLAGGED = frozenset({Role.AGENT, Role.MANAGER})
"""Roles that may come with more: see "?" above."""


class Scope(StrEnum):
    NONE = "-"
    OWN = "own"
    ASSIGNED = "assigned"
    LOOKUP = "lookup"
    LOCATIONS = "locations"
    BUSY = "busy"
    COUNTS = "counts"
    GLASS = "glass"
    ORGANISATION = "organisation"


TABLE = """
action                specialist   agent          front_desk  manager      administrator
book                  assigned     lookup         locations   locations    -
see-visit             assigned     lookup         locations   locations    glass
change-visit          assigned     lookup         locations   locations    glass
see-contact           assigned     lookup         locations   locations    glass
read-intake           assigned     -              -           locations?   glass
edit-intake           -            lookup         -           -            -
mark-visit            assigned     -              locations   locations    -
keep-availability     own          -              -           locations    -
see-availability      own          busy           locations   locations    organisation
see-day               own          busy           locations   locations    counts
find-patient          assigned     lookup         locations   locations    -
answer-calls          -            lookup         -           -            -
see-calls             -            organisation?  -           organisation -
propose-merge         -            lookup         locations   locations    -
merge-patients        -            -              -           locations    -
wait-for-time         assigned     lookup         locations   locations    -
resend-message        -            lookup         locations   locations    -
work-list             -            organisation?  locations   locations    -
stand-in              -            organisation?  -           organisation -
export                own          -              -           locations    organisation
calendar-feed         own          -              -           -            -
revoke-feed           -            -              -           -            organisation
keep-locations        -            -              -           locations    organisation
publish-pages         -            -              -           -            organisation
keep-people           -            -              -           locations    organisation
close-account         -            -              -           -            organisation
read-audit            own          own            own         locations    organisation
break-glass           own          -              -           own          own
"""
# Of "stand-in": with tasks that no clinic minds (domain.people.minding) and, once one has taken them, their visits; a manager
# only where there is no supervisor.
# Of "export": a specialist's without contacts, a manager's without answers, an administrator's without names. Of
# "see-contact" by a specialist: a week before and after the visit.

GLASS_FOR = timedelta(hours=1)
"""How long the glass stays broken."""


class Cell(NamedTuple):
    """How far a role carries an action; `flagged`: only with the role's flag."""

    scope: Scope
    flagged: bool


def read_table(text: str) -> dict[str, dict[Role, Cell]]:
    """action -> role -> cell. ValueError for a word that is no scope, or a row that is not whole."""
    head, *lines = (line.split() for line in text.strip().splitlines())
    roles = [Role(name) for name in head[1:]]
    return {
        action: {role: Cell(Scope(word.removesuffix("?")), word.endswith("?")) for role, word in zip(roles, words, strict=True)}
        for action, *words in lines
    }


ACTIONS = read_table(TABLE)
UNDER_GLASS = frozenset(action for action, row in ACTIONS.items() if Scope.GLASS in {cell.scope for cell in row.values()})
"""What whoever breaks the glass may do everywhere, for an hour."""


class Grant(NamedTuple):
    """A role that somebody has, of a clinic where it is one of those (`location_id`)."""

    role: Role
    location_id: int | None = None
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """How far somebody's roles, taken together, carry one action. False when not at all."""

    scopes: frozenset[Scope]
    locations: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.scopes - {Scope.GLASS})

    @property
    def needs_glass(self) -> bool:
        """It could be done if the glass were broken."""
        return not self and Scope.GLASS in self.scopes

    @property
    def everywhere(self) -> bool:
        return Scope.ORGANISATION in self.scopes

    def covers(self, *, location_id: int | None = None, mine: bool = False, looked_up: bool = False) -> bool:
        """Whether an object is within reach: where it is, whether it is one's own or assigned to one, or its caller looked up."""
        return (
            self.everywhere
            or (location_id is not None and location_id in self.locations)
            or (mine and not self.scopes.isdisjoint({Scope.OWN, Scope.ASSIGNED}))
            or (looked_up and Scope.LOOKUP in self.scopes)
        )


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks, as far as it matters to what they find: how far an action carries them, the specialist they are, the
    patients whom they looked up, and single visits that are entrusted to them, whosever and wherever those are.
    """

    reach: Reach
    specialist_id: int | None = None
    patients: frozenset[int] = frozenset()
    visits: frozenset[int] = frozenset()

    def covers(self, visit_id: int, *, location_id: int, specialist_id: int, patient_id: int | None) -> bool:
        """Whether that visit is within reach: where it is, who gives it, whose it is; or as it is entrusted to them."""
        mine, looked_up = specialist_id == self.specialist_id, patient_id in self.patients
        return visit_id in self.visits or self.reach.covers(location_id=location_id, mine=mine, looked_up=looked_up)


def reach(action: str, grants: Iterable[Grant], *, glass: bool = False) -> Reach:
    """What the grants allow; `glass`: they broke it. KeyError for an action that has no row."""
    row = ACTIONS[action]
    held = [grant for grant in grants if grant.flag or not row[grant.role].flagged]
    scopes = {row[grant.role].scope for grant in held} - {Scope.NONE}
    at = frozenset(g.location_id for g in held if g.location_id is not None and row[g.role].scope is Scope.LOCATIONS)
    if glass and action in UNDER_GLASS and scopes:
        scopes.add(Scope.ORGANISATION)
    return Reach(frozenset(scopes if at else scopes - {Scope.LOCATIONS}), at)


def may_grant(giver: Iterable[Grant], grant: Grant) -> bool:
    """Administrators give every role; a manager those of specialists and front desks, at the clinics they are responsible for."""
    allowed = reach("keep-people", giver)
    given_here = grant.role in {Role.SPECIALIST, Role.FRONT_DESK} and not grant.flag
    return allowed.everywhere or (given_here and allowed.covers(location_id=grant.location_id))


def problem_with(grant: Grant) -> str | None:
    """What is wrong with the grant itself: a sentence, or None."""
    if grant.role in AT_A_LOCATION and grant.location_id is None:
        return "Choose the clinic for this role."
    if grant.role not in AT_A_LOCATION | {Role.SPECIALIST} and grant.location_id is not None:
        return "This role is for all clinics. Choose no clinic."
    if grant.flag and grant.role not in FLAGGED:
        return "This role has no extra right."
    return None
