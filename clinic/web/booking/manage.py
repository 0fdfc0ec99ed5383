"""The visit behind a manage link. Opening the link shows and changes nothing: mail scanners open links, too."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import DomainError, IllegalMove, NotFound, UnusableToken
from clinic.domain.scheduling.appointment import State, is_late
from clinic.engine.placing.changing import Who
from clinic.usecases import booking, messages, waitlist
from clinic.usecases.booking import Booked, MoveChoices
from clinic.web import visitor
from clinic.web.booking.calendar import calendar_file
from clinic.web.booking.forms import LookupForm
from clinic.web.context import now, session, signing_key
from clinic.web.errors import status_of
from clinic.web.guards import public

Page = str | tuple[str, int] | Response
PATIENT = Who("patient", "web")
MOVED = "moved"

REASONS = {
    "better": "The pain is better",
    "time": "The time no longer suits",
    "place": "I have found care elsewhere",
    "cost": "Cost or insurance",
    "other": "Something else",
}


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/manage/<token:token>")(manage)
    blueprint.post("/manage/<token:token>")(open_visit)
    blueprint.get("/visit")(visit)
    blueprint.get("/visit/calendar.ics")(calendar)
    blueprint.post("/visit/cancel")(cancel)
    blueprint.post("/visit/earlier")(earlier)
    blueprint.post("/visit/new-link")(new_link)
    blueprint.post("/visit/forget")(forget)


@public
def manage(token: str) -> Page:
    return render_template("booking/manage.html", token=token)


@public
def open_visit(token: str) -> Page:
    """The button was pressed: the key goes into the session for fifteen minutes, and out of the address."""
    try:
        booking.get_visit(session(), token, key=signing_key(), now=now())
    except (NotFound, UnusableToken) as refused:
        return render_template("booking/lost.html", form=LookupForm(None), wrong={}), status_of(refused)
    visitor.open_key("managing", token, now=now())
    return redirect(url_for(".visit"), 303)


@public
def visit() -> Page:
    """The visit that is open in this session; else the questions that find one."""
    made = opened()
    return show(made) if made else render_template("booking/find.html", form=LookupForm(None), wrong={}, closed=False)


@public
def calendar() -> Page:
    made = opened()
    return calendar_file(made) if made else closed()


@public
def cancel() -> Page:
    """Pressed twice, it is cancelled once, and both answers say so."""
    made = opened()
    if made is None:
        return closed()
    reason = request.form.get("reason", "")
    if made.summary.state != State.CANCELLED:
        try:
            booking.cancel(
                session(), made.manage_token, reason if reason in REASONS else None, key=signing_key(), who=PATIENT, now=now()
            )
        except IllegalMove as refused:
            return show(made, refused), 409
    return redirect(url_for(".visit"), 303)


@public
def earlier() -> Page:
    """Wish to hear of an earlier time, or no longer, or say which: on the visit's page, or the one that says it is booked."""
    reference = request.form.get("reference", "")
    token = visitor.booked_here(reference, now=now()) if reference else visitor.opened_key("managing", now=now())
    if token is None:
        return closed()
    if request.form.get("wanted") == "times":
        seen = waitlist.waiting_of_visit(session(), token, key=signing_key(), now=now())
        if seen is not None:
            visitor.open_key("waiting", seen.token, now=now())
        return redirect(url_for(".waiting"), 303)
    wanted = request.form.get("wanted") == "yes"
    try:
        waitlist.want_earlier(session(), token, wanted=wanted, key=signing_key(), who=PATIENT, now=now())
    except IllegalMove as refused:
        flash(refused.message)
    else:
        flash("We noted that you would like an earlier time." if wanted else "We will not look for an earlier time any more.")
    return redirect(url_for(".booked", reference=reference) if reference else url_for(".visit"), 303)


@public
def new_link() -> Page:
    """Somebody else may have a link: from now on none of those sent out opens anything, and a new one is sent."""
    made = opened()
    if made is None:
        return closed()
    token = messages.renew_links(session(), made.manage_token, key=signing_key(), who=PATIENT, now=now())
    visitor.open_key("managing", token, now=now())
    flash("The old links open nothing any more. A new one is on its way to the email or phone we have.")
    return redirect(url_for(".visit"), 303)


@public
def forget() -> Page:
    """For a computer that others use, too."""
    visitor.forget()
    flash("This browser has forgotten your visit. The visit itself stays as it is.")
    return redirect(url_for(".find_my_booking"), 303)


def opened() -> Booked | None:
    """The visit that is open in this session, if its key still opens it."""
    token = visitor.opened_key("managing", now=now())
    if token is None:
        return None
    try:
        return booking.get_visit(session(), token, key=signing_key(), now=now())
    except (NotFound, UnusableToken):
        return None


def closed() -> Page:
    """Something was asked of a visit that is not open here, or not any more."""
    return render_template("booking/find.html", form=LookupForm(None), wrong={}, closed=True), 403


def show(made: Booked, refusal: DomainError | None = None) -> str:
    """The visit, with what can be done about it now."""
    moment, seen = now(), made.summary
    late = not seen.to_move and is_late(seen.start, moment, seen.cancel_window_hours)
    fixed = booking.why_not_moved(seen, now=moment)
    choices = MoveChoices() if fixed else booking.choices(session(), made.manage_token, key=signing_key(), now=moment)
    return render_template(
        "booking/visit.html", visit=seen, reasons=REASONS, refusal=refusal, fixed=fixed, choices=choices,
        begun=seen.start <= moment, over=seen.end <= moment, late=late,
        moved=visitor.take_note(MOVED),
    )  # fmt: skip
