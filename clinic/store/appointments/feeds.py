"""Private calendar feeds: who has one, and what stands in it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.store.tables.appointments import Appointment, CalendarFeed
from clinic.store.tables.directory import Location, Specialist
from clinic.store.work.tasks import TO_MOVE


class FeedVisit(NamedTuple):
    """A visit as far as a calendar tells. Times are UTC. `to_move` as in days.DayVisit."""

    id: int
    sequence: int
    state: str
    start_at: datetime
    end_at: datetime
    time_zone: str
    clinic: str
    street: str
    city: str
    us_state: str
    postal_code: str | None
    to_move: str | None


def find(session: Session, specialist_id: int) -> CalendarFeed | None:
    """The feed as the database has it now, served or not."""
    return session.get(CalendarFeed, specialist_id, populate_existing=True)


def close(session: Session, specialist_id: int | None, *, now: datetime) -> None:
    """Serve the feed no more, if there is one."""
    served = (CalendarFeed.specialist_id == specialist_id, CalendarFeed.closed_at.is_(None))
    session.execute(update(CalendarFeed).where(*served).values(closed_at=now))


def find_served(session: Session, specialist_id: int) -> CalendarFeed | None:
    """The same if it is served, and the specialist works here still."""
    active = select(CalendarFeed).join(Specialist, Specialist.id == CalendarFeed.specialist_id)
    wanted = active.where(CalendarFeed.specialist_id == specialist_id, CalendarFeed.closed_at.is_(None), Specialist.active)
    return session.scalar(wanted, execution_options={"populate_existing": True})


def note_use(session: Session, specialist_id: int, *, now: datetime) -> None:
    session.execute(update(CalendarFeed).where(CalendarFeed.specialist_id == specialist_id).values(last_used_at=now))


_TELLS = [
    Appointment.id, Appointment.sequence, Appointment.state, Appointment.start_at, Appointment.end_at, Appointment.time_zone,
    Location.name, Location.street, Location.city, Location.state, Location.postal_code,
    TO_MOVE,
]  # fmt: skip
_LASTING = (State.BOOKED, State.ARRIVED, State.STARTED, State.FULFILLED, State.NO_SHOW)


def visits(session: Session, specialist_id: int, *, since: datetime, cancelled_since: datetime) -> list[FeedVisit]:
    """Their visits that start at `since` or later, at every clinic, those cancelled before `cancelled_since` left out."""
    cancelled = and_(
        Appointment.state == State.CANCELLED,
        Appointment.patient_id.is_not(None),  # a time that was only held was in nobody's calendar
        Appointment.cancelled_at >= cancelled_since,
    )
    theirs = (Appointment.specialist_id == specialist_id, Appointment.start_at >= since)
    wanted = select(*_TELLS).join(Location, Location.id == Appointment.location_id).where(*theirs)
    wanted = wanted.where(or_(Appointment.state.in_(_LASTING), cancelled)).order_by(Appointment.start_at, Appointment.id)
    return [FeedVisit._make(row) for row in session.connection().execute(wanted)]
