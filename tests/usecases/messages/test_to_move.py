"""Whoever comes to a specialist who is away is not reminded to come, and is asked to call in time if nobody called them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from clinic.domain.people.roles import Grant, Role
from clinic.domain.scheduling.roster_edits import days_off
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.tables.directory import VisitType
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.work import Task
from clinic.usecases import day, roster
from clinic.usecases.roster import Decisions
from tests import build
from tests.usecases.messages.conftest import House

AT = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # Monday, ten in Orlando
EASTERN = "America/New_York"
BOSS = Who("account:1", "portal", staff=True)


@pytest.fixture
def away(house: House) -> House:
    """A visit on Monday, told of on the 16th; on the 20th its specialist takes Monday off."""
    house.session.execute(update(VisitType).values(reminders="7 2 0"))
    house.session.commit()
    house.book(AT)
    house.work()
    house.clock.now = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    time_off(house, AT)
    return house


def time_off(house: House, at: datetime, choice: str = "task") -> None:
    edit = days_off(at.date(), at.date(), EASTERN)
    effect = roster.preview(house.session, house.person.id, [edit], now=house.clock())
    decisions = Decisions({visit.key: choice for visit in effect.visits})  # type: ignore[misc]
    roster.save(
        house.session, house.person.id, [edit], decisions, version=effect.version, who=BOSS, now=house.clock()
    )  # fmt: skip


def told(house: House) -> list[str]:
    house.session.rollback()
    wanted = select(OutboxMessage.event).join(Delivery, Delivery.outbox_id == OutboxMessage.id).order_by(Delivery.id)
    found = list(house.session.scalars(wanted))
    house.session.rollback()
    return found


def days_on(house: House, *moments: datetime) -> None:
    for moment in moments:
        house.clock.now = moment
        house.work()


WEEK = datetime(2026, 11, 23, 15, 5, tzinfo=UTC)
TWO_DAYS = datetime(2026, 11, 28, 15, 5, tzinfo=UTC)
DAY = datetime(2026, 11, 30, 13, 5, tzinfo=UTC)


def test_reminders_wait_and_the_last_is_a_word_to_call(away: House) -> None:
    days_on(away, WEEK, TWO_DAYS)
    assert told(away) == ["booked"]
    days_on(away, DAY)
    assert told(away) == ["booked", "call-first"]
    said = away.box.received[-1].message
    assert said["Subject"] == "Please call us before you come"
    text = next(part for part in said.walk() if part.get_content_type() == "text/plain").get_content()
    first, *_ = [line for line in text.splitlines() if line and not line.startswith("Hello")]
    assert first == "Please call us before you come: (407) 555-0100."
    for word in ("away", "ill", "hours", "moved", "cancel", "remind", "forward"):
        assert word not in text.lower(), word


def test_kept_the_visit_has_its_last_reminder_and_no_older_one(away: House) -> None:
    days_on(away, WEEK)
    away.session.execute(update(Task).values(done_at=away.clock()))
    away.session.commit()
    days_on(away, WEEK, TWO_DAYS, DAY)
    assert told(away) == ["booked", "reminder-7", "reminder-2", "reminder-0"], "settled the same minute, none was missed"


def test_settled_late_only_the_last_that_was_missed_is_told(away: House) -> None:
    away.clock.now = TWO_DAYS
    away.work()
    away.session.execute(update(Task).values(done_at=away.clock()))
    away.session.commit()
    days_on(away, TWO_DAYS, DAY)
    assert told(away) == ["booked", "reminder-2", "reminder-0"]


def test_whoever_is_decided_to_be_kept_is_reminded_as_ever(house: House) -> None:
    house.session.execute(update(VisitType).values(reminders="7 2 0"))
    house.session.commit()
    house.book(AT)
    house.work()
    time_off(house, AT, "keep")
    days_on(house, WEEK, TWO_DAYS, DAY)
    assert told(house) == ["booked", "reminder-7", "reminder-2", "reminder-0"]


def test_an_illness_of_this_morning_is_told_at_once(house: House) -> None:
    house.session.execute(update(VisitType).values(reminders="0"))
    house.session.commit()
    house.book(AT)
    house.work()
    days_on(house, datetime(2026, 11, 30, 13, 2, tzinfo=UTC))
    assert told(house) == ["booked", "reminder-0"]
    time_off(house, AT)
    house.work()
    assert told(house) == ["booked", "reminder-0", "call-first"]


def test_a_visit_without_reminders_is_told_on_its_day(house: House) -> None:
    house.without_reminders()
    house.book(AT)
    time_off(house, AT)
    days_on(house, TWO_DAYS)
    assert told(house) == ["booked"]
    days_on(house, DAY)
    assert told(house) == ["booked", "call-first"]


def test_away_twice_is_told_as_long_as_it_holds(away: House) -> None:
    """Settled and then touched again: what waits is asked anew."""
    away.session.execute(update(Task).values(done_at=away.clock()))
    away.session.commit()
    away.work()
    saved = roster.availability(away.session, away.person.id, now=away.clock()).changes[0]
    back = roster.taking_back(away.session, away.person.id, saved.id, now=away.clock())
    effect = roster.preview(away.session, away.person.id, back, now=away.clock())
    roster.save(away.session, away.person.id, back, Decisions(), version=effect.version, who=BOSS, now=away.clock())
    time_off(away, AT)
    days_on(away, DAY)
    assert told(away) == ["booked", "call-first"]


def test_moved_to_a_colleague_the_patient_is_told_with_a_word_from_the_clinic(away: House) -> None:
    colleague = build.specialist(away.session, name="Bea Colleague")
    build.shift(away.session, colleague, away.place)
    build.offer(away.session, away.kind, away.place, colleague)
    key = away.key
    opening = write_opening(key, SlotRef(away.kind.id, away.place.id, colleague.id, cell_at(AT + timedelta(days=1))))
    visit = away.session.scalars(select(Task.appointment_id)).one() or 0
    away.session.rollback()
    viewer = build.viewer("change-visit", Grant(Role.FRONT_DESK, away.place.id))
    to = day.Moving(opening, "away", "Bea has read your letter.")
    day.move(away.session, viewer, visit, to, key=key, sealer=away.post().sealer, who=BOSS, now=away.clock())
    away.work()
    assert told(away) == ["booked", "moved"]
    text = away.box.received[-1].message.as_string()
    assert "A word from the clinic: Bea has read your letter." in text
    days_on(away, DAY, DAY + timedelta(days=1))
    assert told(away)[2:] == ["reminder-2", "reminder-0"], "of the new day, and no patient is asked to call"
