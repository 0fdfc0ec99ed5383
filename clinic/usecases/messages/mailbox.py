"""What was sent, to be read in a demo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.store.messages import deliveries


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """One delivery that has ended. `subject` is '' of a text. `at` is UTC."""

    id: int
    at: datetime
    channel: str
    event: str
    recipient: str
    outcome: str
    subject: str
    body: str


def sent_last(session: Session, sealer: Sealer, *, limit: int = 50) -> list[SentDelivery]:
    """The deliveries that ended last, the newest first."""
    return [_opened(row, sealer) for row in deliveries.ended_last(session, limit=limit)]


def sent_one(session: Session, sealer: Sealer, delivery_id: int) -> SentDelivery | None:
    row = deliveries.ended(session, delivery_id)
    return _opened(row, sealer) if row else None


def _opened(row: deliveries.Ended, sealer: Sealer) -> SentDelivery:
    body = sealer.open(row.body) if row.body else ""
    subject, _, rest = body.partition("\n\n") if row.channel != "text" else ("", "", body)
    return SentDelivery(row.id, row.done_at, row.channel, row.event, row.recipient or "", row.outcome, subject, rest)
