"""Home and results. What is typed is sent by POST and answered with an address that gives no home away."""

from __future__ import annotations

from flask import Blueprint, flash, get_flashed_messages, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import InvalidInput, NotFound, PlaceAmbiguous, PlaceUnknown
from clinic.extensions import csrf
from clinic.usecases import directory, find
from clinic.web.context import library, now, session
from clinic.web.filters import miles
from clinic.web.guards import public
from clinic.web.limits import geocoder
from clinic.web.locator.forms import SearchForm
from clinic.web.locator.map import Pin, map_of
from clinic.web.locator.results import search
from clinic.web.visitor import remember_search

blueprint = Blueprint("locator", __name__)

Page = str | tuple[str, int] | Response


@blueprint.get("/")
@public
def home() -> Page:
    services = directory.services(session())
    written = library()
    return render_template(
        "locator/home.html", form=SearchForm(request.args).offer(services), services=services,
        helps="facet-joint-injections-did-not-work" in written.care, guide=bool(written.pathway.questions),
    )  # fmt: skip


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
    places = find.suggest(session(), typed) if isinstance(typed, str) else []
    return jsonify(places=places)


def _ask_again(form: SearchForm, refusal: PlaceUnknown | InvalidInput | NotFound) -> Page:
    """The box with what was typed, why it is no place we know, and places that it may have meant."""
    near = isinstance(refusal, PlaceUnknown) or "near" in getattr(refusal, "fields", {})
    choices = refusal.suggestions if isinstance(refusal, PlaceUnknown) else ()
    page = render_template(
        "locator/place.html", form=form, refusal=refusal, field="near" if near else "service", choices=choices,
        ambiguous=isinstance(refusal, PlaceAmbiguous),
    )  # fmt: skip
    return page, 404 if isinstance(refusal, NotFound) else 200
