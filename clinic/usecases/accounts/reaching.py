"""An account that somebody acts on: within their reach, and never their own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, NotFound
from clinic.store.staff import accounts
from clinic.store.tables.staff import Account
from clinic.usecases.accounts.person import Person

NOBODY = "There is nobody by that number here."
NOT_ONESELF = "Nobody changes their own sign-in or roles here. Ask a colleague."


def reached(session: Session, person: Person, account_id: int, action: str = "keep-people") -> Account:
    """The account, locked. Raises NotFound out of reach of the action, IllegalMove for oneself."""
    allowed = person.reach(action)
    if not allowed or not accounts.listed(session, allowed, only=account_id):
        raise NotFound(NOBODY)
    if account_id == person.account_id:
        raise IllegalMove(NOT_ONESELF)
    account = accounts.lock_account(session, account_id)
    if account is None:
        raise NotFound(NOBODY)
    return account
