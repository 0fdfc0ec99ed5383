"""What stands at a site: who works there when, closures, rooms and equipment. All that a search reads but the claims.

It hardly ever changes, so each process keeps it. Every location has a number, `calendar_version`, which triggers replace
by a fresh random one whenever any of this changes (migration 0002). A search reads the numbers together with the
locations, and what was kept under the same number still stands. Whoever places a visit reads the number once it has
its locks, as it would read the facts themselves. Sites without a number are read from the tables.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Engine, Integer, String, bindparam, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.timeline import CELLS_PER_DAY, instant_at
from clinic.store.base import driver_rows, one_of
from clinic.store.directory.locations import Site
from clinic.store.tables.directory import Closure, Equipment, Location, LocationDay, Offer, Room, Specialist
from clinic.store.tables.schedules import Shift, ShiftDay, TimeOff

MOST_KEPT = 20_000
"""Sites of one database, each as often as visit types were sought there. With four specialists 1.6 kB each: 33 MB at most."""

_FOREVER = 2**31 - 1  # the last cell that the tables can hold

Cells = tuple[int, int]
Weekly = tuple[str, date, date | None]
"""Weekly hours, the first day and the last."""
Dated = tuple[str, date]
"""A day's hours, and the day."""


@dataclass(frozen=True, slots=True)
class PractitionerRole:
    """A specialist at a site."""

    site: Site
    specialist_id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Hours by the clock of `time_zone`: by the week, and on some days others instead."""

    time_zone: str
    shifts: tuple[Weekly, ...]
    days: tuple[Dated, ...]


@lru_cache(maxsize=16384)
def _pattern(time_zone: str, shifts: tuple[Weekly, ...], days: tuple[Dated, ...]) -> Pattern:
    """Whole teams work the same hours: one object for all of them, to be told apart by what it is."""
    return Pattern(time_zone, shifts, days)


@dataclass(frozen=True, slots=True, eq=False)
class SiteRoster:
    """When a specialist works at a site, and is away all the same."""

    practice: PractitionerRole
    pattern: Pattern
    away: tuple[Cells, ...]


def roster_of(practice: PractitionerRole, shifts: Iterable[Weekly], days: Iterable[Dated], away: Iterable[Cells]) -> SiteRoster:
    """A roster that need not stand anywhere."""
    return SiteRoster(practice, _pattern(practice.site.time_zone, tuple(shifts), tuple(days)), tuple(away))


@dataclass(frozen=True, slots=True, eq=False)
class SiteSchedule:
    """A site, as far as one visit type goes. What ended before the cell `since` may be missing."""

    site: Site
    since: int
    rosters: tuple[SiteRoster, ...]
    closures: tuple[Cells, ...]
    days: tuple[Dated, ...]
    rooms: tuple[int, ...]
    equipment: tuple[int, ...]
    resources: tuple[int, ...]
    """Everyone and everything here that claims can take."""

    def of(self, specialist_id: int) -> SiteSchedule:
        """The same with this specialist alone."""
        rosters = tuple(roster for roster in self.rosters if roster.practice.specialist_id == specialist_id)
        resources = (specialist_id, *self.rooms, *self.equipment) if rosters else ()
        return replace(self, rosters=rosters, resources=resources)

    def as_if(self, roster: SiteRoster) -> SiteSchedule:
        """The same with this roster alone, whatever stands."""
        resources = (roster.practice.specialist_id, *self.rooms, *self.equipment)
        return replace(self, rosters=(roster,), resources=resources)


def standing_at(
    session: Session,
    visit_type_id: int,
    visit: VisitShape,
    sites: Sequence[Site],
    *,
    today: int,
    since: int,
    until: int,
    specialist_id: int | None = None,
) -> list[SiteSchedule]:
    """What stands at the sites from the cell `since` to `until`, and perhaps before and after; of one specialist, if named.

    In the order of the sites, and the rosters of each in the order of the specialists' slugs.
    `today` is the cell from which on it is worth keeping. One query; none, if everything is known.
    """
    if any(site.version is None for site in sites):
        return _Reading(session, visit_type_id, visit, sites, since, until, specialist_id).standing
    shelf = _shelf(session.connection().engine)
    what = (visit_type_id, visit.room_kind, visit.equipment_kind)
    found, missing = shelf.find(what, sites, since)
    if missing:
        reading = _Reading(session, visit_type_id, visit, missing, min(since, today), _FOREVER, None)
        # The statement that reads the facts reads the number, too: what changed since the sites were read is not kept.
        # Nor can a transaction that is rolled back leave anything behind: its numbers are never seen again.
        shelf.keep(what, [s for s in reading.standing if reading.versions.get(s.site.id) == s.site.version])
        found |= {standing.site.id: standing for standing in reading.standing}
    ordered = [found[site.id] for site in sites]
    return ordered if specialist_id is None else [standing.of(specialist_id) for standing in ordered]


class _Shelf:
    """What is known of one database. What was not asked for longest goes first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], SiteSchedule] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, what: object, sites: Iterable[Site], since: int) -> tuple[dict[int, SiteSchedule], list[Site]]:
        found: dict[int, SiteSchedule] = {}
        missing: list[Site] = []
        with self._lock:
            for site in sites:
                key = (what, site.id)
                known = self._kept.get(key)
                if known is None or known.site.version != site.version or known.since > since:
                    missing.append(site)
                else:
                    found[site.id] = known
                    self._kept.move_to_end(key)
        return found, missing

    def keep(self, what: object, read: Iterable[SiteSchedule]) -> None:
        with self._lock:
            for standing in read:
                key = (what, standing.site.id)
                self._kept[key] = standing
                self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


_SHELVES: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()
_SHELVES_LOCK = Lock()


def _shelf(engine: Engine) -> _Shelf:
    with _SHELVES_LOCK:
        if (shelf := _SHELVES.get(engine)) is None:
            shelf = _SHELVES[engine] = _Shelf()
        return shelf


class _Reading:
    """The facts of some sites, in one query. `versions` are the numbers that they had in it."""

    def __init__(
        self,
        session: Session,
        visit_type_id: int,
        visit: VisitShape,
        sites: Sequence[Site],
        since: int,
        until: int,
        specialist_id: int | None,
    ) -> None:
        self.versions: dict[int, int] = {}
        self._names: dict[Cells, tuple[str, str]] = {}
        self._shifts: dict[Cells, list[Weekly]] = defaultdict(list)
        self._shift_days: dict[Cells, list[Dated]] = defaultdict(list)
        self._away: dict[int, list[Cells]] = defaultdict(list)
        self._closures: dict[int, list[Cells]] = defaultdict(list)
        self._days: dict[int, list[Dated]] = defaultdict(list)
        self._rooms: dict[int, list[int]] = defaultdict(list)
        self._equipment: dict[int, list[int]] = defaultdict(list)
        parameters = {
            "visit_type": visit_type_id,
            "specialist": specialist_id or 0,
            "sites": [site.id for site in sites],
            # A local day lies within a day of the UTC day of the same date, either way.
            "first_day": instant_at(since - CELLS_PER_DAY).date(),
            "last_day": instant_at(until + CELLS_PER_DAY).date() if until < _FOREVER else date.max,
            "low": since,
            "high": until,
            "room_kind": visit.room_kind,
            "equipment_kind": visit.equipment_kind,
        }
        numbered = sites[0].version is not None
        statement = _facts(visit.room_kind is not None, visit.equipment_kind is not None, numbered)
        for row in driver_rows(session, statement, parameters):
            self._sort_in(*row)
        self.standing = self._gathered(sites, since)

    def _sort_in(
        self, kind: str, site: int, resource: int, start: int, end: int, line: str, first: str, last: str | None,
        slug: str, name: str,
    ) -> None:  # fmt: skip
        match kind:
            case "shift":
                self._names[site, resource] = (slug, name)
                shift = (line, date.fromisoformat(first), date.fromisoformat(last) if last else None)
                self._shifts[site, resource].append(shift)
            case "shift_day":
                self._names[site, resource] = (slug, name)
                self._shift_days[site, resource].append((line, date.fromisoformat(first)))
            case "time_off":
                self._away[resource].append((start, end))
            case "closure":
                self._closures[site].append((start, end))
            case "location_day":
                self._days[site].append((line, date.fromisoformat(first)))
            case "room":
                self._rooms[site].append(resource)
            case "equipment":
                self._equipment[site].append(resource)
            case "version":
                self.versions[site] = resource

    def _gathered(self, sites: Iterable[Site], since: int) -> list[SiteSchedule]:
        by_id = {site.id: site for site in sites}
        rosters: dict[int, list[SiteRoster]] = defaultdict(list)
        for (site_id, specialist_id), (slug, name) in sorted(self._names.items(), key=itemgetter(1)):
            site, key = by_id[site_id], (site_id, specialist_id)
            pattern = _pattern(site.time_zone, tuple(self._shifts.get(key, ())), tuple(self._shift_days.get(key, ())))
            away = tuple(self._away.get(specialist_id, ()))
            rosters[site_id].append(SiteRoster(PractitionerRole(site, specialist_id, slug, name), pattern, away))
        return [self._standing(site, since, tuple(rosters.get(site.id, ()))) for site in sites]

    def _standing(self, site: Site, since: int, rosters: tuple[SiteRoster, ...]) -> SiteSchedule:
        rooms, equipment = tuple(self._rooms.get(site.id, ())), tuple(self._equipment.get(site.id, ()))
        people = (roster.practice.specialist_id for roster in rosters)
        return SiteSchedule(
            site, since, rosters, tuple(self._closures.get(site.id, ())), tuple(self._days.get(site.id, ())),
            rooms, equipment, (*people, *rooms, *equipment),
        )  # fmt: skip


_COLUMNS: dict[str, Any] = {
    "site": Integer, "resource": BigInteger, "start": Integer, "end": Integer,
    "line": String, "first": String, "last": String, "slug": String, "name": String,
}  # fmt: skip
_WORDS = ("first", "last")  # dates travel as text, so that the arms agree


def _row(kind: str, table: Any, **columns: Any) -> Any:
    """One arm of the union below: the same columns whatever is read, null where this kind has none."""
    wanted = [columns[name] if name in columns else cast(null(), kept) for name, kept in _COLUMNS.items()]
    texts = [cast(c, String) if name in _WORDS else c for name, c in zip(_COLUMNS, wanted, strict=True)]
    return select(literal(kind), *texts).select_from(table)


@cache
def _facts(rooms: bool, equipment: bool, numbers: bool) -> Any:
    """Everything about these sites and this visit type that is not a claim, as one statement; the last three if needed."""
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
    if numbers:
        number = _row("version", Location, site=Location.id, resource=Location.calendar_version)
        arms.append(number.where(one_of(Location.id, "sites")))
    if rooms:
        room = _row("room", Room, site=Room.location_id, resource=Room.id)
        kind = Room.kind == bindparam("room_kind", type_=String)
        arms.append(room.where(one_of(Room.location_id, "sites"), kind, Room.active))
    if equipment:
        piece = _row("equipment", Equipment, site=Equipment.location_id, resource=Equipment.id)
        kind = Equipment.kind == bindparam("equipment_kind", type_=String)
        arms.append(piece.where(one_of(Equipment.location_id, "sites"), kind, Equipment.active))
    return union_all(*arms)
