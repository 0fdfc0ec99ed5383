"""The first times of a clinic or of a specialist."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, soonest
from clinic.store.directory import people
from clinic.store.directory.locations import offering
from clinic.usecases.find.wanted import visit_for


def first_times(
    session: Session,
    service: str,
    visit_type: str,
    *,
    location: str | None = None,
    specialist: str | None = None,
    now: datetime,
    limit: int = 3,
) -> list[Opening]:
    """The soonest openings of a visit type at a clinic, of a specialist wherever they work, or both, by slugs.

    None at all for a clinic or a specialist that does not give it. Raises NotFound and InvalidInput as `visit_for`.
    """
    visit = visit_for(session, service, visit_type)
    person = people.find_id(session, specialist) if specialist else None
    if specialist and person is None:
        return []
    rows = offering(session, visit.id, slugs=[location] if location else (), specialist_id=person)
    sought = SearchCriteria(visit=visit, candidates=[CandidateSite(row) for row in rows], specialist_id=person)
    return soonest(session, sought, now=now, limit=limit)
