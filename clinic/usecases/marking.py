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


def _read(typed: str) -> State:
    if typed not in MARKS:
        raise InvalidInput({"state": "Press one of the buttons: arrived, started, done, or did not come."})
    return State(typed)


@retried
def mark(session: Session, viewer: Viewer, appointment_id: int, state: str, *, who: Who, now: datetime) -> State:
    """The visit is now in `state`, one of MARKS; pressed twice it is once.

    Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy.
    """
    begin_write(session)
    reached(session, viewer, appointment_id)
    wanted = _read(state)
    attending.mark(session, appointment_id, wanted, who=who, now=now)
    session.commit()
    return wanted


@retried
def undo(session: Session, viewer: Viewer, appointment_id: int, state: str, *, who: Who, now: datetime) -> None:
    """Take the mark back, one step; twice is once. Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy."""
    begin_write(session)
    reached(session, viewer, appointment_id)
    attending.undo(session, appointment_id, _read(state), who=who, now=now)
    session.commit()
