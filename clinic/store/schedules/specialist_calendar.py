"""A specialist's calendar as their own availability sees it: the clinics they may work at, and what is booked or held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.time.timeline import cell_at
from clinic.store.appointments.claims import milliseconds
from clinic.store.directory.catalogue import BookableVisit, find_visit
from clinic.store.tables.appointments import LONGEST_CELLS, Appointment, Claim
from clinic.store.tables.directory import Closure, Location, LocationDay, Offer, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.tables.schedules import Shift, ShiftDay


def workplaces(session: Session, specialist_id: int, also: Iterable[int], *, today: date) -> dict[int, Workplace]:
    """Every clinic where they work or could, and those of `also`, by id; what was before `today` left out. Three queries."""
    theirs = union(*(select(table.location_id).where(table.specialist_id == specialist_id) for table in (Shift, ShiftDay, Offer)))
    wanted = or_(Location.id.in_(theirs), Location.id.in_(list(also)))
    sites = session.execute(
        select(
            Location.id, Location.name, Location.time_zone, Location.latitude, Location.longitude, Location.active, Location.hours
        ).where(wanted)
    ).all()
    ids = [site.id for site in sites]
    days: dict[int, list[tuple[str, date]]] = defaultdict(list)
    exceptions = select(LocationDay.location_id, LocationDay.hours, LocationDay.day).where(LocationDay.location_id.in_(ids))
    for location_id, hours, day in session.execute(exceptions.where(LocationDay.day >= today).order_by(LocationDay.day)):
        days[location_id].append((hours, day))
    closures: dict[int, list[tuple[int, int]]] = defaultdict(list)
    closed = select(Closure.location_id, Closure.start_cell, Closure.end_cell).where(Closure.location_id.in_(ids))
    for location_id, start, end in session.execute(closed):
        closures[location_id].append((start, end))
    return {
        id_: Workplace(id_, name, zone, Point(latitude, longitude), active, hours, tuple(days[id_]), tuple(closures[id_]))
        for id_, name, zone, latitude, longitude, active, hours in sites
    }


def given_by(session: Session, specialist_id: int) -> list[BookableVisit]:
    """The visit types that they give anywhere, as the catalogue orders them."""
    theirs = select(Offer.visit_type_id).where(Offer.specialist_id == specialist_id)
    ids = session.scalars(select(VisitType.id).where(VisitType.id.in_(theirs)).order_by(VisitType.position, VisitType.id))
    return [visit for id_ in ids if (visit := find_visit(session, id_)) is not None]


class BusyStretch(NamedTuple):
    """What a visit or a held time takes of the specialist, buffers included, in cells; the patient's name if it is booked."""

    appointment_id: int
    sequence: int
    state: str
    start_cell: int
    end_cell: int
    start_at: datetime
    time_zone: str
    location_id: int
    clinic: str
    visit_type: str
    patient_id: int | None
    given_name: str | None
    family_name: str | None
    reference: str

    @property
    def key(self) -> str:
        """Of the visit at this time: another once it is moved."""
        return f"{self.appointment_id}.{self.sequence}"


_TAKEN = (
    select(
        Appointment.id, Appointment.sequence, Appointment.state, Claim.start_cell, Claim.end_cell, Appointment.start_at,
        Appointment.time_zone, Appointment.location_id, Location.name, VisitType.name, Appointment.patient_id,
        Patient.given_name, Patient.family_name, Appointment.reference,
    )
    .join(Claim, (Claim.appointment_id == Appointment.id) & (Claim.resource_id == Appointment.specialist_id))
    .join(Location, Location.id == Appointment.location_id)
    .join(VisitType, VisitType.id == Appointment.visit_type_id)
    .outerjoin(Patient, Patient.id == Appointment.patient_id)
    .where(Appointment.state.in_([State.HELD, State.BOOKED, State.ARRIVED]))
    .order_by(Claim.start_cell)
)  # fmt: skip


def booked_ahead(session: Session, *, now: datetime, locations: Iterable[int] | None = None) -> set[int]:
    """Specialists with a visit or a held time that is not over, or with one at one of the locations."""
    ahead = select(Appointment.specialist_id).distinct()
    ahead = ahead.where(Appointment.state.in_([State.HELD, State.BOOKED, State.ARRIVED]), Appointment.end_at > now)
    if locations is not None:
        ahead = ahead.where(Appointment.location_id.in_(list(locations)))
    return set(session.scalars(ahead))


def taken(session: Session, specialist_id: int, *, now: datetime) -> list[BusyStretch]:
    """What they have ahead of them, the earliest first. Held times that have ended are left out."""
    cell = cell_at(now)
    ahead = (Claim.resource_id == specialist_id, Claim.end_cell > cell, Claim.start_cell > cell - LONGEST_CELLS)
    stands = or_(Claim.expires_at.is_(None), Claim.expires_at > milliseconds(now))
    return [BusyStretch._make(row) for row in session.connection().execute(_TAKEN.where(*ahead, stands))]
