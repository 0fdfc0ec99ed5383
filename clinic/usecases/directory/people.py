"""Specialists: lists of them, and one by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.time.hours import parse_week
from clinic.store.directory import listings
from clinic.store.directory.people import read_languages
from clinic.store.tables.directory import Specialist
from clinic.usecases.directory.cards import (
    DAYS,
    ListedWorkplace,
    LocationCard,
    PageLink,
    SpecialistCard,
    SpecialistPage,
    address_of,
    service_cards,
)

NO_CLINIC = "We could not find a clinic of that name."
NO_SPECIALIST = "We could not find a specialist of that name."


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
    if location is not None and listings.find_location(session, location) is None:
        raise NotFound(NO_CLINIC)
    if service is not None and not listings.has_service(session, service):
        raise NotFound("We do not offer a service of that name.")
    return cards_of(session, location=location, service=service, limit=limit, offset=offset)


def get_specialist(session: Session, slug: str) -> SpecialistCard:
    """Raises NotFound."""
    found = listings.find_specialist(session, slug)
    if found is None:
        raise NotFound(NO_SPECIALIST)
    return _with_offers(session, [found])[0]


def get_specialist_page(session: Session, slug: str, *, now: datetime) -> SpecialistPage:
    """Raises NotFound."""
    found = listings.find_specialist(session, slug)
    if found is None:
        raise NotFound(NO_SPECIALIST)
    card = _with_offers(session, [found])[0]
    addresses = {
        row.slug: LocationCard(**address_of(row)) for row in listings.locations_named(session, [at.slug for at in card.locations])
    }
    works: dict[str, set[int]] = defaultdict(set)
    # Rosters change rarely, and at midnight by the clock of each clinic: the day in UTC will do.
    for at, weekly in listings.shifts_of(session, found.id, now.date()):
        works[at] |= {number for number, hours in enumerate(parse_week(weekly).days) if hours}
    return SpecialistPage(
        card,
        service_cards(listings.visit_types_of(session, found.id)),
        tuple(
            ListedWorkplace(addresses[at.slug], tuple(DAYS[number] for number in sorted(works[at.slug]))) for at in card.locations
        ),
    )


def cards_of(
    session: Session, *, location: str | None = None, service: str | None = None, limit: int | None = None, offset: int = 0
) -> list[SpecialistCard]:
    rows = listings.specialists(session, location=location, service=service, limit=limit, offset=offset)
    return _with_offers(session, rows)


def _with_offers(session: Session, people: Sequence[Specialist]) -> list[SpecialistCard]:
    sites: dict[int, dict[PageLink, None]] = {person.id: {} for person in people}
    given: dict[int, dict[PageLink, None]] = {person.id: {} for person in people}
    for offer in listings.offers_of(session, list(sites)):
        sites[offer.specialist_id][PageLink(offer.location_slug, offer.location_name)] = None
        given[offer.specialist_id][PageLink(offer.service_slug, offer.service_name)] = None
    return [
        SpecialistCard(
            person.slug, person.name, person.profession, read_languages(person.languages), person.about,
            tuple(sites[person.id]), tuple(given[person.id]),
        )
        for person in people
    ]  # fmt: skip
