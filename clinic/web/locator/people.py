"""A specialist's own page."""

from __future__ import annotations

from flask import render_template

from clinic.usecases import directory, find
from clinic.web.context import now, session
from clinic.web.guards import public
from clinic.web.locator.structured import person_data
from clinic.web.locator.views import blueprint


@blueprint.get("/specialists/<slug:slug>")
@public
def specialist(slug: str) -> str:
    moment = now()
    person = directory.get_specialist_page(session(), slug, now=moment)
    times = {}
    for service in person.services:
        if first := next((visit for visit in service.visit_types if visit.online), None):
            times[service.slug] = find.first_times(session(), service.slug, first.slug, specialist=slug, now=moment)
    return render_template("locator/specialist.html", person=person, times=times, data=person_data(person))
