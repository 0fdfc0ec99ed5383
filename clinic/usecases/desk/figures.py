"""How the desk does today, in numbers: for all; and by agent, for who may see calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.people.calls import Agent, first_call_rate, handling_seconds
from clinic.store.desk import desk_figures
from clinic.store.desk.desk_figures import CountedCall, HeldNow, Paused
from clinic.store.operations.figures import count_holds
from clinic.store.work.call_backs import count_promised

MOST_HELD = 60
"""Held times that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of some calls: how many, how many of them have not ended, and how those that did ended.

    `first_call_rate` is the share booked, from 0 to 1, of the calls by which somebody wanted a visit (domain.people.calls says
    which),
    and that were not made to call them back; `median_seconds` how long a call took from its beginning to its end. Both are None
    of none.
    """

    calls: int
    under_way: int
    outcomes: Mapping[str, int]
    why: Mapping[str, int]
    first_call_rate: float | None
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class UnmetNeed:
    """What was asked for near a ZIP code, "" where none was said, and why nothing suited: how often each, the most first."""

    postal_code: str
    service: str
    why: Mapping[str, int]

    @property
    def count(self) -> int:
        return sum(self.why.values())


@dataclass(frozen=True, slots=True)
class OfAgent:
    account_id: int
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDay:
    """`holds` are times held now by anybody; call-backs are those open, whenever promised. `agents` by name, and `paused`, the
    last first, for supervisors.
    """

    every: Tally
    holds: int
    call_backs: int
    call_backs_overdue: int
    agents: tuple[OfAgent, ...] = ()
    paused: tuple[Paused, ...] = ()


def desk_day(session: Session, person: Agent, *, since: datetime, now: datetime) -> DeskDay:
    """Calls that began in [since, now): midnight is the caller's to choose. A constant number of queries."""
    found = desk_figures.since(session, since, now)
    promised, overdue = count_promised(session, now=now)
    agents: dict[int, list[CountedCall]] = {}
    oversees = person.reach("see-calls").everywhere
    if oversees:
        for one in found:
            agents.setdefault(one.account_id, []).append(one)
    return DeskDay(
        every=_tally(found),
        holds=count_holds(session, now=now),
        call_backs=promised,
        call_backs_overdue=overdue,
        agents=tuple(OfAgent(account_id, theirs[0].name, _tally(theirs)) for account_id, theirs in agents.items()),
        paused=tuple(desk_figures.paused(session, since, now)) if oversees else (),
    )


def _tally(found: Iterable[CountedCall]) -> Tally:
    every = list(found)
    outcomes = Counter(one.outcome for one in every if one.outcome)
    return Tally(
        calls=len(every),
        under_way=sum(one.ended_at is None for one in every),
        outcomes=dict(outcomes),
        why=dict(Counter(one.why for one in every if one.why)),
        first_call_rate=first_call_rate(Counter(one.outcome for one in every if one.outcome and not one.kept)),
        median_seconds=handling_seconds(one.ended_at - one.began_at for one in every if one.ended_at),
    )


def held_now(session: Session, person: Agent, *, now: datetime) -> tuple[HeldNow, ...]:
    """Times that anybody holds, what ends first coming first, MOST_HELD at most; for who may see calls."""
    if not person.reach("see-calls").everywhere:
        return ()
    return tuple(desk_figures.held_now(session, now=now, limit=MOST_HELD))


def unmet(session: Session, person: Agent, *, since: datetime, now: datetime) -> tuple[UnmetNeed, ...]:
    """Of calls since then in which nothing suited, where and what was wanted, the most frequent first; for who may see calls."""
    if not person.reach("see-calls").everywhere:
        return ()
    found: dict[tuple[str, str], dict[str, int]] = {}
    for one in desk_figures.unmet(session, since, now):
        found.setdefault((one.postal_code, one.service), {})[one.why] = one.count
    wanted = [UnmetNeed(*where, dict(sorted(why.items(), key=lambda pair: -pair[1]))) for where, why in found.items()]
    return tuple(sorted(wanted, key=lambda one: -one.count))
