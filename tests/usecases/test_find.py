"""Find: openings near a place, over a small network, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound, PlaceAmbiguous, PlaceUnknown
from clinic.store.demand import SearchCount
from clinic.usecases.find import Found, Wanted, find_place, openings_near, visit_for
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
ORLANDO = ("orlando-downtown", "orlando-mills", "winter-park")


@pytest.fixture
def world(session: Session) -> build.World:
    return build.world(session, now=NOW)


def find(session: Session, near: str, service: str = "physical-therapy", *, now: datetime = NOW, **given: Any) -> Found:
    return openings_near(session, find_place(session, near), Wanted(service=service, **given), now=now)


def test_the_soonest_near_a_zip_code(session: Session, world: build.World) -> None:
    found = find(session, "32801", limit=6)
    assert [(o.location.slug, o.start) for o in found.openings[:3]] == [(slug, NOW) for slug in ORLANDO]
    assert [(o.location.slug, o.start) for o in found.openings[3:]] == [(slug, NOW + timedelta(minutes=15)) for slug in ORLANDO]
    assert (found.radius_miles, found.widened, found.anyway) == (25.0, False, False)
    assert [c.location.slug for c in found.candidates] == list(ORLANDO)
    assert (found.visit.slug, found.openings[0].end - NOW) == ("physical-therapy-evaluation", timedelta(minutes=60))


def test_the_nearest_first_three_at_most_of_each(session: Session, world: build.World) -> None:
    found = find(session, "32789", sort="nearest", limit=8)
    assert [o.location.slug for o in found.openings] == ["winter-park"] * 3 + ["orlando-mills"] * 3 + ["orlando-downtown"] * 2


def test_one_town_two_zones(session: Session, world: build.World) -> None:
    """Nine in Columbus is an hour before nine in Phenix City, two miles away."""
    found = find(session, "Phenix City AL", limit=5)
    assert [(o.location.slug, o.start) for o in found.openings] == [
        ("columbus", NOW + timedelta(minutes=15 * n)) for n in range(4)
    ] + [("phenix-city", NOW + timedelta(hours=1))]


def test_the_radius_widens_until_something_is_there(session: Session, world: build.World) -> None:
    tampa = find(session, "33602")
    assert (tampa.radius_miles, tampa.widened, tampa.anyway) == (100.0, True, False)
    assert tampa.openings[0].location.slug in ORLANDO
    springfield = find(session, "62701", limit=3)
    assert (springfield.widened, springfield.anyway) == (True, True)
    assert springfield.radius_miles >= max(c.miles or 0 for c in springfield.candidates)
    assert len(springfield.openings) == 3


def test_a_clinic_without_openings_does_not_hide_those_farther_away(session: Session, world: build.World) -> None:
    build.closure(session, world.locations["adak"], NOW - timedelta(days=1), NOW + timedelta(days=200))
    found = find(session, "99546", limit=3)
    assert found.anyway
    assert len(found.openings) == 3


def test_dates(session: Session, world: build.World) -> None:
    thursday = NOW + timedelta(days=3)
    found = find(session, "32801", since=thursday, until=thursday + timedelta(minutes=30), limit=50)
    assert {o.start for o in found.openings} == {thursday, thursday + timedelta(minutes=15)}
    never = find(session, "32801", since=NOW + timedelta(days=2000))
    assert never.openings == []


def test_saturday_is_at_winter_park_alone(session: Session, world: build.World) -> None:
    saturday = NOW.replace(day=21, hour=0)
    found = find(session, "32801", "facet-joint-injections", since=saturday, until=saturday + timedelta(days=2), limit=50)
    assert {(o.location.slug, o.specialist_slug) for o in found.openings} == {("winter-park", "ana-flores")}
    assert len(found.openings) == 14


def test_visit_types(session: Session, world: build.World) -> None:
    assert visit_for(session, "facet-joint-injections").slug == "facet-joint-consultation"
    assert visit_for(session, "physical-therapy", "physical-therapy-follow-up").shape.minutes == 30
    with pytest.raises(NotFound):
        visit_for(session, "massage")
    with pytest.raises(InvalidInput, match="arranged by our staff"):
        visit_for(session, "facet-joint-injections", "facet-joint-procedure")
    with pytest.raises(InvalidInput, match="Choose one of: physical-therapy-evaluation, physical-therapy-follow-up"):
        visit_for(session, "physical-therapy", "chiropractic-adjustment")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"radius_miles": 0}, "radius"),
        ({"radius_miles": -5}, "radius"),
        ({"radius_miles": 501}, "radius"),
        ({"radius_miles": float("nan")}, "radius"),
        ({"radius_miles": float("inf")}, "radius"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"sort": "cheapest"}, "sort"),
        ({"since": NOW, "until": NOW}, "until"),
    ],
)
def test_what_cannot_be_searched(session: Session, world: build.World, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        find(session, "32801", **given)
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(("near", "refusal"), [("Springfield", PlaceAmbiguous), ("09012", PlaceUnknown), ("00000", PlaceUnknown)])
def test_places_that_are_not_one(session: Session, world: build.World, near: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        find(session, near)


def test_searches_are_counted_and_nothing_else_is_kept(session: Session, world: build.World) -> None:
    for _ in range(3):
        find(session, "32801")
    find(session, "28.54, -81.37")
    find(session, "32801", since=NOW + timedelta(days=2000))
    find(session, "85004", "chiropractic-care")
    rows = session.execute(select(SearchCount.postal_code, SearchCount.service, SearchCount.found, SearchCount.not_found))
    assert sorted(tuple(row) for row in rows) == [("32801", "physical-therapy", 4, 1), ("85004", "chiropractic-care", 1, 0)]


def test_an_empty_network_has_nothing(session: Session) -> None:
    build.zips(session)
    build.visit_type(session, build.service(session, "physical-therapy"))
    found = find(session, "32801")
    assert (found.openings, found.candidates, found.anyway) == ([], [], False)


def test_a_service_that_only_staff_book_says_so(session: Session) -> None:
    build.zips(session)
    build.practice(session, visit=build.visit_type(session, build.service(session, "surgery"), online=False))
    with pytest.raises(InvalidInput, match="arranged by our staff"):
        find(session, "32801", "surgery")
