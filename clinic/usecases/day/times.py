"""When a visit could be next: the times of its specialist after a day, for a follow-up; also of colleagues, for a visit that
moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, NotFound, NotOffered
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.hours import local_day
from clinic.domain.tokens import SlotRef, read_opening
from clinic.engine.placing.resolve import reached
from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, by_start, soonest
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit, find_visit
from clinic.store.directory.locations import LocationRow, offering
from clinic.store.schedules.assignments import workplaces_of
from clinic.store.schedules.specialist_calendar import given_by
from clinic.store.tables.appointments import Appointment
from clinic.store.work import tasks

WEEKS = (1, 2, 4, 6, 12)
USUAL_WEEKS = 2
DAYS_AT_ONCE = 3
_LOOKED_AT = timedelta(days=13)
_FURTHEST = timedelta(days=365)
NO_SUCH_GIVER = "No such specialist gives this kind of visit at your clinics."


ANYBODY = 0
"""Instead of a specialist's number: whoever gives that kind of visit."""


class Giver(NamedTuple):
    """A specialist who gives the kind of visit; `here`: at the clinic where it is now."""

    id: int
    name: str
    here: bool


@dataclass(frozen=True, slots=True)
class DaysWithTimes:
    """Days with times, from `first_day` on; `later` is where the next ones begin, None when there are none.

    `kind` is the kind of visit they are for, one of `kinds`; None when the specialist gives none that can follow. `givers` are
    those to whom a visit can move, and `chosen` is whose times these are: one of them, or 0 for all.
    """

    kind: BookableVisit | None
    kinds: tuple[BookableVisit, ...]
    first_day: date
    days: tuple[tuple[date, tuple[Opening, ...]], ...] = ()
    later: date | None = None
    givers: tuple[Giver, ...] = ()
    chosen: int = 0


def follow_up_times(
    session: Session, viewer: Viewer, appointment_id: int, *, kind: str = "", first_day: date | None = None, now: datetime
) -> DaysWithTimes:
    """For another visit of its patient with its specialist, two weeks on unless told: kinds that are not for the new alone.

    `kind` is a slug; one that is not understood is the likeliest. Raises NotFound beyond reach.
    """
    visit = reached(session, viewer, appointment_id)
    kinds = tuple(one for one in given_by(session, visit.specialist_id) if one.shape.audience != "new")
    today = local_day(now, visit.time_zone)
    first = max(first_day or today + timedelta(weeks=USUAL_WEEKS), today)
    chosen = next((one for one in kinds if one.slug == kind), None) or _likeliest(session, visit, kinds)
    if chosen is None:
        return DaysWithTimes(None, (), first)
    rows = _clinics(session, viewer, visit, chosen.id)
    return _times(session, rows, chosen, kinds, first, specialist_id=visit.specialist_id, now=now)


def move_times(
    session: Session, viewer: Viewer, appointment_id: int, *, giver_id: int | None = None, first_day: date | None = None,
    now: datetime,
) -> DaysWithTimes:  # fmt: skip
    """For the visit itself: its own time counts as free. With its specialist, or with `giver_id`: one of those who give that kind
    of visit at the clinics of whoever asks, or ANYBODY. Unless told, with its specialist; of a visit that has yet to be moved,
    with anybody.

    Raises NotFound beyond reach (a specialist who is none of these, too), IllegalMove.
    """
    visit = reached(session, viewer, appointment_id)
    if visit.state != State.BOOKED or visit.start_at <= now:
        raise IllegalMove("Only a visit that is still ahead can move.")
    kind = find_visit(session, visit.visit_type_id)
    first = max(first_day or date.min, local_day(now, visit.time_zone))
    if kind is None:
        return DaysWithTimes(None, (), first)
    rows = _places_to_move(session, viewer, visit)
    givers = _givers(session, visit, rows)
    if giver_id is None:
        giver_id = ANYBODY if tasks.causes_of(session, [visit.id]) and len(givers) > 1 else visit.specialist_id
    if giver_id != ANYBODY and giver_id not in {giver.id for giver in givers} | {visit.specialist_id}:
        raise NotFound(NO_SUCH_GIVER)
    if giver_id == visit.specialist_id:
        rows = _clinics(session, viewer, visit, kind.id)
    found = _times(session, rows, kind, (kind,), first, specialist_id=giver_id or None, now=now, own=visit.id)
    return replace(found, givers=givers, chosen=giver_id)


def check_move(session: Session, viewer: Viewer, appointment_id: int, opening: str, *, key: bytes) -> SlotRef:
    """The time that was pressed, if the visit may move there: with whom and where `move_times` would show it.

    Raises NotFound beyond reach, NotOffered, UnusableToken.
    """
    visit = reached(session, viewer, appointment_id)
    wish = read_opening(key, opening)
    if wish.specialist_id == visit.specialist_id:
        rows = _clinics(session, viewer, visit, wish.visit_type_id)
    else:
        places = {row.id for row in _places_to_move(session, viewer, visit)}
        rows = [row for row in offering(session, wish.visit_type_id, specialist_id=wish.specialist_id) if row.id in places]
    if wish.location_id not in {row.id for row in rows}:
        raise NotOffered("That time is not with a specialist of your clinics. Choose one from the list.")
    return wish


def _places_to_move(session: Session, viewer: Viewer, visit: Appointment) -> list[LocationRow]:
    """Where its kind is given and whoever asks has a say: at their clinics; a specialist's are those where they work; of a
    visit that is entrusted to them alone, at its clinic.
    """
    theirs = {visit.location_id} if visit.id in viewer.visits else set()
    if viewer.specialist_id is not None and viewer.specialist_id == visit.specialist_id:
        theirs |= workplaces_of(session, viewer.specialist_id)
    rows = offering(session, visit.visit_type_id)
    looked_up = visit.patient_id in viewer.patients
    return [row for row in rows if row.id in theirs or viewer.reach.covers(location_id=row.id, looked_up=looked_up)]


def _givers(session: Session, visit: Appointment, rows: Sequence[LocationRow]) -> tuple[Giver, ...]:
    """Whoever gives its kind there: first those at its clinic, by name."""
    here = {one.id for one in people.offering(session, visit.visit_type_id, [visit.location_id])}
    found = people.offering(session, visit.visit_type_id, [row.id for row in rows])
    return tuple(
        sorted((Giver(one.id, one.name, one.id in here) for one in found), key=lambda giver: (not giver.here, giver.name))
    )


def check_opening(session: Session, viewer: Viewer, appointment_id: int, opening: str, *, key: bytes) -> SlotRef:
    """The time that was pressed, if it is with the visit's specialist, at a clinic within reach.

    Raises NotFound beyond reach, NotOffered, UnusableToken.
    """
    visit = reached(session, viewer, appointment_id)
    wish = read_opening(key, opening)
    at = [row.id for row in _clinics(session, viewer, visit, wish.visit_type_id)]
    if wish.specialist_id != visit.specialist_id or wish.location_id not in at:
        raise NotOffered("That time is not with this specialist. Choose one from the list.")
    return wish


def _likeliest(session: Session, visit: Appointment, kinds: Sequence[BookableVisit]) -> BookableVisit | None:
    """For returning patients before others, of the same service before others; else the same kind again."""
    this = find_visit(session, visit.visit_type_id)
    service = this.service_slug if this else ""

    def rank(one: BookableVisit) -> tuple[bool, bool, bool]:
        return one.service_slug != service, one.shape.audience != "returning", one.id != visit.visit_type_id

    return min(kinds, key=rank, default=None)


def _clinics(session: Session, viewer: Viewer, visit: Appointment, visit_type_id: int) -> list[LocationRow]:
    """Where the specialist gives it, and whoever asks may book it."""
    own = viewer.specialist_id == visit.specialist_id
    rows = offering(session, visit_type_id, specialist_id=visit.specialist_id)
    looked_up, entrusted = visit.patient_id in viewer.patients, visit.id in viewer.visits
    return [
        row for row in rows
        if viewer.reach.covers(location_id=row.id, mine=own, looked_up=looked_up)
        or (entrusted and row.id == visit.location_id)
    ]  # fmt: skip


def _times(
    session: Session, rows: Sequence[LocationRow], kind: BookableVisit, kinds: tuple[BookableVisit, ...], first: date,
    *, specialist_id: int | None, now: datetime, own: int | None = None,
) -> DaysWithTimes:  # fmt: skip
    sought = SearchCriteria(
        visit=kind, candidates=[CandidateSite(row) for row in rows], staff=True, specialist_id=specialist_id,
        own_appointment_id=own, first_day=first, until=now + _FURTHEST,
    )  # fmt: skip
    opening = next(iter(soonest(session, sought, now=now, limit=1)), None)
    if opening is None:
        return DaysWithTimes(kind, kinds, first)
    begins = _day_of(opening)
    near = replace(sought, first_day=begins, last_day=begins + _LOOKED_AT, until=None)
    openings = sorted(by_start(session, near, now=now), key=_day_of)
    days = [(day, tuple(times)) for day, times in groupby(openings, key=_day_of)]
    later = days[DAYS_AT_ONCE][0] if len(days) > DAYS_AT_ONCE else begins + _LOOKED_AT + timedelta(days=1)
    return DaysWithTimes(kind, kinds, first, tuple(days[:DAYS_AT_ONCE]), later)


def _day_of(opening: Opening) -> date:
    return local_day(opening.start, opening.location.time_zone)
