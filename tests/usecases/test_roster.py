"""What a change of availability would do is told before it is saved, and is what happens then: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import ChangedMeanwhile, InvalidInput, NotFound, NotOffered, Undecided
from clinic.domain.scheduling.roster_edits import (
    AddHours,
    ComeBack,
    CopyWeek,
    Edit,
    SetDay,
    SetWeek,
    TakeOff,
    days_off,
    hours_off,
)
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.engine.search.candidates import CandidateSite, SearchCriteria, all_starts
from clinic.store.directory import locations
from clinic.store.directory.catalogue import find_visit
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.schedules import RosterChange, Shift, ShiftDay, TimeOff
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.usecases.booking import Booked
from clinic.usecases.roster import Decisions, Effect, Saved, availability, holidays_ahead, preview, save, taking_back
from tests import build
from tests.build import KEY, PATIENT
from tests.counting import counted_queries
from tests.invariants import broken
from tests.queues import NOW, Queue

ANA = Who("account:1", "portal", staff=True)
BEN = Who("account:2", "portal", staff=True)
EASTERN = "America/New_York"
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
TABLES = (Shift, ShiftDay, TimeOff, RosterChange, Appointment, Claim, Task, Audit)


class Calendar(Queue):
    """Ana, of the queue, with a second clinic four miles off and a second kind of visit, and her hands on her own hours."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, buffer_after=5, cancel_window_hours=0, horizon_days=30)
        self.park = build.location(session, name="Park Clinic", latitude=28.5978, longitude=-81.3534)
        self.short = build.visit_type(
            session, name="Short visit", minutes=30, step_minutes=30, room_kind="treatment", horizon_days=20
        )
        for place in (self.place, self.park):
            build.room(session, place)
            build.offer(session, self.short, place, self.ana)
        build.offer(session, self.kind, self.park, self.ana)

    def starts(self) -> set[tuple[int, int, int]]:
        """(visit type, clinic, cell) of all that patients can book, as they would find it."""
        found = set()
        for kind in (self.kind, self.short):
            visit = find_visit(self.session, kind.id)
            assert visit is not None
            rows = locations.offering(self.session, kind.id)
            sought = SearchCriteria(visit=visit, candidates=[CandidateSite(row) for row in rows])
            for practice, cells in all_starts(self.session, sought, now=self.now).items():
                found |= {(kind.id, practice.site.id, cell) for cell in cells}
        self.session.rollback()
        return found

    def preview(self, *change: Edit) -> Effect:
        effect = preview(self.session, self.ana.id, change, now=self.now)
        self.session.rollback()
        return effect

    def save(
        self, *change: Edit, visits: Any = "task", held: Any = None, effect: Effect | None = None, who: Who = ANA, **more: Any
    ) -> Saved:
        """With one decision for all visits of `effect`, which is read just before unless it is given."""
        effect = effect or self.preview(*change)
        chosen = Decisions({visit.key: visits for visit in effect.visits}, held)
        return save(self.session, self.ana.id, change, chosen, **{"version": effect.version, "who": who, "now": self.now, **more})

    def picture(self) -> list[Any]:
        self.session.rollback()
        found = [self.session.execute(select(t.__table__).order_by(*t.__table__.primary_key)).all() for t in TABLES]
        self.session.rollback()
        return found

    def tasks(self) -> list[tuple[str, int | None, bool]]:
        rows = self.session.scalars(select(Task).where(Task.kind == "affected_visit").order_by(Task.id)).all()
        found = [(row.kind, row.appointment_id, row.done_at is not None) for row in rows]
        self.session.rollback()
        return found

    def hold(self, start: datetime) -> Any:
        opening = write_opening(KEY, SlotRef(self.kind.id, self.place.id, self.ana.id, cell_at(start)))
        return booking.hold(self.session, opening, key=KEY, who=PATIENT, now=self.now)

    def id_of(self, booked: Booked) -> int:
        return booked.summary.appointment_id


@pytest.fixture
def calendar(session: Session) -> Iterator[Calendar]:
    made = Calendar(session)
    yield made
    session.rollback()
    assert broken(session, now=made.now) == []


def some_changes(calendar: Calendar) -> Sequence[tuple[Edit, ...]]:
    here, park, week_on = calendar.place.id, calendar.park.id, TOMORROW + timedelta(days=9)
    return [
        (SetWeek(here, "Mon 09:00-12:00 13:00-15:00; Thu 08:00-18:00", TOMORROW),),
        (SetWeek(here, "", TOMORROW, week_on), SetWeek(park, "Wed 09:00-17:00", TOMORROW, week_on)),
        (SetWeek(park, "Sat 18:00-20:00", TODAY + timedelta(days=7)),),
        (SetDay(here, TOMORROW, ""), AddHours(park, TOMORROW, "12:00-16:00")),
        (AddHours(here, TODAY, "17:00-19:30"),),
        (days_off(TOMORROW, TOMORROW + timedelta(days=2), EASTERN),),
        (hours_off(TOMORROW, "11:00-14:00", EASTERN, "dentist"),),
        (SetDay(here, TOMORROW, "09:00-10:00"), CopyWeek(TODAY, TODAY + timedelta(days=7))),
        (SetWeek(here, "Mon 09:00-10:00", TODAY + timedelta(days=200)),),
    ]


@pytest.mark.parametrize("number", range(9))
def test_what_is_told_is_what_happens_and_is_undone(calendar: Calendar, number: int) -> None:
    """Openings gained and lost, counted by the engine's own search before and after; then everything is as it was."""
    for days in (1, 2, 8):
        calendar.book(calendar.at(days, 12))
    change = some_changes(calendar)[number]
    before, picture = calendar.starts(), calendar.picture()
    effect = calendar.preview(*change)
    assert calendar.picture() == picture, "a preview writes nothing"
    saved = calendar.save(*change, effect=effect)
    after = calendar.starts()
    assert (effect.added, effect.removed) == (len(after - before), len(before - after))
    by_kind = {kind.visit_type: (kind.added, kind.removed) for kind in effect.kinds}
    for kind in (calendar.kind, calendar.short):
        gained, lost = ([one for one in some if one[0] == kind.id] for some in (after - before, before - after))
        assert by_kind[kind.name] == (len(gained), len(lost))
    if number < 8:
        assert before != after
    back = taking_back(calendar.session, calendar.ana.id, saved.change_id, now=calendar.now)
    calendar.save(*back)
    assert calendar.starts() == before
    assert all(done for _kind, _visit, done in calendar.tasks())


def test_rooms_that_others_use_at_a_new_clinic_are_not_counted_as_free(calendar: Calendar) -> None:
    other = build.specialist(calendar.session)
    build.offer(calendar.session, calendar.short, calendar.park, other)
    build.shift(calendar.session, other, calendar.park, "Tue 18:00-21:00")
    opening = write_opening(KEY, SlotRef(calendar.short.id, calendar.park.id, other.id, cell_at(calendar.at(1, 19))))
    booking.hold(calendar.session, opening, key=KEY, who=PATIENT, now=NOW)
    effect = calendar.preview(AddHours(calendar.park.id, TOMORROW, "18:00-21:00"))
    assert [(kind.added, kind.removed) for kind in effect.kinds] == [(2, 0), (5, 0)], "the only room is in use at seven"


class TestAffected:
    def test_each_is_named_with_its_time_and_clinic(self, calendar: Calendar) -> None:
        calendar.book(calendar.at(1, 9))
        booked = calendar.book(calendar.at(1, 13), family_name="Okafor", given_name="Ada")
        calendar.cancel(calendar.book(calendar.at(1, 15)))
        effect = calendar.preview(SetWeek(calendar.place.id, "Tue 09:00-12:00", TOMORROW, TOMORROW))
        (visit,) = effect.visits
        assert (visit.patient, visit.start, visit.time_zone) == ("Ada Okafor", calendar.at(1, 13), EASTERN)
        assert (visit.clinic, visit.visit_type) == (calendar.place.name, calendar.kind.name)
        assert (visit.appointment_id, effect.held) == (calendar.id_of(booked), 0)

    def test_buffers_count_and_other_clinics_hours_do_not_help(self, calendar: Calendar) -> None:
        calendar.book(calendar.at(1, 9))
        assert not calendar.preview(SetDay(calendar.place.id, TOMORROW, "09:00-10:05")).visits
        assert calendar.preview(SetDay(calendar.place.id, TOMORROW, "09:00-10:00")).visits
        assert calendar.preview(
            SetDay(calendar.place.id, TOMORROW, ""), AddHours(calendar.park.id, TOMORROW, "09:00-17:00")
        ).visits

    def test_what_lies_outside_already_is_not_affected_again(self, calendar: Calendar) -> None:
        calendar.book(calendar.at(1, 13))
        calendar.save(SetDay(calendar.place.id, TOMORROW, "09:00-12:00"), visits="keep")
        assert calendar.preview(SetDay(calendar.place.id, TOMORROW, "09:00-11:00")).visits == ()

    def test_held_times_are_counted_and_ended_ones_are_not(self, calendar: Calendar) -> None:
        calendar.hold(calendar.at(1, 13))
        off = days_off(TOMORROW, TOMORROW, EASTERN)
        assert calendar.preview(off).held == 1
        calendar.now += timedelta(minutes=11)
        assert calendar.preview(off).held == 0

    def test_the_number_of_queries_does_not_depend_on_visits_or_clinics(self, calendar: Calendar) -> None:
        off = days_off(TOMORROW, TOMORROW + timedelta(days=5), EASTERN)

        def asked() -> int:
            with counted_queries(calendar.session.get_bind()) as statements:  # type: ignore[arg-type]
                calendar.preview(off)
            return len(statements)

        asked()
        before = asked()
        for days in range(1, 6):
            calendar.book(calendar.at(days, 12))
        for _ in range(3):
            place = build.location(calendar.session)
            build.offer(calendar.session, calendar.kind, place, calendar.ana)
            build.shift(calendar.session, calendar.ana, place, "Sun 19:00-20:00", last_day=TODAY)
        asked()
        assert asked() == before
        assert len(calendar.preview(off).visits) == 5


class TestSaving:
    def test_nothing_without_a_decision_for_each(self, calendar: Calendar) -> None:
        for hour in (9, 13, 15):
            calendar.book(calendar.at(1, hour))
        off = hours_off(TOMORROW, "12:00-17:00", EASTERN)
        effect, picture = calendar.preview(off), calendar.picture()
        for chosen in ({}, {effect.visits[0].key: "keep"}, {v.key.partition(".")[0] + ".7": "keep" for v in effect.visits}):
            with pytest.raises(Undecided) as refused:
                save(calendar.session, calendar.ana.id, [off], Decisions(chosen), version=effect.version, who=ANA, now=NOW)
            assert refused.value.effect == effect
            assert calendar.picture() == picture
        with pytest.raises(InvalidInput, match="Choose what becomes"):
            calendar.save(off, visits="perhaps")
        assert calendar.picture() == picture

    def test_keep_one_and_put_the_other_on_the_work_list(self, calendar: Calendar) -> None:
        kept, moved = calendar.book(calendar.at(1, 13)), calendar.book(calendar.at(1, 15))
        off = hours_off(TOMORROW, "12:00-17:00", EASTERN, "school play")
        effect = calendar.preview(off)
        chosen = Decisions({effect.visits[0].key: "keep", effect.visits[1].key: "task"})
        saved = save(calendar.session, calendar.ana.id, [off], chosen, version=effect.version, who=ANA, now=NOW)
        assert calendar.tasks() == [("affected_visit", calendar.id_of(moved), False)]
        rows = calendar.session.execute(
            select(Audit.actor, Audit.action, Audit.appointment_id, Audit.detail).order_by(Audit.id.desc()).limit(3)
        ).all()
        assert rows == [
            ("account:1", "hours", None, f"specialist {calendar.ana.id}, change {saved.change_id}, visits 2, held 0"),
            ("account:1", "ask_to_move", calendar.id_of(moved), ""),
            ("account:1", "keep_outside_hours", calendar.id_of(kept), ""),
        ]
        assert calendar.visits() == [calendar.at(1, 13), calendar.at(1, 15)], "both are still booked"

    def test_a_task_is_made_once_and_done_when_the_hours_come_back(self, calendar: Calendar) -> None:
        booked = calendar.book(calendar.at(1, 13))
        saved = calendar.save(hours_off(TOMORROW, "12:00-17:00", EASTERN))
        assert calendar.tasks() == [("affected_visit", calendar.id_of(booked), False)]
        calendar.save(*taking_back(calendar.session, calendar.ana.id, saved.change_id, now=NOW))
        assert calendar.tasks() == [("affected_visit", calendar.id_of(booked), True)]
        calendar.save(SetDay(calendar.place.id, TOMORROW, ""))
        assert [done for *_, done in calendar.tasks()] == [True, False]

    def test_a_patient_who_booked_meanwhile_is_seen(self, calendar: Calendar) -> None:
        off = days_off(TOMORROW, TOMORROW, EASTERN)
        effect = calendar.preview(off)
        booked = calendar.book(calendar.at(1, 13))
        picture = calendar.picture()
        with pytest.raises(Undecided) as refused:
            calendar.save(off, effect=effect)
        assert [visit.appointment_id for visit in refused.value.effect.visits] == [calendar.id_of(booked)]
        assert refused.value.effect.removed == effect.removed - 6, "three starts of either kind are not on offer any more"
        assert calendar.picture() == picture
        assert calendar.save(off, effect=refused.value.effect).change_id

    def test_a_visit_that_moved_meanwhile_is_decided_on_anew(self, calendar: Calendar) -> None:
        booked = calendar.book(calendar.at(1, 13))
        off = days_off(TOMORROW, TOMORROW, EASTERN)
        effect = calendar.preview(off)
        opening = write_opening(KEY, SlotRef(calendar.kind.id, calendar.place.id, calendar.ana.id, cell_at(calendar.at(1, 15))))
        booking.reschedule(calendar.session, booked.manage_token, opening, key=KEY, who=PATIENT, now=NOW)
        with pytest.raises(Undecided) as refused:
            calendar.save(off, effect=effect)
        assert [visit.start for visit in refused.value.effect.visits] == [calendar.at(1, 15)]

    def test_a_visit_that_was_cancelled_meanwhile_needs_nothing(self, calendar: Calendar) -> None:
        booked = calendar.book(calendar.at(1, 13))
        off = days_off(TOMORROW, TOMORROW, EASTERN)
        effect = calendar.preview(off)
        calendar.cancel(booked)
        assert calendar.save(off, effect=effect).change_id
        assert calendar.tasks() == []

    def test_the_second_of_two_sees_what_the_first_changed(self, calendar: Calendar) -> None:
        mine, theirs = SetWeek(calendar.place.id, "Mon 09:00-12:00", TOMORROW), days_off(TOMORROW, TOMORROW, EASTERN)
        seen = calendar.preview(mine)
        calendar.save(theirs, who=BEN)
        picture = calendar.picture()
        with pytest.raises(ChangedMeanwhile) as refused:
            calendar.save(mine, effect=seen)
        assert [(one.actor, one.edits) for one in refused.value.changes] == [("account:2", (theirs,))]
        assert calendar.picture() == picture
        assert calendar.save(mine).change_id

    def test_nor_is_an_import_overwritten(self, calendar: Calendar) -> None:
        seen = calendar.preview(edit := days_off(TOMORROW, TOMORROW, EASTERN))
        build.shift(calendar.session, calendar.ana, calendar.park, "Sun 19:00-20:00")
        with pytest.raises(ChangedMeanwhile) as refused:
            calendar.save(edit, effect=seen)
        assert refused.value.changes == ()

    @pytest.mark.parametrize("version", ["", "x", "9999999999999-", "-", "1-0000000000000000", "²-x"])
    def test_a_version_that_never_was(self, calendar: Calendar, version: str) -> None:
        with pytest.raises(ChangedMeanwhile):
            calendar.save(days_off(TOMORROW, TOMORROW, EASTERN), version=version)

    def test_saving_twice_is_told_and_what_stands_already_changes_nothing(self, calendar: Calendar) -> None:
        edit = SetWeek(calendar.place.id, "Mon 09:00-12:00", TOMORROW)
        effect = calendar.preview(edit)
        calendar.save(edit, effect=effect)
        with pytest.raises(ChangedMeanwhile):
            calendar.save(edit, effect=effect)
        picture = calendar.picture()
        assert calendar.save(edit).change_id == 0
        assert calendar.save().change_id == 0
        assert calendar.picture() == picture

    def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_half_saved(self, calendar: Calendar) -> None:
        good = SetWeek(calendar.place.id, "Mon 09:00-12:00", TOMORROW)
        bad = SetWeek(calendar.park.id, "Mon 11:00-13:00", TOMORROW)
        picture, version = calendar.picture(), calendar.preview(good).version
        for verb in (
            lambda: calendar.preview(good, bad),
            lambda: save(calendar.session, calendar.ana.id, [good, bad], Decisions(), version=version, who=ANA, now=NOW),
        ):
            with pytest.raises(InvalidInput, match="two places at once"):
                verb()
            assert calendar.picture() == picture
        with pytest.raises(NotFound):
            preview(calendar.session, 10**6, [good], now=NOW)
        with pytest.raises(InvalidInput, match="does not stand"):
            calendar.preview(ComeBack(cell_at(NOW), cell_at(NOW) + 9))

    def test_new_hours_at_a_second_clinic_are_there_at_once(self, calendar: Calendar) -> None:
        assert not {site for _kind, site, _cell in calendar.starts()} & {calendar.park.id}
        calendar.save(SetWeek(calendar.park.id, "Wed 18:00-20:00", TODAY + timedelta(days=7)))
        seen = {cell for kind, site, cell in calendar.starts() if (kind, site) == (calendar.kind.id, calendar.park.id)}
        assert min(seen) == cell_at(calendar.at(9, 18))

    def test_gained_hours_are_offered_to_who_waits_from_the_first_to_the_last(self, calendar: Calendar) -> None:
        entry = calendar.join()
        calendar.save(AddHours(calendar.place.id, TOMORROW, "17:00-19:00"))
        (freed,) = calendar.freed()
        assert (freed.since, freed.until, freed.cause) == (calendar.at(1, 17), calendar.at(1, 19), "hours")
        assert (freed.specialist_id, freed.location_id) == (calendar.ana.id, calendar.place.id)
        calendar.offer()
        assert [offer.entry_id for offer in calendar.offers("open")] == [entry]
        calendar.save(days_off(TODAY + timedelta(days=3), TODAY + timedelta(days=3), EASTERN))
        assert len(calendar.freed()) == 1, "hours that go are no gain"

    def test_exactly_the_rows_that_differ_go_and_come(self, calendar: Calendar) -> None:
        for _ in range(2):
            build.time_off(calendar.session, calendar.ana, calendar.at(20), calendar.at(21))
        calendar.save(TakeOff(cell_at(calendar.at(5)), cell_at(calendar.at(6)), "a"))
        calendar.save(ComeBack(cell_at(calendar.at(20)), cell_at(calendar.at(21))))
        roster = availability(calendar.session, calendar.ana.id, now=NOW).roster
        assert [one.reason for one in roster.away] == ["a", ""]
        assert len(calendar.session.scalars(select(TimeOff.id)).all()) == 2


class TestHeldTimes:
    def test_they_are_decided_on_too(self, calendar: Calendar) -> None:
        calendar.hold(calendar.at(1, 13))
        off = days_off(TOMORROW, TOMORROW, EASTERN)
        picture = calendar.picture()
        with pytest.raises(Undecided) as refused:
            calendar.save(off)
        assert refused.value.effect.held == 1
        assert calendar.picture() == picture

    def test_kept_they_can_still_be_booked(self, calendar: Calendar) -> None:
        held = calendar.hold(calendar.at(1, 13))
        calendar.save(days_off(TOMORROW, TOMORROW, EASTERN), held="keep")
        booking.confirm(calendar.session, held.token, build.details(), key=KEY, who=PATIENT, now=NOW)
        assert calendar.visits() == [calendar.at(1, 13)]

    def test_released_they_are_gone_and_others_are_offered(self, calendar: Calendar) -> None:
        held = calendar.hold(calendar.at(1, 13))
        calendar.save(days_off(TOMORROW, TOMORROW, EASTERN), held="release")
        with pytest.raises(NotOffered) as refused:
            booking.confirm(calendar.session, held.token, build.details(), key=KEY, who=PATIENT, now=NOW)
        assert refused.value.alternatives
        calendar.session.rollback()
        assert calendar.visits() == []

    def test_an_offer_to_who_waits_ends_like_any_other_held_time(self, calendar: Calendar) -> None:
        calendar.cancel(calendar.book(calendar.at(1, 13)))
        calendar.join()
        calendar.offer()
        (offer,) = calendar.offers("open")
        calendar.save(days_off(TOMORROW, TOMORROW, EASTERN), held="release")
        assert calendar.accept(offer).state == "passed"
        assert calendar.visits() == []


class TestReading:
    def test_what_stands_and_who_changed_it(self, calendar: Calendar) -> None:
        off = days_off(TOMORROW, TOMORROW, EASTERN, "a talk")
        calendar.save(off)
        calendar.now += timedelta(minutes=5)
        calendar.save(SetWeek(calendar.park.id, "Sun 19:00-20:00", TOMORROW), who=BEN)
        known = availability(calendar.session, calendar.ana.id, now=calendar.now)
        assert known.name == calendar.ana.name
        assert {place.name for place in known.places.values()} == {calendar.place.name, "Park Clinic"}
        assert [(change.actor, change.at) for change in known.changes] == [
            ("account:2", NOW + timedelta(minutes=5)),
            ("account:1", NOW),
        ]
        assert known.changes[1].edits == (off,)
        assert known.roster.away[0].reason == "a talk"
        with pytest.raises(NotFound):
            availability(calendar.session, 10**6, now=NOW)

    def test_only_ones_own_changes_are_taken_back_and_only_what_is_ahead(self, calendar: Calendar) -> None:
        saved = calendar.save(SetWeek(calendar.place.id, "", TOMORROW, TOMORROW + timedelta(days=6)))
        other = build.specialist(calendar.session)
        for whose, number in ((other.id, saved.change_id), (calendar.ana.id, 10**6)):
            with pytest.raises(NotFound):
                taking_back(calendar.session, whose, number, now=NOW)
        later = NOW + timedelta(days=3)
        (edit,) = taking_back(calendar.session, calendar.ana.id, saved.change_id, now=later)
        assert edit == SetWeek(calendar.place.id, build.EVERY_DAY, later.date(), TOMORROW + timedelta(days=6))
        assert taking_back(calendar.session, calendar.ana.id, saved.change_id, now=NOW + timedelta(days=30)) == ()

    def test_holidays_on_which_one_works_are_proposed(self, calendar: Calendar) -> None:
        proposed = holidays_ahead(calendar.session, calendar.ana.id, now=NOW)
        assert [(one.day, one.name) for one in proposed[:2]] == [
            (date(2026, 11, 26), "Thanksgiving Day"), (date(2026, 12, 25), "Christmas Day"),
        ]  # fmt: skip
        build.location_day(calendar.session, calendar.place, date(2026, 11, 26))
        calendar.save(proposed[1].edit)
        assert holidays_ahead(calendar.session, calendar.ana.id, now=NOW)[0].name == "New Year’s Day"
        idle = build.specialist(calendar.session)
        assert holidays_ahead(calendar.session, idle.id, now=NOW) == []
