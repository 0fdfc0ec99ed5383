"""What a patient says with one booking; and, before that, a draft of it that goes with the hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text, bindparam, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.appointments import Appointment
from clinic.store.base import Base, UtcDateTime

DRAFTS_KEPT_FOR = timedelta(hours=1)


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


_INTAKE, _DRAFT = Base.metadata.tables["intake"], Base.metadata.tables["draft"]
_DROP_DRAFT = delete(_DRAFT).where(_DRAFT.c.appointment_id == bindparam("id"))
_SAVE_DRAFT = text("""
    insert into draft (appointment_id, answers, saved_at) values (:id, :answers, :now)
    on conflict (appointment_id) do update set answers = excluded.answers, saved_at = excluded.saved_at
""").bindparams(bindparam("now", type_=UtcDateTime()))


def find_intake(session: Session, appointment_id: int) -> Intake | None:
    return session.get(Intake, appointment_id)


def last_said(session: Session, patient_id: int, *, among: Collection[int] | None = None) -> Intake | None:
    """What was said with the patient's last booking, or the last of `among`, whatever became of it."""
    theirs = select(Intake).join(Appointment, Appointment.id == Intake.appointment_id).where(Appointment.patient_id == patient_id)
    if among is not None:
        theirs = theirs.where(Intake.appointment_id.in_(among))
    return session.scalars(theirs.order_by(Appointment.booked_at.desc(), Appointment.id.desc()).limit(1)).first()


def stop_texts(session: Session, appointment_id: int) -> None:
    """They answered STOP: no more texts about this visit."""
    theirs = _INTAKE.c.appointment_id == appointment_id
    session.connection().execute(update(_INTAKE).where(theirs).values(texts_consented_at=None))


def stop_reminders(session: Session, appointment_id: int, *, now: datetime) -> bool:
    """No more reminders of this visit. Says whether that is new."""
    wanted = (_INTAKE.c.appointment_id == appointment_id, _INTAKE.c.reminders_stopped_at.is_(None))
    return bool(session.connection().execute(update(_INTAKE).where(*wanted).values(reminders_stopped_at=now)).rowcount)


def save_draft(session: Session, appointment_id: int, answers: str, *, now: datetime) -> None:
    """In place of an earlier one."""
    session.connection().execute(_SAVE_DRAFT, {"id": appointment_id, "answers": answers, "now": now})


def find_draft(session: Session, appointment_id: int) -> str | None:
    return session.scalar(select(Draft.answers).where(Draft.appointment_id == appointment_id))


def drop_draft(session: Session, appointment_id: int) -> None:
    session.connection().execute(_DROP_DRAFT, {"id": appointment_id})


def drop_drafts(session: Session, *, before: datetime) -> None:
    """Those of holds that nobody came back to."""
    session.execute(delete(Draft).where(Draft.saved_at < before))
