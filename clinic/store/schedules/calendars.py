"""Rosters and claims of many specialists, rooms and pieces of equipment -> timelines, in a constant number of queries.

`Calendars` are opened once for a visit type and a set of sites (one query for everything that changes rarely, or none:
see `standing`), then grown: each `grow` reads the claims of the further days (one query) and ORs them into what is known.
All timelines share one origin, a UTC midnight, so that the expansions of weekly hours can be cached by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, Integer, bindparam, or_, select
from sqlalchemy.orm import Session

from clinic.domain.scheduling.openings import room_starts, specialist_starts
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.hours import AROUND_THE_CLOCK, dated_line, day_line, start_grid, week_line
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, cells_in, from_spans, gather, instant_at, span
from clinic.store.appointments.claims import milliseconds
from clinic.store.base import driver_rows, one_of
from clinic.store.directory.locations import Site
from clinic.store.schedules.site_schedules import Cells, Dated, Pattern, PractitionerRole, SiteRoster, SiteSchedule, standing_at
from clinic.store.tables.appointments import LONGEST_CELLS, Claim

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


def _days(exceptions: Iterable[Dated]) -> frozenset[date]:
    return frozenset(day for _hours, day in exceptions)


class Calendars:
    """The free time of everyone who gives a visit type at some sites, over a window that grows.

    `specialist_id` narrows it to one person; `own_appointment_id` is a visit whose own claims count as free (it is
    being moved); `as_if` puts one roster in the place of all that stand at a site, by the site's id.
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
        as_if: Mapping[int, SiteRoster] | None = None,
    ) -> None:
        self._session, self._visit, self._now = session, visit, now
        # A day of margin on either side: buffers reach back over midnight, visits run past the window's end.
        self.origin = self._margin(since)
        self._limit = -(-cell_at(until) // CELLS_PER_DAY) * CELLS_PER_DAY + CELLS_PER_DAY
        self._opens = instant_at(self.origin - CELLS_PER_DAY).date()
        self._closes = instant_at(self._limit + CELLS_PER_DAY).date()
        self._own = own_appointment_id
        # What a visit takes before and after its start: claims are read that far around the window, and no further.
        self._read_to = cell_at(since) - cells_in(max(visit.buffer_before, visit.room_setup))
        self._reach = visit.cells + cells_in(max(visit.buffer_after, visit.room_cleanup))
        self._busy: dict[int, int] = {}
        standing = standing_at(
            session, visit_type_id, visit, sites, today=self._margin(now), since=self.origin, until=self._limit,
            specialist_id=specialist_id,
        )  # fmt: skip
        self._standing = standing if as_if is None else [one.as_if(as_if[one.site.id]) for one in standing]
        self._resources = list(set().union(*(one.resources for one in self._standing)))

    @staticmethod
    def _margin(instant: datetime) -> int:
        return cell_at(instant) // CELLS_PER_DAY * CELLS_PER_DAY - CELLS_PER_DAY

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
        gather(self._busy, driver_rows(self._session, statement, parameters), self.origin)

    @property
    def cells(self) -> int:
        return self._read_to - self.origin

    def starts(self, within: int = -1) -> Iterator[tuple[PractitionerRole, int]]:
        """Each practice with its starts: bit i is the cell i after `origin`; only those `within`, if it is given.

        In the order of the sites, and at each by slug. Without notice and horizon: these are the engine's part.
        """
        visit, busy, cells = self._visit, self._busy, self.cells
        inside = visit.room_kind is not None or visit.equipment_kind is not None
        lines: dict[Pattern, int] = {}
        for standing in self._standing:
            allowed = start_grid(visit.step_minutes, standing.site.time_zone, self.origin, cells) & within
            if inside:
                allowed &= self._room_line(standing, cells)
            if not allowed:
                continue
            open_line = self._open_line(standing, cells)
            for roster in standing.rosters:
                practice = roster.practice
                if (line := lines.get(roster.pattern)) is None:
                    line = lines[roster.pattern] = self._expand(roster.pattern, cells)
                line &= open_line
                possible = allowed
                if inside and line:  # set-up and clean-up lie inside it, too
                    possible &= room_starts(visit, (line,))
                line &= ~busy.get(practice.specialist_id, 0)
                if roster.away:
                    line &= ~self._taken(roster.away)
                if line and (line := specialist_starts(visit, line) & possible):
                    yield practice, line

    def free_rooms(self, site_id: int, start_cell: int) -> list[int]:
        """Suitable rooms free for a visit at `start_cell`."""
        return self._free((r for at in self._standing if at.site.id == site_id for r in at.rooms), start_cell)

    def free_equipment(self, site_id: int, start_cell: int) -> list[int]:
        """The same for equipment."""
        return self._free((e for at in self._standing if at.site.id == site_id for e in at.equipment), start_cell)

    def _free(self, resources: Iterable[int], start_cell: int) -> list[int]:
        start, end = self._visit.room_cells(start_cell)
        wanted = span(start - self.origin, end - self.origin)
        return [resource for resource in resources if not self._busy.get(resource, 0) & wanted]

    def forget_claims(self) -> None:
        """Count every claim as free from here on: what is on offer at all, taken or not."""
        self._busy.clear()

    def _open_line(self, standing: SiteSchedule, cells: int) -> int:
        site = standing.site
        line = span(0, cells)
        if not (site.hours or standing.days or standing.closures):
            return line
        if (days := self._near(standing.days)) or site.hours:
            line = dated_line(site.hours or AROUND_THE_CLOCK, days, site.time_zone, self.origin, cells)
        return line & ~self._taken(standing.closures)

    def _expand(self, pattern: Pattern, cells: int) -> int:
        days = self._near(pattern.days)
        besides = _days(days)
        line = self._dated(days, pattern.time_zone, cells)
        for weekly, first, last in pattern.shifts:
            # Effective dates only where they lie inside the window: the cache then serves everyone alike.
            first_day = first if first > self._opens else None
            last_day = last if last and last < self._closes else None
            line |= week_line(weekly, pattern.time_zone, self.origin, cells, first_day, last_day, besides)
        return line

    def _near(self, days: Iterable[Dated]) -> list[Dated]:
        return [(hours, day) for hours, day in days if self._opens <= day <= self._closes]

    def _dated(self, days: Iterable[Dated], time_zone: str, cells: int) -> int:
        """The hours of dated exceptions."""
        line = 0
        for hours, day in days:
            line |= day_line(hours, day, time_zone, self.origin, cells)
        return line

    def _taken(self, stretches: Iterable[Cells]) -> int:
        """Closures or time off, as far as the window goes: some of them never end."""
        return from_spans(((start, min(end, self._limit)) for start, end in stretches), self.origin)

    def _room_line(self, standing: SiteSchedule, cells: int) -> int:
        """Where a suitable room and a suitable piece of equipment are free; everywhere, if none is needed."""
        line = everywhere = span(0, cells)
        wanted = ((self._visit.room_kind, standing.rooms), (self._visit.equipment_kind, standing.equipment))
        for kind, resources in wanted:
            if kind is not None:
                line &= room_starts(self._visit, (everywhere & ~self._busy.get(r, 0) for r in resources))
        return line
