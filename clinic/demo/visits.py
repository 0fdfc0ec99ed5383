"""Filled calendars become rows: patients, appointments, claims, and the audit and outbox rows that go with every booking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.demo.calendar import Filled, PlacedVisit, window
from clinic.demo.people import FAMILY, GIVEN, REASONS
from clinic.demo.staffing import add_resources
from clinic.domain.people.patient import match_name
from clinic.domain.scheduling.appointment import STANDING, State
from clinic.domain.time.timeline import instant_at
from clinic.domain.tokens import write_reference
from clinic.store.bulk import insert_rows, set_aside
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Patient

ACTOR = "demo"
CHANNELS, CHANNEL_WEIGHTS = ("web", "phone", "desk"), (5, 4, 1)

PATIENT = (
    "id", "given_name", "family_name", "match_name", "birth_date", "phone", "phone_extension", "email", "postal_code",
    "language", "interpreter", "created_at",
)  # fmt: skip
APPOINTMENT = (
    "id", "reference", "state", "visit_type_id", "location_id", "specialist_id", "room_id", "equipment_id", "patient_id",
    "start_at", "end_at", "time_zone", "held_at", "hold_expires_at", "booked_at", "cancelled_at", "cancelled_late",
    "cancel_reason", "channel", "new_patient", "booked_by", "reason", "sequence", "generation",
)  # fmt: skip

Home = tuple[str, str | None]
"""Area code and ZIP code."""


def write(session: Session, filled: Filled, homes: Mapping[str, Home], random: Random, *, now: datetime) -> None:
    """Everything in `filled`, by bulk inserts; the guard looks at every claim. `homes` are those of the areas."""
    since, _ = window(now)
    patients = add_resources(session, "patient", len(filled.patients))
    insert_rows(session, Patient, PATIENT, _patients(patients, filled, homes, random, since))
    visits = sorted(filled.placed, key=lambda visit: (visit.start_cell, visit.practice.specialist_id))
    ids = set_aside(session, Appointment, len(visits))
    states = [_state(visit, random, now) for visit in visits]
    rows = list(_appointments(ids, visits, states, patients, random, now))
    insert_rows(session, Appointment, APPOINTMENT, rows)
    claims = sorted(_claims(ids, visits, states, patients))  # in the order of the primary key: twice as quick on SQLite
    insert_rows(session, Claim, ("resource_id", "start_cell", "end_cell", "appointment_id", "expires_at"), claims)
    booked_at, patient_id = APPOINTMENT.index("booked_at"), APPOINTMENT.index("patient_id")
    insert_rows(session, Audit, ("id", "at", "actor", "action", "appointment_id", "patient_id", "detail"),
                [(number, row[booked_at], ACTOR, "book", row[0], row[patient_id], "")
                 for number, row in zip(set_aside(session, Audit, len(rows)), rows, strict=True)])  # fmt: skip
    # Told already: no worker shall write to invented people.
    insert_rows(session, OutboxMessage, ("id", "appointment_id", "event", "sequence", "due_at", "done_at"),
                [(number, row[0], "booked", 0, row[booked_at], row[booked_at])
                 for number, row in zip(set_aside(session, OutboxMessage, len(rows)), rows, strict=True)])  # fmt: skip
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("analyze"))


def _patients(
    ids: Sequence[int], filled: Filled, homes: Mapping[str, Home], random: Random, since: datetime
) -> Iterator[tuple[Any, ...]]:
    youngest = since.year - 19
    for number, (patient, area) in enumerate(zip(ids, filled.patients, strict=True)):
        given, family = random.choice(GIVEN), random.choice(FAMILY)
        area_code, postal_code = homes[area]
        birth_date = date(youngest - random.randrange(66), 1 + random.randrange(12), 1 + random.randrange(28))
        email = f"{given}.{family}.{number}@example.com".lower() if random.random() < 0.8 else None
        spanish = random.random() < 0.08
        phone = f"+1{area_code}55501{random.randrange(100):02d}"
        named = (patient, given, family, match_name(given, family), birth_date)
        yield *named, phone, None, email, postal_code, "es" if spanish else "en", spanish and random.random() < 0.5, since


def _state(visit: PlacedVisit, random: Random, now: datetime) -> State:
    """What has become of a visit by now."""
    start = instant_at(visit.start_cell)
    draw = random.random()
    if start + timedelta(minutes=visit.shape.minutes) > now:
        return State.BOOKED
    return State.NO_SHOW if draw < 0.06 else State.CANCELLED if draw < 0.09 else State.FULFILLED


def _appointments(
    ids: Sequence[int],
    visits: Sequence[PlacedVisit],
    states: Sequence[State],
    patients: Sequence[int],
    random: Random,
    now: datetime,
) -> Iterator[tuple[Any, ...]]:
    references: set[str] = set()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for appointment, visit, state in zip(ids, visits, states, strict=True):
        while (reference := write_reference(random.getrandbits(50))) in references:
            pass
        references.add(reference)
        start, shape = instant_at(visit.start_cell), visit.shape
        booked_at = min(start, midnight) - timedelta(days=random.randrange(1, 21), minutes=random.randrange(600))
        cancelled_at = start - timedelta(hours=30) if state is State.CANCELLED else None
        reason = random.choice(REASONS) if visit.first and random.random() < 0.5 else None
        site, who = visit.practice.site, visit.practice.specialist_id
        what = (appointment, reference, state.value, visit.visit_type_id)
        takes = (site.id, who, visit.room_id, visit.equipment_id, patients[visit.patient])
        when = (start, start + timedelta(minutes=shape.minutes), site.time_zone, booked_at, None, booked_at)
        undone = (cancelled_at, False, "no longer needed" if cancelled_at else None)
        yield *what, *takes, *when, *undone, random.choices(CHANNELS, CHANNEL_WEIGHTS)[0], visit.first, "self", reason, 0, 0


def _claims(
    ids: Sequence[int], visits: Sequence[PlacedVisit], states: Sequence[State], patients: Sequence[int]
) -> Iterator[tuple[int, int, int, int, None]]:
    for appointment, visit, state in zip(ids, visits, states, strict=True):
        if state not in STANDING:
            continue
        yield visit.practice.specialist_id, *visit.shape.specialist_cells(visit.start_cell), appointment, None
        yield patients[visit.patient], *visit.shape.patient_cells(visit.start_cell), appointment, None
        for resource in filter(None, (visit.room_id, visit.equipment_id)):
            yield resource, *visit.shape.room_cells(visit.start_cell), appointment, None
