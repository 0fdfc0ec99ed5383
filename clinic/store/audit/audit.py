"""Who did what: plain rows, inserted in the transaction they record."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.store.base import Base


class By(NamedTuple):
    """By whom something is done, and what else its audit rows say: fields as in Audit."""

    actor: str
    detail: str = ""


# Into the table, not its class: the ORM adds nothing here.
_INSERT = insert(Base.metadata.tables["audit"])


def note(
    session: Session,
    appointment_id: int | None,
    *,
    actor: str,
    action: Action,
    now: datetime,
    patient_id: int | None = None,
    detail: str = "",
) -> None:
    """One audit row. `detail` holds no private data."""
    row = {
        "at": now, "actor": actor, "action": action.value, "appointment_id": appointment_id, "patient_id": patient_id,
        "detail": detail,
    }  # fmt: skip
    session.connection().execute(_INSERT, row)
