"""Answers on their way to a booking, and those of the booking before: nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import format_phone
from clinic.domain.people.patient import GuardianDetails, PatientDetails
from clinic.domain.scheduling.appointment import State
from clinic.engine.placing.resolve import managed, opened
from clinic.engine.transaction import transaction
from clinic.store.patients import intake, patients
from clinic.store.tables.patients import Patient

Answers = Sequence[tuple[str, str]]
"""Names and values of a form's fields."""

LONGEST_DRAFT = 20_000


def keep_answers(session: Session, hold_token: str, answers: Answers, *, key: bytes, now: datetime) -> bool:
    """Keep what was answered so far with the held time. Says whether it was kept: not when it is absurdly long.

    Nor once the time is held no more: then nothing waits for them. Raises UnusableToken, NotFound, Busy.
    """
    text = json.dumps(list(answers))
    appointment = opened(session, hold_token, "hold", key)
    if len(text) > LONGEST_DRAFT or appointment.state not in (State.HELD, State.EXPIRED):
        return False
    _keep(session, appointment.id, text, now=now)
    return True


@transaction
def _keep(session: Session, appointment_id: int, text: str, *, now: datetime) -> None:
    intake.drop_drafts(session, before=now - intake.DRAFTS_KEPT_FOR)
    intake.save_draft(session, appointment_id, text, now=now)


def answers_kept(session: Session, hold_token: str, *, key: bytes) -> list[tuple[str, str]]:
    """What `keep_answers` kept; empty when there is nothing, or nothing any more. Raises UnusableToken, NotFound."""
    text = intake.find_draft(session, opened(session, hold_token, "hold", key).id)
    return [(name, value) for name, value in json.loads(text)] if text else []


def said_before(session: Session, manage_token: str, *, key: bytes, now: datetime) -> PatientDetails | None:
    """What was said with an earlier booking, for its booker to say again; None when nothing is on record.

    As it was said, not as a record of the patient has it: the page that shows it must not tell whether there is one.
    The reason belongs to that visit, and consent is asked for each time; neither comes along. Raises UnusableToken, NotFound.
    """
    appointment = managed(session, manage_token, key, now=now)
    said = intake.find_intake(session, appointment.id)
    patient = session.get(Patient, appointment.patient_id) if appointment.patient_id is not None else None
    if said is None or patient is None or not said.given_name or not said.family_name:
        return None
    guardian = patients.find_guardian(session, appointment.id)
    answerable = GuardianDetails(
        name=guardian.name, relation=guardian.relation, phone=format_phone(guardian.phone), consent=False
    ) if guardian else None  # fmt: skip
    return PatientDetails(
        given_name=said.given_name, family_name=said.family_name, birth_date=patient.birth_date,
        phone=format_phone(patient.phone, said.phone_extension), email=said.email, postal_code=said.postal_code,
        language=said.language, interpreter=said.interpreter, new_patient=appointment.new_patient,
        booked_by=appointment.booked_by or "self", guardian=answerable, access_needs=said.access_needs, insurer=said.insurer,
    )  # fmt: skip
