"""Calendars filled to a share, visit by visit, around everything that closes a clinic or keeps a specialist away.

When somebody works is asked of the very calendars that searches use, so the demo cannot book what nobody would be offered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.hours import local_day
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, cells_in, instant_at, span, spans_of
from clinic.store.directory.locations import Site
from clinic.store.schedules.calendars import Calendars
from clinic.store.schedules.site_schedules import PractitionerRole

DAYS_BACK, DAYS_AHEAD = 14, 42
NEXT_DAYS_FULL, LAST_DAYS_FULL, PAST_FULL = 0.72, 0.48, 0.6
"""How full tomorrow is, the last day of the six weeks, and the past: 60% over the six weeks."""

_ANY = VisitShape(minutes=5, step_minutes=5)
_PANEL = 30


@dataclass(frozen=True, slots=True)
class Given:
    """A visit type that somebody gives, and how often."""

    visit_type_id: int
    shape: VisitShape
    weight: int


@dataclass(frozen=True, slots=True)
class Working:
    """A specialist at a site: bit i of `line` is set where they work in the cell `origin` + i. Patients come from `area`."""

    practice: PractitionerRole
    origin: int
    line: int
    given: tuple[Given, ...]
    area: str


@dataclass(frozen=True, slots=True)
class PlacedVisit:
    """One visit to be written. `patient` is a number of Filled.patients."""

    practice: PractitionerRole
    visit_type_id: int
    shape: VisitShape
    start_cell: int
    room_id: int | None
    equipment_id: int | None
    patient: int
    first: bool


@dataclass(slots=True)
class Filled:
    """`patients` holds the area of each. `working` and `taken` are cells of specialists' time after now."""

    placed: list[PlacedVisit] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)
    working: int = 0
    taken: int = 0


def window(now: datetime) -> tuple[datetime, datetime]:
    """Two weeks back and six ahead, from midnight UTC: the same for a whole day."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS_BACK), today + timedelta(days=DAYS_AHEAD)


def working_time(
    session: Session, visit_type_id: int, sites: Sequence[Site], *, now: datetime
) -> Iterator[tuple[PractitionerRole, int, int]]:
    """(practice, origin, line) of everyone who gives the visit type at one of the sites, claims left out."""
    since, until = window(now)
    calendars = Calendars(session, visit_type_id, _ANY, sites, since=since, until=until, now=now)
    calendars.grow(until)
    calendars.forget_claims()
    inside = span(cell_at(since) - calendars.origin, cell_at(until) - calendars.origin)
    for practice, line in sorted(calendars.starts(), key=lambda found: (found[0].specialist_id, found[0].site.id)):
        yield practice, calendars.origin, line & inside


class Filler:
    """Fills one working time after the other; rooms, equipment and patients are shared among them."""

    def __init__(self, rooms: Iterable[tuple[int, str, int]], random: Random, *, now: datetime) -> None:
        """`rooms`: (site, kind, id) of every room and piece of equipment."""
        self.filled = Filled()
        self._random = random
        self._now = cell_at(now)
        self._today = self._now // CELLS_PER_DAY * CELLS_PER_DAY
        self._rooms: dict[tuple[int, str], list[int]] = defaultdict(list)
        for site, kind, room in rooms:
            self._rooms[site, kind].append(room)
        self._used: dict[int, int] = defaultdict(int)
        self._panels: dict[int, list[int]] = defaultdict(list)
        self._areas: dict[str, list[int]] = defaultdict(list)
        self._seen: set[tuple[int, int]] = set()

    def fill(self, working: Working) -> None:
        """Book `working` to its share. What is owed to it is carried from one gap to the next, so the share comes out."""
        weights = [given.weight for given in working.given]
        shortest = min(given.shape.cells for given in working.given)
        owed = 0.0
        for start, end in spans_of(working.line, working.origin):
            day = local_day(instant_at(start), working.practice.site.time_zone).toordinal()
            share = self._share(start)
            cell = start
            while end - cell >= shortest:
                given = self._random.choices(working.given, weights)[0]
                begin = _on_step(cell + cells_in(given.shape.buffer_before), given.shape.step_minutes)
                low, high = given.shape.specialist_cells(begin)
                if high > end:
                    given = min(working.given, key=lambda one: one.shape.cells)
                    begin = _on_step(cell + cells_in(given.shape.buffer_before), given.shape.step_minutes)
                    low, high = given.shape.specialist_cells(begin)
                    if high > end:
                        break
                owed += share * (high - cell)
                if owed >= (high - low) * self._random.random() and self._book(working, given, begin, day):
                    owed -= high - low
                    self._count(low, high, taken=True)
                cell = high
            owed += share * (end - cell)
            self._count(start, end, taken=False)

    def _share(self, cell: int) -> float:
        ahead = (cell - self._today) / CELLS_PER_DAY
        if ahead < 0:
            return PAST_FULL
        return NEXT_DAYS_FULL + (LAST_DAYS_FULL - NEXT_DAYS_FULL) * ahead / DAYS_AHEAD

    def _count(self, start: int, end: int, *, taken: bool) -> None:
        cells = max(0, end - max(start, self._now))
        if taken:
            self.filled.taken += cells
        else:
            self.filled.working += cells

    def _book(self, working: Working, given: Given, begin: int, day: int) -> bool:
        site, shape = working.practice.site.id, given.shape
        room = self._free(site, shape.room_kind, shape, begin)
        equipment = self._free(site, shape.equipment_kind, shape, begin)
        if (shape.room_kind and room is None) or (shape.equipment_kind and equipment is None):
            return False
        for resource in filter(None, (room, equipment)):
            self._used[resource] |= span(*(cell - working.origin for cell in shape.room_cells(begin)))
        first = shape.audience != "returning"
        patient = self._patient(working, day, fresh=first and self._random.random() < 0.8)
        self.filled.placed.append(
            PlacedVisit(working.practice, given.visit_type_id, shape, begin, room, equipment, patient, first)
        )
        return True

    def _free(self, site: int, kind: str | None, shape: VisitShape, begin: int) -> int | None:
        rooms = self._rooms.get((site, kind)) if kind else None
        if not rooms:
            return None
        since = self._today - (DAYS_BACK + 1) * CELLS_PER_DAY  # the calendars' origin
        wanted = span(*(cell - since for cell in shape.room_cells(begin)))
        return next((room for room in rooms if not self._used[room] & wanted), None)

    def _patient(self, working: Working, day: int, *, fresh: bool) -> int:
        """Somebody who has no visit that day. Follow-ups go to the specialist's own patients, if they can."""
        panel = self._panels[working.practice.specialist_id]
        area = self._areas[working.area]
        if not fresh:
            for candidates in (panel[-_PANEL:], panel[-_PANEL:], panel[-_PANEL:], area):
                if candidates:
                    chosen = self._random.choice(candidates)
                    if (chosen, day) not in self._seen:
                        self._seen.add((chosen, day))
                        return chosen
        chosen = len(self.filled.patients)
        self.filled.patients.append(working.area)
        panel.append(chosen)
        area.append(chosen)
        self._seen.add((chosen, day))
        return chosen


def _on_step(cell: int, step_minutes: int) -> int:
    step = cells_in(step_minutes)
    return -(-cell // step) * step
