"""What a patient tells the clinic before a visit. It is sealed on its way in, and opened only for those who may read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, WrongKey
from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.appointment import STANDING
from clinic.engine.placing.changing import Who
from clinic.engine.placing.resolve import managed, reached
from clinic.engine.transaction import transaction
from clinic.store.appointments import appointments
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.patients import encrypted_answers
from clinic.store.patients.encrypted_answers import Kind
from clinic.store.tables.patients import Patient
from clinic.store.work import tasks

__all__ = ["AnswersSubject", "WrongKey", "answer", "is_answered", "look", "read"]

CALLS = frozenset({"nurse_calls"})


def answer(
    session: Session,
    manage_token: str,
    given: Mapping[str, Any],
    *,
    version: int,
    kind: Kind = "questions",
    routes: Sequence[str] = (),
    sealer: Sealer,
    key: bytes,
    who: Who,
    now: datetime,
) -> None:
    """Keep answers with the visit, in place of earlier ones. Raises NotFound, UnusableToken, IllegalMove, Busy.

    `given` are answers as IntakeQuestion.read gives them, by question; `routes` say who must see to them: a task for each
    that needs a call. The task says that there is something to read, not what.
    """
    appointment = managed(session, manage_token, key, now=now)
    _answer(session, appointment.id, given, version=version, kind=kind, routes=routes, sealer=sealer, who=who, now=now)


@transaction
def _answer(
    session: Session, appointment_id: int, given: Mapping[str, Any], *, version: int, kind: Kind, routes: Sequence[str],
    sealer: Sealer, who: Who,
    now: datetime,
) -> None:  # fmt: skip
    appointment = appointments.find(session, appointment_id)
    if appointment is None or appointment.state not in STANDING or appointment.end_at <= now:
        raise IllegalMove("This visit is over or was cancelled, so there is nothing to answer for it.")
    encrypted_answers.keep_seal(session, sealer.seal)
    encrypted_answers.save_answers(
        session, appointment_id, kind, version, sealer.seal(json.dumps(given, ensure_ascii=False)), now=now
    )
    if appointment.patient_id is not None and set(routes) & CALLS:
        tasks.add_tasks(session, tasks.INTAKE_CALL, appointment_id, appointment.patient_id, [None], now=now)
    audit.note(session, appointment_id, actor=who.actor, action=Action.ANSWER, patient_id=appointment.patient_id, now=now)


def is_answered(session: Session, manage_token: str, *, key: bytes, now: datetime) -> bool:
    """Whether the questions were answered; never what. Raises NotFound, UnusableToken."""
    return encrypted_answers.is_answered(session, managed(session, manage_token, key, now=now).id)


def read(
    session: Session, viewer: Viewer, appointment_id: int, *, sealer: Sealer, who: Who, now: datetime
) -> dict[str, tuple[int, dict[str, Any]]]:
    """kind -> (version of what was asked, answers), for those who may read them; noted in the audit log.

    Empty where they may not, as where there is nothing. Raises WrongKey.
    """
    begin_write(session)
    found = encrypted_answers.answers_for(session, viewer, appointment_id)
    opened = {kind: (version, json.loads(sealer.open(text))) for kind, (version, text) in found.items()}
    if opened:
        visit = appointments.find(session, appointment_id)
        patient_id = visit.patient_id if visit else None
        audit.note(session, appointment_id, actor=who.actor, action=Action.SEE_ANSWERS, patient_id=patient_id, now=now)
    session.commit()
    return opened


@dataclass(frozen=True, slots=True)
class AnswersSubject:
    """The visit that answers are about, whose it is, and what they wrote as its reason."""

    visit: VisitSummary
    patient: str
    birth_date: date
    reason: str

    def __repr__(self) -> str:  # never into a log
        return f"AnswersSubject({self.visit.appointment_id})"


@transaction
def look(session: Session, viewer: Viewer, appointment_id: int, *, who: Who, now: datetime) -> AnswersSubject:
    """The visit, for those who may read its answers; noted in the audit log. Raises NotFound beyond reach, Busy."""
    visit = reached(session, viewer, appointment_id)
    patient = session.get(Patient, visit.patient_id)
    assert patient is not None  # what is within reach is somebody's visit
    audit.note(session, visit.id, actor=who.actor, action=Action.SEE_REASON, patient_id=patient.id, now=now)
    name = f"{patient.given_name} {patient.family_name}"
    return AnswersSubject(summary_of(session, visit), name, patient.birth_date, visit.reason or "")
