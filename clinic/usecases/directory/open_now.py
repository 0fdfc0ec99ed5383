"""Which clinics are open at this moment, until when, or from when on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from clinic.domain.time.hours import dated_line, day_line, format_day, local_day, parse_week, whole_days, zone
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, first, from_spans, instant_at, span, spans_of
from clinic.store.directory import listings
from clinic.store.directory.locations import LocationRow, Site
from clinic.store.tables.directory import Closure, LocationDay
from clinic.usecases.directory.cards import SpecialDay

LOOK_AHEAD_DAYS = 60

Days = Sequence[LocationDay] | Sequence[listings.DatedHours]
Closures = Sequence[Closure] | Sequence[listings.ShutCells]

_AHEAD = span(0, LOOK_AHEAD_DAYS * CELLS_PER_DAY)


@dataclass(frozen=True, slots=True)
class OpeningState:
    """A clinic at one moment; instants are UTC.

    `until` is the next closing of one that is open, None if it does not close within 60 days. `opens_at` is the next
    opening of one that is closed, None if there is none within 60 days. `reason` says why a closed one is not open
    today, when a closure or a special day is why; else it is empty.
    """

    open: bool
    until: datetime | None
    opens_at: datetime | None
    reason: str


def opening_states(session: Session, slugs: Sequence[str], *, now: datetime) -> dict[str, OpeningState]:
    """The clinics of these slugs at `now`. Those without hours of their own, and slugs that are nobody's, are left out.

    Two queries, however many clinics.
    """
    return states_of(session, dict(listings.sites_named(session, slugs)), now=now)


def states_of(session: Session, sites: Mapping[str, Site | LocationRow], *, now: datetime) -> dict[str, OpeningState]:
    """The same of sites that are known already, by their slugs. One query."""
    sites = {slug: site for slug, site in sites.items() if site.hours}
    if not sites:
        return {}
    # Yesterday may run past midnight, and a local day lies within a day of the UTC day of the same date.
    since, until = now.date() - timedelta(days=2), now.date() + timedelta(days=LOOK_AHEAD_DAYS + 2)
    ids = [site.id for site in sites.values()]
    days, closures = listings.exceptions_within(session, ids, since, until, cell_at(now))
    return {slug: _state(site, days.get(site.id, ()), closures.get(site.id, ()), now) for slug, site in sites.items()}


def next_opening(site: Site, days: Days, closures: Closures, since: int) -> datetime | None:
    """When the site is open for the first time at or after the cell `since`; None when that is not within 60 days."""
    return _instant(first(_open_from(site, days, closures, since), since))


def closed_days(weekly: str, time_zone: str, days: Days, closures: Closures, *, today: date) -> Iterator[SpecialDay]:
    """The local days from `today` on that closures touch, with the hours that they leave, for 400 days.

    Without hours of the clinic's own, only the days that are closed from midnight to midnight.
    """
    dated = {day.day: day.hours for day in days}
    usual = parse_week(weekly).days
    touched: dict[date, str] = {}
    for closure in closures:
        day = max(today, local_day(instant_at(closure.start_cell), time_zone))
        last = min(today + timedelta(days=400), local_day(instant_at(closure.end_cell - 1), time_zone))
        while day <= last:
            touched[day] = touched.get(day) or closure.reason
            day += timedelta(days=1)
    spans = [(closure.start_cell, closure.end_cell) for closure in closures]
    for day, reason in sorted(touched.items()):
        hours = dated.get(day, format_day(usual[day.weekday()]) if weekly else "00:00-24:00")
        origin, _end = whole_days(day, day, time_zone)
        left = day_line(hours, day, time_zone, origin, 2 * CELLS_PER_DAY) & ~from_spans(spans, origin)
        ends = [(instant_at(start), instant_at(end)) for start, end in spans_of(left, origin)]
        if weekly or not ends:
            yield SpecialDay(day, tuple((_wall(start, time_zone), _wall(end, time_zone)) for start, end in ends), reason)


def closed_on(session: Session, slugs: Sequence[str], first_day: date, last_day: date) -> dict[date, str]:
    """The days of first..last (both included) on which every one of these clinics is closed all day, by its own calendar.

    With the reason, if it is the same for all; '' when nobody gave one. Two queries, however many clinics.
    """
    sites = [site for _slug, site in listings.sites_named(session, slugs)]
    since, until = first_day - timedelta(days=1), last_day + timedelta(days=1)
    ids = [site.id for site in sites]
    days, closures = listings.exceptions_within(session, ids, since, until, cell_at(datetime.combine(since, time(), UTC)))
    closed: dict[date, str] = {}
    for day in (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1)):
        why = {_closed_why(site, days.get(site.id, ()), closures.get(site.id, ()), day) for site in sites}
        if why and None not in why:
            closed[day] = (why.pop() or "") if len(why) == 1 else ""
    return closed


def _closed_why(site: Site, days: Days, closures: Closures, day: date) -> str | None:
    """The reason, '' for none; None when the site is open at some time of the day."""
    special = next((at for at in days if at.day == day), None)
    usual = format_day(parse_week(site.hours).days[day.weekday()]) if site.hours else "00:00-24:00"
    hours = special.hours if special else usual
    if not hours:
        return special.reason if special else ""
    start, _end = whole_days(day, day, site.time_zone)
    spans = [(closure.start_cell, closure.end_cell) for closure in closures]
    if day_line(hours, day, site.time_zone, start, 2 * CELLS_PER_DAY) & ~from_spans(spans, start):
        return None
    return next((closure.reason for closure in closures if closure.end_cell > start), "")


def _wall(instant: datetime, time_zone: str) -> time:
    return instant.astimezone(zone(time_zone)).time()


def _open_from(site: Site | LocationRow, days: Days, closures: Closures, since: int) -> int:
    """Bit i is set where the site is open in the cell `since` + i, for 60 days."""
    origin = since // CELLS_PER_DAY * CELLS_PER_DAY  # of a whole day, so that expanded hours are kept until midnight
    cells = (LOOK_AHEAD_DAYS + 1) * CELLS_PER_DAY
    line = dated_line(site.hours, [(day.hours, day.day) for day in days], site.time_zone, origin, cells)
    line &= ~from_spans(((closure.start_cell, closure.end_cell) for closure in closures), origin)
    return line >> (since - origin) & _AHEAD


def _state(site: Site | LocationRow, days: Days, closures: Closures, now: datetime) -> OpeningState:
    cell = cell_at(now)
    line = _open_from(site, days, closures, cell)
    if line & 1:
        return OpeningState(open=True, until=_instant(first(~line & _AHEAD, cell)), opens_at=None, reason="")
    opens_at = _instant(first(line, cell))
    return OpeningState(open=False, until=None, opens_at=opens_at, reason=_reason(site, days, closures, opens_at, now))


def _reason(site: Site | LocationRow, days: Days, closures: Closures, opens_at: datetime | None, now: datetime) -> str:
    cell, today = cell_at(now), local_day(now, site.time_zone)
    closed = next((closure.reason for closure in closures if closure.start_cell <= cell < closure.end_cell), "")
    if closed or (opens_at and local_day(opens_at, site.time_zone) == today):
        return closed
    return next((day.reason for day in days if day.day == today), "")


def _instant(cell: int | None) -> datetime | None:
    return None if cell is None else instant_at(cell)
