"""Breaking the glass: for an hour somebody may open what is usually closed to them, and others are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import GLASS_FOR
from clinic.domain.text.messages import Event
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.messages import outbox
from clinic.store.staff import accounts, sessions
from clinic.usecases.accounts.person import Person

REASONS = {
    "emergency": "Somebody needs care now, and the person who treats them is out of reach",
    "cover": "I stand in for a colleague who is away",
    "safety": "I look into a complaint or a safety problem",
    "repair": "I repair a wrong record",
}
"""The reasons there are. None of them says anything about a patient, so they may stand in the log."""


def break_glass(session: Session, person: Person, reason: str, *, now: datetime) -> int:
    """For an hour, in this session alone. Their managers are told, else administrators. Returns how many.

    Raises InvalidInput, Busy.
    """
    if reason not in REASONS:
        raise InvalidInput({"reason": "Choose a reason."})
    return _break(session, person, reason, now=now)


@transaction
def _break(session: Session, person: Person, reason: str, *, now: datetime) -> int:
    account = accounts.lock_account(session, person.account_id)
    places = accounts.places_of(session, account) if account else frozenset()
    sessions.break_glass(session, person.session_id, reason=reason, until=now + GLASS_FOR)
    told = accounts.witnesses(session, [person.account_id], locations=places)
    for witness in told:
        outbox.tell_staff(session, witness, Event.GLASS, sequence=person.account_id, now=now)
    audit.note(session, None, actor=person.actor, action=Action.GLASS_BROKEN, detail=f"reason={reason}", now=now)
    return len(told)
