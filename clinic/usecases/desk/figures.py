"""How the desk does today, in numbers: for all; and by agent, for who may see calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.calls import Agent, first_call_rate, handling_seconds
from clinic.store import calls
from clinic.store.calls import Counted
from clinic.store.figures import count_holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of some calls: how many, how many of them have not ended, and how those that did ended.

    `first_call_rate` is the share booked, from 0 to 1, of the calls by which somebody wanted a visit (domain.calls says which);
    `median_seconds` how long a call took from its beginning to its end. Both are None of none.
    """

    calls: int
    under_way: int
    outcomes: Mapping[str, int]
    why: Mapping[str, int]
    first_call_rate: float | None
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class OfAgent:
    account_id: int
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskDay:
    """`holds` are times held now by anybody; call-backs are those open, whenever promised. `agents` by name, for supervisors."""

    every: Tally
    holds: int
    call_backs: int
    call_backs_overdue: int
    agents: tuple[OfAgent, ...] = ()


def desk_day(session: Session, person: Agent, *, since: datetime, now: datetime) -> DeskDay:
    """Calls that began in [since, now): midnight is the caller's to choose. A constant number of queries."""
    found = calls.since(session, since, now)
    promised, overdue = calls.count_promised(session, now=now)
    agents: dict[int, list[Counted]] = {}
    if person.reach("see-calls").everywhere:
        for one in found:
            agents.setdefault(one.account_id, []).append(one)
    return DeskDay(
        every=_tally(found),
        holds=count_holds(session, now=now),
        call_backs=promised,
        call_backs_overdue=overdue,
        agents=tuple(OfAgent(account_id, theirs[0].name, _tally(theirs)) for account_id, theirs in agents.items()),
    )


def _tally(found: Iterable[Counted]) -> Tally:
    every = list(found)
    outcomes = Counter(one.outcome for one in every if one.outcome)
    return Tally(
        calls=len(every),
        under_way=sum(one.ended_at is None for one in every),
        outcomes=dict(outcomes),
        why=dict(Counter(one.why for one in every if one.why)),
        first_call_rate=first_call_rate(outcomes),
        median_seconds=handling_seconds(one.ended_at - one.began_at for one in every if one.ended_at),
    )
