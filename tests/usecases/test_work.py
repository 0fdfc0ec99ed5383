"""The work list: within reach, one to a task however many press at once, and nothing lost that fails again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, new_key
from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.roles import Grant, Role, reach
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.connect import begin_write
from clinic.store.messages import deliveries
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.staff import Account, AccountGrant
from clinic.store.tables.work import Task
from clinic.store.work import tasks
from clinic.usecases import work
from clinic.usecases.work import Worker
from tests import build
from tests.race import connected, together

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
SEALER = Sealer([new_key()])


def worker(session: Session, name: str, *grants: Grant) -> Worker:
    account = build.save(session, Account(email=f"{name.lower()}@example.org", name=name, state="active", created_at=NOW))
    stands_in = bool(reach("stand-in", grants))
    for grant in grants:
        build.save(session, AccountGrant(account_id=account.id, role=grant.role, location_id=grant.location_id, flag=grant.flag))
    return Worker(account.id, reach("work-list", grants), reach("see-contact", grants), stands_in)


class Desk:
    """A visit at `here` with a task about it, somebody at each of two front desks, and a supervisor of the call center."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.here, self.specialist, kind = build.practice(session)
        self.there, far, _ = build.practice(session, visit=kind)
        self.patient = build.patient(session, now=NOW)
        wish = SlotRef(kind.id, self.here.id, self.specialist.id, cell_at(NOW + timedelta(days=1)))
        self.visit = place.book(session, wish, Details(self.patient.id), who=build.STAFF, now=NOW)
        self.stranger = build.patient(session, now=NOW)
        not_here = SlotRef(kind.id, self.there.id, far.id, cell_at(NOW + timedelta(days=1)))
        place.book(session, not_here, Details(self.stranger.id), who=build.STAFF, now=NOW)
        session.commit()
        self.omar = worker(session, "Omar", Grant(Role.FRONT_DESK, self.here.id))
        self.greta = worker(session, "Greta", Grant(Role.MANAGER, self.here.id))
        self.elsewhere = worker(session, "Nils", Grant(Role.FRONT_DESK, self.there.id))
        self.hana = worker(session, "Hana", Grant(Role.AGENT, None, True))

    def task(self, kind: str = tasks.INTAKE_CALL, **given: object) -> int:
        row = {"appointment_id": self.visit, "patient_id": self.patient.id, "created_at": NOW, **given}
        return build.save(self.session, Task(kind=kind, **row)).id

    def actions(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(Audit.action).where(Audit.actor.startswith("account:")).order_by(Audit.id)))


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


def open_by(desk: Desk, who: Worker, task_id: int) -> work.OpenedTask:
    return work.open_task(desk.session, who, task_id, sealer=SEALER, now=NOW)


def test_each_sees_the_tasks_of_their_clinics_the_oldest_first(desk: Desk) -> None:
    first = desk.task(created_at=NOW - timedelta(hours=2))
    second = desk.task(tasks.AFFECTED_VISIT)
    own = desk.task(tasks.LETTER, appointment_id=None, patient_id=None, location_id=desk.there.id)
    of_a_patient = desk.task(tasks.POSSIBLE_DUPLICATE, appointment_id=None, created_at=NOW + timedelta(hours=1))
    desk.task(done_at=NOW)
    later = desk.task("call_back", created_at=NOW - timedelta(days=9), due_at=NOW + timedelta(hours=2))

    def listed(who: Worker, kind: str = "") -> list[int]:
        return [task.id for task in work.list_work(desk.session, who, kind=kind, now=NOW).tasks]

    assert listed(desk.omar) == listed(desk.greta) == [second, first, of_a_patient, later], "a visit to move tomorrow comes first"
    assert listed(desk.elsewhere) == [own]
    assert listed(desk.hana) == [second, first, own, of_a_patient, later]
    assert listed(desk.omar, tasks.AFFECTED_VISIT) == [second]
    found = work.list_work(desk.session, desk.omar, now=NOW)
    assert (found.total, found.counts[tasks.INTAKE_CALL], found.mine) == (4, 1, 0)
    assert listed(worker(desk.session, "Ada", Grant(Role.ADMINISTRATOR))) == []
    with pytest.raises(NotFound):
        open_by(desk, desk.elsewhere, first)
    with pytest.raises(NotFound):
        work.done(desk.session, desk.elsewhere, first, now=NOW)


def test_whose_contact_is_shown_is_noted_and_a_call_center_sees_it_of_a_task_it_took(desk: Desk) -> None:
    task_id = desk.task()
    seen = open_by(desk, desk.omar, task_id)
    assert [(person.name, person.phone) for person in seen.people] == [(f"Maria {desk.patient.family_name}", desk.patient.phone)]
    assert open_by(desk, desk.hana, task_id).closed
    assert open_by(desk, desk.hana, task_id).people == ()
    work.take(desk.session, desk.hana, task_id, holder_id=None, now=NOW)
    assert open_by(desk, desk.hana, task_id).people[0].phone == desk.patient.phone
    rows = desk.session.execute(select(Audit.actor, Audit.patient_id).where(Audit.action == "see_task").order_by(Audit.id)).all()
    assert rows == [
        (desk.omar.actor, desk.patient.id), (desk.hana.actor, None), (desk.hana.actor, None), (desk.hana.actor, desk.patient.id)
    ]  # fmt: skip


def test_a_record_to_compare_with_is_shown_where_its_clinics_are_theirs(desk: Desk) -> None:
    nobodys = build.patient(desk.session, now=NOW).id
    far, near = (desk.task(tasks.POSSIBLE_DUPLICATE, other_patient_id=id_) for id_ in (desk.stranger.id, nobodys))
    assert [person.patient_id for person in open_by(desk, desk.omar, far).people] == [desk.patient.id]
    assert [person.patient_id for person in open_by(desk, desk.omar, near).people] == [desk.patient.id, nobodys]
    work.take(desk.session, desk.hana, far, holder_id=None, now=NOW)
    assert [person.patient_id for person in open_by(desk, desk.hana, far).people] == [desk.patient.id, desk.stranger.id]


def test_two_who_take_it_at_once_one_has_it_and_the_others_are_told_who(database: str) -> None:
    with connected(database) as engine, Session(engine) as session:
        desk = Desk(session)
        task_id = desk.task()
        crowd = [worker(session, f"Desk{number}", Grant(Role.FRONT_DESK, desk.here.id)) for number in range(6)]
        session.commit()
        takes = [partial(work.take, worker=one, task_id=task_id, holder_id=None, now=NOW) for one in crowd]
        answers = together(engine, takes)
        winner = [number for number, answer in enumerate(answers) if answer is None]
        assert len(winner) == 1, answers
        told = {str(answer) for answer in answers if isinstance(answer, IllegalMove)}
        assert told == {f"Desk{winner[0]} has this task now."}
        assert desk.actions().count("take_task") == 1
        answers = together(engine, [partial(work.done, worker=one, task_id=task_id, now=NOW) for one in crowd])
        assert answers == [None] * 6
        assert desk.actions().count("finish_task") == 1


def test_a_task_is_taken_over_from_who_one_saw_have_it(desk: Desk) -> None:
    task_id = desk.task()
    work.take(desk.session, desk.omar, task_id, holder_id=None, now=NOW)
    work.take(desk.session, desk.omar, task_id, holder_id=None, now=NOW)  # twice is once
    with pytest.raises(IllegalMove, match="Omar has this task now"):
        work.take(desk.session, desk.greta, task_id, holder_id=None, now=NOW)
    work.take(desk.session, desk.greta, task_id, holder_id=desk.omar.account_id, now=NOW)
    work.put_back(desk.session, desk.omar, task_id, now=NOW)  # it is not his any more
    assert open_by(desk, desk.omar, task_id).holder == "Greta"
    work.put_back(desk.session, desk.greta, task_id, now=NOW)
    assert open_by(desk, desk.omar, task_id).holder == ""
    assert [action for action in desk.actions() if action != "see_task"] == ["take_task", "take_task", "put_back_task"]


def test_done_can_be_taken_back_while_it_is_fresh_by_who_did_it(desk: Desk) -> None:
    task_id = desk.task()
    work.done(desk.session, desk.omar, task_id, now=NOW)
    work.done(desk.session, desk.greta, task_id, now=NOW)
    assert open_by(desk, desk.greta, task_id).done_by == "Omar"
    with pytest.raises(IllegalMove):
        work.take(desk.session, desk.greta, task_id, holder_id=None, now=NOW)
    with pytest.raises(IllegalMove):
        work.undo(desk.session, desk.greta, task_id, now=NOW)
    work.undo(desk.session, desk.omar, task_id, now=NOW + work.FRESH)
    assert open_by(desk, desk.omar, task_id).done_at is None
    work.done(desk.session, desk.omar, task_id, now=NOW)
    with pytest.raises(IllegalMove, match="too long ago"):
        work.undo(desk.session, desk.omar, task_id, now=NOW + work.FRESH + timedelta(seconds=1))


def test_a_note_is_five_hundred_characters_and_never_overwrites_anothers(desk: Desk) -> None:
    task_id = desk.task()
    with pytest.raises(InvalidInput, match="500 characters"):
        work.note(desk.session, desk.omar, task_id, "x" * 501, before="", now=NOW)
    work.note(desk.session, desk.omar, task_id, " Not at home,\r\ncalls\0 back. ", before="", now=NOW)
    with pytest.raises(InvalidInput, match="Not at home"):
        work.note(desk.session, desk.greta, task_id, "Left a message.", before="", now=NOW)
    work.note(desk.session, desk.greta, task_id, "Left a message.", before="Not at home,\r\ncalls back.", now=NOW)
    assert open_by(desk, desk.omar, task_id).note == "Left a message."


def test_a_message_sent_again_that_fails_again_comes_back(desk: Desk) -> None:
    session = desk.session
    message = session.scalars(select(OutboxMessage)).first()
    assert message
    failed = Delivery(
        outbox_id=message.id, channel="mail", appointment_id=desk.visit, recipient="maria@example.org", due_at=NOW, next_at=NOW,
        tries=9, first_tried_at=NOW, done_at=NOW, outcome="failed", detail="timeout",
    )  # fmt: skip
    delivery_id = build.save(session, failed).id
    tasks.add_message_task(session, tasks.FAILED_MESSAGE, delivery_id, desk.visit, now=NOW)
    session.commit()
    task_id = work.list_work(session, desk.omar, now=NOW).tasks[0].id
    shown = open_by(desk, desk.omar, task_id).message
    assert shown
    assert (shown.channel, shown.event, shown.detail, shown.recipient) == ("mail", "booked", "timeout", "maria@example.org")
    work.send_again(session, desk.omar, task_id, now=NOW)
    assert work.list_work(session, desk.omar, now=NOW).total == 0
    with pytest.raises(IllegalMove):
        work.send_again(session, desk.omar, task_id, now=NOW)
    begin_write(session)
    later = NOW + timedelta(minutes=1)
    (leased,) = deliveries.lease(session, ["mail"], now=later, until=later + timedelta(minutes=1), limit=5)
    assert (leased.id, leased.tries, leased.first_tried_at) == (delivery_id, 1, later)
    deliveries.finish(session, leased, "failed", detail="550", body=None, now=later)
    tasks.add_message_task(session, tasks.FAILED_MESSAGE, delivery_id, desk.visit, now=later)
    tasks.add_message_task(session, tasks.FAILED_MESSAGE, delivery_id, desk.visit, now=later)
    session.commit()
    (again,) = work.list_work(session, desk.omar, now=NOW).tasks
    assert (again.id, again.created_at) == (task_id, later)
    assert desk.actions()[-1] == "send_again"


def test_a_letter_is_opened_and_of_another_task_there_is_none(desk: Desk) -> None:
    session = desk.session
    message = session.scalars(select(OutboxMessage)).first()
    assert message
    body = SEALER.seal("Your visit\n\nDear Maria,\ncome on Tuesday.")
    printed = Delivery(
        outbox_id=message.id, channel="letter", appointment_id=desk.visit, due_at=NOW, next_at=NOW, done_at=NOW, outcome="letter",
        body=body,
    )  # fmt: skip
    delivery_id = build.save(session, printed).id
    task_id = desk.task(tasks.LETTER, delivery_id=delivery_id)
    found = work.letter(session, desk.omar, task_id, sealer=SEALER, now=NOW)
    assert (found.subject, found.text) == ("Your visit", "Dear Maria,\ncome on Tuesday.")
    assert desk.actions()[-1] == "see_letter"
    with pytest.raises(IllegalMove, match="Take the task first"):
        work.letter(session, desk.hana, task_id, sealer=SEALER, now=NOW)
    work.take(session, desk.hana, task_id, holder_id=None, now=NOW)
    assert work.letter(session, desk.hana, task_id, sealer=SEALER, now=NOW).text
    with pytest.raises(NotFound):
        work.letter(session, desk.omar, desk.task(), sealer=SEALER, now=NOW)
    with pytest.raises(IllegalMove):
        work.send_again(session, desk.omar, task_id, now=NOW)
