"""Services and their visit types."""

from __future__ import annotations

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.store.directory import listings
from clinic.usecases.directory.cards import ServiceCard, service_cards


def services(session: Session) -> list[ServiceCard]:
    """Every service that has a visit type, in the order of the catalogue."""
    return list(service_cards(listings.visit_types(session)))


def get_service(session: Session, slug: str) -> ServiceCard:
    """Raises NotFound."""
    for card in services(session):
        if card.slug == slug:
            return card
    raise NotFound("We do not offer a service of that name.")
