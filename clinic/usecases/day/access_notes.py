"""What somebody on the staff was shown of patients: a row in the audit log for each, in the request that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.engine.transaction import retried
from clinic.store.appointments.day_queries import DayVisit
from clinic.store.audit.access_log import note_seen, unseen
from clinic.store.connect import begin_write

DAY_NOTED_FOR = timedelta(hours=12)
"""A day is looked at again and again while it lasts: one row a visit says all there is to know."""
CARD_NOTED_FOR = timedelta(minutes=1)
"""Every mark leads back to the page, and so does a reload: within a minute that is one opening, not five."""


@retried
def note_days(session: Session, visits: Sequence[DayVisit], *, actor: str, now: datetime) -> None:
    """Names stand in a list of a day. Raises Busy; then nothing may be shown."""
    shown = {visit.id: visit.patient_id for visit in visits}
    if new := unseen(session, actor, Action.SEE_DAY, shown, since=now - DAY_NOTED_FOR):
        begin_write(session)
        note_seen(session, actor, Action.SEE_DAY, new, now=now)
        session.commit()


@retried
def note_card(session: Session, appointment_id: int, patient_id: int, *, actor: str, now: datetime) -> None:
    """All there is about a visit is opened. Raises Busy; then nothing may be shown."""
    if new := unseen(session, actor, Action.SEE_VISIT, {appointment_id: patient_id}, since=now - CARD_NOTED_FOR):
        begin_write(session)
        note_seen(session, actor, Action.SEE_VISIT, new, now=now)
        session.commit()
