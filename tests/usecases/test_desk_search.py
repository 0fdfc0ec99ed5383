"""The desk's search: three offers against brute force, the caller's words against what is found, widening as it is promised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound, PlaceUnknown
from clinic.domain.time.hours import local_day, to_utc, zone
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.search.candidates import Opening
from clinic.engine.search.phone_options import NEAR_MILES
from clinic.store.tables.directory import Specialist
from clinic.usecases import booking
from clinic.usecases.desk.searching import DeskSearch, Offers, offers
from tests import build
from tests.build import KEY, PATIENT
from tests.counting import counted_queries

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
CENTRE = (28.54, -81.37)


def find(session: Session, line: str = "", **asked: Any) -> Offers:
    given = {"service": "back-pain-evaluation", "line": line, **asked}
    return offers(session, given.pop("place", "32801"), DeskSearch(**given), now=NOW)


def by_kind(found: Offers) -> dict[str, Opening]:
    return {kind: offer.opening for offer in found.offers for kind in offer.kinds}


class TestThreeOffers:
    def expected(self, first: dict[str, list[Opening]]) -> dict[str, Opening]:
        """From every start of every clinic, as the words say it."""
        every = sorted((o for theirs in first.values() for o in theirs), key=lambda o: (o.start, o.miles, o.location.slug))
        soonest = every[0]
        nearest = min(every, key=lambda o: (o.miles, o.location.slug, o.start))
        near = [o for o in every if (o.miles or 0) <= max(NEAR_MILES, nearest.miles or 0)]
        told = {soonest.location.slug, nearest.location.slug}
        last = max(local_day(o.start, "America/New_York") for o in (soonest, nearest))
        other = [o for o in near if o.location.slug not in told or local_day(o.start, "America/New_York") > last]
        other.sort(key=lambda o: (o.start, o.location.slug in told, o.miles))
        nearby = other[0] if other else soonest if soonest in near else nearest
        return {"soonest": soonest, "nearest": nearest, "nearby": nearby}

    @pytest.mark.parametrize("seed", range(6))
    def test_as_brute_force_has_them(self, session: Session, seed: int) -> None:
        rng = Random(seed)
        build.zips(session)
        kind = build.visit_type(session, build.service(session, "back-pain-evaluation"), horizon_days=20)
        for _ in range(rng.randrange(1, 6)):
            away = rng.choice((0.01, 0.05, 0.3))
            place = build.location(session, latitude=CENTRE[0] + rng.uniform(-away, away), longitude=CENTRE[1])
            first = date(2026, 11, 16) + timedelta(days=rng.choice((0, 1, 6, 15, 30)))
            _place, person, _kind = build.practice(session, visit=kind, at=place, weekly="Sun 00:00-00:05")
            build.shift(session, person, place, rng.choice((build.WEEKDAYS, "Wed 09:00-11:00")), first)
        found = find(session, "within 40 miles", place="32801")
        every: dict[str, list[Opening]] = {}
        for candidate, _times in found.clinics:
            times = booking_times(session, found, candidate.location.slug)
            every[candidate.location.slug] = times
        if not every:
            assert found.offers == ()
            return
        expected = self.expected(every)
        assert {kind: (o.start, o.location.slug) for kind, o in by_kind(found).items()} == {
            kind: (o.start, o.location.slug) for kind, o in expected.items()
        }

    def test_the_nearest_is_waited_for_and_nearby_is_as_near_as_that(self, session: Session) -> None:
        build.zips(session)
        kind = build.visit_type(session, build.service(session, "back-pain-evaluation"))
        eleven_miles = build.location(session, latitude=CENTRE[0] + 0.16, longitude=CENTRE[1])
        _place, person, _kind = build.practice(session, visit=kind, at=eleven_miles, weekly="Sun 00:00-00:05")
        build.shift(session, person, eleven_miles, build.WEEKDAYS, date(2026, 11, 20))
        for number in range(11):
            further = build.location(session, latitude=CENTRE[0] + 0.18 + number / 1000, longitude=CENTRE[1])
            build.practice(session, visit=kind, at=further)
        found = by_kind(find(session))
        assert {kind: (o.location.id == eleven_miles.id, o.start.day) for kind, o in found.items()} == {
            "soonest": (False, 16), "nearest": (True, 20), "nearby": (True, 23)
        }  # fmt: skip

    def test_one_time_that_is_two_of_them_is_said_so(self, session: Session) -> None:
        build.zips(session)
        kind = build.visit_type(session, build.service(session, "back-pain-evaluation"))
        build.practice(session, visit=kind)
        found = find(session)
        assert [offer.kinds for offer in found.offers] == [("soonest", "nearest"), ("nearby",)]
        first, second = (local_day(offer.opening.start, "America/New_York") for offer in found.offers)
        assert second == first + timedelta(days=1)
        only_today = find(session, "today before 10")
        assert [offer.kinds for offer in only_today.offers] == [("soonest", "nearest", "nearby")]


def booking_times(session: Session, found: Offers, slug: str) -> list[Opening]:
    """Every start of the clinic in the next weeks, with its distance."""
    from clinic.engine.search.candidates import SearchCriteria, by_start, nearby

    candidates = [c for c in nearby(session, found.visit.id, found.place.point, found.miles) if c.location.slug == slug]
    return by_start(session, SearchCriteria(visit=found.visit, candidates=candidates), now=NOW)


class TestWords:
    @pytest.fixture
    def chain(self, session: Session) -> Session:
        world = build.world(session, now=NOW)
        ana = world.specialists["ana-flores"].id
        session.execute(update(Specialist).where(Specialist.id == ana).values(languages="English, Spanish", gender="woman"))
        other = world.specialists["physician-winter-park"].id
        session.execute(update(Specialist).where(Specialist.id == other).values(gender="man"))
        session.commit()
        return session

    def every(self, found: Offers) -> list[Opening]:
        assert found.offers, found
        return [offer.opening for offer in found.offers] + [o for _clinic, times in found.clinics for o in times]

    def test_each_narrows_what_is_found(self, chain: Session) -> None:
        def at(opening: Opening) -> datetime:
            return opening.start.astimezone(zone(opening.location.time_zone))

        late = self.every(find(chain, "after 4, tue or thu"))
        assert {at(o).strftime("%a") for o in late} <= {"Tue", "Thu"}
        assert min(at(o).hour for o in late) >= 16
        assert {o.specialist_slug for o in self.every(find(chain, "Spanish"))} == {"ana-flores"}
        assert {o.specialist_slug for o in self.every(find(chain, "with a woman"))} == {"ana-flores"}
        assert {o.specialist_slug for o in self.every(find(chain, "a man"))} == {"physician-winter-park"}
        assert "ana-flores" not in {o.specialist_slug for o in self.every(find(chain, "not Dr. Flores"))}
        assert max(o.miles or 0 for o in self.every(find(chain, "within 2 miles"))) <= 2
        assert min(local_day(o.start, o.location.time_zone) for o in self.every(find(chain, "from 12/1"))) == date(2026, 12, 1)
        assert {o.location.slug for o in self.every(find(chain, "saturdays"))} == {"winter-park"}

    def test_said_back_and_a_staff_only_kind(self, chain: Session) -> None:
        found = find(
            chain, "spanish, after 4, not dr nobody", service="facet-joint-injections", visit_type="facet-joint-procedure"
        )
        assert (found.understood, found.not_understood) == (("from 4 PM", "Spanish"), ("not dr nobody",))
        assert {o.visit.slug for o in self.every(found)} == {"facet-joint-procedure"}

    def test_what_cannot_be_is_a_sentence(self, chain: Session) -> None:
        assert "no time of the day" in (find(chain, "after 4, before 3").problem or "")
        with pytest.raises(NotFound):
            find(chain, service="magic")
        with pytest.raises(InvalidInput):
            find(chain, visit_type="magic")
        with pytest.raises(PlaceUnknown):
            find(chain, place="Nowhere at all")

    @pytest.mark.parametrize(
        ("line", "helps"),
        [
            ("Spanish, a man", {"gender", "languages"}),
            ("sundays", {"days"}),
            ("Spanish, sundays, a man", {"all"}),
            ("with Flores, from 12/1 to 12/2, not Flores", set()),
            ("saturdays after 3", {"hours", "days"}),
            ("within 1 mile, saturdays", {"miles", "days"}),
        ],
    )
    def test_widening_is_offered_and_gives_what_it_promises(self, chain: Session, line: str, helps: set[str]) -> None:
        found = find(chain, line)
        assert found.offers == ()
        assert {widening.leaves_out for widening in found.widenings} == helps
        for widening in found.widenings:
            again = find(chain, widening.line)
            assert by_kind(again)["soonest"] == widening.opening, widening
            assert again.not_understood == ()

    def test_far_from_every_clinic_the_nearest_is_offered(self, chain: Session) -> None:
        found = find(chain, place="62701")
        assert found.offers == ()
        (widening,) = found.widenings
        assert widening.leaves_out == "miles"
        assert by_kind(find(chain, widening.line, place="62701"))["soonest"] == widening.opening

    def test_a_visit_being_moved_leaves_its_time_free(self, chain: Session) -> None:
        first = by_kind(find(chain, "with flores"))["soonest"]
        held = booking.hold(chain, write_opening(KEY, first.wish), key=KEY, who=PATIENT, now=NOW)
        assert by_kind(find(chain, "with flores"))["soonest"].start > first.start
        moving = find(chain, "with flores", own_appointment_id=held.summary.appointment_id)
        assert by_kind(moving)["soonest"] == first

    def test_the_number_of_queries_does_not_grow(self, chain: Session) -> None:
        with counted_queries(chain.get_bind().engine) as plain:
            find(chain)
        with counted_queries(chain.get_bind().engine) as narrowed:
            find(chain, "English, within 30 miles, not Flores")
        # The place, the visits, the clinics, what stands there, and claims for each step of the horizon; then their people.
        assert len(plain) <= 7
        assert len(narrowed) <= 9, narrowed


def test_past_the_horizon_when_a_date_is_asked_for(session: Session) -> None:
    build.zips(session)
    kind = build.visit_type(session, build.service(session, "back-pain-evaluation"), horizon_days=10)
    place, person, _kind = build.practice(session, visit=kind)
    assert by_kind(find(session, "from 2/1/2027"))["soonest"].start == to_utc(date(2027, 2, 1), 540, "America/New_York")
    far = SlotRef(kind.id, place.id, person.id, cell_at(to_utc(date(2027, 2, 1), 540, "America/New_York")))
    assert booking.hold(session, write_opening(KEY, far), key=KEY, who=replace(build.STAFF), now=NOW)
