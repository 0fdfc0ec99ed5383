"""What every room's JSON-LD shares: the vocabulary, and the chain under one name."""

from __future__ import annotations

from typing import Any

from clinic.web.context import public_link, settings

SCHEMA = "https://schema.org"
JsonLd = dict[str, Any]


def organization() -> JsonLd:
    """The chain, with the `@id` that clinics, people and care pages all name."""
    address = public_link("locator.home")
    return {"@type": "MedicalOrganization", "@id": f"{address}#organization", "name": settings().brand, "url": address}
