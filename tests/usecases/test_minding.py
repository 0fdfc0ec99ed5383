"""Every open task has an account that can see to it, or an administrator is told that none can."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, new_key
from clinic.domain.errors import NotFound, NotOffered
from clinic.domain.people.roles import Grant, Role, Viewer, reach
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.tables.audit import Audit
from clinic.store.tables.staff import Account, AccountGrant
from clinic.store.tables.work import Call, Task, WorkListOpened
from clinic.store.work import tasks
from clinic.store.work.call_backs import CALL_BACK
from clinic.usecases import accounts, day, work
from clinic.usecases.accounts import Person
from clinic.usecases.work import Worker
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
SEALER = Sealer([new_key()])
KEY = b"k" * 32
FORTNIGHT = timedelta(days=14)


@dataclass
class Chain:
    """Three clinics, each with a visit; people are hired as a test needs them."""

    session: Session
    clinics: list[int] = field(default_factory=list)
    visits: list[int] = field(default_factory=list)
    patients: list[int] = field(default_factory=list)
    specialists: list[int] = field(default_factory=list)
    hired: dict[int, tuple[Worker, tuple[Grant, ...]]] = field(default_factory=dict)
    kind: int = 0

    def __post_init__(self) -> None:
        place_, specialist, kind = build.practice(self.session)
        others = [build.practice(self.session, visit=kind)[:2] for _ in range(2)]
        self.kind = kind.id
        for clinic, giver in [(place_, specialist), *others]:
            patient = build.patient(self.session, now=NOW)
            wish = SlotRef(kind.id, clinic.id, giver.id, cell_at(NOW + timedelta(days=1)))
            self.visits.append(place.book(self.session, wish, Details(patient.id), who=build.STAFF, now=NOW))
            self.clinics.append(clinic.id)
            self.patients.append(patient.id)
            self.specialists.append(giver.id)
        self.session.commit()

    def hire(self, *grants: Grant, state: str = "active") -> Worker:
        number = len(self.hired) + 1
        account = Account(email=f"w{number}@example.org", name=f"W{number}", state=state, created_at=NOW)
        build.save(self.session, account)
        for grant in grants:
            row = {"role": grant.role, "location_id": grant.location_id, "flag": grant.flag}
            build.save(self.session, AccountGrant(account_id=account.id, **row))
        worker = Worker(
            account.id, reach("work-list", grants), reach("see-contact", grants), bool(reach("stand-in", grants))
        )  # fmt: skip
        self.hired[account.id] = (worker, grants if state == "active" else ())
        return worker

    def task(self, number: int = 0, kind: str = tasks.AFFECTED_VISIT, **given: object) -> int:
        row = {"appointment_id": self.visits[number], "patient_id": self.patients[number], "created_at": NOW, **given}
        return build.save(self.session, Task(kind=kind, **row)).id

    def opened(self, number: int, ago: timedelta) -> None:
        clinic = self.clinics[number]
        self.session.execute(delete(WorkListOpened).where(WorkListOpened.location_id == clinic))
        build.save(self.session, WorkListOpened(location_id=clinic, opened_at=NOW - ago, opened_by_id=1))

    def seen(self, worker: Worker, *, now: datetime = NOW) -> set[int]:
        found = {task.id for task in work.list_work(self.session, worker, now=now).tasks}
        self.session.rollback()
        return found

    def entrusted(self, worker: Worker) -> frozenset[int]:
        found = work.entrusted(self.session, worker, now=NOW)
        self.session.rollback()
        return found

    def forsaken(self) -> int:
        counted = sum(count for _, count in work.forsaken(self.session, now=NOW))
        self.session.rollback()
        return counted


@pytest.fixture
def chain(session: Session) -> Chain:
    return Chain(session)


def test_it_is_noted_when_a_clinics_own_staff_open_their_list(chain: Chain) -> None:
    front, boss = chain.hire(Grant(Role.FRONT_DESK, chain.clinics[0])), chain.hire(Grant(Role.AGENT, None, True))
    for worker, now in ((boss, NOW), (front, NOW), (front, NOW + timedelta(minutes=59)), (front, NOW + timedelta(minutes=61))):
        work.note_opened(chain.session, worker, now=now)
    rows = chain.session.execute(select(WorkListOpened.location_id, WorkListOpened.opened_at, WorkListOpened.opened_by_id)).all()
    assert rows == [(chain.clinics[0], NOW + timedelta(minutes=61), front.account_id)], "no more often than once an hour"
    chain.session.rollback()


@pytest.mark.parametrize("ago", [FORTNIGHT - timedelta(minutes=1), FORTNIGHT, None])
def test_what_a_clinic_does_not_look_at_is_entrusted_to_the_supervisor_who_takes_it(chain: Chain, ago: timedelta | None) -> None:
    chain.hire(Grant(Role.FRONT_DESK, chain.clinics[0]))
    boss = chain.hire(Grant(Role.AGENT, None, True))
    manager = chain.hire(Grant(Role.MANAGER, chain.clinics[1]))
    task = chain.task(0)
    chain.task(1)
    if ago is not None:
        chain.opened(0, ago)
    left = ago is None or ago >= FORTNIGHT
    assert chain.entrusted(boss) == frozenset(), "not before it is taken"
    work.take(chain.session, boss, task, holder_id=None, now=NOW)
    assert chain.entrusted(boss) == (frozenset({chain.visits[0]}) if left else frozenset())
    assert task not in chain.seen(manager), "there is a supervisor"
    assert chain.forsaken() == 0
    work.done(chain.session, boss, task, now=NOW)
    assert chain.entrusted(boss) == frozenset(), "no longer than the task is open"


def test_without_a_supervisor_it_falls_to_every_manager(chain: Chain) -> None:
    manager, front = chain.hire(Grant(Role.MANAGER, chain.clinics[1])), chain.hire(Grant(Role.FRONT_DESK, chain.clinics[2]))
    chain.hire(Grant(Role.AGENT, None, True), state="disabled")
    task = chain.task(0)
    assert task in chain.seen(manager)
    assert task not in chain.seen(front)
    before = work.open_task(chain.session, manager, task, sealer=SEALER, now=NOW)
    assert (before.closed, before.people) == (True, ()), "taken first"
    assert chain.entrusted(manager) == frozenset()
    work.take(chain.session, manager, task, holder_id=None, now=NOW)
    assert work.open_task(chain.session, manager, task, sealer=SEALER, now=NOW).people[0].patient_id == chain.patients[0]
    assert chain.entrusted(manager) == {chain.visits[0]}
    viewer = Viewer(reach("change-visit", chain.hired[manager.account_id][1]), visits=chain.entrusted(manager))
    times = day.move_times(chain.session, viewer, chain.visits[0], now=NOW)
    places = {opening.location.id for _, openings in times.days for opening in openings}
    assert places == set(chain.clinics[:2]), "at the visit's own clinic, and where the manager is one"
    beyond = write_opening(KEY, SlotRef(chain.kind, chain.clinics[2], chain.specialists[2], cell_at(NOW + timedelta(days=2))))
    how = {"key": KEY, "sealer": SEALER, "who": build.STAFF, "now": NOW}
    with pytest.raises(NotOffered):
        day.move(chain.session, viewer, chain.visits[0], day.Moving(beyond, "away"), **how)
    with pytest.raises(NotFound):
        day.move_times(chain.session, viewer, chain.visits[2], now=NOW)
    to = write_opening(KEY, SlotRef(chain.kind, chain.clinics[0], chain.specialists[0], cell_at(NOW + timedelta(days=2))))
    day.move(chain.session, viewer, chain.visits[0], day.Moving(to, "away"), **how)
    assert chain.entrusted(manager) == frozenset(), "the task is settled by the move"


def test_once_the_clinic_looks_again_the_manager_elsewhere_sees_it_no_more(chain: Chain) -> None:
    manager = chain.hire(Grant(Role.MANAGER, chain.clinics[1]))
    task = chain.task(0)
    work.take(chain.session, manager, task, holder_id=None, now=NOW)
    front = chain.hire(Grant(Role.FRONT_DESK, chain.clinics[0]))
    assert chain.entrusted(manager)
    work.note_opened(chain.session, front, now=NOW)
    assert chain.entrusted(manager) == frozenset()
    with pytest.raises(NotFound):
        work.open_task(chain.session, manager, task, sealer=SEALER, now=NOW)
    assert task in chain.seen(front)


def test_where_there_is_neither_the_administrators_page_counts_it_by_clinic(chain: Chain) -> None:
    chain.hire(Grant(Role.ADMINISTRATOR))
    chain.task(0)
    chain.task(0, tasks.FAILED_MESSAGE)
    chain.task(1)
    chain.task(2, appointment_id=None, patient_id=build.patient(chain.session, now=NOW).id)
    found = work.forsaken(chain.session, now=NOW)
    assert sorted(count for _, count in found) == [1, 1, 2]
    assert {name for name, _ in found if not name} == {""}, "that of no clinic is among them"
    chain.session.rollback()
    chain.hire(Grant(Role.MANAGER, chain.clinics[2]))
    assert work.forsaken(chain.session, now=NOW) == []
    chain.session.rollback()


def test_a_closed_account_leaves_its_tasks_to_others(chain: Chain) -> None:
    agent, other = chain.hire(Grant(Role.AGENT)), chain.hire(Grant(Role.AGENT, None, True))
    call = build.save(chain.session, Call(account_id=agent.account_id, began_at=NOW))
    task = chain.task(0, CALL_BACK, appointment_id=None, call_id=call.id, claimed_by_id=agent.account_id, due_at=NOW)
    admin = Grant(Role.ADMINISTRATOR)
    hired = chain.hire(admin)
    boss = Person(
        account_id=hired.account_id, name="A", email="a@example.org", specialist_id=None, grants=(admin,), session_id=1,
        stage="in", until=NOW,
    )  # fmt: skip
    accounts.close_account(chain.session, boss, agent.account_id, now=NOW)
    assert chain.session.get_one(Task, task, populate_existing=True).claimed_by_id is None
    chain.session.rollback()
    assert task in chain.seen(other)


def test_whom_to_call_today_is_shown_where_one_may_see_it_and_noted(chain: Chain) -> None:
    front, boss = chain.hire(Grant(Role.FRONT_DESK, chain.clinics[0])), chain.hire(Grant(Role.AGENT, None, True))
    near, other = chain.task(0, cause="away"), chain.task(0, tasks.FAILED_MESSAGE)
    for early, expected in ((NOW - timedelta(days=2), False), (NOW, True)):
        listed = work.list_work(chain.session, front, now=early)
        assert listed.urgent == (frozenset({near}) if expected else frozenset()), other
        assert bool(listed.to_call) is expected
    assert listed.to_call[near].patient_id == chain.patients[0]
    work.list_work(chain.session, front, now=NOW + timedelta(hours=1))
    assert work.list_work(chain.session, boss, now=NOW).urgent == {near}
    assert work.list_work(chain.session, boss, now=NOW).to_call == {}, "a supervisor takes it first"
    work.take(chain.session, boss, near, holder_id=None, now=NOW)
    assert set(work.list_work(chain.session, boss, now=NOW).to_call) == {near}
    wanted = select(Audit.actor, Audit.patient_id).where(Audit.action == "see_to_call").order_by(Audit.id)
    rows = chain.session.execute(wanted).all()
    assert rows == [(front.actor, chain.patients[0]), (boss.actor, chain.patients[0])]
    chain.session.rollback()


KINDS = (tasks.AFFECTED_VISIT, tasks.FAILED_MESSAGE, tasks.LETTER, tasks.POSSIBLE_DUPLICATE, CALL_BACK)
ROLES = (Role.FRONT_DESK, Role.MANAGER, Role.AGENT, Role.SPECIALIST, Role.ADMINISTRATOR)


def random_chain(session: Session, seed: int) -> Chain:
    """People of any kind and state, lists opened at any time, tasks of any kind about anything."""
    draw = random.Random(seed)
    chain = Chain(session)
    gone = chain.hire(state="disabled").account_id
    for _ in range(draw.randrange(6)):
        role = draw.choice(ROLES)
        at = draw.choice(chain.clinics) if role in (Role.FRONT_DESK, Role.MANAGER) else None
        flag = role is Role.AGENT and draw.random() < 0.5
        chain.hire(Grant(role, at, flag), state=draw.choice(("active", "active", "disabled", "invited")))
    for number in range(3):
        if draw.random() < 0.6:
            chain.opened(number, timedelta(days=draw.choice((0, 1, 13, 14, 20))))
    unknown = build.patient(session, now=NOW).id
    for _ in range(8):
        kind, number = draw.choice(KINDS), draw.randrange(3)
        given: dict[str, object] = {"claimed_by_id": draw.choice([None, *chain.hired])}
        if kind == CALL_BACK:
            call = build.save(session, Call(account_id=draw.choice([gone, *chain.hired]), began_at=NOW))
            given |= {"call_id": call.id, "due_at": NOW, "appointment_id": None}
            given["patient_id"] = draw.choice([None, unknown, chain.patients[number]])
        elif kind != tasks.AFFECTED_VISIT and draw.random() < 0.6:
            whose = draw.choice([(None, chain.patients[number]), (None, unknown), (chain.clinics[number], None), (None, None)])
            given |= {"appointment_id": None, "location_id": whose[0], "patient_id": whose[1]}
        chain.task(number, kind, **given)
    session.commit()
    return chain


def minded(chain: Chain, task: Task, worker: Worker, grants: tuple[Grant, ...]) -> bool:
    """Whether that account can open the task: on the list, or as a call-back of its own or nobody's."""
    held = {grant.role for grant in grants}
    if task.kind == CALL_BACK and Role.AGENT in held and task.claimed_by_id in (None, worker.account_id):
        return True
    if not worker.tasks or not grants:
        return False
    try:
        work.open_task(chain.session, worker, task.id, sealer=SEALER, now=NOW)
    except NotFound:
        return False
    finally:
        chain.session.rollback()
    return True


SEEDS = (*range(8), *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(8, 200)))


@pytest.fixture(scope="module")
def counted() -> Iterator[Counter[str]]:
    """What the random chains of this process came to."""
    found: Counter[str] = Counter()
    yield found
    print("\n  minding: " + ", ".join(f"{name} {count}" for name, count in sorted(found.items())))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_open_task_is_without_a_reachable_account(session: Session, seed: int, counted: Counter[str]) -> None:
    """`forsaken` is what none of them can open, at least; and nothing where somebody could stand in."""
    chain = random_chain(session, seed)
    told, alone = chain.forsaken(), 0
    open_ones = session.scalars(select(Task).where(Task.done_at.is_(None)).order_by(Task.id)).all()
    for task in open_ones:
        alone += not any(minded(chain, task, worker, grants) for worker, grants in chain.hired.values())
    assert alone <= told, "what no account can open is counted for the administrators"
    held = {grant for _, grants in chain.hired.values() for grant in grants}
    if any(grant.role is Role.MANAGER or grant == Grant(Role.AGENT, None, True) for grant in held):
        assert (alone, told) == (0, 0)
    counted.update(tasks=len(open_ones), unreachable=alone, told=told)
