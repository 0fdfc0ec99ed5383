"""Calls at the desk: begun, noted, ended.

All is by the number of the call, so that several at once do not mix. A call is its agent's alone; supervisors may look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.calls import (
    OPEN_FOR,
    STILL_WAITING,
    Agent,
    CallOutcome,
    check_ending,
    check_note,
    check_relation,
    is_open,
)
from clinic.domain.people.roles import Viewer
from clinic.engine.transaction import retried, transaction
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.desk import callers
from clinic.store.locks import lock_calendars
from clinic.store.tables.work import Call
from clinic.store.work import call_backs, calls
from clinic.store.work.calls import Noted

NO_SUCH_CALL = "There is no such call."
CALL_IS_OVER = "This call is over. Begin a new one."
NOBODY_YET = "Nobody has proved yet whom this call is about."
THIS_VISIT_ALONE = (
    "The caller has shown that this one visit is theirs, and no more. It can be moved or cancelled. For another visit, press "
    "“Next person” and take them as new."
)


@dataclass(frozen=True, slots=True)
class CallNow:
    """A call as it stands. Nothing here says who the patient is; `verified` says that somebody proved whom they call about, and
    `alone` that they proved it of one visit only.

    `visits` are what was done, in its order. `keeps` is the task of somebody who waited,
    and for whom the call was made.
    """

    id: int
    account_id: int
    began_at: datetime
    ended_at: datetime | None
    verified: bool
    alone: bool
    relation: str
    speaks_for: bool
    outcome: str | None
    why: str
    note: str
    service_slug: str
    postal_code: str
    visits: tuple[Noted, ...]
    keeps: int | None = None

    def __repr__(self) -> str:  # a note may name somebody
        return f"CallNow({self.id})"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended. `why` only of nothing that suited; the service and the ZIP code of what was asked for, if anything."""

    outcome: str
    why: str = ""
    service_slug: str = ""
    postal_code: str = ""


@transaction
def begin_call(session: Session, person: Agent, *, now: datetime) -> int:
    """Returns the call's number. Raises Busy."""
    call_id = calls.begin(session, person.account_id, now=now)
    note(session, person, call_id, Action.CALL_BEGIN, now=now)
    return call_id


def note(
    session: Session, person: Agent, call_id: int, action: Action, *, now: datetime, patient_id: int | None = None, more: str = ""
) -> None:
    """One audit row with the agent, the patient if there is one, and the call. `more` is never private."""
    detail = f"call={call_id} {more}".strip()
    audit.note(session, None, actor=person.actor, action=action, patient_id=patient_id, detail=detail, now=now)


def own_call(session: Session, person: Agent, call_id: int, *, now: datetime, ended: bool = False) -> Call:
    """One's own call, for nobody else until the transaction ends. Raises NotFound for another's, IllegalMove for one that is
    over (unless it may be, `ended`).
    """
    call = calls.lock(session, call_id)
    if call is None or call.account_id != person.account_id:
        raise NotFound(NO_SUCH_CALL)
    if not ended and not is_open(call.began_at, call.ended_at, now=now):
        raise IllegalMove(CALL_IS_OVER)
    return call


def viewer_in(call: Call, person: Agent, action: str) -> Viewer:
    """Whoever is on the telephone: of patients looked up they reach the one of the call, or the one visit that was proved."""
    patients = frozenset([call.patient_id] if call.patient_id is not None and call.visit_id is None else ())
    visits = frozenset([call.visit_id] if call.visit_id is not None else ())
    return Viewer(person.reach(action), person.specialist_id, patients, visits)


def read_call(session: Session, person: Agent, call_id: int, *, now: datetime) -> CallNow:
    """One's own, or any for who may see calls; that a supervisor looked is noted. Raises NotFound, Busy."""
    call = calls.find(session, call_id)
    if call is None or (call.account_id != person.account_id and not person.reach("see-calls").everywhere):
        raise NotFound(NO_SUCH_CALL)
    found = _as_it_stands(session, call)
    if call.account_id != person.account_id:
        note_look(session, person, call_id, call.patient_id, now=now)
    return found


@transaction
def note_look(session: Session, person: Agent, call_id: int, patient_id: int | None, *, now: datetime) -> None:
    """That somebody read a call which is not theirs. Raises Busy."""
    note(session, person, call_id, Action.SEE_CALL, patient_id=patient_id, now=now)


def open_calls(session: Session, person: Agent, *, now: datetime) -> tuple[CallNow, ...]:
    """One's own that are not over, the first first."""
    return tuple(_as_it_stands(session, call) for call in calls.under_way(session, person.account_id, since=now - OPEN_FOR))


def _as_it_stands(session: Session, call: Call) -> CallNow:
    return CallNow(
        call.id, call.account_id, call.began_at, call.ended_at, call.patient_id is not None, call.visit_id is not None,
        call.relation, call.speaks_for, call.outcome, call.why, call.note, call.service_slug, call.postal_code,
        calls.visits_of(session, call.id), call_backs.kept_by(session, call.id),
    )  # fmt: skip


@transaction
def say_who_calls(
    session: Session, person: Agent, call_id: int, relation: str, *, speaks_for: bool, now: datetime
) -> None:  # fmt: skip
    """What the caller is to the patient (one of domain.people.patient.BOOKED_BY), and whether the patient agrees to that.

    Whoever calls for themselves speaks for themselves. Raises InvalidInput, NotFound, IllegalMove, Busy.
    """
    refuse(check_relation(relation))
    call = own_call(session, person, call_id, now=now)
    call.relation, call.speaks_for = relation, speaks_for or relation == "self"
    session.flush()
    more = f"relation={relation} speaks_for={int(call.speaks_for)}"
    note(session, person, call_id, Action.CALL_RELATION, patient_id=call.patient_id, now=now, more=more)


@transaction
def keep_note(session: Session, person: Agent, call_id: int, text: str, *, now: datetime) -> None:
    """In place of the note as it was; also after the call. It stays with the call, and never goes into a chart.

    Raises InvalidInput, NotFound, Busy.
    """
    text = text.replace("\0", "")  # no database keeps it
    refuse(check_note(text))
    call = own_call(session, person, call_id, now=now, ended=True)
    call.note = text
    session.flush()
    note(session, person, call_id, Action.CALL_NOTE, patient_id=call.patient_id, now=now)


@retried
def end_call(session: Session, person: Agent, call_id: int, ending: Ending, *, now: datetime) -> None:
    """The call is over, and opens nobody's record any more. A record that was begun in it and that nothing needs goes.

    If somebody waited for it, they wait no more, unless it dropped or they are to be called again. What ended stays as it
    ended. Raises InvalidInput, NotFound, Busy.
    """
    begin_write(session)
    call = own_call(session, person, call_id, now=now, ended=True)
    if call.ended_at is not None:
        return session.rollback()
    done = [noted.action for noted in calls.visits_of(session, call_id)]
    wrong = check_ending(ending.outcome, ending.why, done)
    if ending.outcome == CallOutcome.CALL_BACK and not call_backs.is_promised(session, call_id):
        wrong = {"outcome": "Say first when to call back."}
    refuse(wrong)
    patient_id = call.patient_id
    let_go(session, call)
    call.ended_at, call.outcome = now, ending.outcome
    call.why = ending.why if ending.outcome == CallOutcome.NOTHING_SUITS else ""
    call.service_slug, call.postal_code = ending.service_slug[:100], ending.postal_code[:5]
    session.flush()
    note(session, person, call_id, Action.CALL_END, patient_id=patient_id, now=now, more=f"outcome={ending.outcome}")
    if ending.outcome not in STILL_WAITING and (task_id := call_backs.kept_by(session, call_id)):
        call_backs.finish(session, task_id, call_id, by=person.account_id, now=now)
        note(session, person, call_id, Action.CALL_BACK_DONE, patient_id=patient_id, now=now, more=f"task={task_id}")
    session.commit()
    return None


def let_go(session: Session, call: Call) -> None:
    """The call is about its patient no more when the record was only begun in it: it goes. Else nothing happens."""
    patient_id = call.patient_id
    if patient_id is None or not callers.is_nobodys(session, patient_id, call):
        return
    # Whoever books for them holds their calendar, whoever takes them for the patient of another call the record.
    lock_calendars(session, [patient_id])
    callers.lock_patient(session, patient_id)
    if callers.is_nobodys(session, patient_id, call):
        call.patient_id = call.visit_id = call.verified_at = None
        session.flush()
        callers.forget(session, patient_id)


def refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise InvalidInput(wrong)
