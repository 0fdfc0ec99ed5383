"""Begin to wait for a time, see what one waits for, change it, leave. A link shows nothing until its button is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, LimitReached, NotFound, PlaceUnknown, UnusableToken
from clinic.domain.geography.places import Point
from clinic.usecases import find, waitlist
from clinic.usecases.waitlist import WaitRequest, WaitSummary
from clinic.web import visitor
from clinic.web.booking import wait_form
from clinic.web.booking.forms import DetailsForm
from clinic.web.booking.manage import PATIENT
from clinic.web.booking.wait_form import WantsForm
from clinic.web.context import now, parts, session, signing_key
from clinic.web.errors import status_of
from clinic.web.guards import public
from clinic.web.limits import spend

Page = str | tuple[str, int] | Response
JOINED = "joined"


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/waitlist")(join_list)
    blueprint.post("/waitlist")(send_join)
    blueprint.get("/waiting/<token:token>")(waiting_link)
    blueprint.post("/waiting/<token:token>")(open_waiting)
    blueprint.get("/waiting")(waiting)
    blueprint.post("/waiting")(change_waiting)
    blueprint.post("/waiting/leave")(leave_list)


@public
def join_list() -> Page:
    """Which times suit, and who waits: one page."""
    service = request.args.get("service", "")
    if not service:
        return redirect(url_for("locator.home"), 303)
    near = request.args.get("near", "") or str(visitor.last_search().get("near", ""))
    try:
        query = find.find_place(session(), near).query if near else ""
    except (PlaceUnknown, InvalidInput):
        query = ""
    form = DetailsForm(None, postal_code=query if query.isdecimal() else "")
    return _ask(_asked(request.args), WantsForm(None, near=query), form)


@public
def send_join() -> Page:
    """Everything that is wrong is said at once, beside its field, and everything typed is kept."""
    asked = _asked(request.form)
    times, form = WantsForm(request.form), DetailsForm(request.form)
    wrong: dict[str, str] = {}
    place = times.place(wrong)
    wish = WaitRequest(**asked, wants=times.wants(place.point if place else None))
    if place:
        wish = replace(wish, near=place.label[: wait_form.LONGEST_PLACE], time_zone=place.time_zone)
    try:
        if wrong or form.problems():
            waitlist.review(wish, form.details(), now=now())
            raise InvalidInput({})
        spend("bookings")
        token = waitlist.join(
            session(), wish, form.details(), sealer=parts().sealer, key=signing_key(), who=PATIENT, now=now()
        )  # fmt: skip
    except InvalidInput as refused:
        found = wait_form.problems({**refused.fields, **wrong})
        said = form.problems({name: sentence for name, sentence in refused.fields.items() if name not in wait_form.FIELDS})
        return _ask(asked, times, form, {**found, **said})
    except LimitReached as refused:
        return _ask(asked, times, form, refusal=refused)
    visitor.open_key("waiting", token, now=now())
    visitor.leave_note(JOINED, "")
    return redirect(url_for(".waiting"), 303)


@public
def waiting_link(token: str) -> Page:
    return render_template("waitlist/link.html", token=token)


@public
def open_waiting(token: str) -> Page:
    """The button was pressed: the key goes into the session for fifteen minutes, and out of the address."""
    try:
        waitlist.get_waiting(session(), token, key=signing_key())
    except (NotFound, UnusableToken) as refused:
        return render_template("waitlist/lost.html"), status_of(refused)
    visitor.open_key("waiting", token, now=now())
    return redirect(url_for(".waiting"), 303)


@public
def waiting() -> Page:
    seen = opened_waiting()
    return _show(seen) if seen else render_template("waitlist/closed.html", refused=False)


@public
def change_waiting() -> Page:
    """Other times from now on. The place where distances start is looked up only when it was changed."""
    seen = opened_waiting()
    if seen is None:
        return closed()
    form = wait_form.form_of(seen, request.form)
    wrong: dict[str, str] = {}
    point, near = _start(seen, form, wrong)
    own = seen.own
    chosen = form.wants(
        point, location_id=own.location_id if own else seen.wants.location_id,
        specialist_id=own.specialist_id if own else seen.wants.specialist_id,
    )  # fmt: skip
    chosen = replace(chosen, first_day=seen.wants.first_day, last_day=seen.wants.last_day)
    try:
        if wrong:
            raise InvalidInput({})
        waitlist.change(session(), seen.token, chosen, key=signing_key(), who=PATIENT, now=now(), near=near)
    except InvalidInput as refused:
        return _show(seen, form, wait_form.problems({**refused.fields, **wrong}))
    except IllegalMove as refused:
        flash(refused.message)
    else:
        flash("We noted which times suit you. You keep your place in the line.")
    return redirect(url_for(".waiting"), 303)


@public
def leave_list() -> Page:
    seen = opened_waiting()
    if seen is None:
        return closed()
    waitlist.leave(session(), seen.token, key=signing_key(), who=PATIENT, now=now())
    return redirect(url_for(".waiting"), 303)


def opened_waiting() -> WaitSummary | None:
    """What is open in this session, if its key still opens it."""
    token = visitor.opened_key("waiting", now=now())
    if token is None:
        return None
    try:
        return waitlist.get_waiting(session(), token, key=signing_key())
    except (NotFound, UnusableToken):
        return None


def closed() -> Page:
    """Something was asked of what is not open here, or not any more."""
    return render_template("waitlist/closed.html", refused=True), 403


def _start(seen: WaitSummary, form: WantsForm, wrong: dict[str, str]) -> tuple[Point | None, str]:
    """Where distances start, and its name."""
    if seen.own:
        return Point(seen.own.latitude, seen.own.longitude), seen.own.location_name
    if form.miles.data in (wait_form.HERE, wait_form.ANYWHERE) or (form.near.data == seen.place and seen.wants.point):
        return seen.wants.point, seen.place
    place = form.place(wrong)
    return (place.point, place.label[: wait_form.LONGEST_PLACE]) if place else (None, "")


def _asked(sent: Mapping[str, str]) -> dict[str, Any]:
    """What is waited for: the service, perhaps a kind of visit and a specialist, by their slugs."""
    return {
        "service": sent.get("service", ""), "visit_type": sent.get("visit_type") or None, "specialist": sent.get("specialist", "")
    }  # fmt: skip


def _ask(
    asked: Mapping[str, Any], times: WantsForm, form: DetailsForm,
    wrong: Mapping[str, str] | None = None, *, refusal: DomainError | None = None,
) -> Page:  # fmt: skip
    visit = find.visit_for(session(), asked["service"], asked["visit_type"])
    page = render_template(
        "waitlist/join.html", visit=visit, specialist=asked["specialist"], times=times, form=form, wrong=wrong or {},
        refusal=refusal, back=_back(),
    )  # fmt: skip
    return page, 429 if refusal else 422 if wrong else 200


def _show(seen: WaitSummary, form: WantsForm | None = None, wrong: Mapping[str, str] | None = None) -> Page:
    page = render_template(
        "waitlist/waiting.html", waiting=seen, facts=wait_form.in_words(seen), form=form or wait_form.form_of(seen, None),
        wrong=wrong or {}, joined=visitor.take_note(JOINED) is not None,
    )  # fmt: skip
    return (page, 422) if wrong else page


def _back() -> str:
    sought = visitor.last_search()
    return url_for("locator.results", **sought) if sought else url_for("locator.home")
