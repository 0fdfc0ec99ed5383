"""The directory's own sums: when clinics are open, what is near, who works where; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.store.tables.directory import Closure, LocationDay
from clinic.usecases.directory import (
    OpeningState,
    closed_on,
    everything_public,
    get_location,
    get_specialist_page,
    neighbors,
    opening_states,
)
from tests import build
from tests.counting import counted_queries

EASTERN = ZoneInfo("America/New_York")
LUNCH = "; ".join(f"{day} 09:00-12:00 13:00-17:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri"))
MONDAY = date(2026, 11, 16)

At = Callable[..., OpeningState | None]


def eastern(day: date, clock: str) -> datetime:
    """That time on the wall in Orlando, in UTC; in the fold the first, and "fold" after it the second."""
    hour, minute = map(int, clock.removesuffix(" fold").split(":"))
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN, fold=int(clock.endswith(" fold")))
    return wall.astimezone(UTC)


def state(session: Session, now: datetime, slug: str) -> OpeningState | None:
    session.rollback()
    return opening_states(session, [slug], now=now).get(slug)


def is_open(until: datetime | None) -> OpeningState:
    return OpeningState(True, until, None, "")


def closed(opens_at: datetime | None, reason: str = "") -> OpeningState:
    return OpeningState(False, None, opens_at, reason)


def clinic(session: Session, hours: str, *, days: dict[date, tuple[str, str]] | None = None, **given: Any) -> str:
    """The slug of a clinic with these hours and dated exceptions: day -> hours, reason."""
    place = build.location(session, hours=hours, **given)
    for day, (other, reason) in (days or {}).items():
        session.add(LocationDay(location_id=place.id, day=day, hours=other, reason=reason))
    session.commit()
    return place.slug


def close(session: Session, slug: str, start: datetime, end: datetime, reason: str = "") -> None:
    place = next(site for site in session.query(build.Location) if site.slug == slug)
    cells = (int(moment.timestamp()) // 300 for moment in (start, end))
    session.add(Closure(location_id=place.id, start_cell=next(cells), end_cell=next(cells), reason=reason))
    session.commit()


def test_hours_with_a_lunch_break(session: Session) -> None:
    slug = clinic(session, LUNCH)
    nine, noon, one, five = (eastern(MONDAY, clock) for clock in ("09:00", "12:00", "13:00", "17:00"))
    tuesday = eastern(MONDAY + timedelta(days=1), "09:00")
    assert state(session, nine - timedelta(seconds=1), slug) == closed(nine)
    assert state(session, nine, slug) == is_open(noon)
    assert state(session, noon - timedelta(microseconds=1), slug) == is_open(noon)
    assert state(session, noon, slug) == closed(one)
    assert state(session, eastern(MONDAY, "12:30"), slug) == closed(one)
    assert state(session, one, slug) == is_open(five)
    assert state(session, five, slug) == closed(tuesday)
    friday = MONDAY + timedelta(days=4)
    assert state(session, eastern(friday, "20:00"), slug) == closed(eastern(MONDAY + timedelta(days=7), "09:00"))


def test_a_night_is_open_over_midnight(session: Session) -> None:
    slug = clinic(session, "Fri 22:00-06:00; Sat 06:00-08:00")
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    for day, clock in ((friday, "22:00"), (saturday, "00:00"), (saturday, "05:59"), (saturday, "07:30")):
        assert state(session, eastern(day, clock), slug) == is_open(eastern(saturday, "08:00"))
    assert state(session, eastern(saturday, "08:00"), slug) == closed(eastern(friday + timedelta(days=7), "22:00"))


def test_a_holiday_replaces_the_day_but_not_the_night_before(session: Session) -> None:
    thursday, friday = date(2026, 11, 26), date(2026, 11, 27)
    slug = clinic(session, "Wed 22:00-02:00; Thu 09:00-17:00; Fri 09:00-17:00", days={thursday: ("", "Thanksgiving Day")})
    assert state(session, eastern(thursday, "01:00"), slug) == is_open(eastern(thursday, "02:00"))
    assert state(session, eastern(thursday, "10:00"), slug) == closed(eastern(friday, "09:00"), "Thanksgiving Day")
    assert state(session, eastern(friday, "08:00"), slug) == closed(eastern(friday, "09:00"))


def test_a_short_day_says_why_only_once_it_is_over(session: Session) -> None:
    friday, monday = date(2026, 11, 27), date(2026, 11, 30)
    slug = clinic(session, build.WEEKDAYS, days={friday: ("09:00-13:00", "Day after Thanksgiving")})
    assert state(session, eastern(friday, "08:00"), slug) == closed(eastern(friday, "09:00"))
    assert state(session, eastern(friday, "12:00"), slug) == is_open(eastern(friday, "13:00"))
    assert state(session, eastern(friday, "14:00"), slug) == closed(eastern(monday, "09:00"), "Day after Thanksgiving")


def test_a_closure_ends_by_itself(session: Session) -> None:
    slug = clinic(session, build.WEEKDAYS)
    close(session, slug, eastern(MONDAY, "15:00"), eastern(MONDAY + timedelta(days=2), "10:30"), "Water damage")
    close(session, slug, eastern(MONDAY + timedelta(days=2), "10:30"), eastern(MONDAY + timedelta(days=2), "11:00"), "Inspection")
    again = eastern(MONDAY + timedelta(days=2), "11:00")
    assert state(session, eastern(MONDAY, "14:00"), slug) == is_open(eastern(MONDAY, "15:00"))
    assert state(session, eastern(MONDAY, "15:00"), slug) == closed(again, "Water damage")
    assert state(session, eastern(MONDAY + timedelta(days=2), "10:45"), slug) == closed(again, "Inspection")
    assert state(session, again, slug) == is_open(eastern(MONDAY + timedelta(days=2), "17:00"))


def test_clock_changes(session: Session) -> None:
    """A night over a change has its true length; nine stays nine."""
    spring, autumn = date(2027, 3, 14), date(2026, 11, 1)  # Sundays
    slug = clinic(session, "Sat 22:00-03:30; Sun 09:00-17:00")
    before = eastern(spring - timedelta(days=1), "23:00")
    assert state(session, before, slug) == is_open(before + timedelta(hours=3, minutes=30))
    assert state(session, eastern(spring, "04:00"), slug) == closed(eastern(spring, "09:00"))
    before = eastern(autumn - timedelta(days=1), "23:00")
    assert state(session, before, slug) == is_open(before + timedelta(hours=5, minutes=30))
    assert state(session, eastern(autumn, "01:30 fold"), slug) == is_open(eastern(autumn, "03:30"))
    assert eastern(autumn, "01:30 fold") - eastern(autumn, "01:30") == timedelta(hours=1)


def test_the_edges_of_what_can_be_known(session: Session) -> None:
    noon = eastern(MONDAY, "12:00")
    always = clinic(session, "; ".join(f"{day} 00:00-24:00" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")))
    without, gone = clinic(session, ""), clinic(session, LUNCH, active=False)
    long = clinic(session, build.EVERY_DAY)
    close(session, long, noon - timedelta(days=1), noon + timedelta(days=61), "Moving house")
    soon = clinic(session, build.EVERY_DAY)
    close(session, soon, noon - timedelta(days=1), noon + timedelta(days=59))
    assert state(session, noon, always) == is_open(None)
    assert state(session, noon, long) == closed(None, "Moving house")
    assert state(session, noon, soon) == closed(noon + timedelta(days=59))
    assert opening_states(session, [without, gone, "nowhere"], now=noon) == {}
    assert opening_states(session, [], now=noon) == {}


def test_each_clinic_by_its_own_clock(session: Session) -> None:
    here = clinic(session, build.WEEKDAYS)
    west = clinic(session, build.WEEKDAYS, time_zone="America/Los_Angeles")
    guam = clinic(session, build.WEEKDAYS, time_zone="Pacific/Guam")
    now = eastern(MONDAY, "09:30")
    states = opening_states(session, [here, west, guam], now=now)
    assert {slug: found.open for slug, found in states.items()} == {here: True, west: False, guam: False}
    assert states[west].opens_at == datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
    assert states[guam].opens_at == datetime(2026, 11, 16, 23, 0, tzinfo=UTC)  # nine on Tuesday, there


def test_a_clinics_page_says_when_a_closure_is_over(session: Session) -> None:
    wednesday, friday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)
    said = {"plans": "Medicare\nFernbrook PPO", "parking": "Behind the house."}
    slug = clinic(session, LUNCH, days={wednesday: ("", "Training")}, **said)
    close(session, slug, eastern(MONDAY, "00:00"), eastern(wednesday, "00:00"), "Repairs")
    close(session, slug, eastern(friday, "10:00"), eastern(friday, "11:00"))
    page = get_location(session, slug, now=eastern(MONDAY, "08:00"))
    thursday = eastern(wednesday + timedelta(days=1), "09:00")
    assert [closure.reopens for closure in page.closures] == [thursday, eastern(friday, "11:00")]
    assert (page.parking, page.access, page.plans) == ("Behind the house.", "", ("Medicare", "Fernbrook PPO"))
    other = clinic(session, "")
    close(session, other, eastern(MONDAY, "00:00"), eastern(wednesday, "00:00"))
    assert get_location(session, other, now=eastern(MONDAY, "08:00")).closures[0].reopens == eastern(wednesday, "00:00")


@pytest.mark.parametrize("count", [1, 30])
def test_queries_do_not_grow_with_clinics(session: Session, count: int) -> None:
    slugs = [clinic(session, LUNCH, days={date(2026, 11, 26): ("", "Thanksgiving Day")}) for _ in range(count)]
    with counted_queries(session.get_bind()) as statements:
        states = opening_states(session, slugs, now=eastern(MONDAY, "10:00"))
    assert (len(states), len(statements)) == (count, 2)


def test_the_days_that_closures_touch(session: Session) -> None:
    tuesday, wednesday, thursday = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
    slug = clinic(session, LUNCH, days={wednesday: ("10:00-16:00", "Training")})
    close(session, slug, eastern(MONDAY, "14:00"), eastern(wednesday, "12:00"), "Water damage")
    close(session, slug, eastern(thursday, "12:30"), eastern(thursday, "12:45"))
    page = get_location(session, slug, now=eastern(MONDAY, "08:00"))

    def hours(*clocks: str) -> tuple[tuple[time, time], ...]:
        return tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in (clock.split("-") for clock in clocks))

    assert [(at.day, at.open_times, at.reason) for at in page.closed_days] == [
        (MONDAY, hours("09:00-12:00", "13:00-14:00"), "Water damage"),
        (tuesday, (), "Water damage"),
        (wednesday, hours("12:00-16:00"), "Water damage"),
        (thursday, hours("09:00-12:00", "13:00-17:00"), ""),
    ]
    other = clinic(session, "")
    close(session, other, eastern(MONDAY, "14:00"), eastern(thursday, "00:00"), "Moving")
    page = get_location(session, other, now=eastern(wednesday, "08:00"))
    assert [(at.day, at.open_times) for at in page.closed_days] == [(wednesday, ())]


def test_days_on_which_clinics_are_closed(session: Session) -> None:
    thanksgiving, friday, saturday, sunday = (date(2026, 11, 26) + timedelta(days=n) for n in range(4))
    holiday = {thanksgiving: ("", "Thanksgiving Day")}
    one = clinic(session, build.WEEKDAYS, days=holiday)
    west = clinic(session, build.WEEKDAYS, days=holiday, time_zone="America/Los_Angeles")
    shut, always = clinic(session, build.EVERY_DAY), clinic(session, "")
    close(session, shut, eastern(thanksgiving, "09:00"), eastern(saturday, "16:00"), "Repairs")

    def closed(*slugs: str) -> dict[int, str]:
        session.rollback()
        return {day.day: why for day, why in closed_on(session, slugs, thanksgiving, sunday).items()}

    assert closed(one) == closed(one, west) == {26: "Thanksgiving Day", 28: "", 29: ""}
    assert closed(shut) == {26: "Repairs", 27: "Repairs"}
    assert closed(one, shut) == {26: ""}
    assert closed(one, always) == closed(always) == closed("nowhere") == closed() == {}
    close(session, always, eastern(friday, "00:00"), eastern(sunday, "00:00"), "Moving")
    assert closed(always) == {27: "Moving", 28: "Moving"}


def test_neighbors_are_the_three_nearest_within_reach(session: Session) -> None:
    def at(slug: str, latitude: float, **given: Any) -> None:
        build.location(session, slug=slug, latitude=latitude, longitude=-81.3727, **given)

    for slug, latitude in (
        ("here", 28.5),
        ("far", 29.5),
        ("near", 28.6),
        ("nearer", 28.45),
        ("farther", 29.7),
        ("too-far", 30.5),
    ):
        at(slug, latitude)
    at("gone", 28.51, active=False)
    here = get_location(session, "here", now=eastern(MONDAY, "09:00"))
    found = neighbors(session, here)
    assert [(at.clinic.slug, round(at.miles)) for at in found] == [("nearer", 3), ("near", 7), ("far", 69)]
    lonely = get_location(session, "too-far", now=eastern(MONDAY, "09:00"))
    assert [at.clinic.slug for at in neighbors(session, lonely)] == ["farther", "far"]


def test_neighbors_across_the_180th_meridian(session: Session) -> None:
    for slug, longitude in (("east", -179.9), ("west", 179.8)):
        build.location(session, slug=slug, latitude=51.9, longitude=longitude)
    east = get_location(session, "east", now=eastern(MONDAY, "09:00"))
    assert [(at.clinic.slug, round(at.miles)) for at in neighbors(session, east)] == [("west", 13)]


def test_a_specialists_page(session: Session) -> None:
    first, follow_up = (build.visit_type(session, build.service(session, slug=slug)) for slug in ("therapy", "other"))
    only_staff = build.visit_type(session, online=False)
    person = build.specialist(session, slug="ana", languages="English, Spanish")
    north, south, gone = (
        build.location(session, slug=slug, name=slug, active=slug != "gone") for slug in ("north", "south", "gone")
    )
    for place, visit in ((north, first), (south, follow_up), (gone, only_staff)):
        build.offer(session, visit, place, person)
    today = MONDAY
    build.shift(session, person, north, "Mon 09:00-17:00; Wed 09:00-17:00")
    build.shift(session, person, north, "Sat 09:00-12:00", last_day=today)
    build.shift(session, person, south, "Fri 09:00-17:00", last_day=today - timedelta(days=1))
    build.shift(session, person, south, "Thu 09:00-17:00", first_day=today)
    build.shift(session, person, south, "Tue 09:00-17:00", first_day=today + timedelta(days=1))
    page = get_specialist_page(session, "ana", now=eastern(MONDAY, "09:00"))
    assert [service.slug for service in page.services] == ["therapy", "other"]
    assert [(at.clinic.slug, at.days) for at in page.workplaces] == [
        ("north", ("Monday", "Wednesday", "Saturday")), ("south", ("Thursday",)),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        get_specialist_page(session, "nobody", now=eastern(MONDAY, "09:00"))


def test_what_search_engines_may_find(session: Session) -> None:
    build.service(session, slug="empty")
    place, person, _visit = build.practice(session)
    build.location(session, slug="in-texas", state="TX")
    build.location(session, slug="gone", state="NY", active=False)
    build.specialist(session, slug="retired", active=False)
    found = everything_public(session)
    assert (found.states, found.locations) == (("FL", "TX"), tuple(sorted((place.slug, "in-texas"))))
    assert found.specialists == (person.slug,)
    assert len(found.services) == 1


@pytest.mark.parametrize("count", [3, 30])
def test_queries_do_not_grow_with_specialists(session: Session, count: int) -> None:
    place, person, visit = build.practice(session)
    for _ in range(count - 1):
        build.practice(session, visit=visit, at=place)
    card = get_location(session, place.slug, now=eastern(MONDAY, "09:00"))
    assert len(card.specialists) == count
    verbs = {
        "clinic": lambda: get_location(session, place.slug, now=eastern(MONDAY, "09:00")),
        "neighbors": lambda: neighbors(session, card),
        "specialist": lambda: get_specialist_page(session, person.slug, now=eastern(MONDAY, "09:00")),
        "everything": lambda: everything_public(session),
    }
    asked = {}
    for name, verb in verbs.items():
        with counted_queries(session.get_bind()) as statements:
            verb()
        asked[name] = len(statements)
    assert asked == {"clinic": 6, "neighbors": 2, "specialist": 5, "everything": 4}
