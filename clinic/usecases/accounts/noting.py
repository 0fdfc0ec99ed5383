"""What was done to an account: noted in the log, and told to whoever has to know of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.text.messages import Event
from clinic.store.audit import audit
from clinic.store.messages import outbox
from clinic.store.staff import accounts


def note(session: Session, actor: str, action: Action, account_id: int, *, now: datetime, detail: str = "") -> None:
    audit.note(session, None, actor=actor, action=action, detail=f"account={account_id} {detail}".strip(), now=now)


def tell_administrators(
    session: Session, event: Event, account_id: int, *, besides: int | None, by: str, now: datetime
) -> int:  # fmt: skip
    """Tell every active administrator but whoever did it and whom it is about. Returns how many; that there is none is noted."""
    told = accounts.administrators(session, [id_ for id_ in (besides, account_id) if id_ is not None])
    for administrator in told:
        outbox.tell_staff(session, administrator, event, sequence=account_id, now=now)
    if not told:
        note(session, by, Action.NOBODY_TOLD, account_id, now=now, detail=event.value)
    return len(told)
