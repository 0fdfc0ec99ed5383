"""What becomes of a visit on its day, said by whoever sees it happen, and taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.engine.placing import attendance
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import reached
from clinic.engine.transaction import transaction

MARKS = (State.ARRIVED, State.STARTED, State.FULFILLED, State.NO_SHOW)


def _read(typed: str) -> State:
    if typed not in MARKS:
        raise InvalidInput({"state": "Press one of the buttons: arrived, started, done, or did not come."})
    return State(typed)


@transaction
def mark(session: Session, viewer: Viewer, appointment_id: int, state: str, *, who: Who, now: datetime) -> State:
    """The visit is now in `state`, one of MARKS; pressed twice it is once.

    Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy.
    """
    reached(session, viewer, appointment_id)
    wanted = _read(state)
    attendance.mark(session, appointment_id, wanted, who=who, now=now)
    return wanted


@transaction
def undo(session: Session, viewer: Viewer, appointment_id: int, state: str, *, who: Who, now: datetime) -> None:
    """Take the mark back, one step; twice is once. Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy."""
    reached(session, viewer, appointment_id)
    attendance.undo(session, appointment_id, _read(state), who=who, now=now)
