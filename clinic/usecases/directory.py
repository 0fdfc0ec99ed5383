"""The directory: clinics, services and specialists as anybody may read them. A constant number of queries each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from clinic.adapters.phones import format_phone
from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.hours import MINUTES_PER_DAY, Stretch, local_day, parse_day, parse_week
from clinic.domain.states import STATE_OF
from clinic.domain.timeline import cell_at, instant_at
from clinic.store import directory
from clinic.store.catalogue import Service, VisitType
from clinic.store.locations import Location
from clinic.store.people import Specialist, read_languages

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

OpenTime = tuple[time, time]
"""Opens, closes: on the clinic's wall. A close at or before the opening is on the next day; midnight is 00:00."""


@dataclass(frozen=True, slots=True)
class Listed:
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
    locations: tuple[Listed, ...]
    services: tuple[Listed, ...]


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
    """The clinic is closed from `start` to `end` (UTC), whatever its hours."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationPage(LocationCard):
    """A clinic with all that its page shows.

    `hours` is one line, "Mon 09:00-17:00; …"; empty when hours differ by specialist, and then `days` is empty too.
    `special_days` and `closures` are those from today on. `services` hold only the visit types given here.
    """

    hours: str
    days: tuple[WeekDay, ...]
    special_days: tuple[SpecialDay, ...]
    closures: tuple[ClosedStretch, ...]
    services: tuple[ServiceCard, ...]
    specialists: tuple[SpecialistCard, ...]


def locations(session: Session, *, state: str | None = None, limit: int | None = None, offset: int = 0) -> list[LocationCard]:
    """Clinics by state, city and name; all of them without `limit`. `state` is a code or a name, else InvalidInput."""
    code = None if state is None else STATE_OF.get(" ".join(state.lower().split()))
    if state is not None and code is None:
        raise InvalidInput({"state": "Use a state’s name or its two letters, such as FL."})
    rows = directory.locations(session, state=code, limit=limit, offset=offset)
    return [LocationCard(**_address(row)) for row in rows]


def locations_by_slug(session: Session, slugs: Sequence[str]) -> dict[str, LocationCard]:
    """The clinics of these slugs, in one query; a slug that is nobody's is left out."""
    return {row.slug: LocationCard(**_address(row)) for row in directory.locations_named(session, slugs)}


def clinics_by_state(session: Session) -> dict[str, int]:
    """How many clinics there are in each state that has any, by its code."""
    return directory.count_by_state(session)


def get_location(session: Session, slug: str, *, now: datetime) -> LocationPage:
    """Raises NotFound."""
    row = _location(session, slug)
    days = directory.days_of(session, row.id, local_day(now, row.time_zone))
    closures = directory.closures_of(session, row.id, cell_at(now))
    return LocationPage(
        **_address(row),
        hours=row.hours,
        days=_week(row.hours) if row.hours else (),
        special_days=tuple(SpecialDay(day.day, _open_times(parse_day(day.hours)), day.reason) for day in days),
        closures=tuple(ClosedStretch(instant_at(c.start_cell), instant_at(c.end_cell), c.reason) for c in closures),
        services=tuple(_service_cards(directory.visit_types(session, location_id=row.id))),
        specialists=tuple(_specialist_cards(session, location=slug)),
    )


def services(session: Session) -> list[ServiceCard]:
    """Every service that has a visit type, in the order of the catalogue."""
    return _service_cards(directory.visit_types(session))


def get_service(session: Session, slug: str) -> ServiceCard:
    """Raises NotFound."""
    for card in services(session):
        if card.slug == slug:
            return card
    raise NotFound("We do not offer a service of that name.")


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
    if location is not None:
        _location(session, location)
    if service is not None and not directory.has_service(session, service):
        raise NotFound("We do not offer a service of that name.")
    return _specialist_cards(session, location=location, service=service, limit=limit, offset=offset)


def get_specialist(session: Session, slug: str) -> SpecialistCard:
    """Raises NotFound."""
    found = directory.find_specialist(session, slug)
    if found is None:
        raise NotFound("We could not find a specialist of that name.")
    return _with_offers(session, [found])[0]


def _location(session: Session, slug: str) -> Location:
    found = directory.find_location(session, slug)
    if found is None:
        raise NotFound("We could not find a clinic of that name.")
    return found


def _specialist_cards(
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


def _service_cards(rows: Iterable[tuple[Service, VisitType]]) -> list[ServiceCard]:
    visits: dict[Service, list[VisitCard]] = {}
    for service, visit in rows:
        card = VisitCard(visit.slug, visit.name, visit.minutes, visit.online, visit.audience)
        visits.setdefault(service, []).append(card)
    return [ServiceCard(s.slug, s.name, s.summary, tuple(cards)) for s, cards in visits.items()]


def _address(row: Location) -> dict[str, Any]:
    """What a LocationCard says of the row, as its keywords."""
    same = ("slug", "name", "street", "city", "state", "postal_code", "latitude", "longitude", "time_zone")
    return {name: getattr(row, name) for name in same} | {
        "phone": format_phone(row.phone, row.phone_extension),
        "dial": row.phone,
    }


def _week(hours: str) -> tuple[WeekDay, ...]:
    return tuple(WeekDay(name, _open_times(day)) for name, day in zip(DAYS, parse_week(hours).days, strict=True))


def _open_times(stretches: Iterable[Stretch]) -> tuple[OpenTime, ...]:
    return tuple((_wall(opens), _wall(closes)) for opens, closes in stretches)


def _wall(minutes: int) -> time:
    hour, minute = divmod(minutes % MINUTES_PER_DAY, 60)
    return time(hour, minute)
