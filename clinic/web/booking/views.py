"""From a time to a visit. Answers stand in the forms themselves and, until then, in a draft that goes with the hold:
never in an address, never in a cookie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from clinic.domain.errors import (
    Busy,
    DomainError,
    IllegalMove,
    InvalidInput,
    LimitReached,
    NotFound,
    PatientClash,
    TimeRefused,
    UnusableToken,
)
from clinic.domain.people.patient import PatientDetails
from clinic.usecases import booking
from clinic.usecases.booking import Hold
from clinic.web import visitor
from clinic.web.booking import answers, confirmation, csrf_retry, lookup, manage, move, offers, questions, waiting
from clinic.web.booking.forms import DetailsForm, answers_about, contact_from
from clinic.web.context import library, now, parts, session, signing_key
from clinic.web.errors import status_of
from clinic.web.fields import once_for
from clinic.web.guards import public
from clinic.web.limits import spend

blueprint = Blueprint("booking", __name__)
for pages in (confirmation, csrf_retry, answers, lookup, manage, move, offers, questions, waiting):
    pages.install(blueprint)

Page = str | tuple[str, int] | Response
PATIENT = manage.PATIENT
TOO_SOON = {LimitReached: 429, Busy: 503}


@blueprint.post("/book/hold")
@public
def hold() -> Page:
    """Hold the time whose button was pressed. With answers from an earlier try, go on where they were given."""
    opening = request.form.get("opening", "")
    once = once_for("page-hold", opening, opening)
    form = DetailsForm(request.form)
    spend("holds")
    try:
        token = booking.take(session(), opening, key=signing_key(), who=PATIENT, now=now(), once=once)
    except (TimeRefused, UnusableToken) as refused:
        return _offer_others(refused, form if _answered() else None)
    page = ".check" if _answered() and _keep(token, form) else ".details"
    return redirect(url_for(page, hold=token), 303)


@blueprint.get("/book/<token:hold>/details")
@public
def details(hold: str) -> Page:
    """The questions, with what was answered already; else an offer to fill in what this session said a while ago."""
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    if kept := _kept(hold):
        return _ask(held, DetailsForm(kept))
    offers = ["patient", "contact"] if _said_last() else ["answers"] if _typed_elsewhere(hold) else []
    return _ask(held, DetailsForm(None, postal_code=_searched_zip()), offers=offers)


@blueprint.post("/book/<token:hold>/details")
@public
def change_details(hold: str) -> Page:
    """Back from the check page, with every answer, to the one that is to be changed."""
    form = DetailsForm(request.form)
    _keep(hold, form)
    field = request.form.get("to", "")
    return redirect(url_for(".details", hold=hold, _anchor=field if field in form else None), 303)


@blueprint.post("/book/<token:hold>/fill")
@public
def fill(hold: str) -> Page:
    """Fill the form with what this session said for its last booking (all of it, or how to reach the booker) or last typed."""
    what, said = request.form.get("what"), _said_last()
    answers: Sequence[tuple[str, str]] = ()
    if what == "answers":
        answers = _typed_elsewhere(hold)
    elif said is not None:
        answers = answers_about(said) if what == "patient" else contact_from(said)
    if answers:
        _keep(hold, DetailsForm(MultiDict(answers)))
        flash("We filled in what you told us before. Please look it over.")
    return redirect(url_for(".details", hold=hold), 303)


@blueprint.post("/book/<token:hold>/check")
@public
def send_details(hold: str) -> Page:
    """What was answered is kept, then shown by an address of its own: a page that can be loaded again, and gone back to."""
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    form = DetailsForm(request.form)
    kept = _keep(hold, form)
    if wrong := _problems(held, form):
        return _ask(held, form, wrong)
    return redirect(url_for(".check", hold=hold), 303) if kept else _show_answers(held, form)


@blueprint.get("/book/<token:hold>/check")
@public
def check(hold: str) -> Page:
    """The answers to look over once more; the form again if one of them cannot be."""
    try:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    kept = _kept(hold)
    if not kept:
        return redirect(url_for(".details", hold=hold), 303)
    form = DetailsForm(kept)
    if wrong := _problems(held, form):
        return _ask(held, form, wrong)
    return _show_answers(held, form)


@blueprint.post("/book/<token:hold>/confirm")
@public
def confirm(hold: str) -> Page:
    """Book. Whatever refuses, nothing that was typed is lost; a second press finds the visit that the first one made."""
    form = DetailsForm(request.form)
    once = once_for("page-confirm", hold, form.answers())
    try:
        if wrong := form.problems():
            raise InvalidInput(wrong)
        spend("bookings")
        booked = booking.book(session(), hold, form.details(), key=signing_key(), who=PATIENT, now=now(), once=once)
    except UnusableToken:
        raise
    except InvalidInput:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
        return _ask(held, form, _problems(held, form))
    except TimeRefused as refused:
        return _offer_others(refused, form)
    except IllegalMove as ended:
        return _over(hold, ended)
    except (PatientClash, LimitReached, Busy) as refused:
        held = booking.get_hold(session(), hold, key=signing_key(), now=now())
        return _show_answers(held, form, refused), TOO_SOON.get(type(refused), 409)
    visitor.remember_booked(booked.reference, booked.manage_token, now=now())
    if request.form.get("send_pathway"):
        questions.send_pathway(booked.manage_token)
    return redirect(url_for(".booked", reference=booked.reference), 303)


@blueprint.post("/book/<token:hold>/extend")
@public
def extend(hold: str) -> Page:
    """Ten minutes more, on the page where it was asked for, with every answer on it."""
    form = DetailsForm(request.form)
    if _answered():
        _keep(hold, form)
    try:
        booking.extend(session(), hold, key=signing_key(), who=PATIENT, now=now())
    except TimeRefused as refused:
        return _offer_others(refused, form)
    except IllegalMove as refused:
        flash(refused.message)
    else:
        flash("We keep the time for you a little longer.")
    page = ".check" if request.form.get("page") == "check" else ".details"
    return redirect(url_for(page, hold=hold), 303)


@blueprint.post("/book/<token:hold>/release")
@public
def release(hold: str) -> Page:
    try:
        booking.release(session(), hold, key=signing_key(), who=PATIENT, now=now())
    except IllegalMove as ended:
        return _over(hold, ended)
    flash("You gave the time back. Nothing is booked.")
    return redirect(_back_to_search(), 303)


def _answered() -> bool:
    return "given_name" in request.form


def _keep(hold_token: str, form: DetailsForm) -> bool:
    """Whether the answers wait with the hold, for this session to read again."""
    kept = booking.keep_answers(session(), hold_token, form.answers(), key=signing_key(), now=now())
    if kept:
        visitor.remember_typing(hold_token)
    return kept


def _kept(hold_token: str) -> MultiDict[str, str]:
    """The answers that wait with the hold. Whoever else has its address does not see them."""
    here = hold_token in visitor.typed_for()
    return MultiDict(booking.answers_kept(session(), hold_token, key=signing_key()) if here else ())


def _typed_elsewhere(hold_token: str) -> Sequence[tuple[str, str]]:
    """What was typed here for another time, which was then not taken."""
    others = [token for token in visitor.typed_for() if token != hold_token]
    for token in reversed(others):
        with suppress(NotFound, UnusableToken):
            if answers := booking.answers_kept(session(), token, key=signing_key()):
                return answers
    return ()


def _said_last() -> PatientDetails | None:
    """What was said with the visit that this session booked last."""
    moment = now()
    token = visitor.booked_last(now=moment)
    with suppress(NotFound, UnusableToken):
        return booking.said_before(session(), token, key=signing_key(), now=moment) if token else None
    return None


def _searched_zip() -> str | None:
    """The ZIP code of the last search: likely theirs, and nobody is asked twice."""
    near = str(visitor.last_search().get("near", ""))
    return near if re.fullmatch("[0-9]{5}", near) else None


def _problems(held: Hold, form: DetailsForm) -> dict[str, str]:
    try:
        booking.review(session(), held.token, form.details(), key=signing_key(), now=now())
    except InvalidInput as found:
        return form.problems(found.fields)
    return form.problems()


def _ask(held: Hold, form: DetailsForm, wrong: Mapping[str, str] | None = None, *, offers: Sequence[str] = ()) -> Page:
    page = render_template(
        "booking/details.html", hold=held, visit=held.summary, form=form, wrong=wrong or {}, offers=offers,
        back=_back_to_search(),
    )  # fmt: skip
    return (page, 422) if wrong else page


def _show_answers(held: Hold, form: DetailsForm, refusal: DomainError | None = None) -> str:
    guided = visitor.pathway_answers(library().pathway.version, sealer=parts().sealer, now=now())
    return render_template(
        "booking/check.html", hold=held, visit=held.summary, form=form, refusal=refusal, back=_back_to_search(), guided=guided
    )


def _offer_others(refused: TimeRefused | UnusableToken, form: DetailsForm | None) -> Page:
    page = render_template(
        "booking/taken.html", refusal=refused, openings=refused.alternatives, answers=form.answers() if form else [],
        back=_back_to_search(),
    )  # fmt: skip
    return page, status_of(refused)


def _over(hold_token: str, ended: IllegalMove) -> Page:
    """A hold that is one no more: to the visit, if this browser made it one; else in words."""
    reference = visitor.booked_from(hold_token, now=now())
    if reference:
        return redirect(url_for(".booked", reference=reference), 303)
    return render_template("booking/over.html", sentence=ended.message, back=_back_to_search()), 409


def _back_to_search() -> str:
    sought = visitor.last_search()
    return url_for("locator.results", **sought) if sought else url_for("locator.home")
