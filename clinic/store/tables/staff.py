"""The staff: accounts, roles, sign-ins, and who answers for whose calendar."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key


class Account(Base):
    """One person on the staff. `email` is in small letters. `state`: invited (never signed in), active or disabled.

    `totp_secret` is sealed; `totp_last_step` is the last half minute of which a code was used, so that none counts twice.
    `failures_in_row` are wrong passwords and codes since the last sign-in.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    specialist_id: Mapped[int | None] = mapped_column(ForeignKey("specialist.id"), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), default="invited")
    created_at: Mapped[datetime]
    failures_in_row: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("state in ('invited', 'active', 'disabled')", name="state"),)

    def __repr__(self) -> str:  # never a name into a log
        return f"Account({self.id})"


class AccountGrant(Base):
    """A role of an account: see domain.people.roles. `location_id` is the clinic of those that are had at a clinic."""

    __tablename__ = "account_grant"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(20))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    flag: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("role in ('specialist', 'agent', 'front_desk', 'manager', 'administrator')", name="role"),
        Index("uq_account_grant_once", "account_id", "role", "location_id", unique=True),
        Index("ix_account_grant_location", "location_id"),
    )


class RecoveryCode(Base):
    """One of ten codes for whoever lost their phone, as its digest. Good once."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_recovery_code_account", "account_id"),)


class AccountLink(Base):
    """A link by which somebody chooses a password: "invite" or "reset". What opens it is made from its id and our key.

    So nothing in the database opens an account. `used_at` is also set when a newer link takes its place.
    """

    __tablename__ = "account_link"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    purpose: Mapped[str] = mapped_column(String(8))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("purpose in ('invite', 'reset')", name="purpose"),
        Index("ix_account_link_account", "account_id"),
    )


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


class CalendarVouch(Base):
    """Whoever tied this account to a calendar, or confirmed it, answers for it at `location_id`; everywhere where that is null.

    `vouched_by_id` is their account, null for the command line and for ties older than this table.
    """

    __tablename__ = "calendar_vouch"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    vouched_by_id: Mapped[int | None] = mapped_column(BigInteger)
    vouched_at: Mapped[datetime]

    __table_args__ = (Index("ix_calendar_vouch_account", "account_id"),)
