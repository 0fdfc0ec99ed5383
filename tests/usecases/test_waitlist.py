"""Times that become free are offered in the order of waiting, under one hold, and taken once; later visits swap whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, new_key
from clinic.domain.errors import IllegalMove, InvalidInput, LimitReached, NotFound, PatientClash, UnusableToken
from clinic.domain.geography.places import Point
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.waitlist import Policy, Wants, weekly
from clinic.engine.placing import attendance, place, waitlist_payload
from clinic.store.appointments import claims
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Guardian, Patient
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.store.tables.work import Task
from clinic.store.work.tasks import PHONE_OFFER
from clinic.usecases import booking, waitlist
from clinic.usecases.operations import keys
from tests import build
from tests.build import KEY, PATIENT, STAFF
from tests.counting import counted_queries
from tests.invariants import broken
from tests.queues import DAY, HOUR, NOW, SEALER, SEALER_KEYS, Queue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def queue(session: Session) -> Iterator[Queue]:
    made = Queue(session)
    yield made
    session.rollback()
    assert broken(session, now=made.now) == []


class TestFreedTime:
    def test_a_cancelled_visit_frees_its_time(self, queue: Queue) -> None:
        queue.cancel(queue.book(queue.at(2)))
        (freed,) = queue.freed()
        assert (freed.since, freed.until, freed.cause) == (queue.at(2), queue.at(2, 10), "cancelled")
        assert (freed.specialist_id, freed.location_id, freed.look_at) == (queue.ana.id, queue.place.id, NOW)

    def test_a_moved_visit_frees_where_it_was_and_no_move_nothing(self, queue: Queue) -> None:
        booked = queue.book(queue.at(2))
        opening = build_opening(queue, queue.at(3))
        booking.reschedule(queue.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
        booking.reschedule(queue.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
        (freed,) = queue.freed()
        assert (freed.since, freed.cause) == (queue.at(2), "moved")

    def test_a_hold_given_back_frees_nothing(self, queue: Queue) -> None:
        held = booking.hold(queue.session, build_opening(queue, queue.at(2)), key=KEY, who=PATIENT, now=NOW)
        booking.release(queue.session, held.token, key=KEY, who=PATIENT, now=NOW)
        assert queue.freed() == []

    def test_what_is_past_is_not_free(self, queue: Queue) -> None:
        booked = queue.book(queue.at(0, 10))
        queue.now = queue.at(0, 10) + 15 * MINUTE
        with queue.session.begin():
            place.cancel(queue.session, booked.summary.appointment_id, None, who=STAFF, now=queue.now)
        assert [(freed.since, freed.until) for freed in queue.freed()] == [(queue.now, queue.at(0, 11))]
        late = queue.book(queue.at(0, 12))
        queue.now = queue.at(0, 14)
        with queue.session.begin():
            place.cancel(queue.session, late.summary.appointment_id, None, who=STAFF, now=queue.now)
        assert len(queue.freed()) == 1

    def test_a_missed_visit_frees_what_is_left_of_it(self, queue: Queue) -> None:
        booked = queue.book(queue.at(0, 10))
        number = booked.summary.appointment_id
        with pytest.raises(IllegalMove, match="not begun"):
            attendance.mark(queue.session, number, State.NO_SHOW, who=STAFF, now=NOW)
        queue.session.rollback()
        queue.now = queue.at(0, 10) + 20 * MINUTE
        with queue.session.begin():
            attendance.mark(queue.session, number, State.NO_SHOW, who=STAFF, now=queue.now)
        (freed,) = queue.freed()
        assert (freed.since, freed.until, freed.cause) == (queue.now, queue.at(0, 11), "missed")
        assert queue.session.scalar(select(func.count()).select_from(Claim)) == 0


def build_opening(queue: Queue, start: datetime) -> str:
    from clinic.domain.time.timeline import cell_at
    from clinic.domain.tokens import SlotRef, write_opening

    return write_opening(KEY, SlotRef(queue.kind.id, queue.place.id, queue.ana.id, cell_at(start)))


def freed_at(queue: Queue, start: datetime) -> None:
    """A visit there was booked and is cancelled."""
    queue.cancel(queue.book(start))


class TestOrder:
    def test_who_began_to_wait_first_is_asked_first_three_at_a_time(self, queue: Queue) -> None:
        entries = [queue.join() for _ in range(5)]
        freed_at(queue, queue.at(2))
        assert queue.offer() == waitlist.Round(offered=3)
        offers = queue.offers()
        assert [(offer.entry_id, offer.rank, offer.state) for offer in offers] == [
            (e, n, "open") for n, e in enumerate(entries[:3], 1)
        ]
        assert len({offer.hold_id for offer in offers}) == 1
        assert {offer.expires_at for offer in offers} == {NOW + 4 * HOUR}
        noted = queue.session.scalars(select(Audit.detail).where(Audit.action == "offer").order_by(Audit.id))
        assert list(noted) == [f"entry {entry}, rank {n} of 5" for n, entry in enumerate(entries[:3], 1)]
        told = queue.session.execute(
            select(OutboxMessage.entry_id, OutboxMessage.appointment_id, OutboxMessage.sequence).where(
                OutboxMessage.event == "offer"
            )
        )
        assert list(told) == [(offer.entry_id, offer.hold_id, offer.id) for offer in offers]
        assert queue.offer() == waitlist.Round()

    def test_nobody_else_can_take_the_time_while_it_is_on_offer(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(2))
        queue.offer()
        with pytest.raises(place.TimeTaken):
            queue.book(queue.at(2))

    def test_whom_it_does_not_suit_keeps_their_place(self, queue: Queue) -> None:
        far = queue.join(point=Point(45.0, -100.0), miles=50)
        other_days = queue.join(hours=weekly(["Mon"], []))
        long_notice = queue.join(notice_hours=72)
        suited = queue.join(hours=weekly(["Wed"], ["morning"]), point=Point(28.5, -81.3), miles=25)
        freed_at(queue, queue.at(2))  # a Wednesday, at nine
        assert queue.offer().offered == 1
        assert [offer.entry_id for offer in queue.offers()] == [suited]
        assert all(queue.entry(one).ended_at is None for one in (far, other_days, long_notice))

    def test_another_kind_of_visit_is_not_offered_to_them(self, queue: Queue) -> None:
        queue.join()
        other = build.visit_type(queue.session, minutes=30)
        build.offer(queue.session, other, queue.place, queue.ana)
        first = queue.join()
        entry = queue.session.get_one(WaitlistEntry, first)
        entry.visit_type_id, entry.created_at = other.id, NOW - DAY
        queue.session.commit()
        freed_at(queue, queue.at(2))
        assert queue.offer().offered == 1
        (offer,) = queue.offers()
        held = queue.session.get_one(Appointment, offer.hold_id)
        assert (offer.entry_id, held.visit_type_id, held.end_at - held.start_at) == (first, other.id, timedelta(minutes=30))

    def test_the_first_in_line_whom_it_suits_decides_which_time(self, queue: Queue) -> None:
        """New hours all day: mornings do not suit the first."""
        queue.join(hours=weekly([], ["afternoon"]))
        queue.join()
        with queue.session.begin():
            waitlist_free(queue, queue.at(3), queue.at(3, 17))
        queue.offer()
        (first, second) = queue.offers()
        assert queue.session.get_one(Appointment, first.hold_id).start_at == queue.at(3, 12)
        assert (first.rank, second.rank, first.hold_id) == (1, 2, second.hold_id)

    def test_the_number_of_questions_does_not_grow_with_the_line(self, queue: Queue) -> None:
        def questions(start: datetime, policy: Policy) -> int:
            freed_at(queue, start)
            engine = queue.session.get_bind()
            with counted_queries(engine) as statements:  # type: ignore[arg-type]
                assert queue.offer(policy).offered == 1
            return len(statements)

        one = Policy(batch=1)
        queue.join(hours=weekly([], ["evening"]))
        queue.join()
        few = questions(queue.at(2), one)
        for _ in range(12):
            queue.join()
        assert questions(queue.at(3), one) == few

    def test_nobody_has_two_offers_at_once(self, queue: Queue) -> None:
        first, second = queue.join(), queue.join()
        freed_at(queue, queue.at(2))
        freed_at(queue, queue.at(3))
        assert queue.offer(Policy(batch=1)).offered == 2
        assert [(offer.entry_id, offer.freed_id) for offer in queue.offers()] == [(first, 1), (second, 2)]

    def test_who_is_asked_elsewhere_is_asked_later(self, queue: Queue) -> None:
        entry = queue.join()
        freed_at(queue, queue.at(2))
        freed_at(queue, queue.at(5))
        assert queue.offer().offered == 1
        assert queue.freed()[1].look_at == NOW + 4 * HOUR
        queue.decline(queue.offers()[0])
        queue.offer()
        queue.now += 4 * HOUR
        assert queue.offer().offered == 1
        assert [offer.entry_id for offer in queue.offers()] == [entry, entry]

    def test_their_own_other_visit_is_in_the_way(self, queue: Queue) -> None:
        """Of the patient of a visit, the calendar is known."""
        typed = queue.details()
        later = queue.book(queue.at(9), **said(typed))
        queue.earlier(later)
        elsewhere, _, _ = build.practice(queue.session, visit=queue.kind, weekly=build.EVERY_DAY)
        queue.session.commit()
        other = write_at(queue, elsewhere.id, queue.at(2))
        held = booking.hold(queue.session, other, key=KEY, who=PATIENT, now=NOW)
        booking.confirm(queue.session, held.token, typed, key=KEY, who=PATIENT, now=NOW)
        freed_at(queue, queue.at(2))
        assert queue.offer() == waitlist.Round(closed=1)


def write_at(queue: Queue, location_id: int, start: datetime) -> str:
    from clinic.domain.time.timeline import cell_at
    from clinic.domain.tokens import SlotRef, write_opening
    from clinic.store.tables.directory import Offer

    person = queue.session.scalars(select(Offer.specialist_id).where(Offer.location_id == location_id)).one()
    return write_opening(KEY, SlotRef(queue.kind.id, location_id, person, cell_at(start)))


def said(typed: Any) -> dict[str, Any]:
    return {"family_name": typed.family_name, "phone": typed.phone, "email": typed.email}


def waitlist_free(queue: Queue, since: datetime, until: datetime) -> None:
    from clinic.store.waitlist.waitlist import free

    free(queue.session, queue.ana.id, queue.place.id, since, until, cause="hours", now=queue.now)


class TestWhen:
    def test_nobody_is_asked_at_night_and_nothing_is_held(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(4))
        queue.now = datetime(2026, 11, 17, 2, 30, tzinfo=UTC)  # half past nine in the evening in Orlando
        assert queue.offer() == waitlist.Round()
        assert queue.session.scalar(select(func.count()).select_from(Claim)) == 0
        (freed,) = queue.freed()
        assert (freed.look_at, freed.done_at) == (datetime(2026, 11, 17, 13, tzinfo=UTC), None)  # eight
        queue.now = freed.look_at
        assert queue.offer().offered == 1

    def test_it_is_their_night_that_counts(self, queue: Queue) -> None:
        """Eight in the morning in Orlando is five in Phoenix, where they live."""
        build_zips(queue)
        queue.now = datetime(2026, 11, 16, 13, 0, tzinfo=UTC)
        at_home, by_the_clinic = queue.join(details=queue.details(postal_code="85004")), queue.join()
        freed_at(queue, queue.at(4))
        assert queue.offer().offered == 1
        (offer,) = queue.offers()
        assert (offer.entry_id, offer.rank) == (by_the_clinic, 2)  # the first keeps their place
        queue.decline(offer)
        assert queue.offer() == waitlist.Round()
        assert queue.freed()[0].look_at == datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
        queue.now = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
        assert queue.offer().offered == 1
        assert queue.offers("open")[0].entry_id == at_home

    def test_it_is_too_late_within_two_hours_of_the_start_or_their_notice(self, queue: Queue) -> None:
        queue.join(notice_hours=2)
        booked = queue.book(queue.at(0, 13))
        queue.now = queue.at(0, 11) + MINUTE
        queue.cancel(booked)
        assert queue.offer() == waitlist.Round(closed=1)
        assert queue.offers() == []
        queue.now = NOW
        booked = queue.book(queue.at(0, 15))
        queue.now = queue.at(0, 13)
        queue.cancel(booked)
        assert queue.offer().offered == 1
        assert queue.offers()[0].expires_at == queue.now + 30 * MINUTE

    def test_a_policy_may_stop_earlier(self, queue: Queue) -> None:
        queue.join(notice_hours=2)
        with queue.session.begin():
            waitlist_free(queue, queue.at(1), queue.at(2, 12))
        assert queue.offer(Policy(stop_before=25 * HOUR)).offered == 1
        assert queue.session.get_one(Appointment, queue.offers()[0].hold_id).start_at == queue.at(1, 10)

    def test_notice_of_the_clinic_does_not_stand_in_the_way(self, session: Session) -> None:
        queue = Queue(session, notice_minutes=3 * 24 * 60)
        queue.join(notice_hours=2)
        booked = queue.book(queue.at(4))
        queue.now = queue.at(3)
        queue.cancel(booked)
        assert queue.offer().offered == 1
        assert queue.accept(queue.offers()[0]).state == "accepted"

    def test_who_cannot_be_written_to_is_called(self, queue: Queue) -> None:
        queue.join(details=queue.details(email=None))
        queue.join(details=queue.details(email=None, texts=True))
        later = queue.book(queue.at(9), email=None)
        queue.earlier(later)
        freed_at(queue, queue.at(2))
        assert queue.offer().offered == 3
        offers = queue.offers()
        tasks = queue.session.execute(
            select(Task.kind, Task.offer_id, Task.appointment_id).where(Task.offer_id.is_not(None)).order_by(Task.id)
        )
        assert list(tasks) == [(PHONE_OFFER, offer.id, offer.hold_id) for offer in (offers[0], offers[2])]
        told = queue.session.scalars(select(OutboxMessage.sequence).where(OutboxMessage.event == "offer"))
        assert list(told) == [offers[1].id]
        answer = waitlist.accept_for(queue.session, offers[2].id, key=KEY, sealer=SEALER, who=STAFF, now=NOW)
        assert (answer.state, answer.moved) == ("accepted", True)
        left = queue.session.scalars(select(Task.offer_id).where(Task.kind == PHONE_OFFER, Task.done_at.is_(None)))
        assert list(left) == [], "nobody is called about a time that is gone"


def build_zips(queue: Queue) -> None:
    from clinic.store.directory import gazetteer

    gazetteer.load(queue.session, build.ZIPS)
    queue.session.commit()


class TestBatches:
    def test_unanswered_it_goes_to_the_next_three(self, queue: Queue) -> None:
        entries = [queue.join() for _ in range(4)]
        freed_at(queue, queue.at(3))
        queue.offer()
        queue.now += 4 * HOUR
        assert queue.offer() == waitlist.Round(offered=1, lapsed=3)
        assert [(offer.entry_id, offer.state) for offer in queue.offers()] == [
            *((e, "lapsed") for e in entries[:3]),
            (entries[3], "open"),
        ]
        assert len({offer.hold_id for offer in queue.offers()}) == 2
        queue.now += 4 * HOUR
        assert queue.offer() == waitlist.Round(lapsed=1, closed=1)
        assert queue.freed()[0].done_at == queue.now
        queue.book(queue.at(3))  # anybody's again

    def test_declined_by_all_it_goes_on_at_once(self, queue: Queue) -> None:
        entries = [queue.join() for _ in range(4)]
        freed_at(queue, queue.at(3))
        queue.offer()
        for offer in queue.offers():
            assert queue.offer() == waitlist.Round()
            assert queue.decline(offer).state == queue.decline(offer).state == "declined"
        queue.now += MINUTE
        assert queue.offer() == waitlist.Round(offered=1)
        assert queue.offers("open")[0].entry_id == entries[3]
        queue.decline(queue.offers("open")[0])
        assert queue.offer() == waitlist.Round(closed=1)
        assert queue.session.scalar(select(func.count()).select_from(Claim)) == 0

    def test_a_hold_tidied_away_by_the_sweeper_changes_nothing(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(3))
        queue.offer()
        queue.now += 5 * HOUR
        assert booking.sweep(queue.session, now=queue.now) == 1
        assert queue.offer() == waitlist.Round(lapsed=1, closed=1)

    def test_nobody_waits(self, queue: Queue) -> None:
        freed_at(queue, queue.at(3))
        assert queue.offer() == waitlist.Round(closed=1)

    def test_taken_between_look_and_lock_it_is_looked_at_again(self, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
        queue.join()
        freed_at(queue, queue.at(3))

        def refuse(*_args: object, **_named: object) -> int:
            raise place.TimeTaken()

        with monkeypatch.context() as patch:
            patch.setattr(place, "hold", refuse)
            assert queue.offer() == waitlist.Round()
        assert queue.freed()[0].look_at == NOW + MINUTE
        queue.now += MINUTE
        assert queue.offer().offered == 1


class TestTaking:
    def test_the_first_has_it_and_the_others_are_told_and_keep_waiting(self, queue: Queue) -> None:
        entries = [queue.join() for _ in range(3)]
        freed_at(queue, queue.at(2))
        queue.offer()
        one, two, three = queue.offers()
        taken = queue.accept(two)
        assert (taken.state, taken.moved, taken.held.start) == ("accepted", False, queue.at(2))
        assert [offer.state for offer in queue.offers()] == ["passed", "accepted", "passed"]
        seen = booking.get_visit(queue.session, taken.manage_token, key=KEY, now=NOW)
        assert (seen.reference, seen.summary.state) == (taken.reference, "booked")
        for late in (one, three):
            assert queue.accept(late).state == "passed"
        assert [queue.entry(entry).end_reason for entry in entries] == [None, "booked", None]
        assert queue.entry(entries[1]).said is None
        assert queue.visits() == [queue.at(2)]
        assert queue.offer() == waitlist.Round(closed=1)

    def test_pressed_twice_it_is_taken_once(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(2))
        queue.offer()
        (offer,) = queue.offers()
        assert queue.accept(offer) == queue.accept(offer)
        assert queue.decline(offer).state == "accepted"
        assert queue.session.scalars(select(Audit.action).where(Audit.action.in_(("accept", "decline")))).all() == ["accept"]

    def test_what_was_said_becomes_the_patient_and_nothing_of_it_stood_readable(self, queue: Queue) -> None:
        child = queue.details(
            given_name="Zoë", family_name="Quillfeather", birth_date=datetime(2015, 5, 5).date(), texts=True,  # noqa: DTZ001
            guardian=build_guardian(), booked_by="parent", reason="low back", access_needs="a ramp",
        )  # fmt: skip
        queue.join(details=child)
        assert queue.session.scalar(select(func.count()).select_from(Patient)) == 0
        row = queue.session.execute(text("select * from waitlist_entry")).one()
        assert not any(word in str(row) for word in ("Quillfeather", "Zoë", "2015-05", "407555", "low back", "a ramp", "Garcia"))
        freed_at(queue, queue.at(2))
        queue.offer()
        queue.accept(queue.offers()[0])
        patient = queue.session.scalars(select(Patient).where(Patient.family_name == "Quillfeather")).one()
        visit = queue.session.scalars(select(Appointment).where(Appointment.patient_id == patient.id)).one()
        guardian = queue.session.get_one(Guardian, visit.id)
        assert (patient.given_name, visit.reason, guardian.name, guardian.phone) == (
            "Zoë",
            "low back",
            "Ana Garcia",
            "+14075550199",
        )

    def test_a_series_goes_on_until_there_are_enough(self, queue: Queue) -> None:
        entry = queue.join(visits=2)
        for day in (2, 3):
            freed_at(queue, queue.at(day))
            queue.offer()
            assert queue.accept(queue.offers("open")[0]).state == "accepted"
            queue.offer()
        assert (queue.entry(entry).visits, queue.entry(entry).end_reason) == (0, "booked")
        assert queue.visits() == [queue.at(2), queue.at(3)]

    def test_who_has_left_takes_nothing_even_if_an_offer_stayed_open(self, queue: Queue) -> None:
        token = queue.wait()
        freed_at(queue, queue.at(2))
        queue.offer()
        waitlist.leave(queue.session, token, key=KEY, who=PATIENT, now=NOW)
        queue.session.execute(text("update time_offer set state = 'open'"))
        queue.session.commit()
        assert queue.accept(queue.offers()[0]).state == "passed"
        assert queue.visits() == []

    def test_too_late_it_is_still_theirs_if_nobody_has_it(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(2))
        queue.offer()
        queue.now += 5 * HOUR
        queue.offer()
        (offer,) = queue.offers("lapsed")
        assert queue.accept(offer).state == "accepted"

    def test_too_late_and_taken_it_is_somebody_elses(self, queue: Queue) -> None:
        entry = queue.join()
        freed_at(queue, queue.at(2))
        queue.offer()
        queue.now += 5 * HOUR
        queue.book(queue.at(2))
        assert queue.accept(queue.offers()[0]).state == "passed"
        assert queue.entry(entry).ended_at is None
        assert queue.visits() == [queue.at(2)]

    def test_enough_first_visits_are_enough(self, queue: Queue) -> None:
        typed = queue.details()
        for day in (20, 21, 22):
            queue.book(queue.at(day), **said(typed))
        queue.join(details=typed)
        freed_at(queue, queue.at(2))
        queue.offer()
        with pytest.raises(LimitReached):
            queue.accept(queue.offers()[0])
        assert [offer.state for offer in queue.offers()] == ["open"]

    def test_a_clash_with_a_visit_of_theirs_takes_nothing(self, queue: Queue) -> None:
        typed = queue.details()
        elsewhere, _, _ = build.practice(queue.session, visit=queue.kind, weekly=build.EVERY_DAY)
        held = booking.hold(queue.session, write_at(queue, elsewhere.id, queue.at(2)), key=KEY, who=PATIENT, now=NOW)
        booking.confirm(queue.session, held.token, typed, key=KEY, who=PATIENT, now=NOW)
        queue.join(details=typed)
        freed_at(queue, queue.at(2))
        queue.offer()
        with pytest.raises(PatientClash):
            queue.accept(queue.offers()[0])
        assert [offer.state for offer in queue.offers()] == ["open"]

    def test_other_keys_open_nothing(self, queue: Queue) -> None:
        queue.join()
        freed_at(queue, queue.at(2))
        queue.offer()
        (offer,) = queue.offers()
        with pytest.raises(NotFound):
            waitlist.get_offer(queue.session, queue.token(offer)[:-1] + "_", key=KEY)
        with pytest.raises(UnusableToken):
            waitlist.get_offer(queue.session, "what", key=KEY)
        queue.session.execute(text("update waitlist_entry set generation = 1"))
        queue.session.commit()
        with pytest.raises(NotFound):
            queue.accept(offer)


def build_guardian() -> Any:
    from clinic.domain.people.patient import GuardianDetails

    return GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0199", consent=True)


class TestSwapping:
    def test_the_later_visit_moves_and_its_time_is_free(self, queue: Queue) -> None:
        later = queue.book(queue.at(9))
        entry = queue.earlier(later)
        freed_at(queue, queue.at(2))
        queue.offer()
        (offer,) = queue.offers()
        seen = waitlist.get_offer(queue.session, queue.token(offer), key=KEY)
        assert seen.own is not None
        assert (seen.state, seen.own.start, seen.held.start) == ("open", queue.at(9), queue.at(2))
        taken = queue.accept(offer)
        assert (taken.state, taken.moved, taken.reference) == ("accepted", True, later.reference)
        assert queue.visits() == [queue.at(2)]
        assert queue.entry(entry).end_reason == "booked"
        assert [freed.cause for freed in queue.freed()] == ["cancelled", "moved"]
        assert queue.freed()[1].since == queue.at(9)

    def test_inside_the_window_for_changes_too(self, session: Session) -> None:
        queue = Queue(session, cancel_window_hours=48)
        later = queue.book(queue.at(1, 16))
        queue.earlier(later)
        entry = session.scalars(select(WaitlistEntry)).one()
        entry.notice_hours = 2
        session.commit()
        freed_at(queue, queue.at(1, 9))
        queue.offer()
        assert queue.accept(queue.offers()[0]).moved

    def test_only_what_is_earlier_is_offered(self, queue: Queue) -> None:
        queue.earlier(queue.book(queue.at(3, 10)))
        freed_at(queue, queue.at(3, 12))
        freed_at(queue, queue.at(3, 9))
        assert queue.offer().offered == 1
        assert queue.session.get_one(Appointment, queue.offers()[0].hold_id).start_at == queue.at(3, 9)

    def test_a_chain_of_three_leaves_no_gap_and_no_overlap(self, queue: Queue) -> None:
        """The first time goes to A, A's to B, B's to C; every step is a visit in one place, and the last time is free."""
        days = (5, 7, 9)
        visits = [queue.book(queue.at(day)) for day in days]
        for booked in visits:
            queue.earlier(booked)
        freed_at(queue, queue.at(2))
        one = Policy(batch=1)
        for turn in range(3):
            assert queue.offer(one).offered == 1
            (offer,) = queue.offers("open")
            assert queue.accept(offer).moved
            assert len(queue.visits()) == 3
            assert broken(queue.session, now=NOW) == []
            queue.session.rollback()
            starts = [queue.at(2), *(queue.at(day) for day in days)]
            assert queue.visits() == sorted(set(starts) - {starts[turn + 1]})
        assert queue.offer(one).offered == 0
        held = booking.hold(queue.session, build_opening(queue, queue.at(9)), key=KEY, who=PATIENT, now=NOW)
        assert held.summary.start == queue.at(9)

    @pytest.mark.parametrize("where", ["drop_claims", "claim", "free"])
    def test_broken_off_anywhere_it_has_not_happened(self, queue: Queue, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
        later = queue.book(queue.at(9))
        queue.earlier(later)
        freed_at(queue, queue.at(2))
        queue.offer()
        (offer,) = queue.offers()
        module: Any = place.waitlist if where == "free" else claims
        real, calls = getattr(module, where), []

        def breaks(*args: Any, **named: Any) -> Any:
            calls.append(args)
            result = real(*args, **named)
            if len(calls) == (1 if where == "free" else 2):
                raise RuntimeError("the power went")
            return result

        with monkeypatch.context() as patch:
            patch.setattr(module, where, breaks)
            with pytest.raises(RuntimeError):
                queue.accept(offer)
        assert queue.visits() == [queue.at(9)]
        assert queue.offers()[0].state == "open"
        assert broken(queue.session, now=NOW) == []
        queue.session.rollback()
        assert queue.accept(offer).moved

    def test_of_a_visit_cancelled_meanwhile_nothing_is_moved(self, queue: Queue) -> None:
        later = queue.book(queue.at(9))
        entry = queue.earlier(later)
        freed_at(queue, queue.at(2))
        queue.offer()
        queue.cancel(later)
        with pytest.raises(IllegalMove, match="cancelled"):
            queue.accept(queue.offers()[0])
        assert queue.offer().closed >= 1
        assert queue.entry(entry).end_reason == "over"
        assert queue.accept(queue.offers()[0]).state == "passed"

    def test_wanted_at_its_own_clinic_it_is_wanted_where_the_visit_is_now(self, queue: Queue) -> None:
        booked = queue.book(queue.at(9))
        entry = queue.earlier(booked)
        elsewhere, _, _ = build.practice(queue.session, visit=queue.kind, weekly=build.EVERY_DAY)
        opening = write_at(queue, elsewhere.id, queue.at(8))
        booking.reschedule(queue.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
        assert queue.entry(entry).location_id == elsewhere.id
        freed_at(queue, queue.at(2))
        assert queue.offer().offered == 0


class TestJoining:
    def test_the_same_person_for_the_same_times_waits_once(self, queue: Queue) -> None:
        typed = queue.details()
        assert queue.wait(details=typed) == queue.wait(details=typed)
        assert queue.wait(details=typed, notice_hours=48) != queue.wait(details=typed)
        queue.wait(details=typed, notice_hours=72)
        with pytest.raises(LimitReached):
            queue.wait(details=typed, notice_hours=2)
        assert queue.session.scalars(select(OutboxMessage.event)).all() == ["waiting"] * 3

    def test_somebody_who_waits_twice_is_offered_a_time_once(self, queue: Queue) -> None:
        typed = queue.details()
        queue.join(details=typed)
        queue.join(details=typed, notice_hours=48)
        other = queue.join()
        freed_at(queue, queue.at(3))
        assert queue.offer().offered == 2
        assert [offer.entry_id for offer in queue.offers()][1] == other

    def test_every_wrong_answer_at_once_as_when_booking(self, queue: Queue) -> None:
        with pytest.raises(InvalidInput) as refused:
            queue.wait(
                details=build.details(given_name="", phone="12", birth_date=None, postal_code="x"), notice_hours=7, miles=1
            )
        assert set(refused.value.fields) == {"given_name", "phone", "birth_date", "postal_code", "notice", "miles"}
        with pytest.raises(NotFound):
            waitlist.join(
                queue.session, waitlist.WaitRequest(service="none", wants=Wants()), queue.details(),
                sealer=SEALER, key=KEY, who=PATIENT, now=NOW,
            )  # fmt: skip

    def test_seen_changed_and_left(self, queue: Queue) -> None:
        token = queue.wait()
        seen = waitlist.get_waiting(queue.session, token, key=KEY)
        assert (seen.visit_name, seen.own, seen.ended, seen.wants) == (queue.kind.name, None, "", Wants())
        wants = Wants(notice_hours=48, hours=weekly(["Mon"], []))
        waitlist.change(queue.session, token, wants, key=KEY, who=PATIENT, now=NOW)
        assert waitlist.get_waiting(queue.session, token, key=KEY).wants == wants
        for _ in range(2):
            waitlist.leave(queue.session, token, key=KEY, who=PATIENT, now=NOW)
        assert waitlist.get_waiting(queue.session, token, key=KEY).ended == "left"
        with pytest.raises(IllegalMove):
            waitlist.change(queue.session, token, wants, key=KEY, who=PATIENT, now=NOW)
        assert queue.session.scalars(select(WaitlistEntry.said)).all() == [""]
        assert queue.session.scalars(select(Audit.action).order_by(Audit.id)).all() == ["join", "change_wait", "leave"]
        with pytest.raises(NotFound):
            waitlist.get_waiting(queue.session, token[:-2] + "xx", key=KEY)

    def test_who_leaves_gives_their_offer_back(self, queue: Queue) -> None:
        token, entry = queue.wait(), queue.join()
        freed_at(queue, queue.at(3))
        queue.offer(Policy(batch=1))
        waitlist.leave(queue.session, token, key=KEY, who=PATIENT, now=NOW)
        assert queue.offer().offered == 1
        assert [(offer.entry_id, offer.state) for offer in queue.offers()] == [(1, "declined"), (entry, "open")]

    def test_waiting_ends_by_itself_once_the_visit_begins(self, queue: Queue) -> None:
        entry = queue.earlier(queue.book(queue.at(1)))
        assert queue.offer() == waitlist.Round()
        queue.now = queue.at(1)
        assert queue.offer() == waitlist.Round(closed=1)
        assert queue.entry(entry).end_reason == "over"

    def test_of_a_visit(self, queue: Queue) -> None:
        booked = queue.book(queue.at(3))
        token = booked.manage_token
        assert waitlist.waiting_of_visit(queue.session, token, key=KEY, now=NOW) is None
        queue.earlier(booked)
        seen = waitlist.waiting_of_visit(queue.session, token, key=KEY, now=NOW)
        assert seen is not None
        assert (seen.own and seen.own.start, seen.place, seen.wants.before) == (queue.at(3), queue.place.name, queue.at(3))

    def test_what_was_said_is_sealed_anew_with_other_keys(self, queue: Queue) -> None:
        key = new_key()
        entries = [queue.join(), queue.join()]
        waitlist.leave(queue.session, queue.wait(), key=KEY, who=PATIENT, now=NOW)
        assert keys.renew_keys(queue.session, Sealer([key, *SEALER_KEYS])) == 2
        for entry in entries:
            sealed = queue.entry(entry).said
            assert sealed
            assert waitlist_payload.unseal(sealed, Sealer([key]))[0].given_name == "Maria"
