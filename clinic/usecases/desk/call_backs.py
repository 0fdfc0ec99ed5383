"""Whoever waits for our call: promised in a call, seen by its agent and by supervisors, and kept by a call of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, NotFound
from clinic.domain.people.callers import mask
from clinic.domain.people.calls import NOTE_MAX, Agent, check_call_back, is_open
from clinic.engine.transaction import retried, transaction
from clinic.store.connect import begin_write
from clinic.store.desk import callers
from clinic.store.tables.work import Call
from clinic.store.work import call_backs, calls, worklist
from clinic.store.work.call_backs import Promised
from clinic.usecases.desk.callers import LOOK_AGAIN, read_row
from clinic.usecases.desk.calls import note, note_look, own_call, refuse

NO_SUCH_PROMISE = "There is no such call-back, or it is done."
ANY_ZONE = "America/New_York"
"""Of whoever told us no ZIP code."""


@dataclass(frozen=True, slots=True)
class CallBack:
    """Somebody to be called back, before anybody asks for the number. `initial` is of a given name, '' of no patient.

    `due_at` is UTC, `time_zone` theirs, as well as we know it. `calling` is the number of the call that is being made to
    them just now, if it is one's own. `told` is what is noted with the last call, where it was asked for.
    """

    task_id: int
    call_id: int
    due_at: datetime
    owner_id: int | None
    owner: str
    initial: str
    time_zone: str = ANY_ZONE
    calling: int | None = None
    told: str = ""

    def __repr__(self) -> str:  # a note may name somebody
        return f"CallBack({self.task_id})"


@transaction
def promise_call_back(
    session: Session, person: Agent, call_id: int, due_at: datetime, *, phone: str = "", now: datetime
) -> int:  # fmt: skip
    """Whoever calls is called back then, by the same agent: the patient by the number on record, somebody else by `phone`,
    which is kept until that is done. Promised again in one call, it is put off. Returns the task.

    Raises InvalidInput, NotFound, IllegalMove, Busy.
    """
    refuse(check_call_back(due_at, now=now))
    call = own_call(session, person, call_id, now=now)
    if call.patient_id is None and (phone or call.phone is None):
        call.phone = read_phone(phone)[0]
        session.flush()
    task_id = call_backs.find_open(session, call_id)
    if task_id is None:
        whose = call.patient_id
        task_id = call_backs.promise(session, call, due_at=due_at, owner_id=person.account_id, patient_id=whose, now=now)
        note(session, person, call_id, Action.CALL_BACK_PROMISED, patient_id=call.patient_id, now=now, more=f"task={task_id}")
    else:
        _put_off(session, person, task_id, call, due_at, now=now)
    return task_id


@transaction
def promise_to_number_on_file(
    session: Session, person: Agent, call_id: int, row: str, due_at: datetime, *, key: bytes, now: datetime
) -> int:  # fmt: skip
    """Whoever cannot prove now that a record is theirs is called back then, at the number that the record has: who answers there
    needs one fact. The call itself opens nothing. Returns the task.

    Raises InvalidInput, UnusableToken, NotFound, IllegalMove, Busy.
    """
    refuse(check_call_back(due_at, now=now))
    meant = read_row(row, call_id, key)
    call = own_call(session, person, call_id, now=now)
    patient_id = callers.patient_of_visit(session, meant.visit_id) if meant.visit_id is not None else meant.patient_id
    if patient_id is None or callers.candidate(session, patient_id) is None:
        raise NotFound(LOOK_AGAIN)
    task_id = call_backs.find_open(session, call_id)
    if task_id is None:
        task_id = call_backs.promise(session, call, due_at=due_at, owner_id=person.account_id, patient_id=patient_id, now=now)
        note(
            session, person, call_id, Action.CALL_BACK_PROMISED, patient_id=patient_id, now=now, more=f"task={task_id} on_file=1"
        )
    else:
        _put_off(session, person, task_id, call, due_at, now=now)
    return task_id


def list_call_backs(session: Session, person: Agent, *, everybody: bool = False, now: datetime) -> tuple[CallBack, ...]:
    """One's own and nobody's, what is due first coming first; `everybody`'s for who may see calls, and for others still these."""
    every = everybody and person.reach("see-calls").everywhere
    found = call_backs.promised(session, owner_id=None if every else person.account_id)
    return tuple(_as_listed(one, person, now=now) for one in found)


def read_call_back(session: Session, person: Agent, task_id: int, *, now: datetime) -> CallBack:
    """With what was noted; that a colleague's note was read is noted as well. Raises NotFound, Busy."""
    one = _reached(session, person, task_id)
    call = calls.find(session, one.call_id)
    found = _as_listed(one, person, call.note if call else "", now=now)
    if call is not None and call.note and call.account_id != person.account_id:
        note_look(session, person, call.id, call.patient_id, now=now)
    return found


def _as_listed(one: Promised, person: Agent, told: str = "", *, now: datetime) -> CallBack:
    mine = one.calling and one.caller_id == person.account_id and is_open(one.began_at, one.ended_at, now=now)
    return CallBack(
        one.task_id, one.call_id, one.due_at, one.owner_id, one.owner or "", mask(one.given_name) if one.given_name else "",
        one.zone or ANY_ZONE, one.call_id if mine else None, told,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberToCall:
    """Whom to call. `phone` in E.164; `ask_for` is a given name, '' where none is known."""

    phone: str
    ask_for: str

    def __repr__(self) -> str:  # never into a log
        return "NumberToCall(…)"


@transaction
def call_back_number(session: Session, person: Agent, task_id: int, *, now: datetime) -> NumberToCall:
    """The number, asked for when it is dialled; that is noted. Raises NotFound, Busy."""
    one = _reached(session, person, task_id)
    note(session, person, one.call_id, Action.CALL_BACK_NUMBER, patient_id=one.patient_id, now=now, more=f"task={task_id}")
    return NumberToCall(one.phone or "", one.given_name or "")


@retried
def take_call_back(session: Session, person: Agent, task_id: int, *, holder_id: int | None, now: datetime) -> None:
    """Mine from now on, if it is still whose it was when I looked (`holder_id`). Raises IllegalMove, NotFound, Busy."""
    begin_write(session)
    one = _reached(session, person, task_id)
    if one.owner_id == person.account_id:
        return session.rollback()
    if not worklist.claim(session, task_id, person.account_id, holder_id=holder_id, now=now):
        raise IllegalMove(f"{one.owner or 'Nobody'} has this call-back now. Look again.")
    note(session, person, one.call_id, Action.TAKE_TASK, patient_id=one.patient_id, now=now, more=f"task={task_id}")
    session.commit()
    return None


@retried
def begin_call_back(session: Session, person: Agent, task_id: int, *, now: datetime) -> int:
    """A call to whoever waits, which is one's own from now on; what was noted in the last one comes along.

    Pressed twice it is one call. Returns its number. Raises IllegalMove while somebody is on the telephone about it, NotFound,
    Busy.
    """
    begin_write(session)
    one, before = _with_its_call(session, person, task_id)
    if is_open(before.began_at, before.ended_at, now=now):
        session.rollback()
        if one.calling and one.caller_id == person.account_id:
            return one.call_id
        raise IllegalMove(f"Call {one.call_id} about this is still open. It has to end first.")
    call_id = calls.begin(session, person.account_id, now=now)
    call = calls.lock(session, call_id)
    assert call is not None
    call.note, call.postal_code, call.service_slug = before.note[:NOTE_MAX], before.postal_code, before.service_slug
    call_backs.hand_on(session, task_id, before, call, owner_id=person.account_id, now=now)
    note(
        session, person, call_id, Action.CALL_BEGIN, patient_id=one.patient_id, now=now, more=f"task={task_id} after={before.id}"
    )
    session.commit()
    return call_id


def _with_its_call(session: Session, person: Agent, task_id: int) -> tuple[Promised, Call]:
    """The call is locked; while we waited for it the promise may have gone with another."""
    one = _reached(session, person, task_id)
    while True:
        call = calls.lock(session, one.call_id)
        one = _reached(session, person, task_id)
        if call is not None and call.id == one.call_id:
            return one, call


@transaction
def finish_call_back(session: Session, person: Agent, task_id: int, *, now: datetime) -> None:
    """They were called, or gave up. Raises NotFound, Busy."""
    one = _reached(session, person, task_id)
    if not call_backs.finish(session, task_id, one.call_id, by=person.account_id, now=now):
        raise NotFound(NO_SUCH_PROMISE)
    note(session, person, one.call_id, Action.CALL_BACK_DONE, patient_id=one.patient_id, now=now, more=f"task={task_id}")


@transaction
def put_off_call_back(session: Session, person: Agent, task_id: int, due_at: datetime, *, now: datetime) -> None:
    """Raises InvalidInput, NotFound, Busy."""
    refuse(check_call_back(due_at, now=now))
    one, call = _with_its_call(session, person, task_id)
    _put_off(session, person, one.task_id, call, due_at, now=now)


def _put_off(session: Session, person: Agent, task_id: int, call: Call, due_at: datetime, *, now: datetime) -> None:
    if not call_backs.put_off(session, task_id, due_at=due_at):
        raise NotFound(NO_SUCH_PROMISE)
    note(session, person, call.id, Action.CALL_BACK_PUT_OFF, patient_id=call.patient_id, now=now, more=f"task={task_id}")


def _reached(session: Session, person: Agent, task_id: int) -> Promised:
    """One's own, nobody's, or any for who may see calls."""
    found = call_backs.promised(session, task_id=task_id)
    mine = [one for one in found if one.owner_id in (person.account_id, None) or person.reach("see-calls").everywhere]
    if not mine:
        raise NotFound(NO_SUCH_PROMISE)
    return mine[0]
