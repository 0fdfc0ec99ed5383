"""Who is on the staff: invited, given and taken roles, closed, reset. Nobody does any of it to themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.roles import Grant, Reach, Role, may_grant, problem_with
from clinic.domain.text.messages import Event
from clinic.engine.transaction import transaction
from clinic.store.appointments import feeds
from clinic.store.messages import outbox
from clinic.store.staff import accounts, sessions, ties
from clinic.store.staff.accounts import StaffListing
from clinic.store.staff.ties import Tie, Vouch
from clinic.store.tables.directory import Specialist
from clinic.store.tables.staff import Account
from clinic.store.work import worklist
from clinic.usecases.accounts.noting import note, tell_administrators
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.reaching import NOBODY, reached
from clinic.usecases.accounts.ties import BEYOND, answers_for, check_tie, vouch

INVITED_FOR = timedelta(days=3)
RESET_FOR = timedelta(days=1)
NOT_YOURS = "You cannot give this role."
TOLD = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
"""Roles of which every administrator is told when they are given."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody within somebody's reach; the clinics at which they may give roles; and the calendars tied to a colleague that
    nobody answers for any more.
    """

    people: list[StaffListing]
    locations: Mapping[int, str]
    out_of_reach: list[Tie]


@dataclass(frozen=True, slots=True)
class Inviting:
    """What an invitation may give: roles at these clinics, and these specialists' calendars."""

    locations: Mapping[int, str]
    specialists: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Keeps:
    """The calendar that somebody keeps: whose, who answers for it (None: nobody), at which clinics nobody does, and whether
    whoever asks may confirm or end it.
    """

    specialist: str
    vouch: Vouch | None
    beyond: tuple[str, ...]
    is_beyond: bool
    mine_to_settle: bool


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One of them. `grants` are numbered; the numbers of those that may be taken away are in `removable`.

    `keeps` is their calendar; `specialists` are those that could be theirs, for a specialist who has none.
    """

    listed: StaffListing
    grants: list[tuple[int, Grant]]
    removable: frozenset[int]
    locations: Mapping[int, str]
    oneself: bool
    keeps: Keeps | None
    specialists: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Invited:
    """The new account, and how many administrators are told of it; None where that is not asked for."""

    account_id: int
    told: int | None


def list_people(session: Session, person: Person, *, now: datetime) -> People:
    allowed = person.reach("keep-people")
    found = ties.out_of_reach(session, allowed, now=now)
    return People(accounts.listed(session, allowed), _locations(session, allowed), found)


def inviting(session: Session, person: Person) -> Inviting:
    allowed = person.reach("keep-people")
    return Inviting(_locations(session, allowed), ties.free_specialists(session, allowed))


def one_person(session: Session, person: Person, account_id: int, *, now: datetime) -> StaffMember:
    """Raises NotFound for somebody out of reach."""
    found = accounts.listed(session, person.reach("keep-people"), only=account_id)
    if not found:
        raise NotFound(NOBODY)
    grants = accounts.numbered_grants(session, account_id)
    mine = account_id == person.account_id
    removable = frozenset(id_ for id_, grant in grants if not mine and may_grant(person.grants, grant))
    wants = found[0].specialist_id is None and not mine and Role.SPECIALIST in {grant.role for _, grant in grants}
    return StaffMember(
        found[0], grants, removable, accounts.location_names(session), mine, _keeps(session, person, found[0], now=now),
        ties.free_specialists(session, person.reach("keep-people")) if wants else {},
    )  # fmt: skip


def _keeps(session: Session, person: Person, listed: StaffListing, *, now: datetime) -> Keeps | None:
    if listed.specialist_id is None:
        return None
    name = session.get_one(Specialist, listed.specialist_id).name
    beyond = ties.out_of_reach(session, person.reach("keep-people"), now=now, only=listed.id)
    settles = listed.id != person.account_id and answers_for(session, person, listed.specialist_id)
    clinics = beyond[0].beyond if beyond else ()
    return Keeps(name, ties.vouch_of(session, listed.id), clinics, bool(beyond), settles)


def my_roles(session: Session, person: Person) -> list[tuple[Grant, str]]:
    """The roles of whoever asks, each with the name of its clinic, '' for one that has none."""
    names = accounts.location_names(session)
    return [(grant, names.get(grant.location_id or 0, "")) for grant in person.grants]


def _locations(session: Session, allowed: Reach) -> dict[int, str]:
    names = accounts.location_names(session)
    return {id_: name for id_, name in names.items() if allowed.covers(location_id=id_)}


def read_email(typed: str) -> str:
    """In small letters. Raises InvalidInput."""
    try:
        return validate_email(typed.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InvalidInput({"email": "Enter a whole email address, such as name@example.org."}) from None


def invite(
    session: Session, person: Person, email: str, name: str, grant: Grant, *, specialist_id: int | None, now: datetime
) -> Invited:
    """A new account with one role; the link is on its way. Raises InvalidInput, Busy."""
    name = " ".join(name.split())[:120]
    if not name:
        raise InvalidInput({"name": "Enter the person’s name."})
    address = read_email(email)
    _check_grant(person, grant)
    if specialist_id is not None and grant.role is not Role.SPECIALIST:
        raise InvalidInput({"specialist": "Only the role of a specialist has a calendar."})
    return _invite(session, person, Account(email=address, name=name, specialist_id=specialist_id), grant, now=now)


def _check_grant(person: Person, grant: Grant) -> None:
    problem = problem_with(grant)
    if problem:
        raise InvalidInput({"location" if "clinic" in problem else "role": problem})
    if not may_grant(person.grants, grant):
        raise InvalidInput({"role": NOT_YOURS})


@transaction
def _invite(session: Session, person: Person, asked: Account, grant: Grant, *, now: datetime) -> Invited:
    if accounts.find_account(session, asked.email):
        raise InvalidInput({"email": "Somebody has an account with this address already."})
    if asked.specialist_id is not None:
        check_tie(session, person, asked.specialist_id)
    if grant.location_id is not None and grant.location_id not in accounts.location_names(session):
        raise InvalidInput({"location": "Choose a clinic from the list."})
    account = _add(session, asked, now=now)
    accounts.add_grant(session, account.id, grant)
    _send_link(session, account.id, "invite", now=now)
    note(session, person.actor, Action.ACCOUNT_INVITED, account.id, now=now, detail=_said(grant))
    told = _tell_of(session, grant, account.id, besides=person.account_id, by=person.actor, now=now)
    if account.specialist_id is not None:
        told = vouch(session, person, account, now=now)
        note(session, person.actor, Action.CALENDAR_TIED, account.id, now=now, detail=f"specialist={account.specialist_id}")
    return Invited(account.id, told)


def _tell_of(session: Session, grant: Grant, account_id: int, *, besides: int | None, by: str, now: datetime) -> int | None:
    """Of a role that lets somebody give roles, every administrator is told. Returns how many; None for another role."""
    if grant.role not in TOLD:
        return None
    return tell_administrators(session, Event.ROLE_GIVEN, account_id, besides=besides, by=by, now=now)


def _add(session: Session, asked: Account, *, now: datetime) -> Account:
    made = Account(email=asked.email, name=asked.name, specialist_id=asked.specialist_id, created_at=now)
    session.add(made)
    session.flush()
    return made


def _send_link(session: Session, account_id: int, purpose: str, *, now: datetime) -> None:
    event, lasts = (Event.INVITED, INVITED_FOR) if purpose == "invite" else (Event.RESET, RESET_FOR)
    link_id = accounts.add_link(session, account_id, purpose, now=now, expires_at=now + lasts)
    outbox.tell_staff(session, account_id, event, sequence=link_id, now=now)


@transaction
def invite_administrator(session: Session, email: str, name: str, *, now: datetime) -> tuple[bool, int | None]:
    """From the command line: the first administrator, or one who can sign in no more.

    Returns whether the account is new, and how many other administrators are told; None where they were one before.
    """
    address = read_email(email)
    account = accounts.find_account(session, address)
    new = account is None
    if account is None:
        account = _add(session, Account(email=address, name=name or address), now=now)
    told = None
    if Grant(Role.ADMINISTRATOR) not in accounts.grants_of(session, account.id):
        accounts.add_grant(session, account.id, Grant(Role.ADMINISTRATOR))
        told = _tell_of(session, Grant(Role.ADMINISTRATOR), account.id, besides=None, by="command-line", now=now)
    if account.state == "disabled":
        account.state = "active"
    if not new:
        _clear(session, account, now=now)
    _send_link(session, account.id, "invite" if new else "reset", now=now)
    note(session, "command-line", Action.ACCOUNT_INVITED, account.id, now=now, detail=_said(Grant(Role.ADMINISTRATOR)))
    return new, told


@transaction
def give_role(session: Session, person: Person, account_id: int, grant: Grant, *, now: datetime) -> int | None:
    """Returns how many administrators are told; None where that is not asked for.

    Raises NotFound, IllegalMove, InvalidInput, Busy.
    """
    account = reached(session, person, account_id)
    _check_grant(person, grant)
    keeps = account.specialist_id if grant.role is Role.SPECIALIST else None  # that role opens the calendar that they keep
    if keeps is not None and not answers_for(session, person, keeps):
        raise InvalidInput({"role": BEYOND})
    if grant.location_id is not None and grant.location_id not in accounts.location_names(session):
        raise InvalidInput({"location": "Choose a clinic from the list."})
    for id_, other in accounts.numbered_grants(session, account_id):
        if (other.role, other.location_id) == (grant.role, grant.location_id):
            if other.flag == grant.flag:
                raise InvalidInput({"role": "They have this role already."})
            accounts.remove_grant(session, id_)
    accounts.add_grant(session, account_id, grant)
    note(session, person.actor, Action.GRANT_GIVEN, account_id, now=now, detail=_said(grant))
    return _tell_of(session, grant, account_id, besides=person.account_id, by=person.actor, now=now)


@transaction
def take_role(session: Session, person: Person, account_id: int, grant_id: int, *, now: datetime) -> None:
    """It is gone with the next page they ask for. Raises NotFound, IllegalMove, InvalidInput, Busy."""
    account = reached(session, person, account_id)
    grant = dict(accounts.numbered_grants(session, account_id)).get(grant_id)
    if grant is None:
        raise IllegalMove("They do not have this role any more.")
    if not may_grant(person.grants, grant):
        raise InvalidInput({"role": "You cannot take this role away."})
    accounts.remove_grant(session, grant_id)
    if account.specialist_id is not None and Role.SPECIALIST not in {one.role for one in accounts.grants_of(session, account_id)}:
        feeds.close(session, account.specialist_id, now=now)  # its address would go on to show the visits
    note(session, person.actor, Action.GRANT_TAKEN, account_id, now=now, detail=_said(grant))


@transaction
def send_link_again(session: Session, person: Person, account_id: int, *, now: datetime) -> None:
    """To whoever was invited and has not come: a new link in place of the old. Raises NotFound, IllegalMove, Busy."""
    account = reached(session, person, account_id)
    if account.state != "invited":
        raise IllegalMove("They have signed in before. Reset their sign-in instead.")
    _send_link(session, account_id, "invite", now=now)
    note(session, person.actor, Action.ACCOUNT_INVITED, account_id, now=now)


@transaction
def close_account(session: Session, person: Person, account_id: int, *, now: datetime) -> None:
    """They are signed out at once and cannot sign in; their tasks are anybody's. Raises NotFound, IllegalMove, Busy."""
    account = reached(session, person, account_id, "close-account")
    account.state = "disabled"
    session.flush()
    worklist.put_all_back(session, account_id)
    if account.specialist_id is not None:  # whoever leaves keeps no way to see who comes
        feeds.close(session, account.specialist_id, now=now)
    accounts.end_links(session, account_id, now=now)
    sessions.end(session, account_id, now=now)
    note(session, person.actor, Action.ACCOUNT_DISABLED, account_id, now=now)


@transaction
def reopen_account(session: Session, person: Person, account_id: int, *, now: datetime) -> None:
    """They may come back, with a new password and a new app. Raises NotFound, IllegalMove, Busy."""
    account = reached(session, person, account_id, "close-account")
    if account.state != "disabled":
        raise IllegalMove("This account is open already.")
    account.state = "active"
    _begin_anew(session, person, account, Action.ACCOUNT_ENABLED, now=now)


@transaction
def reset_sign_in(session: Session, person: Person, account_id: int, *, now: datetime) -> int:
    """Password, app and recovery codes are worth nothing any more; a link to choose anew is on its way, and a second person told.

    Returns how many were told. Raises NotFound, IllegalMove, Busy.
    """
    account = reached(session, person, account_id, "close-account")
    if account.state != "active":
        raise IllegalMove("They have no sign-in to reset. Send the invitation again, or open the account.")
    return _begin_anew(session, person, account, Action.ACCOUNT_RESET, now=now)


def _begin_anew(session: Session, person: Person, account: Account, action: Action, *, now: datetime) -> int:
    """Their sign-in is worth nothing any more, and a link to a new one is on its way. Returns how many witnesses were told."""
    _clear(session, account, now=now)
    _send_link(session, account.id, "reset", now=now)
    note(session, person.actor, action, account.id, now=now)
    return _tell_witnesses(session, person, account.id, now=now)


def _clear(session: Session, account: Account, *, now: datetime) -> None:
    account.password_hash = account.totp_secret = account.totp_last_step = None
    account.failures_in_row = 0
    session.flush()
    accounts.replace_recovery_codes(session, account.id, [])
    sessions.end(session, account.id, now=now)


def _tell_witnesses(session: Session, person: Person, account_id: int, *, now: datetime) -> int:
    account = session.get(Account, account_id)
    places = accounts.places_of(session, account) if account else frozenset()
    told = accounts.witnesses(session, [person.account_id, account_id], locations=places)
    for witness in told:
        outbox.tell_staff(session, witness, Event.RESET_SEEN, sequence=account_id, now=now)
    return len(told)


def _said(grant: Grant) -> str:
    return f"role={grant.role} location={grant.location_id or '-'} flag={int(grant.flag)}"
