"""Home, results, clinics. What is typed is sent by POST and answered with an address that gives no home away."""

from __future__ import annotations

from flask import Blueprint, flash, get_flashed_messages, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import InvalidInput, NotFound, PlaceAmbiguous, PlaceUnknown
from clinic.domain.whereabouts import MAX_LENGTH
from clinic.extensions import csrf
from clinic.usecases import directory, find
from clinic.web.context import now, session
from clinic.web.filters import miles
from clinic.web.guards import public
from clinic.web.limits import geocoder
from clinic.web.locator.country import country
from clinic.web.locator.forms import SearchForm
from clinic.web.locator.map import LOW, Pin, map_of
from clinic.web.locator.results import search
from clinic.web.visitor import remember_search

blueprint = Blueprint("locator", __name__)

Page = str | tuple[str, int] | Response

CLINICS_ON_ONE_PAGE = 300


@blueprint.get("/")
@public
def home() -> Page:
    services = directory.services(session())
    return render_template("locator/home.html", form=SearchForm(request.args).offer(services), services=services)


@blueprint.post("/find")
@csrf.exempt  # type: ignore[untyped-decorator]  # it changes nothing, and must work without cookies
@public
def send_search() -> Page:
    """What was typed becomes a ZIP code, a city or coarse coordinates: an address never stands in a URL."""
    form = SearchForm(request.form).offer(directory.services(session()))
    form.drop_foreign_visit()
    try:
        place = find.find_place(session(), form.near.data or "", geocode=geocoder())
    except (PlaceUnknown, InvalidInput) as refusal:
        return _ask_again(form, refusal)
    if place.note:
        flash(place.note)
    return redirect(url_for(".results", **form.query(near=place.query)), 303)


@blueprint.get("/find")
@public
def results() -> Page:
    form = SearchForm(request.args).offer(directory.services(session()))
    if "near" not in request.args:
        return render_template("locator/place.html", form=form, refusal=None, field="near", choices=(), ambiguous=False)
    try:
        place = find.find_place(session(), form.near.data or "")
        found = search(session(), place, form, now=now())
    except (PlaceUnknown, InvalidInput, NotFound) as refusal:
        return _ask_again(form, refusal)
    remember_search(form.query(near=place.query))
    notes = dict.fromkeys([*get_flashed_messages(), *([place.note] if place.note else [])])
    pins = [
        Pin(at.number, at.clinic.latitude, at.clinic.longitude, f"{at.clinic.name}, {miles(at.miles)}", f"#clinic-{at.number}")
        for at in found.clinics
    ]
    around = map_of(session(), pins, origin=place.point) if pins else None
    return render_template("locator/results.html", form=form, place=place, results=found, notes=list(notes), map=around)


@blueprint.post("/find/suggestions")
@csrf.exempt  # type: ignore[untyped-decorator]  # it changes nothing, and must work without cookies
@public
def suggestions() -> Response:
    """JSON {"typed": …} -> {"places": […]}, at most seven. By POST, because nobody's log keeps what is sent that way."""
    sent = request.get_json(silent=True)
    typed = sent.get("typed") if isinstance(sent, dict) else None
    places = find.suggest(session(), typed) if isinstance(typed, str) and len(typed) <= MAX_LENGTH else []
    return jsonify(places=places)


@blueprint.get("/locations")
@public
def locations() -> Page:
    """All clinics by state, or of a large chain the states, each a link."""
    states = directory.clinics_by_state(session())
    state = request.args.get("state", "").upper()
    if state and state not in states:
        raise NotFound("We have no clinic there. These are the states where we do.")
    everything = sum(states.values()) <= CLINICS_ON_ONE_PAGE
    listed = directory.locations(session(), state=state or None) if state or everything else []
    hrefs = {code: url_for(".locations", state=code) for code in states}
    shown = None if state else country(states, hrefs, [(at.state, at.latitude, at.longitude) for at in listed])
    return render_template("locator/locations.html", states=states, state=state, clinics=listed, country=shown)


@blueprint.get("/locations/<slug:slug>")
@public
def location(slug: str) -> Page:
    moment = now()
    clinic = directory.get_location(session(), slug, now=moment)
    times = {service.slug: find.openings_at(session(), slug, service.slug, now=moment) for service in clinic.services}
    here = map_of(session(), [Pin(0, clinic.latitude, clinic.longitude, clinic.name)], height=LOW)
    return render_template("locator/location.html", clinic=clinic, times=times, map=here)


def _ask_again(form: SearchForm, refusal: PlaceUnknown | InvalidInput | NotFound) -> Page:
    """The box with what was typed, why it is no place we know, and places that it may have meant."""
    near = isinstance(refusal, PlaceUnknown) or "near" in getattr(refusal, "fields", {})
    choices = refusal.suggestions if isinstance(refusal, PlaceUnknown) else ()
    page = render_template(
        "locator/place.html", form=form, refusal=refusal, field="near" if near else "service", choices=choices,
        ambiguous=isinstance(refusal, PlaceAmbiguous),
    )  # fmt: skip
    return page, 404 if isinstance(refusal, NotFound) else 200
