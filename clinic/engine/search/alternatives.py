"""What to offer when a time cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import TimeRefused, UnusableToken
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.search.candidates import Opening, alternatives_to, soonest_anywhere
from clinic.store.tables.appointments import Appointment

ALTERNATIVES = 5


@contextmanager
def with_alternatives(session: Session, wanted: Callable[[], SlotRef | None], *, now: datetime, staff: bool) -> Iterator[None]:
    """Whatever time is refused inside leaves with openings that can be had."""
    try:
        yield
    except (TimeRefused, UnusableToken) as refused:
        session.rollback()
        wish = wanted()
        openings: list[Opening] = []
        if wish is not None:
            openings = alternatives_to(session, wish, now=now, limit=ALTERNATIVES, staff=staff)
        refused.alternatives = tuple(openings or soonest_anywhere(session, now=now, limit=ALTERNATIVES))
        raise


def wish_of(appointment: Appointment) -> SlotRef:
    """The time that the appointment has."""
    return SlotRef(appointment.visit_type_id, appointment.location_id, appointment.specialist_id, cell_at(appointment.start_at))
