"""What an import cannot read it leaves as it is, and says so: every optional column of every file, in every form that is none."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile, parse_csv
from clinic.domain.time.hours import DAY_NAMES
from clinic.store.base import Base
from clinic.store.tables.directory import Location, Offer, Specialist
from clinic.store.tables.schedules import Shift
from clinic.usecases.imports import (
    ImportOutcome,
    import_locations,
    import_shifts,
    import_specialists,
    locations,
    shifts,
    specialists,
)
from clinic.usecases.imports.columns import Field
from tests import build
from tests.conftest import FakeClock

NOW = FakeClock().now
WEEK = "Mon 09:00-17:00; Tue 09:00-17:00"
CENTER = {"latitude": 28.5399, "longitude": -81.3727}  # of ZIP 32801


@dataclass(frozen=True)
class Import:
    """A kind of file: a line that tells everything, the columns that make another row of it, and one that may always change."""

    fields: tuple[Field, ...]
    run: Callable[[Session, CsvFile], ImportOutcome]
    table: type[Base]
    line: Mapping[str, str]
    another: Mapping[str, str]
    changing: tuple[str, str, str]
    """Field, the cell, what it becomes."""


IMPORTS = {
    "locations": Import(
        locations.FIELDS,
        lambda session, file: import_locations(session, file, {}, now=NOW),
        Location,
        {
            "key": "A", "name": "North", "street": "1 Elm Street", "city": "Orlando", "state": "FL", "postal_code": "32801",
            "phone": "(407) 555-0101 ext. 5", "latitude": "28.5", "longitude": "-81.4", "time_zone": "America/Chicago",
            "hours": WEEK, "parking": "Behind the house.", "access": "No steps.", "plans": "Medicare; Fernbrook PPO",
        },
        {"key": "B"},
        ("name", "South", "South"),
    ),
    "specialists": Import(
        specialists.FIELDS,
        lambda session, file: import_specialists(session, file, {}, now=NOW),
        Specialist,
        {
            "key": "S1", "name": "Ada Amberfield", "profession": "Chiropractor", "languages": "Polish, Spanish",
            "about": "I treat backs.", "gender": "woman", "locations": "north", "services": "physical-therapy",
        },
        {"key": "S2"},
        ("name", "Ada Brightwell", "Ada Brightwell"),
    ),
    "shifts": Import(
        shifts.FIELDS,
        lambda session, file: import_shifts(session, file, {}, now=NOW),
        Shift,
        {"specialist": "ada", "location": "north", "first_day": "2027-01-04", "last_day": "2027-12-31", "hours": WEEK},
        {"first_day": "2028-01-03", "last_day": "2028-12-29"},
        ("hours", "Wed 10:00-12:00", "Wed 10:00-12:00"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An optional column that is left as it is: forms that cannot be read, and how what is stored is told.

    `without` is what a new row holds instead; `empty` what an empty cell leaves of a stored one, the same unless it is given.
    """

    forms: tuple[str, ...]
    shown: str
    without: Mapping[str, Any]
    empty: Mapping[str, Any] | None = None
    besides: Mapping[str, str] = field(default_factory=dict)
    """What else is emptied with it."""


@dataclass(frozen=True)
class Refused:
    """A column, or two, for which the whole line is refused and nothing changes: leaving it out would mean something else."""

    forms: tuple[str, ...]
    why: str


def garbage(seed: str, count: int = 6) -> tuple[str, ...]:
    """Words that mean nothing anywhere: letters and signs, no digit."""
    chance = random.Random(seed)
    signs = "abcxyzABCXYZäßñ€😀-_/\\.:;|'\"@#%&()=+ \t"
    return tuple("q" + "".join(chance.choices(signs, k=chance.randint(9, 30))) + "z" for _ in range(count))


def text(longest: int) -> tuple[str, ...]:
    """What is no text: a formula, something that cannot be printed, too much."""
    chance = random.Random(longest)
    odd = [chr(code) for code in (0, 7, 0x1B, 0x7F, 0x9F, 0xE000, 0x378, 0xFFFF)]
    unprintable = tuple(word[:8] + chance.choice(odd) + word[8:20] for word in garbage(str(longest), 4))
    return ("=1+1", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "-2+3", "x" * (longest + 1), "x\n" * longest, "a\x1b[2Jb", *unprintable)


LONG = ("x" * 3000, "7" * 3000)
TOO_MANY_HOURS = "; ".join(f"{day} " + " ".join(f"{h}:00-{h}:05" for h in range(1, 6)) for day in DAY_NAMES)
"""Short enough as they are typed, too long as they are kept."""
WAS = "The stored “{}” stays."

CASES = {
    ("locations", "postal_code"): Case(
        ("32801.0x", "3280", "328O1", "zzz", "=1+1", "32801\x00", "32801/32803", "328011", "M5V 3L9", *LONG, *garbage("zip")),
        "32801", {"postal_code": None},
    ),
    ("locations", "phone"): Case(
        ("zzz", "555", "call us", "=1+1", "(407) 555", "407-555-0101 99 99", "0000000000", "4.07E+09",
         *LONG, *garbage("phone")),
        "(407) 555-0101 ext. 5", {"phone": None, "phone_extension": None},
    ),
    ("locations", "latitude"): Case(
        ("zzz", "NaN", "inf", "285399", "28.5x", "28°32'24\"", "=1+1", "28.5\x00", "181", *LONG, *garbage("latitude")),
        "28.5, -81.4", CENTER, besides={"longitude": ""},
    ),
    ("locations", "longitude"): Case(
        ("zzz", "NaN", "-inf", "-813727", "-81.4x", "81°24' W", "=1+1", "-81.4\x00", "-999", *LONG, *garbage("longitude")),
        "28.5, -81.4", CENTER, besides={"latitude": ""},
    ),
    ("locations", "time_zone"): Case(
        ("EST5", "Mars/Olympus", "Asia/Kolkata", "../../etc/passwd", "zzz", "=1+1", "America/New\x00York", *LONG,
         *garbage("zone")),
        "America/Chicago", {"time_zone": "America/New_York"}, empty={"time_zone": "America/Chicago"},
    ),
    ("locations", "hours"): Case(
        ("9 to 5", "Mon", "Mon; Tue 09:00-17:00", ";;", "Funday 09:00-17:00", "Mon 25:00-26:00", "Mon 09:03-17:00",
         "Mon 09:00-13:00 12:00-17:00", "zzz", "=1+1", "Mon 09:00-17:00; Mon 18:00-19:00", TOO_MANY_HOURS, *LONG,
         *garbage("hours")),
        WEEK, {"hours": ""},
    ),
    ("locations", "parking"): Case(text(500), "Behind the house.", {"parking": ""}),
    ("locations", "access"): Case(text(500), "No steps.", {"access": ""}),
    ("locations", "plans"): Case(text(4000), "Medicare; Fernbrook PPO", {"plans": ""}),
    ("specialists", "profession"): Case(text(80), "Chiropractor", {"profession": ""}),
    ("specialists", "languages"): Case(text(120), "Polish, Spanish", {"languages": "English"}),
    ("specialists", "about"): Case(text(2000), "I treat backs.", {"about": ""}),
    ("specialists", "gender"): Case(
        ("yes", "womanly", "zzz", "=1+1", "f\x00", "m/f", "2", *LONG, *garbage("gender")), "woman", {"gender": None}
    ),
    ("shifts", "last_day"): Case(
        ("next week", "2027-02-30", "2027-13-01", "31/12/2027", "2027-12-31\x00", "2027", "46752", "=1+1", "zzz", *LONG,
         *garbage("last day")),
        "2027-12-31", {}, empty={"last_day": None},
    ),
}  # fmt: skip

HOURS = ("9-5", "Mon", "25:00-26:00", "09:03-17:00", "09:00-13:00 12:00-17:00", "=1+1", "zzz", *LONG, *garbage("a day"))
REFUSED = {
    ("locations", "key"): Refused(text(300), "a line without its key is another site: it would be added a second time"),
    ("specialists", "key"): Refused(text(200), "a line without its key is another specialist, who would be added a second time"),
    ("specialists", "locations"): Refused(
        ("west", "north|west", "zzz", "=1+1", *LONG, *garbage("sites"), "north" + "|" * 4000 + "west"),
        "with one location fewer the specialist would offer less than the file says, or nothing",
    ),
    ("specialists", "services"): Refused(
        (
            "massage",
            "physical-therapy|massage",
            "zzz",
            "=1+1",
            *LONG,
            *garbage("services"),
            "physical-therapy" + "|" * 4000 + "massage",
        ),
        "with one service fewer the specialist would offer less than the file says, or nothing",
    ),
    ("shifts", "hours"): Refused(
        (*HOURS, "Funday 09:00-17:00", "Mon; Tue 09:00-17:00", ";;"), "the hours are what the line is about"
    ),
    **{
        ("shifts", day): Refused(HOURS, "a day that is left out would be a day off, under the patients who are booked")
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    },
}
CONTRADICTIONS = {
    # A cell that can be read, and that cannot be right beside the others: which of them is wrong is not for us to say.
    "half a point is no place": ("locations", {"latitude": ""}),
    "the other half": ("locations", {"longitude": ""}),
    "a point in the sea": ("locations", {"latitude": "0", "longitude": "0"}),
    "a point in another state: one of the two is wrong": ("locations", {"latitude": "33.45", "longitude": "-112.07"}),
    "swapped": ("locations", {"latitude": "-81.4", "longitude": "28.5"}),
    "services without a place": ("specialists", {"locations": ""}),
    "ends before it begins": ("shifts", {"last_day": "2027-01-01"}),
}
OPTIONAL = [(what, one.name) for what, kind in IMPORTS.items() for one in kind.fields if not one.required]
LENIENT = [pair for pair in OPTIONAL if pair not in REFUSED]


@pytest.fixture
def clinics(session: Session) -> Session:
    """One clinic and one service, for the lines that name them, and one specialist, for the shifts."""
    build.zips(session)
    build.location(session, slug="north", name="North of before")
    build.visit_type(session, build.service(session, slug="physical-therapy"), slug="physical-therapy-evaluation")
    build.specialist(session, slug="ada")
    return session


def heading(what: str, name: str) -> str:
    """The column as a file may call it, so that what is said of it is said in the file's own word."""
    (one,) = (one for one in IMPORTS[what].fields if one.name == name)
    return one.also[0].replace("_", " ").title() if one.also else name


def run(session: Session, what: str, cells: Mapping[str, str]) -> ImportOutcome:
    """Import a file of one line, which is its second."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([heading(what, name) for name in cells])
    writer.writerow(cells.values())
    outcome = IMPORTS[what].run(session, parse_csv(written.getvalue().encode()))
    session.rollback()
    return outcome


def counts(outcome: ImportOutcome) -> tuple[int, int, int, int]:
    return outcome.new, outcome.changed, outcome.same, len(outcome.rejected)


def rows(session: Session, what: str) -> list[dict[str, Any]]:
    """The whole table, the last row last, and of a specialist what they offer."""
    table = IMPORTS[what].table.__table__
    found = [dict(row._mapping) for row in session.execute(select(table).order_by(table.c.id))]
    if what == "specialists":
        for row in found:
            offered = select(Offer.location_id, Offer.visit_type_id).where(Offer.specialist_id == row["id"])
            row["offers"] = {tuple(pair) for pair in session.execute(offered)}
    for row in found:
        row.pop("calendar_version", None)
    session.rollback()
    return found


def stored(session: Session, what: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Import the line that tells everything; the line, and all that stands then."""
    line = dict(IMPORTS[what].line)
    assert counts(run(session, what, line)) == (1, 0, 0, 0)
    return line, rows(session, what)


def with_day(what: str, name: str, line: Mapping[str, str]) -> dict[str, str]:
    """The line with its hours in the columns of days, when the column is one of them."""
    if what == "shifts" and name not in line:
        return {**{key: cell for key, cell in line.items() if key != "hours"}, "monday": "09:00-17:00", "tuesday": "09:00-17:00"}
    return dict(line)


def changing(what: str) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """A cell that changes at every turn, and what becomes of it: to and fro."""
    name, cell, value = IMPORTS[what].changing
    column = {"hours": "weekly"}.get(name, name)
    before = IMPORTS[what].line[name]
    while True:
        yield {name: cell}, {column: value}
        yield {name: before}, {column: before}


def test_every_optional_column_has_a_case() -> None:
    assert set(CASES) | set(REFUSED) == set(OPTIONAL)
    assert not set(CASES) & set(REFUSED)


@pytest.mark.parametrize(("what", "name"), LENIENT)
def test_what_cannot_be_read_leaves_what_is_stored_and_the_rest_of_the_line_is_taken(
    clinics: Session, what: str, name: str
) -> None:
    case = CASES[what, name]
    line, before = stored(clinics, what)
    for form, (cell, value) in zip(case.forms, changing(what), strict=False):
        outcome = run(clinics, what, {**line, **cell, name: form})
        assert (counts(outcome), outcome.rejected) == ((0, 1, 0, 0), []), form[:60]
        assert rows(clinics, what) == [*before[:-1], {**before[-1], **value}], form[:60]
        (remark,) = outcome.remarks
        assert (remark.line, remark.said.startswith(f"Column “{heading(what, name)}”: ")) == (2, True), remark
        assert remark.said.endswith(f" {WAS.format(case.shown)}"), remark
        assert len(remark.said) < 400


@pytest.mark.parametrize(("what", "name"), [pair for pair in LENIENT if pair[0] != "shifts"])
def test_of_a_new_row_it_is_left_out(clinics: Session, what: str, name: str) -> None:
    case = CASES[what, name]
    line, before = stored(clinics, what)
    for index, form in enumerate(case.forms):
        another = {key: f"{cell}-{index}" for key, cell in IMPORTS[what].another.items()}
        outcome = run(clinics, what, {**line, **another, name: form})
        assert (counts(outcome), outcome.rejected) == ((1, 0, 0, 0), []), form[:60]
        *others, new = rows(clinics, what)
        same = {key for key in new if key not in ("id", "slug", "import_key")}
        assert {key: new[key] for key in same} == {key: {**before[-1], **case.without}[key] for key in same}, form[:60]
        assert others[: len(before)] == before
        said = [remark.said for remark in outcome.remarks if remark.said.startswith(f"Column “{heading(what, name)}”: ")]
        assert (len(said), "It was left out" in said[0], "stays" in said[0]) == (1, True, False), outcome.remarks


@pytest.mark.parametrize(("what", "name"), LENIENT)
def test_an_empty_cell_erases_and_a_column_that_is_not_there_does_not(clinics: Session, what: str, name: str) -> None:
    case = CASES[what, name]
    line, before = stored(clinics, what)
    (cell, value), (back, _) = (next(turn) for turn in [changing(what)] for _ in range(2))
    missing = {key: one for key, one in {**line, **cell}.items() if key != name and key not in case.besides}
    assert counts(run(clinics, what, missing)) == (0, 1, 0, 0)
    assert rows(clinics, what) == [*before[:-1], {**before[-1], **value}]
    outcome = run(clinics, what, {**line, **back, name: "", **case.besides})
    assert (counts(outcome), outcome.rejected) == ((0, 1, 0, 0), [])
    assert rows(clinics, what) == [*before[:-1], {**before[-1], **(case.empty if case.empty is not None else case.without)}]


@pytest.mark.parametrize(("what", "name"), REFUSED)
def test_where_leaving_it_out_would_mean_something_else_the_line_changes_nothing(clinics: Session, what: str, name: str) -> None:
    line, before = stored(clinics, what)
    (cell, _value) = next(changing(what))
    line = with_day(what, name, line)
    for form in REFUSED[what, name].forms:
        outcome = run(clinics, what, {**line, **({} if what == "shifts" else cell), name: form})
        assert counts(outcome) == (0, 0, 0, 1), (form[:60], REFUSED[what, name].why)
        assert (outcome.rejected[0].line, outcome.remarks) == (2, []), form[:60]
        assert rows(clinics, what) == before, form[:60]


@pytest.mark.parametrize(("what", "cells"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_line_that_contradicts_itself_changes_nothing(clinics: Session, what: str, cells: dict[str, str]) -> None:
    line, before = stored(clinics, what)
    outcome = run(clinics, what, {**line, **next(changing(what))[0], **cells})
    assert (counts(outcome), outcome.remarks) == ((0, 0, 0, 1), [])
    assert rows(clinics, what) == before


def test_a_new_shift_whose_end_cannot_be_read_is_refused_as_it_would_never_end(clinics: Session) -> None:
    line, before = stored(clinics, "shifts")
    for form in CASES["shifts", "last_day"].forms:
        assert counts(run(clinics, "shifts", {**line, "first_day": "2028-01-03", "last_day": form})) == (0, 0, 0, 1), form[:60]
    assert rows(clinics, "shifts") == before
    assert before[-1]["last_day"] == date(2027, 12, 31)


def test_a_site_without_coordinates_moves_only_with_its_zip_code(clinics: Session) -> None:
    line, _before = stored(clinics, "locations")
    bare = {name: cell for name, cell in line.items() if name not in ("latitude", "longitude")}

    def place(cells: Mapping[str, str]) -> tuple[float, float, str]:
        assert not run(clinics, "locations", cells).rejected
        site = rows(clinics, "locations")[-1]
        return site["latitude"], site["longitude"], site["postal_code"]

    here = (28.5, -81.4, "32801")
    empty = {"latitude": "", "longitude": ""}
    assert place({**bare, "street": "2 Elm Street"}) == here
    assert place({**bare, "postal_code": "3280x"}) == here
    assert place({**line, **empty, "postal_code": "3280x"}) == here
    assert place({**line, "latitude": "zzz", "longitude": "zzz"}) == here
    assert place({**line, "latitude": "zzz", "postal_code": "33602"}) == (28.5, -81.4, "33602")
    assert place({**bare, "postal_code": "32803"}) == (28.5559, -81.3535, "32803")
    assert place({**line, **empty}) == (*CENTER.values(), "32801")
    assert place({**line, **empty, "postal_code": ""}) == (*CENTER.values(), None)


def test_a_site_that_moves_takes_the_zone_of_its_place_when_none_can_be_read(clinics: Session) -> None:
    line, _before = stored(clinics, "locations")
    moved = {**line, "city": "Phoenix", "state": "AZ", "postal_code": "85004", "latitude": "33.45", "longitude": "-112.07"}
    (remark,) = run(clinics, "locations", {**moved, "time_zone": "MST7"}).remarks
    assert remark.said.endswith("It was left out, and the zone of the place was taken: America/Phoenix.")
    assert rows(clinics, "locations")[-1]["time_zone"] == "America/Phoenix"


def test_of_a_line_that_is_rejected_in_the_end_nothing_is_said_to_stay(clinics: Session) -> None:
    stored(clinics, "shifts")
    build.location(clinics, slug="south", name="South of before")
    south = {
        "specialist": "ada",
        "location": "south",
        "first_day": "2027-01-04",
        "last_day": "2027-12-31",
        "hours": "Thu 09:00-12:00",
    }
    assert counts(run(clinics, "shifts", south)) == (1, 0, 0, 0)
    outcome = run(clinics, "shifts", {**south, "last_day": "next year", "hours": "Mon 09:00-12:00"})
    assert (counts(outcome), outcome.remarks) == ((0, 0, 0, 1), [])
    assert "two places at once" in outcome.rejected[0].said


def test_text_as_excel_marks_it_is_text_in_every_column(clinics: Session) -> None:
    line, before = stored(clinics, "locations")
    marked = {name: f'="{cell}"' for name, cell in line.items()}
    assert counts(run(clinics, "locations", marked)) == (0, 0, 1, 0)
    outcome = run(clinics, "locations", {**line, "parking": '="=1+1"'})
    assert (counts(outcome), len(outcome.remarks)) == ((0, 0, 1, 0), 1)
    assert rows(clinics, "locations") == before
