"""What becomes of a visit on its day, said by whoever sees it happen, and taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.appointment import State
from clinic.domain.errors import InvalidInput
from clinic.domain.roles import Viewer
from clinic.engine import attending
from clinic.engine.attempts import retried
from clinic.engine.changing import Who
from clinic.engine.opened import reached
from clinic.store.connect import begin_write

MARKS = (State.ARRIVED, State.STARTED, State.FULFILLED, State.NO_SHOW)


def read_mark(typed: str) -> State:
    """Raises InvalidInput for what is no mark."""
    if typed not in MARKS:
        raise InvalidInput({"state": "Press one of the buttons: arrived, started, done, or did not come."})
    return State(typed)


@retried
def mark(session: Session, viewer: Viewer, appointment_id: int, state: State, *, who: Who, now: datetime) -> None:
    """Pressed twice it is once. Raises NotFound beyond reach, IllegalMove, Busy."""
    begin_write(session)
    reached(session, viewer, appointment_id)
    attending.mark(session, appointment_id, state, who=who, now=now)
    session.commit()


@retried
def undo(session: Session, viewer: Viewer, appointment_id: int, state: State, *, who: Who, now: datetime) -> None:
    """Take the mark back, one step; twice is once. Raises NotFound beyond reach, IllegalMove, Busy."""
    begin_write(session)
    reached(session, viewer, appointment_id)
    attending.undo(session, appointment_id, state, who=who, now=now)
    session.commit()
