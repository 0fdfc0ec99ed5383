"""Small made-up networks in the database, and the same as plain schedules for the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, event, insert
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point, distance_miles
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import write_reference
from clinic.store.appointments.claims import milliseconds
from clinic.store.directory.catalogue import BookableVisit, find_visit
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.directory import Location, Specialist, VisitType
from tests import build
from tests.domain import oracle
from tests.domain.oracle import Schedule
from tests.schedules import as_text, some_claims, some_schedule, some_spans, some_stretches, some_week

HERE = Point(32.47, -84.98)
"""On the river between Columbus (Eastern time) and Phenix City (Central)."""

Claims = list[tuple[datetime, datetime, datetime | None]]


@dataclass(frozen=True)
class Network:
    """What was built: the visit type, and each practice with its schedule."""

    visit: BookableVisit
    practices: list[tuple[Location, Specialist, Schedule]]

    def every_start(self) -> list[tuple[datetime, float, str, str]]:
        """(start, miles from HERE, clinic, specialist), as the oracle has them, soonest first."""
        return sorted(
            (start, distance_miles(HERE, Point(at.latitude, at.longitude)), at.slug, person.slug)
            for at, person, schedule in self.practices
            for start in oracle.starts(schedule)
        )


def keep_claims(session: Session, of: dict[int, Claims], appointment_id: int) -> None:
    rows = [
        {
            "resource_id": resource,
            "start_cell": cell_at(start),
            "end_cell": cell_at(end),
            "appointment_id": appointment_id,
            "expires_at": milliseconds(expires),
        }
        for resource, claims in of.items()
        for start, end, expires in claims
    ]
    if rows:
        session.execute(insert(Claim), rows)
        session.commit()


def an_appointment(session: Session, kind: VisitType, place: Location, person: Specialist, *, now: datetime, **given: Any) -> int:
    """Somebody's old visit, for claims to belong to."""
    values = {
        "reference": write_reference(person.id), "state": "cancelled", "visit_type_id": kind.id, "location_id": place.id,
        "specialist_id": person.id, "start_at": now, "end_at": now + timedelta(minutes=30), "time_zone": place.time_zone,
        "held_at": now, "channel": "web",
    }  # fmt: skip
    made = session.execute(insert(Appointment).values(**{**values, **given}).returning(Appointment.id)).scalar_one()
    session.commit()
    return made


def make_network(session: Session, rng: Random, change: datetime) -> Network:
    """Two to five clinics in two zones, specialists of whom some work at two of them, rooms and devices in use by others."""
    like = some_schedule(rng, "America/New_York", change)
    shape = {
        "minutes": like.minutes, "step_minutes": like.step,
        "buffer_before": like.buffer_before, "buffer_after": like.buffer_after,
        "notice_minutes": like.notice, "horizon_days": like.horizon_days, "room_setup": like.setup, "room_cleanup": like.cleanup,
        "room_kind": None if like.rooms is None else "treatment", "equipment_kind": None if like.equipment is None else "c_arm",
    }  # fmt: skip
    kind = build.visit_type(session, **shape)
    near = [(change + timedelta(days=d)).date() for d in (-1, 0, 1)]
    sites = []
    for _ in range(rng.randrange(2, 6)):
        zone, longitude = rng.choice((("America/New_York", -84.97), ("America/Chicago", -85.03)))
        opening = some_week(rng) if rng.random() < 0.3 else ""
        place = build.location(
            session, time_zone=zone, latitude=HERE.latitude + rng.randrange(4) / 20, longitude=longitude, hours=opening
        )
        days = {day: as_text(some_stretches(rng, 0, 1440, 300)) for day in near if rng.random() < 0.1}
        for day, hours in days.items():
            build.location_day(session, place, day, hours)
        closures = some_spans(rng, change, 1) if rng.random() < 0.2 else []
        for start, end in closures:
            build.closure(session, place, start, end)
        build.room(session, place, "office")
        build.room(session, place, active=False)
        rooms = {build.room(session, place).id: some_claims(rng, change, like.now, 6) for _ in range(rng.randrange(3))}
        devices = {build.equipment(session, place).id: some_claims(rng, change, like.now, 4) for _ in range(rng.randrange(1, 3))}
        sites.append((place, days, closures, rooms, devices))
    practices = []
    claims: dict[int, Claims] = {}
    for _place, _days, _closures, rooms, devices in sites:
        claims |= rooms | devices
    owner = 0
    for _ in range(rng.randrange(2, 5)):
        person = build.specialist(session)
        claims[person.id] = some_claims(rng, change, like.now, 8)
        away = some_spans(rng, change, 1) if rng.random() < 0.3 else []
        for start, end in away:
            build.time_off(session, person, start, end)
        for place, days, closures, rooms, devices in rng.sample(sites, rng.choice((1, 1, 2))):
            weekly = some_week(rng)
            build.shift(session, person, place, weekly)
            build.offer(session, kind, place, person)
            theirs = {day: as_text(some_stretches(rng, 0, 1440, 300)) for day in near if rng.random() < 0.1}
            for day, hours in theirs.items():
                build.shift_day(session, person, place, day, hours)
            owner = owner or an_appointment(session, kind, place, person, now=like.now)
            schedule = Schedule(
                zone=place.time_zone, around=change, now=like.now, minutes=like.minutes, step=like.step,
                buffer_before=like.buffer_before, buffer_after=like.buffer_after, setup=like.setup, cleanup=like.cleanup,
                notice=like.notice, horizon_days=like.horizon_days, shifts=[(weekly, date(2020, 1, 1), None)], shift_days=theirs,
                opening=place.hours, opening_days=days, closures=closures, away=away, taken=claims[person.id],
                rooms=None if like.rooms is None else list(rooms.values()),
                equipment=None if like.equipment is None else list(devices.values()),
            )  # fmt: skip
            practices.append((place, person, schedule))
    keep_claims(session, claims, owner)
    visit = find_visit(session, kind.id)
    assert visit
    return Network(visit, practices)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Every statement sent inside the block."""
    sent: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", hear)
