"""What one look at the calendars shows of many clinics: the soonest of all, each one's first, lists in either order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.scheduling.openings import earliest
from clinic.domain.time.timeline import span
from clinic.engine.search.candidates import (
    PER_LOCATION,
    CandidateSite,
    Opening,
    Order,
    SearchCriteria,
    growing,
    opening_at,
    starts_of,
)
from clinic.store.schedules.calendars import Calendars
from clinic.store.schedules.site_schedules import PractitionerRole


class CalendarView:
    """Every start that will do, by the site's id. `firsts` has each site's first, as a timeline of that one bit."""

    def __init__(self, calendars: Calendars, sought: SearchCriteria, bounds: int) -> None:
        self.sought, self.origin = sought, calendars.origin
        self.firsts: dict[int, int] = {}
        self._by_site: dict[int, list[tuple[tuple[object, ...], PractitionerRole, int]]] = {}
        for practice, line in starts_of(calendars, sought, bounds):
            site = practice.site.id
            self._by_site.setdefault(site, []).append(((practice.slug,), practice, line))
            self.firsts[site] = min(self.firsts.get(site, line & -line), line & -line)

    def openings(self, site_id: int, count: int, *, since: int = 0) -> tuple[Opening, ...]:
        """The first ones of a site, or its first from the cell `since` on."""
        lines = self._by_site.get(site_id, [])
        if since > self.origin:
            lines = [(rank, practice, line >> (since - self.origin) << (since - self.origin)) for rank, practice, line in lines]
        first = earliest(lines, count)
        return tuple(opening_at(self.sought, self.origin + bit, practice) for bit, practice in first)

    def first_of(self, candidates: Iterable[CandidateSite]) -> Opening | None:
        """The earliest of all that these sites have; of several, the nearest."""
        open_ = [candidate for candidate in candidates if candidate.location.id in self.firsts]
        best = min(open_, key=lambda c: (self.firsts[c.location.id], c.rank), default=None)
        return self.openings(best.location.id, 1)[0] if best else None


@dataclass(frozen=True, slots=True)
class Listing:
    """The earliest opening of all, and clinics with their first openings each."""

    soonest: Opening | None = None
    clinics: tuple[tuple[CandidateSite, tuple[Opening, ...]], ...] = ()


def listing(
    session: Session, sought: SearchCriteria, *, now: datetime, order: Order, clinics: int, per_clinic: int = PER_LOCATION
) -> Listing:
    """The first `clinics` candidates that have an opening, nearest or soonest first, each with its `per_clinic` earliest."""
    found = Listing()
    for calendars, first, last, certain in growing(session, sought, now=now):
        found, settled = list_of(CalendarView(calendars, sought, span(first, last)), order, clinics, per_clinic)
        if settled or certain:
            break
    return found


def list_of(look: CalendarView, order: Order, clinics: int, per_clinic: int) -> tuple[Listing, bool]:
    """The listing, and whether a further horizon could not change it."""
    sought, firsts = look.sought, look.firsts
    ranked = sorted(sought.candidates, key=lambda c: c.rank)
    if order == "soonest":
        ranked = sorted((c for c in ranked if c.location.id in firsts), key=lambda c: firsts[c.location.id])
    listed: list[tuple[CandidateSite, tuple[Opening, ...]]] = []
    settled = True
    for candidate in ranked:
        if len(listed) == clinics:
            break
        openings = look.openings(candidate.location.id, per_clinic)
        settled = settled and len(openings) == per_clinic
        if openings:
            listed.append((candidate, openings))
    settled = settled and (order == "nearest" or len(listed) == min(clinics, len(sought.candidates)))
    return Listing(look.first_of(sought.candidates), tuple(listed)), settled
