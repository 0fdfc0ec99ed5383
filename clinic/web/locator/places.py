"""The clinics' own pages, and the way to them by state and city."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from flask import render_template, request, url_for

from clinic.domain.errors import NotFound
from clinic.domain.geography.gazetteer import words_of
from clinic.usecases import directory, find
from clinic.usecases.directory import LocationCard, LocationPage
from clinic.web.context import now, session
from clinic.web.filters import state_name
from clinic.web.guards import public
from clinic.web.locator.country import country
from clinic.web.locator.forms import SearchForm
from clinic.web.locator.map import LOW, Pin, map_of
from clinic.web.locator.structured import HoursException, clinic_data
from clinic.web.locator.views import blueprint

CLINICS_ON_ONE_PAGE = 300
LINES_SHOWN = 12
"""How many lines of other hours a clinic's page shows."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class City:
    """The clinics of a city. `anchor` is the id of its heading."""

    name: str
    anchor: str
    clinics: tuple[LocationCard, ...]


def on_one_page(clinics: int) -> bool:
    """Whether a chain of so many clinics is listed whole; else one state at a time."""
    return clinics <= CLINICS_ON_ONE_PAGE


@blueprint.get("/locations")
@public
def locations() -> str:
    """All clinics by state and city, or of a large chain the states, each a link."""
    counts = directory.clinics_by_state(session())
    counts = {code: counts[code] for code in sorted(counts, key=state_name)}
    state = request.args.get("state", "").upper()
    if state and state not in counts:
        raise NotFound("We have no clinic there. Look for the nearest one, or choose a state where we have some.")
    whole = on_one_page(sum(counts.values()))
    listed = directory.locations(session(), state=state or None) if state or whole else []
    hrefs = {code: f"#{code}" if whole and not state else url_for(".locations", state=code) for code in counts}
    cities = {code: _cities(clinics) for code, clinics in groupby(listed, _state_of)}
    return render_template(
        "locator/locations.html",
        counts=counts,
        hrefs=hrefs,
        state=state,
        names_only=not on_one_page(len(listed)),
        cities={code: cities[code] for code in counts if code in cities},
        country=None if state else country(counts, hrefs, [(at.state, at.latitude, at.longitude) for at in listed]),
        form=SearchForm(request.args).offer(directory.services(session())),
        canonical={"state": state} if state and not whole else {},
    )


@blueprint.get("/locations/<slug:slug>")
@public
def location(slug: str) -> str:
    moment = now()
    clinic = directory.get_location(session(), slug, now=moment)
    times = {}
    for service in clinic.services:
        if first := next((visit for visit in service.visit_types if visit.online), None):
            times[service.slug] = find.first_times(session(), service.slug, first.slug, location=slug, now=moment)
    days = _days(clinic)
    return render_template(
        "locator/location.html",
        clinic=clinic,
        state=directory.opening_states(session(), [slug], now=moment).get(slug),
        times=times,
        days=days,
        neighbors=directory.neighbors(session(), clinic),
        map=map_of(session(), [Pin(0, clinic.latitude, clinic.longitude, clinic.name)], height=LOW),
        data=clinic_data(clinic, days),
    )


def _cities(clinics: Iterable[LocationCard]) -> list[City]:
    return [City(name, "-".join((state, *words_of(name))), tuple(theirs)) for (state, name), theirs in groupby(clinics, _city_of)]


def _state_of(clinic: LocationCard) -> str:
    return clinic.state


def _city_of(clinic: LocationCard) -> tuple[str, str]:
    return clinic.state, clinic.city


def _days(clinic: LocationPage) -> list[HoursException]:
    """The next dates whose hours differ, closures before holidays; closed days in a row are one line."""
    known = {at.day: at for at in (*clinic.special_days, *clinic.closed_days)}
    lines: list[HoursException] = []
    for day in sorted(known):
        at, last = known[day], lines[-1] if lines else None
        if last and not (at.open_times or last.open_times) and (last.last + ONE_DAY, last.reason) == (day, at.reason):
            lines[-1] = replace(last, last=day)
        else:
            lines.append(HoursException(day, day, at.open_times, at.reason))
    return lines[:LINES_SHOWN]
