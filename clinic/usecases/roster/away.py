"""Time off without a look at what it touches: for those who move what is booked by other means."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.timeline import cell_at, cell_from
from clinic.engine.attempts import retried
from clinic.store.connect import begin_write
from clinic.store.locks import lock_calendars
from clinic.store.people import Specialist
from clinic.store.rosters import TimeOff

REASON_MAX = 200


@retried
def add_time_off(session: Session, specialist_id: int, start: datetime, end: datetime, *, reason: str = "", now: datetime) -> int:
    """The specialist is away from `start` to `end` (aware; widened to five minutes). Returns the time off's id.

    What is booked or held then stays, and is for a person to move. Raises InvalidInput, NotFound, Busy.
    """
    if end <= start:
        raise InvalidInput({"end": "Time off ends after it begins. Check both dates."})
    if end <= now:
        raise InvalidInput({"end": "This time off is over already. Check the dates."})
    if len(reason) > REASON_MAX:
        raise InvalidInput({"reason": f"Shorten the reason to {REASON_MAX} characters."})
    begin_write(session)
    lock_calendars(session, [specialist_id])
    if session.get(Specialist, specialist_id) is None:
        raise NotFound("There is no such specialist.")
    row = {"specialist_id": specialist_id, "start_cell": cell_at(start), "end_cell": cell_from(end), "reason": reason}
    made = session.execute(insert(TimeOff).values(row).returning(TimeOff.id)).scalar_one()
    session.commit()
    return made
