"""Locations, specialists and shifts from files: what is taken, what is refused and why, and that twice is once."""

from __future__ import annotations

import csv
import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import parse_csv, read_csv
from clinic.domain.errors import InvalidInput
from clinic.domain.scheduling.availability import Roster
from clinic.store.schedules import rosters
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Location, Offer, Specialist, VisitType
from clinic.store.tables.schedules import Shift
from clinic.store.tables.waitlist import FreedTime, WaitlistEntry
from clinic.usecases import imports
from clinic.usecases.imports import ImportOutcome, import_locations, import_shifts, import_specialists
from clinic.usecases.imports.columns import columns_of
from tests import build
from tests.conftest import FakeClock

DATA = Path(__file__).parent / "data"
BAD = DATA / "bad_locations.csv"
WEEK = "Mon 09:00-17:00; Tue 09:00-17:00"
NOW = FakeClock().now


def counts(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    return outcome.new, outcome.changed, outcome.same, len(outcome.rejected)


def locations(session: Session, text: str, dry_run: bool = False, **mapping: str) -> ImportOutcome:
    return import_locations(session, parse_csv(text.encode()), mapping, dry_run=dry_run, now=NOW)


def stored(session: Session) -> list[Location]:
    session.rollback()
    return list(session.scalars(select(Location).order_by(Location.id).execution_options(populate_existing=True)))


def test_the_bad_file_is_judged_line_by_line(session: Session) -> None:
    build.zips(session)
    with (DATA / "bad_locations.expected.csv").open(encoding="utf-8", newline="") as table:
        expected = [(int(row["line"]), row["verdict"], row["said"]) for row in csv.DictReader(table)]
    assert len(BAD.read_bytes().splitlines()) == 60
    outcome = import_locations(session, read_csv(BAD), {}, now=NOW)
    said = [(r.line, "rejected", r.said) for r in outcome.rejected] + [(r.line, "remark", r.said) for r in outcome.remarks]
    assert sorted(said) == sorted(expected)
    assert counts(outcome) == (28, 0, 0, 29)
    again = import_locations(session, read_csv(BAD), {}, now=NOW)
    assert (counts(again), again.rejected) == ((0, 0, 28, 29), outcome.rejected)
    assert {r.line for r in again.remarks} == {r.line for r in outcome.remarks}
    assert len(stored(session)) == 28


def test_what_a_line_becomes(session: Session) -> None:
    build.zips(session)
    import_locations(session, read_csv(BAD), {}, now=NOW)
    by_name = {location.name: location for location in stored(session)}
    assert (by_name["Clinic 31"].phone, by_name["Clinic 31"].phone_extension) == ("+14075550131", "77")
    assert by_name["Clinic 39"].hours == "Mon 09:00-17:00; Tue 09:00-17:00"
    assert by_name["Clinic 28"].postal_code == "32801"
    assert by_name["Clinic 26"].postal_code is None
    assert (by_name["Clinic 25"].latitude, by_name["Clinic 25"].longitude) == (28.5399, -81.3727)
    assert (
        by_name["Clinic 51"].time_zone == "America/Chicago"
    )  # of the nearest ZIP code in the same state, not of Columbus, Georgia
    assert by_name["Clinic 52"].time_zone == "America/New_York"  # as the file says
    assert by_name["Clinic 53"].time_zone == "America/Adak"
    assert by_name["Clínica Núñez"].slug == "clinica-nunez-orlando-fl"
    assert by_name["Clinic 2"].import_key == "K-2"


HEADER = "key,name,address,city,state,lat,lng,phone\n"
ONE = HEADER + "A,North,1 Elm Street,Orlando,FL,28.5,-81.4,407-555-0101\n"


def test_a_dry_run_leaves_nothing(session: Session) -> None:
    build.zips(session)
    outcome = locations(session, ONE, dry_run=True)
    assert (counts(outcome), outcome.first) == ((1, 0, 0, 0), ["North, 1 Elm Street, Orlando, FL (America/New_York)"])
    assert stored(session) == []


def test_the_key_decides_what_is_updated_and_the_page_keeps_its_address(session: Session) -> None:
    build.zips(session)
    locations(session, ONE)
    outcome = locations(
        session, ONE.replace("North", "South").replace("0101", "0102") + "B,South,2 Elm Street,Orlando,FL,28.5,-81.4,\n"
    )
    assert counts(outcome) == (1, 1, 0, 0)
    first, second = stored(session)
    assert (first.name, first.slug, first.phone) == ("South", "north-orlando-fl", "+14075550102")
    assert (second.slug, second.phone) == ("south-orlando-fl", None)


def test_what_a_file_does_not_tell_stays(session: Session) -> None:
    build.zips(session)
    locations(session, ONE.replace("phone", "hours").replace("407-555-0101", WEEK))
    [site] = stored(session)
    site.time_zone = "America/Chicago"
    session.commit()
    assert counts(locations(session, ONE)) == (0, 1, 0, 0)
    [site] = stored(session)
    assert (site.hours, site.phone, site.time_zone) == (WEEK, "+14075550101", "America/Chicago")


def test_parking_access_and_plans(session: Session) -> None:
    build.zips(session)
    header = "key,name,address,city,state,lat,lng,parking,accessibility,insurance\n"
    line = "A,North,1 Elm Street,Orlando,FL,28.5,-81.4,Behind the house.,No steps.,Medicare; Fernbrook PPO|  ;Larkmoor HMO\n"
    assert counts(locations(session, header + line)) == (1, 0, 0, 0)
    [site] = stored(session)
    assert (site.parking, site.access, site.plans) == ("Behind the house.", "No steps.", "Medicare\nFernbrook PPO\nLarkmoor HMO")
    assert counts(locations(session, header + line)) == (0, 0, 1, 0)
    assert counts(locations(session, header + line.replace("Medicare; ", ""))) == (0, 1, 0, 0)
    assert counts(locations(session, ONE)) == (0, 1, 0, 0)  # the telephone number alone
    [site] = stored(session)
    assert (site.parking, site.plans) == ("Behind the house.", "Fernbrook PPO\nLarkmoor HMO")
    assert counts(locations(session, ONE.replace("A,North", "B,South"))) == (1, 0, 0, 0)
    assert (stored(session)[1].parking, stored(session)[1].plans) == ("", "")


@pytest.mark.parametrize(
    ("state", "typed", "code"),
    [
        *[("FL", typed, "32801") for typed in ("32801.0", "32801.00", '="32801"', "'32801", "32801-", "32801-1234", "328011234")],
        *[("FL", typed, "32801") for typed in ("32801 1234", '="32801-1234"', "328011234.0", "'32801-1234")],
        *[("MA", typed, "01103") for typed in ("1103", "1103.0", "1103-", "11031234", "1103-1234", '="1103"', "01103")],
        *[("FL", typed, None) for typed in ("1103", "11031234", "32801.5", "32801.0x", "3280", "32801-12", "3280112345")],
    ],
)
def test_a_zip_code_is_read_as_spreadsheets_leave_it(session: Session, state: str, typed: str, code: str | None) -> None:
    build.zips(session)
    point = {"FL": (28.5, -81.4), "MA": (42.1, -72.6)}[state]
    text = 'key,name,address,city,state,lat,lng,zip\nA,North,1 Elm Street,Somewhere,{},{},{},"{}"\n'
    outcome = locations(session, text.format(state, *point, typed.replace('"', '""')))
    assert (counts(outcome), stored(session)[0].postal_code) == ((1, 0, 0, 0), code)
    assert len(outcome.remarks) == (code is None)


FIRST = "only the first is kept, (407) 555-0101"


@pytest.mark.parametrize(
    ("typed", "phone", "extension", "said"),
    [
        ("4075550101.0", "+14075550101", None, None),
        ("14075550101.0", "+14075550101", None, None),
        ("001 407 555 0101", "+14075550101", None, None),
        ("001-407-555-0101", "+14075550101", None, None),
        ("0014075550101.0", "+14075550101", None, None),
        ('="(407) 555-0101"', "+14075550101", None, None),
        ("'4075550101", "+14075550101", None, None),
        ("407.555.0000", "+14075550000", None, None),
        ("407-555-0101, ext 5", "+14075550101", "5", None),
        ("(407) 555-0101 or (800) 555-0102", "+14075550101", None, FIRST),
        ("407-555-0101 Or 407-555-0101", "+14075550101", None, FIRST),
        ("407-555-0101 X 7490 Or 877-555-0102 X 7490", "+14075550101", "7490", "(407) 555-0101 ext. 7490"),
        ("407-555-0101/407-555-0102", "+14075550101", None, FIRST),
        ("407-555-0101; 407-555-0102", "+14075550101", None, FIRST),
        ("407/555-0101, 407/555-0102", "+14075550101", None, FIRST),
        ("407-555-0101 and 0102", "+14075550101", None, FIRST),
        ("407-555-0101\n407-555-0102", "+14075550101", None, FIRST),
        ("(407) 555-0101 option 2", "+14075550101", None, FIRST),
        ("555-0101 or 407-555-0102", None, None, "It was left out."),
        ("4075550101.5", None, None, "It was left out."),
        ("0044 20 7946 0000", None, None, "It was left out."),
    ],
)
def test_a_phone_number_is_read_as_people_write_it(
    session: Session, typed: str, phone: str | None, extension: str | None, said: str | None
) -> None:
    build.zips(session)
    quoted = typed.replace('"', '""')
    outcome = locations(session, ONE.replace("407-555-0101", f'"{quoted}"'))
    [site] = stored(session)
    assert (counts(outcome), site.phone, site.phone_extension) == ((1, 0, 0, 0), phone, extension)
    assert [remark.line for remark in outcome.remarks] == ([2] if said else [])
    assert not said or said in outcome.remarks[0].said


def test_slugs_are_numbered_when_they_are_taken(session: Session) -> None:
    build.zips(session)
    same = "".join(f"{key},Clinic Orlando,{key} Elm Street,Orlando,FL,28.5,-81.4,\n" for key in "ABC")
    locations(session, HEADER + same)
    assert [site.slug for site in stored(session)] == ["clinic-orlando-fl", "clinic-orlando-fl-2", "clinic-orlando-fl-3"]


def test_columns_by_name_or_by_mapping(session: Session) -> None:
    build.zips(session)
    text = "SITE,Where,Town,St Abbr,LAT,Long\nNorth,1 Elm Street,Orlando,FL,28.5,-81.4\n"
    with pytest.raises(
        InvalidInput, match=r"There is no column for name\. The columns are: SITE, Where, Town, St Abbr, LAT, Long\."
    ):
        locations(session, text)
    assert counts(locations(session, text, name="site", street="Where")) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("header", "mapping", "said"),
    [
        ("name,address,city,state", {}, "no columns for latitude and longitude, and none for the ZIP code"),
        ("name,name,address,city,state,zip", {}, "Two columns are called “name”"),
        ("name,address,city,state,zip", {"nmae": "name"}, "There is no field “nmae”. The fields are: access, city,"),
        ("name,address,city,state,zip", {"city": "Town"}, "There is no column “Town”. The columns are: name,"),
    ],
)
def test_a_header_that_will_not_do(session: Session, header: str, mapping: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        locations(session, header + "\na,b,c,d,e,f\n", **mapping)
    assert said in refused.value.message
    assert stored(session) == []


def people(session: Session, text: str) -> ImportOutcome:
    return import_specialists(session, parse_csv(text.encode()), {}, now=NOW)


def shifts(session: Session, text: str) -> ImportOutcome:
    return import_shifts(session, parse_csv(text.encode()), {}, now=NOW)


PEOPLE = (
    "key,name,profession,languages,locations,services\n"
    'S1,"Ada Amberfield, DPT",Physical therapist,"English, Spanish",north|south,physical-therapy\n'
    "S2,Benno Brightwell,Chiropractor,,south,chiropractic-adjustment\n"
)


@pytest.fixture
def clinics(session: Session) -> Session:
    """Two sites ten miles apart, in two zones, two services, three visit types."""
    build.location(session, slug="north")
    build.location(session, slug="south", import_key="K-SOUTH", latitude=28.40, time_zone="America/Chicago")
    therapy = build.service(session, slug="physical-therapy")
    build.visit_type(session, therapy, slug="physical-therapy-evaluation")
    build.visit_type(session, therapy, slug="physical-therapy-follow-up")
    build.visit_type(session, build.service(session, slug="chiropractic-care"), slug="chiropractic-adjustment")
    return session


def test_specialists_and_what_they_offer(clinics: Session) -> None:
    assert counts(people(clinics, PEOPLE)) == (2, 0, 0, 0)
    assert counts(people(clinics, PEOPLE)) == (0, 0, 2, 0)
    ada, benno = clinics.scalars(select(Specialist).order_by(Specialist.id)).all()
    assert (ada.name, ada.slug, ada.languages) == ("Ada Amberfield, DPT", "ada-amberfield", "English, Spanish")
    assert (benno.languages, benno.import_key) == ("English", "S2")
    offers = clinics.execute(select(Offer.specialist_id, Offer.location_id, Offer.visit_type_id)).all()
    assert [sum(offer.specialist_id == who.id for offer in offers) for who in (ada, benno)] == [4, 1]
    clinics.rollback()
    fewer = PEOPLE.replace("north|south,physical-therapy\n", "K-SOUTH,physical-therapy-evaluation\n").replace("S2", "S3")
    assert counts(people(clinics, fewer)) == (1, 1, 0, 0)
    assert len(clinics.scalars(select(Offer.location_id).where(Offer.specialist_id == ada.id)).all()) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("S9,,,,north,physical-therapy", "The name is empty."),
        ("S9,Cleo Cloverdean,,,west,physical-therapy", "There is no location “west”."),
        (
            "S9,Cleo Cloverdean,,,north,massage",
            "There is no service “massage”. There are: chiropractic-adjustment, chiropractic-care,",
        ),
        ("S9,Cleo Cloverdean,,,,physical-therapy", "The line names services but no location"),
        ("S2,Benno Again,,,south,chiropractic-care", "This is the same specialist as line 3."),
        ("S9,=1+1,,,north,physical-therapy", "The name begins with “=”"),
    ],
)
def test_lines_about_specialists_that_cannot_be_right(clinics: Session, line: str, said: str) -> None:
    outcome = people(clinics, PEOPLE + line + "\n")
    assert counts(outcome) == (2, 0, 0, 1)
    assert (outcome.rejected[0].line, said in outcome.rejected[0].said) == (4, True)


def test_whether_a_specialist_is_a_woman_or_a_man_is_said_in_many_ways_or_not_at_all(clinics: Session) -> None:
    header, *lines = PEOPLE.splitlines()
    text = "\n".join([f"{header},sex", f"{lines[0]},Female", f"{lines[1]},", "S3,Cleo Cloverdean,,,,,yes"])
    outcome = people(clinics, text)
    said = "Column “sex”: The gender is woman or man, or left empty. It was left out."
    assert (counts(outcome), [remark.said for remark in outcome.remarks]) == ((3, 0, 0, 0), [said])
    assert clinics.scalars(select(Specialist.gender).order_by(Specialist.id)).all() == ["woman", None, None]
    clinics.rollback()
    assert counts(people(clinics, PEOPLE)) == (0, 0, 2, 0), "a file that does not say leaves it as it is"


SHIFTS = "specialist,location,effective date,until,mon,tue,wed\n"


def stints(session: Session) -> list[tuple[str, date, date | None]]:
    session.rollback()
    rows = session.execute(select(Shift.weekly, Shift.first_day, Shift.last_day).order_by(Shift.first_day))
    return [(weekly, first, last) for weekly, first, last in rows]


def test_hours_that_are_gained_are_offered_to_who_waits(clinics: Session) -> None:
    people(clinics, PEOPLE)
    north = clinics.scalars(select(Location).where(Location.slug.like("%north%") | (Location.import_key == "north"))).first()
    kind = clinics.scalars(select(VisitType)).first()
    assert north
    assert kind
    ends = (NOW + timedelta(days=90)).replace(tzinfo=None)

    def freed() -> list[tuple[datetime, datetime, str]]:
        clinics.rollback()
        rows = clinics.execute(select(FreedTime.since, FreedTime.until, FreedTime.cause).order_by(FreedTime.id))
        return [(since, until.replace(tzinfo=None), cause) for since, until, cause in rows]

    assert counts(shifts(clinics, SHIFTS + "S1,north,2026-01-05,,09:00-12:00,,\n")) == (1, 0, 0, 0)
    assert freed() == []  # nobody waits
    clinics.add(WaitlistEntry(visit_type_id=kind.id, said="sealed", created_at=NOW))
    clinics.commit()
    shifts(clinics, SHIFTS + "S1,north,2026-01-05,,10:00-12:00,,\n")
    assert freed() == []  # less than before
    shifts(clinics, SHIFTS + "S1,north,2026-11-23,,09:00-12:00,09:00-10:00,\n")
    assert freed() == [(datetime(2026, 11, 23, 14, tzinfo=UTC), ends, "hours")]
    shifts(clinics, SHIFTS + "S1,north,2026-11-23,,09:00-12:00,09:00-10:00,\n")
    assert len(freed()) == 1


def rosters_of(session: Session) -> dict[int, Roster]:
    session.rollback()
    return {id_: rosters.read(session, id_) for id_ in session.scalars(select(Specialist.id))}


def test_what_shifts_would_change_is_told_by_whole_rosters_before_anything_is_written(clinics: Session) -> None:
    people(clinics, PEOPLE + "S3,Cleo Cloverdean,Chiropractor,,south,chiropractic-adjustment\n")
    ada, benno, _cleo = clinics.scalars(select(Specialist).order_by(Specialist.id)).all()
    north, south = clinics.scalars(select(Location).order_by(Location.id)).all()
    shifts(clinics, SHIFTS + "S1,north,2026-01-05,,09:00-12:00,,\nS1,south,2026-01-05,,,,09:00-12:00\n")
    shifts(clinics, SHIFTS + "S3,south,2026-01-05,,09:00-12:00,,\n")
    build.time_off(clinics, ada, NOW, NOW + timedelta(days=1))
    build.shift_day(clinics, ada, north, date(2026, 12, 24))
    build.shift(clinics, ada, south, "Wed 09:00-12:00", date(2026, 1, 5))  # the same twice, of which one may go
    text = (
        SHIFTS
        + "S1,north,2027-01-04,,,10:00-12:00,\n"  # ends what was
        + "S1,south,2026-01-05,2026-12-31,,,09:00-12:00\n"
        + "S2,south,2027-01-04,,09:00-12:00,,\n"
        + "S3,south,2026-01-05,,09:00-12:00,,\n"  # the same
    )
    file = parse_csv(text.encode())
    before = rosters_of(clinics)
    plan = imports.shifts.plan_shifts(clinics, file, columns_of(file, imports.shifts.FIELDS, {}), lambda lines: lines)
    told = list(imports.shifts.rosters_around(clinics, plan.changes))
    assert rosters_of(clinics) == before
    assert counts(shifts(clinics, text)) == (2, 1, 1, 0)
    after = rosters_of(clinics)
    assert told == [(id_, before[id_], after[id_]) for id_ in (ada.id, benno.id)]
    assert [len(roster.stints) for roster in (before[ada.id], after[ada.id])] == [3, 4]


def test_which_clinics_would_change_their_clock_is_told_before_anything_is_written(session: Session) -> None:
    build.zips(session)
    header = "key,name,address,city,state,lat,lng,hours,zone\n"
    line = "{},{},1 Elm Street,Orlando,FL,28.5,-81.4,{},{}\n"
    rows = [(key, key, WEEK, "America/New_York") for key in "ABCDE"]
    locations(session, header + "".join(line.format(*row) for row in rows))
    a, b, c, *_others = stored(session)
    changed = [
        ("A", "A", "Mon 09:00-12:00", "America/New_York"), ("B", "B", WEEK, "America/Chicago"), ("C", "C", "", "America/Chicago"),
        ("D", "Another name", WEEK, "America/New_York"), ("E", "E", "zzz", "zzz"), ("F", "New", WEEK, "America/Chicago"),
    ]  # fmt: skip
    file = parse_csv((header + "".join(line.format(*row) for row in changed)).encode())
    plan = imports.locations.plan_locations(session, file, columns_of(file, imports.locations.FIELDS, {}), lambda lines: lines)
    same = ("America/New_York", "America/New_York")
    assert imports.locations.clock_changes(plan) == [
        (a.id, same, (WEEK, "Mon 09:00-12:00")),
        (b.id, ("America/New_York", "America/Chicago"), (WEEK, WEEK)),
        (c.id, ("America/New_York", "America/Chicago"), (WEEK, "")),
    ]
    assert [(site.hours, site.time_zone) for site in stored(session)] == [(WEEK, "America/New_York")] * 5


def test_new_hours_end_the_old_ones(clinics: Session) -> None:
    people(clinics, PEOPLE)
    text = SHIFTS + "S1,north,2026-01-05,,09:00-12:00 13:00-17:00,off,\nS1,north,03/01/2027,,,9:00 – 12:00,\n"
    assert counts(shifts(clinics, text)) == (2, 0, 0, 0)
    expected = [
        ("Mon 09:00-12:00 13:00-17:00", date(2026, 1, 5), date(2027, 2, 28)),
        ("Tue 09:00-12:00", date(2027, 3, 1), None),
    ]
    assert stints(clinics) == expected
    assert counts(shifts(clinics, text)) == (0, 0, 2, 0)
    assert stints(clinics) == expected
    assert counts(shifts(clinics, SHIFTS + "ada-amberfield,north,2027-03-01,2027-12-31,,,10:00-12:00\n")) == (0, 1, 0, 0)
    assert stints(clinics)[1] == ("Wed 10:00-12:00", date(2027, 3, 1), date(2027, 12, 31))


def test_nobody_is_imported_into_two_places_at_once(clinics: Session) -> None:
    people(clinics, PEOPLE)
    outcome = shifts(
        clinics,
        SHIFTS
        + "S1,north,2026-01-05,,09:00-12:00,,\n"
        + "S1,south,2026-01-05,,10:30-15:00,,\n"  # 11:30 in the zone of the other
        + "S2,south,2026-01-05,,10:30-15:00,,\n",
    )
    assert counts(outcome) == (2, 0, 0, 1)
    assert outcome.rejected[0].line == 3
    assert "two places at once" in outcome.rejected[0].said
    moved = "S1,south,2027-01-04,,09:00-12:00,,\nS1,north,2027-01-04,,,09:00-12:00,\n"
    assert counts(shifts(clinics, SHIFTS + moved)) == (2, 0, 0, 0)  # in whatever order the move is told
    near = shifts(clinics, SHIFTS + "S1,south,2027-01-04,,09:00-12:00,11:05-15:00,\n")
    assert (counts(near), [r.line for r in near.remarks]) == ((0, 1, 0, 0), [2])
    assert near.remarks[0].said.startswith("Only 5 minutes to get to or from another clinic")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody,north,2026-01-05,,09:00-12:00,,", "There is no specialist “nobody”."),
        ("S1,west,2026-01-05,,09:00-12:00,,", "There is no location “west”."),
        ("S1,north,next week,,09:00-12:00,,", "“next week” is not a date."),
        ("S1,north,2026-02-30,,09:00-12:00,,", "“2026-02-30” is not a date."),
        ("S1,north,2026-01-05,2025-01-05,09:00-12:00,,", "The last day is before the first day."),
        ("S1,north,2026-01-05,,off,,", "The line has no hours."),
        ("S1,north,2026-01-05,,9-5,,", "Mon: “9-5” is not a stretch of time."),
        ("S1,north,2026-01-05,,09:00-12:00,,\nS1,north,2026-01-05,,10:00-12:00,,", "Line 2 has the same specialist"),
    ],
)
def test_lines_about_shifts_that_cannot_be_right(clinics: Session, line: str, said: str) -> None:
    people(clinics, PEOPLE)
    outcome = shifts(clinics, SHIFTS + line + "\n")
    assert [said in remark.said for remark in outcome.rejected] == [True]


def noted(session: Session) -> list[tuple[str, str, str, datetime]]:
    """What the audit log tells of imports."""
    session.rollback()
    rows = session.execute(select(Audit.actor, Audit.action, Audit.detail, Audit.at).order_by(Audit.id))
    return [(actor, action, detail, at.replace(tzinfo=UTC)) for actor, action, detail, at in rows]


def test_an_import_that_wrote_something_is_in_the_audit_log(clinics: Session) -> None:
    build.zips(clinics)

    def told(what: str, new: int, changed: int, text: str) -> tuple[str, str, str, datetime]:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return "command-line", "import", f"{what}: {new:,} new, {changed:,} changed; sha256 {sha256}", NOW

    hours = SHIFTS + "S1,north,2026-01-05,,09:00-12:00,,\n"
    less = PEOPLE.replace("north|south", "north")
    locations(clinics, ONE, dry_run=True)
    locations(clinics, ONE.replace("Orlando", ""))  # every line rejected
    assert noted(clinics) == []
    for _ in range(2):  # the second time nothing changes
        locations(clinics, ONE)
        people(clinics, PEOPLE)
        shifts(clinics, hours)
    expected = [told("locations", 1, 0, ONE), told("specialists", 2, 0, PEOPLE), told("shifts", 1, 0, hours)]
    assert noted(clinics) == expected
    people(clinics, less)  # what is offered, nothing else
    shifts(clinics, hours.replace("09:00", "10:00"))
    assert noted(clinics)[3:] == [told("specialists", 0, 1, less), told("shifts", 0, 1, hours.replace("09:00", "10:00"))]


def test_without_its_row_in_the_log_nothing_is_imported(clinics: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    build.zips(clinics)

    def fail(*_given: object, **_named: object) -> None:
        raise OSError("the log cannot be written")

    monkeypatch.setattr("clinic.store.audit.audit.note", fail)
    with pytest.raises(OSError, match="the log"):
        locations(clinics, ONE)
    assert len(stored(clinics)) == 2  # those of before


def test_the_command_tells_what_it_did(app: Flask, session: Session, tmp_path: Path) -> None:
    build.zips(session)
    file = tmp_path / "sites.csv"
    file.write_bytes(
        (ONE + "B,Sur\x1b[2J,,Orlando,FL,28.5,-81.4,\x1b[31m555\nC,Añil,3 Elm Street,Orlando,FL,28.5,-81.4,\x1b5\n").encode(
            "cp1252"
        )
    )
    run = app.test_cli_runner().invoke
    first = run(args=["clinic", "import", "locations", str(file), "--dry-run"])
    assert first.exit_code == 0
    assert "\x1b" not in first.output
    assert "Read as cp1252." in first.stderr
    assert "line 3 rejected: The street is empty." in first.output or "line 3 rejected: The name holds" in first.output
    assert "line 4: Column “phone”: “?5” is not a phone number. Write it with its area code. It was left out." in first.output
    assert "Would import: 2 new, 0 changed, 0 the same, 1 rejected." in first.output
    assert stored(session) == []
    assert "Imported: 2 new," in run(args=["clinic", "import", "locations", str(file)]).output
    assert "Imported: 0 new, 0 changed, 2 the same" in run(args=["clinic", "import", "locations", str(file)]).output
    refused = run(args=["clinic", "import", "locations", str(file), "--encoding", "utf-8"])
    assert (refused.exit_code, "Error: Line 4 is not utf-8-sig." in refused.output) == (1, True)
    assert "write FIELD=COLUMN" in run(args=["clinic", "import", "shifts", str(file), "--map", "key"]).output


def test_the_command_fails_when_every_line_was_rejected(app: Flask, session: Session, tmp_path: Path) -> None:
    build.zips(session)
    good, bad = ONE, ONE.replace("1 Elm Street", "")
    codes = []
    for text in (good, bad, good + bad.splitlines()[1].replace("A,", "B,") + "\n"):
        (tmp_path / "sites.csv").write_text(text)
        for more in (["--dry-run"], []):
            run = app.test_cli_runner().invoke(args=["clinic", "import", "locations", str(tmp_path / "sites.csv"), *more])
            codes.append((run.exit_code, "1 rejected." in run.output))
    assert codes == [(0, False), (0, False), (1, True), (1, True), (0, True), (0, True)]


def test_without_any_service_a_line_that_names_one_is_told_so(session: Session) -> None:
    build.location(session, slug="north")
    [rejected] = people(session, PEOPLE.replace("north|south", "north").rpartition("S2")[0]).rejected
    assert rejected.said == "There is no service “physical-therapy”. There are none yet: leave the cell empty until there are."


def test_the_command_says_what_an_empty_cell_does(app: Flask) -> None:
    said = " ".join(app.test_cli_runner().invoke(args=["clinic", "import", "--help"]).output.split())
    assert "An empty cell erases what is stored." in said
    assert "So does an optional cell that cannot be read: a remark names the line and the column, and says what stays." in said
