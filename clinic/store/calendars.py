"""Rosters and claims of many specialists, rooms and pieces of equipment -> timelines, in a constant number of queries.

`Calendars` are opened once for a visit type and a set of sites (one query for everything that changes rarely), then
grown: each `grow` reads the claims of the further days (one query) and ORs them into what is known. All timelines share
one origin, a UTC midnight, so that the expansions of weekly hours can be cached by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, String, bindparam, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from clinic.domain.hours import AROUND_THE_CLOCK, day_line, start_grid, week_line
from clinic.domain.openings import room_starts, specialist_starts
from clinic.domain.timeline import CELLS_PER_DAY, cell_at, cells_in, gather, instant_at, span
from clinic.domain.visit import VisitShape
from clinic.store.base import one_of
from clinic.store.claims import LONGEST_CELLS, Claim, milliseconds
from clinic.store.locations import Closure, Equipment, LocationDay, Room, Site
from clinic.store.people import Offer, Specialist
from clinic.store.rosters import Shift, ShiftDay, TimeOff


@dataclass(frozen=True, slots=True)
class Practice:
    """A specialist at a site."""

    site: Site
    specialist_id: int
    slug: str
    name: str


@dataclass(slots=True)
class _Roster:
    practice: Practice
    shifts: list[tuple[str, str, str | None]] = field(default_factory=list)
    days: list[tuple[str, str]] = field(default_factory=list)


_COLUMNS: dict[str, Any] = {
    "site": Integer, "resource": Integer, "start": Integer, "end": Integer,
    "line": String, "first": String, "last": String, "slug": String, "name": String,
}  # fmt: skip
_WORDS = ("first", "last")  # dates travel as text, so that the arms agree


def _row(kind: str, table: Any, **columns: Any) -> Any:
    """One arm of the union below: the same columns whatever is read, null where this kind has none."""
    wanted = [columns[name] if name in columns else cast(null(), kept) for name, kept in _COLUMNS.items()]
    texts = [cast(c, String) if name in _WORDS else c for name, c in zip(_COLUMNS, wanted, strict=True)]
    return select(literal(kind), *texts).select_from(table)


@cache
def _standing(rooms: bool, equipment: bool) -> Any:
    """Everything about these sites and this visit type that is not a claim, as one statement; rooms and equipment if needed."""
    visit_type = bindparam("visit_type", type_=Integer)
    only = bindparam("specialist", type_=Integer)
    first_day, last_day = bindparam("first_day", type_=ShiftDay.day.type), bindparam("last_day", type_=ShiftDay.day.type)
    low, high = bindparam("low", type_=Integer), bindparam("high", type_=Integer)
    offered = [
        Offer.visit_type_id == visit_type,
        one_of(Offer.location_id, "sites"),
        or_(only == 0, Offer.specialist_id == only),
    ]
    here = (Shift.location_id == Offer.location_id) & (Shift.specialist_id == Offer.specialist_id)
    that_day = (ShiftDay.location_id == Offer.location_id) & (ShiftDay.specialist_id == Offer.specialist_id)
    arms = [
        _row(
            "shift", Offer, site=Offer.location_id, resource=Offer.specialist_id,
            line=Shift.weekly, first=Shift.first_day, last=Shift.last_day, slug=Specialist.slug, name=Specialist.name,
        )
        .join(Shift, here)
        .join(Specialist, Specialist.id == Offer.specialist_id)
        .where(*offered, Specialist.active, Shift.first_day <= last_day)
        .where(or_(Shift.last_day.is_(None), Shift.last_day >= first_day)),
        _row("shift_day", Offer, site=Offer.location_id, resource=Offer.specialist_id, line=ShiftDay.hours, first=ShiftDay.day,
             slug=Specialist.slug, name=Specialist.name)
        .join(ShiftDay, that_day)
        .join(Specialist, Specialist.id == Offer.specialist_id)
        .where(*offered, Specialist.active, ShiftDay.day.between(first_day, last_day)),
        _row("time_off", TimeOff, resource=TimeOff.specialist_id, start=TimeOff.start_cell, end=TimeOff.end_cell).where(
            TimeOff.end_cell > low, TimeOff.start_cell < high,
            TimeOff.specialist_id.in_(select(Offer.specialist_id).where(*offered)),
        ),
        _row("closure", Closure, site=Closure.location_id, start=Closure.start_cell, end=Closure.end_cell).where(
            one_of(Closure.location_id, "sites"), Closure.end_cell > low, Closure.start_cell < high
        ),
        _row("location_day", LocationDay, site=LocationDay.location_id, line=LocationDay.hours, first=LocationDay.day).where(
            one_of(LocationDay.location_id, "sites"), LocationDay.day.between(first_day, last_day)
        ),
    ]  # fmt: skip
    if rooms:
        room = _row("room", Room, site=Room.location_id, resource=Room.id)
        kind = Room.kind == bindparam("room_kind", type_=String)
        arms.append(room.where(one_of(Room.location_id, "sites"), kind, Room.active))
    if equipment:
        piece = _row("equipment", Equipment, site=Equipment.location_id, resource=Equipment.id)
        kind = Equipment.kind == bindparam("equipment_kind", type_=String)
        arms.append(piece.where(one_of(Equipment.location_id, "sites"), kind, Equipment.active))
    return union_all(*arms)


_NEAR = [
    one_of(Claim.resource_id, "resources"),
    Claim.start_cell < bindparam("high", type_=Integer),
    # A claim is at most a day long: bounded below too, the index range never reaches into the past.
    Claim.start_cell > bindparam("low", type_=Integer) - LONGEST_CELLS,
    Claim.end_cell > bindparam("low", type_=Integer),
    or_(Claim.expires_at.is_(None), Claim.expires_at > bindparam("now", type_=BigInteger)),
]
_CLAIMS = select(Claim.resource_id, Claim.start_cell, Claim.end_cell).where(*_NEAR)
# Apart, because all else that is asked of a claim stands in its primary key's index, and this does not.
_OTHERS_CLAIMS = _CLAIMS.where(Claim.appointment_id != bindparam("own", type_=Integer))


def _days(exceptions: Sequence[tuple[str, str]]) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for _hours, day in exceptions)


def _rows(session: Session, statement: Any, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """As the driver gives them: whole numbers and text need no conversion, and thousands of Rows cost more than the query."""
    result = session.connection().execute(statement, parameters)
    rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
    result.close()
    return rows


class Calendars:
    """The free time of everyone who gives a visit type at some sites, over a window that grows.

    `specialist_id` narrows it to one person; `own_appointment_id` is a visit whose own claims count as free (it is
    being moved).
    """

    def __init__(
        self,
        session: Session,
        visit_type_id: int,
        visit: VisitShape,
        sites: Sequence[Site],
        *,
        since: datetime,
        until: datetime,
        now: datetime,
        specialist_id: int | None = None,
        own_appointment_id: int | None = None,
    ) -> None:
        self._session, self._visit, self._now = session, visit, now
        self._sites = {site.id: site for site in sites}
        # A day of margin on either side: buffers reach back over midnight, visits run past the window's end.
        self.origin = cell_at(since) // CELLS_PER_DAY * CELLS_PER_DAY - CELLS_PER_DAY
        self._limit = -(-cell_at(until) // CELLS_PER_DAY) * CELLS_PER_DAY + CELLS_PER_DAY
        self._opens = instant_at(self.origin - CELLS_PER_DAY).date()
        self._closes = instant_at(self._limit + CELLS_PER_DAY).date()
        self._own = own_appointment_id
        # What a visit takes before and after its start: claims are read that far around the window, and no further.
        self._read_to = cell_at(since) - cells_in(max(visit.buffer_before, visit.room_setup))
        self._reach = visit.cells + cells_in(max(visit.buffer_after, visit.room_cleanup))
        self._busy: dict[int, int] = {}
        self._away: dict[int, int] = defaultdict(int)
        self._closed: dict[int, int] = defaultdict(int)
        self._location_days: dict[int, list[tuple[str, str]]] = defaultdict(list)
        self._rooms: dict[int, list[int]] = defaultdict(list)
        self._equipment: dict[int, list[int]] = defaultdict(list)
        self._rosters: dict[tuple[int, int], _Roster] = {}
        self._shift_lines: dict[tuple[object, ...], int] = {}
        self._read_standing(visit_type_id, specialist_id)
        resources = {roster.practice.specialist_id for roster in self._rosters.values()}
        self._resources = sorted(resources.union(*self._rooms.values(), *self._equipment.values()))

    def _read_standing(self, visit_type_id: int, specialist_id: int | None) -> None:
        rows = _rows(
            self._session,
            _standing(self._visit.room_kind is not None, self._visit.equipment_kind is not None),
            {
                "visit_type": visit_type_id,
                "specialist": specialist_id or 0,
                "sites": list(self._sites),
                # A local day lies within a day of the UTC day of the same date, either way.
                "first_day": self._opens,
                "last_day": self._closes,
                "low": self.origin,
                "high": self._limit,
                "room_kind": self._visit.room_kind,
                "equipment_kind": self._visit.equipment_kind,
            },
        )
        for kind, site, resource, start, end, line, first, last, slug, name in rows:
            if kind == "shift" or kind == "shift_day":
                roster = self._rosters.get((site, resource))
                if roster is None:
                    practice = Practice(self._sites[site], resource, slug, name)
                    roster = self._rosters[(site, resource)] = _Roster(practice)
                if kind == "shift":
                    roster.shifts.append((line, first, last))
                else:
                    roster.days.append((line, first))
            elif kind == "time_off":
                self._away[resource] |= span(start - self.origin, end - self.origin)
            elif kind == "closure":
                self._closed[site] |= span(start - self.origin, end - self.origin)
            elif kind == "location_day":
                self._location_days[site].append((line, first))
            elif kind == "room":
                self._rooms[site].append(resource)
            else:
                self._equipment[site].append(resource)

    def grow(self, until: datetime) -> int:
        """Read claims up to `until` (and a visit's length beyond). Returns the cell at which certain knowledge ends."""
        horizon = min(-(-cell_at(until) // CELLS_PER_DAY) * CELLS_PER_DAY, self._limit - CELLS_PER_DAY)
        high = horizon + self._reach
        if high > self._read_to:
            self._read_claims(self._read_to, high)
            self._read_to = high
        return horizon

    def _read_claims(self, low: int, high: int) -> None:
        parameters = {"resources": self._resources, "low": low, "high": high, "now": milliseconds(self._now)}
        statement = _CLAIMS
        if self._own is not None:
            statement, parameters = _OTHERS_CLAIMS, parameters | {"own": self._own}
        gather(self._busy, _rows(self._session, statement, parameters), self.origin)

    @property
    def cells(self) -> int:
        return self._read_to - self.origin

    def starts(self) -> Iterator[tuple[Practice, int]]:
        """Each practice with its starts: bit i is the cell i after `origin`. Without notice and horizon: the engine's part."""
        cells = self.cells
        open_lines: dict[int, int] = {}
        room_lines: dict[int, int] = {}
        for (site_id, specialist_id), roster in self._rosters.items():
            site = roster.practice.site
            if site_id not in open_lines:
                open_lines[site_id] = self._open_line(site, cells)
                room_lines[site_id] = self._room_line(site_id, cells) & start_grid(
                    self._visit.step_minutes, site.time_zone, self.origin, cells
                )
            allowed = room_lines[site_id]
            if not allowed:
                continue
            line = open_lines[site_id] & self._shift_line(roster, cells)
            if line and (self._visit.room_kind or self._visit.equipment_kind):  # set-up and clean-up lie inside it, too
                allowed &= room_starts(self._visit, (line,))
            line &= ~(self._busy.get(specialist_id, 0) | self._away.get(specialist_id, 0))
            if line and (line := specialist_starts(self._visit, line) & allowed):
                yield roster.practice, line

    def free_rooms(self, site_id: int, start_cell: int) -> list[int]:
        """Suitable rooms free for a visit at `start_cell`, least busy first."""
        return self._free(self._rooms[site_id], start_cell)

    def free_equipment(self, site_id: int, start_cell: int) -> list[int]:
        """The same for equipment."""
        return self._free(self._equipment[site_id], start_cell)

    def _free(self, resources: Sequence[int], start_cell: int) -> list[int]:
        start, end = self._visit.room_cells(start_cell)
        wanted = span(start - self.origin, end - self.origin)
        return [resource for resource in resources if not self._busy.get(resource, 0) & wanted]

    def forget_claims(self) -> None:
        """Count every claim as free from here on: what is on offer at all, taken or not."""
        self._busy.clear()

    def _open_line(self, site: Site, cells: int) -> int:
        days = self._location_days.get(site.id, ())
        line = span(0, cells)
        if site.hours or days:
            line = self._dated(site, days, cells)
            weekly = site.hours or AROUND_THE_CLOCK
            line |= week_line(weekly, site.time_zone, self.origin, cells, besides=_days(days))
        return line & ~self._closed.get(site.id, 0)

    def _shift_line(self, roster: _Roster, cells: int) -> int:
        site = roster.practice.site
        if roster.days:
            return self._expand(roster, cells)
        # Whole teams work the same hours.
        key = (site.time_zone, cells, *roster.shifts)
        if (line := self._shift_lines.get(key)) is None:
            line = self._shift_lines[key] = self._expand(roster, cells)
        return line

    def _expand(self, roster: _Roster, cells: int) -> int:
        site = roster.practice.site
        besides = _days(roster.days)
        line = self._dated(site, roster.days, cells)
        for weekly, first, last in roster.shifts:
            first_day, last_day = self._inside(first, last)
            line |= week_line(weekly, site.time_zone, self.origin, cells, first_day, last_day, besides)
        return line

    def _dated(self, site: Site, days: Sequence[tuple[str, str]], cells: int) -> int:
        """The hours of dated exceptions."""
        line = 0
        for hours, day in days:
            line |= day_line(hours, date.fromisoformat(day), site.time_zone, self.origin, cells)
        return line

    def _inside(self, first: str, last: str | None) -> tuple[date | None, date | None]:
        """Effective dates, or None where they lie outside the window: the cache then serves everyone alike."""
        first_day = date.fromisoformat(first)
        last_day = date.fromisoformat(last) if last else None
        return (
            first_day if first_day > self._opens else None,
            last_day if last_day and last_day < self._closes else None,
        )

    def _room_line(self, site_id: int, cells: int) -> int:
        """Where a suitable room and a suitable piece of equipment are free; everywhere, if none is needed."""
        line = span(0, cells)
        for kind, resources in ((self._visit.room_kind, self._rooms), (self._visit.equipment_kind, self._equipment)):
            if kind is not None:
                line &= room_starts(self._visit, (span(0, cells) & ~self._busy.get(r, 0) for r in resources.get(site_id, ())))
        return line
