"""The second step: an app that shows codes, and ten codes on paper for the day when the phone is lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.adapters.one_time_codes import Picture, address_of, matching_step, new_secret, picture
from clinic.adapters.sealing import WrongKey
from clinic.domain.audit import Action
from clinic.domain.errors import InvalidInput
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.patients import encrypted_answers as sealed
from clinic.store.staff import accounts, sessions
from clinic.usecases.accounts.credentials import Locks
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.sessions import start
from clinic.usecases.accounts.signing_in import WRONG_CODE

PROPOSED_FOR = timedelta(minutes=30)
NOT_YOUR_PASSWORD = "This is not your password. Type it again."  # noqa: S105 (a sentence)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret for the app: as a picture, in groups of letters to type, and sealed, to come back with the first code."""

    picture: Picture
    groups: str
    sealed: str

    def __repr__(self) -> str:  # never into a log
        return "Proposal(…)"


def propose_factor(person: Person, *, locks: Locks, now: datetime, sealed: str = "") -> Proposal:
    """A new secret, or once more the one that was proposed. Nothing is kept of it yet."""
    secret = _proposed(person, sealed, locks=locks, now=now) or new_secret()
    told = {"account": person.account_id, "secret": secret, "until": int((now + PROPOSED_FOR).timestamp())}
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    address = address_of(secret, who=person.email, issuer=locks.brand)
    return Proposal(picture(address), groups, locks.sealer.seal(json.dumps(told)))


def _proposed(person: Person, text: str, *, locks: Locks, now: datetime) -> str | None:
    """The secret that this person was shown a while ago."""
    try:
        told = json.loads(locks.sealer.open(text)) if text else {}
    except (WrongKey, ValueError):
        return None
    mine = told.get("account") == person.account_id and told.get("until", 0) > now.timestamp()
    return str(told["secret"]) if mine else None


def set_factor(
    session: Session, person: Person, proposed: str, code: str, *, password: str, locks: Locks, device: str, now: datetime
) -> tuple[str, list[str]]:
    """The app shows the right code: from now on it is asked for. Returns the cookie of a new session, and ten codes for paper.

    Whoever has an app already gives their password as well. They are signed out everywhere else. Raises InvalidInput, Busy.
    """
    secret = _proposed(person, proposed, locks=locks, now=now)
    if secret is None:
        raise InvalidInput({"code": "This took a long time, so here is a new picture. Scan it, and type the code it gives."})
    step = matching_step(secret, "".join(code.split()), now=now)
    fits_in_demo = locks.demo_code is not None and "".join(code.split()) == locks.demo_code
    wrong: dict[str, str] = {} if step is not None or fits_in_demo else {"code": WRONG_CODE}
    if person.stage == "in" and not _is_password(session, person, password, locks=locks):
        wrong["password"] = NOT_YOUR_PASSWORD
    if wrong or person.stage == "code":
        raise InvalidInput(wrong or {"code": WRONG_CODE})
    return _set(session, person, secret, step, locks=locks, device=device, now=now)


def _is_password(session: Session, person: Person, password: str, *, locks: Locks) -> bool:
    account = accounts.find_account(session, person.email)
    return locks.hashing.verify(account.password_hash if account else None, password)


@transaction
def _set(
    session: Session, person: Person, secret: str, step: int | None, *, locks: Locks, device: str, now: datetime
) -> tuple[str, list[str]]:
    account = accounts.lock_account(session, person.account_id)
    # Between a look at the page and this, somebody may have closed the account, or another may have set up an app.
    if account is None or account.state != "active" or (person.stage == "factor" and account.totp_secret is not None):
        raise InvalidInput({"code": "Something changed meanwhile. Please sign in again."})
    sealed.keep_seal(session, locks.sealer.seal)
    account.totp_secret, account.totp_last_step, account.failures_in_row = locks.sealer.seal(secret), step, 0
    session.flush()
    codes = _new_codes(session, person, locks)
    sessions.end(session, account.id, now=now)
    token = start(session, account.id, factor=True, device=device, now=now)
    audit.note(session, None, actor=person.actor, action=Action.FACTOR_SET, now=now)
    return token, codes


def change_codes(session: Session, person: Person, password: str, *, locks: Locks, now: datetime) -> list[str]:
    """Ten new codes for paper; the old ones are worth nothing. Raises InvalidInput, Busy."""
    if not _is_password(session, person, password, locks=locks):
        raise InvalidInput({"password": NOT_YOUR_PASSWORD})
    return _change_codes(session, person, locks=locks, now=now)


@transaction
def _change_codes(session: Session, person: Person, *, locks: Locks, now: datetime) -> list[str]:
    codes = _new_codes(session, person, locks)
    audit.note(session, None, actor=person.actor, action=Action.RECOVERY_CODES, now=now)
    return codes


def _new_codes(session: Session, person: Person, locks: Locks) -> list[str]:
    codes = locks.new_recovery_codes()
    accounts.replace_recovery_codes(session, person.account_id, [locks.recovery_digest(person.account_id, c) for c in codes])
    return codes
