"""When specialists work where, and what was changed of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key


class Shift(Base):
    """Weekly hours of a specialist at a location, in the location's zone, from `first_day` through `last_day`.

    The hours are one line of text (see domain.time.hours): a roster of 800 people is then 800 short rows, and equal lines
    expand to the same timeline once.
    """

    __tablename__ = "shift"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    weekly: Mapped[str] = mapped_column(String(600))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        Index("ix_shift_place", "location_id", "specialist_id"),
        Index("ix_shift_specialist", "specialist_id"),
        CheckConstraint("last_day is null or last_day >= first_day", name="forwards"),
    )


class ShiftDay(Base):
    """A dated exception: on `day` the specialist works these `hours` at the location instead of the weekly ones."""

    __tablename__ = "shift_day"
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"), primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hours: Mapped[str] = mapped_column(String(120), default="")
    reason: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (Index("ix_shift_day_place", "location_id"),)


class TimeOff(Base):
    """The specialist is away, everywhere, from `start_cell` to `end_cell` (five-minute cells since the epoch)."""

    __tablename__ = "time_off"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"))
    start_cell: Mapped[int]
    end_cell: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        Index("ix_time_off_when", "specialist_id", "end_cell"),
        CheckConstraint("end_cell > start_cell", name="forwards"),
    )


class RosterChange(Base):
    """A change of a specialist's availability that was saved: `edits`, and those that take it back
    (domain.scheduling.roster_edits).
    """

    __tablename__ = "roster_change"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    specialist_id: Mapped[int] = mapped_column(ForeignKey("specialist.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    edits: Mapped[str] = mapped_column(Text)
    undo: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_roster_change_specialist", "specialist_id", "id"),)
