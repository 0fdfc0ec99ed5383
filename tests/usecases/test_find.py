"""Find: openings near a place, over a small network, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound, PlaceAmbiguous, PlaceUnknown
from clinic.domain.time.hours import PARTS_OF_DAY
from clinic.store.tables.operations import SearchCount
from clinic.usecases.find import OpeningsNear, Overview, Wanted, days_of, find_place, openings_near, overview, suggest, visit_for
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
ORLANDO = ("orlando-downtown", "orlando-mills", "winter-park")


@pytest.fixture
def world(session: Session) -> build.World:
    return build.world(session, now=NOW)


def find(session: Session, near: str, service: str = "physical-therapy", *, now: datetime = NOW, **given: Any) -> OpeningsNear:
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


def look(session: Session, near: str, service: str = "physical-therapy", *, now: datetime = NOW, **given: Any) -> Overview:
    return overview(session, find_place(session, near), Wanted(service=service, **given), now=now)


def test_an_overview_lists_clinics_in_either_order(session: Session, world: build.World) -> None:
    seen = look(session, "32789", sort="nearest")
    assert [c.location.slug for c, _ in seen.clinics] == ["winter-park", "orlando-mills", "orlando-downtown"]
    assert all(len(openings) == 3 for _, openings in seen.clinics)
    assert seen.soonest is not None
    assert (seen.soonest.location.slug, seen.soonest.start) == ("winter-park", NOW)
    assert seen.worth_the_drive is None
    assert [c.location.slug for c, _ in look(session, "32789", sort="soonest").clinics] == [
        c.location.slug for c, _ in seen.clinics
    ]
    springfield = look(session, "62701")
    assert (springfield.anyway, springfield.worth_the_drive) == (True, None)


def test_one_day_one_part_of_it(session: Session, world: build.World) -> None:
    friday = (NOW + timedelta(days=4)).date()
    seen = look(session, "32801", day=friday, within=PARTS_OF_DAY["afternoon"])
    assert seen.soonest is not None
    assert seen.soonest.start == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # noon in Orlando
    assert look(session, "32801", day=(NOW + timedelta(days=5)).date()).soonest is None  # nobody works on Saturday
    for wrong, field in ((date(2026, 11, 1), "day"), (date(2031, 1, 1), "day"), (date(9999, 12, 31), "day")):
        with pytest.raises(InvalidInput) as refused:
            look(session, "32801", day=wrong)
        assert set(refused.value.fields) == {field}
    with pytest.raises(InvalidInput) as refused:
        look(session, "32801", within="Someday 10:00-11:00")
    assert set(refused.value.fields) == {"within"}


def test_one_specialist_one_language(session: Session) -> None:
    visit = build.visit_type(session, build.service(session, "therapy"))
    near, _, _ = build.practice(session, visit=visit)
    far, person, _ = build.practice(session, visit=visit, at=build.location(session, latitude=28.6))
    person.languages = "English, Spanish"
    session.merge(person)
    session.commit()
    load_gazetteer(session, build.ZIPS)
    at = find_place(session, "32801")
    for given in ({"language": "Spanish"}, {"specialist": person.slug}, {"specialist": person.slug, "language": "Spanish"}):
        seen = overview(session, at, Wanted(service="therapy", sort="nearest", **given), now=NOW)
        assert [c.location.slug for c, _ in seen.clinics] == [far.slug]
    assert overview(session, at, Wanted(service="therapy", language="Klingon"), now=NOW).soonest is None
    everyone = overview(session, at, Wanted(service="therapy", sort="nearest"), now=NOW)
    assert [c.location.slug for c, _ in everyone.clinics] == [near.slug, far.slug]


def test_worth_the_drive(session: Session) -> None:
    """A clinic here has its first time in nine days, one 39 miles away has one today; one beyond 50 miles is not looked at."""
    load_gazetteer(session, build.ZIPS)
    visit = build.visit_type(session, build.service(session, "therapy"))
    here, person, _ = build.practice(session, visit=visit)
    build.time_off(session, person, NOW - timedelta(days=1), NOW + timedelta(days=9))
    build.practice(session, visit=visit, at=build.location(session, slug="too-far", latitude=29.5))
    further, _, _ = build.practice(session, visit=visit, at=build.location(session, slug="further", latitude=29.1))
    seen = look(session, "32801", "therapy")
    assert [c.location.slug for c, _ in seen.clinics] == [here.slug]
    assert seen.worth_the_drive is not None
    assert seen.soonest is not None
    assert (seen.worth_the_drive.location.slug, seen.worth_the_drive.start) == (further.slug, NOW)
    assert 25 < (seen.worth_the_drive.miles or 0) < 50
    # A day sooner is not worth it; nor is a time on another day than the one asked for.
    assert look(session, "32801", "therapy", now=seen.soonest.start - timedelta(days=2)).worth_the_drive is None
    assert look(session, "32801", "therapy", day=seen.soonest.start.date()).worth_the_drive is None


def test_days_of_a_clinic(session: Session, world: build.World) -> None:
    shown = days_of(session, "physical-therapy", location="orlando-downtown", now=NOW)
    assert (shown.first_day, len(shown.days), shown.earlier) == (NOW.date(), 5, None)
    assert shown.soonest is not None
    assert shown.soonest.start == shown.days[0].times[0].start == NOW
    assert all(opening.location.slug == "orlando-downtown" for day in shown.days for opening in day.times)
    starts = [opening.start for day in shown.days for opening in day.times]
    assert len(starts) == len(set(starts))
    later = days_of(session, "physical-therapy", location="orlando-downtown", first_day=shown.later, now=NOW)
    assert later.first_day == NOW.date() + timedelta(days=5)
    assert [day.day.weekday() for day in later.days] == [5, 6, 0, 1, 2]
    assert [bool(day.times) for day in later.days] == [False, False, True, True, True]
    assert later.earlier == NOW.date()
    last = days_of(session, "physical-therapy", location="orlando-downtown", first_day=date(2031, 1, 1), now=NOW)
    assert last.later is None
    assert last.first_day == NOW.date() + timedelta(days=90)
    past = days_of(session, "physical-therapy", location="orlando-downtown", first_day=date(2020, 1, 1), now=NOW)
    assert past.first_day == NOW.date()


def test_days_of_a_person_over_two_zones(session: Session, world: build.World) -> None:
    visit = build.visit_type(session, build.service(session, "therapy"))
    east, one, _ = build.practice(session, visit=visit, weekly="Mon 09:00-10:00")
    west = build.location(session, latitude=30.4, longitude=-87.2, time_zone="America/Chicago")
    build.shift(session, one, west, "Tue 09:00-10:00")
    build.offer(session, visit, west, one)
    shown = days_of(session, "therapy", specialist=one.slug, now=NOW)
    assert [(day.day.weekday(), {o.location.slug for o in day.times}) for day in shown.days if day.times] == [
        (0, {east.slug}),
        (1, {west.slug}),
    ]
    for unknown in ({"location": "nowhere"}, {"specialist": "nobody"}, {"location": "orlando-mills", "specialist": one.slug}):
        with pytest.raises(NotFound):
            days_of(session, "therapy", now=NOW, **unknown)


def test_suggestions_while_somebody_types(session: Session, world: build.World) -> None:
    assert suggest(session, "328") == ["Orlando, FL 32801", "Orlando, FL 32803"]
    assert suggest(session, "orl") == ["Orlando, FL"]
    assert suggest(session, " Orlando, f") == ["Orlando, FL"]
    assert suggest(session, "orlando, florida") == ["Orlando, FL"]
    assert suggest(session, "orlando, tx") == []
    assert "Florida" in suggest(session, "flo")
    for nothing in ("", "o", "3", "%", "_%", "''", "０１", "ł", "x" * 5000, "\x00", "1600 Pennsylvania Ave"):
        assert suggest(session, nothing) == []
