"""The staff: who they are, their roles, how they sign in, and the links that they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.people.roles import Grant, Reach, Role
from clinic.store.tables.directory import Location, Offer
from clinic.store.tables.staff import Account, AccountGrant, AccountLink, RecoveryCode


def find_account(session: Session, email: str) -> Account | None:
    """The account of that address, in small letters."""
    return session.scalar(select(Account).where(Account.email == email))


def lock_account(session: Session, account_id: int) -> Account | None:
    """The account, for nobody else until the transaction ends; part of a writing transaction."""
    fresh = {"populate_existing": True}
    return session.scalar(select(Account).where(Account.id == account_id).with_for_update(), execution_options=fresh)


def note_failure(session: Session, account_id: int) -> None:
    """One more wrong password or code in a row."""
    failed = update(Account).where(Account.id == account_id).values(failures_in_row=Account.failures_in_row + 1)
    session.connection().execute(failed)


def replace_hash(session: Session, account_id: int, password_hash: str) -> None:
    session.execute(update(Account).where(Account.id == account_id).values(password_hash=password_hash))


def grants_of(session: Session, account_id: int) -> tuple[Grant, ...]:
    """The roles of an account, in the order in which they were given."""
    return tuple(grant for _, grant in numbered_grants(session, account_id))


def numbered_grants(session: Session, account_id: int) -> list[tuple[int, Grant]]:
    """The same, each with the id of its row."""
    wanted = select(AccountGrant.id, AccountGrant.role, AccountGrant.location_id, AccountGrant.flag)
    rows = session.execute(wanted.where(AccountGrant.account_id == account_id).order_by(AccountGrant.id))
    return [(id_, Grant(Role(role), location_id, flag)) for id_, role, location_id, flag in rows]


def add_grant(session: Session, account_id: int, grant: Grant) -> None:
    session.add(
        AccountGrant(account_id=account_id, role=grant.role.value, location_id=grant.location_id, flag=grant.flag)
    )  # fmt: skip
    session.flush()


def remove_grant(session: Session, grant_id: int) -> None:
    session.execute(delete(AccountGrant).where(AccountGrant.id == grant_id))


def use_step(session: Session, account_id: int, step: int) -> bool:
    """The code of that half minute is used up. False when it, or a later one, was used before."""
    newer = or_(Account.totp_last_step.is_(None), Account.totp_last_step < step)
    done = update(Account).where(Account.id == account_id, newer).values(totp_last_step=step)
    return bool(session.connection().execute(done).rowcount)


def use_recovery_code(session: Session, account_id: int, digest: str, *, now: datetime) -> bool:
    """False when there is no such code, or it was used."""
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
    return bool(session.connection().execute(update(RecoveryCode).where(*unused).values(used_at=now)).rowcount)


def replace_recovery_codes(session: Session, account_id: int, digests: Iterable[str]) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.add_all(RecoveryCode(account_id=account_id, digest=digest) for digest in digests)
    session.flush()


def count_recovery_codes(session: Session, account_id: int) -> int:
    """How many are left."""
    unused = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    return len(session.scalars(select(RecoveryCode.id).where(*unused)).all())


def add_link(session: Session, account_id: int, purpose: str, *, now: datetime, expires_at: datetime) -> int:
    """A new link, in place of earlier ones. Returns its id."""
    end_links(session, account_id, now=now)
    link = AccountLink(account_id=account_id, purpose=purpose, expires_at=expires_at)
    session.add(link)
    session.flush()
    return link.id


def end_links(session: Session, account_id: int, *, now: datetime) -> None:
    """No link of the account opens anything any more."""
    unused = (AccountLink.account_id == account_id, AccountLink.used_at.is_(None))
    session.execute(update(AccountLink).where(*unused).values(used_at=now))


@dataclass(frozen=True, slots=True)
class StaffListing:
    """One person of the list."""

    id: int
    name: str
    email: str
    state: str
    failures_in_row: int
    has_password: bool
    has_factor: bool
    specialist_id: int | None
    grants: tuple[Grant, ...]


def within(allowed: Reach) -> ColumnElement[bool]:
    """Accounts within that reach: with a role, or visits to give, at one of its clinics."""
    if allowed.everywhere:
        return true()
    here = AccountGrant.location_id.in_(allowed.locations)
    gives = exists().where(Offer.specialist_id == Account.specialist_id, Offer.location_id.in_(allowed.locations))
    return or_(exists().where(AccountGrant.account_id == Account.id, here), gives)


def listed(session: Session, allowed: Reach, *, only: int | None = None) -> list[StaffListing]:
    """Everybody within reach by name; or `only` that account."""
    wanted = select(Account).where(within(allowed)).order_by(Account.name, Account.id)
    if only is not None:
        wanted = wanted.where(Account.id == only)
    accounts = session.scalars(wanted).all()
    grants: dict[int, list[Grant]] = {account.id: [] for account in accounts}
    rows = select(AccountGrant.account_id, AccountGrant.role, AccountGrant.location_id, AccountGrant.flag)
    for account_id, role, location_id, flag in session.execute(rows.order_by(AccountGrant.id)):
        if account_id in grants:
            grants[account_id].append(Grant(Role(role), location_id, flag))
    return [
        StaffListing(
            a.id, a.name, a.email, a.state, a.failures_in_row, a.password_hash is not None, a.totp_secret is not None,
            a.specialist_id, tuple(grants[a.id]),
        )
        for a in accounts
    ]  # fmt: skip


def witnesses(session: Session, besides: Sequence[int], *, locations: Iterable[int] = (), most: int = 3) -> list[int]:
    """Who else is told: active managers of these clinics, then administrators; never one of `besides`."""
    wanted = (
        select(Account.id)
        .join(AccountGrant, AccountGrant.account_id == Account.id)
        .where(Account.state == "active", Account.id.not_in(besides))
        .order_by(Account.id)
    )
    manages = (AccountGrant.role == Role.MANAGER, AccountGrant.location_id.in_(list(locations)))
    managers = session.scalars(wanted.where(*manages)).all()
    administrators = session.scalars(wanted.where(AccountGrant.role == Role.ADMINISTRATOR)).all()
    return list(dict.fromkeys([*managers, *administrators]))[:most]


def administrators(session: Session, besides: Sequence[int]) -> list[int]:
    """Every active administrator but those."""
    wanted = select(Account.id).join(AccountGrant, AccountGrant.account_id == Account.id).distinct()
    these = (AccountGrant.role == Role.ADMINISTRATOR, Account.state == "active", Account.id.not_in(besides))
    return list(session.scalars(wanted.where(*these).order_by(Account.id)))


def places_of(session: Session, account: Account) -> frozenset[int]:
    """The clinics where somebody works: of their roles, and where they give visits."""
    of_roles = select(AccountGrant.location_id).where(
        AccountGrant.account_id == account.id, AccountGrant.location_id.is_not(None)
    )
    gives = select(Offer.location_id).where(Offer.specialist_id == account.specialist_id)
    found = [id_ for id_ in session.scalars(of_roles) if id_ is not None]
    return frozenset([*found, *(session.scalars(gives) if account.specialist_id is not None else ())])


def location_names(session: Session) -> dict[int, str]:
    """Every clinic by name."""
    rows = select(Location.id, Location.name).order_by(Location.name, Location.id)
    return dict(session.execute(rows).all())


def some_secrets(session: Session, after: int, limit: int) -> list[tuple[int, str]]:
    """(account, sealed secret) behind that account: for sealing anew in portions."""
    wanted = select(Account.id, Account.totp_secret).where(Account.id > after, Account.totp_secret.is_not(None))
    return [(id_, sealed) for id_, sealed in session.execute(wanted.order_by(Account.id).limit(limit)) if sealed]


def reseal(session: Session, account_id: int, sealed: str) -> None:
    session.execute(update(Account).where(Account.id == account_id).values(totp_secret=sealed))
