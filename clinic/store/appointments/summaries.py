"""An appointment with the names around it, as plain values: what a confirmation, a message or the API says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, select, true
from sqlalchemy.orm import Session

from clinic.domain.geography.places import address_line
from clinic.domain.time.timeline import instant_at
from clinic.domain.tokens import SlotRef
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Service, Specialist, VisitType
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.store.work.tasks import why_to_move


@dataclass(frozen=True, slots=True)
class VisitSummary:
    """Nothing here says who the patient is. Times are UTC; `time_zone` is the clinic's.

    `parking`, `access` and `plans` are the clinic's, `preparation` the visit type's. `earlier_wanted`: the patient wants to
    hear of an earlier time. `to_move`: why its specialist cannot give it as it stands (domain.scheduling.affected), None where
    they can.
    """

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
    preparation: tuple[str, ...] = ()
    parking: str = ""
    access: str = ""
    plans: tuple[str, ...] = ()
    earlier_wanted: bool = False
    to_move: str | None = None

    @property
    def address(self) -> str:
        return address_line(self.street, self.city, self.state_code, self.postal_code)


_AROUND = (
    select(
        VisitType.slug, VisitType.name, VisitType.online, VisitType.cancel_window_hours, Service.slug, Service.name,
        Location.slug, Location.name, Location.street, Location.city, Location.state, Location.postal_code,
        Location.latitude, Location.longitude, Location.phone, Location.phone_extension, Specialist.slug, Specialist.name,
        VisitType.preparation, Location.parking, Location.access, Location.plans, Location.time_zone,
        exists().where(WaitlistEntry.appointment_id == bindparam("appointment"), WaitlistEntry.ended_at.is_(None)),
        why_to_move(bindparam("appointment")),
    )
    .select_from(VisitType)
    .join(Service, Service.id == VisitType.service_id)
    .join(Location, true())
    .join(Specialist, true())
    .where(
        VisitType.id == bindparam("visit_type"), Location.id == bindparam("location"), Specialist.id == bindparam("specialist")
    )
)  # fmt: skip


def summary_of(session: Session, appointment: Appointment) -> VisitSummary:
    """One query."""
    wish = SlotRef(appointment.visit_type_id, appointment.location_id, appointment.specialist_id, 0)
    return _summary(session, appointment, wish, appointment.start_at, appointment.end_at)


def summary_if_moved(session: Session, appointment: Appointment, wish: SlotRef) -> VisitSummary:
    """The visit as it would be at another time, with another specialist or elsewhere; whether that can be had, it does not say.

    Raises NoResultFound when one of the two is there no more.
    """
    start = instant_at(wish.start_cell)
    return _summary(session, appointment, wish, start, start + (appointment.end_at - appointment.start_at))


def _summary(session: Session, appointment: Appointment, wish: SlotRef, start: datetime, end: datetime) -> VisitSummary:
    where = {"visit_type": wish.visit_type_id, "location": wish.location_id, "specialist": wish.specialist_id}
    where["appointment"] = appointment.id
    (
        visit_slug, visit_name, online, cancel_window, service_slug, service_name, slug, name, street, city, state, zip_code,
        latitude, longitude, phone, extension, specialist_slug, specialist_name, preparation, parking, access, plans, zone,
        waits, to_move,
    ) = session.execute(_AROUND, where).one()  # fmt: skip
    stays = wish.location_id == appointment.location_id
    return VisitSummary(
        appointment.id, appointment.reference, appointment.state, start, end, appointment.time_zone if stays else zone,
        appointment.sequence, wish.visit_type_id, visit_slug, visit_name, online, cancel_window, service_slug, service_name,
        wish.location_id, slug, name, street, city, state, zip_code, latitude, longitude, phone, extension,
        wish.specialist_id, specialist_slug, specialist_name, _lines(preparation), parking, access, _lines(plans),
        waits, to_move,
    )  # fmt: skip


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
