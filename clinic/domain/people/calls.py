"""Calls to the desk: what may come of one, and how a day of them is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Protocol

from clinic.domain.people.patient import BOOKED_BY
from clinic.domain.people.roles import Reach

OPEN_FOR = timedelta(hours=4)
"""A call that nobody ended opens no patient any more."""
NOTE_MAX = 2000
CALL_BACK_WITHIN = timedelta(days=30)


class Agent(Protocol):
    """Whoever is on the telephone: somebody on the staff, with how far each action carries them."""

    @property
    def account_id(self) -> int: ...
    @property
    def specialist_id(self) -> int | None: ...
    @property
    def actor(self) -> str: ...
    def reach(self, action: str, /) -> Reach: ...


class CallOutcome(StrEnum):
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WAITLISTED = "waitlisted"
    CALL_BACK = "call_back"
    NOTHING_SUITS = "nothing_suits"
    QUESTION = "question"
    DROPPED = "dropped"


WHY = ("too_late", "too_far", "wrong_time", "wrong_person", "cost", "other")
"""Why nothing suited."""
WANTED_A_VISIT = (CallOutcome.BOOKED, CallOutcome.WAITLISTED, CallOutcome.CALL_BACK, CallOutcome.NOTHING_SUITS)
"""Calls by which somebody wanted a visit that they did not have."""
DONE_BY = {CallOutcome.BOOKED: "book", CallOutcome.MOVED: "move", CallOutcome.CANCELLED: "cancel"}
"""What must have been done with a visit in a call that ended so."""


STILL_WAITING = (CallOutcome.CALL_BACK, CallOutcome.DROPPED)
"""After a call to somebody who waited for it that ended so, they wait on."""


def is_open(began_at: datetime, ended_at: datetime | None, *, now: datetime) -> bool:
    return ended_at is None and began_at + OPEN_FOR > now


def check_ending(outcome: str, why: str, done: Iterable[str]) -> dict[str, str]:
    """What cannot be right of how a call ended, given what was done with visits in it: a sentence for each field."""
    if outcome not in set(CallOutcome):
        return {"outcome": "Choose how the call ended."}
    needed = DONE_BY.get(CallOutcome(outcome))
    if needed and needed not in set(done):
        return {"outcome": f"No visit was {outcome} in this call. Choose how it ended."}
    if outcome == CallOutcome.NOTHING_SUITS and why not in WHY:
        return {"why": "Choose why nothing suited."}
    return {}


def check_relation(relation: str) -> dict[str, str]:
    return {} if relation in BOOKED_BY else {"relation": "Choose who is calling: " + ", ".join(BOOKED_BY) + "."}


def check_note(note: str) -> dict[str, str]:
    return {"note": f"Shorten the note to {NOTE_MAX} characters."} if len(note) > NOTE_MAX else {}


def check_call_back(due_at: datetime, *, now: datetime) -> dict[str, str]:
    if due_at <= now:
        return {"due_at": "This time is over. Choose a later one."}
    if due_at - now > CALL_BACK_WITHIN:
        return {"due_at": f"Choose a day in the next {CALL_BACK_WITHIN.days} days."}
    return {}


def first_call_rate(outcomes: Mapping[str, int]) -> float | None:
    """Of the calls that ended and by which somebody wanted a visit that they did not have, the share that ended with one
    booked, from 0 to 1; None when there was no such call.

    Not counted: calls to move or cancel a visit, questions, and calls that dropped.
    """
    wanted = sum(outcomes.get(outcome, 0) for outcome in WANTED_A_VISIT)
    return outcomes.get(CallOutcome.BOOKED, 0) / wanted if wanted else None


def handling_seconds(lengths: Iterable[timedelta]) -> float | None:
    """The median; None of none."""
    seconds = [length.total_seconds() for length in lengths]
    return median(seconds) if seconds else None
