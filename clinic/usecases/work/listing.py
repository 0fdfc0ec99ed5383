"""What is open, the oldest first. The list names no patient: a task says whom it is about once somebody opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.store import worklist
from clinic.store.worklist import Listed
from clinic.usecases.work.task import Worker

PAGE = 30


@dataclass(frozen=True, slots=True)
class Work:
    """A page of the list. `counts` are of all that is open, by kind, `mine` how many of them the asker has."""

    tasks: list[Listed]
    counts: Mapping[str, int]
    mine: int
    more: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def list_work(session: Session, worker: Worker, *, kind: str = "", mine: bool = False, page: int = 1) -> Work:
    """`page` counts from 1. Of one kind, or what one has taken, only."""
    holder = worker.account_id if mine else None
    offset = (page - 1) * PAGE
    found = worklist.open_tasks(session, worker.tasks, kind=kind, holder_id=holder, limit=PAGE + 1, offset=offset)
    own = worklist.counts(session, worker.tasks, holder_id=worker.account_id)
    return Work(found[:PAGE], worklist.counts(session, worker.tasks), sum(own.values()), len(found) > PAGE)
