"""Who gives a visit: whom and which languages there are to choose from, and what cannot be chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy.orm import Session

from clinic.engine.search.candidates import CandidateSite
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import offering
from clinic.store.directory.people import Offering
from clinic.usecases.find.wanted import Wanted, visit_for


def people_at(session: Session, visit: BookableVisit, clinics: Iterable[CandidateSite]) -> tuple[Offering, ...]:
    """Who gives the visit at any of these clinics, by name. One query."""
    ids = sorted({candidate.location.id for candidate in clinics})
    return tuple(people.offering(session, visit.id, ids)) if ids else ()


def refused(session: Session, wanted: Wanted, *, today: date) -> dict[str, str]:
    """What was chosen beyond the place and the visit and cannot be had anywhere: a sentence for each of "day",
    "specialist" and "language". `today` is the date where the place is. Raises as `visit_for`.
    """
    if not wanted.narrowed:
        return {}
    visit = visit_for(session, wanted.service, wanted.visit_type)
    wrong: dict[str, str] = {}
    if wanted.day and wanted.day < today:
        wrong["day"] = "That day has passed. Choose today or a later day."
    elif wanted.day and wanted.day > today + timedelta(days=visit.shape.horizon_days):
        wrong["day"] = f"Visits can be booked {visit.shape.horizon_days} days ahead. Choose an earlier day."
    if wanted.specialist and not _gives(session, wanted.specialist, visit):
        wrong["specialist"] = "We could not find that specialist for this visit. Choose one from the list."
    if wanted.language and wanted.language not in people.languages(session, visit.id):
        wrong["language"] = "None of our specialists for this visit speaks that. Choose a language from the list."
    return wrong


def _gives(session: Session, slug: str, visit: BookableVisit) -> bool:
    person = people.find_id(session, slug)
    return person is not None and bool(offering(session, visit.id, specialist_id=person, limit=1))
