"""A day with something going on for the demo's specialist, whatever day it is: some are done, one waits, others are to come."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import STANDING, State
from clinic.domain.time.hours import local_day, to_utc
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.domain.tokens import write_reference
from clinic.engine.placing import attendance
from clinic.engine.placing.changing import Who
from clinic.store.appointments.appointments import NewAppointment
from clinic.store.appointments.claims import ClaimSpan, take
from clinic.store.appointments.day_queries import busy_between
from clinic.store.audit.audit import By
from clinic.store.connect import begin_write
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.schedules.specialist_calendar import given_by
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Offer
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.staff import Account

DEMO = Who("demo", "desk", staff=True)
SPECIALIST = "specialist@example.org"
STARTS = (-195, -135, -75, -15, 45, 105, 165)
"""Minutes from about now, so that they do not overlap."""
MISSED, UNDER_WAY, WAITS = -135, -75, -15
LONGEST = 45
EARLIEST, LATEST = 7 * 60, 19 * 60
"""Of the time that is taken for now, in minutes after midnight: all of it lies on one day."""


def fill_today(session: Session, *, now: datetime) -> int:
    """Give the demo's specialist visits today, outside of their hours, too, unless there is one to come. Returns how many."""
    begin_write(session)
    made = 0
    specialist_id = session.scalar(select(Account.specialist_id).where(Account.email == SPECIALIST))
    place = session.scalars(
        select(Location).join(Offer, Offer.location_id == Location.id)
        .where(Offer.specialist_id == specialist_id).order_by(Location.id).limit(1)
    ).first()  # fmt: skip
    kinds = (
        [one for one in given_by(session, specialist_id) if one.shape.room_kind is None and one.shape.minutes <= LONGEST]
        if specialist_id
        else []
    )
    if specialist_id and place and kinds:
        around = _around(place.time_zone, now)
        day = local_day(around, place.time_zone)
        since, until = to_utc(day, 0, place.time_zone), to_utc(day + timedelta(days=1), 0, place.time_zone)
        busy = busy_between(session, specialist_id, since, until, now=now)
        if not any(instant_at(taken.start_cell) > now for taken in busy):
            patients = iter(_patients(session, specialist_id, since, until))
            for minutes in STARTS:
                start = around + timedelta(minutes=minutes)
                first, last = kinds[0].shape.specialist_cells(cell_at(start))
                free = all(taken.end_cell <= first or last <= taken.start_cell for taken in busy)
                if free and (patient_id := next(patients, None)):
                    _mark(session, _book(session, place, specialist_id, kinds[0], patient_id, start, now), minutes, now)
                    made += 1
    session.commit()
    return made


def _around(zone: str, now: datetime) -> datetime:
    """Now, on the step of five minutes, if that is a time of day at which visits are."""
    day = local_day(now, zone)
    return min(max(instant_at(cell_at(now)), to_utc(day, EARLIEST, zone)), to_utc(day, LATEST, zone))


def _patients(session: Session, specialist_id: int, since: datetime, until: datetime) -> list[int]:
    """Of the specialist's patients those who have nothing else that day."""
    busy = select(Appointment.patient_id).where(
        Appointment.start_at >= since, Appointment.start_at < until, Appointment.state.in_(STANDING),
        Appointment.patient_id.is_not(None),
    )  # fmt: skip
    theirs = select(Appointment.patient_id).where(
        Appointment.specialist_id == specialist_id, Appointment.patient_id.is_not(None), Appointment.patient_id.not_in(busy)
    )  # fmt: skip
    return [id_ for id_ in session.scalars(theirs.distinct().order_by(Appointment.patient_id).limit(len(STARTS))) if id_]


def _book(
    session: Session, place: Location, specialist_id: int, kind: BookableVisit, patient_id: int, start: datetime, now: datetime
) -> int:
    before = min(start, now) - timedelta(days=3)
    new = NewAppointment(
        reference=write_reference(secrets.randbits(50)), state=State.BOOKED.value, visit_type_id=kind.id, location_id=place.id,
        specialist_id=specialist_id, room_id=None, equipment_id=None, patient_id=patient_id, start_at=start,
        end_at=start + timedelta(minutes=kind.shape.minutes), time_zone=place.time_zone, held_at=before,
        hold_expires_at=None, booked_at=before, channel=DEMO.channel, booked_by="self",
    )  # fmt: skip
    cell, shape = cell_at(start), kind.shape
    takings = [ClaimSpan(specialist_id, *shape.specialist_cells(cell)), ClaimSpan(patient_id, *shape.patient_cells(cell))]
    made = take(session, new, takings, by=By(DEMO.actor), now=before)
    # Told already: no worker shall write to invented people.
    session.execute(update(OutboxMessage).where(OutboxMessage.appointment_id == made).values(done_at=before))
    return made


def _mark(session: Session, visit: int, minutes: int, now: datetime) -> None:
    """What has become of it by now."""
    found = session.get_one(Appointment, visit)
    start, end = found.start_at, found.end_at
    if minutes == MISSED and end <= now:
        attendance.mark(session, visit, State.NO_SHOW, who=DEMO, now=end)
        return
    steps = [(State.ARRIVED, start - timedelta(minutes=5)), (State.STARTED, start), (State.FULFILLED, end)]
    last = {UNDER_WAY: 2, WAITS: 1}.get(minutes, 3 if minutes < 0 else 0)
    for state, at in steps[:last]:
        if at <= now:
            attendance.mark(session, visit, state, who=DEMO, now=at)
