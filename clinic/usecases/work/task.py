"""One task with what it takes to do it: the visit, whom to call, the message that failed. Opening it is noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer
from clinic.domain.audit import ACCOUNT, Action, Actor
from clinic.domain.errors import IllegalMove, NotFound
from clinic.domain.people.roles import Reach, Scope, Viewer
from clinic.engine.placing import waitlist_payload
from clinic.engine.placing.intake import Answerable
from clinic.engine.transaction import transaction
from clinic.store.access import find_patient
from clinic.store.appointments import appointments
from clinic.store.appointments.summaries import VisitSummary, summary_of
from clinic.store.audit import audit
from clinic.store.patients import patients
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.work import Task
from clinic.store.work import worklist
from clinic.store.work.worklist import Known, Message, Sight

NO_SUCH_TASK = "There is no such task here."
TAKE_FIRST = "Take the task first, to see whom it is about."


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on the list: how far it goes for them, how far they may see how to reach a patient, and whether what no clinic
    minds may fall to them.
    """

    account_id: int
    tasks: Reach
    contact: Reach
    stands_in: bool = False

    @property
    def sight(self) -> Sight:
        return Sight(self.tasks, self.stands_in)

    @property
    def actor(self) -> str:
        return str(Actor(ACCOUNT, self.account_id))


@dataclass(frozen=True, slots=True)
class TaskSubject:
    """Whom a task is about. `phone` in E.164; of a child, `guardian` is who is called.

    `visits` and `known_since` are those of the record; None of somebody who waits and has none yet.
    """

    name: str
    phone: str
    phone_extension: str | None
    birth_date: date
    language: str
    interpreter: bool
    patient_id: int | None = None
    visits: int | None = None
    known_since: datetime | None = None
    guardian: Answerable | None = None

    def __repr__(self) -> str:  # never into a log
        return f"TaskSubject({self.patient_id})"


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A task as its page shows it. `people` is empty while `closed`: then one takes the task to see whom it is about.

    `offer` is (state, until when) of the time on offer. Times are UTC.
    """

    id: int
    kind: str
    created_at: datetime
    due_at: datetime | None
    note: str
    holder_id: int | None
    holder: str
    held_since: datetime | None
    done_at: datetime | None
    done_by_id: int | None
    done_by: str
    visit: VisitSummary | None
    people: tuple[TaskSubject, ...]
    closed: bool
    message: Message | None
    offer_id: int | None
    offer: tuple[str, datetime] | None


@dataclass(frozen=True, slots=True)
class Letter:
    """What to print. '' when its text is not kept any more."""

    subject: str
    text: str

    def __repr__(self) -> str:  # never into a log
        return "Letter(…)"


def reached(session: Session, worker: Worker, task_id: int, *, now: datetime) -> Task:
    """Raises NotFound beyond reach, as where there is none."""
    task = worklist.find_task(session, worker.sight, task_id, now=now)
    if task is None:
        raise NotFound(NO_SUCH_TASK)
    return task


@transaction
def open_task(session: Session, worker: Worker, task_id: int, *, sealer: Sealer, now: datetime) -> OpenedTask:
    """Raises NotFound, Busy. Whose contact was shown is noted."""
    task = reached(session, worker, task_id, now=now)
    appointment = _visit_of(session, task)
    shown = _may_see(session, worker, task, appointment, now=now)
    offer = worklist.find_offer(session, task.offer_id) if task.offer_id is not None else None
    people = _people(session, worker, task, offer, sealer) if shown else ()
    for person_id in [person.patient_id for person in people] or [None]:
        note_deed(session, worker, task, person_id, Action.SEE_TASK, now=now)
    return OpenedTask(
        task.id, task.kind, task.created_at, task.due_at, task.note, task.claimed_by_id,
        worklist.name_of(session, task.claimed_by_id), task.claimed_at, task.done_at, task.done_by_id,
        worklist.name_of(session, task.done_by_id), summary_of(session, appointment) if appointment else None, people,
        not shown, worklist.find_message(session, task.delivery_id) if task.delivery_id is not None else None, task.offer_id,
        (offer[0], offer[1]) if offer else None,
    )  # fmt: skip


def _visit_of(session: Session, task: Task) -> Appointment | None:
    return appointments.find(session, task.appointment_id) if task.appointment_id is not None else None


def _may_see(session: Session, worker: Worker, task: Task, visit: Appointment | None, *, now: datetime) -> bool:
    """Tasks of one's clinics; for a supervisor, who sees a caller at a time, and for whoever stands in, those they took."""
    if task.claimed_by_id == worker.account_id:
        return True
    if Scope.LOOKUP in worker.contact.scopes:
        return False
    location_id = visit.location_id if visit else task.location_id
    if location_id is not None:
        return worker.contact.covers(location_id=location_id)
    return bool(worker.contact) and worklist.find_task(session, Sight(worker.tasks), task.id, now=now) is not None


def _people(
    session: Session, worker: Worker, task: Task, offer: tuple[str, datetime, str | None, int | None] | None, sealer: Sealer
) -> tuple[TaskSubject, ...]:
    if offer is not None and offer[2]:
        said, guardian = waitlist_payload.unseal(offer[2], sealer)
        name = f"{said.given_name} {said.family_name}"
        how = (said.phone, said.phone_extension, said.birth_date, said.language, said.interpreter)
        return (TaskSubject(name, *how, guardian=guardian),)
    asked = [task.patient_id or (offer[3] if offer else None), task.other_patient_id]
    found = patients.find_guardian(session, task.appointment_id) if task.appointment_id is not None else None
    guardian = Answerable(found.name, found.relation, found.phone) if found else None
    records = worklist.known(session, [id_ for id_ in asked if id_ is not None])
    return tuple(
        _person(record, guardian if record.id == task.patient_id else None)
        for record in records
        if record.id != task.other_patient_id or _reaches(session, worker, record)
    )


def _reaches(session: Session, worker: Worker, record: Known) -> bool:
    """Whether a record that a task compares with is theirs to see: of a patient of their clinics, or of no clinic at all."""
    if Scope.LOOKUP in worker.contact.scopes or not record.visits:
        return True
    return find_patient(session, Viewer(worker.contact), record.id) is not None


def _person(record: Known, guardian: Answerable | None) -> TaskSubject:
    return TaskSubject(
        record.name, record.phone, record.phone_extension, record.birth_date, record.language, record.interpreter, record.id,
        record.visits, record.created_at, guardian,
    )  # fmt: skip


def note_deed(session: Session, worker: Worker, task: Task, patient_id: int | None, action: Action, *, now: datetime) -> None:
    """The audit row of something done with a task."""
    detail = f"task={task.id} kind={task.kind}"
    audit.note(session, task.appointment_id, actor=worker.actor, action=action, patient_id=patient_id, detail=detail, now=now)


@transaction
def letter(session: Session, worker: Worker, task_id: int, *, sealer: Sealer, now: datetime) -> Letter:
    """The letter that a task asks to print. Raises IllegalMove while the task is closed to them, NotFound, Busy, WrongKey."""
    task = reached(session, worker, task_id, now=now)
    if not _may_see(session, worker, task, _visit_of(session, task), now=now):
        raise IllegalMove(TAKE_FIRST)
    message = worklist.find_message(session, task.delivery_id) if task.delivery_id is not None else None
    if message is None or message.channel != "letter":
        raise NotFound("There is no letter with this task.")
    subject, _, text = sealer.open(message.body).partition("\n\n") if message.body else ("", "", "")
    note_deed(session, worker, task, task.patient_id, Action.SEE_LETTER, now=now)
    return Letter(subject, text)
