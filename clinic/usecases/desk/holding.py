"""Hold a time while a caller thinks; book, move and cancel for them. Each is one transaction under the call's lock.

First the call, then the calendars: two tabs of one call take turns, and never wait for each other in a circle. Every audit row
has the agent and the call. A time that cannot be had leaves with the next best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.calls import Agent
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.tokens import appointment_of, guess_opening, read_opening, write_key
from clinic.engine.placing import existing_patient, place
from clinic.engine.placing import outside_hours as outside
from clinic.engine.placing.booked import Booked, as_booked
from clinic.engine.placing.changing import Who
from clinic.engine.placing.existing_patient import BookingRequest
from clinic.engine.placing.held import Hold, as_hold
from clinic.engine.placing.resolve import get, opened, reached
from clinic.engine.search.alternatives import wish_of, with_alternatives
from clinic.engine.transaction import transaction
from clinic.store.appointments.idempotency import RequestKey, find_earlier, made_by
from clinic.store.desk import call_holds
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.work import Call
from clinic.store.work import calls
from clinic.usecases.desk.calls import NOBODY_YET, THIS_VISIT_ALONE, own_call, viewer_in

MOST_HOLDS = 3
CHANNEL = "phone"
REASON_MAX = 40
TOO_MANY = f"This call holds {MOST_HOLDS} times already. Give one back first."
NOT_THIS_CALLS = "This time is not held in this call."

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on the telephone, in which call, and the key that tokens are written with.

    `outside_hours`: a reason of engine.placing.outside_hours.REASONS, for a time outside the published hours; '' for none.
    """

    person: Agent
    call_id: int
    key: bytes
    outside_hours: str = ""

    @property
    def who(self) -> Who:
        """Raises InvalidInput for a reason that is none."""
        who = Who(self.person.actor, CHANNEL, staff=True, detail=f"call={self.call_id}")
        return outside.lifting(who, self.outside_hours) if self.outside_hours else who

    def viewer(self, call: Call, action: str) -> Viewer:
        return viewer_in(call, self.person, action)


@dataclass(frozen=True, slots=True)
class ForCaller:
    """What goes with a booking: fields as in engine.placing.existing_patient.BookingRequest. `booked_by` None: what the call says
    of who calls.
    """

    reason: str | None = None
    booked_by: str | None = None
    guardian: GuardianDetails | None = None
    told_by: str | None = None


@transaction
def _in_call(session: Session, on: OnCall, act: Callable[[Session, Call], Told], *, now: datetime) -> Told:
    """One transaction of one's own call. Raises NotFound, IllegalMove for a call that is over, Busy."""
    return act(session, own_call(session, on.person, on.call_id, now=now))


def hold_for_call(session: Session, on: OnCall, opening: str, *, now: datetime, once: RequestKey | None = None) -> Hold:
    """Hold the time for ten minutes; sent twice with a key it is held once. At most three times a call.

    Raises TimeTaken and NotOffered with alternatives, UnusableToken, IllegalMove, KeyReused, InvalidInput, NotFound, Busy.
    """
    who = on.who

    def act(session: Session, _call: Call) -> Hold:
        made = once and made_by(once, find_earlier(session, once), now=now)
        if not made and len(call_holds.running(session, on.call_id, now=now)) >= MOST_HOLDS:
            raise IllegalMove(TOO_MANY)
        hold_id = place.hold(session, wish, who=who, now=now, once=once)
        if not made:
            calls.note_visit(session, on.call_id, hold_id, call_holds.HOLD, now=now)
        return as_hold(session, get(session, hold_id), write_key(on.key, "hold", hold_id, 0), now=now)

    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=True):
        wish = read_opening(on.key, opening)
        return _in_call(session, on, act, now=now)


def holds_of_call(session: Session, on: OnCall, *, now: datetime) -> tuple[Hold, ...]:
    """The times that the call holds, as after a reload. Raises NotFound for another's call."""
    call = calls.find(session, on.call_id)
    if call is None or call.account_id != on.person.account_id:
        raise NotFound("There is no such call.")
    running = call_holds.running(session, on.call_id, now=now)
    return tuple(as_hold(session, one, write_key(on.key, "hold", one.id, one.generation), now=now) for one in running)


def extend_hold(session: Session, on: OnCall, hold_token: str, *, now: datetime) -> Hold:
    """Ten minutes more, thirty in all. Raises TimeTaken with alternatives, IllegalMove, UnusableToken, NotFound, Busy."""
    who = on.who

    def act(session: Session, _call: Call) -> Hold:
        held = _held(session, on, hold_token)
        others = [one for one in call_holds.running(session, on.call_id, now=now) if one.id != held.id]
        if len(others) >= MOST_HOLDS:  # it had ended, and meanwhile others took its place
            raise IllegalMove(TOO_MANY)
        place.extend(session, held.id, who=who, now=now)
        return as_hold(session, get(session, held.id), hold_token, now=now)

    with with_alternatives(session, lambda: wish_of(opened(session, hold_token, "hold", on.key)), now=now, staff=True):
        return _in_call(session, on, act, now=now)


def release_hold(session: Session, on: OnCall, hold_token: str, *, now: datetime) -> None:
    """Give it back; twice is once. Raises IllegalMove once it is booked, UnusableToken, NotFound, Busy."""

    def act(session: Session, _call: Call) -> None:
        held = _held(session, on, hold_token)
        before = held.state
        place.release(session, held.id, who=on.who, now=now)
        if before == State.HELD:
            calls.note_visit(session, on.call_id, held.id, "release", now=now)

    _in_call(session, on, act, now=now)


def book_for_caller(
    session: Session, on: OnCall, hold_token: str, asked: ForCaller, *, now: datetime, once: RequestKey | None = None
) -> Booked:
    """Book a time that the call holds for the patient whom it is about, known for long or recorded in it.

    A hold that has ended still books if its time is free. Raises TimeTaken and NotOffered with alternatives, PatientClash,
    IllegalMove when nobody was verified, InvalidInput (a minor without a guardian, too), KeyReused, UnusableToken, NotFound,
    Busy.
    """
    who = on.who

    def act(session: Session, call: Call) -> Booked:
        held = _held(session, on, hold_token)
        if call.patient_id is None:
            raise IllegalMove(NOBODY_YET)
        if call.visit_id is not None:
            raise IllegalMove(THIS_VISIT_ALONE)
        booked_by = asked.booked_by or call.relation or "self"
        for_them = BookingRequest(call.patient_id, booked_by, asked.reason, asked.guardian, asked.told_by)
        if existing_patient.book(session, held, for_them, viewer=on.viewer(call, "book"), who=who, now=now, once=once):
            calls.note_visit(session, on.call_id, held.id, "book", now=now)
        return as_booked(session, get(session, held.id), on.key)

    with with_alternatives(session, lambda: wish_of(opened(session, hold_token, "hold", on.key)), now=now, staff=True):
        return _in_call(session, on, act, now=now)


def move_for_caller(session: Session, on: OnCall, appointment_id: int, opening: str, *, now: datetime) -> Booked:
    """Move a visit of the patient of the call to that time; twice is once.

    Raises TimeTaken and NotOffered with alternatives, PatientClash, IllegalMove, UnusableToken, InvalidInput, NotFound, Busy.
    """
    who = on.who

    def act(session: Session, call: Call) -> Booked:
        before = reached(session, on.viewer(call, "change-visit"), appointment_id).sequence
        moved = place.move(session, appointment_id, wish, who=who, now=now)
        return _moved(session, on, moved, before, now=now)

    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=True):
        wish = read_opening(on.key, opening)
        return _in_call(session, on, act, now=now)


def move_to_hold(session: Session, on: OnCall, appointment_id: int, hold_token: str, *, now: datetime) -> Booked:
    """The same, to a time that the call holds: nobody else comes between. Raises as `move_for_caller`."""
    who = on.who

    def act(session: Session, call: Call) -> Booked:
        appointment = reached(session, on.viewer(call, "change-visit"), appointment_id)
        before, held = appointment.sequence, _held(session, on, hold_token)
        if wish_of(held) == wish_of(appointment) and call_holds.was_done(session, on.call_id, appointment_id, "move"):
            return as_booked(session, appointment, on.key)
        moved = place.swap(session, appointment_id, held.id, who=who, now=now)
        return _moved(session, on, moved, before, now=now)

    with with_alternatives(session, lambda: wish_of(opened(session, hold_token, "hold", on.key)), now=now, staff=True):
        return _in_call(session, on, act, now=now)


def _moved(session: Session, on: OnCall, moved: Appointment, before: int, *, now: datetime) -> Booked:
    if moved.sequence != before:
        calls.note_visit(session, on.call_id, moved.id, "move", now=now)
    return as_booked(session, moved, on.key)


def cancel_for_caller(session: Session, on: OnCall, appointment_id: int, reason: str | None, *, now: datetime) -> Booked:
    """Cancel a visit of the patient of the call; twice is once. `reason` is one of a list's, 40 characters at most.

    Raises InvalidInput, IllegalMove, NotFound, Busy.
    """
    if reason and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise InvalidInput({"reason": "Choose a reason from the list, or leave it empty."})

    def act(session: Session, call: Call) -> Booked:
        appointment = reached(session, on.viewer(call, "change-visit"), appointment_id)
        if not (appointment.state == State.CANCELLED and call_holds.was_done(session, on.call_id, appointment_id, "cancel")):
            appointment = place.cancel(session, appointment_id, reason, who=on.who, now=now)
            calls.note_visit(session, on.call_id, appointment_id, "cancel", now=now)
        return as_booked(session, appointment, on.key)

    return _in_call(session, on, act, now=now)


def _held(session: Session, on: OnCall, hold_token: str) -> Appointment:
    """What the token holds, if this call took it. Raises NotFound, UnusableToken."""
    if not call_holds.was_done(session, on.call_id, appointment_of(hold_token, "hold"), call_holds.HOLD):
        raise NotFound(NOT_THIS_CALLS)
    return opened(session, hold_token, "hold", on.key)
