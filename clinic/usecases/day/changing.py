"""Cancel a visit, or move it, by the staff: with a reason, and the patient is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.roles import Viewer
from clinic.domain.tokens import Wish
from clinic.engine import place
from clinic.engine.attempts import retried
from clinic.engine.changing import Who
from clinic.engine.opened import reached
from clinic.store.connect import begin_write
from clinic.store.summaries import VisitSummary, summary_if_moved, summary_of
from clinic.usecases.day.times import check_opening

REASONS = ("asked", "ill", "away", "delayed", "other_care", "other")
"""Why the staff cancel or move a visit. The first: the patient asked for it."""


def _check(reason: str) -> None:
    if reason not in REASONS:
        raise InvalidInput({"reason": "Choose a reason from the list."})


def cancel(session: Session, viewer: Viewer, appointment_id: int, reason: str, *, who: Who, now: datetime) -> None:
    """Its time is free again. Raises NotFound beyond reach, InvalidInput, IllegalMove, Busy."""
    reached(session, viewer, appointment_id)
    _check(reason)
    _cancel(session, viewer, appointment_id, reason, who=replace(who, detail=f"reason={reason}"), now=now)


@retried
def _cancel(session: Session, viewer: Viewer, appointment_id: int, reason: str, *, who: Who, now: datetime) -> None:
    begin_write(session)
    reached(session, viewer, appointment_id)
    place.cancel(session, appointment_id, reason, who=who, now=now)
    session.commit()


def preview_move(
    session: Session, viewer: Viewer, appointment_id: int, opening: str, *, key: bytes
) -> tuple[VisitSummary, VisitSummary]:
    """The visit as it is, and as it would be. Raises NotFound beyond reach, NotOffered, UnusableToken."""
    wish = check_opening(session, viewer, appointment_id, opening, key=key)
    visit = reached(session, viewer, appointment_id)
    return summary_of(session, visit), summary_if_moved(session, visit, wish)


def move(
    session: Session, viewer: Viewer, appointment_id: int, opening: str, reason: str, *, key: bytes, who: Who, now: datetime
) -> None:
    """The old time is free again once the new one is taken.

    Raises NotFound beyond reach, InvalidInput, TimeTaken, NotOffered, PatientClash, IllegalMove, UnusableToken, Busy.
    """
    wish = check_opening(session, viewer, appointment_id, opening, key=key)
    _check(reason)
    _move(session, viewer, appointment_id, wish, who=replace(who, detail=f"reason={reason}"), now=now)


@retried
def _move(session: Session, viewer: Viewer, appointment_id: int, wish: Wish, *, who: Who, now: datetime) -> None:
    begin_write(session)
    reached(session, viewer, appointment_id)
    place.move(session, appointment_id, wish, who=who, now=now)
    session.commit()
