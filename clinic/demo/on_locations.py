"""Invented staff for locations that were imported: a specialist, a room and two services a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.demo.catalogue import MIXES, TREATMENT
from clinic.demo.chain import CHIROPRACTOR, PHYSICIAN, THERAPIST
from clinic.demo.people import Names
from clinic.demo.staffing import OFFER, PATTERNS, SHIFT, SPECIALIST, add_resources, given_at, specialist_row, weekly
from clinic.domain.geography.places import Point, haversine_miles
from clinic.store.bulk import insert_rows, set_aside
from clinic.store.tables.directory import Location, Offer, Room, Specialist, VisitType
from clinic.store.tables.schedules import Shift

SECOND: Mapping[str, tuple[str, ...]] = {
    PHYSICIAN: (),  # back pain evaluation and facet joint injections are two services already
    THERAPIST: ("back-pain-evaluation",),
    CHIROPRACTOR: ("physical-therapy-evaluation", "physical-therapy-follow-up", "physical-therapy-follow-up-long"),
}
"""What makes two services of what each profession gives."""


def unstaffed(session: Session) -> list[Location]:
    """Active locations at which nobody works, in the order of their slugs."""
    works = select(Shift.id).where(Shift.location_id == Location.id).exists()
    return list(session.scalars(select(Location).where(Location.active, ~works).order_by(Location.slug)))


def profession_at(position: int) -> str:
    return (PHYSICIAN, THERAPIST, CHIROPRACTOR)[position % 3]


def given_by(profession: str) -> dict[str, int]:
    """Slugs of the visit types a specialist gives alone at a site, and how often."""
    weights = dict(MIXES[profession])
    return {slug: weights[slug] for slug in given_at(profession, fluoroscopy=False)} | dict.fromkeys(SECOND[profession], 1)


def nearest(sites: Sequence[Location], point: Point, count: int) -> list[Location]:
    def miles(site: Location) -> tuple[float, str]:
        return haversine_miles(point.latitude, point.longitude, site.latitude, site.longitude), site.slug

    return sorted(sites, key=miles)[:count]


def staff(
    session: Session, sites: Sequence[Location], visits: Mapping[str, VisitType], *, today: date, random: Random
) -> dict[int, str]:
    """Write a specialist with offers and hours, and a treatment room, for each site. Returns the professions by specialist."""
    names = Names(random, taken=set(session.scalars(select(Specialist.slug))))
    people: list[tuple[Any, ...]] = []
    offers: list[tuple[int, int, int]] = []
    shifts: list[tuple[Any, ...]] = []
    professions: dict[int, str] = {}
    resources = add_resources(session, "specialist", len(sites))
    for position, (resource, site) in enumerate(zip(resources, sites, strict=True)):
        profession = professions[resource] = profession_at(position)
        people.append(specialist_row(resource, names, profession, random))
        offers += [(visits[slug].id, site.id, resource) for slug in given_by(profession)]
        shifts.append((resource, site.id, weekly(*PATTERNS[position % len(PATTERNS)]), date(today.year - 1, 1, 1), None))
    insert_rows(session, Specialist, SPECIALIST, people)
    insert_rows(session, Offer, OFFER, offers)
    numbers = set_aside(session, Shift, len(shifts))
    insert_rows(session, Shift, SHIFT, [(number, *row) for number, row in zip(numbers, shifts, strict=True)])
    rooms = zip(add_resources(session, "room", len(sites)), sites, strict=True)
    insert_rows(session, Room, ("id", "location_id", "name", "kind", "active"),
                [(room, site.id, "Treatment room", TREATMENT, True) for room, site in rooms])  # fmt: skip
    return professions
