"""What the desk did and could not do, read for a day or some weeks; and times that are held now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Service
from clinic.store.tables.staff import Account
from clinic.store.tables.work import Call
from clinic.store.work.call_backs import MADE_FOR


@dataclass(frozen=True, slots=True)
class CountedCall:
    """A call, as it counts. `kept`: it was made to keep a promise, so it was not their first."""

    account_id: int
    name: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    why: str
    kept: bool


def since(session: Session, begin: datetime, until: datetime) -> list[CountedCall]:
    """Calls that began in [begin, until), by agents' names."""
    kept = exists().where(MADE_FOR).correlate(Call)
    wanted = (
        select(Call.account_id, Account.name, Call.began_at, Call.ended_at, Call.outcome, Call.why, kept)
        .join(Account, Account.id == Call.account_id)
        .where(Call.began_at >= begin, Call.began_at < until)
        .order_by(Account.name, Account.id, Call.id)
    )
    return [CountedCall(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Paused:
    """A call in which nobody was found so often that looking paused, until `until` (UTC), and its agent."""

    call_id: int
    agent: str
    until: datetime


def paused(session: Session, begin: datetime, until: datetime) -> list[Paused]:
    """Of calls that began in [begin, until), the last first."""
    wanted = (
        select(Call.id, Account.name, Call.looks_paused_until)
        .join(Account, Account.id == Call.account_id)
        .where(Call.began_at >= begin, Call.began_at < until, Call.looks_paused_until.is_not(None))
        .order_by(Call.looks_paused_until.desc())
    )
    return [Paused(*row) for row in session.execute(wanted)]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class UnmetCount:
    """What did not suit, how often. `service` is its name, "" where none was said; `postal_code` likewise."""

    postal_code: str
    service: str
    why: str
    count: int


def unmet(session: Session, begin: datetime, until: datetime) -> list[UnmetCount]:
    """Of calls that began in [begin, until) and in which nothing suited, by ZIP code and service."""
    service = func.coalesce(Service.name, "")
    wanted = (
        select(Call.postal_code, service, Call.why, func.count())
        .outerjoin(Service, Service.slug == Call.service_slug)
        .where(Call.began_at >= begin, Call.began_at < until, Call.why != "")
        .group_by(Call.postal_code, service, Call.why)
        .order_by(Call.postal_code, service, Call.why)
    )
    return [UnmetCount(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class HeldNow:
    """A time that somebody holds: nothing says who. Times are UTC; `channel` is how it came to be held."""

    clinic: str
    time_zone: str
    start: datetime
    until: datetime
    channel: str


def held_now(session: Session, *, now: datetime, limit: int) -> list[HeldNow]:
    """What ends first comes first."""
    wanted = (
        select(Location.name, Location.time_zone, Appointment.start_at, Appointment.hold_expires_at, Appointment.channel)
        .join(Location, Location.id == Appointment.location_id)
        .where(Appointment.state == State.HELD, Appointment.hold_expires_at > now)
        .order_by(Appointment.hold_expires_at, Appointment.id)
        .limit(limit)
    )
    return [HeldNow(*row) for row in session.execute(wanted)]  # type: ignore[arg-type]
