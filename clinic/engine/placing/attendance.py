"""What becomes of a visit on its day: arrived, started, fulfilled, missed, and each of these undone.

Part of a writing transaction that the use case begins and commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, TimeTaken
from clinic.domain.scheduling.appointment import State, check_move
from clinic.domain.time.timeline import cell_at
from clinic.engine.placing.changing import Who, locked, record
from clinic.store.appointments import claims
from clinic.store.appointments.claims import ClaimSpan
from clinic.store.directory.catalogue import find_visit
from clinic.store.tables.appointments import Appointment
from clinic.store.waitlist import waitlist
from clinic.store.work import tasks

EARLIEST = timedelta(hours=12)
"""How long before the start of a visit somebody can have arrived for it: not on the day before."""
GIVEN_AWAY = "Part of this visit’s time was given to somebody else meanwhile. Book a new time for this patient."
WENT_ON = "Somebody has marked this visit otherwise meanwhile. Look at it again."

_BACK = {State.ARRIVED: State.BOOKED, State.STARTED: State.ARRIVED, State.FULFILLED: State.STARTED, State.NO_SHOW: State.BOOKED}
_ACTIONS = {State.ARRIVED: Action.ARRIVE, State.STARTED: Action.START, State.FULFILLED: Action.FINISH, State.NO_SHOW: Action.MISS}


def mark(session: Session, appointment_id: int, state: State, *, who: Who, now: datetime) -> Appointment:
    """The visit is now in `state`: arrived, started, fulfilled or missed. What it is already, it stays.

    A missed visit frees what is left of its time. Raises IllegalMove, NotFound.
    """
    appointment = locked(session, appointment_id)
    current = State(appointment.state)
    if current == state:
        return appointment
    check_move(current, state)
    if state is State.NO_SHOW and appointment.start_at > now:
        raise IllegalMove("This visit has not begun yet.")
    if state is State.ARRIVED and appointment.start_at - now > EARLIEST:
        raise IllegalMove("This visit is not today.")
    if state is State.NO_SHOW:
        claims.drop_claims(session, appointment_id)
    appointment.state = state
    _time(appointment, state, now)
    record(session, appointment, _ACTIONS[state], who=who, now=now)
    if state is not State.ARRIVED:  # with whomever it is, there is nothing left to move
        tasks.close_visit_tasks(session, tasks.AFFECTED_VISIT, [appointment_id], now=now)
    if state is State.NO_SHOW:
        where = (appointment.specialist_id, appointment.location_id)
        waitlist.free(session, *where, now, appointment.end_at, cause="missed", now=now)
    return appointment


def undo(session: Session, appointment_id: int, state: State, *, who: Who, now: datetime) -> Appointment:
    """Take back that the visit is in `state`, one step; twice is once.

    A missed visit takes its time back. Raises IllegalMove, where that was given away or the visit has gone on meanwhile, and
    NotFound.
    """
    appointment = locked(session, appointment_id)
    if appointment.state == _BACK.get(state):
        return appointment
    if appointment.state != state:
        raise IllegalMove(WENT_ON)
    if state not in _BACK:
        check_move(State(state), State.BOOKED)
        raise IllegalMove("That cannot be taken back.")
    if state is State.NO_SHOW:
        _take_back(session, appointment, now=now)
    _time(appointment, state, None)
    appointment.state = _BACK[state]
    record(session, appointment, Action(f"undo_{_ACTIONS[state]}"), who=who, now=now)
    return appointment


def _time(appointment: Appointment, state: State, at: datetime | None) -> None:
    if state is State.ARRIVED:
        appointment.arrived_at = at
    elif state is State.STARTED:
        appointment.started_at = at
    elif state is State.FULFILLED:
        appointment.finished_at = at


def _take_back(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """All that the visit took, as it was."""
    visit = find_visit(session, appointment.visit_type_id)
    if visit is None:
        raise IllegalMove("This kind of visit is not on offer any more, so it cannot be taken back.")
    shape, cell = visit.shape, cell_at(appointment.start_at)
    takings = [ClaimSpan(appointment.specialist_id, *shape.specialist_cells(cell))]
    takings += [ClaimSpan(one, *shape.room_cells(cell)) for one in (appointment.room_id, appointment.equipment_id) if one]
    if appointment.patient_id is not None:
        takings.append(ClaimSpan(appointment.patient_id, *shape.patient_cells(cell)))
    claims.drop_expired(session, takings, now=now)
    try:
        claims.claim(session, appointment.id, takings)
    except TimeTaken as taken:
        raise IllegalMove(GIVEN_AWAY) from taken
