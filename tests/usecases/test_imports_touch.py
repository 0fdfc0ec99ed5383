"""Hours and zones that come from a file touch visits as those of a page do: named in a dry run, on the work list after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile, parse_csv
from clinic.domain.errors import NotOffered
from clinic.domain.scheduling.affected import Cause
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Location, Specialist, VisitType
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.usecases.imports import ImportOutcome, import_locations, import_shifts, import_specialists
from tests import build
from tests.build import KEY, PATIENT
from tests.queues import NOW, Queue

HEADER = "specialist,location,first_day,hours\n"
SITE = "key,name,street,city,state,zip,lat,lon,time_zone,hours\n"


class Files(Queue):
    """The queue's clinic and Ana, who both have keys that files name them by."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        build.zips(session)
        session.get_one(Location, self.place.id).import_key = "park"
        session.get_one(Specialist, self.ana.id).import_key = "ana"
        session.commit()

    def shifts(self, *lines: str, dry_run: bool = False) -> ImportOutcome:
        return import_shifts(self.session, self._file(HEADER + "\n".join(lines)), {}, now=self.now, dry_run=dry_run)

    def site(self, zone: str = "America/New_York", hours: str = "", dry_run: bool = False) -> ImportOutcome:
        row = self.session.get_one(Location, self.place.id)
        line = f"park,{row.name},{row.street},{row.city},FL,32801,{row.latitude},{row.longitude},{zone},{hours}\n"
        return import_locations(self.session, self._file(SITE + line), {}, now=self.now, dry_run=dry_run)

    def _file(self, text: str) -> CsvFile:
        return parse_csv(text.encode())

    def open_tasks(self) -> dict[int | None, str]:
        self.session.rollback()
        wanted = select(Task.appointment_id, Task.cause).where(Task.kind == "affected_visit", Task.done_at.is_(None))
        return dict(self.session.execute(wanted).all())

    def of(self, action: str) -> list[tuple[str, int | None, str]]:
        self.session.rollback()
        rows = self.session.execute(select(Audit.actor, Audit.appointment_id, Audit.detail).where(Audit.action == action))
        return [(actor, visit, detail) for actor, visit, detail in rows]


@pytest.fixture
def files(session: Session) -> Files:
    return Files(session)


TUESDAY = "ana,park,2026-11-17,Tue 10:00-12:00; Wed 09:00-17:00"


def test_shorter_hours_name_their_visits_first_and_put_them_on_the_list(files: Files) -> None:
    inside, outside = files.book(files.at(1, 10)), files.book(files.at(1, 15))
    told = files.shifts(TUESDAY, dry_run=True)
    assert [(visit.start, visit.time_zone, visit.reference, visit.cause) for visit in told.touched] == [
        (files.at(1, 15), "America/New_York", outside.reference, Cause.HOURS)
    ]
    assert (files.open_tasks(), files.of("ask_to_move"), files.of("import")) == ({}, [], [])
    done = files.shifts(TUESDAY)
    assert done.touched == told.touched
    assert files.open_tasks() == {outside.summary.appointment_id: "hours"}
    assert files.of("ask_to_move") == [("command-line", outside.summary.appointment_id, "")]
    [(actor, _, detail)] = files.of("import")
    assert (actor, "sha256 " in detail) == ("command-line", True)
    told_to = files.session.scalars(select(OutboxMessage.appointment_id).where(OutboxMessage.event == "call-first")).all()
    assert told_to == [outside.summary.appointment_id]
    files.session.rollback()
    assert files.shifts(TUESDAY).touched == [], "twice is once"
    assert files.visits() == [files.at(1, 10), files.at(1, 15)]
    assert inside.reference not in {visit.reference for visit in done.touched}


def test_hours_that_come_back_take_visits_off_the_list(files: Files) -> None:
    files.book(files.at(1, 15))
    files.shifts(TUESDAY)
    assert len(files.open_tasks()) == 1
    line = "ana,park,2026-11-17,Tue 09:00-17:00"
    assert files.shifts(line, dry_run=True).freed == 1
    assert len(files.open_tasks()) == 1
    back = files.shifts(line)
    assert (back.touched, back.freed, files.open_tasks()) == ([], 1, {})
    assert len(files.of("stands_again")) == 1


@pytest.mark.parametrize("cells", [",", "park,another"])
def test_offers_that_go_say_whose_visits_stay(files: Files, cells: str) -> None:
    """An empty cell empties, as documented; whoever has a visit there is not forgotten over it."""
    files.book(files.at(1, 9))
    files.book(files.at(2, 9))
    files.session.execute(update(VisitType).values(slug="another").where(VisitType.id == build.visit_type(files.session).id))
    files.session.commit()
    text = f"key,name,locations,services\nana,Ana,{cells}\n"
    for dry_run in (True, False):
        done = import_specialists(files.session, parse_csv(text.encode()), {}, now=files.now, dry_run=dry_run)
        (remark,) = done.remarks
        assert remark.said.startswith(f"2 booked visits at {files.place.name} stay as they are.")
    assert files.visits() == [files.at(1, 9), files.at(2, 9)]


def test_a_time_that_is_only_held_ends_and_whoever_holds_it_is_told_when_they_book(files: Files) -> None:
    opening = write_opening(KEY, SlotRef(files.kind.id, files.place.id, files.ana.id, cell_at(files.at(1, 15))))
    held = booking.hold(files.session, opening, key=KEY, who=PATIENT, now=files.now)
    files.shifts(TUESDAY)
    with pytest.raises(NotOffered):
        booking.confirm(files.session, held.token, files.details(), key=KEY, who=PATIENT, now=files.now)


def test_a_new_zone_moves_the_hours_and_says_whose_visits_they_leave(files: Files) -> None:
    """Nine to five Central is ten to six Eastern: nine o'clock is nobody's hour any more, and was told as Eastern."""
    nine, noon = files.book(files.at(1, 9)), files.book(files.at(1, 12))
    told = files.site("America/Chicago", dry_run=True)
    assert [(visit.start, visit.time_zone, visit.cause) for visit in told.touched] == [
        (files.at(1, 9), "America/New_York", Cause.HOURS)
    ]
    assert files.open_tasks() == {}
    files.site("America/Chicago")
    assert files.open_tasks() == {nine.summary.appointment_id: "hours"}
    files.session.rollback()
    stays = files.session.get_one(Appointment, noon.summary.appointment_id)
    assert (stays.start_at, stays.time_zone) == (files.at(1, 12), "America/New_York")
    assert files.site("America/New_York").touched == []
    assert files.open_tasks() == {}, "the zone was a slip, and is right again"


def test_new_opening_hours_of_a_clinic_are_looked_at_as_well(files: Files) -> None:
    late = files.book(files.at(1, 16))
    files.book(files.at(1, 10))
    done = files.site(hours="Mon 08:00-12:00; Tue 08:00-12:00; Wed 08:00-18:00")
    assert [visit.reference for visit in done.touched] == [late.reference]


def test_somebody_with_hours_there_and_no_offer_is_looked_at_as_well(files: Files) -> None:
    """Whoever gives visits somewhere may have stopped offering them."""
    nine = files.book(files.at(1, 9))
    files.session.execute(build.Offer.__table__.delete())
    files.session.commit()
    files.site("America/Chicago")
    assert list(files.open_tasks()) == [nine.summary.appointment_id]


def test_the_command_names_visits_and_nobody(files: Files, app: Flask, tmp_path: object) -> None:
    booked = files.book(files.at(1, 15), given_name="Zebediah", family_name="Quillfeather")
    file = tmp_path / "shifts.csv"  # type: ignore[operator]
    file.write_text(HEADER + TUESDAY + "\n", encoding="utf-8")
    files.session.rollback()
    for dry_run, said in ((["--dry-run"], "1 booked visit would go onto the work list"), ([], "1 booked visit went onto")):
        told = app.test_cli_runner().invoke(args=["clinic", "import", "shifts", str(file), *dry_run])
        assert told.exit_code == 0, told.output
        assert said in told.output
        assert f"Tue, Nov 17, 2026, 03:00 PM EST, {files.place.name}" in told.output
        assert f"{booked.reference} (outside the new hours)" in told.output
        assert "Quillfeather" not in told.output
    assert NOW + timedelta(days=1, hours=6) == files.at(1, 15)
