"""How late a specialist runs, visit by visit: from the times of the day's visits and from what became of them so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.domain.scheduling.appointment import State

WORTH_SAYING = timedelta(minutes=10)
"""Less is not late."""
_ROUNDED_TO = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Stage:
    """A visit of the day: its time as booked, its state, and when it began, if it has."""

    start: datetime
    end: datetime
    state: State
    started_at: datetime | None = None


def delays(visits: Iterable[Stage], now: datetime) -> Iterator[timedelta]:
    """How much later than booked each visit begins, or began; for one specialist's visits, earliest first.

    A visit under way lasts as long as it was booked for, and at least until now. Whoever is here is seen when the one before
    is done, and not before now; so it goes on down the day, until a gap takes it up. Whoever is not here although it is time
    delays nobody. Visits that are over, or take place no more, are not late.
    """
    free: datetime | None = None
    for visit in visits:
        length = visit.end - visit.start
        begins = visit.start if free is None else max(visit.start, free)
        if visit.state is State.STARTED:
            begins = visit.started_at or visit.start
            free = max(begins + length, now)
        elif visit.state is State.ARRIVED:
            begins = max(begins, now)
            free = begins + length
        elif visit.state is State.BOOKED and visit.start > now:
            free = begins + length
        else:
            begins = visit.start
        yield max(begins - visit.start, timedelta())


def minutes_late(delay: timedelta) -> int | None:
    """Rounded to five minutes, for "about 20 minutes late"; None when it is not worth saying."""
    if delay < WORTH_SAYING:
        return None
    return round(delay / _ROUNDED_TO) * int(_ROUNDED_TO.total_seconds() // 60)
