"""Whether there is anything to do at all: most of the time there is not, and then nobody need wait for a worker's locks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.store.messages import deliveries, outbox


def is_anything_due(session: Session, *, now: datetime) -> bool:
    """Whether a message is to be planned or a delivery to be tried now."""
    return outbox.is_any_due(session, now=now) or deliveries.is_any_due(session, now=now)
