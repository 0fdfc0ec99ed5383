"""What was shown to whom: readings of visits in the audit log, noted once in a while and not at every look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.store.audit.audit import By, insertion, row_of
from clinic.store.tables.audit import BY_STAFF, Audit


def unseen(session: Session, actor: str, action: Action, shown: Mapping[int, int], *, since: datetime) -> dict[int, int]:
    """Of these visit -> patient, those of which no such reading by that person stands in the audit log since then."""
    if not shown:
        return {}
    wanted = select(Audit.appointment_id).where(
        BY_STAFF, Audit.actor == actor, Audit.action == action.value, Audit.at > since, Audit.appointment_id.in_(shown)
    )
    known = set(session.scalars(wanted))
    return {visit: patient for visit, patient in shown.items() if visit not in known}


def note_seen(session: Session, actor: str, action: Action, visits: Mapping[int, int | None], *, now: datetime) -> None:
    """A row for each visit -> patient, in one statement."""
    connection = session.connection()
    rows = [row_of(By(actor), action, visit, patient, now=now) for visit, patient in visits.items()]
    connection.execute(insertion(connection.dialect.name), rows)
