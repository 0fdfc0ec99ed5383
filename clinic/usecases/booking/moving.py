"""Move a visit: what it could move to, how it would be then, and the move itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, NotOffered
from clinic.domain.geography.places import Point
from clinic.domain.scheduling.appointment import State, check_move, check_reschedule
from clinic.domain.time.hours import local_day
from clinic.domain.tokens import SlotRef, guess_opening, read_opening
from clinic.engine.placing import place
from clinic.engine.placing.booked import Booked, as_booked
from clinic.engine.placing.changing import Who
from clinic.engine.placing.place import CALL_US
from clinic.engine.placing.resolve import managed
from clinic.engine.search.alternatives import wish_of, with_alternatives
from clinic.engine.search.candidates import NEARBY_MILES, CandidateSite, Opening, SearchCriteria, nearest, soonest, widening
from clinic.engine.transaction import transaction
from clinic.store.appointments.summaries import VisitSummary, summary_if_moved
from clinic.store.directory import people
from clinic.store.directory.catalogue import find_visit
from clinic.store.directory.locations import find_point, offering
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location

IN_A_GROUP = 3
CLINICS_TO_CHOOSE_FROM = 20


@dataclass(frozen=True, slots=True)
class MoveChoices:
    """Times that a visit could move to: the next days with its specialist, and with others at its clinic; the soonest elsewhere.

    Each time stands in the first group it fits. Its own time counts as free, so that it can move by a quarter of an hour.
    """

    same_specialist: tuple[Opening, ...] = ()
    same_clinic: tuple[Opening, ...] = ()
    nearby: tuple[Opening, ...] = ()


def why_not_moved(visit: VisitSummary, *, now: datetime) -> str | None:
    """In words, why its patient cannot move the visit now; None when they can."""
    try:
        if visit.state != State.BOOKED:
            check_move(State(visit.state), State.CANCELLED)
            raise IllegalMove("This visit cannot be moved any more. Please call us.")
        if not visit.online:
            raise IllegalMove("This kind of visit is arranged by our staff. To change the time, please call us.")
        check_reschedule(visit.start, now, visit.cancel_window_hours, staff=visit.to_move is not None)
    except IllegalMove as refused:
        return refused.message
    return None


def choices(session: Session, manage_token: str, *, key: bytes, now: datetime) -> MoveChoices:
    """The next times for the visit, three of each kind. Raises UnusableToken, NotFound."""
    appointment = managed(session, manage_token, key, now=now)
    visit, home = find_visit(session, appointment.visit_type_id), session.get(Location, appointment.location_id)
    if visit is None or home is None:
        return MoveChoices()
    shown = {wish_of(appointment)}
    sought = SearchCriteria(visit=visit, candidates=(), own_appointment_id=appointment.id)

    def free(sought: SearchCriteria, count: int = IN_A_GROUP) -> tuple[Opening, ...]:
        found = [o for o in soonest(session, sought, now=now, limit=count + len(shown)) if o.wish not in shown]
        return tuple(found[:count])

    def first_of_days(sought: SearchCriteria) -> tuple[Opening, ...]:
        """Whom the first time does not suit, the next quarter of an hour seldom does: a day each."""
        found: tuple[Opening, ...] = ()
        while len(found) < IN_A_GROUP and (first := free(sought, 1)):
            found += first
            next_day = local_day(first[0].start, first[0].location.time_zone) + timedelta(days=1)
            sought = replace(sought, first_day=next_day)
        shown.update(opening.wish for opening in found)
        return found

    theirs = [CandidateSite(row) for row in offering(session, visit.id, specialist_id=appointment.specialist_id)]
    same_specialist = first_of_days(replace(sought, candidates=theirs, specialist_id=appointment.specialist_id))
    here = [CandidateSite(row) for row in offering(session, visit.id, slugs=[home.slug])]
    others = frozenset(one.id for one in people.offering(session, visit.id, [home.id])) - {appointment.specialist_id}
    same_clinic = first_of_days(replace(sought, candidates=here, people=others)) if others else ()
    nearby: tuple[Opening, ...] = ()
    for radius, candidates in widening(session, visit.id, Point(home.latitude, home.longitude), NEARBY_MILES):
        if radius is None:  # the nearest anyway: not near enough to be offered unasked
            break
        others_near = [candidate for candidate in candidates if candidate.location.id != home.id]
        nearby = max(nearby, free(replace(sought, candidates=others_near)), key=len)
        if len(nearby) == IN_A_GROUP:
            break
    return MoveChoices(same_specialist, same_clinic, nearby)


def clinics_to_move_to(
    session: Session, manage_token: str, *, near: Point | None = None, key: bytes, now: datetime
) -> list[CandidateSite]:
    """The twenty clinics nearest to `near`, or else to the visit's own, that offer its kind. Raises UnusableToken, NotFound."""
    appointment = managed(session, manage_token, key, now=now)
    visit = find_visit(session, appointment.visit_type_id)
    point = near or find_point(session, appointment.location_id)
    return nearest(session, visit.id, point, CLINICS_TO_CHOOSE_FROM) if visit and point else []


def preview_move(session: Session, manage_token: str, opening: str, *, key: bytes, now: datetime) -> tuple[Booked, VisitSummary]:
    """The visit as it is, and as it would be at that time. Nothing changes, and the time may still be taken by others.

    Raises UnusableToken and NotOffered with alternatives, IllegalMove, NotFound.
    """
    appointment = managed(session, manage_token, key, now=now)
    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=False):
        wish = read_opening(key, opening)
        booked = as_booked(session, appointment, key)
        if refusal := why_not_moved(booked.summary, now=now):
            raise IllegalMove(refusal)
        if wish.visit_type_id != appointment.visit_type_id:
            raise NotOffered(f"That time is for another kind of visit. {CALL_US}")
        try:
            moved = summary_if_moved(session, appointment, wish)
        except NoResultFound:
            raise NotOffered(f"That time is not on offer. {CALL_US}") from None
    return booked, moved


def reschedule(session: Session, manage_token: str, opening: str, *, key: bytes, who: Who, now: datetime) -> Booked:
    """Move the visit to another time; the old one is given back only with the new one secured. Twice is once.

    Raises TimeTaken, NotOffered, PatientClash, IllegalMove, UnusableToken, NotFound, Busy.
    """
    appointment = managed(session, manage_token, key, now=now)
    with with_alternatives(session, lambda: guess_opening(opening), now=now, staff=who.staff):
        return _reschedule(session, appointment.id, read_opening(key, opening), key=key, who=who, now=now)


@transaction
def _reschedule(session: Session, appointment_id: int, wish: SlotRef, *, key: bytes, who: Who, now: datetime) -> Booked:
    appointment: Appointment = place.move(session, appointment_id, wish, who=who, now=now)
    return as_booked(session, appointment, key)
