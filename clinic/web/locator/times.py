"""All times of a clinic, and of a specialist at all their clinics: day by day, without a calendar grid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from flask import render_template, request, url_for

from clinic.domain.errors import NotFound
from clinic.domain.time.hours import local_day
from clinic.usecases import directory, find
from clinic.usecases.directory import ServiceCard, VisitCard
from clinic.usecases.find import Days
from clinic.web.context import now, session, settings
from clinic.web.guards import public
from clinic.web.locator.days import TimesForm, TimesOfDay, sheets
from clinic.web.locator.views import blueprint


@blueprint.get("/locations/<slug:slug>/times")
@public
def location_times(slug: str) -> str:
    moment = now()
    clinic = directory.get_location(session(), slug, now=moment)
    form = TimesForm(request.args, clinic.services)
    visit = form.choose_visit(request.args.get("service", ""), settings().phone)
    page = partial(_page, form, partial(url_for, ".location_times", slug=slug), clinic=clinic, person=None, only=clinic)
    if visit is None:
        return page(found=None)
    chosen = form.choose("specialist", {person.slug for person in clinic.specialists})
    today = local_day(moment, clinic.time_zone)
    found = _look(form, visit, "specialist", location=slug, specialist=chosen, today=today, moment=moment)
    form.offer("specialist", "Anyone", {person.slug: person.name for person in found.people})
    form.offer("location", "", {})
    return page(found=found, sheets=_sheets(found, [slug], clinic.time_zone), today=today)


@blueprint.get("/specialists/<slug:slug>/times")
@public
def specialist_times(slug: str) -> str:
    moment = now()
    person = directory.get_specialist_page(session(), slug, now=moment)
    form = TimesForm(request.args, person.services)
    visit = form.choose_visit(request.args.get("service", ""), settings().phone)
    page = partial(_page, form, partial(url_for, ".specialist_times", slug=slug), clinic=None, person=person)
    if visit is None:
        return page(found=None, only=None)
    sites = {at.clinic.slug: at.clinic for at in person.workplaces}
    chosen = form.choose("location", sites)
    zone = sites[chosen or next(iter(sites))].time_zone
    today = local_day(moment, zone)
    found = _look(form, visit, "location", location=chosen, specialist=slug, today=today, moment=moment)
    form.offer("location", "Any clinic", {at.slug: at.name for at in sites.values()})
    form.offer("specialist", "", {})
    shown = [form.location.data] if form.location.data else list(sites)
    only = sites[shown[0]] if len(shown) == 1 else None
    return page(found=found, sheets=_sheets(found, shown, zone), today=today, only=only)


def _look(
    form: TimesForm,
    visit: tuple[ServiceCard, VisitCard],
    optional: str,
    *,
    location: str | None,
    specialist: str | None,
    today: date,
    moment: datetime,
) -> Days:
    """The days of the page, without what was chosen in the `optional` field if that does not give the visit."""
    service, kind = visit
    day, within = form.choose_day(), form.choose_part()
    days = partial(find.days_of, session(), service.slug, visit_type=kind.slug, first_day=day, within=within, now=moment)
    try:
        found = days(location=location, specialist=specialist)
    except NotFound:
        if not form[optional].data:
            raise
        form.drop(optional)
        found = days(location=location) if optional == "specialist" else days(specialist=specialist)
    form.check_day(day, found, today)
    return found


def _sheets(found: Days, clinics: Sequence[str], zone: str) -> list[TimesOfDay]:
    closed = directory.closed_on(session(), clinics, found.days[0].day, found.days[-1].day)
    return sheets(found, closed, zone, by_clinic=len(clinics) > 1)


def _page(form: TimesForm, address: Any, *, found: Days | None, today: date | None = None, **shown: Any) -> str:
    """`address` gives the page's own address for a choice; `only` is the clinic where all the times are, if it is one."""
    bounds = {}
    if found and today:
        last = today + timedelta(days=found.visit.shape.horizon_days)
        bounds = {"first_day": today.isoformat(), "last_day": last.isoformat()}
    return render_template("locator/times.html", form=form, address=address, found=found, **bounds, **shown)
