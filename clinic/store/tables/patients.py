"""Patients, their guardians, what they said with a visit, and records that became one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Key


class Intake(Base):
    """How to reach the patient about this visit, and what helps them at it. A record that was there before stays as it is.

    Names, extension and ZIP code are as they were said with this booking, so that they can be shown to who said them.
    `texts_consented_at` is when somebody ticked that texts are welcome; null means no text. `reminders_stopped_at`: since when
    they want no more reminders.
    """

    __tablename__ = "intake"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    given_name: Mapped[str | None] = mapped_column(String(100))
    family_name: Mapped[str | None] = mapped_column(String(100))
    phone_extension: Mapped[str | None] = mapped_column(String(10))
    postal_code: Mapped[str | None] = mapped_column(String(5))
    email: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(20))
    interpreter: Mapped[bool]
    access_needs: Mapped[str | None] = mapped_column(Text)
    insurer: Mapped[str | None] = mapped_column(String(120))
    texts_consented_at: Mapped[datetime | None]
    reminders_stopped_at: Mapped[datetime | None]


class Draft(Base):
    """Answers to a form whose time is only held, as JSON. Gone with the hold: what is never booked is not kept."""

    __tablename__ = "draft"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    answers: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(index=True)


class PatientMerge(Base):
    """The record of `from_id` became that of `into_id`. `moved` are the ids of all that went along, as JSON."""

    __tablename__ = "patient_merge"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    moved: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_patient_merge_from", "from_id"), Index("ix_patient_merge_into", "into_id"))


_MERGED = text("merged_into_id is not null")


class Patient(Base):
    """A person who is seen. The id is the resource's: a patient, too, can only be in one place at a time.

    `match_name` is given and family name folded to letters; with birth date and phone it tells a returning patient.
    `phone_misses` are wrong answers of callers who said to be them, within a day, the last at `phone_missed_at`; for a day
    from `phone_locked_at` on no fact opens the record. `merged_into_id`: this was somebody's second record, and is found no
    more.
    """

    __tablename__ = "patient"
    id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, autoincrement=False)
    given_name: Mapped[str] = mapped_column(String(100))
    family_name: Mapped[str] = mapped_column(String(100))
    match_name: Mapped[str] = mapped_column(String(200))
    birth_date: Mapped[date] = mapped_column(Date)
    phone: Mapped[str] = mapped_column(String(20))
    phone_extension: Mapped[str | None] = mapped_column(String(10))
    email: Mapped[str | None] = mapped_column(String(254))
    postal_code: Mapped[str | None] = mapped_column(String(5))
    language: Mapped[str] = mapped_column(String(20), default="en")
    interpreter: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    phone_misses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    phone_missed_at: Mapped[datetime | None]
    phone_locked_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))

    __table_args__ = (
        Index("ix_patient_match", "birth_date", "phone"),
        Index("ix_patient_name", "birth_date", "match_name"),
        Index("ix_patient_phone", "phone"),
        Index("ix_patient_merged", "merged_into_id", postgresql_where=_MERGED, sqlite_where=_MERGED),
    )


class Guardian(Base):
    """Who answers for a patient under 18, as given with one appointment. Messages go to them."""

    __tablename__ = "guardian"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    relation: Mapped[str] = mapped_column(String(40))
    phone: Mapped[str] = mapped_column(String(20))
    consented_at: Mapped[datetime]


class SealedAnswers(Base):
    """Answers to the questions before a visit, or to the care pathway; `version` is that of what was asked."""

    __tablename__ = "sealed_answers"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    version: Mapped[int]
    sealed: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind in ('questions', 'pathway')", name="kind"),)


class Seal(Base):
    """One sealed word, made with the first answers: a process whose keys do not open it has the wrong keys."""

    __tablename__ = "seal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(Text)

    __table_args__ = (CheckConstraint("id = 1", name="only"),)
