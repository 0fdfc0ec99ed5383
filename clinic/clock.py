"""The only place that reads the time. Everything else is told it, as `now`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
