"""Answers that only those who treat the patient may read. The database holds them sealed; who may have them, it decides here.

The rule is the row "read-intake" of the roles' table: the specialist of the visit; a manager of the visit's clinic
whose role says so; an administrator who broke the glass. A call-center agent or the front desk learns whether there are
answers, and no more. The patient may write them, and not read them back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, exists, select, text, update
from sqlalchemy.orm import Session

from clinic.domain.people.roles import Viewer
from clinic.store.access import within
from clinic.store.base import UtcDateTime
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Seal, SealedAnswers

Kind = Literal["questions", "pathway"]

WORD = "the keys of this database"
"""What is sealed before anything else: whoever can open it has the right keys."""


ANSWERED = exists().where(SealedAnswers.appointment_id == Appointment.id, SealedAnswers.kind == "questions")
"""Of an appointment in a query: the questions before it were answered. All that an agent or the front desk may know."""

_SAVE = text("""
    insert into sealed_answers (appointment_id, kind, version, sealed, saved_at) values (:id, :kind, :version, :sealed, :now)
    on conflict (appointment_id, kind) do update set version = excluded.version, sealed = excluded.sealed,
    saved_at = excluded.saved_at
""").bindparams(bindparam("now", type_=UtcDateTime()))


def save_answers(session: Session, appointment_id: int, kind: Kind, version: int, sealed: str, *, now: datetime) -> None:
    """In place of earlier ones of the kind."""
    told = {"id": appointment_id, "kind": kind, "version": version, "sealed": sealed, "now": now}
    session.connection().execute(_SAVE, told)


def is_answered(session: Session, appointment_id: int) -> bool:
    """Whether the questions before the visit were answered: all that an agent or the front desk may know."""
    wanted = select(SealedAnswers.kind).where(SealedAnswers.appointment_id == appointment_id, SealedAnswers.kind == "questions")
    return session.execute(wanted).first() is not None


def answers_for(session: Session, viewer: Viewer, appointment_id: int) -> dict[str, tuple[int, str]]:
    """kind -> (version, sealed) of what this viewer may read of the visit; empty where they may not, or there is nothing."""
    wanted = (
        select(SealedAnswers.kind, SealedAnswers.version, SealedAnswers.sealed)
        .join(Appointment, Appointment.id == SealedAnswers.appointment_id)
        .where(SealedAnswers.appointment_id == appointment_id, within(viewer))
    )
    return {kind: (version, sealed) for kind, version, sealed in session.execute(wanted)}


def find_seal(session: Session) -> str | None:
    return session.scalar(select(Seal.sealed))


def keep_seal(session: Session, seal: Callable[[str], str]) -> None:
    """Unless there is one already, seal the word."""
    if find_seal(session) is None:
        new = text("insert into seal (id, sealed) values (1, :sealed) on conflict (id) do nothing")  # two may be the first
        session.execute(new, {"sealed": seal(WORD)})


def reseal_word(session: Session, sealed: str) -> None:
    session.execute(update(Seal).values(sealed=sealed))


def reseal(session: Session, key: tuple[int, str], sealed: str) -> None:
    """In place of what was there under that appointment and kind."""
    appointment_id, kind = key
    theirs = (SealedAnswers.appointment_id == appointment_id, SealedAnswers.kind == kind)
    session.execute(update(SealedAnswers).where(*theirs).values(sealed=sealed))


def some_sealed(session: Session, after: tuple[int, str], limit: int) -> list[tuple[tuple[int, str], str]]:
    """((appointment, kind), sealed) in their order, from behind `after` on: for sealing anew in portions."""
    appointment_id, kind = after
    wanted = (
        select(SealedAnswers.appointment_id, SealedAnswers.kind, SealedAnswers.sealed)
        .where(
            (SealedAnswers.appointment_id > appointment_id)
            | ((SealedAnswers.appointment_id == appointment_id) & (SealedAnswers.kind > kind))
        )
        .order_by(SealedAnswers.appointment_id, SealedAnswers.kind)
        .limit(limit)
    )
    return [((id_, kind), sealed) for id_, kind, sealed in session.execute(wanted)]
