"""What is open, what presses first coming first. A task says whom it is about once it is opened; the list says whom to call only
of a visit that has to be moved within two days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.people.roles import Scope
from clinic.domain.scheduling.affected import is_urgent
from clinic.engine.transaction import retried
from clinic.store.audit.access_log import note_seen, unseen
from clinic.store.connect import begin_write
from clinic.store.work import minding, worklist
from clinic.store.work.worklist import ListedTask, ToCall
from clinic.usecases.work.task import Worker

PAGE = 30
SHOWN_NOTED_FOR = timedelta(hours=12)
"""A list is looked at again and again: one row a visit says all there is to know."""


@dataclass(frozen=True, slots=True)
class Work:
    """A page of the list. `counts` are of all that is open, by kind, `mine` how many of them the asker has.

    `urgent` are the tasks about which to call today; `to_call` is whom, by task, where the asker may see it.
    """

    tasks: list[ListedTask]
    counts: Mapping[str, int]
    mine: int
    more: bool
    urgent: frozenset[int] = frozenset()
    to_call: Mapping[int, ToCall] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def list_work(session: Session, worker: Worker, *, kind: str = "", mine: bool = False, page: int = 1, now: datetime) -> Work:
    """`page` counts from 1. Of one kind, or what one has taken, only.

    Whose name and number are shown is noted. Raises Busy.
    """
    holder = worker.account_id if mine else None
    offset = (page - 1) * PAGE
    found = worklist.open_tasks(session, worker.sight, kind=kind, holder_id=holder, limit=PAGE + 1, offset=offset, now=now)
    tasks = found[:PAGE]
    own = worklist.counts(session, worker.sight, holder_id=worker.account_id, now=now)
    counts = worklist.counts(session, worker.sight, now=now)
    urgent = frozenset(task.id for task in tasks if task.cause and task.start and is_urgent(task.start, now=now))
    to_call = _to_call(session, worker, [task for task in tasks if task.id in urgent], now=now)
    return Work(tasks, counts, sum(own.values()), len(found) > PAGE, urgent, to_call)


@retried
def note_opened(session: Session, worker: Worker, *, now: datetime) -> None:
    """The lists of the clinics where the worker works are open before them. Raises Busy."""
    if due := minding.not_noted(session, worker.tasks.locations, now=now):
        session.rollback()
        begin_write(session)
        minding.note_opened(session, due, worker.account_id, now=now)
        session.commit()


@retried
def _to_call(session: Session, worker: Worker, tasks: Sequence[ListedTask], *, now: datetime) -> dict[int, ToCall]:
    """Of tasks of one's clinics, or that one has taken. Whose name was shown is noted; raises Busy, and then none may be."""
    shown = {task.visit_id: task.id for task in tasks if task.visit_id is not None and _may_call(worker, task)}
    people = worklist.to_call(session, shown)
    visits = {visit: person.patient_id for visit, person in people.items()}
    if new := unseen(session, worker.actor, Action.SEE_TO_CALL, visits, since=now - SHOWN_NOTED_FOR):
        session.rollback()
        begin_write(session)
        note_seen(session, worker.actor, Action.SEE_TO_CALL, new, now=now)
        session.commit()
    return {shown[visit]: person for visit, person in people.items()}


def _may_call(worker: Worker, task: ListedTask) -> bool:
    if task.holder_id == worker.account_id:
        return True
    return Scope.LOOKUP not in worker.contact.scopes and worker.contact.covers(location_id=task.location_id)


def entrusted(session: Session, worker: Worker, *, now: datetime) -> frozenset[int]:
    """The visits that a worker may open, move and cancel because no clinic minds their tasks and the worker has taken them."""
    if not worker.stands_in:
        return frozenset()
    return minding.entrusted(session, worker.account_id, supervises=worker.tasks.everywhere, now=now)


def forsaken(session: Session, *, now: datetime) -> list[tuple[str, int]]:
    """(the clinic's name, '' for none, and how many open tasks of it no account minds): no staff of its own look at them, and
    there is neither a supervisor nor a manager who could stand in.
    """
    return [(name or "", count) for name, count in minding.forsaken(session, now=now)]
