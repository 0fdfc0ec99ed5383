"""The patient whom a call is about, once that is proved: their record and visits, and what may be wrong with the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, NotFound
from clinic.domain.people.calls import Agent, is_open
from clinic.domain.people.roles import Viewer
from clinic.engine.transaction import transaction
from clinic.store.access import find_patient, find_visit
from clinic.store.audit import audit
from clinic.store.desk import callers
from clinic.store.desk.callers import VisitLine
from clinic.store.patients.intake import find_intake
from clinic.store.tables.patients import Patient
from clinic.store.work import calls, tasks
from clinic.usecases.desk.callers import LOOK_AGAIN, read_row
from clinic.usecases.desk.calls import CALL_IS_OVER, NO_SUCH_CALL, NOBODY_YET, note, own_call, viewer_in

PAST_VISITS = 10
UNLOCKS = "merge-patients"
"""Who may say which records are whose may open the telephone again."""


@dataclass(frozen=True, slots=True)
class Record:
    """The patient of a call, once verified. Phones are E.164, `coming` and `past` within the agent's reach.

    `alone`: the caller proved no more than that the one visit is theirs. Then the name is the one said with it, and of the record
    nothing else is here: `email` and `postal_code` are None, `phone` is empty.
    """

    patient_id: int
    given_name: str
    family_name: str
    birth_date: date
    phone: str
    phone_extension: str | None
    email: str | None
    postal_code: str | None
    language: str
    interpreter: bool
    coming: tuple[VisitLine, ...]
    past: tuple[VisitLine, ...]
    alone: bool = False

    def __repr__(self) -> str:  # never into a log
        return f"Record({self.patient_id})"


def viewer_of(session: Session, call_id: int, person: Agent, action: str, *, now: datetime) -> Viewer:
    """Whoever is on the telephone, about to do that: of patients looked up they reach the one of this call, while it lasts.

    Raises NotFound for another's call, IllegalMove for one that is over.
    """
    call = calls.find(session, call_id)
    if call is None or call.account_id != person.account_id:
        raise NotFound(NO_SUCH_CALL)
    if not is_open(call.began_at, call.ended_at, now=now):
        raise IllegalMove(CALL_IS_OVER)
    return viewer_in(call, person, action)


@transaction
def callers_record(session: Session, person: Agent, call_id: int, *, now: datetime) -> Record:
    """The patient whom the call is about: how to reach them, and their visits, coming and past. That it was read is noted.

    Raises NotFound, IllegalMove when nobody was verified, Busy.
    """
    viewer = viewer_of(session, call_id, person, "see-visit", now=now)
    record = _whole(session, viewer, now=now) if viewer.patients else _alone(session, viewer, now=now)
    if record is None:
        raise IllegalMove(NOBODY_YET)
    note(
        session,
        person,
        call_id,
        Action.SEE_PATIENT,
        patient_id=record.patient_id,
        now=now,
        more="alone=1" if record.alone else "",
    )
    return record


def _whole(session: Session, viewer: Viewer, *, now: datetime) -> Record | None:
    patient = next((found for id_ in viewer.patients if (found := find_patient(session, viewer, id_))), None)
    if patient is None:
        return None
    return Record(
        patient.id, patient.given_name, patient.family_name, patient.birth_date, patient.phone, patient.phone_extension,
        callers.email_on_file(session, patient), patient.postal_code, patient.language, patient.interpreter,
        callers.visits_ahead(session, viewer, patient.id, now=now),
        callers.visits_before(session, viewer, patient.id, now=now, limit=PAST_VISITS),
    )  # fmt: skip


def _alone(session: Session, viewer: Viewer, *, now: datetime) -> Record | None:
    """The one visit, with what was said with it."""
    for visit_id in viewer.visits:
        visit, said = find_visit(session, viewer, visit_id), find_intake(session, visit_id)
        if visit is None or visit.patient_id is None or (patient := session.get(Patient, visit.patient_id)) is None:
            continue
        return Record(
            patient.id, (said and said.given_name) or patient.given_name, (said and said.family_name) or patient.family_name,
            patient.birth_date, "", None, None, None, (said or patient).language, (said or patient).interpreter,
            callers.visits_ahead(session, viewer, patient.id, now=now),
            callers.visits_before(session, viewer, patient.id, now=now, limit=1), alone=True,
        )  # fmt: skip
    return None


@transaction
def report_duplicate(session: Session, person: Agent, call_id: int, row: str, *, key: bytes, now: datetime) -> None:
    """The patient of the call, and whoever a row means, may be one: a task for who may merge them; once while it is open.

    Raises NotFound, IllegalMove, UnusableToken, Busy.
    """
    meant = read_row(row, call_id, key)
    call = own_call(session, person, call_id, now=now)
    if call.patient_id is None:
        raise IllegalMove(NOBODY_YET)
    other_id = callers.patient_of_visit(session, meant.visit_id) if meant.visit_id is not None else meant.patient_id
    if other_id is None or callers.candidate(session, other_id) is None:  # erased, or one with another since it was shown
        raise NotFound(LOOK_AGAIN)
    if call.patient_id != other_id:
        tasks.add_duplicate(session, call.patient_id, other_id, now=now)
        note(session, person, call_id, Action.PROPOSE_MERGE, patient_id=call.patient_id, now=now, more=f"other={other_id}")


@transaction
def unlock_phone(session: Session, person: Agent, patient_id: int, *, now: datetime) -> None:
    """The patient may prove on the telephone again who they are, and the task to write to them is done.

    For managers, of patients with a visit within their reach. Raises NotFound, Busy.
    """
    viewer = Viewer(person.reach(UNLOCKS), person.specialist_id)
    if find_patient(session, viewer, patient_id) is None:
        raise NotFound("There is no such patient.")
    patient = callers.lock_patient(session, patient_id)
    if patient is not None and (patient.phone_locked_at is not None or patient.phone_missed_at is not None):
        callers.unlock(session, patient, by=person.account_id, now=now)
        audit.note(session, None, actor=person.actor, action=Action.CALLER_UNLOCKED, patient_id=patient_id, now=now)
