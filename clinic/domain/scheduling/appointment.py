"""The states of an appointment, the moves between them, and what cancelling late means."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from clinic.domain.errors import IllegalMove


class State(StrEnum):
    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    STARTED = "started"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ENTERED_IN_ERROR = "entered_in_error"
    EXPIRED = "expired"


STANDING = frozenset({State.HELD, State.BOOKED, State.ARRIVED, State.STARTED, State.FULFILLED})
"""States whose claims stand: no two such appointments overlap for one specialist, room, piece of equipment or patient."""

MOVES: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.BOOKED, State.CANCELLED, State.EXPIRED}),
    State.EXPIRED: frozenset({State.BOOKED}),  # a form sent late still books, if the time is free
    State.BOOKED: frozenset({State.BOOKED, State.ARRIVED, State.CANCELLED, State.NO_SHOW, State.ENTERED_IN_ERROR}),
    State.ARRIVED: frozenset({State.BOOKED, State.STARTED, State.FULFILLED, State.CANCELLED, State.ENTERED_IN_ERROR}),
    State.STARTED: frozenset({State.ARRIVED, State.FULFILLED, State.ENTERED_IN_ERROR}),
    State.FULFILLED: frozenset({State.STARTED, State.ENTERED_IN_ERROR}),
    State.NO_SHOW: frozenset({State.BOOKED, State.ENTERED_IN_ERROR}),
    State.CANCELLED: frozenset(),
    State.ENTERED_IN_ERROR: frozenset(),
}
"""Where each state may go. BOOKED -> BOOKED is a reschedule; moves backwards are undo."""

_SENTENCES = {
    State.HELD: "This time is held and not booked yet.",
    State.EXPIRED: "The hold on this time has ended.",
    State.BOOKED: "This visit is already booked.",
    State.ARRIVED: "This visit has already begun.",
    State.STARTED: "This visit has already begun.",
    State.FULFILLED: "This visit has already taken place.",
    State.CANCELLED: "This visit was cancelled.",
    State.NO_SHOW: "This visit was missed.",
    State.ENTERED_IN_ERROR: "This visit was entered by mistake.",
}

HOLD_MINUTES = 10
HOLD_MINUTES_IN_ALL = 30


def check_move(current: State, wanted: State) -> None:
    """Raise IllegalMove, in words about `current`, unless it may become `wanted`."""
    if wanted not in MOVES[current]:
        raise IllegalMove(_SENTENCES[current])


def hold_until(held_at: datetime, now: datetime, minutes: int = HOLD_MINUTES) -> datetime:
    """When a hold begun at `held_at` and asked for (again) at `now` ends: never beyond 30 minutes in all."""
    return min(now + timedelta(minutes=minutes), held_at + timedelta(minutes=max(minutes, HOLD_MINUTES_IN_ALL)))


def is_late(start: datetime, now: datetime, window_hours: int) -> bool:
    """Whether cancelling now is inside the visit type's window (hours before the start)."""
    return start - now < timedelta(hours=window_hours)


def check_reschedule(start: datetime, now: datetime, window_hours: int, *, staff: bool = False) -> None:
    """Raise IllegalMove for a visit that has begun; inside the visit type's window (hours) for all but `staff`: then
    one calls.
    """
    if start <= now:
        raise IllegalMove("This visit has already begun. Please call us.")
    if not staff and is_late(start, now, window_hours):
        raise IllegalMove(f"This visit starts in less than {window_hours} hours. To change the time now, please call us.")
