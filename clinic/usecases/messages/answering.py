"""What a message is answered with: I will come, cancel, another time, no more reminders. Opening a link answers nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove
from clinic.domain.scheduling.appointment import State, check_move
from clinic.domain.tokens import write_key
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import answered, managed, opened
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.messages import outbox
from clinic.store.patients import intake

Answer = Literal["confirm", "change", "cancel"]


def answer(session: Session, token: str, given: Answer, *, key: bytes, who: Who, now: datetime) -> str:
    """Note that they will come, or cancel the visit; "change" notes nothing. Returns the visit's manage token.

    The token is good for the visit as that message told of it: once it is moved or cancelled, older messages open nothing.
    Raises NotFound, UnusableToken, IllegalMove, Busy.
    """
    appointment = answered(session, token, given, key, now=now)
    if given != "change":
        _answer(session, token, given, key=key, who=who, now=now)
    return write_key(key, "manage", appointment.id, appointment.generation)


@transaction
def _answer(session: Session, token: str, given: Answer, *, key: bytes, who: Who, now: datetime) -> None:
    appointment = answered(session, token, given, key, now=now)
    if given == "cancel":
        place.cancel(session, appointment.id, None, who=who, now=now)
    else:
        if appointment.state != State.BOOKED:
            check_move(State(appointment.state), State.ARRIVED)
        if appointment.start_at <= now:
            raise IllegalMove("This visit has already begun. Please call us.")
        if appointment.confirmed_at is None:
            appointment.confirmed_at = now
            session.flush()
            audit.note(
                session, appointment.id, actor=who.actor, action=Action.CONFIRM, patient_id=appointment.patient_id, now=now
            )


def stop(session: Session, token: str, *, key: bytes, who: Who, now: datetime) -> None:
    """No more reminders of this visit; what changes it is still told. Twice is once. Raises NotFound, UnusableToken, Busy."""
    _stop(session, opened(session, token, "stop", key).id, who=who, now=now)


@transaction
def _stop(session: Session, appointment_id: int, *, who: Who, now: datetime) -> None:
    if intake.stop_reminders(session, appointment_id, now=now):
        audit.note(session, appointment_id, actor=who.actor, action=Action.STOP_REMINDERS, now=now)


def renew_links(session: Session, manage_token: str, *, key: bytes, who: Who, now: datetime) -> str:
    """Every link sent out so far opens nothing any more; a new one is sent. Returns the new manage token.

    Raises NotFound, UnusableToken, Busy.
    """
    return _renew(session, managed(session, manage_token, key, now=now).id, manage_token, key=key, who=who, now=now)


@transaction
def _renew(session: Session, appointment_id: int, manage_token: str, *, key: bytes, who: Who, now: datetime) -> str:
    appointment = managed(session, manage_token, key, now=now)
    appointment.generation += 1
    session.flush()
    outbox.tell_links(session, [appointment_id], now=now)
    audit.note(session, appointment_id, actor=who.actor, action=Action.RENEW_LINKS, patient_id=appointment.patient_id, now=now)
    return write_key(key, "manage", appointment_id, appointment.generation)
