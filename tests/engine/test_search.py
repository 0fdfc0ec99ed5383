"""Search over networks in both databases: what the oracle finds by brute force, in a constant number of queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point
from clinic.domain.time.hours import PARTS_OF_DAY, zone
from clinic.domain.time.timeline import instant_at
from clinic.engine.search.candidates import (
    CandidateSite,
    Opening,
    Order,
    SearchCriteria,
    all_starts,
    alternatives_to,
    by_start,
    nearby,
    nearest,
    nearest_first,
    soonest,
    soonest_anywhere,
    widening,
)
from clinic.engine.search.listing import listing
from clinic.store.directory.catalogue import BookableVisit, find_visit
from clinic.store.tables.directory import Location, VisitType
from tests import build
from tests.networks import HERE, Network, an_appointment, counted, keep_claims, make_network
from tests.schedules import changes_of

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
ORLANDO = Point(28.5399, -81.3727)
ORDERS: tuple[Order, ...] = ("nearest", "soonest")


def told(openings: list[Opening]) -> list[tuple[datetime, float | None, str, str]]:
    return [(o.start, o.miles, o.location.slug, o.specialist_slug) for o in openings]


def agree(session: Session, seed: int) -> int:
    """One network: everything the engine says of it is what brute force says. Returns how many starts there were."""
    rng = Random(seed)
    network = make_network(session, rng, rng.choice(changes_of("America/New_York")))
    now = network.practices[0][2].now
    candidates = nearby(session, network.visit.id, HERE, 50)
    assert {c.location.id for c in candidates} == {place.id for place, _, _ in network.practices}
    sought = SearchCriteria(visit=network.visit, candidates=candidates)
    right = network.every_start()
    for limit in (1, 7, 20, 10_000):
        assert told(soonest(session, sought, now=now, limit=limit)) == right[:limit]
    by_distance = sorted({(miles, slug) for _, miles, slug, _ in right})
    kept = [row for _, slug in by_distance for row in [r for r in right if r[2] == slug][:3]]
    for limit in (1, 5, 20):
        assert told(nearest_first(session, sought, now=now, limit=limit)) == kept[:limit]
    everything = {
        (instant_at(cell), practice.site.id, practice.slug)
        for practice, cells in all_starts(session, sought, now=now).items() for cell in cells
    }  # fmt: skip
    ids = {place.slug: place.id for place, _, _ in network.practices}
    assert everything == {(start, ids[slug], who) for start, _, slug, who in right}
    person = network.practices[0][1]
    only = SearchCriteria(visit=network.visit, candidates=candidates, specialist_id=person.id)
    assert told(soonest(session, only, now=now, limit=50)) == [row for row in right if row[3] == person.slug][:50]
    since, until = now + timedelta(hours=20), now + timedelta(hours=50)
    part = SearchCriteria(visit=network.visit, candidates=candidates, since=since, until=until)
    assert told(soonest(session, part, now=now, limit=50)) == [row for row in right if since <= row[0] < until][:50]
    listings_agree(session, sought, right, now)
    narrowed_agrees(session, rng, network, sought, right, now)
    return len(right)


Start = tuple[datetime, float, str, str]


def listings_agree(session: Session, sought: SearchCriteria, right: list[Start], now: datetime) -> None:
    """A results page: clinics in either order, each with its three earliest, and the soonest of all."""
    slugs = {
        "nearest": [slug for _, slug in sorted({(miles, slug) for _, miles, slug, _ in right})],
        "soonest": list(dict.fromkeys(slug for _, _, slug, _ in right)),
    }
    for count in (1, 2, 10):
        for order in ORDERS:
            shown = listing(session, sought, now=now, order=order, clinics=count)
            assert [c.location.slug for c, _ in shown.clinics] == slugs[order][:count]
            for candidate, openings in shown.clinics:
                assert told(list(openings)) == [row for row in right if row[2] == candidate.location.slug][:3]
            assert told([shown.soonest] if shown.soonest else []) == right[:1]


def narrowed_agrees(
    session: Session, rng: Random, network: Network, sought: SearchCriteria, right: list[Start], now: datetime
) -> None:
    """One day, a part of the day, some of the people: what is left of brute force's answer by the wall's clock."""
    zones = {at.slug: at.time_zone for at, _, _ in network.practices}
    walls = [start.astimezone(zone(zones[slug])) for start, _, slug, _ in right]
    day = rng.choice(walls).date() if walls else now.date()
    part, (opens, closes) = rng.choice(list({"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}.items()))
    chosen = {person.slug: person.id for _, person, _ in network.practices if rng.random() < 0.6}
    narrow = replace(sought, first_day=day, last_day=day, within=PARTS_OF_DAY[part], people=frozenset(chosen.values()))
    left = [
        row for row, wall in zip(right, walls, strict=True)
        if wall.date() == day and opens <= wall.hour < closes and row[3] in chosen
    ]  # fmt: skip
    assert told(soonest(session, narrow, now=now, limit=10_000)) == left
    names = {person.slug: (person.name, person.slug) for _, person, _ in network.practices}
    once: dict[tuple[datetime, str], Start] = {}
    for row in left:
        before = once.get((row[0], row[2]))
        if before is None or names[row[3]] < names[before[3]]:
            once[row[0], row[2]] = row
    assert told(by_start(session, narrow, now=now)) == sorted(once.values())


def test_search_is_what_brute_force_finds(session: Session) -> None:
    assert sum(agree(session, seed) for seed in range(12)) > 500


@pytest.mark.prove
def test_search_is_what_brute_force_finds_in_full(session: Session) -> None:
    begun, starts = monotonic(), 0
    for seed in range(500):
        starts += agree(session, seed)
    kind = session.get_bind().dialect.name
    print(f"\n500 networks on {kind}, {starts} starts: searches equal brute force, {monotonic() - begun:.0f} s")


@pytest.fixture
def clinics(session: Session) -> tuple[VisitType, list[Location]]:
    """Sixty clinics round Orlando of two specialists each, free all week; three of them give the second visit type."""
    often = build.visit_type(session)
    places = []
    for number in range(60):
        place = build.location(session, latitude=28.54 + number / 200, hours=build.EVERY_DAY)
        for _ in range(2):
            build.practice(session, visit=often, at=place, weekly=build.EVERY_DAY)
        places.append(place)
    return often, places


def bookable(session: Session, kind: VisitType) -> BookableVisit:
    found = find_visit(session, kind.id)
    assert found
    return found


def test_the_number_of_queries_does_not_grow_with_the_clinics(
    session: Session, clinics: tuple[VisitType, list[Location]]
) -> None:
    often, places = clinics
    rare = build.visit_type(session)
    for place in places[:3]:
        build.practice(session, visit=rare, at=place, weekly=build.EVERY_DAY)
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    numbers: dict[int, list[int]] = {}
    for kind, count in ((rare, 3), (often, 60)):
        visit = bookable(session, kind)
        numbers[count] = []
        for search in (soonest, nearest_first):
            for limit in (1, 20):
                with counted(engine) as sent:
                    candidates = nearby(session, visit.id, ORLANDO, 50)
                    search(session, SearchCriteria(visit=visit, candidates=candidates), now=NOW, limit=limit)
                assert len(candidates) == count
                numbers[count].append(len(sent))
        with counted(engine) as sent:
            all_starts(session, SearchCriteria(visit=visit, candidates=candidates), now=NOW)
        numbers[count].append(len(sent))
    assert numbers[3] == numbers[60] == [3, 2, 2, 2, 1], "sites, what stands (once), claims; the last is given its sites"


def test_a_growing_horizon_costs_one_query_a_step(session: Session) -> None:
    place, person, kind = build.practice(session, weekly="")
    far = NOW + timedelta(days=70)
    build.shift_day(session, person, place, far.date(), "10:00-11:00")
    visit = bookable(session, kind)
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    with counted(engine) as sent:
        candidates = nearby(session, visit.id, ORLANDO, 25)
        openings = soonest(session, SearchCriteria(visit=visit, candidates=candidates), now=NOW, limit=2)
    assert [o.start for o in openings] == [far.replace(hour=15), far.replace(hour=15, minute=15)]
    assert len(sent) == 2 + 4, "2 days, 8, 28 and the limit"


def test_nearest_gives_three_a_clinic_and_waits_for_the_near_ones(
    session: Session, clinics: tuple[VisitType, list[Location]]
) -> None:
    often, places = clinics
    first = places[0]
    build.closure(session, first, NOW - timedelta(days=1), NOW + timedelta(days=20))
    visit = bookable(session, often)
    sought = SearchCriteria(visit=visit, candidates=nearby(session, visit.id, ORLANDO, 25))
    openings = nearest_first(session, sought, now=NOW, limit=8)
    assert [o.location.slug for o in openings] == [place.slug for place in places[:3] for _ in range(3)][:8]
    assert openings[0].start == NOW + timedelta(days=20)
    assert openings[3].start == NOW
    assert all(o.location.id != first.id for o in soonest(session, sought, now=NOW, limit=20))


def test_a_rare_service_far_away_is_found_among_many_clinics_without_it(
    session: Session, clinics: tuple[VisitType, list[Location]]
) -> None:
    far = build.location(session, latitude=30.33, longitude=-81.66)  # Jacksonville, 125 miles
    _, _, rare = build.practice(session, at=far)
    reached = list(widening(session, rare.id, ORLANDO, 25))
    assert [(radius, [c.location.slug for c in found]) for radius, found in reached] == [(None, [far.slug])]
    assert [c.location.slug for c in nearest(session, rare.id, ORLANDO)] == [far.slug]
    often, places = clinics
    assert [c.location.slug for c in nearest(session, often.id, ORLANDO, 5)] == [place.slug for place in places[:5]]


def test_inactive_clinics_people_and_rooms_are_not_offered(session: Session) -> None:
    kind = build.visit_type(session, room_kind="treatment")
    shut = build.location(session, active=False)
    place = build.location(session)
    left = build.specialist(session, active=False)
    build.practice(session, visit=kind, at=shut)
    build.shift(session, left, place)
    build.offer(session, kind, place, left)
    build.practice(session, visit=kind, at=place)
    build.room(session, place, active=False)
    visit = bookable(session, kind)
    sought = SearchCriteria(visit=visit, candidates=nearby(session, visit.id, ORLANDO, 25))
    assert [c.location.slug for c in sought.candidates] == [place.slug]
    assert soonest(session, sought, now=NOW, limit=5) == []
    build.room(session, place)
    sought = SearchCriteria(visit=visit, candidates=nearby(session, visit.id, ORLANDO, 25))
    assert {o.specialist_id for o in soonest(session, sought, now=NOW, limit=99)}.isdisjoint({left.id})
    assert soonest(session, sought, now=NOW, limit=99)


@pytest.mark.parametrize(
    ("ends", "free"), [(None, False), (NOW + timedelta(seconds=1), False), (NOW, True), (NOW - timedelta(1), True)]
)
def test_claims_bar_the_way_until_they_expire(session: Session, ends: datetime | None, free: bool) -> None:
    place, person, kind = build.practice(session)
    made = an_appointment(session, kind, place, person, now=NOW)
    keep_claims(session, {person.id: [(NOW, NOW + timedelta(minutes=30), ends)]}, made)
    visit = bookable(session, kind)
    candidates = nearby(session, visit.id, ORLANDO, 25)
    first = soonest(session, SearchCriteria(visit=visit, candidates=candidates), now=NOW, limit=1)[0]
    assert first.start == (NOW if free else NOW + timedelta(minutes=30))
    own = SearchCriteria(visit=visit, candidates=candidates, own_appointment_id=made)
    assert soonest(session, own, now=NOW, limit=1)[0].start == NOW, "a visit being moved does not stand in its own way"


@pytest.mark.parametrize("needs", [{"buffer_before": 15}, {"room_kind": "treatment", "room_setup": 15}])
def test_what_comes_before_a_visit_reaches_back_before_now(session: Session, needs: dict[str, Any]) -> None:
    place, person, kind = build.practice(session, **needs)
    room = build.room(session, place)
    made = an_appointment(session, kind, place, person, now=NOW)
    busy = person.id if "buffer_before" in needs else room.id
    keep_claims(session, {busy: [(NOW + timedelta(minutes=30), NOW + timedelta(minutes=60), None)]}, made)
    visit, now = bookable(session, kind), NOW + timedelta(minutes=60)
    sought = SearchCriteria(visit=visit, candidates=nearby(session, visit.id, ORLANDO, 25))
    assert soonest(session, sought, now=now, limit=1)[0].start == NOW + timedelta(minutes=75)


def test_windows_with_nothing_in_them(session: Session) -> None:
    _, _, kind = build.practice(session)
    visit = bookable(session, kind)
    candidates = nearby(session, visit.id, ORLANDO, 25)
    for empty in (
        SearchCriteria(visit=visit, candidates=[]),
        SearchCriteria(visit=visit, candidates=candidates, since=NOW, until=NOW),
        SearchCriteria(visit=visit, candidates=candidates, until=NOW - timedelta(days=1)),
        SearchCriteria(visit=visit, candidates=candidates, since=NOW + timedelta(days=4000)),
    ):
        assert soonest(session, empty, now=NOW, limit=3) == []
        assert nearest_first(session, empty, now=NOW, limit=3) == []
        assert all_starts(session, empty, now=NOW) == {}


def test_alternatives_come_from_farther_away_when_there_are_too_few(session: Session) -> None:
    place, person, kind = build.practice(session, weekly="", horizon_days=10)
    build.shift_day(session, person, place, NOW.date(), "09:00-09:30")
    far = build.location(session, latitude=30.33, longitude=-81.66)
    build.practice(session, visit=kind, at=far)
    visit = bookable(session, kind)
    wish = soonest(session, SearchCriteria(visit=visit, candidates=nearby(session, kind.id, ORLANDO, 25)), now=NOW, limit=1)[
        0
    ].wish
    found = alternatives_to(session, wish, now=NOW, limit=5)
    assert {o.location.slug for o in found} == {place.slug, far.slug}
    assert len(found) == 5


def test_anything_at_all_when_nothing_is_known(session: Session) -> None:
    assert soonest_anywhere(session, now=NOW, limit=3) == []
    first = build.service(session, position=1)
    build.practice(session, visit=build.visit_type(session, first, online=False))
    build.practice(session, visit=build.visit_type(session, first, position=1))
    found = soonest_anywhere(session, now=NOW, limit=3)
    assert [o.start for o in found] == [NOW, NOW + timedelta(minutes=15), NOW + timedelta(minutes=30)]
    assert found[0].miles is None
    assert CandidateSite(found[0].location).rank == (0.0, found[0].location.slug)


def test_nearest_anyway_is_near_first(session: Session) -> None:
    """From Utqiagvik, the clinic in Anchorage counts before those four times as far, however soon these have a time."""
    kind, person = build.visit_type(session), build.specialist(session)
    there = {"anchorage": (61.2176, -149.8997), "seattle": (47.6062, -122.3321), "orlando": (28.5421, -81.3790)}
    for slug, (latitude, longitude) in there.items():
        build.offer(session, kind, build.location(session, slug=slug, latitude=latitude, longitude=longitude), person)
    steps = [
        (radius, [candidate.location.slug for candidate in candidates])
        for radius, candidates in widening(session, kind.id, Point(71.2906, -156.7886), 25)
    ]
    assert steps == [(None, ["anchorage"]), (None, ["anchorage", "seattle", "orlando"])]
