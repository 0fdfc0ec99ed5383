"""A specialist's days: their visits as far as somebody reaches, when they are busy, and how many visits there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import STANDING, State
from clinic.domain.time.timeline import cell_at
from clinic.store.access import within
from clinic.store.appointments.claims import milliseconds
from clinic.store.patients.encrypted_answers import ANSWERED
from clinic.store.tables.appointments import LONGEST_CELLS, Appointment, Claim
from clinic.store.tables.directory import Location, Offer, Specialist, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.work.tasks import TO_MOVE

_GONE = (State.HELD, State.EXPIRED, State.CANCELLED, State.ENTERED_IN_ERROR)


class DayVisit(NamedTuple):
    """A visit in a list of visits. Times are UTC, `time_zone` the clinic's. `returning`: they were here before. `to_move`: why
    its specialist cannot give it as it stands (domain.scheduling.affected), None where they can.
    """

    id: int
    state: str
    start_at: datetime
    end_at: datetime
    time_zone: str
    location_id: int
    clinic: str
    visit_type: str
    patient_id: int
    given_name: str
    family_name: str
    arrived_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    confirmed_at: datetime | None
    answered: bool
    returning: bool
    to_move: str | None


_EARLIER = aliased(Appointment)
_CAME_BEFORE = exists().where(
    _EARLIER.patient_id == Appointment.patient_id, _EARLIER.state == State.FULFILLED, _EARLIER.start_at < Appointment.start_at
)
_VISITS = (
    select(
        Appointment.id, Appointment.state, Appointment.start_at, Appointment.end_at, Appointment.time_zone,
        Appointment.location_id, Location.name, VisitType.name, Appointment.patient_id, Patient.given_name, Patient.family_name,
        Appointment.arrived_at, Appointment.started_at, Appointment.finished_at, Appointment.confirmed_at, ANSWERED,
        _CAME_BEFORE, TO_MOVE,
    )
    .join(Location, Location.id == Appointment.location_id)
    .join(VisitType, VisitType.id == Appointment.visit_type_id)
    .join(Patient, Patient.id == Appointment.patient_id)
    .order_by(Appointment.start_at, Appointment.id)
)  # fmt: skip


def visits_between(session: Session, viewer: Viewer, specialist_id: int, since: datetime, until: datetime) -> list[DayVisit]:
    """The specialist's visits that start in [since, until), within the viewer's reach, the earliest first. Cancelled ones are not
    among them.
    """
    theirs = (Appointment.specialist_id == specialist_id, Appointment.start_at >= since, Appointment.start_at < until)
    rows = session.execute(_VISITS.where(*theirs, Appointment.state.not_in(_GONE), within(viewer)))
    return [DayVisit._make(row) for row in rows]


def visits_of_patient(session: Session, viewer: Viewer, patient_id: int) -> list[DayVisit]:
    """The patient's visits within the viewer's reach, with whomever, the earliest first."""
    rows = session.execute(_VISITS.where(Appointment.patient_id == patient_id, Appointment.state.not_in(_GONE), within(viewer)))
    return [DayVisit._make(row) for row in rows]


class TakenStretch(NamedTuple):
    """A stretch of time that is taken, in cells, and where; not by whom or what."""

    start_cell: int
    end_cell: int
    time_zone: str
    clinic: str
    location_id: int


def busy_between(session: Session, specialist_id: int, since: datetime, until: datetime, *, now: datetime) -> list[TakenStretch]:
    """What is taken of the specialist's time, held times that have not ended among it."""
    low, high = cell_at(since), cell_at(until)
    wanted = (
        select(Claim.start_cell, Claim.end_cell, Appointment.time_zone, Location.name, Location.id)
        .join(Appointment, Appointment.id == Claim.appointment_id)
        .join(Location, Location.id == Appointment.location_id)
        .where(
            Claim.resource_id == specialist_id, Claim.start_cell < high, Claim.start_cell > low - LONGEST_CELLS,
            Claim.end_cell > low, or_(Claim.expires_at.is_(None), Claim.expires_at > milliseconds(now)),
        )
        .order_by(Claim.start_cell)
    )  # fmt: skip
    return [TakenStretch._make(row) for row in session.execute(wanted)]


class CountedVisit(NamedTuple):
    """A start and a state, of nobody in particular: for counting by the day of the clinic."""

    start_at: datetime
    time_zone: str
    state: str


def counted_between(session: Session, specialist_id: int, since: datetime, until: datetime) -> list[CountedVisit]:
    """When visits start, and what became of them; nothing that says whose they are."""
    wanted = select(Appointment.start_at, Appointment.time_zone, Appointment.state).where(
        Appointment.specialist_id == specialist_id, Appointment.start_at >= since, Appointment.start_at < until,
        Appointment.state.not_in(_GONE), Appointment.patient_id.is_not(None),
    )  # fmt: skip
    return [CountedVisit._make(row) for row in session.execute(wanted)]


class ListedSpecialist(NamedTuple):
    """A specialist in a list; `time_zone` is that of the first clinic where they give visits, None without one."""

    id: int
    name: str
    profession: str
    time_zone: str | None


_FIRST_CLINIC = (
    select(Location.time_zone)
    .join(Offer, Offer.location_id == Location.id)
    .where(Offer.specialist_id == Specialist.id)
    .order_by(Location.id)
    .limit(1)
    .scalar_subquery()
)
_COLLEAGUES = select(Specialist.id, Specialist.name, Specialist.profession, _FIRST_CLINIC)


def find_specialist(session: Session, specialist_id: int) -> ListedSpecialist | None:
    row = session.execute(_COLLEAGUES.where(Specialist.id == specialist_id)).one_or_none()
    return ListedSpecialist._make(row) if row else None


def seen_at(session: Session, specialist_id: int) -> set[int]:
    """The clinics where the specialist gives visits, or has some in the book."""
    offers = select(Offer.location_id).where(Offer.specialist_id == specialist_id)
    booked = select(Appointment.location_id).where(
        Appointment.specialist_id == specialist_id, Appointment.state.in_(STANDING), Appointment.patient_id.is_not(None)
    )
    return set(session.scalars(offers.union(booked)))


def specialists_named(session: Session, name: str, locations: Sequence[int] | None, *, limit: int) -> list[ListedSpecialist]:
    """Active specialists whose name contains `name`, in its order; only of `locations`, unless None."""
    wanted = _COLLEAGUES.where(Specialist.active).order_by(Specialist.name, Specialist.id).limit(limit)
    if name:
        wanted = wanted.where(func.lower(Specialist.name).contains(name.lower(), autoescape=True))
    if locations is not None:
        here = select(Offer.specialist_id).where(Offer.location_id.in_(locations))
        wanted = wanted.where(Specialist.id.in_(here))
    return [ListedSpecialist._make(row) for row in session.execute(wanted)]
