"""Three times to read aloud: the soonest, the nearest, and the soonest nearby, as different as they can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from clinic.domain.time.hours import local_day, to_utc
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, span
from clinic.engine.search.candidates import HORIZON_DAYS, PER_LOCATION, CandidateSite, Opening, Order, SearchCriteria, growing
from clinic.engine.search.listing import CalendarView, Listing, list_of

Kind = Literal["soonest", "nearest", "nearby"]

NEAR_MILES = 10.0
FAR_ENOUGH = HORIZON_DAYS[-1]
"""A nearest clinic without a time for so many days gives way to the next."""


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """One time, and what it is of all that were found; more than one thing where nothing else could be offered.

    "soonest": of all clinics; "nearest": the first of the nearest clinic that has any; "nearby": the next within ten miles, or
    as near as the nearest, that is at another clinic than these, or on a later day.
    """

    kinds: tuple[Kind, ...]
    opening: Opening


def listing_with_offers(
    session: Session, sought: SearchCriteria, *, now: datetime, order: Order, clinics: int, per_clinic: int = PER_LOCATION
) -> tuple[tuple[PhoneOption, ...], Listing]:
    """Up to three offers, and `listing`: from one look at the calendars. Candidates have their miles."""
    offers: tuple[PhoneOption, ...] = ()
    found = Listing()
    closest = min(sought.candidates, key=lambda c: c.rank, default=None)
    for calendars, first, last, certain in growing(session, sought, now=now):
        look = CalendarView(calendars, sought, span(first, last))
        offers = offers_of(look)
        found, settled = list_of(look, order, clinics, per_clinic)
        final = ("nearby",) in [offer.kinds for offer in offers] and closest is not None and closest.location.id in look.firsts
        if certain or (settled and (final or last - first >= (FAR_ENOUGH - 1) * CELLS_PER_DAY)):
            break
    return offers, found


def offers_of(look: CalendarView) -> tuple[PhoneOption, ...]:
    ranked = sorted(look.sought.candidates, key=lambda c: c.rank)
    soonest, nearest = look.first_of(ranked), _nearest(look, ranked)
    if soonest is None or nearest is None:
        return ()
    known = {soonest.location.id, nearest.location.id}
    around = [c for c in ranked if (c.miles or 0.0) <= max(NEAR_MILES, nearest.miles or 0.0)]
    others = look.first_of(c for c in around if c.location.id not in known)
    later = _later(look, [c for c in around if c.location.id in known], (soonest, nearest))
    nearby = min(filter(None, (others, later)), key=lambda opening: opening.start, default=None)  # of equals, the other clinic
    if nearby is None:
        near = {candidate.location.id for candidate in around}
        nearby = soonest if soonest.location.id in near else nearest
    named: dict[Opening, list[Kind]] = {}
    said: tuple[tuple[Kind, Opening], ...] = (("soonest", soonest), ("nearest", nearest), ("nearby", nearby))
    for kind, opening in said:
        named.setdefault(opening, []).append(kind)
    return tuple(PhoneOption(tuple(kinds), opening) for opening, kinds in named.items())


def _nearest(look: CalendarView, ranked: Sequence[CandidateSite]) -> Opening | None:
    nearest = next((candidate for candidate in ranked if candidate.location.id in look.firsts), None)
    return look.first_of([nearest]) if nearest else None


def _later(look: CalendarView, candidates: Iterable[CandidateSite], offered: Sequence[Opening]) -> Opening | None:
    """The first at one of the clinics on a later day than all that is offered."""
    found: list[Opening] = []
    for candidate in candidates:
        zone = candidate.location.time_zone
        day = max(local_day(opening.start, zone) for opening in offered) + timedelta(days=1)
        found += look.openings(candidate.location.id, 1, since=cell_at(to_utc(day, 0, zone)))
    return min(found, key=lambda opening: (opening.start, opening.miles or 0.0), default=None)
