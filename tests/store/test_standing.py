"""What a process keeps of calendars: never older than the database, whoever changed it and by whatever statement."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from clinic.domain.time.timeline import cell_at
from clinic.engine.search.candidates import Opening, SearchCriteria, nearby, soonest
from clinic.store.appointments.appointments import add_resource
from clinic.store.connect import begin_write, engine_options, prepare
from clinic.store.directory.catalogue import BookableVisit, find_visit
from clinic.store.schedules import site_schedules
from tests import build
from tests.databases import Databases
from tests.networks import HERE, counted, make_network
from tests.schedules import changes_of

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
LIMIT = 2000


@dataclass
class Clinics:
    """Two clinics that give a visit with a room and a device; `session` searches, `other` is another connection's."""

    session: Session
    engine: Engine
    visit: BookableVisit
    ids: dict[str, int]

    def search(self, session: Session | None = None, *, now: datetime = NOW) -> list[Opening]:
        session = session or self.session
        sought = SearchCriteria(visit=self.visit, candidates=nearby(session, self.visit.id, HERE, 50))
        found = soonest(session, sought, now=now, limit=LIMIT)
        session.rollback()
        return found

    def afresh(self, *, now: datetime = NOW) -> list[Opening]:
        """The same by an engine that has seen nothing yet."""
        with opened(self.engine.url.render_as_string(hide_password=False)) as engine, Session(engine) as session:
            return self.search(session, now=now)

    def run(self, statement: str) -> None:
        with Session(self.engine) as session:
            begin_write(session)
            session.execute(text(statement), {name: i for name, i in self.ids.items() if f":{name}" in statement})
            session.commit()


class opened:  # noqa: N801
    def __init__(self, url: str) -> None:
        self.engine = create_engine(url, **engine_options(url))
        prepare(self.engine)

    def __enter__(self) -> Engine:
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


@pytest.fixture
def clinics(session: Session) -> Clinics:
    kind = build.visit_type(session, room_kind="treatment", equipment_kind="c_arm", horizon_days=14)
    ids = {"kind": kind.id}
    for name in ("a", "b"):
        place = build.location(session, latitude=HERE.latitude, longitude=HERE.longitude, hours=build.EVERY_DAY)
        person = build.specialist(session)
        ids |= {name: place.id, f"dr_{name}": person.id}
        ids[f"shift_{name}"] = build.shift(session, person, place, "Tue 09:00-11:00; Thu 13:00-15:00").id
        build.offer(session, kind, place, person)
        ids[f"room_{name}"] = build.room(session, place).id
        ids[f"arm_{name}"] = build.equipment(session, place).id
    ids["spare_room"], ids["spare_arm"] = add_resource(session, "room"), add_resource(session, "equipment")
    other = build.specialist(session)
    build.shift(session, other, build.location(session, latitude=60.0), build.EVERY_DAY)
    ids["spare"] = other.id
    session.commit()
    ids["low"], ids["high"] = cell_at(NOW), cell_at(NOW + timedelta(days=2))
    engine, visit = session.get_bind(), find_visit(session, kind.id)
    assert visit
    assert isinstance(engine, Engine)
    session.rollback()
    return Clinics(session, engine, visit, ids)


CHANGES: dict[str, tuple[str, ...]] = {
    "shift": (
        "insert into shift (specialist_id, location_id, weekly, first_day) values (:dr_a, :a, 'Wed 09:00-10:00', '2026-01-01')",
        "update shift set weekly = 'Wed 09:00-12:00' where location_id = :a and weekly = 'Wed 09:00-10:00'",
        "update shift set last_day = '2026-11-17' where id = :shift_a",
        "update shift set location_id = :b, specialist_id = :dr_b where weekly = 'Wed 09:00-12:00'",
        "delete from shift where id = :shift_b",
        "delete from shift",
    ),
    "shift_day": (
        (
            "insert into shift_day (specialist_id, location_id, day, hours, reason)"
            " values (:dr_a, :a, '2026-11-18', '09:00-10:00', '')"
        ),
        "update shift_day set hours = '09:00-14:00'",
        "update shift_day set location_id = :b, specialist_id = :dr_b",
        "delete from shift_day",
    ),
    "closure": (
        "insert into closure (location_id, start_cell, end_cell, reason) values (:a, :low, :high, '')",
        "update closure set end_cell = :low + 290",
        "update closure set location_id = :b",
        "delete from closure",
        "insert into closure (location_id, start_cell, end_cell, reason) values (:a, :low, 2147483647, 'for good')",
    ),
    "location_day": (
        "insert into location_day (location_id, day, hours, reason) values (:a, '2026-11-17', '', '')",
        "update location_day set hours = '09:00-10:00'",
        "update location_day set location_id = :b",
        "delete from location_day",
    ),
    "room": (
        "update room set active = false where id = :room_a",
        "insert into room (id, location_id, name, kind, active) values (:spare_room, :a, 'Spare', 'treatment', true)",
        "update room set kind = 'office' where id = :spare_room",
        "update room set location_id = :a where id = :room_b",
        "delete from room where id = :room_b",
    ),
    "equipment": (
        "update equipment set active = false where id = :arm_a",
        "insert into equipment (id, location_id, name, kind, active) values (:spare_arm, :a, 'Spare', 'c_arm', true)",
        "update equipment set kind = 'laser' where id = :spare_arm",
        "update equipment set location_id = :a where id = :arm_b",
        "delete from equipment where id = :arm_b",
    ),
    "offer": (
        "insert into shift (specialist_id, location_id, weekly, first_day) values (:spare, :a, 'Sat 09:00-10:00', '2026-01-01')",
        "insert into offer (visit_type_id, location_id, specialist_id) values (:kind, :a, :spare)",
        "update offer set specialist_id = :spare where specialist_id = :dr_a and false",
        "delete from offer where specialist_id = :dr_a",
        "update offer set specialist_id = :dr_a where specialist_id = :spare",
    ),
    "time_off": (
        "insert into time_off (specialist_id, start_cell, end_cell, reason) values (:dr_a, :low, :high, '')",
        "update time_off set end_cell = :low + 290",
        "update time_off set specialist_id = :dr_b",
        "delete from time_off",
    ),
    "specialist": (
        "update specialist set name = 'Dr. Another' where id = :dr_a",
        "update specialist set slug = 'another' where id = :dr_a",
        "update specialist set active = false where id = :dr_a",
        "update specialist set active = true",
    ),
    "location": (
        "update location set hours = 'Tue 10:00-12:00' where id = :a",
        "update location set time_zone = 'America/Chicago' where id = :a",
        "update location set active = false where id = :a",
        "update location set active = true where id = :a",
    ),
}
SEEN_BY_NOBODY = ("where specialist_id = :dr_a and false", "'Sat 09:00-10:00'")


@pytest.mark.parametrize("table", CHANGES)
def test_the_next_search_sees_every_change(clinics: Clinics, table: str) -> None:
    before = clinics.search()
    assert before == clinics.afresh() != []
    for statement in CHANGES[table]:
        clinics.run(statement)
        after = clinics.search()
        assert after == clinics.afresh(), statement
        if not any(part in statement for part in SEEN_BY_NOBODY):
            assert untimed(after) != untimed(before), statement
        before = after


def untimed(openings: list[Opening]) -> list[tuple[object, ...]]:
    """Openings without the number that changes anyway."""
    return [(o.start, o.location.id, o.specialist_slug, o.specialist_name) for o in openings]


def test_emptied_tables_are_seen(clinics: Clinics) -> None:
    assert clinics.search()
    clinics.run("delete from offer" if clinics.engine.dialect.name == "sqlite" else "truncate offer")
    assert clinics.search() == []


def test_a_change_elsewhere_and_one_that_does_not_matter_leave_the_number_alone(clinics: Clinics) -> None:
    def numbers() -> list[int]:
        with Session(clinics.engine) as session:
            rows = session.execute(text("select calendar_version from location where id in (:a, :b) order by id"), clinics.ids)
            return list(rows.scalars())

    first = numbers()
    assert len(set(first)) == 2
    assert all(0 < number < 2**63 for number in first)
    clinics.run("update location set name = 'Elsewhere' where id = :a")
    clinics.run("update specialist set about = 'Plays the cello.' where id = :dr_a")
    assert numbers() == first
    clinics.run("delete from room where id = :room_b")
    second = numbers()
    assert (second[0] == first[0], second[1] == first[1]) == (True, False)


def test_what_is_rolled_back_leaves_nothing_behind(clinics: Clinics) -> None:
    before = clinics.search()
    with Session(clinics.engine) as session:
        for searched_inside in (False, True):
            begin_write(session)
            session.execute(text("delete from shift where id = :shift_a"), clinics.ids)
            if searched_inside:
                sought = SearchCriteria(visit=clinics.visit, candidates=nearby(session, clinics.visit.id, HERE, 50))
                inside = soonest(session, sought, now=NOW, limit=LIMIT)
                assert {o.location.id for o in inside} == {clinics.ids["b"]}, "it sees what it has done itself"
            session.rollback()
            assert clinics.search() == before


def test_sites_read_before_a_change_are_not_kept_as_they_are_after_it(clinics: Clinics) -> None:
    """Between the two queries of a search somebody else commits: what is read then is not kept under the old number."""
    candidates = nearby(clinics.session, clinics.visit.id, HERE, 50)
    clinics.session.rollback()
    clinics.run("update location set hours = 'Tue 10:00-11:00' where id = :a")
    sought = SearchCriteria(visit=clinics.visit, candidates=candidates)
    with counted(clinics.engine) as sent:
        for _ in range(2):
            soonest(clinics.session, sought, now=NOW, limit=LIMIT)
            clinics.session.rollback()
    assert sum("union all" in statement.lower() for statement in sent) == 2, "the changed site is read again"
    assert clinics.search() == clinics.afresh()


def test_a_warm_search_asks_for_sites_and_claims_alone(clinics: Clinics) -> None:
    visit, session = clinics.visit, clinics.session

    def sent(who: int | None = None, own: int | None = None) -> int:
        with counted(clinics.engine) as statements:
            candidates = nearby(session, visit.id, HERE, 50)
            sought = SearchCriteria(visit=visit, candidates=candidates, specialist_id=who, own_appointment_id=own)
            soonest(session, sought, now=NOW, limit=1)
            session.rollback()
        return sum(statement != "BEGIN" for statement in statements)

    assert sent() == 3
    assert sent() == sent(who=clinics.ids["dr_a"]) == sent(own=1) == 2
    clinics.run("delete from room where id = :room_a")
    assert (sent(), sent()) == (3, 2)


def test_what_is_kept_serves_every_later_window_and_no_earlier_one(clinics: Clinics) -> None:
    far = NOW + timedelta(days=500)
    day = (far + timedelta(days=2)).date()
    shut = f"(:a, {cell_at(far)}, {cell_at(far) + 900}, '')"
    clinics.run(f"insert into closure (location_id, start_cell, end_cell, reason) values {shut}")
    clinics.run(
        "insert into shift_day (specialist_id, location_id, day, hours, reason)"
        f" values (:dr_b, :b, '{day}', '09:00-16:00', ''), (:dr_b, :b, '2026-11-16', '12:00-16:00', '')"
    )
    for now in (far, NOW + timedelta(days=7), NOW, NOW - timedelta(days=30), far):
        assert clinics.search(now=now) == clinics.afresh(now=now) != []


def test_two_databases_do_not_mix_and_a_closed_one_is_forgotten(clinics: Clinics, databases: Databases) -> None:
    found = clinics.search()
    with databases.migrated() as url, opened(url) as engine, Session(engine) as session:
        kind = build.visit_type(session)
        place = build.location(session, latitude=HERE.latitude, longitude=HERE.longitude)
        build.practice(session, visit=kind, at=place)
        visit = find_visit(session, kind.id)
        assert visit
        there = soonest(session, SearchCriteria(visit=visit, candidates=nearby(session, kind.id, HERE, 50)), now=NOW, limit=5)
        assert [o.location.slug for o in there] == [place.slug] * 5
        assert engine in site_schedules._SHELVES
        assert clinics.engine in site_schedules._SHELVES
    assert clinics.search() == found
    del session, engine
    gc.collect()
    assert url not in [known.url.render_as_string(hide_password=False) for known in site_schedules._SHELVES]


def test_no_more_is_kept_than_there_is_room_for(clinics: Clinics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_schedules, "MOST_KEPT", 1)
    for _ in range(2):
        assert clinics.search() == clinics.afresh()
    assert len(site_schedules._shelf(clinics.engine)) == 1


def test_kept_or_not_the_search_is_the_same(session: Session) -> None:
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    openings = 0
    for seed in range(12):
        rng = Random(1000 + seed)
        network = make_network(session, rng, rng.choice(changes_of("America/New_York")))
        now = network.practices[0][2].now
        for later in (0, 1, 26):
            at = now + timedelta(hours=later)
            cold = searched(session, network.visit, at)
            assert searched(session, network.visit, at) == cold
            site_schedules._SHELVES.pop(engine, None)
            assert searched(session, network.visit, at) == cold
            openings += len(cold)
    assert openings > 500


def searched(session: Session, visit: BookableVisit, now: datetime) -> list[Opening]:
    return soonest(session, SearchCriteria(visit=visit, candidates=nearby(session, visit.id, HERE, 50)), now=now, limit=LIMIT)
