"""Another time for a visit: one press chooses it, a second moves the visit there."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound, PatientClash, PlaceUnknown, TimeRefused, UnusableToken
from clinic.domain.scheduling.appointment import is_late
from clinic.engine.search.locate import Place
from clinic.usecases import booking, find
from clinic.usecases.booking import Booked
from clinic.usecases.find import Days
from clinic.web import visitor
from clinic.web.booking.manage import MOVED, PATIENT, closed, opened, show
from clinic.web.context import now, session, signing_key
from clinic.web.errors import status_of
from clinic.web.filters import clock_time_and_zone, long_day
from clinic.web.guards import public
from clinic.web.limits import geocoder

Page = str | tuple[str, int] | Response


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/visit/times")(times)
    blueprint.post("/visit/times")(look_near)
    blueprint.get("/visit/move")(choose)
    blueprint.post("/visit/move")(move)


@public
def times() -> Page:
    """Days and times at any clinic, or with any specialist, that has this kind of visit. What is not understood is left out."""
    made = opened()
    if made is None:
        return closed()
    if fixed := booking.why_not_moved(made.summary, now=now()):
        return show(made, IllegalMove(fixed)), 409
    place = _place(request.args.get("near", ""))
    clinics = booking.clinics_to_move_to(
        session(), made.manage_token, near=place.point if place else None, key=signing_key(), now=now()
    )
    nearest = clinics[0].location.slug if clinics and place else made.summary.location_slug
    clinic, specialist = request.args.get("clinic", nearest), request.args.get("specialist", "")
    if not clinic and not specialist:
        clinic = nearest
    try:
        days = _days(made, clinic, specialist)
    except (NotFound, InvalidInput) as refused:
        flash(refused.message)
        clinic, specialist = made.summary.location_slug, ""
        try:
            days = _days(made, clinic, specialist)
        except (NotFound, InvalidInput):  # their own clinic has given it up
            return show(made, NotFound("We could not find times for that. Please call us.")), 404
    named = {candidate.location.slug: candidate.location.name for candidate in clinics}
    named.setdefault(made.summary.location_slug, made.summary.location_name)
    asked = {"near": place.query if place else "", "clinic": clinic, "specialist": specialist}
    return render_template(
        "booking/times.html", visit=made.summary, days=days, clinics=named, place=place, clinic=clinic, specialist=specialist,
        asked={name: value for name, value in asked.items() if value or name == "clinic"},
    )  # fmt: skip


@public
def look_near() -> Page:
    """Another place to look near becomes a ZIP code, a city or coarse coordinates: an address never stands in a URL."""
    typed = request.form.get("near", "")
    try:
        place = find.find_place(session(), typed, geocode=geocoder())
    except (PlaceUnknown, InvalidInput) as refused:
        flash(refused.message)
        return redirect(url_for(".times"), 303)
    return redirect(url_for(".times", near=place.query), 303)


@public
def choose() -> Page:
    """The visit as it is and as it would be. Nothing is moved yet."""
    made = opened()
    if made is None:
        return closed()
    opening = request.args.get("opening", "")
    try:
        before, after = booking.preview_move(session(), made.manage_token, opening, key=signing_key(), now=now())
    except (TimeRefused, UnusableToken) as refused:
        return _offer_others(made, refused)
    except IllegalMove as refused:
        return show(made, refused), 409
    if (after.start, after.location_id, after.specialist_id) == _slot(before):
        flash("That is the time you have.")
        return redirect(url_for(".visit"), 303)
    last = is_late(after.start, now(), after.cancel_window_hours)
    return render_template("booking/move.html", visit=before.summary, after=after, opening=opening, last=last)


@public
def move() -> Page:
    """The second press. The old time is given back only with the new one secured."""
    made = opened()
    if made is None:
        return closed()
    opening = request.form.get("opening", "")
    try:
        moved = booking.reschedule(session(), made.manage_token, opening, key=signing_key(), who=PATIENT, now=now())
    except (TimeRefused, UnusableToken) as refused:
        return _offer_others(made, refused)
    except (IllegalMove, PatientClash) as refused:
        return show(made, refused), 409
    if _slot(moved) != _slot(made):
        old = made.summary
        visitor.leave_note(MOVED, f"{long_day(old.start, old.time_zone)}, {clock_time_and_zone(old.start, old.time_zone)}")
    return redirect(url_for(".visit"), 303)


def _slot(made: Booked) -> tuple[object, ...]:
    return made.summary.start, made.summary.location_id, made.summary.specialist_id


def _place(near: str) -> Place | None:
    try:
        return find.find_place(session(), near) if near else None
    except (PlaceUnknown, InvalidInput):
        return None


def _days(made: Booked, clinic: str, specialist: str) -> Days:
    visit = made.summary
    return find.days_of(
        session(), visit.service_slug, visit_type=visit.visit_type_slug, location=clinic or None, specialist=specialist or None,
        first_day=_day(request.args.get("day", "")), now=now(), own_appointment_id=visit.appointment_id,
    )  # fmt: skip


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if abs(day - now().date()) < timedelta(days=1000) else None


def _offer_others(made: Booked, refused: TimeRefused | UnusableToken) -> Page:
    page = render_template("booking/stays.html", visit=made.summary, refusal=refused, openings=refused.alternatives)
    return page, status_of(refused)
