"""Specialists, and what each offers where."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base


class Specialist(Base):
    """A practitioner: one human, one calendar, whatever the location. The id is the resource's."""

    __tablename__ = "specialist"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    import_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    profession: Mapped[str] = mapped_column(String(80), default="")
    languages: Mapped[str] = mapped_column(String(120), default="English")
    about: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)


class Offer(Base):
    """This specialist gives this type of visit at this location."""

    __tablename__ = "offer"
    visit_type_id: Mapped[int] = mapped_column(ForeignKey("visit_type.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), primary_key=True)

    __table_args__ = (Index("ix_offer_specialist", "specialist_id"), Index("ix_offer_location", "location_id"))
