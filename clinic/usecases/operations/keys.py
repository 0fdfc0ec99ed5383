"""The keys that seal what patients tell us: whether they are the right ones, and how they are changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, WrongKey
from clinic.store.connect import begin_write
from clinic.store.messages import deliveries, outbox
from clinic.store.patients import encrypted_answers
from clinic.store.staff import accounts
from clinic.store.waitlist import waitlist

PORTION = 200

Some = Callable[[Session, Any, int], list[tuple[Any, str]]]
Reseal = Callable[[Session, Any, str], None]

SEALED: tuple[tuple[Some, Reseal, Any], ...] = (
    (encrypted_answers.some_sealed, encrypted_answers.reseal, (0, "")),
    (waitlist.some_said, waitlist.reseal, 0),
    (deliveries.some_bodies, deliveries.reseal, 0),
    (accounts.some_secrets, accounts.reseal, 0),
    (outbox.some_notes, outbox.reseal, 0),
)
"""Everything that is sealed: how some of it is read, behind a place in its order, and written; and where the order begins."""


def check_key(session: Session, sealer: Sealer) -> bool:
    """Whether these keys open what this database holds; True for one that holds nothing yet, or cannot be asked."""
    try:
        word = encrypted_answers.find_seal(session)
        if word is not None:
            sealer.open(word)
    except DBAPIError:
        return True
    except WrongKey:
        return False
    finally:
        session.rollback()
    return True


def renew_keys(session: Session, sealer: Sealer) -> int:
    """Seal everything anew with the first key, a portion and a commit at a time. Returns how much there was. Raises WrongKey."""
    count = sum(_renew(session, sealer, some, reseal, first) for some, reseal, first in SEALED)
    begin_write(session)
    if word := encrypted_answers.find_seal(session):
        encrypted_answers.reseal_word(session, sealer.renew(word))
    session.commit()
    return count


def _renew(session: Session, sealer: Sealer, some: Some, reseal: Reseal, after: Any) -> int:
    count = 0
    while True:
        begin_write(session)  # nobody writes another meanwhile
        portion = some(session, after, PORTION)
        for place, text in portion:
            reseal(session, place, sealer.renew(text))
        session.commit()
        if not portion:
            return count
        after, count = portion[-1][0], count + len(portion)
