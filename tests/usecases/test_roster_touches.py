"""Whatever a change of availability takes time from is decided on in it, and everything else stays as it was.

Random rosters, overrides, visits that were kept earlier, hours of today: held against a reader of the tables that knows nothing
of timelines, cell by cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.domain.errors import DomainError
from clinic.domain.scheduling.affected import Cause
from clinic.domain.scheduling.roster_edits import AddHours, ComeBack, Edit, SetDay, SetWeek, TakeOff, days_off
from clinic.domain.time.hours import DAY_NAMES, local_day, parse_day, zone
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import outside_hours
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.schedules import Shift, ShiftDay, TimeOff
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.usecases.roster import Decisions, preview, save
from tests import build
from tests.build import KEY
from tests.usecases.test_roster import ANA, EASTERN, TODAY, TOMORROW, Calendar

SEEDS = (*range(6), *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(6, 300)))
STEPS = 9
BY_AGREEMENT = outside_hours.lifting(build.STAFF, "agreed")


@dataclass(frozen=True)
class Tables:
    """What the tables say of when Ana works."""

    shifts: tuple[tuple[int, str, date, date | None], ...]
    days: dict[tuple[int, date], str]
    away: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, session: Session) -> Tables:
        session.rollback()
        shifts = session.execute(select(Shift.location_id, Shift.weekly, Shift.first_day, Shift.last_day)).all()
        days = session.execute(select(ShiftDay.location_id, ShiftDay.day, ShiftDay.hours)).all()
        away = session.execute(select(TimeOff.start_cell, TimeOff.end_cell)).all()
        session.rollback()
        return cls(tuple(map(tuple, shifts)), {(place, day): hours for place, day, hours in days}, tuple(map(tuple, away)))

    def hours(self, place: int, day: date) -> list[tuple[int, int]]:
        """Minutes of that day at that clinic, time off aside. No test here works at night."""
        if (place, day) in self.days:
            return list(parse_day(self.days[place, day]))
        stretches: list[tuple[int, int]] = []
        for where, weekly, first, last in self.shifts:
            if where == place and first <= day and (last is None or day <= last):
                for part in weekly.split("; "):
                    name, _, hours = part.partition(" ")
                    stretches += parse_day(hours) if name == DAY_NAMES[day.weekday()] else ()
        return stretches

    def works(self, place: int, cell: int) -> bool:
        at = instant_at(cell).astimezone(zone(EASTERN))
        minutes = at.hour * 60 + at.minute
        return any(opens <= minutes < closes for opens, closes in self.hours(place, at.date()))

    def is_away(self, cell: int) -> bool:
        return any(start <= cell < end for start, end in self.away)


def taken_from(before: Tables, after: Tables, place: int, cells: range) -> set[Cause]:
    """Why a visit in these cells loses its time, if it does."""
    found = set()
    if any(after.is_away(cell) and not before.is_away(cell) for cell in cells):
        found.add(Cause.AWAY)
    if any(before.works(place, cell) and not after.works(place, cell) for cell in cells):
        found.add(Cause.HOURS)
    day = local_day(instant_at(cells.start), EASTERN)
    said = after.days.get((place, day)) == "" and before.days.get((place, day)) != ""
    closed = not after.hours(place, day) and (said or bool(before.hours(place, day)))
    if closed and not all(after.works(place, cell) for cell in cells):
        found.add(Cause.CLOSED)
    return found


class Diary(Calendar):
    """A calendar in which visits lie also outside the hours."""

    def by_agreement(self, start: datetime, place: int) -> None:
        opening = write_opening(KEY, SlotRef(self.kind.id, place, self.ana.id, cell_at(start)))
        held = booking.hold(self.session, opening, key=KEY, who=BY_AGREEMENT, now=self.now)
        booking.confirm(self.session, held.token, self.details(), key=KEY, who=BY_AGREEMENT, now=self.now)

    def rows(self) -> dict[int, tuple[int, range]]:
        """Booked visits that are not over: (clinic, the cells that they take of Ana)."""
        self.session.rollback()
        wanted = (
            select(Appointment.id, Appointment.location_id, Claim.start_cell, Claim.end_cell)
            .join(Claim, (Claim.appointment_id == Appointment.id) & (Claim.resource_id == self.ana.id))
            .where(Appointment.state == "booked", Claim.end_cell > cell_at(self.now))
        )
        found = {id_: (place, range(start, end)) for id_, place, start, end in self.session.execute(wanted)}
        self.session.rollback()
        return found

    def open_tasks(self) -> dict[int, str]:
        self.session.rollback()
        wanted = select(Task.appointment_id, Task.cause).where(Task.kind == "affected_visit", Task.done_at.is_(None))
        rows = self.session.execute(wanted).all()
        self.session.rollback()
        assert len(rows) == len({visit for visit, _ in rows}), "one task a visit"
        return {visit or 0: cause for visit, cause in rows}


@pytest.fixture
def diary(session: Session) -> Diary:
    return Diary(session)


def some_edit(random: Random, diary: Diary) -> tuple[Edit, ...]:
    places = (diary.place.id, diary.park.id)
    place, day = random.choice(places), TODAY + timedelta(days=random.randrange(0, 6))
    opens = random.randrange(7, 13)
    shorter = f"{opens:02d}:00-{random.randrange(opens + 1, 20):02d}:00"
    off = cell_at(diary.at(random.randrange(0, 6), random.randrange(0, 24)))
    stands = Tables.read(diary.session).away
    week = "; ".join(f"{name} {shorter}" for name in DAY_NAMES if random.random() < 0.7)
    return random.choice([
        (days_off(day, day + timedelta(days=random.randrange(0, 3)), EASTERN),),
        (TakeOff(max(off, cell_at(diary.now)), max(off, cell_at(diary.now)) + random.randrange(1, 60)),),
        (SetDay(place, day, ""),), (SetDay(place, day, shorter),), (SetDay(place, day, None),),
        (SetWeek(place, week, max(day, TOMORROW)),), (SetWeek(place, "", max(day, TOMORROW), day + timedelta(days=4)),),
        (AddHours(place, day, f"{random.randrange(17, 20)}:00-21:00"),),
        *([(ComeBack(*random.choice(stands)),)] * 4 if stands else []),
    ])  # fmt: skip


def fill(random: Random, diary: Diary) -> None:
    """Visits inside the hours, outside of them by agreement, early, late and today."""
    for _ in range(12):
        days, hour = random.randrange(0, 6), random.randrange(5, 23)
        try:
            if random.random() < 0.5:
                diary.book(diary.at(days, hour))
            else:
                diary.by_agreement(diary.at(days, hour), random.choice((diary.place.id, diary.park.id)))
        except DomainError:
            diary.session.rollback()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_visit_that_a_change_takes_time_from_is_decided_on(diary: Diary, seed: int, counted: Counter[str]) -> None:
    random = Random(seed)
    fill(random, diary)
    for _ in range(STEPS):
        diary.now += timedelta(minutes=random.randrange(0, 200))
        edit = some_edit(random, diary)
        before, tasks, visits = Tables.read(diary.session), diary.open_tasks(), diary.rows()
        try:
            effect = preview(diary.session, diary.ana.id, edit, now=diary.now)
            choices: dict[str, Any] = {visit.key: random.choice(("keep", "task")) for visit in effect.visits}
            save(diary.session, diary.ana.id, edit, Decisions(choices), version=effect.version, who=ANA, now=diary.now)
        except DomainError:  # over already, closed, two places at once
            diary.session.rollback()
            continue
        after, left = Tables.read(diary.session), diary.open_tasks()
        decided = {visit.appointment_id: choices[visit.key] for visit in effect.visits}
        causes = {visit.appointment_id: visit.cause for visit in effect.visits}
        for visit, (place, cells) in visits.items():
            why = taken_from(before, after, place, cells)
            counted["visits looked at"] += 1
            if why and visit not in tasks:
                counted[f"decided on: {'+'.join(sorted(why))}"] += 1
                assert visit in decided, (edit, why, instant_at(cells.start))
                assert causes[visit] in why
                assert (visit in left) == (decided[visit] == "task")
            elif why:
                counted["on the list already"] += 1
                assert why <= set(left[visit].split())
            else:
                assert visit not in decided, (edit, instant_at(cells.start))
                freed = visit in tasks and visit not in left
                assert visit in left or visit not in tasks or freed
                if freed:
                    counted["freed"] += 1
                    assert not any(after.is_away(cell) for cell in cells)
                    assert "hours" not in tasks[visit].split() or all(after.works(place, cell) for cell in cells)
        assert diary.rows() == visits, "no visit itself changes"
        told = select(OutboxMessage.appointment_id).where(OutboxMessage.event == "call-first")
        assert set(left) <= set(diary.session.scalars(told)), "whoever is on the list is told to call first, in time"
        diary.session.rollback()


@pytest.fixture(scope="module")
def counted() -> Iterator[Counter[str]]:
    found: Counter[str] = Counter()
    yield found
    print("\n  " + ", ".join(f"{name} {count}" for name, count in sorted(found.items())))
    for name in ("decided on: away", "decided on: closed+hours", "decided on: hours", "on the list already"):
        assert found[name], f"never met: {name}"


def test_a_visit_by_agreement_is_seen_by_time_off_and_by_a_closed_day(diary: Diary) -> None:
    """At seven in the morning, before the hours begin."""
    diary.by_agreement(diary.at(1, 7), diary.place.id)
    diary.book(diary.at(1, 10))
    for edit, cause in (
        (days_off(TOMORROW, TOMORROW, EASTERN), Cause.AWAY),
        (SetDay(diary.place.id, TOMORROW, ""), Cause.CLOSED),
    ):
        effect = preview(diary.session, diary.ana.id, [edit], now=diary.now)
        diary.session.rollback()
        assert [visit.start for visit in effect.visits] == [diary.at(1, 7), diary.at(1, 10)]
        assert effect.visits[0].cause is cause
    assert preview(diary.session, diary.ana.id, [SetDay(diary.place.id, TOMORROW, "11:00-17:00")], now=diary.now).patients == 1


def test_a_day_without_hours_that_is_closed_touches_who_comes_by_agreement(diary: Diary) -> None:
    diary.by_agreement(diary.at(1, 7), diary.park.id)
    closed = SetDay(diary.park.id, TOMORROW, "")
    effect = preview(diary.session, diary.ana.id, [closed], now=diary.now)
    diary.session.rollback()
    assert [(visit.start, visit.cause) for visit in effect.visits] == [(diary.at(1, 7), Cause.CLOSED)]
    diary.save(closed, effect=effect)
    assert list(diary.open_tasks().values()) == ["closed"]
    diary.save(SetDay(diary.park.id, TOMORROW, None))
    assert diary.open_tasks() == {}


def test_a_visit_that_was_kept_is_seen_again_and_freed_by_who_comes_back(diary: Diary) -> None:
    diary.book(diary.at(1, 13))
    diary.save(SetDay(diary.place.id, TOMORROW, "09:00-12:00"), visits="keep")
    off = days_off(TOMORROW, TOMORROW, EASTERN)
    diary.save(off)
    assert list(diary.open_tasks().values()) == ["away"]
    diary.save(ComeBack(off.start_cell, off.end_cell))
    assert diary.open_tasks() == {}, "it stands as it stood: kept, outside the hours"


def test_a_task_without_a_cause_is_not_done_while_the_specialist_is_away(diary: Diary) -> None:
    """As those are that were made before causes were kept: hours that change somewhere else settle nothing."""
    booked = diary.book(diary.at(1, 13))
    off = days_off(TOMORROW, TOMORROW, EASTERN)
    diary.save(off)
    diary.session.execute(update(Task).values(cause=""))
    diary.session.commit()
    saved = AddHours(diary.place.id, TOMORROW + timedelta(days=20), "08:00-09:00")
    diary.save(saved)
    assert diary.open_tasks() == {diary.id_of(booked): "away"}
    effect = preview(diary.session, diary.ana.id, [ComeBack(off.start_cell, off.end_cell)], now=diary.now)
    diary.session.rollback()
    assert effect.freed == 1
    diary.save(ComeBack(off.start_cell, off.end_cell))
    assert diary.open_tasks() == {}
    noted = diary.session.scalars(select(Audit.appointment_id).where(Audit.action == "stands_again")).all()
    assert noted == [diary.id_of(booked)], "that it stands again is in the log"


def test_time_off_for_the_rest_of_today_is_about_what_is_still_ahead(diary: Diary) -> None:
    diary.book(diary.at(0, 10))
    diary.by_agreement(diary.at(0, 19), diary.place.id)
    diary.now = diary.at(0, 12)
    effect = preview(diary.session, diary.ana.id, [days_off(TODAY, TODAY, EASTERN)], now=diary.now)
    assert [visit.start for visit in effect.visits] == [diary.at(0, 19)]


def test_causes_add_up_and_each_ends_by_itself(diary: Diary) -> None:
    booked = diary.book(diary.at(1, 13))
    off = days_off(TOMORROW, TOMORROW, EASTERN)
    diary.save(off)
    diary.save(SetDay(diary.place.id, TOMORROW, "09:00-12:00"))
    assert diary.open_tasks() == {diary.id_of(booked): "away hours"}
    diary.save(ComeBack(off.start_cell, off.end_cell))
    assert diary.open_tasks() == {diary.id_of(booked): "hours"}
    diary.save(SetDay(diary.place.id, TOMORROW, None))
    assert diary.open_tasks() == {}
