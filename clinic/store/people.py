"""Specialists, and what each offers where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, driver_rows, one_of


class Specialist(Base):
    """A practitioner: one human, one calendar, whatever the location. The id is the resource's.

    `gender` is "woman" or "man", for patients who ask for one; null where it was not said.
    """

    __tablename__ = "specialist"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    import_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    profession: Mapped[str] = mapped_column(String(80), default="")
    languages: Mapped[str] = mapped_column(String(120), default="English")
    about: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    gender: Mapped[str | None] = mapped_column(String(10))


class Offer(Base):
    """This specialist gives this type of visit at this location."""

    __tablename__ = "offer"
    visit_type_id: Mapped[int] = mapped_column(ForeignKey("visit_type.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), primary_key=True)

    __table_args__ = (Index("ix_offer_specialist", "specialist_id"), Index("ix_offer_location", "location_id"))


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
