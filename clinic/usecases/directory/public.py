"""What anybody may find by a search engine."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.store.directory import listings
from clinic.store.tables.directory import Location, Specialist


@dataclass(frozen=True, slots=True)
class Public:
    """The slugs of everything that has a page of its own, and the codes of the states with clinics."""

    states: tuple[str, ...]
    locations: tuple[str, ...]
    services: tuple[str, ...]
    specialists: tuple[str, ...]


def everything_public(session: Session) -> Public:
    """Four queries, for slugs alone."""
    return Public(
        tuple(listings.count_by_state(session)),
        tuple(listings.slugs(session, Location)),
        tuple(dict.fromkeys(row.service_slug for row in listings.visit_types(session))),
        tuple(listings.slugs(session, Specialist)),
    )
