"""Hold, book, confirm, extend, move, swap, release, cancel: what it takes to put a visit into calendars, and out of them.

Each is part of one short writing transaction that the use case begins and commits. First the locks; then, in later
statements that see what earlier holders of the locks committed, everything is checked again; then claims, audit row and
outbox row are written together, and whatever becomes free, for who waits. The database's guard stays the last word.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, NotFound, NotOffered, PatientClash, TimeTaken
from clinic.domain.scheduling.appointment import HOLD_MINUTES, State, check_move, check_reschedule, hold_until, is_late
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.domain.tokens import SlotRef, write_reference
from clinic.engine.placing import outside_hours
from clinic.engine.placing.changing import Who, locked, record
from clinic.engine.search.candidates import window
from clinic.store.appointments import appointments, claims, confirmations
from clinic.store.appointments.appointments import NewAppointment
from clinic.store.appointments.claims import ClaimSpan
from clinic.store.appointments.confirmations import HoldRow, PatientRecord
from clinic.store.appointments.idempotency import RequestKey, find_earlier, lock_of, made_by
from clinic.store.directory.catalogue import BookableVisit, find_visit, find_visit_at
from clinic.store.locks import lock_calendars
from clinic.store.schedules.calendars import Calendars
from clinic.store.tables.appointments import Appointment
from clinic.store.waitlist import waitlist
from clinic.store.work import tasks

CALL_US = "Please choose another time, or call us."
BY_STAFF = "This kind of visit is arranged by our staff. To get one, call us, or book a first visit and ask there."
NO_SUCH_VISIT = f"That kind of visit is not on offer. {CALL_US}"


@dataclass(frozen=True, slots=True)
class Details:
    """What the patient's side adds to an appointment when it is booked."""

    patient_id: int
    new_patient: bool | None = None
    booked_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Slot:
    """A time found free, and what it will take."""

    visit: BookableVisit
    time_zone: str
    start: datetime
    end: datetime
    room_id: int | None
    equipment_id: int | None
    takings: tuple[ClaimSpan, ...]


def look(session: Session, wish: SlotRef, *, now: datetime) -> None:
    """A courtesy before the locks: refuse at once what is plainly taken, so that a rush for one time does not queue.

    Raises TimeTaken. Passing it promises nothing.
    """
    if claims.is_taken(session, wish, now=now):
        raise TimeTaken()


def check(session: Session, wish: SlotRef, *, who: Who, now: datetime) -> None:
    """Raise TimeTaken or NotOffered for a time that could not be taken, as far as a look without the locks can tell."""
    _find_slot(session, wish, who=who, now=now)


def hold(
    session: Session, wish: SlotRef, *, who: Who, now: datetime, minutes: int = HOLD_MINUTES, once: RequestKey | None = None
) -> int:
    """Take the time for `minutes`, for nobody in particular yet. Returns the appointment's id.

    Asked `once` before, it is that of the hold made then. Raises TimeTaken, NotOffered, KeyReused.
    """
    lock_calendars(
        session, [wish.specialist_id], locations=[wish.location_id], visit_type_id=wish.visit_type_id, request=lock_of(once)
    )
    if once and (made := made_by(once, find_earlier(session, once), now=now)):
        return made
    slot = _find_slot(session, wish, who=who, now=now)
    new = _new(wish, slot, state=State.HELD, who=who, now=now, expires_at=now + timedelta(minutes=minutes))
    return claims.take(session, new, slot.takings, by=who.by, now=now, once=once)


def book(session: Session, wish: SlotRef, details: Details, *, who: Who, now: datetime) -> int:
    """Take the time for a patient at once, without a hold. Raises TimeTaken, NotOffered, PatientClash."""
    lock_calendars(
        session, [wish.specialist_id, details.patient_id], locations=[wish.location_id], visit_type_id=wish.visit_type_id
    )
    slot = _find_slot(session, wish, who=who, now=now)
    takings = (*slot.takings, ClaimSpan(details.patient_id, *slot.visit.shape.patient_cells(wish.start_cell)))
    new = _new(wish, slot, state=State.BOOKED, who=who, now=now, details=details)
    return claims.take(session, new, takings, by=who.by, now=now)


def confirm(
    session: Session,
    hold: HoldRow,
    said: PatientRecord,
    patient_id: int | None,
    *,
    who: Who,
    now: datetime,
    once: RequestKey | None = None,
) -> int:
    """Make a hold, as `bookings.find` found it, a visit of that patient, or of one who is new to us. Returns the patient's id.

    A hold that has ended still books if its time is free: expiry loses priority, never answers.
    Raises TimeTaken, NotOffered, PatientClash, IllegalMove.
    """
    check_move(State(hold.state), State.BOOKED)
    if hold.state == State.BOOKED:  # a booked visit is moved, never confirmed again
        raise IllegalMove("This visit is already booked.")
    if not _stands(hold, hold.claims, now):
        slot = _take_again(session, hold, who=who, now=now)
        hold = replace(hold, room_id=slot.room_id, equipment_id=slot.equipment_id)
    return confirmations.book(session, hold, said, patient_id, once=once, by=who.by, now=now)


def extend(session: Session, appointment_id: int, *, who: Who, now: datetime) -> datetime:
    """Hold on for another ten minutes, up to thirty in all. Returns the new end. Raises TimeTaken, IllegalMove, NotFound."""
    appointment = locked(session, appointment_id)
    if appointment.state not in (State.HELD, State.EXPIRED):
        check_move(State(appointment.state), State.HELD)
    # Never shorter than it is: staff may have taken it for longer.
    until = max(hold_until(appointment.held_at, now), appointment.hold_expires_at or now)
    if until <= now:
        raise IllegalMove("This time has been held for as long as it can be. Book it now, or choose it again.")
    if not _stands(appointment, claims.count_claims(session, appointment_id), now):
        slot = _take_again(session, appointment, who=who, now=now)
        appointment.room_id, appointment.equipment_id = slot.room_id, slot.equipment_id
    claims.keep_claims(session, appointment_id, expires_at=until)
    appointment.state, appointment.hold_expires_at = State.HELD, until
    record(session, appointment, Action.EXTEND, who=who, now=now)
    return until


def release(session: Session, appointment_id: int, *, who: Who, now: datetime) -> None:
    """Give a held time back. Releasing twice is once. Raises IllegalMove for what is no hold, NotFound."""
    appointment = locked(session, appointment_id)
    if appointment.patient_id is None and appointment.state in (State.CANCELLED, State.EXPIRED):
        return
    if appointment.state != State.HELD:
        raise IllegalMove("This visit is already booked. To give it up, cancel it.")
    claims.drop_claims(session, appointment_id)
    appointment.state, appointment.cancelled_at, appointment.hold_expires_at = State.CANCELLED, now, None
    record(session, appointment, Action.RELEASE, who=who, now=now)


def expire(session: Session, appointment_id: int, *, now: datetime) -> bool:
    """Tidy away a hold that has ended. Says whether there was anything to tidy."""
    appointment = locked(session, appointment_id)
    if appointment.state != State.HELD or appointment.hold_expires_at is None or appointment.hold_expires_at > now:
        return False
    claims.drop_claims(session, appointment_id)
    appointment.state = State.EXPIRED
    record(session, appointment, Action.EXPIRE, who=Who("sweeper", "worker"), now=now)
    return True


def move(session: Session, appointment_id: int, wish: SlotRef, *, who: Who, now: datetime) -> Appointment:
    """Reschedule: the old time is given back in the same transaction that secures the new one. The id stays.

    To where it is already, it is no move: a button pressed twice.

    Raises TimeTaken, NotOffered, PatientClash, IllegalMove, NotFound; then nothing has changed.
    """
    appointment = locked(session, appointment_id, wish.specialist_id, location_id=wish.location_id)
    if appointment.state != State.BOOKED:
        check_move(State(appointment.state), State.CANCELLED)
        raise IllegalMove("This visit cannot be moved any more. Please call us.")
    window_hours = _visit(session, appointment.visit_type_id).cancel_window_hours
    # A visit that its specialist cannot give may move at any time: it is not the patient who is late.
    to_move = bool(tasks.causes_of(session, [appointment_id]))
    check_reschedule(appointment.start_at, now, window_hours, staff=who.staff or to_move)
    if wish.visit_type_id != appointment.visit_type_id:
        raise NotOffered(f"That time is for another kind of visit. {CALL_US}")
    slot = _find_slot(session, wish, who=who, now=now, own_appointment_id=appointment_id)
    before = (appointment.location_id, appointment.specialist_id, appointment.start_at)
    ended_at = appointment.end_at
    if before == (wish.location_id, wish.specialist_id, slot.start):
        return appointment
    claims.drop_claims(session, appointment_id)
    claims.drop_expired(session, slot.takings, now=now)
    claims.claim(session, appointment_id, slot.takings)
    if appointment.patient_id is not None:
        theirs = ClaimSpan(appointment.patient_id, *slot.visit.shape.patient_cells(wish.start_cell))
        claims.claim(session, appointment_id, [theirs], refuse_as=PatientClash)
    appointment.location_id, appointment.specialist_id = wish.location_id, wish.specialist_id
    appointment.room_id, appointment.equipment_id = slot.room_id, slot.equipment_id
    appointment.start_at, appointment.end_at, appointment.time_zone = slot.start, slot.end, slot.time_zone
    appointment.sequence += 1
    appointment.confirmed_at = None  # they said that they would come to the old time
    if to_move:
        tasks.close_visit_tasks(session, tasks.AFFECTED_VISIT, [appointment_id], now=now)
    record(session, appointment, Action.MOVE, who=who, now=now, event="moved")
    location_id, specialist_id, began_at = before
    waitlist.free(session, specialist_id, location_id, began_at, ended_at, cause="moved", now=now)
    if location_id != appointment.location_id:
        waitlist.follow(session, appointment_id, location_id, appointment.location_id)
    return appointment


def swap(session: Session, appointment_id: int, hold_id: int, *, who: Who, now: datetime) -> Appointment:
    """Move a visit to the time of a hold, which ends with it: both or neither, and nobody else comes between.

    As staff would move it: its window for changes is lifted. Raises what `move` does; then nothing has changed.
    """
    hold = appointments.find(session, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    appointment = locked(session, appointment_id, hold.specialist_id, location_id=hold.location_id)
    hold = appointments.find(session, hold_id)
    assert hold is not None  # seen a moment ago, and appointments that are held are never deleted
    wish = SlotRef(hold.visit_type_id, hold.location_id, hold.specialist_id, cell_at(hold.start_at))
    if hold.patient_id is not None or hold.state == State.CANCELLED:
        raise TimeTaken()
    if hold.state == State.HELD:
        claims.drop_claims(session, hold_id)
        hold.state, hold.cancelled_at, hold.hold_expires_at = State.CANCELLED, now, None
        record(session, hold, Action.RELEASE, who=who, now=now)
    return move(session, appointment.id, wish, who=replace(who, staff=True), now=now)


def cancel(session: Session, appointment_id: int, reason: str | None, *, who: Who, now: datetime) -> Appointment:
    """Cancel a visit and free its time. Patients can until it starts. Raises IllegalMove, NotFound."""
    appointment = locked(session, appointment_id)
    if appointment.state == State.HELD:
        raise IllegalMove("This time is only held. Release it instead.")
    check_move(State(appointment.state), State.CANCELLED)
    if appointment.start_at <= now and not who.staff:
        raise IllegalMove("This visit has already begun. Please call us.")
    claims.drop_claims(session, appointment_id)
    window_hours = _visit(session, appointment.visit_type_id).cancel_window_hours
    appointment.state, appointment.cancelled_at, appointment.cancel_reason = State.CANCELLED, now, reason
    to_move = bool(tasks.causes_of(session, [appointment_id]))
    appointment.cancelled_late = not to_move and is_late(appointment.start_at, now, window_hours)
    if to_move:
        tasks.close_visit_tasks(session, tasks.AFFECTED_VISIT, [appointment_id], now=now)
    appointment.sequence += 1
    record(session, appointment, Action.CANCEL, who=who, now=now, event="cancelled")
    where = (appointment.specialist_id, appointment.location_id)
    waitlist.free(session, *where, appointment.start_at, appointment.end_at, cause="cancelled", now=now)
    return appointment


def _find_slot(
    session: Session,
    wish: SlotRef,
    *,
    who: Who,
    now: datetime,
    asked_at: datetime | None = None,
    own_appointment_id: int | None = None,
) -> _Slot:
    """Check every rule again and choose room and equipment. What has expired counts as free. Raises NotOffered, TimeTaken."""
    visit, location = find_visit_at(session, wish.visit_type_id, wish.location_id)
    if visit is None:
        raise NotOffered(NO_SUCH_VISIT)
    if not visit.shape.online and not who.staff:
        raise NotOffered(BY_STAFF)
    if location is None:
        raise NotOffered(f"That clinic is not taking visits. {CALL_US}")
    start = instant_at(wish.start_cell)
    first, last = window(visit.shape, asked_at or now, staff=who.staff)
    if start < now:
        raise NotOffered(f"That time has passed. {CALL_US}")
    if not first <= start < last:
        raise NotOffered(f"That time cannot be booked at present. {CALL_US}")
    end = start + timedelta(minutes=visit.shape.minutes)
    shape, site, as_if = (
        outside_hours.lifted(session, wish, visit, location) if who.outside_hours else (visit.shape, location, None)
    )
    calendars = Calendars(
        session, visit.id, shape, [site], since=start, until=end, now=now,
        specialist_id=wish.specialist_id, own_appointment_id=own_appointment_id, as_if=as_if,
    )  # fmt: skip
    calendars.grow(end)
    if not _is_start(calendars, wish.start_cell):
        calendars.forget_claims()
        if _is_start(calendars, wish.start_cell):
            raise TimeTaken()
        raise NotOffered(outside_hours.CLOSED if who.outside_hours else f"That time is not on offer. {CALL_US}")
    rooms = calendars.free_rooms(location.id, wish.start_cell)
    equipment = calendars.free_equipment(location.id, wish.start_cell)
    room_id, equipment_id = (rooms[0] if rooms else None), (equipment[0] if equipment else None)
    takings = [ClaimSpan(wish.specialist_id, *visit.shape.specialist_cells(wish.start_cell))]
    takings += [ClaimSpan(r, *visit.shape.room_cells(wish.start_cell)) for r in (room_id, equipment_id) if r is not None]
    return _Slot(visit, location.time_zone, start, end, room_id, equipment_id, tuple(takings))


def _is_start(calendars: Calendars, cell: int) -> bool:
    return any(line >> (cell - calendars.origin) & 1 for _practice, line in calendars.starts())


def _stands(hold: Appointment | HoldRow, its_claims: int, now: datetime) -> bool:
    """Whether the hold has not ended and every claim of it is still there."""
    wanted = 1 + (hold.room_id is not None) + (hold.equipment_id is not None)
    return hold.hold_expires_at is not None and hold.hold_expires_at > now and its_claims == wanted


def _take_again(session: Session, hold: Appointment | HoldRow, *, who: Who, now: datetime) -> _Slot:
    """Claim a lapsed hold's time once more, perhaps in another room. Raises TimeTaken, NotOffered.

    Notice counts from when it was held: whoever types slowly loses priority, and nothing else.
    """
    wish = SlotRef(hold.visit_type_id, hold.location_id, hold.specialist_id, cell_at(hold.start_at))
    claims.drop_claims(session, hold.id)
    slot = _find_slot(session, wish, who=who, now=now, asked_at=hold.held_at)
    claims.drop_expired(session, slot.takings, now=now)
    claims.claim(session, hold.id, slot.takings, expires_at=hold.hold_expires_at)
    return slot


def _visit(session: Session, visit_type_id: int) -> BookableVisit:
    visit = find_visit(session, visit_type_id)
    if visit is None:
        raise NotOffered(NO_SUCH_VISIT)
    return visit


def _new(
    wish: SlotRef, slot: _Slot, *, state: State, who: Who, now: datetime,
    expires_at: datetime | None = None, details: Details | None = None,
) -> NewAppointment:  # fmt: skip
    return NewAppointment(
        reference=write_reference(secrets.randbits(50)), state=state.value, visit_type_id=wish.visit_type_id,
        location_id=wish.location_id, specialist_id=wish.specialist_id, room_id=slot.room_id, equipment_id=slot.equipment_id,
        patient_id=details.patient_id if details else None, start_at=slot.start, end_at=slot.end, time_zone=slot.time_zone,
        held_at=now, hold_expires_at=expires_at, booked_at=now if details else None, channel=who.channel,
        new_patient=details.new_patient if details else None, booked_by=details.booked_by if details else None,
        reason=details.reason if details else None,
    )  # fmt: skip
