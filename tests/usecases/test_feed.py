"""A specialist's visits as a calendar: under a secret address, over all clinics, and nothing of any patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.ical import CalendarEntry, write_calendar
from clinic.domain.errors import NotFound
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_key, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Specialist
from clinic.usecases import booking
from clinic.usecases.feed import FeedSettings, close_feed, feed_of, feed_settings, renew_feed
from tests import build
from tests.build import KEY, PATIENT
from tests.counting import counted_queries
from tests.queues import DAY, HOUR, NOW, Queue

ANA = Who("account:1", "portal", staff=True)
HOST = "book.example.org"


class Feed(Queue):
    """The queue's Ana with a second clinic in Alabama, an hour behind, and her feed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, cancel_window_hours=0)
        self.river = build.location(
            session, name="River Clinic", street="1 Broad Street", city="Phenix City", state="AL", postal_code="36867",
            time_zone="America/Chicago",
        )  # fmt: skip
        build.offer(session, self.kind, self.river, self.ana)
        build.shift(session, self.ana, self.river, "Sat 18:00-21:00")
        self.token = self.renew().token or ""

    def renew(self) -> FeedSettings:
        return renew_feed(self.session, self.ana.id, key=KEY, who=ANA, now=self.now)

    def read(self, token: str | None = None) -> bytes:
        return feed_of(self.session, token or self.token, key=KEY, host=HOST, name="Visits", now=self.now)

    def events(self) -> list[Any]:
        return icalendar.Calendar.from_ical(self.read()).walk("VEVENT")

    def settings(self) -> FeedSettings:
        found = feed_settings(self.session, self.ana.id, key=KEY)
        self.session.rollback()
        assert found is not None
        return found


@pytest.fixture
def feed(session: Session) -> Iterator[Feed]:
    yield Feed(session)
    session.rollback()


def test_visits_at_every_clinic_and_nothing_of_the_patient(feed: Feed) -> None:
    feed.book(feed.at(1, 10), given_name="Ada", family_name="Okafor")
    opening = write_opening(KEY, SlotRef(feed.kind.id, feed.river.id, feed.ana.id, cell_at(feed.at(5, 19))))
    held = booking.hold(feed.session, opening, key=KEY, who=PATIENT, now=NOW)
    there = booking.confirm(feed.session, held.token, feed.details(), key=KEY, who=PATIENT, now=NOW)
    booking.hold(feed.session, write_opening(KEY, SlotRef(feed.kind.id, feed.place.id, feed.ana.id, cell_at(feed.at(2)))),
                 key=KEY, who=PATIENT, now=NOW)  # fmt: skip
    other = build.specialist(feed.session)
    build.shift(feed.session, other, feed.place)
    one, two = feed.events()
    assert [event.decoded("dtstart") for event in (one, two)] == [feed.at(1, 10), feed.at(5, 19)]
    assert [event.decoded("dtend") for event in (one, two)] == [feed.at(1, 11), feed.at(5, 20)]
    assert [event["dtstart"].params["tzid"] for event in (one, two)] == ["America/New_York", "America/Chicago"]
    assert str(two["location"]) == "River Clinic, 1 Broad Street, Phenix City, AL 36867"
    assert {str(event["summary"]) for event in (one, two)} == {"Visit"}
    file = feed.read()
    for private in (b"Okafor", b"Ada", b"@example.org", there.summary.reference.encode(), feed.kind.name.encode(), b"555"):
        assert private not in file, private


def test_a_moved_visit_keeps_its_uid_and_raises_its_sequence_and_a_cancelled_one_stays_a_month(feed: Feed) -> None:
    booked, goes = feed.book(feed.at(1, 10)), feed.book(feed.at(40, 12))
    first = feed.events()
    opening = write_opening(KEY, SlotRef(feed.kind.id, feed.place.id, feed.ana.id, cell_at(feed.at(3, 15))))
    booking.reschedule(feed.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
    feed.cancel(goes)
    then = feed.events()
    assert [str(event["uid"]) for event in then] == [str(event["uid"]) for event in first]
    assert [(event["sequence"], str(event["status"])) for event in first] == [(0, "CONFIRMED"), (0, "CONFIRMED")]
    assert [(event["sequence"], str(event["status"])) for event in then] == [(1, "CONFIRMED"), (1, "CANCELLED")]
    assert then[0].decoded("dtstart") == feed.at(3, 15)
    feed.now += 30 * DAY
    assert [str(event["status"]) for event in feed.events()] == ["CONFIRMED", "CANCELLED"]
    feed.now += HOUR
    assert [str(event["status"]) for event in feed.events()] == ["CONFIRMED"]
    feed.now += 4 * DAY
    assert feed.events() == [], "over for a month"


def test_the_specialists_copy_is_never_the_patients(feed: Feed) -> None:
    booked = feed.book(feed.at(1, 10))
    invitation = CalendarEntry(
        uid=f"{booked.summary.reference}@{HOST}", sequence=0, start=NOW, end=NOW + HOUR, clinic="", address="", description="",
        url="", cancelled=False, stamp=NOW,
    )  # fmt: skip
    theirs = icalendar.Calendar.from_ical(write_calendar(invitation)).walk("VEVENT")[0]
    (mine,) = feed.events()
    assert str(mine["uid"]) != str(theirs["uid"])
    assert str(mine["uid"]).endswith(f"@{HOST}")


def test_a_new_address_closes_the_old_ones(feed: Feed) -> None:
    assert len(feed.token.partition("-")[2]) == 43, "256 bits"
    old, new = feed.token, feed.renew().token or ""
    assert new != old
    assert feed.settings().token == new
    assert feed.read(new)
    with pytest.raises(NotFound, match="no calendar"):
        feed.read(old)
    close_feed(feed.session, feed.ana.id, who=ANA, now=NOW)
    close_feed(feed.session, feed.ana.id, who=ANA, now=NOW)
    assert feed.settings().token is None
    third = feed.renew().token or ""
    for token in (old, new):
        with pytest.raises(NotFound):
            feed.read(token)
    assert feed.read(third)
    actions = feed.session.scalars(select(Audit.action).where(Audit.actor == "account:1").order_by(Audit.id)).all()
    assert actions == ["renew_feed", "renew_feed", "close_feed", "close_feed", "renew_feed"]


def test_every_other_address_opens_nothing_in_the_same_words(feed: Feed) -> None:
    nobody = build.specialist(feed.session)
    number = f"{feed.ana.id:x}"
    closed = build.specialist(feed.session)
    gone = renew_feed(feed.session, closed.id, key=KEY, who=ANA, now=NOW).token or ""
    close_feed(feed.session, closed.id, who=ANA, now=NOW)
    wrong = [
        "", "-", "x", "²-x", number, f"{number}-", feed.token[:-1], feed.token + "x", feed.token.swapcase(), "f" * 13 + "-x",
        write_key(b"another key", "feed", feed.ana.id, 0), write_key(KEY, "manage", feed.ana.id, 0),
        write_key(KEY, "feed", feed.ana.id, 1), write_key(KEY, "feed", nobody.id, 0), write_key(KEY, "feed", 10**6, 0), gone,
    ]  # fmt: skip
    said = set()
    for token in wrong:
        with pytest.raises(NotFound) as refused:
            feed_of(feed.session, token, key=KEY, host=HOST, name="Visits", now=NOW)
        said.add(refused.value.message)
    assert len(said) == 1
    feed.session.get_one(Specialist, feed.ana.id).active = False
    feed.session.commit()
    with pytest.raises(NotFound):
        feed.read()


def test_without_one_there_is_none(feed: Feed) -> None:
    nobody = build.specialist(feed.session)
    assert feed_settings(feed.session, nobody.id, key=KEY) is None
    with pytest.raises(NotFound):
        close_feed(feed.session, nobody.id, who=ANA, now=NOW)
    with pytest.raises(NotFound):
        renew_feed(feed.session, 10**6, key=KEY, who=ANA, now=NOW)


def test_its_last_use_is_noted_once_an_hour(feed: Feed) -> None:
    assert feed.settings().last_used_at is None
    feed.read()
    assert feed.settings().last_used_at == NOW
    feed.now += timedelta(minutes=59)
    feed.read()
    assert feed.settings().last_used_at == NOW
    feed.now += timedelta(minutes=1)
    feed.read()
    assert feed.settings().last_used_at == feed.now
    assert feed.renew().last_used_at is None, "of the new address"


def test_the_number_of_queries_does_not_depend_on_the_number_of_visits(feed: Feed) -> None:
    def asked() -> int:
        with counted_queries(feed.session.get_bind()) as statements:  # type: ignore[arg-type]
            feed.read()
        return len([one for one in statements if not one.startswith("PRAGMA")])

    feed.read()
    assert asked() == 2
    for days in range(1, 6):
        feed.book(feed.at(days, 12))
    assert asked() == 2
    assert len(feed.events()) == 5
