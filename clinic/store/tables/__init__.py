"""Every table, by topic: classes and no functions. Loaded together, as of a foreign key both ends must be known."""

from __future__ import annotations

from clinic.store.tables import (  # noqa: F401 (they are all there)
    appointments,
    audit,
    directory,
    messages,
    operations,
    patients,
    schedules,
    staff,
    waitlist,
    work,
)
