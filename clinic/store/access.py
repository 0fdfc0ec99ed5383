"""Visits and patients within somebody's reach: the query itself is narrowed, so that nothing beyond it is ever read."""

from __future__ import annotations

from sqlalchemy import and_, exists, false, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.people.roles import Scope, Viewer
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Patient


def within(viewer: Viewer) -> ColumnElement[bool]:
    """Holds for appointments within the viewer's reach. Held times, which are nobody's visits, are not among them."""
    scopes = viewer.reach.scopes
    if viewer.reach.everywhere:
        return Appointment.patient_id.is_not(None)
    ways: list[ColumnElement[bool]] = []
    if viewer.reach.locations:
        ways.append(Appointment.location_id.in_(viewer.reach.locations))
    if viewer.specialist_id is not None and not scopes.isdisjoint({Scope.OWN, Scope.ASSIGNED}):
        ways.append(Appointment.specialist_id == viewer.specialist_id)
    if viewer.patients and Scope.LOOKUP in scopes:
        ways.append(Appointment.patient_id.in_(viewer.patients))
    if viewer.visits:
        ways.append(Appointment.id.in_(viewer.visits))
    return and_(Appointment.patient_id.is_not(None), or_(*ways)) if ways else false()


def find_visit(session: Session, viewer: Viewer, appointment_id: int) -> Appointment | None:
    """The visit, as the database has it now; None beyond reach, as where there is none."""
    wanted = select(Appointment).where(Appointment.id == appointment_id, within(viewer))
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def find_patient(session: Session, viewer: Viewer, patient_id: int) -> Patient | None:
    """The patient whom the viewer looked up, or who has a visit within their reach; None beyond it, as where there is none."""
    wanted = select(Patient).where(Patient.id == patient_id, Patient.merged_into_id.is_(None))
    if not viewer.reach.covers(looked_up=patient_id in viewer.patients):
        wanted = wanted.where(exists().where(Appointment.patient_id == patient_id, within(viewer)))
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def find_patient_of(session: Session, viewer: Viewer, reference: str) -> int | None:
    """The patient of a visit within the viewer's reach, by its reference."""
    return session.scalars(select(Appointment.patient_id).where(Appointment.reference == reference, within(viewer))).one_or_none()
