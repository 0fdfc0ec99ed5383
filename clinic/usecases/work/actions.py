"""Take a task, note something, have it done. Of two who press at once one has it, and the other is told who."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput
from clinic.engine.transaction import retried, transaction
from clinic.store.connect import begin_write
from clinic.store.messages import deliveries
from clinic.store.tables.work import Task
from clinic.store.work import call_backs, worklist
from clinic.usecases.work.task import Worker, note_deed, reached

NOTE_MAX = 500
FRESH = timedelta(minutes=30)
"""How long whoever finished a task can take that back."""
DONE = "This task is done already."


@retried
def take(session: Session, worker: Worker, task_id: int, *, holder_id: int | None, now: datetime) -> None:
    """Mine from now on, if it is still with whoever had it when I looked (`holder_id`). Raises IllegalMove, NotFound, Busy."""
    begin_write(session)
    task = reached(session, worker, task_id, now=now)
    if task.claimed_by_id == worker.account_id and task.done_at is None:
        session.rollback()
        return
    if not worklist.claim(session, task_id, worker.account_id, holder_id=holder_id, now=now):
        _refuse(session, worker, task_id, now=now)
    note_deed(session, worker, task, task.patient_id, Action.TAKE_TASK, now=now)
    session.commit()


def _refuse(session: Session, worker: Worker, task_id: int, *, now: datetime) -> None:
    """Somebody was faster: says who."""
    task = reached(session, worker, task_id, now=now)
    if task.done_at is not None:
        raise IllegalMove(DONE)
    name = worklist.name_of(session, task.claimed_by_id)
    raise IllegalMove(f"{name} has this task now." if name else "Nobody has this task any more. Look again, and take it.")


@transaction
def put_back(session: Session, worker: Worker, task_id: int, *, now: datetime) -> None:
    """Anybody may take it. Of one that one does not have, nothing happens. Raises NotFound, Busy."""
    task = reached(session, worker, task_id, now=now)
    if worklist.claim(session, task_id, None, holder_id=worker.account_id, now=now):
        note_deed(session, worker, task, task.patient_id, Action.PUT_BACK_TASK, now=now)


def _lines(typed: str) -> str:
    """With one kind of line ends, and without what no database keeps."""
    return typed.replace("\r\n", "\n").replace("\0", "")


@retried
def note(session: Session, worker: Worker, task_id: int, text: str, *, before: str, now: datetime) -> None:
    """In place of the note as it was `before`. Raises InvalidInput ("note") when it is too long or was changed meanwhile."""
    text, before = _lines(text).strip(), _lines(before)
    if len(text) > NOTE_MAX:
        raise InvalidInput({"note": f"Shorten the note to {NOTE_MAX} characters. It has {len(text)}."})
    begin_write(session)
    task = reached(session, worker, task_id, now=now)
    if text == task.note:
        session.rollback()
        return
    if not worklist.write_note(session, task_id, text, before=before):
        says = reached(session, worker, task_id, now=now).note
        raise InvalidInput({"note": f"A colleague changed the note meanwhile. It says now: “{says}”"})
    note_deed(session, worker, task, task.patient_id, Action.NOTE_TASK, now=now)
    session.commit()


@transaction
def done(session: Session, worker: Worker, task_id: int, *, now: datetime) -> None:
    """Twice is once. Raises NotFound, Busy."""
    _finish(session, worker, reached(session, worker, task_id, now=now), Action.FINISH_TASK, now=now)


def _finish(session: Session, worker: Worker, task: Task, action: Action, *, now: datetime) -> None:
    if task.kind == call_backs.CALL_BACK and task.call_id is not None:  # the number that was left goes with it
        finished = call_backs.finish(session, task.id, task.call_id, by=worker.account_id, now=now)
    else:
        finished = worklist.finish(session, task.id, worker.account_id, now=now)
    if finished:
        note_deed(session, worker, task, task.patient_id, action, now=now)


@transaction
def undo(session: Session, worker: Worker, task_id: int, *, now: datetime) -> None:
    """Open again what one finished a moment ago. Raises IllegalMove, NotFound, Busy."""
    task = reached(session, worker, task_id, now=now)
    if task.done_at is not None:
        if not worklist.reopen(session, task_id, worker.account_id, since=now - FRESH):
            raise IllegalMove("That was done too long ago, or by somebody else, and cannot be taken back.")
        note_deed(session, worker, task, task.patient_id, Action.UNDO_TASK, now=now)


@transaction
def send_again(session: Session, worker: Worker, task_id: int, *, now: datetime) -> None:
    """The message is tried anew, for as long as any; the task is done, and opens again if that fails as well.

    Raises IllegalMove where there is nothing to send, NotFound, Busy.
    """
    task = reached(session, worker, task_id, now=now)
    if task.done_at is not None:
        raise IllegalMove(DONE)
    if task.delivery_id is None or not deliveries.send_again(session, task.delivery_id, now=now):
        raise IllegalMove("There is no message here that can be sent again.")
    _finish(session, worker, task, Action.SEND_AGAIN, now=now)
