"""Where the staff are signed in. A session is a row, so that it can be ended from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.accounts import Account, AccountLink
from clinic.store.base import Base, Key


class StaffSession(Base):
    """`token_hash` is SHA-256 of what the cookie holds. Without `factor_at` it was opened by a password or a link alone, and
    reaches nothing but the second step. `device` is such as "Firefox on Windows". `glass_until`: until when the glass is
    broken, for `glass_reason`, one of the reasons there are.
    """

    __tablename__ = "staff_session"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(60), default="")
    glass_reason: Mapped[str | None] = mapped_column(String(20))
    glass_until: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_staff_session_open",
            "account_id",
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Found:
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


def find(session: Session, token_hash: str) -> Found | None:
    """Whether it has ended is for the caller to say: an ended session is still known by its account."""
    row = session.execute(_FOUND.where(StaffSession.token_hash == token_hash)).one_or_none()
    return Found(*row) if row else None  # type: ignore[call-arg]


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
