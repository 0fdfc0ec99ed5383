"""Cancel a visit, or move it, by the staff: with a reason, and the patient is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import Viewer
from clinic.domain.text.messages import Event
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import reached
from clinic.engine.transaction import transaction
from clinic.store.appointments.summaries import VisitSummary, summary_if_moved, summary_of
from clinic.store.messages import outbox
from clinic.store.patients import encrypted_answers
from clinic.usecases.day.times import check_move

NOTE_MAX = 200
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


@transaction
def _cancel(session: Session, viewer: Viewer, appointment_id: int, reason: str, *, who: Who, now: datetime) -> None:
    reached(session, viewer, appointment_id)
    place.cancel(session, appointment_id, reason, who=who, now=now)


def preview_move(
    session: Session, viewer: Viewer, appointment_id: int, opening: str, *, key: bytes
) -> tuple[VisitSummary, VisitSummary]:
    """The visit as it is, and as it would be. Raises NotFound beyond reach, NotOffered, UnusableToken."""
    wish = check_move(session, viewer, appointment_id, opening, key=key)
    visit = reached(session, viewer, appointment_id)
    return summary_of(session, visit), summary_if_moved(session, visit, wish)


@dataclass(frozen=True, slots=True)
class Moving:
    """Where a visit goes (the time that was pressed) and why (one of REASONS); `note` is a word to its patient, or ''."""

    opening: str
    reason: str
    note: str = ""


def move(
    session: Session, viewer: Viewer, appointment_id: int, to: Moving, *, key: bytes, sealer: Sealer, who: Who, now: datetime
) -> None:
    """Move the visit, to a colleague's time as well. The old time is free again once the new one is taken; the patient is told.

    Raises NotFound beyond reach, InvalidInput, TimeTaken, NotOffered, PatientClash, IllegalMove, UnusableToken, Busy.
    """
    wish = check_move(session, viewer, appointment_id, to.opening, key=key)
    _check(to.reason)
    note = _line(to.note)
    _move(session, viewer, appointment_id, wish, note, sealer=sealer, who=replace(who, detail=f"reason={to.reason}"), now=now)


def _line(typed: str) -> str:
    """One line of words. Raises InvalidInput for one that is too long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in typed).split())
    if len(line) > NOTE_MAX:
        raise InvalidInput({"note": f"Shorten this to {NOTE_MAX} characters. It has {len(line)}."})
    return line


@transaction
def _move(
    session: Session, viewer: Viewer, appointment_id: int, wish: SlotRef, note: str, *, sealer: Sealer, who: Who, now: datetime
) -> None:  # fmt: skip
    before = reached(session, viewer, appointment_id).sequence
    moved = place.move(session, appointment_id, wish, who=who, now=now)
    if note and moved.sequence != before:
        encrypted_answers.keep_seal(session, sealer.seal)
        outbox.add_note(session, appointment_id, Event.MOVED, moved.sequence, sealer.seal(note))
