"""Rivals on both databases, with a connection each. The control comes first: without the guard the double booking is seen."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from itertools import product
from multiprocessing import get_context
from random import Random
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from clinic.domain.errors import Busy, DomainError, IllegalMove, KeyReused, NotOffered, TimeRefused, TimeTaken
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.store import connect
from clinic.store.connect import begin_write
from clinic.store.locks import lock_calendars
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Patient
from clinic.store.tables.schedules import TimeOff
from clinic.usecases import booking
from clinic.usecases.booking import request_once
from tests import build
from tests.away import take_off
from tests.build import KEY, PATIENT
from tests.invariants import broken
from tests.networks import an_appointment
from tests.race import NOW, SHAPES, Clinic, Want, connected, make_clinic, rush, some_wants, together

TEN = NOW + timedelta(hours=1)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    with connected(database) as made:
        yield made


def kind_of(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def overlaps(session: Session) -> int:
    """Pairs of claims of one resource that share a cell, one by one."""
    claims = session.execute(select(Claim.resource_id, Claim.start_cell, Claim.end_cell)).all()
    return sum(
        1
        for i, (resource, start, end) in enumerate(claims)
        for other, begin, finish in claims[i + 1 :]
        if resource == other and start < finish and begin < end
    )


def test_the_control_without_the_guard_is_booked_twice(database: str, engine: Engine) -> None:
    """Look, then write, without locks and guard: what every careful-looking booking system does."""
    with Session(engine) as session:
        clinic = make_clinic(session)
        place, person, kind = build.practice(session)
        owner = an_appointment(session, kind, place, person, now=NOW)
        begin_write(session)
        if kind_of(database) == "sqlite":
            session.execute(text("drop trigger claim_no_overlap_insert"))
        else:
            session.execute(text("alter table claim drop constraint claim_no_overlap"))
        session.commit()
    looked = threading.Barrier(8)

    def careful(number: int) -> Any:
        def act(session: Session) -> bool:
            start = cell_at(TEN) + number % 4  # overlapping, and seldom equal: the primary key is no help
            taken = select(func.count()).where(
                Claim.resource_id == clinic.people[0], Claim.start_cell < start + 6, Claim.end_cell > start
            )
            free = session.scalar(taken) == 0
            session.rollback()
            looked.wait()
            if free:
                begin_write(session)
                row = {"resource_id": clinic.people[0], "start_cell": start, "end_cell": start + 6, "appointment_id": owner}
                session.execute(insert(Claim).values(row))
                session.commit()
            return free

        return act

    answers = together(engine, [careful(number) for number in range(8)])
    assert answers.count(True) >= 4
    with Session(engine) as session:
        seen = overlaps(session)
    print(f"\ncontrol on {kind_of(database)}: {seen} overlapping pairs without the guard")
    assert seen >= 1


def refused_though_free(session: Session, clinic: Clinic, refused: list[Want]) -> list[Want]:
    """Wants that some specialist, room and device could have met to the end. Claims were only added, so they could before."""
    claims: dict[int, list[tuple[int, int]]] = {}
    for resource, start, end in session.execute(select(Claim.resource_id, Claim.start_cell, Claim.end_cell)):
        claims.setdefault(resource, []).append((start, end))

    def free(resource: int, start: datetime, before: int, after: int) -> bool:
        a, b = cell_at(start - timedelta(minutes=before)), cell_at(start + timedelta(minutes=after))
        return all(end <= a or b <= begin for begin, end in claims.get(resource, ()))

    found = []
    for want in refused:
        kind, person, start = want
        shape = {"buffer_before": 0, "buffer_after": 0, "room_setup": 0, "room_cleanup": 0, **SHAPES[kind]}
        minutes = int(shape["minutes"])
        rooms = clinic.rooms if "room_kind" in shape else [-1]
        devices = clinic.devices if "equipment_kind" in shape else [-1]
        around = (int(shape["room_setup"]), minutes + int(shape["room_cleanup"]))
        mine = free(clinic.people[person], start, int(shape["buffer_before"]), minutes + int(shape["buffer_after"]))
        if mine and any(free(r, start, *around) and free(d, start, *around) for r, d in product(rooms, devices)):
            found.append(want)
    return found


def one_rush(url: str, seed: int, pool: ProcessPoolExecutor | None, wants: int) -> Counter[str]:
    """One clinic, everybody at once; -> what happened. Asserts that nothing overlaps and nothing free was refused."""
    rng = Random(seed)
    with connected(url) as engine, Session(engine) as session:
        clinic = make_clinic(session)
        wanted = some_wants(rng, len(clinic.people), wants)
        # Nobody asks for what runs past closing time or begins before opening.
        wanted = [w for w in wanted if TEN <= w[2] <= NOW + timedelta(hours=6)]
        told: Counter[str] = Counter()
        refused: list[Want] = []
        if pool is None:
            parts = [rush(url, clinic, wanted, 8, 0)]
        else:
            parts = [job.result() for job in [pool.submit(rush, url, clinic, wanted[i::4], 4, i) for i in range(4)]]
        for counts, theirs in parts:
            told += counts
            refused += theirs
        assert overlaps(session) == 0
        assert broken(session, now=NOW) == []
        assert refused_though_free(session, clinic, refused) == []
        # On a machine with much else to do, some may wait three seconds for a lock; they are told so, and lose nothing.
        assert {one for one in told if not one.startswith("Busy(")} <= {"held", "booked", "refused"}, told
        assert told["held"] + told["booked"] == session.scalar(
            select(func.count()).where(Appointment.location_id == clinic.place)
        )
    return told


@pytest.mark.parametrize("seed", [1, 2])
def test_mixed_lengths_over_people_rooms_and_devices(database: str, seed: int) -> None:
    told = one_rush(database, seed, None, 150)
    assert min(told["held"], told["booked"], told["refused"]) > 3, told


@pytest.mark.prove
def test_mixed_lengths_in_full(databases: Any) -> None:
    begun = monotonic()
    total: Counter[str] = Counter()
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for seed in range(20):
            with databases.migrated() as url:
                total += one_rush(url, seed, pool, 400)
    print(
        f"\nmixed lengths on {databases.kind}, 20 seeds, 4 processes of 4 threads: {dict(total)}; 0 overlaps,"
        f" 0 refusals while a combination was free, 0 deadlocks seen, {monotonic() - begun:.0f} s"
    )


class TestWaiting:
    """Somebody holds the locks, saves time off and commits while another waits for them."""

    def wait_until_blocked(self, engine: Engine, thread: threading.Thread) -> None:
        if engine.dialect.name == "postgresql":
            deadline = monotonic() + 5
            waiting = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
            with engine.connect() as connection:
                while connection.scalar(waiting) == 0:
                    assert monotonic() < deadline
                    assert thread.is_alive()
                    sleep(0.01)
        else:
            sleep(0.3)
        assert thread.is_alive(), "it should be waiting for its turn"

    @pytest.mark.parametrize("verb", ["hold", "late form", "move"])
    def test_time_off_committed_meanwhile_is_seen(self, engine: Engine, verb: str) -> None:
        with Session(engine) as session:
            clinic = make_clinic(session)
            held = booking.hold(session, clinic.opening(0, 0, TEN), key=KEY, who=PATIENT, now=NOW)
            other = booking.hold(session, clinic.opening(0, 0, TEN + timedelta(hours=3)), key=KEY, who=PATIENT, now=NOW)
            booked = booking.confirm(session, other.token, build.details(), key=KEY, who=PATIENT, now=NOW)
        target = TEN if verb == "late form" else TEN + timedelta(minutes=30)
        answers: list[Any] = []

        def second() -> None:
            with Session(engine) as mine:
                later = NOW + timedelta(minutes=11)
                try:
                    if verb == "hold":
                        answer: Any = booking.hold(mine, clinic.opening(0, 0, target), key=KEY, who=PATIENT, now=NOW)
                    elif verb == "late form":
                        answer = booking.confirm(mine, held.token, build.details(), key=KEY, who=PATIENT, now=later)
                    else:
                        opening = clinic.opening(0, 0, target)
                        answer = booking.reschedule(mine, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
                except DomainError as refused:
                    answer = refused
                answers.append(answer)

        with Session(engine) as first:
            begin_write(first)
            lock_calendars(first, [clinic.people[0]])
            thread = threading.Thread(target=second)
            thread.start()
            self.wait_until_blocked(engine, thread)
            row = {
                "specialist_id": clinic.people[0],
                "start_cell": cell_at(target),
                "end_cell": cell_at(target) + 3,
                "reason": "",
            }
            first.execute(insert(TimeOff).values(row))
            first.commit()
            thread.join()
        assert isinstance(answers[0], NotOffered), answers
        with Session(engine) as session:
            assert broken(session, now=NOW) == []

    def test_time_off_waits_for_a_booking_under_way(self, engine: Engine) -> None:
        done: list[int] = []

        def second() -> None:
            with Session(engine) as mine:
                done.append(take_off(mine, clinic.people[0], TEN, TEN + timedelta(hours=1), now=NOW).change_id)

        with Session(engine) as first:
            clinic = make_clinic(first)
            begin_write(first)
            lock_calendars(first, [clinic.people[0]])
            thread = threading.Thread(target=second)
            thread.start()
            self.wait_until_blocked(engine, thread)
            assert done == []
            first.commit()
            thread.join()
        assert len(done) == 1

    def test_who_waits_too_long_is_told_so(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connect, "LOCK_TIMEOUT_SECONDS", 0.3)
        url = engine.url.render_as_string(hide_password=False)
        with connected(url) as impatient, Session(engine) as first:
            clinic = make_clinic(first)
            begin_write(first)
            lock_calendars(first, [clinic.people[0]])
            first.execute(select(func.count()).select_from(Claim))
            with Session(impatient) as second, pytest.raises(Busy) as refused:
                booking.hold(second, clinic.opening(0, 0, TEN), key=KEY, who=PATIENT, now=NOW)
            assert refused.value.retry_after > 0
            first.rollback()
            with Session(impatient) as third:
                assert booking.hold(third, clinic.opening(0, 0, TEN), key=KEY, who=PATIENT, now=NOW)


def expiry_rounds(engine: Engine, rounds: int) -> Counter[str]:
    """A form sent, and a rival come, within 50 ms of a hold's end: exactly one of them gets the time (R7)."""
    rng = Random(7)
    seen: Counter[str] = Counter()
    with Session(engine) as session:
        clinic = make_clinic(session)
        end = NOW + timedelta(minutes=10)
        for number in range(rounds):
            start = NOW + timedelta(days=1 + number // 7, hours=number % 7)
            opening = clinic.opening(1, 0, start)
            held = booking.hold(session, opening, key=KEY, who=PATIENT, now=NOW)
            at = [end + timedelta(milliseconds=rng.randint(-50, 50)) for _ in range(2)]
            answers = together(
                engine,
                [
                    lambda mine, t=held.token, now=at[0]: booking.confirm(
                        mine, t, build.details(), key=KEY, who=PATIENT, now=now
                    ),
                    lambda mine, o=opening, now=at[1]: booking.hold(mine, o, key=KEY, who=PATIENT, now=now),
                ],
            )
            won = [not isinstance(answer, Exception) for answer in answers]
            assert sum(won) == 1, (at, answers)
            assert isinstance(answers[won.index(False)], TimeTaken), answers
            seen["the form" if won[0] else "the rival"] += 1
        assert broken(session, now=end + timedelta(seconds=1)) == []
    return seen


def test_a_hold_that_ends_goes_to_one(engine: Engine) -> None:
    assert sum(expiry_rounds(engine, 40).values()) == 40


@pytest.mark.prove
def test_a_hold_that_ends_goes_to_one_in_full(database: str, engine: Engine) -> None:
    begun, seen = monotonic(), expiry_rounds(engine, 2000)
    assert min(seen.values()) > 20, seen  # who writes faster wins more often; both must have been seen to
    print(
        f"\n2000 holds ending within 50 ms of a rival on {kind_of(database)}:"
        f" one winner each, {dict(seen)}, {monotonic() - begun:.0f} s"
    )


def test_one_person_who_books_twice_at_once_is_one_patient(engine: Engine) -> None:
    with Session(engine) as session:
        clinic = make_clinic(session)
        days = [NOW + timedelta(days=1 + number) for number in range(3)]
        holds = [booking.hold(session, clinic.opening(0, 0, day), key=KEY, who=PATIENT, now=NOW).token for day in days]
        answers = together(
            engine,
            [lambda s, t=token: booking.confirm(s, t, build.details(), key=KEY, who=PATIENT, now=NOW) for token in holds],
        )
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers
        assert session.scalar(select(func.count()).select_from(Patient)) == 1


def quarrel(engine: Engine, rounds: int) -> Counter[str]:
    """Four verbs at once on one appointment and its calendar: whatever the order, the invariants hold (R6)."""
    rng = Random(6)
    seen: Counter[str] = Counter()
    with Session(engine) as session:
        clinic = make_clinic(session, people=2, rooms=1, devices=1)
        for number in range(rounds):
            day = NOW + timedelta(days=1 + number)
            kind = rng.randrange(4)
            start, now = day + timedelta(hours=1), NOW + timedelta(minutes=15 * number)
            held = booking.hold(session, clinic.opening(kind, 0, start), key=KEY, who=PATIENT, now=now)
            typed = build.details(family_name="Garcia" + "x" * (number % 50))
            manage = ""
            if rng.random() < 0.6:
                manage = booking.confirm(session, held.token, typed, key=KEY, who=PATIENT, now=now).manage_token
            else:
                now += timedelta(minutes=rng.choice((5, 10, 12)))
            near = clinic.opening(kind, rng.randrange(2), start + timedelta(minutes=15 * rng.randrange(-2, 3)))
            verbs: dict[str, Any] = {
                "confirm": lambda s, t=held.token, p=typed, n=now: booking.confirm(s, t, p, key=KEY, who=PATIENT, now=n),
                "extend": lambda s, t=held.token, n=now: booking.extend(s, t, key=KEY, who=PATIENT, now=n),
                "release": lambda s, t=held.token, n=now: booking.release(s, t, key=KEY, who=PATIENT, now=n),
                "sweep": lambda s, n=now: booking.sweep(s, now=n),
                "rival": lambda s, o=near, n=now: booking.hold(s, o, key=KEY, who=PATIENT, now=n),
                "time off": lambda s, p=clinic.people[0], a=start, n=now: take_off(s, p, a, a + timedelta(hours=1), now=n),
            }
            if manage:
                verbs["move"] = lambda s, t=manage, o=near, n=now: booking.reschedule(s, t, o, key=KEY, who=PATIENT, now=n)
                verbs["cancel"] = lambda s, t=manage, n=now: booking.cancel(s, t, None, key=KEY, who=PATIENT, now=n)
            chosen = [rng.choice(sorted(verbs)) for _ in range(4)]
            for name, answer in zip(chosen, together(engine, [verbs[name] for name in chosen]), strict=True):
                assert not isinstance(answer, Exception) or isinstance(answer, (TimeRefused, IllegalMove)), (name, answer)
                seen[f"{name} {'refused' if isinstance(answer, Exception) else 'done'}"] += 1
            assert broken(session, now=now) == [], (number, chosen)
            session.rollback()
    return seen


def test_verbs_at_once_on_one_appointment(engine: Engine) -> None:
    assert sum(quarrel(engine, 15).values()) == 60


@pytest.mark.prove
def test_verbs_at_once_on_one_appointment_in_full(database: str, engine: Engine) -> None:
    begun, seen = monotonic(), quarrel(engine, 390)
    print(
        f"\n390 quarrels of four verbs at once on {kind_of(database)}:"
        f" invariants held, {monotonic() - begun:.0f} s; {dict(sorted(seen.items()))}"
    )


@pytest.mark.parametrize("times", [8, pytest.param(50, marks=pytest.mark.prove)])
def test_one_request_sent_many_times_at_once_is_one_booking(database: str, times: int) -> None:
    with connected(database, times + 1) as engine, Session(engine) as session:
        clinic = make_clinic(session)
        once, opening = request_once("holds", "x" * 16, {"opening": 1}), clinic.opening(0, 0, TEN)
        holds = together(engine, [lambda s: booking.hold(s, opening, key=KEY, who=PATIENT, now=NOW, once=once)] * times)
        assert all(answer == holds[0] for answer in holds), holds
        sent, other = request_once("bookings", "x" * 16, {"hold": 1}), request_once("bookings", "x" * 16, {"hold": 2})
        assert sent
        assert other
        bookings = together(
            engine,
            [lambda s: booking.confirm(s, holds[0].token, build.details(), key=KEY, who=PATIENT, now=NOW, once=sent)] * times,
        )
        assert all(answer == bookings[0] for answer in bookings), bookings
        with pytest.raises(KeyReused):
            booking.confirm(session, holds[0].token, build.details(), key=KEY, who=PATIENT, now=NOW, once=other)
        assert session.scalars(select(Appointment.state)).all() == [State.BOOKED]
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 1
        assert broken(session, now=NOW) == []
