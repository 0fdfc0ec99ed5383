"""A clinic's day as its front desk sees it: who comes when, to whom and into which room; and what can be booked there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.store.access import within
from clinic.store.directory.catalogue import BookableVisit, visits_among
from clinic.store.patients.encrypted_answers import ANSWERED
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Offer, Room, Specialist, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.work.tasks import TO_MOVE

_NEVER_WERE = (State.HELD, State.EXPIRED, State.ENTERED_IN_ERROR)


class Arrival(NamedTuple):
    """A visit of the day. Times are UTC. `answered`: the questions before it were, never what. `to_move` as in days.DayVisit."""

    id: int
    reference: str
    state: str
    start_at: datetime
    end_at: datetime
    specialist_id: int
    specialist: str
    room: str | None
    visit_type: str
    visit_type_slug: str
    patient_id: int
    given_name: str
    family_name: str
    match_name: str
    language: str
    interpreter: bool
    arrived_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    confirmed_at: datetime | None
    answered: bool
    to_move: str | None


_ARRIVALS = (
    select(
        Appointment.id, Appointment.reference, Appointment.state, Appointment.start_at, Appointment.end_at, Specialist.id,
        Specialist.name, Room.name, VisitType.name, VisitType.slug, Patient.id, Patient.given_name, Patient.family_name,
        Patient.match_name, Patient.language, Patient.interpreter, Appointment.arrived_at, Appointment.started_at,
        Appointment.finished_at, Appointment.confirmed_at, ANSWERED,
        TO_MOVE,
    )
    .join(Specialist, Specialist.id == Appointment.specialist_id)
    .join(VisitType, VisitType.id == Appointment.visit_type_id)
    .join(Patient, Patient.id == Appointment.patient_id)
    .outerjoin(Room, Room.id == Appointment.room_id)
    .order_by(Appointment.start_at, Specialist.name, Appointment.id)
)  # fmt: skip


def arrivals(session: Session, viewer: Viewer, location_id: int, since: datetime, until: datetime) -> list[Arrival]:
    """The clinic's visits that start in [since, until), within the viewer's reach; cancelled and missed ones, too. One query."""
    there = (Appointment.location_id == location_id, Appointment.start_at >= since, Appointment.start_at < until)
    rows = session.execute(_ARRIVALS.where(*there, Appointment.state.not_in(_NEVER_WERE), within(viewer)))
    return [Arrival._make(row) for row in rows]


def kinds_at(session: Session, location_id: int) -> list[BookableVisit]:
    """The kinds of visits that somebody gives at the clinic, in the order of the catalogue; those that only staff book, too."""
    given = select(Offer.visit_type_id).join(Specialist, Specialist.id == Offer.specialist_id)
    return visits_among(session, given.where(Offer.location_id == location_id, Specialist.active))
