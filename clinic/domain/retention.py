"""How long what kind of thing is kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

LONGEST_DAYS = 36_525
UNDONE_FOR_DAYS = 30
"""For so long two records of one patient that became one can be made two again."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which each kind is kept once it is over. Raises ValueError unless all are whole and from 1 to a century.

    holds: times that were never booked. idempotency: keys of requests. messages: bodies and addresses of what was sent.
    waitlist: entries that ended, times that became free and the offers of them. tasks: those done, calls to the desk, and what
    moved when two records became one. visits: with all that was said and sent about them, and patients of whom nothing else is
    left. audit: who did what.
    """

    holds_days: int = 7
    idempotency_days: int = 1
    messages_days: int = 30
    waitlist_days: int = 30
    tasks_days: int = 365
    visits_days: int = 2557  # seven years
    audit_days: int = 2192  # six years

    def __post_init__(self) -> None:
        for kept in fields(self):
            days = getattr(self, kept.name)
            if type(days) is not int or not 1 <= days <= LONGEST_DAYS:
                raise ValueError(f"{kept.name} must be a whole number of days from 1 to {LONGEST_DAYS}")


def days_before(now: datetime, days: int) -> datetime:
    """What was over before this instant has been kept for `days` days."""
    return now - timedelta(days=days)
