"""What a change of availability does to visits: which it touches, which stand free again, and what becomes of them.

The same for hours that are saved on a page and for those that are imported. Part of a writing transaction that holds the
specialist's calendar; before that, a preview.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.scheduling.affected import Cause
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.availability import Roster
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.text.messages import last_reminder
from clinic.domain.time.hours import local_day
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, span
from clinic.engine.placing import place
from clinic.store.appointments import appointments
from clinic.store.audit import audit
from clinic.store.messages import outbox
from clinic.store.messages.recipients import find_recipient
from clinic.store.schedules.specialist_calendar import BusyStretch, taken
from clinic.store.work import tasks

Places = Mapping[int, Workplace]


class RosterAtClinics(NamedTuple):
    """A roster, and the clinics that it is at as they are then."""

    roster: Roster
    places: Places


@dataclass(frozen=True, slots=True)
class Touched:
    """What is booked or held ahead and overlaps time that the change takes away, with why.

    `visits` have no task yet, `listed` have one already; of `freed` the causes of the task have ended, all of them.
    """

    visits: dict[BusyStretch, frozenset[Cause]]
    holds: tuple[BusyStretch, ...]
    listed: dict[BusyStretch, frozenset[Cause]]
    freed: tuple[BusyStretch, ...]


def touched(session: Session, specialist_id: int, before: RosterAtClinics, after: RosterAtClinics, *, now: datetime) -> Touched:
    """Two queries; under the specialist's lock it is what will be when the change is saved."""
    rows = taken(session, specialist_id, now=now)
    origin = cell_at(now) // CELLS_PER_DAY * CELLS_PER_DAY - CELLS_PER_DAY
    cells = max((row.end_cell for row in rows), default=origin) - origin + CELLS_PER_DAY
    lines = _Lines(before, after, origin, cells)
    open_ones = tasks.causes_of(session, [row.appointment_id for row in rows])
    visits: dict[BusyStretch, frozenset[Cause]] = {}
    listed: dict[BusyStretch, frozenset[Cause]] = {}
    holds: list[BusyStretch] = []
    freed: list[BusyStretch] = []
    for row in rows:
        new = lines.taken_from(row)
        known = open_ones.get(row.appointment_id)
        if row.state == State.HELD:
            holds += [row] if new else []
        elif known is None:
            visits |= {row: new} if new else {}
        else:
            left = new | {cause for cause in {*known, Cause.AWAY} if lines.still_holds(cause, row)}
            if not left:
                freed.append(row)
            elif left != known:
                listed[row] = left
    return Touched(visits, tuple(holds), listed, tuple(freed))


class _Lines:
    """When the specialist works, before and after, as timelines from `origin`."""

    def __init__(self, before: RosterAtClinics, after: RosterAtClinics, origin: int, cells: int) -> None:
        self._before, self._after, self._origin, self._cells = before, after, origin, cells
        self._away_before, self._away = (one.roster.away_line(origin, cells) for one in (before, after))
        self._of: dict[int, tuple[int, int]] = {}

    def taken_from(self, row: BusyStretch) -> frozenset[Cause]:
        """Why the change touches it; nothing where it does not."""
        wanted = self._span(row)
        before, after = self._hours(row.location_id)
        causes = set()
        if wanted & self._away & ~self._away_before:
            causes.add(Cause.AWAY)
        if wanted & before & ~after:
            causes.add(Cause.HOURS)
        if wanted & ~after and self._is_closed(row):
            causes.add(Cause.CLOSED)
        return frozenset(causes)

    def _is_closed(self, row: BusyStretch) -> bool:
        """Whether the change takes the whole day of the visit at its clinic: all hours of it, or in so many words."""
        said_before, said = (self._is_said_off(one, row) for one in (self._before, self._after))
        return self._is_off(self._after, row) and (not self._is_off(self._before, row) or (said and not said_before))

    def still_holds(self, cause: Cause, row: BusyStretch) -> bool:
        wanted = self._span(row)
        if cause is Cause.AWAY:
            return bool(wanted & self._away)
        if not wanted & ~self._hours(row.location_id)[1]:  # inside the hours
            return False
        taken_back = self._is_said_off(self._before, row) and not self._is_said_off(self._after, row)
        return cause is Cause.HOURS or (self._is_off(self._after, row) and not taken_back)

    def _span(self, row: BusyStretch) -> int:
        return span(row.start_cell - self._origin, row.end_cell - self._origin)

    def _hours(self, location_id: int) -> tuple[int, int]:
        if location_id not in self._of:
            before, after = (self._line(one, location_id) for one in (self._before, self._after))
            self._of[location_id] = before, after
        return self._of[location_id]

    def _line(self, standing: RosterAtClinics, location_id: int) -> int:
        """Hours at the clinic while it is open; whether the specialist is away is another matter."""
        place = standing.places.get(location_id)
        if place is None:
            return 0
        hours = standing.roster.hours_line(place.id, place.time_zone, self._origin, self._cells)
        return hours & place.open_line(self._origin, self._cells)

    def _is_off(self, standing: RosterAtClinics, row: BusyStretch) -> bool:
        """Whether they do not work at that clinic at all on the day of the visit."""
        place = standing.places.get(row.location_id)
        return place is None or not standing.roster.hours_on(place.id, _day_of(row, place))

    @staticmethod
    def _is_said_off(standing: RosterAtClinics, row: BusyStretch) -> bool:
        """Whether the roster says of that very day that they do not work there."""
        place = standing.places.get(row.location_id)
        day = _day_of(row, place) if place else None
        return any((one.location_id, one.day, one.hours) == (row.location_id, day, "") for one in standing.roster.days)


def _day_of(row: BusyStretch, at: Workplace) -> date:
    return local_day(row.start_at, at.time_zone)


def put_on_list(session: Session, affected: Mapping[BusyStretch, frozenset[Cause]], *, now: datetime) -> None:
    """A task for each visit; and its patient is told to call first, if it is open when the last reminder would be sent."""
    tasks.add_affected(session, {row.appointment_id: (row.patient_id, causes) for row, causes in affected.items()}, now=now)
    for row in affected:
        told = find_recipient(session, row.appointment_id)
        assert told is not None  # it was read a moment ago, and its specialist's calendar is ours
        due = last_reminder(row.start_at, [int(day) for day in told.reminders.split()], zone_name=told.their_zone)
        outbox.tell_to_call(session, row.appointment_id, row.sequence, due_at=max(due, now))


def take_note(session: Session, found: Touched, *, actor: str, now: datetime) -> None:
    """Of visits with a task: why it is there now; where nothing is left of it, the task is done, and the log says so."""
    for row, causes in found.listed.items():
        tasks.set_causes(session, row.appointment_id, causes)
    if found.freed:
        tasks.close_visit_tasks(session, tasks.AFFECTED_VISIT, [row.appointment_id for row in found.freed], now=now)
    for row in found.freed:
        audit.note(session, row.appointment_id, actor=actor, action=Action.STANDS_AGAIN, patient_id=row.patient_id, now=now)


def end_holds(session: Session, holds: Iterable[BusyStretch], *, now: datetime) -> None:
    """As if their minutes were over: who types on is told that the time is not on offer, keeps every answer, and sees others."""
    for held in holds:
        if (hold := appointments.find(session, held.appointment_id)) is not None:
            hold.hold_expires_at = now
            session.flush()
            place.expire(session, held.appointment_id, now=now)
