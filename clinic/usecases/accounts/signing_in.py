"""Signing in: e-mail and password, then a code. Whatever is wrong, the answer is the same, and so is the work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.one_time_codes import matching_step
from clinic.domain.audit import ACCOUNT, Action, Actor
from clinic.domain.errors import InvalidInput
from clinic.engine.transaction import retried, transaction
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.staff import accounts, sessions
from clinic.store.tables.staff import Account
from clinic.usecases.accounts.credentials import Locks
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.sessions import KEPT_FOR, start

LOCKED_AT = 50
"""So many wrong passwords and codes in a row, and only a reset helps. (NIST allows a hundred.)"""
WRONG = "This email and password do not go together. Check both. If you cannot sign in, ask your administrator."
WRONG_CODE = "This code is not right, or was used before. Wait for the next one in your app, and type it."


def begin_sign_in(session: Session, email: str, password: str, *, locks: Locks, device: str, now: datetime) -> str:
    """Check the password. Returns what the cookie of a session holds that reaches the second step, and nothing else.

    Raises InvalidInput, Busy. An address that we do not know, a wrong password and a closed account look alike: one
    verification, one row in the audit log.
    """
    account = accounts.find_account(session, email.strip().lower())
    right = locks.hashing.verify(account.password_hash if account else None, password)
    if account is None or not right or account.state != "active" or account.failures_in_row >= LOCKED_AT:
        _note_failure(session, account.id if account else 0, Action.SIGN_IN_FAILED, now=now)
        raise InvalidInput({"password": WRONG})
    outdated = locks.hashing.is_outdated(account.password_hash or "")
    return _begin(session, account.id, locks.hashing.hash(password) if outdated else None, device=device, now=now)


@transaction
def _begin(session: Session, account_id: int, new_hash: str | None, *, device: str, now: datetime) -> str:
    if new_hash:
        accounts.replace_hash(session, account_id, new_hash)
    return start(session, account_id, factor=False, device=device, now=now)


def finish_sign_in(session: Session, person: Person, code: str, *, locks: Locks, device: str, now: datetime) -> str:
    """Check the code of the app, or one of the recovery codes. Returns what the cookie of the session proper holds.

    Raises InvalidInput, Busy. A code counts once.
    """
    token = _finish(session, person, code, locks=locks, device=device, now=now)
    if token is None:
        _note_failure(session, person.account_id, Action.CODE_FAILED, now=now)
        raise InvalidInput({"code": WRONG_CODE})
    return token


@retried
def _finish(session: Session, person: Person, code: str, *, locks: Locks, device: str, now: datetime) -> str | None:
    begin_write(session)
    account = accounts.lock_account(session, person.account_id)
    by = _proof(session, account, code, locks=locks, now=now) if account else None
    if account is None or account.state != "active" or account.failures_in_row >= LOCKED_AT or by is None:
        session.rollback()
        return None
    account.failures_in_row = 0
    session.flush()
    sessions.forget_old(session, account.id, before=now - KEPT_FOR)
    sessions.end(session, account.id, only=person.session_id, now=now)
    token = start(session, account.id, factor=True, device=device, now=now)
    audit.note(session, None, actor=person.actor, action=Action.SIGN_IN, detail=by, now=now)
    session.commit()
    return token


def _proof(session: Session, account: Account, code: str, *, locks: Locks, now: datetime) -> str | None:
    """By what they proved that they have their phone, or had it; None when they did not."""
    typed = "".join(code.split())
    if locks.demo_code is not None and typed == locks.demo_code:
        return "by=demo"
    if typed.isdecimal():
        step = matching_step(locks.sealer.open(account.totp_secret or ""), typed, now=now)
        return "by=code" if step is not None and accounts.use_step(session, account.id, step) else None
    if 10 <= len(typed) <= 12:
        used = accounts.use_recovery_code(session, account.id, locks.recovery_digest(account.id, typed), now=now)
        return "by=recovery" if used else None
    return None


@transaction
def _note_failure(session: Session, account_id: int, action: Action, *, now: datetime) -> None:
    accounts.note_failure(session, account_id)
    audit.note(session, None, actor=str(Actor(ACCOUNT, account_id)), action=action, now=now)
