"""What else a call may come to: a time that is typed in, the waiting list, a call back, the next person of the same caller."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, request

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, TimeRefused
from clinic.domain.people.patient import PatientDetails
from clinic.domain.requests import asking_line
from clinic.domain.scheduling.waitlist import MILES, Wants
from clinic.domain.time.hours import local_day
from clinic.engine.placing.changing import Who
from clinic.usecases import desk, find, overriding, waitlist
from clinic.usecases.desk import Record
from clinic.usecases.overriding import OverrideWords
from clinic.web.context import now, parts, session, signing_key
from clinic.web.desk.call_back_time import read_due
from clinic.web.desk.holds import instead, once
from clinic.web.desk.screen import back, looked_for, on, on_screen
from clinic.web.fields import read_day, tidy
from clinic.web.filters import clock_time_and_zone, short_day
from clinic.web.guards import needs
from clinic.web.signed_in import me

SEARCH_FIRST = "Look for the kind of visit and the place first."
US_EASTERN = "America/New_York"
SOON = timedelta(minutes=15)
"""When whoever cannot prove who they are is called back: there is time to put the receiver down."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.post("/calls/<int:number>/typed")(typed)
    blueprint.post("/calls/<int:number>/wait")(wait)
    blueprint.post("/calls/<int:number>/call-back")(call_back)
    blueprint.post("/calls/<int:number>/call-back-on-file")(call_back_on_file)
    blueprint.post("/calls/<int:number>/next-person")(next_person)


@needs("answer-calls")
@on_screen("typed")
def typed(number: int) -> Any:
    """Hold a time of the agent's own choosing; outside the published hours only with a reason."""
    said = {name: tidy(text) for name, text in request.form.items()}
    wanted = OverrideWords(
        visit_type=looked_for().get("kind", "").partition("/")[2], location=said.get("location", ""),
        specialist=said.get("specialist", ""), day=_day(said.get("day", "")), clock=said.get("time", ""),
    )  # fmt: skip
    try:
        meant = overriding.read_typed(session(), wanted, key=signing_key(), now=now())
        reason = said.get("override_reason", "")
        if meant.outside_hours and not reason:
            raise InvalidInput({"override_reason": "This is outside the published hours. Choose why."})
        here = on(number, reason if meant.outside_hours else "")
        held = desk.hold_for_call(session(), here, meant.opening, now=now(), once=once(number, "typed", meant.opening))
    except TimeRefused as refused:
        return instead(number, refused)
    return back(number, f"act-{held.summary.appointment_id}")


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except ValueError:
        return None


@needs("answer-calls")
@on_screen("wait")
def wait(number: int) -> Any:
    """Put the patient of the call on the waiting list, for what was looked for."""
    sought = looked_for()
    record = desk.callers_record(session(), me(), number, now=now())
    if record.alone:
        raise IllegalMove(desk.THIS_VISIT_ALONE)
    service, _, visit = sought.get("kind", "").partition("/")
    near = sought.get("near") or record.postal_code or ""
    if not service or not near:
        raise IllegalMove(SEARCH_FIRST)
    place = find.find_place(session(), near, geocode=parts().geocode)
    read = asking_line.read(sought.get("said", ""), today=local_day(now(), place.time_zone))
    asked = read.filters
    wants = Wants(
        point=place.point.rounded(), miles=next((far for far in MILES if far >= (asked.miles or 25)), MILES[-1]),
        hours=asked.within, notice_hours=24, first_day=asked.first_day, last_day=asked.last_day,
    )  # fmt: skip
    wish = waitlist.WaitRequest(
        service=service, visit_type=visit or None, wants=wants, near=place.query[:80], time_zone=place.time_zone
    )  # fmt: skip
    who = Who(me().actor, "phone", staff=True, detail=f"call={number}")
    call = desk.read_call(session(), me(), number, now=now())
    waitlist.join(
        session(), wish, _details(record, call.relation or "self"), sealer=parts().sealer, key=signing_key(), who=who, now=now()
    )  # fmt: skip
    desk.note_waiting(session(), me(), number, now=now())
    flash("The patient is on the waiting list. We tell them when such a time becomes free.")
    return back(number, "end-go")


def _details(record: Record, booked_by: str) -> PatientDetails:
    return PatientDetails(
        given_name=record.given_name, family_name=record.family_name, birth_date=record.birth_date, phone=record.phone,
        email=record.email, postal_code=record.postal_code, language=record.language, interpreter=record.interpreter,
        booked_by=booked_by,
    )  # fmt: skip


@needs("answer-calls")
@on_screen("back")
def call_back(number: int) -> Any:
    """Somebody is called back at a time at their place: that of the search, or Eastern Time."""
    zone = zone_of_search()
    due = read_due(request.form, zone, now=now())
    phone = tidy(request.form.get("phone"))
    try:
        desk.promise_call_back(session(), me(), number, due, phone=phone, now=now())
    except InvalidInput as refused:
        raise InvalidInput({("time" if name == "due_at" else name): text for name, text in refused.fields.items()}) from None
    flash(f"We call back: {short_day(due, zone)}, {clock_time_and_zone(due, zone)}.")
    return back(number, "end-go")


@needs("answer-calls")
@on_screen("caller")
def call_back_on_file(number: int) -> Any:
    """Whoever cannot prove that the record is theirs is called back soon, at the number that it has."""
    desk.promise_to_number_on_file(
        session(), me(), number, request.form.get("row", ""), now() + SOON, key=signing_key(), now=now()
    )  # fmt: skip
    flash("We call back the number on file. It is on your list of call-backs.")
    return back(number, "end-go")


def zone_of_search() -> str:
    near = looked_for().get("near", "")
    try:
        return find.find_place(session(), near).time_zone if near else US_EASTERN
    except DomainError:
        return US_EASTERN


@needs("answer-calls")
@on_screen("caller")
def next_person(number: int) -> Any:
    """The same caller, for somebody else of the family. What was booked stays in the basket."""
    desk.next_person(session(), me(), number, now=now())
    return back(number, "look-birth_date", near="", kind="", said="", move="", by="")
