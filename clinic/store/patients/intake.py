"""What a patient says with one booking; and, before that, a draft of it that goes with the hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from clinic.store.base import Base, UtcDateTime
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Draft, Intake

DRAFTS_KEPT_FOR = timedelta(hours=1)


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
