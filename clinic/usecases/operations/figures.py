"""What an operator watches, read from the database alone, so that any number of processes say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.store.operations import figures as numbers


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many are due and how many for later; for how many seconds the oldest has been due, 0 when none is."""

    due: int
    later: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Nothing about anybody. What is "today" is counted since midnight UTC.

    `deliveries_today` by (channel, outcome), `retries_today` by channel, `changes_today` by the audit log's action,
    `bookings_today` by channel; `offers_today` were made today, by how they stand now. `searches_found` and `searches_missed`
    are ever.
    """

    messages: Backlog
    deliveries: Mapping[str, Backlog]
    deliveries_today: Mapping[tuple[str, str], int]
    retries_today: Mapping[str, int]
    holds: int
    bookings_today: Mapping[str, int]
    changes_today: Mapping[str, int]
    searches_found: int
    searches_missed: int
    waiting: int
    offers_today: Mapping[str, int]
    tasks: Mapping[str, int]
    unsealed: int


def read_figures(session: Session, *, now: datetime) -> Figures:
    """As they are now, in a constant number of queries."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = numbers.deliveries_ended(session, since=midnight)
    changed = numbers.changes(session, since=midnight)
    found, missed = numbers.searches(session)
    retries: dict[str, int] = {}
    for (channel, _), (_, again) in ended.items():
        retries[channel] = retries.get(channel, 0) + again
    by_action: dict[str, int] = {}
    for (action, _), count in changed.items():
        by_action[action] = by_action.get(action, 0) + count
    return Figures(
        messages=_since(numbers.messages_waiting(session, now=now), now),
        deliveries={channel: _since(found, now) for channel, found in numbers.deliveries_waiting(session, now=now).items()},
        deliveries_today={by: count for by, (count, _) in ended.items()},
        retries_today=retries,
        holds=numbers.count_holds(session, now=now),
        bookings_today={channel: count for (action, channel), count in changed.items() if action == "book"},
        changes_today=by_action,
        searches_found=found,
        searches_missed=missed,
        waiting=numbers.count_waiting(session),
        offers_today=numbers.offers_made(session, since=midnight),
        tasks=numbers.tasks_open(session),
        unsealed=numbers.count_unsealed(session),
    )


def _since(waiting: numbers.Waiting, now: datetime) -> Backlog:
    due, later, oldest = waiting
    return Backlog(due, later, (now - oldest).total_seconds() if oldest else 0.0)
