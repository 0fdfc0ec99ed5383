"""Arrived, or did not come, as the front desk sees it, and taken back."""

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

MARKS = (State.ARRIVED, State.NO_SHOW)


@retried
def mark(session: Session, viewer: Viewer, appointment_id: int, state: State, *, who: Who, now: datetime) -> None:
    """Pressed twice it is once. Raises NotFound beyond reach, InvalidInput for what is no mark of the desk, IllegalMove, Busy."""
    begin_write(session)
    reached(session, viewer, appointment_id)
    _check(state)
    attending.mark(session, appointment_id, state, who=who, now=now)
    session.commit()


@retried
def undo(session: Session, viewer: Viewer, appointment_id: int, state: State, *, who: Who, now: datetime) -> None:
    """Take the mark back; twice is once. Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy."""
    begin_write(session)
    reached(session, viewer, appointment_id)
    _check(state)
    attending.undo(session, appointment_id, state, who=who, now=now)
    session.commit()


def _check(state: State) -> None:
    if state not in MARKS:
        raise InvalidInput({"mark": "Press one of the buttons: arrived, or did not come."})
