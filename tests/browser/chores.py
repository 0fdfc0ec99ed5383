"""Something to do for the staff of the stage: tasks about one visit, and answers before it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.care.preparation import IntakeQuestion
from clinic.domain.people.roles import Reach, Scope, Viewer
from clinic.engine.placing.changing import Who
from clinic.store.patients import encrypted_answers
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import VisitType
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Task
from clinic.store.work import calls, tasks
from clinic.store.work.call_backs import CALL_BACK
from clinic.usecases.records import merging

LETTER = "Your visit is booked\n\nHello,\nyour visit is booked.\n\nTo change it, call us."


def leave_chores(session: Session, visit_id: int, app: Flask, *, now: datetime) -> dict[str, str]:
    """-> the numbers of the tasks by what they are, and of the patient and the kind of visit."""
    parts = app.extensions["clinic"]
    visit = session.get_one(Appointment, visit_id)
    nearby = select(Appointment.patient_id).where(Appointment.location_id == visit.location_id)
    known = (Patient.id.in_(nearby), Patient.id != visit.patient_id)
    other, *two = session.scalars(select(Patient.id).where(*known).order_by(Patient.id).limit(3))
    message = session.scalars(select(OutboxMessage.id).where(OutboxMessage.appointment_id == visit_id)).first()
    at = {"appointment_id": visit_id, "due_at": now, "next_at": now, "done_at": now}
    mail = Delivery(outbox_id=message, channel="mail", recipient="a@example.org", outcome="failed", detail="timeout", **at)
    letter = Delivery(outbox_id=message, channel="letter", outcome="letter", body=parts.sealer.seal(LETTER), **at)
    session.add_all([mail, letter])
    session.flush()
    about = {"appointment_id": visit_id, "patient_id": visit.patient_id, "created_at": now - timedelta(hours=3)}
    made = {
        "failed": Task(kind=tasks.FAILED_MESSAGE, delivery_id=mail.id, **about),
        "letter": Task(kind=tasks.LETTER, delivery_id=letter.id, **about),
        "twice": Task(kind=tasks.POSSIBLE_DUPLICATE, other_patient_id=other, **about),
    }
    session.add_all(made.values())
    session.flush()
    words = {name: str(task.id) for name, task in made.items()}
    words |= {"patient": str(visit.patient_id), "kind": str(visit.visit_type_id)}
    slug = session.get_one(VisitType, visit.visit_type_id).slug
    given = {question.id: _answer(question) for question in parts.library.preparations.questions_of(slug)}
    answers = parts.sealer.seal(json.dumps(given))
    encrypted_answers.save_answers(session, visit_id, "questions", parts.library.preparations.version, answers, now=now)
    session.commit()
    return words | {"merge": str(_made_one(session, *two, now=now))}


def _made_one(session: Session, kept: int, other: int, *, now: datetime) -> int:
    """Two records that became one."""
    asked = Task(kind=tasks.POSSIBLE_DUPLICATE, created_at=now, patient_id=kept, other_patient_id=other)
    session.add(asked)
    session.commit()
    everybody = Viewer(Reach(frozenset({Scope.ORGANISATION})))
    who = Who("account:1", "portal", staff=True)
    return merging.merge(session, asked.id, kept, viewer=everybody, who=who, by=1, now=now)


def leave_a_call_back(session: Session, agent_id: int, *, now: datetime) -> str:
    """Somebody waits for that agent's call. -> the number of the task."""
    before = now - timedelta(hours=5)
    call = calls.begin(session, agent_id, now=before)
    waits = Task(kind=CALL_BACK, created_at=before, due_at=now, call_id=call, claimed_by_id=agent_id, claimed_at=before)
    session.add(waits)
    session.commit()
    return str(waits.id)


def _answer(question: IntakeQuestion) -> dict[str, object]:
    urgent = [option.id for option in question.options if option.route == "nurse_calls"]
    chosen = (urgent or [question.options[0].id])[:1]
    return {"version": question.version, "chosen": chosen, "words": "Since May, mostly in the morning." if urgent else ""}
