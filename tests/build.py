"""Rows for tests: each builder saves and commits one, with defaults for what the test does not care about.

What comes back is loaded and detached: its fields are plain values. `world` is a small network with everything in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from clinic.domain.geography.gazetteer import MILITARY, STANDARD, ZipEntry
from clinic.domain.people.patient import PatientDetails, match_name
from clinic.domain.people.roles import Grant, Role, Viewer, reach
from clinic.domain.time.timeline import cell_at
from clinic.engine.placing.changing import Who
from clinic.store.appointments.appointments import add_resource
from clinic.store.base import Base
from clinic.store.directory import gazetteer
from clinic.store.tables.directory import Closure, Equipment, Location, LocationDay, Offer, Room, Service, Specialist, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.tables.schedules import Shift, ShiftDay, TimeOff

Row = TypeVar("Row", bound=Base)

WEEKDAYS = "Mon 09:00-17:00; Tue 09:00-17:00; Wed 09:00-17:00; Thu 09:00-17:00; Fri 09:00-17:00"
EVERY_DAY = WEEKDAYS + "; Sat 09:00-17:00; Sun 09:00-17:00"
LONG_AGO = date(2020, 1, 1)

KEY = b"a key of the tests"
PATIENT = Who("patient", "web")
STAFF = Who("agent:1", "phone", staff=True)

_numbers = count(1)


def save(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    session.refresh(row)
    session.expunge(row)
    session.commit()
    return row


def location(session: Session, **given: Any) -> Location:
    """A clinic in the middle of Orlando, whose hours are those of its shifts."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "slug": f"clinic-{number}", "name": f"Impact Medical No. {number}", "street": f"{number} Orange Avenue",
        "city": "Orlando", "state": "FL", "postal_code": "32801", "phone": "+14075550100", "latitude": 28.5399,
        "longitude": -81.3727, "time_zone": "America/New_York", "hours": "",
    }  # fmt: skip
    return save(session, Location(**{**values, **given}))


def location_day(session: Session, location: Location, day: date, hours: str = "") -> LocationDay:
    """An exception to the clinic's hours: closed that day, unless hours are given."""
    return save(session, LocationDay(location_id=location.id, day=day, hours=hours))


def closure(session: Session, location: Location, start: datetime, end: datetime) -> Closure:
    return save(session, Closure(location_id=location.id, start_cell=cell_at(start), end_cell=cell_at(end)))


def room(session: Session, location: Location, kind: str = "treatment", **given: Any) -> Room:
    values = {"name": f"Room {next(_numbers)}", "kind": kind, "location_id": location.id}
    return save(session, Room(id=add_resource(session, "room"), **{**values, **given}))


def equipment(session: Session, location: Location, kind: str = "c_arm", **given: Any) -> Equipment:
    values = {"name": f"{kind} {next(_numbers)}", "kind": kind, "location_id": location.id}
    return save(session, Equipment(id=add_resource(session, "equipment"), **{**values, **given}))


def service(session: Session, slug: str | None = None, **given: Any) -> Service:
    slug = slug or f"service-{next(_numbers)}"
    return save(session, Service(**{"slug": slug, "name": slug.replace("-", " ").capitalize(), **given}))


def visit_type(session: Session, service: Service | None = None, **given: Any) -> VisitType:
    """Half an hour, on the quarter hours, at no notice, bookable online, without a room."""
    of = service or globals()["service"](session)
    number = next(_numbers)
    values = {"service_id": of.id, "slug": f"visit-{number}", "name": f"Visit {number}", "minutes": 30}
    return save(session, VisitType(**{**values, **given}))


def specialist(session: Session, **given: Any) -> Specialist:
    number = next(_numbers)
    values = {"slug": f"specialist-{number}", "name": f"Dr. No. {number}", "profession": "Physician"}
    return save(session, Specialist(id=add_resource(session, "specialist"), **{**values, **given}))


def offer(session: Session, visit_type: VisitType, location: Location, specialist: Specialist) -> Offer:
    return save(session, Offer(visit_type_id=visit_type.id, location_id=location.id, specialist_id=specialist.id))


def shift(
    session: Session, specialist: Specialist, location: Location, weekly: str = WEEKDAYS, first_day: date = LONG_AGO, **given: Any
) -> Shift:
    """Weekly hours, for ever unless `last_day` says otherwise."""
    values = {"specialist_id": specialist.id, "location_id": location.id, "weekly": weekly, "first_day": first_day}
    return save(session, Shift(**{**values, **given}))


def shift_day(session: Session, specialist: Specialist, location: Location, day: date, hours: str = "") -> ShiftDay:
    """An exception to the weekly hours: none that day, unless hours are given."""
    return save(session, ShiftDay(specialist_id=specialist.id, location_id=location.id, day=day, hours=hours))


def time_off(session: Session, specialist: Specialist, start: datetime, end: datetime) -> TimeOff:
    """Put into the table as it is; tests.away.take_off takes the locks."""
    return save(session, TimeOff(specialist_id=specialist.id, start_cell=cell_at(start), end_cell=cell_at(end)))


def patient(session: Session, *, now: datetime, **given: Any) -> Patient:
    number = next(_numbers)
    values: dict[str, Any] = {
        "given_name": "Maria", "family_name": f"Garcia {number}", "birth_date": date(1971, 4, 23),
        "phone": f"+1407555{number % 10000:04d}", "created_at": now,
    }  # fmt: skip
    values |= given
    values.setdefault("match_name", match_name(values["given_name"], values["family_name"]))
    return save(session, Patient(id=add_resource(session, "patient"), **values))


def details(**given: Any) -> PatientDetails:
    """What a grown-up patient types into the form."""
    values: dict[str, Any] = {
        "given_name": "Maria", "family_name": "Garcia", "birth_date": date(1971, 4, 23), "phone": "(407) 555-0123",
    }  # fmt: skip
    return PatientDetails(**{**values, **given})


def practice(
    session: Session, *, visit: VisitType | None = None, weekly: str = WEEKDAYS, at: Location | None = None, **shape: Any
) -> tuple[Location, Specialist, VisitType]:
    """One clinic where one specialist gives one type of visit, of `shape` unless it is there already."""
    place, person, kind = at or location(session), specialist(session), visit or visit_type(session, **shape)
    shift(session, person, place, weekly)
    offer(session, kind, place, person)
    return place, person, kind


@dataclass(frozen=True)
class World:
    """The network of `world`. Locations, services, visit types and specialists by slug; rooms and equipment by location."""

    locations: dict[str, Location] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    visit_types: dict[str, VisitType] = field(default_factory=dict)
    specialists: dict[str, Specialist] = field(default_factory=dict)
    rooms: dict[str, list[Room]] = field(default_factory=dict)
    equipment: dict[str, list[Equipment]] = field(default_factory=dict)


SITES: tuple[tuple[str, str, str, str, float, float, str], ...] = (
    ("orlando-downtown", "Orlando", "FL", "32801", 28.5399, -81.3727, "America/New_York"),
    ("orlando-mills", "Orlando", "FL", "32803", 28.5559, -81.3535, "America/New_York"),
    ("winter-park", "Winter Park", "FL", "32789", 28.5978, -81.3534, "America/New_York"),
    ("columbus", "Columbus", "GA", "31901", 32.4610, -84.9877, "America/New_York"),
    ("phenix-city", "Phenix City", "AL", "36867", 32.4989, -85.0240, "America/Chicago"),
    ("phoenix", "Phoenix", "AZ", "85004", 33.4512, -112.0701, "America/Phoenix"),
    ("adak", "Adak", "AK", "99546", 51.8800, -176.6580, "America/Adak"),
)
"""Slug, city, state, ZIP, latitude, longitude, zone. Columbus and Phenix City: one metropolitan area, two zones."""

SERVICES = ("back-pain-evaluation", "facet-joint-injections", "physical-therapy", "chiropractic-care")

VISIT_TYPES: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("back-pain-evaluation", "back-pain-evaluation-visit", {"minutes": 45, "buffer_after": 5}),
    ("facet-joint-injections", "facet-joint-consultation", {"minutes": 30, "buffer_after": 5}),
    (
        "facet-joint-injections", "facet-joint-procedure",
        {"minutes": 45, "position": 1, "online": False, "room_kind": "fluoroscopy", "room_setup": 10, "room_cleanup": 15,
         "equipment_kind": "c_arm", "cancel_window_hours": 72, "audience": "returning"},
    ),
    ("physical-therapy", "physical-therapy-evaluation", {"minutes": 60}),
    ("physical-therapy", "physical-therapy-follow-up", {"minutes": 30, "position": 1, "audience": "returning"}),
    ("chiropractic-care", "chiropractic-first-visit", {"minutes": 45}),
    ("chiropractic-care", "chiropractic-adjustment", {"minutes": 15, "position": 1, "audience": "returning"}),
)  # fmt: skip

PROCEDURE_SITES = ("orlando-downtown", "phoenix")

ZIPS = (
    ZipEntry("32801", "Orlando", "FL", "Orange County", STANDARD, True, 28.5399, -81.3727, "America/New_York"),
    ZipEntry("32803", "Orlando", "FL", "Orange County", STANDARD, True, 28.5559, -81.3535, "America/New_York"),
    ZipEntry("32789", "Winter Park", "FL", "Orange County", STANDARD, True, 28.5978, -81.3534, "America/New_York"),
    ZipEntry("33602", "Tampa", "FL", "Hillsborough County", STANDARD, True, 27.9614, -82.4597, "America/New_York"),
    ZipEntry("31901", "Columbus", "GA", "Muscogee County", STANDARD, True, 32.4726, -84.9795, "America/New_York"),
    ZipEntry("36867", "Phenix City", "AL", "Russell County", STANDARD, True, 32.4989, -85.0240, "America/Chicago"),
    ZipEntry("85004", "Phoenix", "AZ", "Maricopa County", STANDARD, True, 33.4512, -112.0701, "America/Phoenix"),
    ZipEntry("99546", "Adak", "AK", "Aleutians West", STANDARD, True, 51.8800, -176.6580, "America/Adak"),
    ZipEntry("62701", "Springfield", "IL", "Sangamon County", STANDARD, True, 39.8000, -89.6490, "America/Chicago"),
    ZipEntry("65806", "Springfield", "MO", "Greene County", STANDARD, True, 37.2031, -93.2969, "America/Chicago"),
    ZipEntry("01103", "Springfield", "MA", "Hampden County", STANDARD, True, 42.1029, -72.5887, "America/New_York"),
    ZipEntry("09012", "APO", "AE", "", MILITARY, True, None, None, ""),
)


def zips(session: Session) -> None:
    """A gazetteer of a dozen ZIP codes."""
    gazetteer.load(session, ZIPS)
    session.commit()


def world(session: Session, *, now: datetime) -> World:
    """Seven clinics with two or three specialists each, the demo's services, and a few ZIP codes to find them by.

    Every specialist works 9 to 5 on weekdays in the clinic's own time, from a month before `now`. A physician gives
    evaluations and consultations (and procedures, in Orlando's downtown and in Phoenix), a therapist physical
    therapy, a chiropractor (at the first three clinics) chiropractic care. `ana-flores`, of orlando-downtown, also
    sees patients at winter-park on Saturdays.
    """
    made = World()
    zips(session)
    for position, slug in enumerate(SERVICES):
        made.services[slug] = service(session, slug, position=position, summary=f"What {slug.replace('-', ' ')} is.")
    for of, slug, shape in VISIT_TYPES:
        name = slug.replace("-", " ").capitalize()
        made.visit_types[slug] = visit_type(session, made.services[of], slug=slug, name=name, **shape)
    given = {
        "physician": ("back-pain-evaluation-visit", "facet-joint-consultation"),
        "therapist": ("physical-therapy-evaluation", "physical-therapy-follow-up"),
        "chiropractor": ("chiropractic-first-visit", "chiropractic-adjustment"),
    }
    first_day = (now - timedelta(days=30)).date()
    for index, (slug, city, state, zip_code, latitude, longitude, zone) in enumerate(SITES):
        place = location(
            session, slug=slug, name=f"Impact Medical {city}", city=city, state=state, postal_code=zip_code, latitude=latitude,
            longitude=longitude, time_zone=zone,
        )  # fmt: skip
        made.locations[slug] = place
        if slug in PROCEDURE_SITES:
            made.rooms[slug] = [room(session, place, "fluoroscopy"), room(session, place, "fluoroscopy")]
            made.equipment[slug] = [equipment(session, place, "c_arm")]
        for profession, kinds in given.items():
            if profession == "chiropractor" and index >= 3:
                continue
            who = "ana-flores" if (slug, profession) == ("orlando-downtown", "physician") else f"{profession}-{slug}"
            person = specialist(
                session, slug=who, name=f"Dr. {who.replace('-', ' ').title()}", profession=profession.capitalize()
            )
            made.specialists[who] = person
            shift(session, person, place, WEEKDAYS, first_day)
            more = ("facet-joint-procedure",) if slug in PROCEDURE_SITES and profession == "physician" else ()
            for kind in (*kinds, *more):
                offer(session, made.visit_types[kind], place, person)
    shift(session, made.specialists["ana-flores"], made.locations["winter-park"], "Sat 10:00-14:00", first_day)
    for kind in given["physician"]:
        offer(session, made.visit_types[kind], made.locations["winter-park"], made.specialists["ana-flores"])
    return made


def viewer(action: str, *grants: Grant, specialist_id: int | None = None, glass: bool = False) -> Viewer:
    """Somebody with these roles, about to do that."""
    return Viewer(reach(action, grants, glass=glass), specialist_id)


def reader(specialist_id: int) -> Viewer:
    """That specialist, about to read what a patient answered."""
    return viewer("read-intake", Grant(Role.SPECIALIST), specialist_id=specialist_id)
