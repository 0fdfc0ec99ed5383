"""Where the staff are signed in. A session is a row, so that it can be ended from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from clinic.store.tables.staff import Account, AccountLink, StaffSession


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is open as far as the database says, and whose it is. Times are UTC."""

    id: int
    account_id: int
    created_at: datetime
    last_seen_at: datetime
    factor_at: datetime | None
    ended_at: datetime | None
    glass_until: datetime | None
    email: str
    name: str
    state: str
    specialist_id: int | None
    has_factor: bool


_FOUND = select(
    StaffSession.id, StaffSession.account_id, StaffSession.created_at, StaffSession.last_seen_at, StaffSession.factor_at,
    StaffSession.ended_at, StaffSession.glass_until, Account.email, Account.name, Account.state, Account.specialist_id,
    Account.totp_secret.is_not(None),
).join(Account, Account.id == StaffSession.account_id)  # fmt: skip


def find(session: Session, token_hash: str) -> OpenSession | None:
    """Whether it has ended is for the caller to say: an ended session is still known by its account."""
    row = session.execute(_FOUND.where(StaffSession.token_hash == token_hash)).one_or_none()
    return OpenSession(*row) if row else None  # type: ignore[call-arg]


def open_session(
    session: Session, account_id: int, token_hash: str, *, factor_at: datetime | None, device: str, now: datetime
) -> int:
    made = StaffSession(
        token_hash=token_hash, account_id=account_id, created_at=now, last_seen_at=now, factor_at=factor_at, device=device
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def saw(session: Session, session_id: int, *, now: datetime) -> None:
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(last_seen_at=now))


def open_ones(session: Session, account_id: int, *, seen_after: datetime, since: datetime) -> list[StaffSession]:
    """Where somebody is signed in, the last seen first; detached. (Idle ones, and those that began before `since`, are over.)"""
    theirs = (
        StaffSession.account_id == account_id, StaffSession.ended_at.is_(None), StaffSession.factor_at.is_not(None),
        StaffSession.last_seen_at > seen_after, StaffSession.created_at > since,
    )  # fmt: skip
    return list(session.scalars(select(StaffSession).where(*theirs).order_by(StaffSession.last_seen_at.desc())))


def end(
    session: Session, account_id: int, *, only: int | None = None, besides: int | None = None, now: datetime
) -> int:  # fmt: skip
    """End somebody's sessions: all, `only` one, or all `besides` one. Returns how many there were."""
    theirs = [StaffSession.account_id == account_id, StaffSession.ended_at.is_(None)]
    if only is not None:
        theirs.append(StaffSession.id == only)
    if besides is not None:
        theirs.append(StaffSession.id != besides)
    return session.connection().execute(update(StaffSession).where(*theirs).values(ended_at=now)).rowcount


def break_glass(session: Session, session_id: int, *, reason: str, until: datetime) -> None:
    told = {"glass_reason": reason, "glass_until": until}
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(told))


def forget_old(session: Session, account_id: int, *, before: datetime) -> None:
    """Sessions and links of theirs that are long over. The audit log knows when they signed in."""
    session.execute(delete(StaffSession).where(StaffSession.account_id == account_id, StaffSession.created_at < before))
    session.execute(delete(AccountLink).where(AccountLink.account_id == account_id, AccountLink.expires_at < before))
