"""Specialists, and what each offers where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from clinic.store.base import driver_rows, one_of
from clinic.store.tables.directory import Offer, Specialist


class Offering(NamedTuple):
    """A specialist who gives a visit type at a site."""

    id: int
    slug: str
    name: str
    languages: tuple[str, ...]
    gender: str | None = None


_OFFERING = (
    select(Specialist.id, Specialist.slug, Specialist.name, Specialist.languages, Specialist.gender)
    .join(Offer, Offer.specialist_id == Specialist.id)
    .where(Offer.visit_type_id == bindparam("visit_type"), one_of(Offer.location_id, "locations"), Specialist.active)
    .distinct()
    .order_by(Specialist.name, Specialist.id)
)


def offering(session: Session, visit_type_id: int, location_ids: Sequence[int]) -> list[Offering]:
    """Who gives the visit type at any of the sites, by name."""
    rows = driver_rows(session, _OFFERING, {"visit_type": visit_type_id, "locations": list(location_ids)})
    return [Offering(id_, slug, name, read_languages(languages), gender) for id_, slug, name, languages, gender in rows]


def languages(session: Session, visit_type_id: int) -> set[str]:
    """The languages of everybody who gives the visit type anywhere."""
    spoken = select(Specialist.languages).join(Offer, Offer.specialist_id == Specialist.id)
    rows = session.scalars(spoken.where(Offer.visit_type_id == visit_type_id, Specialist.active).distinct())
    return {language for row in rows for language in read_languages(row)}


def find_id(session: Session, slug: str) -> int | None:
    """The id of the active specialist of that slug."""
    return session.scalar(select(Specialist.id).where(Specialist.slug == slug, Specialist.active))


def read_languages(text: str) -> tuple[str, ...]:
    """ "English, Spanish" -> its names."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
