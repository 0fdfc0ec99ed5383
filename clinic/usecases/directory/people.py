"""Specialists: lists of them, and one by name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.store import directory
from clinic.store.people import Specialist, read_languages
from clinic.usecases.directory.cards import Listed, SpecialistCard

NO_CLINIC = "We could not find a clinic of that name."


def specialists(
    session: Session,
    *,
    location: str | None = None,
    service: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[SpecialistCard]:
    """Specialists by name; only those at the location, or who give the service (there), where slugs are given.

    Raises NotFound for a slug that is nobody's.
    """
    if location is not None and directory.find_location(session, location) is None:
        raise NotFound(NO_CLINIC)
    if service is not None and not directory.has_service(session, service):
        raise NotFound("We do not offer a service of that name.")
    return cards_of(session, location=location, service=service, limit=limit, offset=offset)


def get_specialist(session: Session, slug: str) -> SpecialistCard:
    """Raises NotFound."""
    found = directory.find_specialist(session, slug)
    if found is None:
        raise NotFound("We could not find a specialist of that name.")
    return _with_offers(session, [found])[0]


def cards_of(
    session: Session, *, location: str | None = None, service: str | None = None, limit: int | None = None, offset: int = 0
) -> list[SpecialistCard]:
    rows = directory.specialists(session, location=location, service=service, limit=limit, offset=offset)
    return _with_offers(session, rows)


def _with_offers(session: Session, people: Sequence[Specialist]) -> list[SpecialistCard]:
    sites: dict[int, dict[Listed, None]] = {person.id: {} for person in people}
    given: dict[int, dict[Listed, None]] = {person.id: {} for person in people}
    for offer in directory.offers_of(session, list(sites)):
        sites[offer.specialist_id][Listed(offer.location_slug, offer.location_name)] = None
        given[offer.specialist_id][Listed(offer.service_slug, offer.service_name)] = None
    return [
        SpecialistCard(
            person.slug, person.name, person.profession, read_languages(person.languages), person.about,
            tuple(sites[person.id]), tuple(given[person.id]),
        )
        for person in people
    ]  # fmt: skip
