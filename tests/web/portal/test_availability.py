"""Working hours on the web: what a change does is on a page before it is saved, and whoever it touches is decided on there."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.hours import format_day
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Specialist
from clinic.store.tables.schedules import RosterChange, Shift, ShiftDay, TimeOff
from clinic.store.tables.work import Task
from clinic.usecases import booking
from clinic.web.portal.hours.parsing import read_hours, write_hours
from clinic.web.portal.hours.words import week_in_words
from tests import build
from tests.build import KEY, PATIENT
from tests.queues import Queue
from tests.web.booking.test_waiting import said_on
from tests.web.care.test_reading import LIMIT, grade
from tests.web.staff import PASSWORD, SECRET, hire, signed_in, token_on
from tests.web.visiting import hidden, text_of

TUESDAY, NEXT_MONDAY = date(2026, 11, 17), date(2026, 11, 23)
NINE_TO_FIVE = "9 am-5 pm"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass
class Desk:
    """Ana works every day from nine to five at the first clinic, and offers visits at a second; Ben at a third."""

    app: Flask
    session: Session
    queue: Queue
    park: Any
    far: Any
    ben: Specialist
    url: str

    @property
    def ana(self) -> int:
        return self.queue.ana.id

    def hire(self, name: str, *grants: Grant, **given: Any) -> FlaskClient:
        hire(self.app, self.url, name, *grants, **given)
        return signed_in(self.app, self.url, name)

    def rows(self, table: Any) -> list[Any]:
        self.session.rollback()
        found = list(self.session.scalars(select(table).order_by(*table.__table__.primary_key)).all())
        self.session.expunge_all()
        self.session.rollback()
        return found


@dataclass
class Hand:
    """Somebody who fills in the forms of one specialist."""

    client: FlaskClient
    number: int

    def path(self, page: str = "") -> str:
        return f"/portal/availability/{self.number}{f'/{page}' if page else ''}"

    def see(self, page: str = "", **asked: Any) -> TestResponse:
        return self.client.get(self.path(page), query_string=asked)

    def send(self, page: str, **typed: Any) -> TestResponse:
        answer = self.client.post(self.path(page), data={"csrf_token": token_on(self.client, "/account"), **typed})
        assert answer.status_code < 500
        return answer

    def weekly(self, clinic: int, first_day: object = NEXT_MONDAY, **days: str) -> TestResponse:
        return self.send("weekly", clinic=clinic, first_day=str(first_day), **days)

    def save(self, effect: TestResponse, **decided: Any) -> TestResponse:
        listed = re.findall(r'name="listed" value="([^"]*)"', effect.get_data(as_text=True))
        carried = {name: hidden(effect)[name] for name in ("change", "version", "form", "typed")}
        return self.send("save", **carried, listed=listed, **decided)


@pytest.fixture
def desk(app: Flask, session: Session, database: str) -> Iterator[Desk]:
    queue = Queue(session, cancel_window_hours=0)
    park = build.location(session, name="Park Clinic", latitude=28.5978, longitude=-81.3534)
    build.offer(session, queue.kind, park, queue.ana)
    far, ben, _ = build.practice(session, visit=queue.kind)
    yield Desk(app, session, queue, park, far, ben, database)
    session.rollback()


@pytest.fixture
def hand(desk: Desk) -> Hand:
    return Hand(desk.hire("Ana", Grant(Role.SPECIALIST), specialist_id=desk.ana), desk.ana)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9:00-12:00, 1:00 pm-5:00 pm", "09:00-12:00 13:00-17:00"),
        ("9-12, 1-5", "09:00-12:00 13:00-17:00"),
        ("9 a.m. to noon and 1 until 4:30 p.m.", "09:00-12:00 13:00-16:30"),
        ("0900–1700", "09:00-17:00"),
        ("8-9pm", "20:00-21:00"),
        ("10-2", "10:00-14:00"),
        ("22:00-06:00", "22:00-06:00"),
        ("6 pm-midnight", "18:00-24:00"),
        ("17:00-9:00", "17:00-09:00"),
        ("closed", ""),
    ],
)
def test_hours_are_read_as_people_write_them(typed: str, kept: str) -> None:
    assert read_hours(typed) == kept


@pytest.mark.parametrize("typed", ["nine to five", "9-", "25-26", "13 pm-2 pm", "9:03-12", "1-3, 2-4", "9" * 400, "9-10-11"])
def test_what_cannot_be_read_as_hours_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_hours(typed)
    assert len(refused.value.message) < 140


def test_hours_in_a_field_are_read_as_what_they_were() -> None:
    for opens in range(0, 1440, 35):
        for closes in range(5, 1441, 25):
            line = format_day([(opens, closes)])
            if opens != closes:
                assert read_hours(write_hours(line)).replace("24:00", "00:00") == line.replace("24:00", "00:00")


def test_days_in_a_row_are_told_together() -> None:
    told = week_in_words("Mon 09:00-12:00; Tue 09:00-12:00; Wed 09:00-12:00; Thu 13:00-17:00; Sat 09:00-12:00; Sun 09:00-12:00")
    assert told == (
        ("Monday to Wednesday", "9:00 AM to noon"),
        ("Thursday", "1:00 PM to 5:00 PM"),
        ("Saturday and Sunday", "9:00 AM to noon"),
    )


def test_new_hours_at_a_second_clinic_are_seen_saved_and_taken_back(desk: Desk, hand: Hand) -> None:
    assert hand.client.get("/portal/availability").location == hand.path()
    form = hand.see("weekly", clinic=desk.park.id)
    assert f'value="{NEXT_MONDAY}"' in form.get_data(as_text=True)
    effect = hand.weekly(desk.park.id, mon="6 pm-8 pm", wed="6-8pm")
    told = text_of(effect)
    assert "New weekly hours at Park Clinic from Monday, November 23, 2026" in told
    assert re.search(r"Adds \d+ openings, removes none, affects no patient", told)
    assert desk.rows(RosterChange) == []
    saved = hand.save(effect)
    assert (saved.status_code, saved.location) == (303, hand.path() + f"?week={NEXT_MONDAY}&saved=1")
    assert hand.save(effect).location == saved.location, "pressed twice, it is saved once"
    assert len(desk.rows(RosterChange)) == 1
    week = hand.client.get(saved.location)
    assert "6:00 PM to 8:00 PM Park Clinic" in text_of(week)
    assert "Saved" in text_of(week)
    back = hand.send("take-back", change="1")
    assert back.status_code == 303
    assert [shift.location_id for shift in desk.rows(Shift) if shift.specialist_id == desk.ana] == [desk.queue.place.id]
    again = hand.client.post(hand.path("take-back"), data={"csrf_token": token_on(hand.client, "/account"), "change": "1"})
    assert "Nothing was changed" in text_of(hand.client.get(again.location))


def test_each_patient_is_named_and_decided_on(desk: Desk, hand: Hand) -> None:
    first, second = (desk.queue.book(desk.queue.at(1, hour), given_name=name) for hour, name in ((10, "Odette"), (11, "Rafa")))
    effect = hand.send("time-off", first_day=str(TUESDAY), reason="Training")
    told = text_of(effect)
    assert "affects 2 patients" in told
    assert "Odette Person aab Tuesday, November 17, 2026, 10:00 AM EST, Impact Medical" in told
    seen = [row.appointment_id for row in desk.rows(Audit) if row.action == "see_affected_visit"]
    assert seen == [first.summary.appointment_id, second.summary.appointment_id]
    undecided = hand.save(effect, **{f"visit-{first.summary.appointment_id}.0": "keep"})
    assert undecided.status_code == 422
    assert text_of(undecided).count("Choose what becomes of this visit") == 2  # on top, and beside the one
    assert re.search(rf'id="visit-{first.summary.appointment_id}.0" [^>]*value="keep" checked', undecided.get_data(as_text=True))
    assert desk.rows(TimeOff) == []
    done = hand.save(undecided, **{f"visit-{first.summary.appointment_id}.0": "keep", "all": "task"})
    assert done.status_code == 303
    assert [(row.kind, row.appointment_id) for row in desk.rows(Task)] == [("affected_visit", second.summary.appointment_id)]
    assert "Away: Training No hours Impact Medical" in text_of(hand.client.get(done.location))
    [off] = desk.rows(TimeOff)
    back = hand.send("come-back", start=off.start_cell, end=off.end_cell)
    assert "Time off taken back: Tuesday, November 17, 2026" in text_of(back)
    assert hand.save(back).status_code == 303
    assert desk.rows(TimeOff) == []
    assert [row.done_at is not None for row in desk.rows(Task)] == [True]


def test_a_change_that_touches_somebody_is_taken_back_by_its_effect(desk: Desk, hand: Hand) -> None:
    hand.save(hand.send("one-day", clinic=desk.queue.place.id, day=str(TUESDAY), what="add", hours="5-8 pm"))
    desk.queue.book(desk.queue.at(1, 18))
    effect = hand.send("take-back", change="1")
    assert (effect.status_code, "affects 1 patient" in text_of(effect)) == (200, True)
    assert len(desk.rows(ShiftDay)) == 1
    assert hand.save(effect, all="keep").status_code == 303
    assert desk.rows(ShiftDay) == []


def test_who_books_meanwhile_is_decided_on_too(desk: Desk, hand: Hand) -> None:
    desk.queue.book(desk.queue.at(1, 10))
    effect = hand.send("one-day", clinic=desk.queue.place.id, day=str(TUESDAY), what="close")
    late = desk.queue.book(desk.queue.at(1, 12), given_name="Late")
    met = hand.save(effect, all="task")
    assert met.status_code == 409
    assert "Booked meanwhile: Late Person" in text_of(met)
    assert 'id="all-task" name="all" type="radio" value="task" checked' in met.get_data(as_text=True)
    assert (desk.rows(ShiftDay), desk.rows(Task)) == ([], [])
    assert hand.save(met, **{"all": "task", f"visit-{late.summary.appointment_id}.0": "keep"}).status_code == 303
    assert len(desk.rows(Task)) == 1


def test_the_second_of_two_who_change_the_same_sees_what_changed(desk: Desk, hand: Hand) -> None:
    manager = Hand(desk.hire("Greta", Grant(Role.MANAGER, desk.queue.place.id)), desk.ana)
    mine = hand.weekly(desk.queue.place.id, **dict.fromkeys(WEEK[:5], NINE_TO_FIVE))
    theirs = manager.send("one-day", clinic=desk.queue.place.id, day="2026-12-01", what="close", reason="Fire drill")
    assert manager.save(theirs).status_code == 303
    met = hand.save(mine)
    assert met.status_code == 409
    assert "Greta Ashgrover: Tuesday, December 1, 2026 at" in text_of(met)
    assert "Fire drill" in text_of(met)
    assert hand.save(met).status_code == 303
    assert len(desk.rows(RosterChange)) == 2


BAD = (
    ("weekly", {"mon": "9-1, 12-5"}, "mon", "These hours overlap"),
    ("weekly", {"tue": "17:00-09:00"}, "hours", "ends before it begins"),
    ("weekly", {"tue": "9:03-12"}, "tue", "off the five-minute grid"),
    ("weekly", {"tue": "nine"}, "tue", "We could not read “nine”"),
    ("weekly", {"mon": "9-5"}, "hours", "Nobody can be in two places at once"),
    ("weekly", {"mon": "5:05-8 pm"}, "hours", "The way takes about"),
    ("weekly", {"mon": "6-8 pm", "first_day": "0226-11-23"}, "first_day", "Check the year: 226"),
    ("weekly", {"mon": "6-8 pm", "first_day": "2126-11-23"}, "first_day", "Check the year"),
    ("weekly", {"mon": "6-8 pm", "first_day": ""}, "first_day", "Write the first day"),
    ("weekly", {"mon": "6-8 pm", "last_day": "2026-11-01"}, "last_day", "has passed"),
    ("weekly", {"mon": "6-8 pm", "last_day": "2/30/2027"}, "last_day", "no such day"),
    ("one-day", {"what": "add", "day": "2027-03-14", "hours": "2-3 am"}, "hours", "there is no 2:00 AM that day"),
    ("one-day", {"what": "add", "day": "2026-12-24", "hours": "8-9 pm"}, "hours", "is closed on"),
    ("one-day", {"what": "add", "day": "2026-12-25", "hours": ""}, "hours", "Write the hours"),
    ("one-day", {"what": "", "day": "2026-12-25"}, "what", "Choose what is different"),
    ("one-day", {"what": "close", "day": "2026-11-01"}, "day", "has passed"),
    ("time-off", {"first_day": "2026-12-24", "last_day": "2026-12-20"}, "last_day", "before the first day"),
    ("time-off", {"first_day": "2026-12-24", "last_day": "2026-12-26", "hours": "1-3"}, "hours", "Hours are of one day"),
    ("time-off", {"first_day": "2026-12-24", "reason": "x" * 200}, "reason", "Shorten the reason"),
    ("time-off", {"first_day": "2026-11-01"}, "last_day", "over already"),
    ("copy-week", {"day": "2026-11-16", "to": "2026-11-19"}, "to", "Choose another week"),
    ("copy-week", {"day": "2026-11-16", "to": "2026-12-01", "weeks": "999"}, "weeks", "Choose a number of weeks"),
    ("holidays", {}, "days", "Choose the holidays"),
)


def test_bad_input_gets_a_sentence_beside_its_field_and_keeps_the_rest(desk: Desk, hand: Hand) -> None:
    build.location_day(desk.session, desk.park, date(2026, 12, 24), "08:00-12:00")
    usual = {"weekly": {"first_day": str(NEXT_MONDAY), "sat": "8 pm-9 pm"}}
    for form, typed, field, sentence in BAD:
        refused = hand.send(form, **{"clinic": desk.park.id, **usual.get(form, {}), **typed})
        source = html.unescape(refused.get_data(as_text=True))
        beside = re.search(rf'id="{field}-wrong">(.*?)</p>', source)
        assert refused.status_code == 422, (form, typed)
        assert beside, (form, typed)
        assert sentence in beside[1], (form, typed)
        kept = [value for value in (usual.get(form, {}) | typed).values() if value and value != "999"]
        assert [value for value in kept if f'value="{value}"' not in source] == [], (form, typed)
    assert desk.rows(RosterChange) == []


def test_times_that_are_being_booked_are_decided_on(desk: Desk, hand: Hand) -> None:
    queue = desk.queue
    opening = write_opening(KEY, SlotRef(queue.kind.id, queue.place.id, desk.ana, cell_at(queue.at(1, 14))))
    booking.hold(desk.session, opening, key=KEY, who=PATIENT, now=queue.now)
    effect = hand.send("one-day", clinic=queue.place.id, day=str(TUESDAY), what="instead", hours="9-1")
    assert "1 time is being booked just now" in text_of(effect)
    undecided = hand.save(effect)
    assert (undecided.status_code, 'id="held-wrong"' in undecided.get_data(as_text=True)) == (422, True)
    assert hand.save(undecided, held="release").status_code == 303
    assert [row.state for row in desk.rows(Appointment)] == ["expired"]


def test_what_cannot_be_any_more_when_it_is_saved_goes_back_to_its_form(desk: Desk, hand: Hand) -> None:
    effect = hand.send("one-day", clinic=desk.park.id, day=str(TUESDAY), what="add", hours="6-8 pm", reason="More")
    back = hand.send("one-day", again="1", **dict(json.loads(hidden(effect)["typed"])))
    assert (back.status_code, 'value="6-8 pm"' in back.get_data(as_text=True)) == (200, True)
    build.location_day(desk.session, desk.park, TUESDAY)
    refused = hand.save(effect)
    assert refused.status_code == 422
    assert "Park Clinic is closed on Tuesday" in text_of(refused)
    assert 'value="6-8 pm"' in refused.get_data(as_text=True)


def test_a_week_is_copied_and_holidays_are_taken(desk: Desk, hand: Hand) -> None:
    hand.save(hand.send("one-day", clinic=desk.queue.place.id, day=str(TUESDAY), what="instead", hours="8-11"))
    assert hand.save(hand.send("copy-week", day="2026-11-18", to="2026-12-01", weeks="2")).status_code == 303
    assert [(row.day, row.hours) for row in desk.rows(ShiftDay)] == [
        (day, "08:00-11:00") for day in (TUESDAY, date(2026, 12, 1), date(2026, 12, 8))
    ]
    assert "Thanksgiving Day: Thursday, November 26, 2026" in text_of(hand.see("holidays"))
    effect = hand.send("holidays", days=["2026-11-26", "2026-12-25"])
    assert hand.save(effect).status_code == 303
    assert [row.reason for row in desk.rows(TimeOff)] == ["Thanksgiving Day", "Christmas Day"]
    assert "Away: Thanksgiving Day" in text_of(hand.see(week="2026-11-23"))


def test_a_manager_changes_what_is_at_their_clinics_and_nothing_else(desk: Desk, hand: Hand) -> None:
    build.shift(desk.session, desk.queue.ana, desk.park, "Mon 18:00-20:00", date(2026, 12, 7))
    here = Hand(desk.hire("Greta", Grant(Role.MANAGER, desk.queue.place.id)), desk.ana)
    listed = text_of(here.client.get("/portal/availability"))
    assert (desk.queue.ana.name in listed, desk.ben.name in listed) == (True, False)
    assert here.client.get(f"/portal/availability/{desk.ben.id}").status_code == 404
    assert here.client.get(f"/portal/availability/{desk.ben.id}/time-off").status_code == 404
    assert here.weekly(desk.queue.place.id, mon="9-4").status_code == 200
    assert here.weekly(desk.park.id, mon="9-4").status_code == 404
    assert here.see("weekly", clinic=desk.park.id).status_code == 404
    assert "which you are not responsible for" in text_of(here.see("time-off"))
    refused = here.send("time-off", first_day=str(TUESDAY))
    assert (refused.status_code, "which you are not responsible for" in text_of(refused)) == (422, True)
    effect = hand.weekly(desk.park.id, "2026-12-14", mon="6-9 pm")
    forged = here.send("save", **{name: hidden(effect)[name] for name in ("change", "version")})
    assert (forged.status_code, desk.rows(RosterChange)) == (404, [])
    both = Hand(
        desk.hire("Omar", Grant(Role.MANAGER, desk.queue.place.id), Grant(Role.MANAGER, desk.park.id)), desk.ana
    )  # fmt: skip
    assert both.save(both.send("time-off", first_day=str(TUESDAY))).status_code == 303


def test_a_specialist_changes_their_own_hours_at_their_own_clinics(desk: Desk, hand: Hand) -> None:
    assert hand.client.get(f"/portal/availability/{desk.ben.id}").status_code == 404
    assert hand.weekly(desk.far.id, mon="9-4").status_code == 404
    week, ages = '["SetWeek",99999,"Mon 09:00-10:00","2026-11-23",null]', '["TakeOff",6000000,2147483647,""]'
    for broken in ("", "[]", "[[]]", '[["SetWeek",1]]', f"[{week}]", f"[{ages}]"):
        for typed in ("[[", r'[["day","\ud800"]]'):
            assert hand.send("save", change=broken, version="0-", typed=typed, form="one_day").status_code in (404, 422)
    assert desk.rows(RosterChange) == []


def test_others_look_and_change_nothing(desk: Desk) -> None:
    front = Hand(desk.hire("Omar", Grant(Role.FRONT_DESK, desk.queue.place.id)), desk.ana)
    week = front.see()
    assert (week.status_code, "Change one day" in text_of(week)) == (200, False)
    assert front.see("time-off").status_code == 403
    agent = desk.hire("Hana", Grant(Role.AGENT))
    found = text_of(agent.get("/portal/availability?name=" + desk.ben.name[-3:].upper()))
    assert desk.ben.name in found
    assert desk.queue.ana.name not in found
    assert f"/specialists/{desk.ben.slug}/times" in agent.get("/portal/availability").get_data(as_text=True)
    assert agent.get(front.path()).status_code == 404


def test_a_form_goes_on_after_signing_in_again(desk: Desk, hand: Hand) -> None:
    token = token_on(hand.client, hand.path("time-off"))
    desk.app.extensions["clinic"].clock.forward(minutes=16)
    met = hand.client.post(
        hand.path("time-off"), data={"csrf_token": token, "first_day": str(TUESDAY), "hours": "1-3 pm", "reason": "Dentist"}
    )
    assert (met.status_code, "What you typed is kept" in text_of(met)) == (401, True)
    code = pyotp.TOTP(SECRET).at(desk.app.extensions["clinic"].clock())
    met = hand.client.post("/account/sign-in", data=hidden(met) | {"email": "ana@example.org", "password": PASSWORD})
    met = hand.client.post("/account/code", data=hidden(met) | {"code": code})
    assert f'action="{hand.path("time-off")}"' in met.get_data(as_text=True)
    effect = hand.client.post(hand.path("time-off"), data=hidden(met))
    assert "Time off: Tuesday, November 17, 2026, 1:00 PM to 3:00 PM (Dentist)" in text_of(effect)


def test_each_clinic_speaks_its_own_time(desk: Desk, hand: Hand) -> None:
    west = build.location(desk.session, name="West Clinic", time_zone="America/Chicago", latitude=30.7, longitude=-84.9)
    build.offer(desk.session, desk.queue.kind, west, desk.queue.ana)
    build.shift_day(desk.session, desk.queue.ana, desk.queue.place, TUESDAY)
    build.shift_day(desk.session, desk.queue.ana, west, TUESDAY, "09:00-12:00")
    assert "9:00 AM to noon West Clinic, Central Time (CST)" in text_of(hand.see(week=str(TUESDAY)))
    told = text_of(hand.send("time-off", first_day=str(TUESDAY), hours="9-10", clinic=west.id))
    assert "10:00 AM to 11:00 AM" in told


def test_the_pages_read_at_sixth_grade(desk: Desk, hand: Hand, capsys: pytest.CaptureFixture[str]) -> None:
    desk.queue.book(desk.queue.at(1, 10))
    effect = hand.send("one-day", clinic=desk.queue.place.id, day=str(TUESDAY), what="close")
    pages = {
        "effect": effect, "undecided": hand.save(effect), "own": hand.see(),
        "list": desk.hire("Silas", Grant(Role.ADMINISTRATOR)).get("/portal/availability"), "clinics": hand.see("weekly"),
        **{form: hand.see(form) for form in ("one-day", "time-off", "copy-week", "holidays")},
        "weekly": hand.see("weekly", clinic=desk.park.id),
    }  # fmt: skip
    said = [sentence for page in pages.values() for sentence in said_on(page)]
    with capsys.disabled():
        print(f"\n  working hours: grade {grade(said):.1f}, {len(said)} sentences on {len(pages)} pages")
    assert grade(said) <= LIMIT
