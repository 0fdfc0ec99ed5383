"""An appointment with the names around it, as plain values: what a confirmation, a message or the API says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from clinic.store.appointments import Appointment
from clinic.store.catalogue import Service, VisitType
from clinic.store.locations import Location
from clinic.store.people import Specialist


@dataclass(frozen=True, slots=True)
class VisitSummary:
    """Nothing here says who the patient is. Times are UTC; `time_zone` is the clinic's."""

    appointment_id: int
    reference: str
    state: str
    start: datetime
    end: datetime
    time_zone: str
    sequence: int
    visit_type_id: int
    visit_type_slug: str
    visit_type_name: str
    online: bool
    cancel_window_hours: int
    service_slug: str
    service_name: str
    location_id: int
    location_slug: str
    location_name: str
    street: str
    city: str
    state_code: str
    postal_code: str | None
    latitude: float
    longitude: float
    phone: str | None
    phone_extension: str | None
    specialist_id: int
    specialist_slug: str
    specialist_name: str


_AROUND = (
    select(
        VisitType.slug, VisitType.name, VisitType.online, VisitType.cancel_window_hours, Service.slug, Service.name,
        Location.slug, Location.name, Location.street, Location.city, Location.state, Location.postal_code,
        Location.latitude, Location.longitude, Location.phone, Location.phone_extension, Specialist.slug, Specialist.name,
    )
    .select_from(VisitType)
    .join(Service, Service.id == VisitType.service_id)
    .join(Location, true())
    .join(Specialist, true())
)  # fmt: skip


def summary_of(session: Session, appointment: Appointment) -> VisitSummary:
    """One query."""
    (
        visit_slug, visit_name, online, cancel_window, service_slug, service_name, slug, name, street, city, state, zip_code,
        latitude, longitude, phone, extension, specialist_slug, specialist_name,
    ) = session.execute(
        _AROUND.where(
            VisitType.id == appointment.visit_type_id,
            Location.id == appointment.location_id,
            Specialist.id == appointment.specialist_id,
        )
    ).one()  # fmt: skip
    return VisitSummary(
        appointment.id, appointment.reference, appointment.state, appointment.start_at, appointment.end_at,
        appointment.time_zone, appointment.sequence, appointment.visit_type_id, visit_slug, visit_name, online, cancel_window,
        service_slug, service_name, appointment.location_id, slug, name, street, city, state, zip_code, latitude, longitude,
        phone, extension, appointment.specialist_id, specialist_slug, specialist_name,
    )  # fmt: skip
