"""Whoever waits without a visit is known only by what they said, sealed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.engine.placing import waitlist_payload
from clinic.store.appointments.confirmations import PatientRecord
from clinic.store.messages.recipients import find_recipient
from clinic.store.tables.waitlist import WaitlistEntry


def said_of(entry: WaitlistEntry, sealer: Sealer) -> PatientRecord | None:
    """What they said when they began to wait; None where they have a visit, or wait no more."""
    return waitlist_payload.unseal(entry.said, sealer)[0] if entry.said else None


def name_of(session: Session, entry: WaitlistEntry, sealer: Sealer) -> str:
    """Their first name."""
    if entry.appointment_id is not None:
        theirs = find_recipient(session, entry.appointment_id)
        return (theirs.first_name if theirs else None) or ""
    said = said_of(entry, sealer)
    return said.given_name if said else ""
