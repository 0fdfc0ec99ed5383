"""An account is tied to a specialist's calendar: by whoever answers for all of its clinics, and every administrator is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput
from clinic.domain.people.roles import Role
from clinic.domain.text.messages import Event
from clinic.engine.transaction import transaction
from clinic.store.appointments import feeds
from clinic.store.staff import accounts, ties
from clinic.store.tables.staff import Account
from clinic.usecases.accounts.noting import note, tell_administrators
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.reaching import reached

NOT_A_CALENDAR = "Choose a specialist from the list. It has those without an account whose clinics are all yours."
BEYOND = "This calendar has visits at clinics that are not yours. Ask an administrator."
NO_CALENDAR = "They keep no calendar."


def check_tie(session: Session, person: Person, specialist_id: int) -> None:
    """Raises InvalidInput for a calendar that whoever asks does not answer for, and for one that has its account."""
    if specialist_id not in ties.free_specialists(session, person.reach("keep-people")):
        raise InvalidInput({"specialist": NOT_A_CALENDAR})


def vouch(session: Session, person: Person, account: Account, *, now: datetime) -> int:
    """Whoever asks answers for the account's calendar from now on. Returns how many administrators are told."""
    assert account.specialist_id is not None
    clinics = ties.clinics_of(session, [account.specialist_id])[account.specialist_id]
    ties.vouch(session, account.id, person.reach("keep-people"), clinics, by=person.account_id, now=now)
    return tell_administrators(session, Event.CALENDAR_TIED, account.id, besides=person.account_id, by=person.actor, now=now)


@transaction
def tie_calendar(session: Session, person: Person, account_id: int, specialist_id: int | None, *, now: datetime) -> int:
    """The account keeps that specialist's calendar. Returns how many administrators are told.

    Raises NotFound, IllegalMove, InvalidInput, Busy.
    """
    account = reached(session, person, account_id)
    if account.specialist_id is not None:
        raise IllegalMove("They keep a calendar already. End that first.")
    if Role.SPECIALIST not in {grant.role for grant in accounts.grants_of(session, account_id)}:
        raise IllegalMove("Give them the role of a specialist first.")
    check_tie(session, person, specialist_id or 0)
    account.specialist_id = specialist_id
    session.flush()
    told = vouch(session, person, account, now=now)
    note(session, person.actor, Action.CALENDAR_TIED, account_id, now=now, detail=f"specialist={specialist_id}")
    return told


@transaction
def confirm_calendar(session: Session, person: Person, account_id: int, *, now: datetime) -> int:
    """Whoever asks answers for the calendar as it is now. Returns how many administrators are told.

    Raises NotFound, IllegalMove, Busy.
    """
    account = _keeper(session, person, account_id)
    told = vouch(session, person, account, now=now)
    note(session, person.actor, Action.CALENDAR_CONFIRMED, account_id, now=now, detail=f"specialist={account.specialist_id}")
    return told


@transaction
def end_calendar(session: Session, person: Person, account_id: int, *, now: datetime) -> None:
    """The account keeps the calendar no more, from its next page on; the private address of the calendar opens nothing any more.

    Raises NotFound, IllegalMove, Busy.
    """
    account = _keeper(session, person, account_id)
    specialist_id = account.specialist_id
    account.specialist_id = None
    session.flush()
    ties.end_vouch(session, account_id)
    feeds.close(session, specialist_id, now=now)
    note(session, person.actor, Action.CALENDAR_ENDED, account_id, now=now, detail=f"specialist={specialist_id}")


def _keeper(session: Session, person: Person, account_id: int) -> Account:
    """The account, locked: one with a calendar, of which whoever asks answers for every clinic."""
    account = reached(session, person, account_id)
    if account.specialist_id is None:
        raise IllegalMove(NO_CALENDAR)
    if not answers_for(session, person, account.specialist_id):
        raise IllegalMove(BEYOND)
    return account


def answers_for(session: Session, person: Person, specialist_id: int) -> bool:
    """Whether every clinic of that calendar is within reach of whoever asks."""
    allowed = person.reach("keep-people")
    return allowed.everywhere or ties.clinics_of(session, [specialist_id])[specialist_id] <= allowed.locations
