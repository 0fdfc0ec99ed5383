"""The audit log for those who may read it: their own rows, those of their clinics, or all; and who saw a patient.

The log names no patient, and no page of it does: a visit stands there by its reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import ACCOUNT, Action, Actor
from clinic.domain.errors import NotFound
from clinic.domain.people.roles import Reach
from clinic.engine.transaction import transaction
from clinic.store.audit import audit, audit_log
from clinic.store.audit.audit_log import Entry
from clinic.store.staff import accounts

__all__ = ["PAGE", "Entry", "Log", "Reader", "everybodys", "mine", "people", "seen_by"]

PAGE = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and how far the log is open to them."""

    account_id: int
    allowed: Reach

    @property
    def actor(self) -> str:
        return str(Actor(ACCOUNT, self.account_id))

    @property
    def oversees(self) -> bool:
        """Whether they read more than what they did themselves."""
        return self.allowed.everywhere or bool(self.allowed.locations)


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the log, the newest first. `names` are those of the staff in it, by account; `before` asks for the next page."""

    entries: list[Entry]
    names: Mapping[int, str]
    before: int | None

    def name(self, entry: Entry) -> str:
        """Of whoever on the staff did it; '' of anybody else."""
        return self.names.get(entry.by.account_id or 0, "")


def mine(session: Session, reader: Reader, *, before: int | None = None) -> Log:
    """What they did themselves."""
    return _log(session, audit_log.done_by(session, reader.actor, before=before, limit=PAGE + 1))


def everybodys(session: Session, reader: Reader, *, account_id: int | None = None, before: int | None = None) -> Log:
    """All within their reach, or what one person did. Nothing for whoever oversees nobody."""
    if not reader.oversees:
        return Log([], {}, None)
    actor = str(Actor(ACCOUNT, account_id)) if account_id is not None else ""
    return _log(session, audit_log.done_within(session, reader.allowed, actor=actor, before=before, limit=PAGE + 1))


def people(session: Session, reader: Reader) -> dict[int, str]:
    """Whose rows they can ask for, by name."""
    return {one.id: one.name for one in accounts.listed(session, reader.allowed)} if reader.oversees else {}


@transaction
def seen_by(session: Session, reader: Reader, patient_id: int, *, before: int | None = None, now: datetime) -> Log:
    """Who saw this patient and what they did, within reach. That somebody asked is noted, too. Raises NotFound, Busy."""
    if not reader.oversees or not audit_log.was_at(session, reader.allowed, patient_id):
        raise NotFound("There is no such patient here.")
    found = _log(session, audit_log.about_patient(session, reader.allowed, patient_id, before=before, limit=PAGE + 1))
    audit.note(session, None, actor=reader.actor, action=Action.SEE_ACCESS_LOG, patient_id=patient_id, now=now)
    return found


def _log(session: Session, entries: list[Entry]) -> Log:
    more = len(entries) > PAGE
    entries = entries[:PAGE]
    ids = [id_ for entry in entries if (id_ := entry.by.account_id) is not None]
    return Log(entries, audit_log.names(session, ids), entries[-1].id if more else None)
