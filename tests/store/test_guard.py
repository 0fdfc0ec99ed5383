"""The guard itself, without any of the code above it: overlapping claims are refused by the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.domain.errors import PatientClash, TimeTaken
from clinic.store.appointments.appointments import add_resource
from clinic.store.appointments.claims import ClaimSpan, by_guard, claim, drop_expired
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment, Claim
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


@pytest.fixture
def two(session: Session) -> tuple[int, int, int]:
    """A resource, and two appointments that may claim it."""
    place, person, kind = build.practice(session)
    values = {
        "state": "held", "visit_type_id": kind.id, "location_id": place.id, "specialist_id": person.id, "start_at": NOW,
        "end_at": NOW + timedelta(minutes=30), "time_zone": "UTC", "held_at": NOW, "hold_expires_at": NOW, "channel": "web",
    }  # fmt: skip
    ids = [
        session.execute(insert(Appointment).values(reference=name, **values).returning(Appointment.id)).scalar_one()
        for name in ("A", "B")
    ]
    resource = add_resource(session, "room")
    session.commit()
    return resource, ids[0], ids[1]


def put(session: Session, resource: int, start: int, end: int, appointment: int) -> None:
    session.execute(insert(Claim).values(resource_id=resource, start_cell=start, end_cell=end, appointment_id=appointment))


@pytest.mark.parametrize(
    ("start", "end"), [(100, 106), (99, 101), (105, 110), (102, 104), (90, 120), (100, 101), (105, 106), (0, 288)]
)
def test_an_overlapping_claim_cannot_be_inserted(session: Session, two: tuple[int, int, int], start: int, end: int) -> None:
    resource, first, second = two
    put(session, resource, 100, 106, first)
    session.commit()
    with pytest.raises(IntegrityError) as refused:
        put(session, resource, start, end, second)
    assert by_guard(refused.value)
    session.rollback()
    with pytest.raises(TimeTaken):
        claim(session, second, [ClaimSpan(resource, start, end)])
    session.rollback()
    with pytest.raises(PatientClash):
        claim(session, second, [ClaimSpan(resource, start, end)], refuse_as=PatientClash)


@pytest.mark.parametrize(("start", "end"), [(94, 100), (106, 112), (0, 10), (106, 394)])
def test_a_claim_beside_it_can(session: Session, two: tuple[int, int, int], start: int, end: int) -> None:
    resource, first, second = two
    put(session, resource, 100, 106, first)
    put(session, resource, start, end, second)
    put(session, add_resource(session, "room"), 100, 106, second)
    session.commit()


def test_the_longest_claims_are_seen_from_both_ends(session: Session, two: tuple[int, int, int]) -> None:
    resource, first, second = two
    put(session, resource, 1000, 1288, first)
    session.commit()
    for start, end in ((713, 1001), (1287, 1575)):
        with pytest.raises(IntegrityError):
            put(session, resource, start, end, second)
        session.rollback()
    put(session, resource, 712, 1000, second)
    put(session, resource, 1288, 1576, second)
    session.commit()


@pytest.mark.parametrize(
    "change",
    [{"start_cell": 105}, {"end_cell": 113, "start_cell": 104}, {"start_cell": 100, "end_cell": 106}, {"resource_id": 0}],
)
def test_a_claim_cannot_be_changed_into_an_overlap(session: Session, two: tuple[int, int, int], change: dict[str, int]) -> None:
    resource, first, second = two
    put(session, resource, 100, 106, first)
    other = resource
    if "resource_id" in change:
        other, change = add_resource(session, "room"), {"resource_id": resource, "start_cell": 103}
    put(session, other, 106, 112, second)
    session.commit()
    with pytest.raises(IntegrityError) as refused:
        session.execute(update(Claim).where(Claim.appointment_id == second).values(**change))
    assert by_guard(refused.value)


def test_a_claim_may_be_changed_over_itself(session: Session, two: tuple[int, int, int]) -> None:
    resource, first, _ = two
    put(session, resource, 100, 106, first)
    session.execute(update(Claim).values(start_cell=103, end_cell=109))
    session.execute(update(Claim).values(expires_at=5))
    session.commit()


@pytest.mark.parametrize(("start", "end"), [(100, 100), (100, 99), (100, 389)])
def test_a_claim_is_between_one_cell_and_a_day(session: Session, two: tuple[int, int, int], start: int, end: int) -> None:
    with pytest.raises(IntegrityError) as refused:
        put(session, two[0], start, end, two[1])
    assert not by_guard(refused.value), "this is not somebody else's time"


def test_another_broken_rule_is_not_taken_for_the_guard(session: Session, two: tuple[int, int, int]) -> None:
    with pytest.raises(IntegrityError) as refused:
        claim(session, 999_999, [ClaimSpan(two[0], 1, 2)])
    assert not by_guard(refused.value)


def test_an_expired_claim_still_bars_the_way_until_it_is_dropped(session: Session, two: tuple[int, int, int]) -> None:
    resource, first, second = two
    claim(session, first, [ClaimSpan(resource, 100, 106)], expires_at=NOW)
    session.commit()
    with pytest.raises(TimeTaken):
        claim(session, second, [ClaimSpan(resource, 103, 109)])
    session.rollback()
    drop_expired(session, [ClaimSpan(resource, 103, 109)], now=NOW - timedelta(milliseconds=1))
    assert session.scalar(select(func.count()).select_from(Claim)) == 1, "one millisecond before its end it stands"
    drop_expired(session, [ClaimSpan(resource, 106, 109), ClaimSpan(resource + 1, 100, 106)], now=NOW)
    assert session.scalar(select(func.count()).select_from(Claim)) == 1, "it is not in the way of these"
    drop_expired(session, [ClaimSpan(resource, 103, 109)], now=NOW)
    claim(session, second, [ClaimSpan(resource, 103, 109)])
    session.commit()


def test_the_guard_is_there_at_head(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        triggers = session.scalars(text("select name from sqlite_master where type = 'trigger' and tbl_name = 'claim'")).all()
        assert sorted(triggers) == ["claim_no_overlap_insert", "claim_no_overlap_update"]
    else:
        rule = session.scalar(text("select pg_get_constraintdef(oid) from pg_constraint where conname = 'claim_no_overlap'"))
        assert rule == "EXCLUDE USING gist (resource_id WITH =, int4range(start_cell, end_cell) WITH &&)"
    assert inspect(session.get_bind()).get_pk_constraint("claim")["constrained_columns"] == ["resource_id", "start_cell"]


def test_begin_write_refuses_to_lose_changes(session: Session) -> None:
    session.add(Claim(resource_id=1, start_cell=1, end_cell=2, appointment_id=1))
    with pytest.raises(RuntimeError, match="unsaved changes"):
        begin_write(session)
    session.expunge_all()
    session.execute(delete(Claim))
    begin_write(session)
    session.commit()
