"""See a booked visit, cancel it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.engine.placing import place
from clinic.engine.placing.booked import Booked, as_booked
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import managed
from clinic.engine.transaction import transaction

REASON_MAX = 40


def get_visit(session: Session, manage_token: str, *, key: bytes, now: datetime) -> Booked:
    """The visit a manage token opens, until a day after its end. Raises UnusableToken, NotFound."""
    return as_booked(session, managed(session, manage_token, key, now=now), key)


def cancel(session: Session, manage_token: str, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Cancel the visit. `reason` is one of a list's, 40 characters at most. Raises InvalidInput, IllegalMove, NotFound, Busy."""
    if reason and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise InvalidInput({"reason": "Choose a reason from the list, or leave it empty."})
    return _cancel(session, managed(session, manage_token, key, now=now).id, reason, key=key, who=who, now=now)


@transaction
def _cancel(session: Session, appointment_id: int, reason: str | None, *, key: bytes, who: Who, now: datetime) -> Booked:
    appointment = place.cancel(session, appointment_id, reason, who=who, now=now)
    return as_booked(session, appointment, key)
