"""Somebody walks in: a kind of visit, the next times here, who they are; booked, and arrived if it is now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import BooleanField, SelectField, StringField, TextAreaField

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, NotFound, PatientClash, TimeRefused, UnusableToken
from clinic.domain.people.patient import GuardianDetails, PatientDetails
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.hours import local_day
from clinic.usecases import booking, front_desk, marking
from clinic.usecases.booking import Hold
from clinic.web.context import now, session, signing_key
from clinic.web.errors import status_of
from clinic.web.fields import DateInPartsField, Form, once_for, read_number
from clinic.web.guards import needs, reach, viewer
from clinic.web.portal.day.visit_words import LANGUAGES, RELATIONS
from clinic.web.portal.front_desk.sheet import at_desk, chosen_desk

SOON = timedelta(hours=1)
"""Whoever books a time that begins within this is likely here to stay."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/front-desk/walk-in")(walk_in)
    blueprint.post("/front-desk/walk-in")(hold_walk_in)
    blueprint.post("/front-desk/walk-in/book")(book_walk_in)
    blueprint.post("/front-desk/walk-in/release")(release_walk_in)


def _tidy(text: str | None) -> str:
    return (text or "").strip()


class WalkInForm(Form):
    """Who is at the desk. Names of fields are those of PatientDetails and of the errors about it."""

    given_name = StringField("First name", filters=[_tidy])
    family_name = StringField("Last name", filters=[_tidy])
    birth_date = DateInPartsField("Date of birth")
    phone = StringField("Phone number", filters=[_tidy])
    email = StringField("Email address (optional)", filters=[_tidy])
    reason = TextAreaField("Reason for the visit (optional)", filters=[_tidy])
    language = SelectField("Language for the visit", choices=LANGUAGES, default="en", validate_choice=False)
    interpreter = BooleanField("They need an interpreter")
    guardian_name = StringField("Parent’s or guardian’s full name", filters=[_tidy])
    guardian_relation = SelectField(
        "How are they related to the patient?", choices={"": "Choose", **RELATIONS}, validate_choice=False
    )
    guardian_consent = BooleanField("The parent or guardian agrees to this visit")
    here = BooleanField("They are here now: mark them as arrived")

    def details(self) -> PatientDetails:
        """What was typed, possible or not. Of a child the number is the guardian's."""
        guardian = GuardianDetails(
            name=self.guardian_name.data or "", relation=self.guardian_relation.data or "", phone=self.phone.data or "",
            consent=bool(self.guardian_consent.data),
        )  # fmt: skip
        return PatientDetails(
            given_name=self.given_name.data or "", family_name=self.family_name.data or "", birth_date=self.birth_date.data,
            phone=self.phone.data or "", email=self.email.data or None, language=self.language.data or "en",
            interpreter=bool(self.interpreter.data), reason=self.reason.data or None, guardian=guardian,
        )  # fmt: skip

    def problems(self, refused: dict[str, str]) -> dict[str, str]:
        """In the order of the page."""
        found = dict(refused)
        if self.birth_date.process_errors:
            found["birth_date"] = self.birth_date.process_errors[0]
        if "guardian_relation" in found:
            found["guardian_relation"] = "Choose how they are related to the patient."
        found.pop("guardian_phone", None)
        order = [field.name for field in self]
        return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else -1))

    def has_guardian(self, wrong: dict[str, str]) -> bool:
        return bool(self.guardian_name.data or self.guardian_consent.data) or any("guardian" in name for name in wrong)


@needs("book")
def walk_in() -> Any:
    return _times()


def _times(refusal: DomainError | None = None) -> Any:
    here = chosen_desk(front_desk.clinics(session(), reach()))
    if here is None:
        return render_template("portal/front_desk/none.html")
    found = front_desk.times(session(), viewer(), here.id, read_number(request.values.get("visit")), now=now())
    page = render_template("portal/front_desk/times.html", times=found, refusal=refusal)
    return (page, status_of(refusal)) if refusal else page


@needs("book")
def hold_walk_in() -> Any:
    """The time that was pressed is nobody else's for ten minutes; then the form of who it is."""
    opening = request.form.get("opening", "")
    try:
        front_desk.check_opening(session(), viewer(), opening, key=signing_key())
        once = once_for("walk-in", opening, opening)
        token = booking.take(session(), opening, key=signing_key(), who=at_desk(), now=now(), once=once)
    except (TimeRefused, UnusableToken, InvalidInput) as refused:
        return _times(refused)
    held = booking.get_hold(session(), token, key=signing_key(), now=now())
    return _ask(held, WalkInForm(None, here=held.summary.start - now() <= SOON), {})


def _ask(held: Hold, form: WalkInForm, wrong: dict[str, str], refusal: DomainError | None = None) -> Any:
    page = render_template(
        "portal/front_desk/who.html", held=held, visit=held.summary, form=form, wrong=wrong, refusal=refusal,
        soon=held.summary.start - now() <= SOON, has_guardian=form.has_guardian(wrong),
    )  # fmt: skip
    return (page, status_of(refusal) if refusal else 422) if wrong or refusal else page


@needs("book")
def book_walk_in() -> Any:
    form, moment = WalkInForm(request.form), now()
    try:
        held = _held(moment)
    except (NotFound, UnusableToken) as refused:
        return _times(refused)
    except IllegalMove as over:  # the button was pressed twice, or the time was given back
        flash(f"{over.message} If you booked it, the visit is on this list.")
        return redirect(url_for(".desk", clinic=read_number(request.form.get("clinic"))), 303)
    try:
        booked = booking.confirm(session(), held.token, form.details(), key=signing_key(), who=at_desk(), now=moment)
    except InvalidInput as refused:
        return _ask(held, form, form.problems(refused.fields))
    except PatientClash as refused:
        return _ask(held, form, {}, refused)
    except (TimeRefused, IllegalMove) as refused:
        return _times(refused)
    _settle(booked.summary.appointment_id, form, moment)
    return redirect(
        url_for(
            ".desk", clinic=booked.summary.location_id, day=local_day(booked.summary.start, booked.summary.time_zone),
            _anchor=f"visit-{booked.summary.appointment_id}",
        ),
        303,
    )  # fmt: skip


def _settle(number: int, form: WalkInForm, moment: datetime) -> None:
    """Booked is booked: that they are here can be pressed on the list as well."""
    try:
        if form.here.data:
            marking.mark(session(), viewer(), number, State.ARRIVED, who=at_desk(), now=moment)
    except IllegalMove as refused:
        flash(f"The visit is booked. {refused.message}")
        return
    flash("The visit is booked, and the patient is here." if form.here.data else "The visit is booked.")


def _held(moment: datetime) -> Hold:
    """The held time, at one of one's own clinics. Raises NotFound, UnusableToken, IllegalMove."""
    held = booking.get_hold(session(), request.form.get("hold", ""), key=signing_key(), now=moment)
    if held.summary.location_id not in reach().locations:
        raise NotFound("That time is not held any more. Choose a time again.")
    return held


@needs("book")
def release_walk_in() -> Any:
    """Another time after all, or nobody."""
    try:
        held = _held(now())
        booking.release(session(), held.token, key=signing_key(), who=at_desk(), now=now())
    except (NotFound, UnusableToken, IllegalMove):
        return redirect(url_for(".walk_in"), 303)
    flash("The time is free again.")
    return redirect(url_for(".walk_in", clinic=held.summary.location_id, visit=held.summary.visit_type_id), 303)
