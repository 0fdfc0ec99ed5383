"""Another visit for the same patient with the same specialist, in three presses: from the visit, a time, and yes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, NotFound, PatientClash, TimeRefused, UnusableToken
from clinic.domain.time.hours import local_day
from clinic.usecases import booking, day
from clinic.usecases.booking import Hold
from clinic.usecases.day import USUAL_WEEKS, WEEKS
from clinic.web.context import now, session, signing_key
from clinic.web.errors import status_of
from clinic.web.fields import once_for
from clinic.web.filters import clock_time_and_zone, long_day
from clinic.web.guards import needs, viewer
from clinic.web.portal.day.sheet import read_day
from clinic.web.portal.day.visit import open_card, who


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/visits/<int:number>/follow-up")(follow_up)
    blueprint.post("/visits/<int:number>/follow-up")(hold_follow_up)
    blueprint.get("/visits/<int:number>/follow-up/<token:hold>")(check_follow_up)
    blueprint.post("/visits/<int:number>/follow-up/<token:hold>")(book_follow_up)
    blueprint.post("/visits/<int:number>/follow-up/<token:hold>/release")(release_follow_up)


@needs("book")
def follow_up(number: int) -> Any:
    return _times(number)


def _times(number: int, refusal: DomainError | None = None) -> Any:
    card = open_card(number)
    today = local_day(now(), card.summary.time_zone)
    first, weeks = _from_when(today)
    times = day.follow_up_times(session(), viewer(), number, kind=request.args.get("kind", ""), first_day=first, now=now())
    page = render_template(
        "portal/times.html", card=card, times=times, moving=False, refusal=refusal, weeks=WEEKS, chosen=weeks
    )  # fmt: skip
    return (page, status_of(refusal)) if refusal else page


def _from_when(today: date) -> tuple[date, int]:
    """From when times are wanted, and in how many weeks that is, if it is one of the choices."""
    if on := read_day(request.args.get("day")):
        return on, 0
    typed = request.args.get("weeks", "")
    weeks = int(typed) if typed in {str(choice) for choice in WEEKS} else USUAL_WEEKS
    return today + timedelta(weeks=weeks), weeks


@needs("book")
def hold_follow_up(number: int) -> Any:
    """The time that was pressed is nobody else's from now on."""
    opening = request.form.get("opening", "")
    try:
        day.check_opening(session(), viewer(), number, opening, key=signing_key())
        once = once_for("follow-up", opening, [number, opening])
        token = booking.take(session(), opening, key=signing_key(), who=who(), now=now(), once=once)
    except (TimeRefused, UnusableToken, InvalidInput) as refused:
        return _times(number, refused)
    return redirect(url_for(".check_follow_up", number=number, hold=token), 303)


@needs("book")
def check_follow_up(number: int, hold: str) -> Any:
    """For whom and when, before it is booked."""
    return _check(number, hold)


def _check(number: int, hold: str, refusal: DomainError | None = None) -> Any:
    card = open_card(number)
    try:
        held = _held(hold)
    except (NotFound, UnusableToken, IllegalMove) as over:
        flash(over.message)
        return redirect(url_for(".follow_up", number=number), 303)
    page = render_template("portal/follow_up.html", card=card, held=held, visit=held.summary, refusal=refusal)
    return (page, status_of(refusal)) if refusal else page


def _held(hold: str) -> Hold:
    return booking.get_hold(session(), hold, key=signing_key(), now=now())


@needs("book")
def book_follow_up(number: int, hold: str) -> Any:
    """Pressed twice it is booked once."""
    card = open_card(number)
    try:
        once = once_for("follow-up-booked", hold, [number, hold])
        made = booking.book_known(
            session(), hold, card.patient_id, viewer=viewer(), key=signing_key(), who=who(), now=now(), once=once
        )  # fmt: skip
    except TimeRefused as refused:
        return _times(number, refused)
    except (PatientClash, InvalidInput) as refused:
        return _check(number, hold, refused)
    except (NotFound, UnusableToken, IllegalMove) as over:
        flash(over.message)
        return redirect(url_for(".follow_up", number=number), 303)
    visit = made.summary
    when = f"{long_day(visit.start, visit.time_zone)}, {clock_time_and_zone(visit.start, visit.time_zone)}"
    flash(f"The follow-up is booked: {when}. We tell the patient.")
    return redirect(url_for(".visit", number=number), 303)


@needs("book")
def release_follow_up(number: int, hold: str) -> Any:
    """Another time, rather."""
    open_card(number)
    try:
        booking.release(session(), hold, key=signing_key(), who=who(), now=now())
    except (NotFound, UnusableToken, IllegalMove) as over:
        flash(over.message)
    return redirect(url_for(".follow_up", number=number), 303)
