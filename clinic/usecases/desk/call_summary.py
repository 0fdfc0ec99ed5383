"""What a call came to, for its screen: the visits that were booked, moved and cancelled in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.people.calls import Agent
from clinic.engine.placing.resolve import get
from clinic.engine.transaction import transaction
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.work import calls
from clinic.usecases.desk.calls import let_go, note, own_call

DONE = ("book", "move", "cancel")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with a visit last, one of DONE, and the visit as it is now. Nothing here says who the patient is."""

    action: str
    at: datetime
    visit: VisitSummary


def done_in_call(session: Session, call_id: int) -> tuple[Done, ...]:
    """Each visit once, what was done last comes last. Whose call it is, the caller has asked (`read_call`)."""
    last = {one.appointment_id: one for one in calls.visits_of(session, call_id) if one.action in DONE}
    found = sorted(last.values(), key=lambda one: one.at)
    return tuple(Done(one.action, one.at, summary_of(session, get(session, one.appointment_id))) for one in found)


@transaction
def note_waiting(session: Session, person: Agent, call_id: int, *, now: datetime) -> None:
    """The patient of the call was put on the waiting list. Raises NotFound, IllegalMove, Busy."""
    call = own_call(session, person, call_id, now=now)
    note(session, person, call_id, Action.CALL_WAITLISTED, patient_id=call.patient_id, now=now)


@transaction
def next_person(session: Session, person: Agent, call_id: int, *, now: datetime) -> None:
    """The same caller, about somebody else: the call is about nobody until they are known. What was done stays.

    Raises NotFound, IllegalMove, Busy.
    """
    call = own_call(session, person, call_id, now=now)
    patient_id = call.patient_id
    if patient_id is not None:
        note(session, person, call_id, Action.CALL_NEXT_PERSON, patient_id=patient_id, now=now)
    let_go(session, call)
    call.patient_id = call.visit_id = call.verified_at = None
    call.relation, call.speaks_for = "", False
    session.flush()
