"""Time off as a specialist takes it who keeps every visit: looked at, then saved, and looked at again when others were faster."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import ChangedMeanwhile, Undecided
from clinic.domain.scheduling.roster_edits import TakeOff
from clinic.domain.time.timeline import cell_at
from clinic.usecases.roster import Decisions, Saved, preview, save
from tests.build import STAFF

TRIES = 5


def take_off(session: Session, specialist_id: int, start: datetime, end: datetime, *, now: datetime) -> Saved:
    """Save the time off under the locks of bookings. Times are aware. Raises as `save` does; RuntimeError."""
    change = [TakeOff(cell_at(start), cell_at(end))]
    for _ in range(TRIES):
        effect = preview(session, specialist_id, change, now=now)
        session.rollback()
        chosen = Decisions({visit.key: "keep" for visit in effect.visits}, "keep")
        try:
            return save(session, specialist_id, change, chosen, version=effect.version, who=STAFF, now=now)
        except (ChangedMeanwhile, Undecided):
            session.rollback()
    raise RuntimeError("others were faster each time")
