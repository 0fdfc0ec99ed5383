"""Make a hold a visit: check what was said, find the patient or make them, book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.people.patient import PatientDetails
from clinic.domain.tokens import appointment_of, opens
from clinic.engine.placing import intake as said_of
from clinic.engine.placing.booked import Booked, Keys, as_booked, keys_of
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import NO_SUCH_KEY, get, opened
from clinic.engine.search.alternatives import wish_of, with_alternatives
from clinic.engine.transaction import transaction
from clinic.store.appointments import confirmations
from clinic.store.appointments.confirmations import BookingFacts, PatientRecord
from clinic.store.appointments.idempotency import RequestKey, made_by

Told = TypeVar("Told")


def review(session: Session, hold_token: str, details: PatientDetails, *, key: bytes, now: datetime) -> None:
    """What `confirm` would say of the details, for a page that shows them first. Raises InvalidInput, UnusableToken, NotFound."""
    held = opened(session, hold_token, "hold", key)
    said_of.review(details, held.start_at, held.time_zone, now=now)


def confirm(
    session: Session,
    hold_token: str,
    details: PatientDetails,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
) -> Booked:
    """`book`, with everything there is to say of the visit."""

    def tell(keys: Keys) -> Booked:
        return as_booked(session, get(session, keys.appointment_id), key)

    return _confirm(session, hold_token, details, tell, key=key, who=who, now=now, once=once)


def book(
    session: Session,
    hold_token: str,
    details: PatientDetails,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
) -> Keys:
    """Book a held time. A hold that has ended still books if its time is free. `once` stands for the hold's token, too.

    Raises InvalidInput (every wrong field at once), TimeTaken, NotOffered, PatientClash, LimitReached, IllegalMove,
    KeyReused, UnusableToken, NotFound, Busy.
    """
    return _confirm(session, hold_token, details, lambda keys: keys, key=key, who=who, now=now, once=once)


def _confirm(
    session: Session, hold_token: str, details: PatientDetails, tell: Callable[[Keys], Told], *,
    key: bytes, who: Who, now: datetime, once: RequestKey | None,
) -> Told:  # fmt: skip
    hold_id = appointment_of(hold_token, "hold")
    try:
        said = said_of.as_stored(details, now=now)
    except InvalidInput:
        review(session, hold_token, details, key=key, now=now)  # says everything else that is wrong as well
        raise

    @transaction
    def attempt(session: Session) -> Told:
        found = confirmations.find(session, hold_id, said, once=once, now=now)
        if found is None or not opens(key, "hold", hold_token, hold_id, found.hold.generation):
            raise NotFound(NO_SUCH_KEY)
        if once is None or made_by(once, found.earlier, now=now) is None:
            _book(session, found, details, said, who=who, now=now, once=once)
        return tell(keys_of(found.hold, key))

    with with_alternatives(session, lambda: wish_of(get(session, hold_id)), now=now, staff=who.staff):
        return attempt(session)


def _book(
    session: Session,
    found: BookingFacts,
    details: PatientDetails,
    said: PatientRecord,
    *,
    who: Who,
    now: datetime,
    once: RequestKey | None,
) -> None:
    wrong, answers_for = said_of.problems(details, found.hold.start_at, found.hold.time_zone, now=now)
    if wrong:
        raise InvalidInput(wrong)
    said_of.book_held(session, found, said, answers_for, who=who, now=now, once=once)
