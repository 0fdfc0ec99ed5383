"""What is looked for: the words of a search, checked, and turned into what the engine seeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.time.hours import parse_week
from clinic.engine.search.candidates import NEARBY_MILES, CandidateSite, Order
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit, visits_of

WIDEST_MILES = 500.0
MOST_OPENINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for near a place. `since` and `until` are aware; starts lie in [since, until).

    `day` is one day of each clinic's own calendar, `within` weekly hours by its own clock ("Tue 16:00-24:00; Thu
    16:00-24:00"; domain.time.hours has those of mornings). `specialist` is a slug, `language` a name such as "Spanish".
    """

    service: str
    visit_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    day: date | None = None
    within: str = ""
    specialist: str | None = None
    language: str | None = None
    radius_miles: float = NEARBY_MILES
    sort: Order = "soonest"
    limit: int = 20

    @property
    def narrowed(self) -> bool:
        """Whether more than a place and a kind of visit was asked for."""
        return bool(self.day or self.within or self.specialist or self.language)


def visit_for(session: Session, service: str, visit_type: str | None = None) -> BookableVisit:
    """The visit type meant: the one named, else the service's first that patients can book themselves.

    Raises NotFound for an unknown service, InvalidInput for a visit type that is not the service's, or that only staff may book.
    """
    visits = visits_of(session, service)
    if not visits:
        raise NotFound("We do not offer a service of that name.")
    if visit_type is None:
        first = next((visit for visit in visits if visit.shape.online), None)
        if first is None:
            raise InvalidInput(
                {"service": f"“{visits[0].service_name}” is arranged by our staff. Please call us to get a visit."}
            )
        return first
    for visit in visits:
        if visit.slug == visit_type:
            if not visit.shape.online:
                raise InvalidInput({"visit_type": f"“{visit.name}” is arranged by our staff. Please call us to get one."})
            return visit
    raise InvalidInput({"visit_type": "Choose one of: " + ", ".join(v.slug for v in visits if v.shape.online) + "."})


def check(wanted: Wanted, *, now: datetime) -> None:
    """Raise InvalidInput for limits, days and hours that cannot be."""
    wrong: dict[str, str] = {}
    if not 0 < wanted.radius_miles <= WIDEST_MILES:
        wrong["radius"] = f"Search within more than 0 and at most {WIDEST_MILES:.0f} miles."
    if not 1 <= wanted.limit <= MOST_OPENINGS:
        wrong["limit"] = f"Ask for 1 to {MOST_OPENINGS} openings."
    if wanted.sort not in ("soonest", "nearest"):
        wrong["sort"] = "Sort by soonest or nearest."
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        wrong["until"] = "The end must be after the beginning."
    if wanted.day and wanted.day < now.date() - timedelta(days=1):
        wrong["day"] = "That day has passed. Choose today or a later day."
    elif wanted.day and wanted.day > now.date() + timedelta(days=730):
        wrong["day"] = "That day is too far ahead. Choose a day within the next months."
    try:
        parse_week(wanted.within)
    except InvalidInput as refused:
        wrong["within"] = refused.message
    if wrong:
        raise InvalidInput(wrong)


def narrowing(session: Session, wanted: Wanted, visit: BookableVisit, candidates: Sequence[CandidateSite]) -> dict[str, Any]:
    """The keywords of engine.search.candidates.SearchCriteria for what was asked for beyond place and visit."""
    who: frozenset[int] | None = None
    if wanted.specialist or wanted.language:
        offering = people.offering(session, visit.id, [candidate.location.id for candidate in candidates])
        who = frozenset(
            person.id
            for person in offering
            if wanted.specialist in (None, "", person.slug) and (not wanted.language or wanted.language in person.languages)
        )
    return {
        "since": wanted.since, "until": wanted.until, "first_day": wanted.day, "last_day": wanted.day, "within": wanted.within,
        "people": who,
    }  # fmt: skip
