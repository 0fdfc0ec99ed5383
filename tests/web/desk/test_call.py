"""A call on its screen, pressed button by button without JavaScript: what is shown when, and what the audit log has of it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from clinic.domain.people.callers import CLOSED
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening, write_reference
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.patients import Guardian, Patient
from clinic.store.tables.waitlist import WaitlistEntry
from clinic.store.tables.work import Call, CallVisit, Task
from clinic.usecases import booking
from tests import build
from tests.build import PATIENT
from tests.conftest import FakeClock
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import opened

CANARIES = ("Zebediah", "Quillfeather", "zeb@example.org", "555-0177", "32801", "April 23")
KNOWN = {"birth_date": "4/23/1971", "family_name": "quilfeather", "known": "(407) 555-0177"}
NEW = {
    "given_name": "Ana", "family_name": "O’Neil", "birth_date": "12 31 1980", "phone": "407.555.0166", "postal_code": "32801",
    "contact": "email", "email": "ana@example.org", "relation": "self",
}  # fmt: skip


@dataclass
class Desk:
    """An agent in a browser, a practice, and Zebediah, who has a visit in five days that was booked by telephone."""

    app: Flask
    url: str
    clock: FakeClock
    client: FlaskClient
    account: int
    kind: str
    ids: tuple[int, int, int]
    visit: int
    reference: str
    number: int = 0

    def begin(self) -> None:
        answer = self.client.post("/desk/calls", data={"csrf_token": token_on(self.client, "/desk/")})
        self.number = int(answer.location.rpartition("/")[2])

    def page(self, **asked: str) -> str:
        return self.client.get(f"/desk/calls/{self.number}", query_string=asked).get_data(as_text=True)

    def press(self, what: str, sought: Mapping[str, str] | None = None, /, **said: Any) -> TestResponse:
        data = {"csrf_token": token_on(self.client, "/account"), **said}
        return self.client.post(f"/desk/calls/{self.number}/{what}", query_string=sought, data=data)

    def opening(self, days: int) -> str:
        when = self.clock.now + timedelta(days=days)
        kind, place, doctor = self.ids
        return write_opening(self.app.config["SECRET_KEY"].encode(), SlotRef(kind, place, doctor, cell_at(when)))

    def hold(self, days: int, sought: dict[str, str] | None = None) -> str:
        """The key of what is held."""
        answer = self.press("hold", sought, opening=self.opening(days), key=f"hold-{self.number}-{days}-for-the-test")
        assert answer.status_code == 303, text(answer)
        return held_keys(self.client.get(answer.location).get_data(as_text=True))[-1]

    def know(self) -> None:
        """Zebediah proves who he is."""
        page = self.press("look-up", **KNOWN).get_data(as_text=True)
        row = fields(page, "row", "found_by")
        answer = self.press("verify", **row, given_name="Zebediah", fact="reference", answer=self.reference)
        assert answer.status_code == 303

    def take_new(self, **other: str) -> TestResponse:
        return self.press("new-caller", **NEW | other)

    def rows(self) -> list[tuple[str, int | None, str]]:
        with opened(self.url) as session:
            wanted = select(Audit.action, Audit.patient_id, Audit.detail).where(Audit.actor == f"account:{self.account}")
            return [(a, p, d) for a, p, d in session.execute(wanted.order_by(Audit.id)) if not a.startswith("sign")]


def text(answer: TestResponse | str) -> str:
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def fields(page: str, *names: str) -> dict[str, str]:
    """What the page has in inputs of those names."""
    found = {name: re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page) for name in names}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


def held_keys(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="hold" value="([^"]+)"', page)))


def focus(page: str) -> str:
    """The id of what has the focus: of one thing alone."""
    found = re.findall(r"<(?:input|button|select|a|textarea)[^>]*\bautofocus\b[^>]*>", page)
    assert len(found) == 1, found
    match = re.search(r'\bid="([^"]+)"', found[0])
    assert match
    return match[1]


@pytest.fixture
def desk(app: Flask, database: str, clock: FakeClock) -> Desk:
    key = app.config["SECRET_KEY"].encode()
    with opened(database) as session:
        build.zips(session)
        place, doctor, kind = build.practice(session, weekly=build.EVERY_DAY, horizon_days=60)
        wish = SlotRef(kind.id, place.id, doctor.id, cell_at(clock.now + timedelta(days=5)))
        held = booking.hold(session, write_opening(key, wish), key=key, who=build.STAFF, now=clock.now)
        said = build.details(
            given_name="Zebediah", family_name="Quillfeather", phone="407 555 0177", email="zeb@example.org", postal_code="32801"
        )  # fmt: skip
        made = booking.confirm(session, held.token, said, key=key, who=build.STAFF, now=clock.now)
        ids, slug = (kind.id, place.id, doctor.id), f"{made.summary.service_slug}/{made.summary.visit_type_slug}"
    account = hire(app, database, "Hana", Grant(Role.AGENT))
    client = signed_in(app, database, "Hana")
    found = Desk(app, database, clock, client, account, slug, ids, made.summary.appointment_id, made.reference)
    found.begin()
    return found


def test_nothing_of_a_patient_is_in_the_page_before_they_proved_it(desk: Desk) -> None:
    answers = [desk.page(), desk.press("look-up", **KNOWN).get_data(as_text=True)]
    rows = fields(answers[-1], "row", "shown", "initial", "found_by")
    assert rows["initial"] == "Z•••"
    assert focus(answers[-1]) == "verify-given_name"
    wrong = write_reference(12345)
    for name, fact, answer in (
        ("Zeb", "reference", wrong), ("Zebediah", "month", "5/2026 Ada"), ("Zebediah", "month", "5"),
        ("Anna", "reference", wrong),
    ):  # fmt: skip
        said = desk.press("verify", **rows, given_name=name, fact=fact, answer=answer)
        answers.append(said.get_data(as_text=True))
    for page in answers:
        shown = re.sub(r'value="[^"]*"', "", page)  # what the agent typed comes back into its field
        assert [word for word in CANARIES if word in shown] == []
    assert CLOSED in text(answers[-1])
    right = desk.press("verify", **rows, given_name="Zebediah", fact="reference", answer=desk.reference)
    assert CLOSED in text(right)
    desk.begin()
    again = desk.press("verify", **rows, given_name="Zebediah", fact="reference", answer=desk.reference)
    assert "Look for the patient again" in text(again)


def test_whoever_cannot_prove_it_has_two_ways_on(desk: Desk) -> None:
    page = desk.press("look-up", **KNOWN).get_data(as_text=True)
    rows = fields(page, "row", "shown", "initial", "found_by")
    for _ in range(3):
        said = desk.press("verify", **rows, given_name="Zebediah", fact="reference", answer=write_reference(1))
    page = said.get_data(as_text=True)
    assert CLOSED in text(page)
    assert "Call back the number on file" in text(page)
    new = desk.press("take-as-new")
    assert (new.status_code, focus(new.get_data(as_text=True))) == (200, "new-given_name")
    answer = desk.press("call-back-on-file", row=rows["row"])
    assert answer.status_code == 303
    assert focus(desk.client.get(answer.location).get_data(as_text=True)) == "end-go"
    assert desk.press("end", outcome="call_back").status_code == 303
    with opened(desk.url) as session:
        task = session.scalars(select(Task).where(Task.kind == "call_back")).one()
        number = task.id
    desk.clock.forward(minutes=10)
    called = desk.client.post(f"/desk/call-backs/{number}/call", data={"csrf_token": token_on(desk.client, "/account")})
    assert "(407) 555-0177" in text(desk.client.get(called.location))
    desk.number += 1
    page = desk.page()
    assert focus(page) == "verify-given_name"
    rows = fields(page, "row", "shown", "initial", "found_by")
    unread = desk.press("verify", **rows, given_name="Zebediah", birth_date="4/31/1971")
    assert "no such day" in text(unread)
    assert 'value="4/31/1971"' in unread.get_data(as_text=True)
    assert desk.press("verify", **rows, given_name="Zebediah", birth_date="4/23/1971").status_code == 303
    assert "Zebediah Quillfeather" in text(desk.page())


def test_the_reference_of_a_visit_booked_online_opens_that_visit_alone(desk: Desk) -> None:
    key, (kind, place, doctor) = desk.app.config["SECRET_KEY"].encode(), desk.ids
    with opened(desk.url) as session:
        wish = SlotRef(kind, place, doctor, cell_at(desk.clock.now + timedelta(days=7)))
        held = booking.hold(session, write_opening(key, wish), key=key, who=PATIENT, now=desk.clock.now)
        said = build.details(given_name="Zebediah", family_name="Quillfeather", phone="407 555 0177", email="x@evil.example")
        mine = booking.confirm(session, held.token, said, key=key, who=PATIENT, now=desk.clock.now)
    page = desk.press("look-up", **KNOWN | {"known": mine.reference}).get_data(as_text=True)
    assert focus(page) == "verify-given_name"
    assert "verify-answer" not in page
    assert desk.press("verify", **fields(page, "row", "found_by"), given_name="Zebediah").status_code == 303
    page = desk.page()
    assert "This one visit only" in text(page)
    assert focus(page) == f"move-{mine.summary.appointment_id}"
    assert [word for word in ("zeb@example.org", "555-0177", "32801") if word in page] == []
    assert f"move-{desk.visit}" not in page
    sought = {"near": "32801", "kind": desk.kind}
    held_time = desk.hold(2, sought)
    assert desk.press("book", sought, hold=held_time, key="not-in-the-name-of-another").status_code == 409
    assert desk.press("wait", sought).status_code == 409
    assert desk.press("cancel", visit=str(desk.visit), reason="asked").status_code == 404
    visit = str(mine.summary.appointment_id)
    moved = desk.press("move", {**sought, "move": visit}, visit=visit, hold=held_time)
    assert moved.status_code == 303
    assert "Moved" in text(desk.client.get(moved.location))


def test_a_known_caller_sees_their_visits_and_moves_one_to_a_held_time(desk: Desk) -> None:
    desk.know()
    page = desk.page()
    assert "Zebediah Quillfeather" in text(page)
    assert focus(page) == f"move-{desk.visit}"
    [address] = re.findall(rf'id="move-{desk.visit}"[^>]*href="([^"]+)"', page)
    searching = desk.client.get(html.unescape(address)).get_data(as_text=True)
    assert focus(searching) == "offer-1"
    assert "Zebediah" not in address
    sought = {"near": "32801", "kind": desk.kind, "move": str(desk.visit)}
    held = desk.hold(2, sought)
    answer = desk.press("move", sought, visit=str(desk.visit), hold=held)
    after = desk.client.get(answer.location).get_data(as_text=True)
    assert "Moved :" in text(after)
    assert "It starts at" in text(after)
    assert focus(after) == "end-go"
    assert held_keys(after) == []
    with opened(desk.url) as session:
        moved = session.get_one(Appointment, desk.visit)
        assert moved.start_at == desk.clock.now.replace(second=0) + timedelta(days=2)
    ended = desk.press("end", outcome="moved")
    assert ended.location == "/desk/"
    assert "Zebediah" not in desk.page()


def test_a_new_caller_is_recorded_booked_and_read_back_and_the_next_person_follows(desk: Desk) -> None:
    page = desk.press("look-up", birth_date="12311980", family_name="O'Neil", known="407 555 0166").get_data(as_text=True)
    assert focus(page) == "new-given_name"
    assert fields(page, "phone")["phone"] == "407 555 0166"
    refused = desk.take_new(email="", birth_date="31 31 1980")
    assert refused.status_code == 422
    assert 'value="Ana"' in refused.get_data(as_text=True)
    assert "no such day" in text(refused)
    assert "Ask for the email address" in text(refused)
    made = desk.take_new()
    assert made.location == f"/desk/calls/{desk.number}?near=32801"
    sought = {"near": "32801", "kind": desk.kind, "said": "not on sundays, purple"}
    found = desk.page(**sought)
    assert "Not understood: “purple”" in text(found)
    held = desk.hold(1, {**sought, "said": ""})
    answer = desk.press("book", sought, hold=held, key="book-it-once-for-this-test", reason="back pain")
    again = desk.press("book", sought, hold=held, key="book-it-once-for-this-test", reason="back pain")
    assert (answer.status_code, again.status_code) == (303, 303)
    after = desk.client.get(answer.location).get_data(as_text=True)
    assert "Your reference is" in text(after)
    assert focus(after) == "end-go"
    following = desk.client.get(desk.press("next-person").location).get_data(as_text=True)
    assert focus(following) == "look-birth_date"
    assert "Booked" in text(following)
    assert "Ana" not in text(following)
    assert desk.take_new(given_name="Ben", birth_date="1/2/1990").status_code == 303
    desk.press("book", hold=desk.hold(2), key="book-the-second-of-the-call")
    assert desk.press("end", outcome="booked").status_code == 303
    with opened(desk.url) as session:
        done = session.scalars(select(CallVisit.action).where(CallVisit.call_id == desk.number).order_by(CallVisit.id)).all()
        names = session.scalars(select(Patient.given_name).where(Patient.given_name.in_(("Ana", "Ben")))).all()
        assert done == ["hold", "book", "hold", "book"]
        assert sorted(names) == ["Ana", "Ben"]


def test_for_a_child_a_guardian_is_asked_for_and_noted(desk: Desk) -> None:
    child = desk.clock.now.date() - timedelta(days=3000)
    assert desk.take_new(birth_date=child.isoformat(), relation="parent", speaks_for="y").status_code == 303
    held = desk.hold(1)
    refused = desk.press("book", hold=held, key="a-child-without-a-guardian")
    assert refused.status_code == 422
    assert "under 18" in text(refused)
    assert focus(refused.get_data(as_text=True)) == "book-guardian_name"
    said = {"guardian_name": "Pat O’Neil", "guardian_relation": "parent", "guardian_phone": "407 555 0124"}
    unsaid = desk.press("book", hold=held, key="a-guardian-did-not-agree-yet", **said)
    assert 'value="Pat O’Neil"' in unsaid.get_data(as_text=True)
    assert desk.press("book", hold=held, key="a-child-with-a-guardian", **said, guardian_consent="y").status_code == 303
    with opened(desk.url) as session:
        assert session.scalars(select(Guardian.name)).one() == "Pat O’Neil"


def test_whoever_looks_like_a_patient_is_asked_before_they_are_there_twice(desk: Desk) -> None:
    twin = {"given_name": "Zebadiah", "family_name": "Quillfeather", "birth_date": "04/23/1971", "phone": "407 555 0199"}
    warned = desk.take_new(**twin)
    assert "1 may be the same person" in text(warned)
    page = warned.get_data(as_text=True)
    assert focus(page) == "new-sure"
    assert fields(page, "initial")["initial"] == "Z•••"
    assert desk.take_new(**twin, sure="y", report="y", **fields(page, "shown", "initial")).status_code == 303
    with opened(desk.url) as session:
        assert session.scalars(select(Task.kind).where(Task.kind == "possible_duplicate")).all() == ["possible_duplicate"]
    assert "Zebadiah Quillfeather" in text(desk.page())


def test_three_times_are_held_extended_and_given_back_and_survive_a_reload(desk: Desk) -> None:
    keys = [desk.hold(day) for day in (1, 2, 3)]
    page = desk.page()
    assert sorted(held_keys(page)) == sorted(keys)
    assert "To book it, say who calls." in text(page)
    assert "/book" not in page
    full = desk.press("hold", opening=desk.opening(4), key="a-fourth-time-in-this-call")
    assert full.status_code == 409
    assert "holds 3 times already" in text(full)
    desk.clock.forward(minutes=8)
    assert desk.press("keep", hold=keys[0]).status_code == 303
    desk.clock.forward(minutes=3)
    assert desk.page().count("data-left=") == 1
    assert desk.press("release", hold=keys[0]).status_code == 303
    assert "Nothing is held" in text(desk.page())
    desk.clock.forward(minutes=4)
    desk.hold(6)
    assert desk.press("end", outcome="dropped").status_code == 303
    with opened(desk.url) as session:
        states = session.scalars(select(Appointment.state).order_by(Appointment.id.desc())).all()
        assert states[0] == "cancelled", "whoever hangs up holds nothing"


def test_a_time_taken_meanwhile_gives_the_next_best_on_the_same_screen(desk: Desk) -> None:
    first = desk.opening(1)
    with opened(desk.url) as session:
        booking.hold(session, first, key=desk.app.config["SECRET_KEY"].encode(), who=PATIENT, now=desk.clock.now)
    sought = {"near": "32801", "kind": desk.kind}
    answer = desk.press("hold", sought, opening=first, key="somebody-was-a-moment-faster")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "just been taken. These are free instead." in text(page)
    assert focus(page) == "offer-1"
    [next_best] = re.findall(r'id="offer-1"[^>]*value="([^"]+)"', page)
    assert desk.press("hold", sought, opening=next_best, key="the-next-best-is-pressed").status_code == 303


def test_a_time_outside_the_hours_needs_a_reason_and_an_overlap_has_none(desk: Desk) -> None:
    sought = {"near": "32801", "kind": desk.kind}
    page = desk.page(**sought, more="yes")
    said = {}
    for name in ("location", "specialist"):
        match = re.search(rf'id="typed-{name}".*?<option value="([^"]+)"', page, re.DOTALL)
        assert match
        said[name] = match[1]
    day = (desk.clock.now + timedelta(days=6)).strftime("%m/%d/%Y")
    wrong = desk.press("typed", sought, **said, day=day, time="25")
    assert wrong.status_code == 422
    assert f'value="{day}"' in wrong.get_data(as_text=True)
    refused = desk.press("typed", sought, **said, day=day, time="5:05 AM")
    assert "outside the published hours" in text(refused)
    answer = desk.press("typed", sought, **said, day=day, time="5:05 AM", override_reason="agreed", key="outside-the-hours-once")
    assert answer.status_code == 303, text(answer)
    assert any("outside_hours=agreed" in detail for action, _, detail in desk.rows() if action == "hold")
    overlap = desk.press("typed", sought, **said, day=day, time="5:10 AM", override_reason="agreed", key="an-overlap-is-refused")
    assert overlap.status_code == 409


def test_each_thing_done_in_a_call_has_its_agent_its_patient_and_the_call(desk: Desk) -> None:
    sought = {"near": "32801", "kind": desk.kind}
    desk.know()
    desk.page()
    desk.press("who", relation="partner", speaks_for="y")
    kept = desk.hold(1, sought)
    desk.press("keep", hold=kept)
    desk.press("release", hold=kept)
    desk.press("book", hold=desk.hold(2, sought), key="one-of-everything-in-a-call")
    desk.press("move", visit=str(desk.visit), hold=desk.hold(3, sought))
    assert desk.press("cancel", visit=str(desk.visit), reason="asked").status_code == 303
    waiting = desk.press("wait", {**sought, "said": "after 4, tue"})
    assert waiting.status_code == 303, text(waiting)
    assert desk.press("call-back", day="tomorrow", time="4:30 pm").status_code == 303
    assert desk.press("note", note="Will ask at work.").status_code == 303
    assert desk.press("end", sought, outcome="nothing_suits").status_code == 422
    assert desk.press("end", sought, outcome="nothing_suits", why="too_late").status_code == 303
    rows = desk.rows()
    in_call = [(action, patient) for action, patient, detail in rows if f"call={desk.number}" in detail.split()]
    assert [row for row in rows if f"call={desk.number}" not in row[2].split()] == []
    with opened(desk.url) as session:
        patient = session.scalars(select(Patient.id).where(Patient.given_name == "Zebediah")).one()
        entry = session.scalars(select(WaitlistEntry)).one()
        call = session.get_one(Call, desk.number)
        assert (call.outcome, call.why, call.postal_code, call.service_slug) == (
            "nothing_suits", "too_late", "32801", desk.kind.partition("/")[0],
        )  # fmt: skip
        assert "Tue 16:00" in entry.hours
    about_nobody = {"call_begin", "caller_look_up", "hold", "extend", "release", "join"}
    assert {action for action, who in in_call if who != patient} <= about_nobody
    done = {action for action, _ in in_call}
    assert done >= {
        "caller_verified", "see_patient", "call_relation", "hold", "extend", "release", "move", "cancel", "call_waitlisted",
        "call_back_promised", "call_note", "call_end",
    }, done  # fmt: skip


def test_a_supervisor_may_look_at_a_call_and_nobody_else(desk: Desk) -> None:
    desk.press("note", note="Quiet voice.")
    for name, flag in (("Rosa", False), ("Olu", True)):
        hire(desk.app, desk.url, name, Grant(Role.AGENT, None, flag))
        other = signed_in(desk.app, desk.url, name)
        answer = other.get(f"/desk/calls/{desk.number}")
        assert answer.status_code == (200 if flag else 404)
        assert ("Quiet voice." in text(answer)) is flag
        token = token_on(other, "/account")
        assert other.post(f"/desk/calls/{desk.number}/end", data={"csrf_token": token, "outcome": "question"}).status_code == 404


ASKED_AND_SAID: list[tuple[dict[str, str], str]] = [
    ({"near": "Springfield"}, "Springfield, IL"),
    ({"near": "nowhere at all"}, "could not find"),
    ({"near": ""}, "Ask where the patient wants to be seen"),
    ({"kind": "no/such"}, "We do not offer"),
    ({"said": "after 10 pm, before 6 am"}, "leave no time of the day"),
    ({"said": "until 6 am"}, "At any hour"),
    ({"said": "x" * 5000}, "Not understood"),
    ({"move": "99999999999999999999"}, "Soonest"),
    ({"more": "yes", "busy": "nobody"}, "Free and busy"),
]


def test_what_cannot_be_looked_for_is_said_beside_what_was_typed(desk: Desk) -> None:
    for asked, said in ASKED_AND_SAID:
        answer = desk.client.get(f"/desk/calls/{desk.number}", query_string={"near": "32801", "kind": desk.kind, **asked})
        assert answer.status_code == 200, asked
        assert said in text(answer), asked


def test_what_nobody_types_is_refused_in_words_or_left_out(desk: Desk) -> None:
    odd = {"birth_date": "13/45/19", "family_name": "\x00' or 1=1 --", "known": "☎ 1" * 50}
    answer = desk.press("look-up", **odd)
    assert answer.status_code == 422
    for sentence in ("Write the date of birth as", "Enter a phone number with area code"):
        assert sentence in text(answer)
    for name in ("O", "Ñ", "D’Arcy-Ó Súilleabháin"):
        assert desk.press("look-up", birth_date="April 23, 1971", family_name=name, known="+1 (407) 555 0155").status_code == 200
    desk.begin()
    assert desk.press("note", note="a\x00b\r\n<b>c</b>").status_code == 303
    assert "&lt;b&gt;c&lt;/b&gt;" in desk.page()
    assert desk.press("note", note="x" * 2001).status_code == 422
    for what in ("hold", "keep", "release", "book", "move", "cancel"):
        answer = desk.press(what, hold="1-x", opening="garbage", visit="1", reason="asked")
        assert answer.status_code in (404, 409, 422), what
        assert "Call" in text(answer)
