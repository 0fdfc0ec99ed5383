"""A booked visit that its specialist cannot give as it stands: why, until when that holds, and whom to call when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

CALL_TODAY = timedelta(hours=48)
"""So long before its start a visit that has yet to be moved is a call to make today."""


class Cause(StrEnum):
    """Why; what weighs most comes first. Kept as words with a blank between them: a visit can have several."""

    AWAY = "away"
    """The specialist has time off then."""
    CLOSED = "closed"
    """The specialist does not work there on that day any more."""
    HOURS = "hours"
    """It lies outside the hours as they are now."""


def read_causes(text: str) -> frozenset[Cause]:
    """What a task keeps. Of tasks from before causes were kept it is the hours."""
    return frozenset(cause for cause in Cause if cause in text.split()) or frozenset({Cause.HOURS})


def write_causes(causes: Iterable[Cause]) -> str:
    given = set(causes)
    return " ".join(cause for cause in Cause if cause in given)


def main_cause(text: str) -> Cause:
    """The one that is told."""
    causes = read_causes(text)
    return next(cause for cause in Cause if cause in causes)


def is_urgent(start: datetime, *, now: datetime) -> bool:
    """Whether to call today about a visit at `start`."""
    return start - now <= CALL_TODAY
