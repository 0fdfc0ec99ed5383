"""Where somebody is signed in: known by a cookie, ended from anywhere, over after a while by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import NotFound
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.staff import accounts, sessions
from clinic.store.staff.sessions import OpenSession
from clinic.usecases.accounts.credentials import new_token, token_hash
from clinic.usecases.accounts.person import Person, Stage

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
FOR_SECOND_STEP = timedelta(minutes=10)
NOTED_EVERY = timedelta(seconds=30)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who a cookie stands for. `person` is None once the session is over; `account_id` then says whose it was."""

    person: Person | None
    account_id: int | None = None


def look(session: Session, token: str, *, now: datetime) -> Seen:
    """Who is asking; keeps their session alive."""
    found = sessions.find(session, token_hash(token)) if token else None
    if found is None:
        return Seen(None)
    until = _until(found)
    if found.ended_at is not None or found.state != "active" or until <= now:
        return Seen(None, found.account_id)
    stage: Stage = "in" if found.factor_at is not None else ("code" if found.has_factor else "factor")
    if now - found.last_seen_at >= NOTED_EVERY:
        until = _note(session, found, now=now)
    broke = stage == "in" and found.glass_until is not None and now < found.glass_until
    person = Person(
        account_id=found.account_id, name=found.name, email=found.email, specialist_id=found.specialist_id,
        grants=accounts.grants_of(session, found.account_id), session_id=found.id, stage=stage, until=until,
        glass_until=found.glass_until if broke else None, broke_glass=broke,
    )  # fmt: skip
    return Seen(person, found.account_id)


def _until(found: OpenSession, seen_at: datetime | None = None) -> datetime:
    if found.factor_at is None:
        return found.created_at + FOR_SECOND_STEP
    return min((seen_at or found.last_seen_at) + IDLE, found.created_at + ABSOLUTE)


@transaction
def _note(session: Session, found: OpenSession, *, now: datetime) -> datetime:
    sessions.saw(session, found.id, now=now)
    return _until(found, now)


def start(session: Session, account_id: int, *, factor: bool, device: str, now: datetime) -> str:
    """A new session, as part of a writing transaction. Returns what its cookie holds."""
    token = new_token()
    sessions.open_session(
        session, account_id, token_hash(token), factor_at=now if factor else None, device=device[:60], now=now
    )  # fmt: skip
    return token


@dataclass(frozen=True, slots=True)
class SignInPlace:
    """One place where somebody is signed in. Times are UTC."""

    id: int
    device: str
    since: datetime
    last_seen_at: datetime
    here: bool


def places(session: Session, person: Person, *, now: datetime) -> list[SignInPlace]:
    """Where this person is signed in, here first."""
    rows = sessions.open_ones(session, person.account_id, seen_after=now - IDLE, since=now - ABSOLUTE)
    found = [SignInPlace(row.id, row.device, row.created_at, row.last_seen_at, row.id == person.session_id) for row in rows]
    return sorted(found, key=lambda place: not place.here)


@transaction
def end_place(session: Session, person: Person, session_id: int, *, now: datetime) -> None:
    """Sign out there. Raises NotFound for what is no session of theirs, or is over."""
    if not sessions.end(session, person.account_id, only=session_id, now=now):
        raise NotFound("You are not signed in there any more.")
    audit.note(session, None, actor=person.actor, action=Action.SESSION_ENDED, now=now)


@transaction
def end_others(session: Session, person: Person, *, now: datetime) -> int:
    """Sign out everywhere else. Returns in how many places that was."""
    count = sessions.end(session, person.account_id, besides=person.session_id, now=now)
    audit.note(session, None, actor=person.actor, action=Action.SESSION_ENDED, detail=f"others={count}", now=now)
    return count


@transaction
def sign_out(session: Session, person: Person, *, now: datetime) -> None:
    sessions.end(session, person.account_id, only=person.session_id, now=now)
    audit.note(session, None, actor=person.actor, action=Action.SIGN_OUT, now=now)
