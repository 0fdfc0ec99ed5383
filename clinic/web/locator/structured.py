"""What search engines read of clinics and people: schema.org in JSON-LD. It says what the page says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from clinic.usecases.directory import LocationCard, LocationPage, OpenTime, SpecialistPage
from clinic.web.context import public_link
from clinic.web.linked_data import SCHEMA, JsonLd, organization

SPECIALTY_OF = {"physical-therapy": "https://schema.org/Physiotherapy"}
"""The one specialty beside the chain's own that schema.org has a name for, by the slug of its service."""


@dataclass(frozen=True, slots=True)
class HoursException:
    """On first..last (both included) the clinic has these hours; it is closed all day when there are none."""

    first: date
    last: date
    open_times: tuple[OpenTime, ...]
    reason: str


def clinic_data(clinic: LocationPage, days: Iterable[HoursException]) -> JsonLd:
    """A MedicalClinic. `days` are the dates whose hours differ, as the page shows them.

    Geo has six decimals (Google wants five), the telephone number is E.164, and closed is written 00:00-00:00.
    """
    data = _place(clinic) | {
        "@context": SCHEMA,
        "parentOrganization": organization(),
        "medicalSpecialty": ["https://schema.org/Musculoskeletal"]
        + [SPECIALTY_OF[service.slug] for service in clinic.services if service.slug in SPECIALTY_OF],
        "availableService": [
            {"@type": "MedicalProcedure", "name": service.name, "url": public_link("care.service", slug=service.slug)}
            for service in clinic.services
        ],
        "openingHoursSpecification": [*_weekly(clinic), *_dated(days)],
    }
    if any(visit.online for service in clinic.services for visit in service.visit_types):
        target = {"@type": "EntryPoint", "urlTemplate": public_link("locator.location_times", slug=clinic.slug)}
        data["potentialAction"] = {"@type": "ReserveAction", "name": "Book a visit", "target": target}
    return data


def person_data(person: SpecialistPage) -> JsonLd:
    """A Person, at work at clinics."""
    card = person.card
    address = public_link("locator.specialist", slug=card.slug)
    return {
        "@context": SCHEMA,
        "@type": "Person",
        "@id": f"{address}#person",
        "url": address,
        "name": card.name,
        "jobTitle": card.profession,
        "description": card.about,
        "knowsLanguage": list(card.languages),
        "worksFor": organization(),
        "workLocation": [_place(at.clinic) for at in person.workplaces],
    }


def _place(clinic: LocationCard) -> JsonLd:
    address = public_link("locator.location", slug=clinic.slug)
    postal = {
        "@type": "PostalAddress", "streetAddress": clinic.street, "addressLocality": clinic.city,
        "addressRegion": clinic.state, "postalCode": clinic.postal_code, "addressCountry": "US",
    }  # fmt: skip
    data: JsonLd = {
        "@type": "MedicalClinic",
        "@id": f"{address}#clinic",
        "url": address,
        "name": clinic.name,
        "address": {name: value for name, value in postal.items() if value},
        "geo": {"@type": "GeoCoordinates", "latitude": f"{clinic.latitude:.6f}", "longitude": f"{clinic.longitude:.6f}"},
    }
    return data | ({"telephone": clinic.dial} if clinic.dial else {})


def _weekly(clinic: LocationPage) -> Iterator[JsonLd]:
    """Days with equal hours together."""
    days: dict[OpenTime, list[str]] = {}
    for day in clinic.days:
        for stretch in day.open_times:
            days.setdefault(stretch, []).append(f"https://schema.org/{day.name}")
    for stretch, names in days.items():
        yield {"@type": "OpeningHoursSpecification", "dayOfWeek": names, **_hours(stretch)}


def _dated(lines: Iterable[HoursException]) -> Iterator[JsonLd]:
    for line in lines:
        valid = {
            "@type": "OpeningHoursSpecification", "validFrom": line.first.isoformat(), "validThrough": line.last.isoformat(),
        }  # fmt: skip
        for hours in [_hours(stretch) for stretch in line.open_times] or [{"opens": "00:00", "closes": "00:00"}]:
            yield valid | hours


def _hours(stretch: OpenTime) -> JsonLd:
    """Around the clock is 00:00-23:59, as 00:00-00:00 would be closed."""
    opens, closes = (end.isoformat("minutes") for end in stretch)
    if opens == closes == "00:00":
        closes = "23:59"
    return {"opens": opens, "closes": closes}
