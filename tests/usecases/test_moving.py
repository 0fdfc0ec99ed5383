"""Another time for a visit: what is offered, until when, and that one of two people who want it gets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, NotFound, NotOffered, TimeTaken, UnusableToken
from clinic.domain.geography.places import Point
from clinic.domain.time.hours import local_day
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.search.candidates import Opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.usecases import booking, find, waitlist
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY, PATIENT, STAFF
from tests.conftest import FakeClock
from tests.invariants import broken

NOW = FakeClock().now  # Monday, nine in Orlando
THURSDAY = NOW + timedelta(days=3, hours=1)
HOUR = timedelta(hours=1)


class Chain:
    """Ana sees patients at two clinics, Ben at the first; Cal is ten miles away, Dot a hundred and fifty."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, NOW
        self.service = build.service(session, slug="physical-therapy")
        self.kind = build.visit_type(session, self.service, slug="evaluation")
        self.home = build.location(session, slug="home")
        self.second = build.location(session, slug="second", latitude=28.60)
        self.away = build.location(session, slug="away", latitude=28.70)
        self.far = build.location(session, slug="far", latitude=30.70, time_zone="America/Chicago")
        self.ana, self.ben, self.cal, self.dot = (build.specialist(session, slug=slug) for slug in ("ana", "ben", "cal", "dot"))
        for person, place, weekly in (
            (self.ana, self.home, "Mon 09:00-12:00; Tue 09:00-12:00; Wed 09:00-12:00; Thu 09:00-12:00"),
            (self.ana, self.second, "Fri 09:00-12:00"),
            (self.ben, self.home, "Tue 10:00-11:00; Wed 10:00-11:00"),
            (self.cal, self.away, build.WEEKDAYS),
            (self.dot, self.far, build.WEEKDAYS),
        ):
            build.shift(session, person, place, weekly)
            build.offer(session, self.kind, place, person)

    def opening(self, start: datetime, person: Any = None, place: Any = None, kind: Any = None) -> str:
        who, where, what = person or self.ana, place or self.home, kind or self.kind
        return write_opening(KEY, SlotRef(what.id, where.id, who.id, cell_at(start)))

    def book(self, start: datetime = THURSDAY, **typed: Any) -> Booked:
        held = booking.hold(self.session, self.opening(start), key=KEY, who=PATIENT, now=self.now)
        return booking.confirm(self.session, held.token, build.details(**typed), key=KEY, who=PATIENT, now=self.now)

    def choices(self, booked: Booked) -> booking.MoveChoices:
        return booking.choices(self.session, booked.manage_token, key=KEY, now=self.now)

    def move(self, booked: Booked, opening: str, who: Any = PATIENT) -> Booked:
        return booking.reschedule(self.session, booked.manage_token, opening, key=KEY, who=who, now=self.now)

    def preview(self, booked: Booked, opening: str) -> Any:
        return booking.preview_move(self.session, booked.manage_token, opening, key=KEY, now=self.now)

    def told(self) -> list[tuple[str, int]]:
        rows = self.session.execute(select(OutboxMessage.event, OutboxMessage.sequence).order_by(OutboxMessage.id))
        return [tuple(row) for row in rows]  # type: ignore[misc]


@pytest.fixture
def chain(session: Session) -> Iterator[Chain]:
    chain = Chain(session)
    yield chain
    session.rollback()
    assert broken(session, now=chain.now) == []


def days(openings: tuple[Opening, ...]) -> list[str]:
    return [f"{local_day(o.start, o.location.time_zone):%a %d} {o.location.slug} {o.specialist_slug}" for o in openings]


def test_three_groups_that_differ(chain: Chain) -> None:
    found = chain.choices(chain.book())
    assert days(found.same_specialist) == ["Mon 16 home ana", "Tue 17 home ana", "Wed 18 home ana"], "a day each"
    assert days(found.same_clinic) == ["Tue 17 home ben", "Wed 18 home ben", "Tue 24 home ben"]
    assert days(found.nearby) == ["Mon 16 away cal"] * 3, "at other clinics, none of them far"
    every = [o.wish for group in (found.same_specialist, found.same_clinic, found.nearby) for o in group]
    assert len(set(every)) == len(every)


def test_its_own_time_is_not_offered_and_its_neighbours_are(chain: Chain) -> None:
    chain.book(NOW + HOUR, given_name="Rival")
    booked = chain.book(NOW)  # from nine to half past
    visit = booked.summary
    found = find.days_of(
        chain.session, "physical-therapy", location="home", first_day=NOW.date(), now=NOW, own_appointment_id=visit.appointment_id
    )
    starts = [(o.start - NOW) // timedelta(minutes=1) for o in found.days[0].times]
    assert starts[:4] == [0, 15, 30, 90], "its own time counts as free, its rival's does not"
    plain = find.days_of(chain.session, "physical-therapy", location="home", first_day=NOW.date(), now=NOW)
    assert [(o.start - NOW) // timedelta(minutes=1) for o in plain.days[0].times][:2] == [30, 90]
    later = chain.book(NOW + timedelta(days=1))
    shown = chain.choices(later).same_specialist
    assert later.summary.start not in {o.start for o in shown}
    tuesday = next(o for o in shown if local_day(o.start, "America/New_York").day == 17)
    assert tuesday.start == later.summary.start + timedelta(minutes=15), "only free because its own claims are its own"


def test_any_of_the_choices_can_be_had(chain: Chain) -> None:
    booked = chain.book()
    for group in ("same_specialist", "same_clinic", "nearby"):
        opening = getattr(chain.choices(booked), group)[-1]
        before, after = chain.preview(booked, write_opening(KEY, opening.wish))
        assert before.summary == booked.summary
        moved = chain.move(booked, write_opening(KEY, opening.wish))
        got = moved.summary
        chosen = (opening.start, opening.location.slug, opening.specialist_slug)
        for told in (after, got):
            assert (told.start, told.location_slug, told.specialist_slug) == chosen
        assert (after.end, after.location_name, after.time_zone) == (got.end, got.location_name, got.time_zone)
        booked = moved
    assert chain.told() == [("booked", 0), ("moved", 1), ("moved", 2), ("moved", 3)]


def test_to_where_it_is_it_moves_once(chain: Chain) -> None:
    booked = chain.book()
    opening = chain.opening(THURSDAY + HOUR)
    first, second = (chain.move(booked, opening) for _ in range(2))
    assert first == second
    assert chain.told() == [("booked", 0), ("moved", 1)]
    assert list(chain.session.scalars(select(Audit.action).order_by(Audit.id))) == ["hold", "book", "move"]


def test_a_zone_away_the_day_is_that_of_the_clinic(chain: Chain) -> None:
    booked = chain.book()
    _, after = chain.preview(booked, chain.opening(NOW + timedelta(days=1, hours=1), chain.dot, chain.far))
    assert (after.time_zone, after.location_slug) == ("America/Chicago", "far")
    moved = chain.move(booked, chain.opening(NOW + timedelta(days=1, hours=1), chain.dot, chain.far))
    assert (moved.summary.time_zone, moved.reference) == ("America/Chicago", booked.reference)


def test_inside_the_window_one_calls(chain: Chain) -> None:
    booked = chain.book()
    opening = chain.opening(THURSDAY + HOUR)
    chain.now = THURSDAY - timedelta(hours=24)
    assert booking.why_not_moved(booked.summary, now=chain.now) is None
    chain.now += timedelta(seconds=1)
    refusal = "This visit starts in less than 24 hours. To change the time now, please call us."
    assert booking.why_not_moved(booked.summary, now=chain.now) == refusal
    for verb in (chain.move, chain.preview):
        with pytest.raises(IllegalMove, match="less than 24 hours"):
            verb(booked, opening)
    assert chain.move(booked, opening, STAFF).summary.start == THURSDAY + HOUR, "staff do it for them"
    gone = booking.cancel(chain.session, booked.manage_token, None, key=KEY, who=PATIENT, now=chain.now)
    assert gone.summary.state == "cancelled"


def test_what_cannot_be_moved_says_why(chain: Chain) -> None:
    procedure = build.visit_type(chain.session, chain.service, online=False)
    build.offer(chain.session, procedure, chain.home, chain.ana)
    held = booking.hold(chain.session, chain.opening(THURSDAY, kind=procedure), key=KEY, who=STAFF, now=NOW)
    arranged = booking.confirm(chain.session, held.token, build.details(), key=KEY, who=STAFF, now=NOW)
    assert "arranged by our staff" in (booking.why_not_moved(arranged.summary, now=NOW) or "")
    with pytest.raises(NotOffered, match="arranged by our staff"):
        chain.move(arranged, chain.opening(THURSDAY + HOUR, kind=procedure))
    booked = chain.book(THURSDAY + HOUR)
    with pytest.raises(NotOffered, match="another kind of visit"):
        chain.preview(booked, chain.opening(THURSDAY + 2 * HOUR, kind=procedure))
    for forged in ("", "x", chain.opening(THURSDAY)[:-3]):
        with pytest.raises(UnusableToken) as unread:
            chain.preview(booked, forged)
        assert len(unread.value.alternatives) >= 3
    chain.now = THURSDAY + HOUR
    assert "already begun" in (booking.why_not_moved(booked.summary, now=chain.now) or "")
    chain.now = NOW
    gone = booking.cancel(chain.session, booked.manage_token, None, key=KEY, who=PATIENT, now=NOW)
    assert booking.why_not_moved(gone.summary, now=NOW) == "This visit was cancelled."


def test_taken_meanwhile_the_old_time_stays(chain: Chain) -> None:
    booked = chain.book()
    opening = chain.opening(THURSDAY + HOUR)
    chain.preview(booked, opening)
    chain.book(THURSDAY + HOUR, given_name="Rival")
    with pytest.raises(TimeTaken) as refused:
        chain.move(booked, opening)
    assert len(refused.value.alternatives) >= 3
    build.time_off(chain.session, chain.ana, THURSDAY - HOUR, THURSDAY)
    with pytest.raises(NotOffered):
        chain.move(booked, chain.opening(THURSDAY - HOUR))
    kept = booking.get_visit(chain.session, booked.manage_token, key=KEY, now=NOW)
    assert kept == booked
    assert chain.told() == [("booked", 0), ("booked", 0)]


def test_a_key_dies_a_day_after_the_visit_and_when_it_is_revoked(chain: Chain) -> None:
    booked = chain.book()
    dies = booked.summary.end + timedelta(hours=24)

    def see() -> Booked:
        return booking.get_visit(chain.session, booked.manage_token, key=KEY, now=chain.now)

    for chain.now in (booked.summary.end, dies - timedelta(seconds=1)):
        assert see().reference == booked.reference
    chain.now = dies
    key: dict[str, Any] = {"key": KEY, "now": dies}
    verbs = (
        see,
        lambda: chain.choices(booked),
        lambda: chain.move(booked, chain.opening(dies + HOUR)),
        lambda: chain.preview(booked, chain.opening(dies + HOUR)),
        lambda: booking.cancel(chain.session, booked.manage_token, None, who=PATIENT, **key),
        lambda: booking.said_before(chain.session, booked.manage_token, **key),
        lambda: waitlist.want_earlier(chain.session, booked.manage_token, wanted=True, who=PATIENT, **key),
    )
    for verb in verbs:
        with pytest.raises(NotFound):
            verb()
    chain.now = NOW
    row = chain.session.get_one(Appointment, booked.summary.appointment_id)
    row.generation += 1
    chain.session.commit()
    with pytest.raises(NotFound):
        see()


def test_clinics_to_move_to_are_the_nearest(chain: Chain) -> None:
    booked = chain.book()
    found = booking.clinics_to_move_to(chain.session, booked.manage_token, key=KEY, now=NOW)
    assert [candidate.location.slug for candidate in found] == ["home", "second", "away", "far"]
    found = booking.clinics_to_move_to(chain.session, booked.manage_token, near=Point(30.7, -81.4), key=KEY, now=NOW)
    assert found[0].location.slug == "far"


def test_an_earlier_time_is_wished_once(chain: Chain) -> None:
    booked = chain.book()

    def wish(wanted: bool) -> bool:
        token = booked.manage_token
        waitlist.want_earlier(chain.session, token, wanted=wanted, key=KEY, who=PATIENT, now=chain.now)
        return booking.get_visit(chain.session, token, key=KEY, now=chain.now).summary.earlier_wanted

    assert [wish(True), wish(True)] == [True, True]
    assert chain.session.scalars(select(WaitlistEntry.created_at)).all() == [NOW]
    chain.now += HOUR
    assert [wish(True), wish(False), wish(False)] == [True, False, False]
    noted = list(chain.session.scalars(select(Audit.action).order_by(Audit.id)))
    assert noted == ["hold", "book", "want_earlier", "want_no_earlier"]
    assert chain.session.scalar(select(func.count()).select_from(OutboxMessage)) == 1
    booking.cancel(chain.session, booked.manage_token, None, key=KEY, who=PATIENT, now=chain.now)
    with pytest.raises(IllegalMove, match="was cancelled"):
        wish(True)


def test_an_earlier_time_than_one_that_has_begun_is_not_to_be_had(chain: Chain) -> None:
    booked = chain.book()
    with pytest.raises(IllegalMove, match="already begun"):
        waitlist.want_earlier(chain.session, booked.manage_token, wanted=True, key=KEY, who=PATIENT, now=THURSDAY)
