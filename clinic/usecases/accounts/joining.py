"""Choosing a password: by the link of an invitation or a reset, or in place of the one that one has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import ACCOUNT, Action, Actor
from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.tokens import appointment_of, opens
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.staff import accounts, sessions
from clinic.store.tables.staff import Account, AccountLink
from clinic.usecases.accounts.credentials import Locks
from clinic.usecases.accounts.factor import NOT_YOUR_PASSWORD
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.sessions import start

OVER = "This link was used, or is too old. Ask the person who invited you for a new one."


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """Whose link it is, and whether it is an "invite" or a "reset"."""

    purpose: str
    email: str
    name: str


def open_link(session: Session, token: str, *, locks: Locks, now: datetime) -> OpenedLink:
    """Raises NotFound for a link that opens nothing (any more), UnusableToken for half of one. Changes nothing."""
    link, account = _opened(session, token, locks=locks, now=now)
    return OpenedLink(link.purpose, account.email, account.name)


def _opened(session: Session, token: str, *, locks: Locks, now: datetime) -> tuple[AccountLink, Account]:
    link = session.get(AccountLink, appointment_of(token, "link"), populate_existing=True)
    if link is None or not opens(locks.key, link.purpose, token, link.id, 0) or link.used_at or link.expires_at <= now:
        raise NotFound(OVER)
    account = session.get(Account, link.account_id, populate_existing=True)
    if account is None or account.state == "disabled":
        raise NotFound(OVER)
    return link, account


def choose_password(session: Session, token: str, password: str, *, locks: Locks, device: str, now: datetime) -> str:
    """The link is used up, and its owner signed in as far as the second step. Returns what the cookie holds.

    Raises InvalidInput, NotFound, UnusableToken, Busy.
    """
    opened = open_link(session, token, locks=locks, now=now)
    locks.check_password(password, "password", email=opened.email, name=opened.name)
    return _choose(session, token, locks.hashing.hash(password), locks=locks, device=device, now=now)


@transaction
def _choose(session: Session, token: str, password_hash: str, *, locks: Locks, device: str, now: datetime) -> str:
    link, account = _opened(session, token, locks=locks, now=now)
    accounts.lock_account(session, account.id)
    session.refresh(link)
    if link.used_at is not None:  # another press of the same link was quicker
        raise NotFound(OVER)
    account.password_hash, account.state, account.failures_in_row = password_hash, "active", 0
    session.flush()
    accounts.end_links(session, account.id, now=now)
    sessions.end(session, account.id, now=now)
    cookie = start(session, account.id, factor=False, device=device, now=now)
    audit.note(
        session, None, actor=str(Actor(ACCOUNT, account.id)), action=Action.PASSWORD_SET, detail=f"by={link.purpose}", now=now
    )
    return cookie


def change_password(session: Session, person: Person, current: str, new: str, *, locks: Locks, now: datetime) -> None:
    """In place of the current one; signed out everywhere else. Raises InvalidInput, Busy."""
    account = accounts.find_account(session, person.email)
    if not locks.hashing.verify(account.password_hash if account else None, current):
        raise InvalidInput({"current": NOT_YOUR_PASSWORD})
    locks.check_password(new, "password", email=person.email, name=person.name)
    _change(session, person, locks.hashing.hash(new), now=now)


@transaction
def _change(session: Session, person: Person, password_hash: str, *, now: datetime) -> None:
    account = accounts.lock_account(session, person.account_id)
    if account is not None:
        account.password_hash = password_hash
    session.flush()
    sessions.end(session, person.account_id, besides=person.session_id, now=now)
    audit.note(session, None, actor=person.actor, action=Action.PASSWORD_SET, detail="by=self", now=now)
