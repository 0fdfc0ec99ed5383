"""Whoever waits without a visit is known only by what they said, sealed."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.store.recipients import find_recipient
from clinic.store.waitlist import WaitlistEntry


def said_of(entry: WaitlistEntry, sealer: Sealer) -> dict[str, Any]:
    """What they said when they began to wait (the fields of store.bookings.Said); empty where they have a visit."""
    said: dict[str, Any] = json.loads(sealer.open(entry.said)) if entry.said else {}
    return said


def name_of(session: Session, entry: WaitlistEntry, sealer: Sealer) -> str:
    """Their first name."""
    if entry.appointment_id is not None:
        theirs = find_recipient(session, entry.appointment_id)
        return (theirs.first_name if theirs else None) or ""
    return str(said_of(entry, sealer).get("given_name") or "")
