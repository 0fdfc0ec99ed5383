"""Openings near a place, at a clinic, of a person: load calendars, solve, grow the horizon, load more.

The horizon grows 2, 8, 28 days and on to the limit, and stops as soon as enough is known to be earliest. The number of
queries depends on how often it grows, never on how many clinics or people there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from heapq import nsmallest
from operator import itemgetter, or_
from typing import Literal, NamedTuple

from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point, boxes, distance_miles, wider
from clinic.domain.scheduling.openings import earliest
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.hours import AROUND_THE_CLOCK, anywhere, week_line
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, cell_from, instant_at, span, starts
from clinic.domain.tokens import SlotRef
from clinic.store.directory.catalogue import BookableVisit, find_visit, first_online_visit, visits_of
from clinic.store.directory.locations import LocationRow, Site, find_point, offering, offering_within
from clinic.store.schedules.calendars import Calendars
from clinic.store.schedules.site_schedules import PractitionerRole, SiteRoster

HORIZON_DAYS = (2, 8, 28)
PER_LOCATION = 3
NEARBY_MILES = 25.0
NEAREST_ANYWAY = 20
_ROUND_THE_WORLD = 12_500.0

Distance = Callable[[Point, Point], float]


Order = Literal["soonest", "nearest"]


class CandidateSite(NamedTuple):
    """A site that offers the visit, and how far it is (miles; None when nobody asked from where)."""

    location: LocationRow
    miles: float | None = None

    @property
    def rank(self) -> tuple[float, str]:
        return (self.miles or 0.0, self.location.slug)


@dataclass(frozen=True, slots=True)
class Opening:
    """A start at which everything the visit needs is free together. Times are UTC."""

    start: datetime
    end: datetime
    visit: BookableVisit
    location: LocationRow
    miles: float | None
    specialist_id: int
    specialist_slug: str
    specialist_name: str

    @property
    def wish(self) -> SlotRef:
        return SlotRef(self.visit.id, self.location.id, self.specialist_id, cell_at(self.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCriteria:
    """What is looked for. `since` and `until` narrow what notice and horizon allow.

    Candidates are for one search: what changes at a site after they were read may not be seen.

    `first_day` and `last_day` are days of each clinic's own calendar, `within` weekly hours by its own clock: starts lie
    inside them. `people` are the ids of the specialists that will do; None: anybody.

    `staff` lifts notice and horizon. `own_appointment_id` is a visit being moved: its claims count as free. `as_if` are
    rosters, by the sites' ids, that count instead of all that stand there.
    """

    visit: BookableVisit
    candidates: Sequence[CandidateSite]
    since: datetime | None = None
    until: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    within: str = ""
    people: frozenset[int] | None = None
    specialist_id: int | None = None
    own_appointment_id: int | None = None
    staff: bool = False
    as_if: Mapping[int, SiteRoster] | None = None
    _by_id: dict[int, CandidateSite] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_id.update((candidate.location.id, candidate) for candidate in self.candidates)

    def candidate(self, location_id: int) -> CandidateSite:
        return self._by_id[location_id]

    @property
    def picky(self) -> bool:
        """Whether the calendars alone do not say which starts will do."""
        return bool(self.within or self.first_day or self.last_day or self.people is not None)


def window(visit: VisitShape, now: datetime, *, staff: bool = False) -> tuple[datetime, datetime]:
    """The earliest and (exclusive) latest start that may be booked now."""
    if staff:
        return now, now + timedelta(days=730)
    return now + timedelta(minutes=visit.notice_minutes), now + timedelta(days=visit.horizon_days)


def nearby(
    session: Session, visit_type_id: int, point: Point, radius_miles: float, *, distance: Distance = distance_miles
) -> list[CandidateSite]:
    """Sites within `radius_miles` that offer the visit type, nearest first."""
    rows = offering_within(session, visit_type_id, boxes(point, radius_miles))
    measured = [CandidateSite(row, distance(point, Point(row.latitude, row.longitude))) for row in rows]
    return sorted((c for c in measured if c.miles is not None and c.miles <= radius_miles), key=lambda c: c.rank)


def nearest(
    session: Session, visit_type_id: int, point: Point, count: int = NEAREST_ANYWAY, *, distance: Distance = distance_miles
) -> list[CandidateSite]:
    """The `count` nearest sites that offer the visit type, however far: the box doubles until they are inside."""
    radius = 10.0
    while True:
        found = nearby(session, visit_type_id, point, radius, distance=distance)
        if len(found) >= count or radius >= _ROUND_THE_WORLD:
            return found[:count]
        radius = min(radius * 2, _ROUND_THE_WORLD)


def soonest(session: Session, sought: SearchCriteria, *, now: datetime, limit: int) -> list[Opening]:
    """The `limit` earliest openings over all candidates; ties by distance, then slugs."""
    for calendars, first, last, certain in growing(session, sought, now=now):
        openings = _soonest_of(calendars, sought, span(first, last), limit)
        if len(openings) >= limit or certain:
            return openings
    return []


def nearest_first(
    session: Session, sought: SearchCriteria, *, now: datetime, limit: int, per_location: int = PER_LOCATION
) -> list[Opening]:
    """Openings of the nearest site first, at most `per_location` of each, each site's earliest."""
    for calendars, first, last, certain in growing(session, sought, now=now):
        openings, settled = _nearest_of(calendars, sought, span(first, last), limit, per_location)
        if settled or certain:
            return openings
    return []


def by_start(session: Session, sought: SearchCriteria, *, now: datetime) -> list[Opening]:
    """Every start of the window once a site, earliest first; of several who are free then, the first by name."""
    free: dict[tuple[int, int], PractitionerRole] = {}
    for practice, cells in all_starts(session, sought, now=now).items():
        for cell in cells:
            other = free.setdefault((cell, practice.site.id), practice)
            if (practice.name, practice.slug) < (other.name, other.slug):
                free[cell, practice.site.id] = practice
    ordered = sorted(free.items(), key=lambda item: (item[0][0], sought.candidate(item[0][1]).rank))
    return [opening_at(sought, cell, practice) for (cell, _site), practice in ordered]


def all_starts(session: Session, sought: SearchCriteria, *, now: datetime) -> dict[PractitionerRole, list[int]]:
    """Every start of every practice in the window, as cells: for a day's or a week's list, and for the benchmarks."""
    for calendars, first, last, _certain in growing(session, sought, now=now, steps=()):
        bounds = span(first, last)
        return {practice: starts(line, calendars.origin) for practice, line in starts_of(calendars, sought, bounds)}
    return {}


class StartLine(NamedTuple):
    """Starts as a timeline: bit i of `starts` is the cell i after `origin`, of `cells` in all."""

    starts: int
    origin: int
    cells: int


def line_of(session: Session, sought: SearchCriteria, *, now: datetime) -> StartLine:
    """Every start in the window, whoever gives it and wherever: for one specialist at one site."""
    for calendars, first, last, _certain in growing(session, sought, now=now, steps=()):
        line = reduce(or_, (line for _practice, line in starts_of(calendars, sought, span(first, last))), 0)
        return StartLine(line, calendars.origin, calendars.cells)
    return StartLine(0, 0, 0)


def widening(
    session: Session, visit_type_id: int, point: Point, radius_miles: float
) -> Iterator[tuple[float | None, list[CandidateSite]]]:
    """Candidates within the radius, then the next wider one, and at last the nearest anyway (radius None)."""
    radius: float | None = radius_miles
    known = 0
    while radius is not None:
        candidates = nearby(session, visit_type_id, point, radius)
        if len(candidates) > known:
            known = len(candidates)
            yield radius, candidates
        radius = wider(radius)
    candidates = nearest(session, visit_type_id, point, NEAREST_ANYWAY)
    if not candidates:
        return
    # From Utqiagvik, Anchorage is near: what is more than twice as far counts only when nothing nearer has a time.
    near = [candidate for candidate in candidates if (candidate.miles or 0.0) <= 2 * (candidates[0].miles or 0.0)]
    if len(near) < len(candidates):
        yield None, near
    yield None, candidates


def alternatives_to(session: Session, wish: SlotRef, *, now: datetime, limit: int, staff: bool = False) -> list[Opening]:
    """What to offer instead of a time that could not be had: the soonest at that clinic or near it, of the same kind.

    Of what only staff may book, the service's first visit: there it is arranged.
    """
    visit = find_visit(session, wish.visit_type_id)
    if visit is not None and not (visit.shape.online or staff):
        visit = next((other for other in visits_of(session, visit.service_slug) if other.shape.online), None)
    if visit is None:
        return []
    point = find_point(session, wish.location_id)
    if point is None:
        return []
    openings: list[Opening] = []
    for _radius, candidates in widening(session, visit.id, point, NEARBY_MILES):
        sought = SearchCriteria(visit=visit, candidates=candidates, staff=staff)
        found = soonest(session, sought, now=now, limit=limit)
        openings = max(openings, found, key=len)  # the nearest anyway may be fewer clinics than a wide radius held
        if len(openings) >= limit:
            break
    return openings


def soonest_anywhere(session: Session, *, now: datetime, limit: int) -> list[Opening]:
    """The soonest first visits of the first service, wherever they are: when nothing is known of what was wanted."""
    visit = first_online_visit(session)
    if visit is None:
        return []
    candidates = [CandidateSite(row) for row in offering(session, visit.id)]
    return soonest(session, SearchCriteria(visit=visit, candidates=candidates), now=now, limit=limit)


def growing(
    session: Session, sought: SearchCriteria, *, now: datetime, steps: Sequence[int] = HORIZON_DAYS
) -> Iterator[tuple[Calendars, int, int, bool]]:
    """Calendars read ever further: (calendars, first and last start as bits, whether that is all there is)."""
    shape = sought.visit.shape
    earliest_start, latest_start = window(shape, now, staff=sought.staff)
    since, until = max(sought.since or now, earliest_start), min(sought.until or latest_start, latest_start)
    if sought.first_day or sought.last_day:
        first, end = anywhere(sought.first_day or since.date(), sought.last_day or until.date())
        since, until = max(since, first), min(until, end)
    if since >= until or not sought.candidates:
        return
    ranked = [candidate.location for candidate in sorted(sought.candidates, key=lambda c: c.rank)]
    sites = [Site(at.id, at.time_zone, at.hours, at.version) for at in ranked]
    calendars = Calendars(
        session, sought.visit.id, shape, sites, since=since, until=until, now=now,
        specialist_id=sought.specialist_id, own_appointment_id=sought.own_appointment_id, as_if=sought.as_if,
    )  # fmt: skip
    first_bit, end_bit = cell_from(since) - calendars.origin, cell_from(until) - calendars.origin
    day = instant_at(cell_at(since) // CELLS_PER_DAY * CELLS_PER_DAY)
    for days in steps:
        if (certain_to := day + timedelta(days=days)) >= until:
            break
        last = calendars.grow(certain_to) - calendars.origin
        yield calendars, first_bit, last, False
    calendars.grow(until)
    yield calendars, first_bit, end_bit, True


def starts_of(calendars: Calendars, sought: SearchCriteria, bounds: int) -> Iterable[tuple[PractitionerRole, int]]:
    """Each practice with the starts that will do."""
    return _chosen(calendars, sought, bounds) if sought.picky else calendars.starts(bounds)


def _chosen(calendars: Calendars, sought: SearchCriteria, bounds: int) -> Iterator[tuple[PractitionerRole, int]]:
    for practice, line in calendars.starts(bounds):
        if sought.people is not None and practice.specialist_id not in sought.people:
            continue
        line &= week_line(
            sought.within or AROUND_THE_CLOCK, practice.site.time_zone, calendars.origin, calendars.cells,
            sought.first_day, sought.last_day,
        )  # fmt: skip
        if line:
            yield practice, line


def _soonest_of(calendars: Calendars, sought: SearchCriteria, bounds: int, limit: int) -> list[Opening]:
    found = ((line & -line, practice, line) for practice, line in starts_of(calendars, sought, bounds))
    # They come in the order of their rank, which `nsmallest` keeps among equals: nobody else can be among the earliest.
    lines = (
        ((*sought.candidate(practice.site.id).rank, practice.slug), practice, line)
        for _first, practice, line in nsmallest(limit, found, key=itemgetter(0))
    )
    return [opening_at(sought, calendars.origin + bit, practice) for bit, practice in earliest(lines, limit)]


def _nearest_of(
    calendars: Calendars, sought: SearchCriteria, bounds: int, limit: int, per_location: int
) -> tuple[list[Opening], bool]:
    """The openings, and whether a further horizon could not change them: no site before the last had too few."""
    by_site: dict[int, list[tuple[tuple[object, ...], PractitionerRole, int]]] = {}
    for practice, line in starts_of(calendars, sought, bounds):
        by_site.setdefault(practice.site.id, []).append(((practice.slug,), practice, line))
    openings: list[Opening] = []
    settled = True
    for candidate in sorted(sought.candidates, key=lambda c: c.rank):
        wanted = min(per_location, limit - len(openings))
        if not wanted:
            break
        found = [
            opening_at(sought, calendars.origin + bit, practice)
            for bit, practice in earliest(by_site.get(candidate.location.id, ()), wanted)
        ]
        settled = settled and len(found) == wanted
        openings += found
    return openings, settled


def opening_at(sought: SearchCriteria, cell: int, practice: PractitionerRole) -> Opening:
    candidate = sought.candidate(practice.site.id)
    start = instant_at(cell)
    return Opening(
        start, start + timedelta(minutes=sought.visit.shape.minutes), sought.visit, candidate.location, candidate.miles,
        practice.specialist_id, practice.slug, practice.name,
    )  # fmt: skip
