"""Who minds a clinic's tasks: its own staff for as long as they look at their work list; after that, whoever stands in."""

from __future__ import annotations

from datetime import datetime, timedelta

MINDED_FOR = timedelta(days=14)
"""So long after its work list was last opened there a clinic is taken to mind its tasks."""
NOTED_EVERY = timedelta(hours=1)
"""That a list was opened is noted no more often than this."""


def minded_since(now: datetime) -> datetime:
    """A list that was last opened before then is nobody's."""
    return now - MINDED_FOR
