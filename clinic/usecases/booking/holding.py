"""Hold a time, extend the hold, give it back; tidy away what has ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, TimeTaken
from clinic.domain.scheduling.appointment import HOLD_MINUTES
from clinic.domain.tokens import guess_opening, read_opening, write_key
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.placing.held import Hold, as_hold
from clinic.engine.placing.resolve import opened
from clinic.engine.search.alternatives import wish_of, with_alternatives
from clinic.engine.transaction import transaction
from clinic.store.appointments import appointments
from clinic.store.appointments.idempotency import RequestKey, find_earlier
from clinic.store.appointments.summaries import summary_of
from clinic.store.patients.intake import DRAFTS_KEPT_FOR, drop_draft, drop_drafts

Told = TypeVar("Told")


def request_once(scope: str, key: str | None, request: Any) -> RequestKey | None:
    """An Idempotency-Key with what it was sent for. Raises InvalidInput unless it has 16 to 200 characters."""
    if key is None:
        return None
    if not 16 <= len(key) <= 200 or not key.isprintable():
        raise InvalidInput({"Idempotency-Key": "Send an Idempotency-Key of 16 to 200 characters, a new one for each request."})
    body = json.dumps(request, sort_keys=True, default=str, ensure_ascii=True)
    return RequestKey(scope, key, hashlib.sha256(body.encode()).hexdigest())


def hold(
    session: Session,
    opening: str,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
    minutes: int = HOLD_MINUTES,
) -> Hold:
    """`take`, with everything there is to say of the hold. Sent twice it answers as the first time: when it was first to end."""

    def tell(token: str) -> Hold:
        appointment = opened(session, token, "hold", key)
        return Hold(token, appointment.held_at + timedelta(minutes=minutes), summary_of(session, appointment))

    return _take(session, opening, tell, key=key, who=who, now=now, once=once, minutes=minutes)


def take(
    session: Session,
    opening: str,
    *,
    key: bytes,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
    minutes: int = HOLD_MINUTES,
) -> str:
    """Hold the time that the opening token names; returns the key to it.

    Raises TimeTaken, NotOffered, UnusableToken, KeyReused, Busy.
    """
    return _take(session, opening, lambda token: token, key=key, who=who, now=now, once=once, minutes=minutes)


def _take(
    session: Session, opening: str, tell: Callable[[str], Told], *,
    key: bytes, who: Who, now: datetime, once: RequestKey | None, minutes: int,
) -> Told:  # fmt: skip
    @transaction
    def attempt(session: Session) -> Told:
        hold_id = place.hold(session, wish, who=who, now=now, minutes=minutes, once=once)
        return tell(write_key(key, "hold", hold_id, 0))  # the generation that every appointment begins with

    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=who.staff):
        wish = read_opening(key, opening)
        try:
            place.look(session, wish, now=now)
        except TimeTaken:
            # Unless it was this very request that took it: claims and key are committed together.
            if once is None or find_earlier(session, once) is None:
                raise
        return attempt(session)


def get_hold(session: Session, token: str, *, key: bytes, now: datetime) -> Hold:
    """The hold as it is now, ended or not. Raises UnusableToken, NotFound, IllegalMove once it is booked or released."""
    return as_hold(session, opened(session, token, "hold", key), token, now=now)


@transaction
def _extend(session: Session, appointment_id: int, *, who: Who, now: datetime) -> datetime:
    return place.extend(session, appointment_id, who=who, now=now)


def extend(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> Hold:
    """Ten minutes more, thirty in all. Raises TimeTaken, IllegalMove, UnusableToken, NotFound, Busy."""
    appointment = opened(session, token, "hold", key)
    with with_alternatives(session, lambda: wish_of(appointment), now=now, staff=who.staff):
        _extend(session, appointment.id, who=who, now=now)
    return get_hold(session, token, key=key, now=now)


def release(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> None:
    """Give a held time back; twice is once. Raises IllegalMove once it is booked, UnusableToken, NotFound, Busy."""
    _release(session, opened(session, token, "hold", key).id, who=who, now=now)


@transaction
def _release(session: Session, appointment_id: int, *, who: Who, now: datetime) -> None:
    place.release(session, appointment_id, who=who, now=now)
    drop_draft(session, appointment_id)


def sweep(session: Session, *, now: datetime) -> int:
    """Tidy away holds that ended more than a minute ago, one transaction each, and old answers. Returns how many holds."""
    _forget_answers(session, now=now)
    swept = 0
    for appointment_id in appointments.expired_holds(session, before=now - timedelta(minutes=1)):
        swept += _expire(session, appointment_id, now=now)
    return swept


@transaction
def _forget_answers(session: Session, *, now: datetime) -> None:
    drop_drafts(session, before=now - DRAFTS_KEPT_FOR)


@transaction
def _expire(session: Session, appointment_id: int, *, now: datetime) -> bool:
    tidied = place.expire(session, appointment_id, now=now)
    if tidied:
        drop_draft(session, appointment_id)
    return tidied
