"""What somebody on the staff is told: a link to choose a password by, or that a colleague did something unusual."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.text.messages import Event, Told
from clinic.domain.tokens import write_key
from clinic.store.messages.deliveries import Leased
from clinic.store.tables.staff import Account, AccountLink
from clinic.usecases.messages.context import MessageContext, NotWanted


def to_staff(session: Session, post: MessageContext, event: Event, leased: Leased, *, now: datetime) -> Told:
    """Raises NotWanted for a link that was used or is over, and for somebody who has no account any more."""
    reader = session.get(Account, leased.account_id, populate_existing=True)
    if reader is None or reader.state == "disabled":
        raise NotWanted("gone")
    first_name = reader.name.partition(" ")[0]
    if event in (Event.INVITED, Event.RESET):
        link = session.get(AccountLink, leased.sequence, populate_existing=True)
        if link is None or link.used_at is not None or link.expires_at <= now:
            raise NotWanted("over")
        key = write_key(post.key, link.purpose, link.id, 0)
        return Told(event=event, first_name=first_name, links={"set-up": post.link("set-up", key)})
    colleague = session.get(Account, leased.sequence)
    if colleague is None:
        raise NotWanted("gone")
    return Told(
        event=event, first_name=first_name, about=colleague.name, links={"colleague": post.link("colleague", str(colleague.id))}
    )  # fmt: skip
