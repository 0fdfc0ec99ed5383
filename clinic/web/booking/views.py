"""From a time to a visit. Answers travel in the forms themselves: never in an address, a cookie or a table before booking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import (
    Busy,
    DomainError,
    IllegalMove,
    InvalidInput,
    LimitReached,
    PatientClash,
    TimeRefused,
    UnusableToken,
)
from clinic.usecases import booking
from clinic.usecases.booking import Hold
from clinic.web import visitor
from clinic.web.booking import manage
from clinic.web.booking.forms import DetailsForm
from clinic.web.context import now, session, signing_key
from clinic.web.guards import public
from clinic.web.limits import spend

blueprint = Blueprint("booking", __name__)
manage.install(blueprint)

Page = str | tuple[str, int] | Response
PATIENT = manage.PATIENT
TOO_SOON = {LimitReached: 429, Busy: 503}


@blueprint.post("/book/hold")
@public
def hold() -> Page:
    """Hold the time whose button was pressed. With answers from an earlier try, go on where they were given."""
    opening = request.form.get("opening", "")
    once = _once("page-hold", opening, opening)
    form = DetailsForm(request.form)
    spend("holds")
    try:
        held = booking.hold(session(), opening, key=signing_key(), who=PATIENT, now=now(), once=once)
    except (TimeRefused, UnusableToken) as refused:
        return _offer_others(refused, form if _answered() else None)
    if _answered():
        return _check(held, form)
    return redirect(url_for(".details", hold=held.token), 303)


@blueprint.get("/book/<token:hold>/details")
@public
def details(hold: str) -> Page:
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    return _ask(held, DetailsForm(None))


@blueprint.post("/book/<token:hold>/details")
@public
def change_details(hold: str) -> Page:
    """Back from the check page, with every answer."""
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    return _ask(held, DetailsForm(request.form))


@blueprint.post("/book/<token:hold>/check")
@public
def check(hold: str) -> Page:
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    return _check(held, DetailsForm(request.form))


@blueprint.post("/book/<token:hold>/confirm")
@public
def confirm(hold: str) -> Page:
    """Book. Whatever refuses, nothing that was typed is lost; a second press finds the visit that the first one made."""
    form = DetailsForm(request.form)
    once = _once("page-confirm", hold, form.answers())
    try:
        if wrong := form.problems():
            raise InvalidInput(wrong)
        spend("bookings")
        booked = booking.confirm(session(), hold, form.details(), key=signing_key(), who=PATIENT, now=now(), once=once)
    except UnusableToken:
        raise
    except InvalidInput:
        return _check(booking.get_hold(session(), hold, key=signing_key(), now=now()), form)
    except TimeRefused as refused:
        return _offer_others(refused, form)
    except IllegalMove as ended:
        return _over(hold, ended)
    except (PatientClash, LimitReached, Busy) as refused:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
        return _show_answers(held, form, refused), TOO_SOON.get(type(refused), 409)
    visitor.remember_booked(booked.reference, booked.manage_token, now=now())
    return redirect(url_for(".booked", reference=booked.reference), 303)


@blueprint.post("/book/<token:hold>/extend")
@public
def extend(hold: str) -> Page:
    """Ten minutes more, on the page where it was asked for, with every answer on it."""
    form = DetailsForm(request.form)
    try:
        held = booking.extend(session(), hold, key=signing_key(), who=PATIENT, now=now())
    except TimeRefused as refused:
        return _offer_others(refused, form)
    except IllegalMove as refused:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
        flash(refused.message)
    else:
        flash("We keep the time for you a little longer.")
    return _show_answers(held, form) if request.form.get("page") == "check" else _ask(held, form)


@blueprint.post("/book/<token:hold>/release")
@public
def release(hold: str) -> Page:
    booking.release(session(), hold, key=signing_key(), who=PATIENT, now=now())
    flash("You gave the time back. Nothing is booked.")
    return redirect(_back_to_search(), 303)


@blueprint.get("/booked/<reference:reference>")
@public
def booked(reference: str) -> Page:
    """The visit, in the browser session that booked it. Anywhere else the page says the same whether there is one or not."""
    moment = now()
    token = visitor.booked_here(reference, now=moment)
    if token is None:
        return render_template("booking/elsewhere.html")
    made = booking.get_visit(session(), token, key=signing_key(), now=moment)
    visitor.remember_booked(reference, token, now=moment)
    return render_template("booking/booked.html", booked=made, visit=made.summary)


def _once(scope: str, what: str, body: object) -> Any:
    """The key of the page's form, together with what was pressed: another button of the same page is another deed."""
    key = request.form.get("key", "")[:40]
    return booking.request_once(scope, f"{key} {what}"[:200], body) if key else None


def _answered() -> bool:
    return "given_name" in request.form


def _ask(held: Hold, form: DetailsForm, wrong: Mapping[str, str] | None = None) -> Page:
    page = render_template("booking/details.html", hold=held, visit=held.summary, form=form, wrong=wrong or {})
    return (page, 422) if wrong else page


def _check(held: Hold, form: DetailsForm) -> Page:
    """The answers to look over once more; the form again if one of them cannot be."""
    refused: Mapping[str, str] = {}
    try:
        booking.review(session(), held.token, form.details(), key=signing_key(), now=now())
    except InvalidInput as found:
        refused = found.fields
    if wrong := form.problems(refused):
        return _ask(held, form, wrong)
    return _show_answers(held, form)


def _show_answers(held: Hold, form: DetailsForm, refusal: DomainError | None = None) -> str:
    return render_template("booking/check.html", hold=held, visit=held.summary, form=form, refusal=refusal)


def _offer_others(refused: TimeRefused | UnusableToken, form: DetailsForm | None) -> Page:
    status = 422 if isinstance(refused, UnusableToken) else 409
    page = render_template(
        "booking/taken.html", refusal=refused, openings=refused.alternatives, answers=form.answers() if form else [],
        back=_back_to_search(),
    )  # fmt: skip
    return page, status


def _over(hold_token: str, ended: IllegalMove) -> Page:
    """A hold that is one no more: to the visit, if this browser made it one; else in words."""
    reference = visitor.booked_from(hold_token, now=now())
    if reference:
        return redirect(url_for(".booked", reference=reference), 303)
    return render_template("booking/over.html", sentence=ended.message, back=_back_to_search()), 409


def _back_to_search() -> str:
    sought = visitor.last_search()
    return url_for("locator.results", **sought) if sought else url_for("locator.home")
