"""What a reader of the directory gets: plain values, made from rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from clinic.adapters.phones import format_phone
from clinic.domain.time.hours import MINUTES_PER_DAY, Stretch, parse_week
from clinic.store.directory.listings import AddressRow, CatalogueRow
from clinic.store.directory.locations import LocationRow
from clinic.store.tables.directory import Location

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

OpenTime = tuple[time, time]
"""Opens, closes: on the clinic's wall. A close at or before the opening is on the next day; midnight is 00:00."""


@dataclass(frozen=True, slots=True)
class PageLink:
    """Something that has a page of its own: enough to link to it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class VisitCard:
    """A visit type. `online`: patients can book it themselves. `audience`: "any", "new" or "returning"."""

    slug: str
    name: str
    minutes: int
    online: bool
    audience: str


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service with its visit types, the first visit first."""

    slug: str
    name: str
    summary: str
    visit_types: tuple[VisitCard, ...]


@dataclass(frozen=True, slots=True)
class SpecialistCard:
    """A specialist, where they work and what they give."""

    slug: str
    name: str
    profession: str
    languages: tuple[str, ...]
    about: str
    locations: tuple[PageLink, ...]
    services: tuple[PageLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationCard:
    """A clinic. `phone` reads "(407) 555-0123 ext. 4", empty for none; `dial` is the same number for a tel: link."""

    slug: str
    name: str
    street: str
    city: str
    state: str
    postal_code: str | None
    phone: str
    dial: str | None
    latitude: float
    longitude: float
    time_zone: str


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day's usual hours; closed when `open_times` is empty."""

    name: str
    open_times: tuple[OpenTime, ...]


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date whose hours differ; closed all day when `open_times` is empty."""

    day: date
    open_times: tuple[OpenTime, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ClosedStretch:
    """The clinic is closed from `start` to `end` (UTC), whatever its hours.

    `reopens` is when its hours begin again, at the end or after (the end itself, for a clinic without hours of its own);
    None when that is not within 60 days of the end.
    """

    start: datetime
    end: datetime
    reason: str
    reopens: datetime | None


@dataclass(frozen=True, slots=True)
class ListedWorkplace:
    """A clinic where a specialist works, and on which days of the week they do so at present; no days when they differ."""

    clinic: LocationCard
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpecialistPage:
    """A specialist with all that their page shows. `services` hold only the visit types that they give."""

    card: SpecialistCard
    services: tuple[ServiceCard, ...]
    workplaces: tuple[ListedWorkplace, ...]


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Another clinic, and how far it is from the one spoken of, in miles."""

    clinic: LocationCard
    miles: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationPage(LocationCard):
    """A clinic with all that its page shows.

    `hours` is one line, "Mon 09:00-17:00; …"; empty when hours differ by specialist, and then `days` is empty too.
    `special_days` and `closures` are those from today on; `closed_days` are the days that closures touch, with the hours
    that they leave. `services` hold only the visit types given here.
    `parking` and `access` are sentences, `plans` the insurance plans taken; empty when not known.
    """

    hours: str
    days: tuple[WeekDay, ...]
    special_days: tuple[SpecialDay, ...]
    closures: tuple[ClosedStretch, ...]
    closed_days: tuple[SpecialDay, ...]
    services: tuple[ServiceCard, ...]
    specialists: tuple[SpecialistCard, ...]
    parking: str
    access: str
    plans: tuple[str, ...]


@lru_cache(maxsize=256)  # the whole catalogue for every search, and a few kinds of clinic
def service_cards(rows: tuple[CatalogueRow, ...]) -> tuple[ServiceCard, ...]:
    visits: dict[tuple[str, str, str], list[VisitCard]] = {}
    for row in rows:
        card = VisitCard(row.slug, row.name, row.minutes, row.online, row.audience)
        visits.setdefault((row.service_slug, row.service_name, row.summary), []).append(card)
    return tuple(ServiceCard(*service, tuple(cards)) for service, cards in visits.items())


@lru_cache(maxsize=8192)
def card_of(row: LocationRow) -> LocationCard:
    """The card of a clinic that a search found."""
    return LocationCard(**address_of(row))


def address_of(row: Location | AddressRow | LocationRow) -> dict[str, Any]:
    """What a LocationCard says of the row, as its keywords."""
    same = ("slug", "name", "street", "city", "state", "postal_code", "latitude", "longitude", "time_zone")
    return {name: getattr(row, name) for name in same} | {
        "phone": format_phone(row.phone, row.phone_extension),
        "dial": row.phone,
    }


def week_of(hours: str) -> tuple[WeekDay, ...]:
    return tuple(WeekDay(name, open_times(day)) for name, day in zip(DAYS, parse_week(hours).days, strict=True))


def open_times(stretches: Iterable[Stretch]) -> tuple[OpenTime, ...]:
    return tuple((_wall(opens), _wall(closes)) for opens, closes in stretches)


def _wall(minutes: int) -> time:
    hour, minute = divmod(minutes % MINUTES_PER_DAY, 60)
    return time(hour, minute)
