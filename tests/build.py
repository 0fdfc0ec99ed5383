"""Small builders: each adds one thing that is whole, flushes it and gives it back. What a test does not name is ordinary."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import TypeVar

from sqlalchemy.orm import Session

from clinic.store.appointments import Resource
from clinic.store.catalogue import Service, VisitType
from clinic.store.locations import Equipment, Location, Room
from clinic.store.people import Offer, Specialist
from clinic.store.rosters import Shift

WEEKDAYS = "; ".join(f"{day} 09:00-17:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri"))

Row = TypeVar("Row")

_number = count(1)


def location(session: Session, **named: object) -> Location:
    """A clinic in Orlando, open on weekdays from nine to five."""
    number = next(_number)
    usual = {
        "slug": f"clinic-{number}",
        "name": f"Clinic {number}",
        "street": f"{number} Main St",
        "city": "Orlando",
        "state": "FL",
        "postal_code": "32801",
        "phone": "+14075550100",
        "latitude": 28.5421,
        "longitude": -81.3790,
        "time_zone": "America/New_York",
        "hours": WEEKDAYS,
    }
    return _added(session, Location(**usual | named))


def service(session: Session, **named: object) -> Service:
    number = next(_number)
    return _added(session, Service(**{"slug": f"service-{number}", "name": f"Service {number}"} | named))


def visit_type(session: Session, of: Service | None = None, **named: object) -> VisitType:
    """Half an hour, every quarter of an hour, online, in no particular room."""
    number = next(_number)
    of = of or service(session)
    usual = {"service_id": of.id, "slug": f"visit-{number}", "name": f"Visit {number}", "minutes": 30}
    return _added(session, VisitType(**usual | named))


def specialist(session: Session, **named: object) -> Specialist:
    number = next(_number)
    usual = {"id": _resource(session, "specialist"), "slug": f"specialist-{number}", "name": f"Specialist {number}"}
    return _added(session, Specialist(**usual | named))


def room(session: Session, at: Location, kind: str = "treatment", **named: object) -> Room:
    usual = {"id": _resource(session, "room"), "location_id": at.id, "name": f"Room {next(_number)}", "kind": kind}
    return _added(session, Room(**usual | named))


def equipment(session: Session, at: Location, kind: str = "c-arm", **named: object) -> Equipment:
    usual = {"id": _resource(session, "equipment"), "location_id": at.id, "name": f"Device {next(_number)}", "kind": kind}
    return _added(session, Equipment(**usual | named))


def shift(session: Session, who: Specialist, at: Location, weekly: str = WEEKDAYS, first_day: date = date(2026, 1, 1)) -> Shift:
    return _added(session, Shift(specialist_id=who.id, location_id=at.id, weekly=weekly, first_day=first_day))


def offer(session: Session, what: VisitType, at: Location, who: Specialist) -> Offer:
    return _added(session, Offer(visit_type_id=what.id, location_id=at.id, specialist_id=who.id))


def practice(session: Session, *, visit: VisitType | None = None) -> tuple[Location, Specialist, VisitType]:
    """One clinic where one specialist offers one visit type on weekdays from nine to five; committed."""
    place, person, kind = location(session), specialist(session), visit or visit_type(session)
    shift(session, person, place)
    offer(session, kind, place, person)
    session.commit()
    return place, person, kind


def _resource(session: Session, kind: str) -> int:
    return _added(session, Resource(kind=kind)).id


def _added(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
