"""What an edit makes of a roster, what takes it back, and what is refused in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point
from clinic.domain.scheduling.availability import Absence, Roster, WorkDay, apply, undoing
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
    read_edits,
    still_ahead,
    write_edits,
)
from clinic.domain.scheduling.roster_rules import Workplace, check_edits, check_roster, travel_minutes
from clinic.domain.scheduling.rosters import Stint
from clinic.domain.time.timeline import CELLS_PER_DAY, cell_at, instant_at

EASTERN, CENTRAL = "America/New_York", "America/Chicago"
NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # a Monday, nine in Orlando
TODAY = date(2026, 11, 16)
LONG_AGO = date(2020, 1, 6)
LAKE, PARK, RIVER = 1, 2, 3
ZONES = {LAKE: EASTERN, PARK: EASTERN, RIVER: CENTRAL}
PLACES = {
    LAKE: Workplace(LAKE, "Lake Clinic", EASTERN, Point(28.5399, -81.3727)),
    PARK: Workplace(PARK, "Park Clinic", EASTERN, Point(28.5978, -81.3534)),
    RIVER: Workplace(RIVER, "River Clinic", CENTRAL, Point(32.4989, -85.0240)),
}
WEEK = "Mon 09:00-17:00; Tue 09:00-17:00"
STANDING = Roster.of([Stint(LAKE, EASTERN, WEEK, LONG_AGO)], [], [])
WORKED = (cell_at(NOW) // CELLS_PER_DAY * CELLS_PER_DAY, 200 * CELLS_PER_DAY)


def worked(roster: Roster) -> dict[int, int]:
    return {id_: roster.worked(id_, zone, *WORKED) for id_, zone in ZONES.items()}


def made(*edits: Edit, of: Roster = STANDING) -> Roster:
    return apply(of, edits, ZONES)


class TestEdits:
    def test_new_hours_from_a_day_on(self) -> None:
        roster = made(SetWeek(LAKE, "Wed 08:00-12:00", date(2027, 1, 4)))
        assert roster.stints == (
            Stint(LAKE, EASTERN, WEEK, LONG_AGO, date(2027, 1, 3)),
            Stint(LAKE, EASTERN, "Wed 08:00-12:00", date(2027, 1, 4)),
        )

    def test_new_hours_until_a_day_and_then_the_old_ones_again(self) -> None:
        roster = made(SetWeek(LAKE, "", date(2027, 1, 4), date(2027, 1, 17)))
        assert roster.stints == (
            Stint(LAKE, EASTERN, WEEK, LONG_AGO, date(2027, 1, 3)),
            Stint(LAKE, EASTERN, WEEK, date(2027, 1, 18)),
        )
        assert made(SetWeek(LAKE, WEEK, date(2027, 1, 4), date(2027, 1, 17)), of=roster) == STANDING

    def test_hours_at_a_second_clinic_leave_the_first_alone(self) -> None:
        roster = made(SetWeek(PARK, "Sat 10:00-14:00", TODAY))
        assert roster.stints == (*STANDING.stints, Stint(PARK, EASTERN, "Sat 10:00-14:00", TODAY))

    def test_a_day_of_its_own_and_the_week_again(self) -> None:
        off = made(SetDay(LAKE, date(2026, 11, 23), "", "a talk"))
        assert off.hours_on(LAKE, date(2026, 11, 23)) == ""
        assert off.days == (WorkDay(LAKE, date(2026, 11, 23), "", "a talk"),)
        assert made(SetDay(LAKE, date(2026, 11, 23), None), of=off) == STANDING

    @pytest.mark.parametrize(
        ("day", "added", "hours"),
        [
            (date(2026, 11, 23), "17:00-19:00", "09:00-19:00"),
            (date(2026, 11, 23), "18:00-19:00", "09:00-17:00 18:00-19:00"),
            (date(2026, 11, 25), "09:00-12:00", "09:00-12:00"),
        ],
    )
    def test_extra_hours_are_added_to_what_is_worked_that_day(self, day: date, added: str, hours: str) -> None:
        roster = made(AddHours(LAKE, day, added))
        assert roster.hours_on(LAKE, day) == hours
        assert roster.hours_on(LAKE, day + timedelta(days=7)) == STANDING.hours_on(LAKE, day)

    def test_time_off_is_everywhere_and_taken_back_exactly(self) -> None:
        off = days_off(date(2026, 12, 24), date(2026, 12, 25), EASTERN, "Christmas")
        roster = made(SetWeek(PARK, "Thu 09:00-17:00", TODAY), off)
        christmas = cell_at(datetime(2026, 12, 24, 15, tzinfo=UTC)) - WORKED[0]
        assert not worked(roster)[PARK] >> christmas & 1
        assert worked(roster)[PARK] >> (christmas - 7 * CELLS_PER_DAY) & 1
        assert roster.away == (Absence(off.start_cell, off.end_cell, "Christmas"),)
        assert made(ComeBack(off.start_cell, off.end_cell), of=roster).away == ()
        with pytest.raises(InvalidInput, match="does not stand any more"):
            made(ComeBack(off.start_cell, off.end_cell + 1), of=roster)

    def test_a_stretch_of_a_day_off(self) -> None:
        off = hours_off(date(2026, 11, 17), "13:00-15:00", EASTERN)
        assert (instant_at(off.start_cell), instant_at(off.end_cell)) == (
            datetime(2026, 11, 17, 18, tzinfo=UTC), datetime(2026, 11, 17, 20, tzinfo=UTC),
        )  # fmt: skip
        for wrong in ("15:00-13:00", "", "09:00-10:00 11:00-12:00"):
            with pytest.raises(InvalidInput, match="one stretch"):
                hours_off(date(2026, 11, 17), wrong, EASTERN)
        with pytest.raises(InvalidInput, match="no 02:10-02:50"):
            hours_off(date(2027, 3, 14), "02:10-02:50", EASTERN)

    def test_a_whole_day_off_when_the_clocks_change_is_23_hours_long(self) -> None:
        off = days_off(date(2027, 3, 14), date(2027, 3, 14), EASTERN)
        assert (off.end_cell - off.start_cell) * 5 == 23 * 60
        with pytest.raises(InvalidInput, match="before the first"):
            days_off(date(2027, 3, 14), date(2027, 3, 13), EASTERN)

    def test_a_week_is_copied_with_its_exceptions_and_without_time_off(self) -> None:
        roster = made(SetWeek(PARK, "Sat 10:00-14:00", TODAY), SetDay(LAKE, date(2026, 11, 24), "10:00-12:00"))
        roster = made(days_off(date(2026, 11, 23), date(2026, 11, 23), EASTERN), of=roster)
        copied = made(CopyWeek(date(2026, 11, 23), date(2026, 12, 7)), of=roster)
        assert copied.hours_on(LAKE, date(2026, 12, 8)) == "10:00-12:00"
        assert copied.hours_on(LAKE, date(2026, 12, 7)) == "09:00-17:00"
        assert copied.hours_on(PARK, date(2026, 12, 12)) == "10:00-14:00"
        assert copied.away == roster.away
        assert copied.days == (*roster.days, WorkDay(LAKE, date(2026, 12, 8), "10:00-12:00")), "only what differs"

    def test_they_go_through_a_form_and_come_back(self) -> None:
        edits = (
            SetWeek(LAKE, WEEK, TODAY, None), SetDay(LAKE, TODAY, None), SetDay(PARK, TODAY, "", "“a talk”"),
            AddHours(LAKE, TODAY, "09:00-12:00"), TakeOff(5_900_000, 5_900_012, ""), ComeBack(1, 2), CopyWeek(TODAY, TODAY),
        )  # fmt: skip
        assert read_edits(write_edits(edits)) == edits

    @pytest.mark.parametrize(
        "text",
        [
            "", "{}", "[]", "[1]", "[[]]", '[["Roster"]]', '[["ComeBack",1]]', '[["ComeBack",1,"2"]]', '[["ComeBack",1,-2]]',
            '[["ComeBack",1,99999999999]]', '[["ComeBack",true,2]]', '[["SetDay",1,"2026-13-01","",""]]',
            '[["SetDay",1,null,"",""]]', '[["AddHours",1,"2026-12-01",null]]', "[" * 20_000,
            r'[["TakeOff",1,2,"\u0000"]]', r'[["TakeOff",1,2,"\ud800"]]',
        ],
    )  # fmt: skip
    def test_what_we_did_not_write_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            read_edits(text)
        assert set(refused.value.fields) == {"change"}

    def test_what_is_over_is_left_out(self) -> None:
        cell = cell_at(NOW)
        edits = (
            SetWeek(LAKE, WEEK, LONG_AGO), SetWeek(LAKE, WEEK, LONG_AGO, TODAY - timedelta(days=1)),
            SetDay(LAKE, TODAY - timedelta(days=1), ""), SetDay(LAKE, TODAY, ""), TakeOff(cell - 9, cell),
            ComeBack(cell - 9, cell + 1),
        )  # fmt: skip
        assert still_ahead(edits, TODAY, cell) == (
            SetWeek(LAKE, WEEK, TODAY),
            SetDay(LAKE, TODAY, ""),
            ComeBack(cell - 9, cell + 1),
        )


def test_everything_can_be_taken_back() -> None:
    """Random edits upon random edits: the undo of each restores what was worked, to the cell, and the same again and again."""
    rng = Random(6)

    def some_day() -> date:
        return TODAY + timedelta(days=rng.randrange(120))

    def some_hours() -> str:
        opens = rng.randrange(6, 18)
        return f"{opens:02d}:00-{opens + rng.randrange(1, 5):02d}:30"

    def some_edit(roster: Roster) -> Edit:
        place, day = rng.choice([LAKE, PARK, RIVER]), some_day()
        weekly = "; ".join(f"{name} {some_hours()}" for name in ("Mon", "Wed", "Sat") if rng.random() < 0.7)
        choices: list[Edit] = [
            SetWeek(place, weekly, day, rng.choice([None, day + timedelta(days=rng.randrange(40))])),
            SetDay(place, day, rng.choice(["", None, some_hours()])), AddHours(place, day, some_hours()),
            days_off(day, day + timedelta(days=rng.randrange(5)), EASTERN),
            CopyWeek(day, day + timedelta(days=7 * rng.randrange(1, 4))),
            *(ComeBack(*one[:2]) for one in roster.away[:1]),
        ]  # fmt: skip
        return rng.choice(choices)

    tried = 0
    for _ in range(60):
        roster = STANDING
        for _ in range(8):
            edit = some_edit(roster)
            after = apply(roster, [edit], ZONES)
            back = apply(after, undoing(roster, after), ZONES)
            assert worked(back) == worked(roster), edit
            assert back.away == roster.away
            assert (after.fingerprint == roster.fingerprint) == (after == roster)
            roster, tried = after, tried + 1
    print(f"\n{tried} edits taken back")
    assert tried == 480


def refusal(*edits: Edit, of: Roster = STANDING, places: dict[int, Workplace] = PLACES) -> dict[str, str]:
    """What is said, by field; empty if it may be saved."""
    try:
        check_edits(edits, places, now=NOW)
        check_roster(of, apply(of, edits, ZONES), places, now=NOW)
    except InvalidInput as refused:
        return refused.fields
    return {}


class TestRefusals:
    @pytest.mark.parametrize(
        ("edit", "field", "said"),
        [
            (SetWeek(LAKE, "Mon 09:00-12:00 11:00-13:00", TODAY), "hours", "overlap"),
            (SetWeek(LAKE, "Mon 17:00-09:00", TODAY), "hours", "“17:00-09:00” ends before it begins"),
            (SetWeek(LAKE, "Mon 13:00-09:00", TODAY), "hours", "ends before it begins"),
            (SetWeek(LAKE, "Mon 09:00-09:00", TODAY), "hours", "ends before it begins"),
            (AddHours(LAKE, TODAY, "12:00-11:00"), "hours", "ends before it begins"),
            (SetWeek(LAKE, "Mon 09:02-12:00", TODAY), "hours", "five-minute grid"),
            (SetDay(LAKE, TODAY, "09:00-12:03"), "hours", "five-minute grid"),
            (SetWeek(LAKE, "Mon 09:00-25:00", TODAY), "hours", "not a time of day"),
            (SetWeek(LAKE, "Sun 02:00-03:00", TODAY), "hours", "forward on Sunday, March 14, 2027: there is no 2:00 AM"),
            (SetDay(LAKE, date(2027, 3, 14), "02:30-06:00"), "hours", "no 2:30 AM that day. Leave out what lies before 3:00 AM"),
            (AddHours(LAKE, date(2027, 3, 14), "00:00-02:30"), "hours", "there is no 2:30 AM"),
            (AddHours(LAKE, date(2027, 3, 14), ""), "hours", "Write the hours to add"),
            (SetWeek(LAKE, WEEK, date(2127, 1, 4)), "first_day", "Check the year: 2127"),
            (SetWeek(LAKE, WEEK, date(27, 1, 4)), "first_day", "Check the year: 27"),
            (SetDay(LAKE, date(1926, 12, 1), ""), "day", "Check the year: 1926"),
            (SetWeek(LAKE, WEEK, TODAY - timedelta(days=1)), "first_day", "Sunday, November 15, 2026 has passed"),
            (SetWeek(LAKE, WEEK, TODAY, TODAY - timedelta(days=1)), "last_day", "has passed"),
            (SetWeek(LAKE, WEEK, date(2027, 1, 4), date(2027, 1, 3)), "last_day", "before the first day"),
            (days_off(date(2126, 1, 1), date(2126, 1, 2), EASTERN), "start", "Check the year: 2126"),
            (days_off(date(2026, 12, 1), date(2126, 1, 2), EASTERN), "end", "Check the year: 2126"),
            (days_off(date(2026, 11, 9), date(2026, 11, 10), EASTERN), "end", "over already"),
            (days_off(date(2026, 11, 9), date(2026, 11, 20), EASTERN), "start", "began days ago"),
            (TakeOff(9, 9), "end", "ends after it begins"),
            (days_off(TODAY, TODAY, EASTERN, "x" * 121), "reason", "120"),
            (SetDay(LAKE, TODAY, "", "x" * 121), "reason", "120"),
            (CopyWeek(date(2026, 11, 9), date(2026, 11, 24)), "to", "Copy to a Monday"),
            (CopyWeek(date(2026, 11, 16), date(2026, 11, 16)), "to", "another week"),
            (CopyWeek(date(2026, 11, 16), date(2026, 11, 9)), "to", "has passed"),
            (CopyWeek(date(1926, 11, 15), date(2026, 11, 29)), "week", "Check the year"),
            (SetWeek(99, WEEK, TODAY), "location", "takes no visits"),
        ],
    )  # fmt: skip
    def test_an_edit_that_cannot_be(self, edit: Edit, field: str, said: str) -> None:
        told = refusal(edit)
        assert set(told) == {field}
        assert said in told[field]

    @pytest.mark.parametrize(
        "edit",
        [
            SetWeek(LAKE, "Mon 22:00-06:00; Tue 09:00-12:00", TODAY),  # a night is meant so
            SetWeek(LAKE, "Sun 01:00-05:00", TODAY),
            SetDay(LAKE, date(2027, 3, 14), "00:00-02:00 03:00-06:00"),
            SetDay(LAKE, date(2027, 11, 7), "01:00-02:00"),
            SetWeek(LAKE, "", TODAY),
            SetWeek(LAKE, WEEK, date(2028, 2, 29), date(2028, 2, 29)),
            TakeOff(cell_at(NOW) - 12, cell_at(NOW) + 12),  # ill since this morning
        ],
    )
    def test_what_may_be(self, edit: Edit) -> None:
        assert refusal(edit) == {}

    def test_a_closed_clinic(self) -> None:
        shut = {**PLACES, PARK: Workplace(PARK, "Park Clinic", EASTERN, PLACES[PARK].point, active=False)}
        assert refusal(SetWeek(PARK, "Sat 09:00-12:00", TODAY), places=shut) == {
            "location": "Park Clinic takes no visits at present. Choose another clinic."
        }
        weekdays = Workplace(
            PARK, "Park Clinic", EASTERN, PLACES[PARK].point, hours="Mon 09:00-17:00; Fri 09:00-17:00",
            days=(("", date(2026, 11, 27)),),
            closures=((cell_at(datetime(2026, 12, 1, tzinfo=UTC)), cell_at(datetime(2026, 12, 31, tzinfo=UTC))),),
        )  # fmt: skip
        part = {**PLACES, PARK: weekdays}
        assert (
            "Park Clinic is closed then: Sat 09:00-12:00"
            in refusal(SetWeek(PARK, "Sat 09:00-12:00", TODAY), places=part)["hours"]
        )
        assert refusal(SetWeek(PARK, "Fri 16:00-18:00", TODAY), places=part) == {}, "what is outside is not on offer"
        closed = {date(2026, 11, 27), date(2026, 12, 4)}
        for day in (date(2026, 11, 20), *sorted(closed)):
            told = refusal(AddHours(PARK, day, "10:00-12:00"), places=part)
            assert bool(told) == (day in closed), day
            if told:
                assert f"Park Clinic is closed on Friday, {day:%B} {day.day}, 2026" in told["hours"]
        assert refusal(SetWeek(PARK, "Fri 10:00-12:00", date(2026, 12, 4), date(2026, 12, 25)), places=part)

    def test_two_places_at_once(self) -> None:
        told = refusal(SetWeek(PARK, "Tue 16:00-18:00", date(2026, 12, 1)))
        assert told == {
            "hours": "On Tuesday, December 1, 2026 at 4:00 PM there would be hours at Lake Clinic and at Park Clinic. Nobody can "
            "be in two places at once: change the hours of one."
        }
        assert refusal(SetWeek(RIVER, "Mon 15:00-16:00", TODAY)), "four in Orlando"
        assert refusal(SetWeek(LAKE, "", date(2026, 12, 1)), SetWeek(PARK, "Tue 16:00-18:00", date(2026, 12, 1))) == {}
        away = made(days_off(date(2026, 12, 1), date(2026, 12, 1), EASTERN))
        assert refusal(AddHours(PARK, date(2026, 12, 1), "09:00-12:00"), of=away) == {}, "away from everywhere anyway"
        assert refusal(ComeBack(*away.away[0][:2]), of=made(AddHours(PARK, date(2026, 12, 1), "09:00-12:00"), of=away))

    def test_an_older_clash_is_not_held_against_another_change(self) -> None:
        clashing = made(SetWeek(PARK, "Tue 16:00-18:00", TODAY))
        assert refusal(AddHours(LAKE, date(2026, 11, 25), "09:00-12:00"), of=clashing) == {}
        assert refusal(SetWeek(PARK, "Tue 15:00-18:00", TODAY), of=clashing)

        hurrying = made(SetWeek(PARK, "Tue 17:05-19:00", TODAY))
        assert refusal(AddHours(LAKE, date(2026, 11, 25), "09:00-12:00"), of=hurrying) == {}
        assert refusal(SetWeek(PARK, "Tue 17:10-19:00", TODAY), of=hurrying)

    def test_while_one_clinic_is_closed_one_may_be_at_another(self) -> None:
        until = cell_at(datetime(2027, 1, 1, tzinfo=UTC))
        shut = replace(PLACES[LAKE], closures=((cell_at(NOW) - CELLS_PER_DAY, until),))
        elsewhere = SetWeek(PARK, "Tue 09:00-17:00", TODAY, date(2026, 12, 31))
        assert refusal(elsewhere)
        assert refusal(elsewhere, places={**PLACES, LAKE: shut}) == {}
        assert "January 5" in refusal(replace(elsewhere, last_day=date(2027, 1, 5)), places={**PLACES, LAKE: shut})["hours"]

    def test_the_way_between_clinics(self) -> None:
        needed = travel_minutes(PLACES[LAKE].point, PLACES[PARK].point)
        assert needed == 17  # four miles
        told = refusal(SetWeek(PARK, "Mon 17:10-19:00", TODAY))
        assert told == {
            "hours": "On Monday, November 16, 2026 at 5:10 PM the hours at Park Clinic would begin, 10 minutes after those at "
            "Lake Clinic end. The way takes about 17 minutes. Leave more time."
        }
        assert refusal(SetWeek(PARK, "Mon 17:20-19:00", TODAY)) == {}
        assert refusal(SetWeek(PARK, "Mon 07:00-08:50", TODAY)), "and before"
        assert "10:30 AM" not in refusal(SetWeek(RIVER, "Mon 17:00-19:00", TODAY))["hours"], (
            "an hour's clock time more, in one hour"
        )
        assert refusal(SetWeek(RIVER, "Wed 09:00-12:00", TODAY)) == {}

    def test_in_every_week_of_the_year(self) -> None:
        """Phoenix keeps its clock: what is far enough apart in winter is not in summer."""
        phoenix = {**PLACES, PARK: Workplace(PARK, "Desert Clinic", "America/Phoenix", PLACES[LAKE].point)}
        evening = Roster.of([Stint(LAKE, EASTERN, "Mon 14:00-16:00", LONG_AGO)], [], [])
        for hours, said in (
            ("09:00-10:50", ""),
            ("10:00-10:55", "On Monday, March 15, 2027 at 2:00 PM the hours at Lake Clinic would begin, 5 minutes after"),
            ("10:00-11:30", "On Monday, March 15, 2027 at 2:00 PM there would be hours at Lake Clinic and at Desert Clinic"),
        ):
            after = apply(evening, [SetWeek(PARK, f"Mon {hours}", TODAY)], {**ZONES, PARK: "America/Phoenix"})
            try:
                check_roster(evening, after, phoenix, now=NOW)
                told = ""
            except InvalidInput as refused:
                told = refused.message
            assert told.startswith(said), told
            assert bool(told) == bool(said)
