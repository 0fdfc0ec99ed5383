"""When specialists work where: weekly hours with effective dates, dated exceptions, time off, and who changed them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.availability import Absence, Roster, WorkDay
from clinic.domain.scheduling.rosters import Stint
from clinic.store.base import Base
from clinic.store.tables.directory import Location
from clinic.store.tables.schedules import RosterChange

_SHIFT, _DAY, _OFF = (Base.metadata.tables[name] for name in ("shift", "shift_day", "time_off"))
_CHANGE = Base.metadata.tables["roster_change"]


def read(session: Session, specialist_id: int) -> Roster:
    """All that stands of one person's availability. Three queries."""
    shifts = session.connection().execute(
        select(_SHIFT.c.location_id, Location.time_zone, _SHIFT.c.weekly, _SHIFT.c.first_day, _SHIFT.c.last_day)
        .join(Location, Location.id == _SHIFT.c.location_id)
        .where(_SHIFT.c.specialist_id == specialist_id)
    )
    stints = [Stint(*row) for row in shifts]
    days = session.connection().execute(
        select(_DAY.c.location_id, _DAY.c.day, _DAY.c.hours, _DAY.c.reason).where(_DAY.c.specialist_id == specialist_id)
    )
    worked = [WorkDay(*row) for row in days]
    off = session.connection().execute(
        select(_OFF.c.start_cell, _OFF.c.end_cell, _OFF.c.reason).where(_OFF.c.specialist_id == specialist_id)
    )
    return Roster.of(stints, worked, [Absence(*row) for row in off])


def write(session: Session, specialist_id: int, before: Roster, after: Roster) -> None:
    """Make what stands `after`, where it is `before`: the rows that differ go and come, the others stay."""
    connection = session.connection()
    whose = {"specialist_id": specialist_id}
    for table, old, new in (
        (_SHIFT, [_shift(one) for one in before.stints], [_shift(one) for one in after.stints]),
        (_DAY, [one._asdict() for one in before.days], [one._asdict() for one in after.days]),
        (_OFF, [one._asdict() for one in before.away], [one._asdict() for one in after.away]),
    ):
        for row in _without(old, new):
            same = [table.c[name].is_not_distinct_from(value) for name, value in (whose | row).items()]
            if "id" in table.c:  # of rows that are equal in all that matters, one
                same = [table.c.id == select(func.min(table.c.id)).where(*same).scalar_subquery()]
            connection.execute(delete(table).where(*same))
        if added := _without(new, old):
            connection.execute(insert(table), [whose | row for row in added])


def _shift(stint: Stint) -> dict[str, Any]:
    return {
        "location_id": stint.location_id, "weekly": stint.weekly, "first_day": stint.first_day, "last_day": stint.last_day,
    }  # fmt: skip


def _without(rows: Sequence[dict[str, Any]], others: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those rows that are not among the others, each as often as it is there more often."""
    left = Counter(tuple(row.values()) for row in others)
    missing = []
    for row in rows:
        if left[key := tuple(row.values())]:
            left[key] -= 1
        else:
            missing.append(row)
    return missing


def record(session: Session, specialist_id: int, edits: str, undo: str, *, actor: str, now: datetime) -> int:
    """Put a change that is being saved on record. Returns its number."""
    row = {"specialist_id": specialist_id, "at": now, "actor": actor, "edits": edits, "undo": undo}
    return int(session.connection().execute(insert(_CHANGE).returning(_CHANGE.c.id), row).scalar_one())


def last_change(session: Session, specialist_id: int) -> int:
    """The number of the last one; 0 if there is none."""
    return session.scalar(select(func.max(_CHANGE.c.id)).where(_CHANGE.c.specialist_id == specialist_id)) or 0


def changes(session: Session, specialist_id: int, *, after: int = 0, limit: int = 20) -> list[RosterChange]:
    """Those with a higher number, the last first."""
    theirs = select(RosterChange).where(RosterChange.specialist_id == specialist_id, RosterChange.id > after)
    return list(session.scalars(theirs.order_by(RosterChange.id.desc()).limit(limit)))
