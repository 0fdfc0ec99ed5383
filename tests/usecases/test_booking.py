"""Hold, book, change, give up: the verbs of the main job, on both databases, and what is on record afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.errors import (
    IllegalMove,
    InvalidInput,
    KeyReused,
    LimitReached,
    NotFound,
    NotOffered,
    PatientClash,
    TimeTaken,
    UnusableToken,
)
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Specialist, VisitType
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Guardian, Patient
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.usecases.booking import Booked, Hold, request_once
from tests import build
from tests.build import KEY, PATIENT, STAFF
from tests.invariants import broken

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
TEN = NOW + timedelta(hours=1)
IDEMPOTENCY = "0123456789abcdef"


class Desk:
    """One specialist at one clinic, and the verbs with everything filled in. Visits can be moved until they begin."""

    def __init__(self, session: Session, **shape: Any) -> None:
        self.session, self.now = session, NOW
        self.place, self.person, self.kind = build.practice(session, **{"cancel_window_hours": 0, **shape})

    def opening(self, start: datetime = TEN, *, by: Specialist | None = None, of: VisitType | None = None) -> str:
        return write_opening(KEY, SlotRef((of or self.kind).id, self.place.id, (by or self.person).id, cell_at(start)))

    def hold(self, start: datetime = TEN, **given: Any) -> Hold:
        options = {"who": PATIENT, "once": None, **{k: given.pop(k) for k in ("who", "once", "minutes") if k in given}}
        return booking.hold(self.session, self.opening(start, **given), key=KEY, now=self.now, **options)

    def confirm(self, hold: Hold, *, once: Any = None, who: Any = PATIENT, **given: Any) -> Booked:
        return booking.confirm(self.session, hold.token, build.details(**given), key=KEY, who=who, now=self.now, once=once)

    def book(self, start: datetime = TEN, **given: Any) -> Booked:
        return self.confirm(self.hold(start), **given)

    def extend(self, hold: Hold) -> Hold:
        return booking.extend(self.session, hold.token, key=KEY, who=PATIENT, now=self.now)

    def release(self, hold: Hold) -> None:
        booking.release(self.session, hold.token, key=KEY, who=PATIENT, now=self.now)

    def move(self, booked: Booked, start: datetime, **given: Any) -> Booked:
        opening = self.opening(start, **given)
        return booking.reschedule(self.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=self.now)

    def cancel(self, booked: Booked, reason: str | None = None) -> Booked:
        return booking.cancel(self.session, booked.manage_token, reason, key=KEY, who=PATIENT, now=self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def count(self, table: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0

    def picture(self) -> list[Any]:
        """Everything a refused verb must leave as it was."""
        return [self.session.execute(select(t.__table__)).all() for t in (Appointment, Claim, Audit, OutboxMessage, Patient)]


@pytest.fixture
def desk(session: Session) -> Iterator[Desk]:
    desk = Desk(session)
    yield desk
    session.rollback()
    assert broken(session, now=desk.now) == []


def test_hold_and_book(desk: Desk) -> None:
    hold = desk.hold()
    assert (hold.expires_at, hold.summary.start, hold.summary.state) == (NOW + timedelta(minutes=10), TEN, "held")
    assert booking.get_hold(desk.session, hold.token, key=KEY, now=NOW + timedelta(minutes=1)) == hold
    desk.later(minutes=4)
    booked = desk.confirm(hold, email="maria@example.com", postal_code="32801-1234", reason="Lower back", new_patient=True)
    assert (booked.summary.state, booked.summary.start, len(booked.reference)) == ("booked", TEN, 11)
    assert booking.get_visit(desk.session, booked.manage_token, key=KEY, now=NOW) == booked
    patient = desk.session.scalars(select(Patient)).one()
    assert (patient.given_name, patient.phone, patient.email, patient.postal_code) == (
        "Maria",
        "+14075550123",
        "maria@example.com",
        "32801",
    )
    made = desk.session.scalars(select(Appointment)).one()
    assert (made.patient_id, made.reason, made.new_patient, made.booked_by, made.channel) == (
        patient.id,
        "Lower back",
        True,
        "self",
        "web",
    )
    assert (made.start_at, made.end_at, made.time_zone) == (TEN, TEN + timedelta(minutes=30), "America/New_York")
    assert list(desk.session.scalars(select(Audit.action).order_by(Audit.id))) == ["hold", "book"]
    assert list(desk.session.scalars(select(OutboxMessage.event))) == ["booked"]


def test_a_rival_is_told_of_at_least_three_other_times(desk: Desk) -> None:
    desk.hold()
    for overlapping in (TEN - timedelta(minutes=15), TEN, TEN + timedelta(minutes=15)):
        before = desk.picture()
        with pytest.raises(TimeTaken) as refused:
            desk.hold(overlapping)
        assert len(refused.value.alternatives) >= 3
        assert desk.picture() == before
        assert TEN not in {opening.start for opening in refused.value.alternatives}
    for opening in refused.value.alternatives[:1]:
        booking.hold(desk.session, write_opening(KEY, opening.wish), key=KEY, who=PATIENT, now=desk.now)
    desk.hold(TEN + timedelta(minutes=30))


@pytest.mark.parametrize(
    "wrong",
    [
        NOW - timedelta(minutes=15),  # past
        NOW - timedelta(days=700),
        TEN + timedelta(minutes=5),  # off the step
        NOW + timedelta(hours=7, minutes=45),  # runs past closing
        NOW + timedelta(hours=10),  # after closing
        NOW + timedelta(days=5),  # Saturday
        NOW + timedelta(days=91),  # beyond the horizon
        NOW + timedelta(days=100_000),
    ],
)
def test_a_time_that_was_never_on_offer(desk: Desk, wrong: datetime) -> None:
    with pytest.raises(NotOffered) as refused:
        desk.hold(wrong)
    assert len(refused.value.alternatives) >= 3
    assert desk.count(Appointment) == 0


def test_rules_are_checked_again_when_it_is_placed(session: Session) -> None:
    desk = Desk(session, online=False)
    with pytest.raises(NotOffered, match="arranged by our staff"):
        desk.hold()
    assert desk.hold(who=STAFF).summary.state == "held"
    other = build.visit_type(session, notice_minutes=1440)
    with pytest.raises(NotOffered):
        desk.hold(TEN + timedelta(hours=2), of=other)  # the specialist does not give it
    build.offer(session, other, desk.place, desk.person)
    with pytest.raises(NotOffered, match="cannot be booked at present"):
        desk.hold(NOW + timedelta(hours=2), of=other)
    assert desk.hold(NOW + timedelta(hours=2), of=other, who=STAFF), "staff lift notice"
    build.closure(session, desk.place, NOW + timedelta(days=1), NOW + timedelta(days=3))
    with pytest.raises(NotOffered):
        desk.hold(NOW + timedelta(days=2), of=other)
    shut = build.location(session, active=False)
    wish = SlotRef(other.id, shut.id, desk.person.id, cell_at(NOW + timedelta(days=1)))
    with pytest.raises(NotOffered, match="not taking visits"):
        booking.hold(session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=NOW)
    unknown = SlotRef(10**6, desk.place.id, desk.person.id, cell_at(TEN))
    with pytest.raises(NotOffered, match="not on offer"):
        booking.hold(session, write_opening(KEY, unknown), key=KEY, who=PATIENT, now=NOW)


def test_tokens_of_others_open_nothing(desk: Desk) -> None:
    hold, other = desk.hold(), desk.book(NOW + timedelta(hours=3))
    good = desk.opening(NOW + timedelta(hours=2))
    for forged in (good[:-1], good[:20], "x", "", write_opening(b"another", SlotRef(1, 1, 1, 1)), "💊"):
        with pytest.raises(UnusableToken) as refused:
            booking.hold(desk.session, forged, key=KEY, who=PATIENT, now=NOW)
        if forged:
            assert refused.value.message.startswith("We could not read that time.")
    with pytest.raises(UnusableToken) as told:
        booking.hold(desk.session, good[:-4], key=KEY, who=PATIENT, now=NOW)
    assert len(told.value.alternatives) >= 3 or good[:-4] == "", "what was left of it was enough to offer others"
    for wrong in (hold.token[:-1], hold.token + "A", "1" + hold.token, other.manage_token, "zz-a", "fffffff-a"):
        with pytest.raises((NotFound, UnusableToken)):
            booking.get_hold(desk.session, wrong, key=KEY, now=NOW)
    with pytest.raises(NotFound):
        booking.cancel(desk.session, hold.token, None, key=KEY, who=PATIENT, now=NOW)
    with pytest.raises(NotFound):
        booking.get_visit(desk.session, other.manage_token, key=b"another key", now=NOW)


def test_an_expired_hold_loses_its_priority(desk: Desk) -> None:
    first = desk.hold()
    desk.later(minutes=10)
    second = desk.hold(TEN + timedelta(minutes=15))
    with pytest.raises(TimeTaken) as refused:
        desk.confirm(first)
    assert len(refused.value.alternatives) >= 3
    assert desk.count(Patient) == 0, "nobody is written down for a time they did not get"
    with pytest.raises(TimeTaken):
        desk.extend(first)
    desk.confirm(second)
    assert desk.count(Claim) == 2, "the lapsed hold's claim was dropped, its rival has two"


def test_a_form_sent_late_still_books(desk: Desk) -> None:
    first, second = desk.hold(), desk.hold(TEN + timedelta(hours=1))
    desk.later(minutes=25)
    assert desk.confirm(first).summary.start == TEN
    assert booking.sweep(desk.session, now=desk.now) == 1
    assert desk.confirm(second, given_name="José").summary.state == "booked", "swept in the meantime, and free"


def test_a_lapsed_hold_does_not_book_into_time_off_or_the_past(desk: Desk) -> None:
    first, second, stands = desk.hold(), desk.hold(TEN + timedelta(minutes=30)), desk.hold(TEN + timedelta(minutes=60))
    build.time_off(desk.session, desk.person, TEN, TEN + timedelta(minutes=90))
    assert desk.confirm(stands).summary.state == "booked", "a hold that stands is kept, as a visit is"
    desk.later(minutes=11)
    with pytest.raises(NotOffered):
        desk.confirm(first)
    desk.later(hours=2)
    with pytest.raises(NotOffered, match="has passed"):
        desk.confirm(second)


def test_thirty_minutes_in_all(desk: Desk) -> None:
    hold = desk.hold()
    desk.later(minutes=9)
    assert desk.extend(hold).expires_at == NOW + timedelta(minutes=19)
    desk.later(minutes=9)
    assert desk.extend(hold).expires_at == NOW + timedelta(minutes=28)
    desk.later(minutes=9)
    last = desk.extend(hold)
    assert (last.expires_at, last.can_extend) == (NOW + timedelta(minutes=30), False)
    desk.later(minutes=3)
    with pytest.raises(IllegalMove, match="as long as it can be"):
        desk.extend(hold)
    desk.hold(TEN)


def test_an_extension_never_shortens_a_long_hold(desk: Desk) -> None:
    hold = desk.hold(minutes=60, who=STAFF)
    assert hold.expires_at == NOW + timedelta(minutes=60)
    desk.later(minutes=5)
    assert desk.extend(hold).expires_at == NOW + timedelta(minutes=60)


def test_a_lapsed_hold_can_be_extended_while_nobody_came(desk: Desk) -> None:
    hold = desk.hold()
    desk.later(minutes=12)
    assert booking.sweep(desk.session, now=desk.now) == 1
    assert desk.extend(hold).expires_at == NOW + timedelta(minutes=22)
    with pytest.raises(TimeTaken):
        desk.hold()


def test_releasing_twice_is_once(desk: Desk) -> None:
    hold = desk.hold()
    desk.release(hold)
    desk.release(hold)
    assert list(desk.session.scalars(select(Audit.action).order_by(Audit.id))) == ["hold", "release"]
    for verb in (desk.confirm, desk.extend):
        with pytest.raises(IllegalMove):
            verb(hold)
    with pytest.raises(IllegalMove, match="no longer on hold"):
        booking.get_hold(desk.session, hold.token, key=KEY, now=NOW)
    booked = desk.book()
    assert booked.summary.start == TEN


def test_what_is_booked_is_not_held_any_more(desk: Desk) -> None:
    hold = desk.hold()
    booked = desk.confirm(hold)
    for verb in (desk.confirm, desk.extend, desk.release):
        with pytest.raises(IllegalMove, match="already booked"):
            verb(hold)
    assert desk.count(Patient) == 1
    desk.later(hours=5)
    assert booking.sweep(desk.session, now=desk.now) == 0
    with pytest.raises(IllegalMove, match="already begun"):
        desk.cancel(booked)


def test_the_sweeper_tidies_what_ended_a_minute_ago(desk: Desk) -> None:
    desk.hold()
    desk.hold(TEN + timedelta(hours=1), minutes=20)
    desk.later(minutes=10, seconds=59)
    assert booking.sweep(desk.session, now=desk.now) == 0
    desk.later(seconds=2)
    assert [booking.sweep(desk.session, now=desk.now) for _ in range(2)] == [1, 0]
    assert sorted(desk.session.scalars(select(Appointment.state))) == ["expired", "held"]
    assert desk.count(Claim) == 1


@pytest.mark.parametrize("by", [15, -15, 30, 5 * 60])
def test_moving_over_its_own_time(desk: Desk, by: int) -> None:
    booked = desk.book()
    moved = desk.move(booked, TEN + timedelta(minutes=by))
    assert (moved.reference, moved.summary.appointment_id) == (booked.reference, booked.summary.appointment_id)
    assert (moved.summary.start, moved.summary.sequence) == (TEN + timedelta(minutes=by), 1)
    assert desk.move(moved, TEN).summary.sequence == 2
    told = desk.session.execute(select(OutboxMessage.event, OutboxMessage.sequence).order_by(OutboxMessage.id))
    assert [tuple(row) for row in told] == [("booked", 0), ("moved", 1), ("moved", 2)]


def test_a_refused_move_leaves_everything_as_it_was(desk: Desk) -> None:
    booked, rival = desk.book(), desk.hold(TEN + timedelta(hours=1))
    elsewhere = build.visit_type(desk.session)
    build.offer(desk.session, elsewhere, desk.place, desk.person)
    before = desk.picture()
    for start, kind, refusal in (
        (TEN + timedelta(hours=1), None, TimeTaken),
        (TEN + timedelta(days=5), None, NotOffered),
        (NOW - timedelta(hours=1), None, NotOffered),
        (TEN + timedelta(hours=2), elsewhere, NotOffered),
    ):
        with pytest.raises(refusal):
            desk.move(booked, start, of=kind)
        assert desk.picture() == before
    desk.release(rival)
    assert desk.move(booked, TEN + timedelta(hours=1)).summary.start == TEN + timedelta(hours=1)


def test_a_move_to_another_specialist_and_clinic(desk: Desk) -> None:
    booked = desk.book()
    desk.place, other, _ = build.practice(
        desk.session, visit=desk.kind, at=build.location(desk.session, time_zone="America/Chicago")
    )
    moved = desk.move(booked, TEN + timedelta(hours=1), by=other)
    assert (moved.summary.specialist_slug, moved.summary.location_id, moved.summary.time_zone) == (
        other.slug,
        desk.place.id,
        "America/Chicago",
    )


def test_a_visit_that_cannot_be_moved_any_more(desk: Desk) -> None:
    booked = desk.book()
    desk.now = TEN
    with pytest.raises(IllegalMove, match="already begun"):
        desk.move(booked, TEN + timedelta(hours=2))
    desk.now = NOW
    desk.cancel(booked)
    with pytest.raises(IllegalMove, match="was cancelled"):
        desk.move(booked, TEN + timedelta(hours=2))


def test_cancelling_frees_the_time_at_once(desk: Desk) -> None:
    booked = desk.book(NOW + timedelta(days=2))
    gone = desk.cancel(booked, "feeling better")
    assert (gone.summary.state, gone.summary.sequence) == ("cancelled", 1)
    assert desk.count(Claim) == 0
    assert desk.hold(NOW + timedelta(days=2)).summary.state == "held"
    with pytest.raises(IllegalMove, match="was cancelled"):
        desk.cancel(booked)
    made = desk.session.get(Appointment, booked.summary.appointment_id)
    assert made
    assert (made.cancelled_late, made.cancel_reason, made.cancelled_at) == (False, "feeling better", NOW)


def test_cancelling_inside_the_window_is_late_and_allowed(session: Session) -> None:
    desk = Desk(session, cancel_window_hours=24)
    booked = desk.book()
    with pytest.raises(InvalidInput):
        desk.cancel(booked, "x" * 41)
    desk.cancel(booked)
    assert desk.session.scalars(select(Appointment.cancelled_late)).one() is True


def test_the_patients_own_clash_says_nothing_of_the_other_visit(desk: Desk) -> None:
    desk.book()
    _, other, _ = build.practice(desk.session, visit=desk.kind, at=desk.place)
    hold = desk.hold(TEN + timedelta(minutes=15), by=other)
    before = desk.picture()
    with pytest.raises(PatientClash) as refused:
        desk.confirm(hold)
    assert refused.value.message == "You may already have a visit at that time. Please choose another, or call us."
    assert desk.picture() == before
    assert desk.confirm(hold, given_name="José").summary.state == "booked", "the hold stood all the while"
    moved = desk.book(TEN + timedelta(hours=2))
    before = desk.picture()
    with pytest.raises(PatientClash):
        desk.move(moved, TEN - timedelta(minutes=15), by=other)
    assert desk.picture() == before


def test_the_same_patient_attaches_silently(desk: Desk) -> None:
    desk.book()
    desk.book(TEN + timedelta(hours=1), given_name=" MARÍA", family_name="garcía ", phone="+1 407-555-0123")
    assert (desk.count(Patient), desk.count(Task)) == (1, 0)


@pytest.mark.parametrize("near", [{"phone": "407 555 0199"}, {"given_name": "Mario"}])
def test_a_near_match_is_a_task_for_a_person(desk: Desk, near: dict[str, str]) -> None:
    first = desk.book()
    second = desk.book(TEN + timedelta(hours=1), **near)
    task = desk.session.scalars(select(Task)).one()
    patients = [desk.session.get_one(Appointment, b.summary.appointment_id).patient_id for b in (first, second)]
    assert (task.kind, task.patient_id, task.other_patient_id) == ("possible_duplicate", patients[1], patients[0])
    desk.book(TEN + timedelta(hours=2), **near, birth_date=date(1980, 1, 1))
    assert (desk.count(Patient), desk.count(Task)) == (3, 1)


@pytest.mark.parametrize(("says", "kinds"), [(None, []), (False, []), (True, ["says_new_but_known"])])
def test_new_or_returning_is_believed_and_looked_at(desk: Desk, says: bool | None, kinds: list[str]) -> None:
    desk.book(new_patient=True)
    desk.book(TEN + timedelta(hours=1), new_patient=says)
    assert [task.kind for task in desk.session.scalars(select(Task))] == kinds


def test_returning_to_us_for_the_first_time_is_looked_at(desk: Desk) -> None:
    booked = desk.book(new_patient=False)
    task = desk.session.scalars(select(Task)).one()
    assert (task.kind, task.appointment_id, task.other_patient_id) == ("says_known_but_new", booked.summary.appointment_id, None)


def test_a_childs_guardian_is_kept_with_the_visit(desk: Desk) -> None:
    hold = desk.hold()
    child = {"given_name": "Leo", "birth_date": date(2015, 5, 5)}
    with pytest.raises(InvalidInput) as refused:
        desk.confirm(hold, **child, email="nope")
    assert set(refused.value.fields) == {"guardian", "email"}, "every wrong field at once"
    mother = {"name": "Ana Garcia", "relation": "parent", "phone": "1", "consent": True}
    with pytest.raises(InvalidInput) as refused:
        desk.confirm(hold, **child, guardian=GuardianDetails(**mother), phone="55")
    assert set(refused.value.fields) == {"guardian_phone", "phone"}
    desk.confirm(hold, **child, guardian=GuardianDetails(**{**mother, "phone": "(407) 555-0199"}))
    kept = desk.session.scalars(select(Guardian)).one()
    assert (kept.name, kept.relation, kept.phone, kept.consented_at) == ("Ana Garcia", "parent", "+14075550199", NOW)
    assert desk.book(TEN + timedelta(hours=1), guardian=GuardianDetails(**mother)), "a grown-up's guardian is not looked at"
    assert desk.count(Guardian) == 1


def test_three_first_visits_of_a_service_ahead_and_no_more(desk: Desk) -> None:
    visits = [desk.book(TEN + timedelta(hours=h)) for h in range(3)]
    hold = desk.hold(TEN + timedelta(hours=4))
    with pytest.raises(LimitReached):
        desk.confirm(hold)
    desk.cancel(visits[0])
    assert desk.confirm(hold).summary.state == "booked"
    again = build.visit_type(desk.session, build.service(desk.session), audience="returning")
    build.offer(desk.session, again, desk.place, desk.person)
    for day in range(1, 6):
        desk.confirm(desk.hold(TEN + timedelta(days=day) if day < 5 else TEN + timedelta(days=7), of=again))


class TestOnce:
    def test_a_hold_sent_twice_is_one(self, desk: Desk) -> None:
        once = request_once("holds", IDEMPOTENCY, {"opening": "a"})
        first = desk.hold(once=once)
        desk.later(minutes=5)
        desk.extend(first)
        assert desk.hold(once=once) == first, "the same answer, also of when it was to end"
        assert desk.count(Appointment) == 1

    def test_a_booking_sent_twice_is_one(self, desk: Desk) -> None:
        hold, once = desk.hold(), request_once("bookings", IDEMPOTENCY, {"hold": "a"})
        first = desk.confirm(hold, once=once)
        desk.later(hours=23)
        assert desk.confirm(hold, once=once) == first
        assert (desk.count(Appointment), desk.count(Patient), desk.count(OutboxMessage)) == (1, 1, 1)

    def test_the_same_key_with_another_body_is_refused(self, desk: Desk) -> None:
        desk.hold(once=request_once("holds", IDEMPOTENCY, {"opening": "a"}))
        with pytest.raises(KeyReused, match="Use a new key"):
            desk.hold(NOW, once=request_once("holds", IDEMPOTENCY, {"opening": "b"}))
        desk.hold(NOW, once=request_once("bookings", IDEMPOTENCY, {"opening": "b"}))
        assert desk.count(Appointment) == 2, "another endpoint, another scope"

    def test_a_refusal_is_not_remembered(self, desk: Desk) -> None:
        rival, once = desk.hold(), request_once("holds", IDEMPOTENCY, {})
        with pytest.raises(TimeTaken):
            desk.hold(once=once)
        desk.release(rival)
        assert desk.hold(once=once).summary.start == TEN

    def test_a_key_is_forgotten_after_a_day(self, desk: Desk) -> None:
        once = request_once("holds", IDEMPOTENCY, {})
        first = desk.hold(NOW + timedelta(days=2), once=once)
        desk.later(hours=24)
        assert desk.hold(NOW + timedelta(days=3), once=once).token != first.token

    @pytest.mark.parametrize("key", ["", "short", "x" * 15, "x" * 201, "x" * 16 + "\n", "\0" * 16])
    def test_keys_that_cannot_be(self, key: str) -> None:
        with pytest.raises(InvalidInput, match="16 to 200 characters"):
            request_once("holds", key, {})

    def test_without_a_key_there_is_no_promise(self) -> None:
        assert request_once("holds", None, {}) is None


class TestRooms:
    @pytest.fixture
    def theatre(self, session: Session) -> Iterator[Desk]:
        """Two rooms, one C-arm, two specialists; ten minutes of set-up, fifteen of clean-up."""
        desk = Desk(session, room_kind="fluoroscopy", room_setup=10, room_cleanup=15, equipment_kind="c_arm", buffer_after=5)
        self.rooms = [build.room(session, desk.place, "fluoroscopy").id for _ in range(2)]
        self.arm = build.equipment(session, desk.place).id
        _, self.second, _ = build.practice(session, visit=desk.kind, at=desk.place)
        yield desk
        session.rollback()
        assert broken(session, now=desk.now) == []

    def rooms_taken(self, desk: Desk) -> list[int | None]:
        return list(desk.session.scalars(select(Appointment.room_id).order_by(Appointment.id)))

    def test_the_other_room_is_taken_when_one_is_busy(self, theatre: Desk) -> None:
        build.equipment(theatre.session, theatre.place)
        theatre.hold()
        theatre.hold(by=self.second)
        assert sorted(map(int, filter(None, self.rooms_taken(theatre)))) == sorted(self.rooms)
        third = build.practice(theatre.session, visit=theatre.kind, at=theatre.place)[1]
        with pytest.raises(TimeTaken):
            theatre.hold(by=third)

    def test_one_device_is_enough_to_refuse(self, theatre: Desk) -> None:
        theatre.hold()
        for minutes, refused in ((0, True), (30, True), (45, True), (60, False)):
            # 30 of visit and 15 of clean-up, then 10 of the next one's set-up
            if refused:
                with pytest.raises(TimeTaken):
                    theatre.hold(TEN + timedelta(minutes=minutes), by=self.second)
            else:
                assert theatre.hold(TEN + timedelta(minutes=minutes), by=self.second)

    def test_set_up_and_clean_up_lie_inside_the_shift(self, theatre: Desk) -> None:
        with pytest.raises(NotOffered):
            theatre.hold(NOW)
        with pytest.raises(NotOffered):
            theatre.hold(NOW + timedelta(hours=7, minutes=30))
        assert theatre.hold(NOW + timedelta(minutes=15))
        assert theatre.hold(NOW + timedelta(hours=7, minutes=15))

    def test_a_lapsed_hold_may_book_in_another_room(self, theatre: Desk) -> None:
        build.equipment(theatre.session, theatre.place)
        first = theatre.hold()
        theatre.later(minutes=10)
        theatre.hold(by=self.second)
        booked = theatre.confirm(first)
        assert booked.summary.state == "booked"
        assert len(set(self.rooms_taken(theatre))) == 2

    def test_moves_free_the_room_they_leave(self, theatre: Desk) -> None:
        booked = theatre.book()
        theatre.move(booked, TEN + timedelta(minutes=15))
        theatre.move(booked, TEN + timedelta(hours=3))
        assert theatre.hold(by=self.second).summary.start == TEN


def test_what_is_booked_stays_when_its_specialist_is_away_and_nothing_more_is(desk: Desk) -> None:
    session, person = desk.session, desk.person
    booked = desk.book()
    build.time_off(session, person, TEN, TEN + timedelta(minutes=35))
    assert booking.get_visit(session, booked.manage_token, key=KEY, now=NOW).summary.state == "booked", "existing visits stay"
    with pytest.raises(NotOffered):
        desk.hold(TEN + timedelta(minutes=30))
    assert desk.hold(TEN + timedelta(minutes=45))
