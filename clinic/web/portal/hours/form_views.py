"""The forms' addresses: asked for, and sent, which shows what they would do."""

from __future__ import annotations

import json

from flask import Blueprint, render_template, request

from clinic.domain.errors import InvalidInput
from clinic.web.context import now
from clinic.web.fields import read_day
from clinic.web.guards import needs
from clinic.web.portal.hours.forms import CopyForm, HolidaysForm, OneDayForm, TimeOffForm, WeeklyForm
from clinic.web.portal.hours.pages import FORMS, Page, edits_of, fill_week, next_monday, show
from clinic.web.portal.hours.preview import CarriedForm, look
from clinic.web.portal.hours.subject import facts, find


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    for path, asked, sent in (
        ("weekly", weekly, send_weekly),
        ("one-day", one_day, send_one_day),
        ("time-off", time_off, send_time_off),
        ("copy-week", copy_week, send_copy_week),
        ("holidays", holidays, send_holidays),
    ):
        blueprint.get(f"/availability/<int:number>/{path}")(asked)
        blueprint.post(f"/availability/<int:number>/{path}")(sent)


@needs("keep-availability")
def weekly(number: int) -> Page:
    """Of one clinic: the only one, or that which was pressed."""
    whose = find(number, now=now())
    places = whose.clinics
    chosen = request.args.get("clinic", str(places[0].id) if len(places) == 1 else "")
    if not chosen:
        return render_template("portal/availability/clinics.html", **facts(whose))
    form = WeeklyForm(None, clinic=chosen)
    fill_week(whose, form, next_monday(whose))
    return show(whose, "weekly", form)


@needs("keep-availability")
def one_day(number: int) -> Page:
    form = OneDayForm(None, clinic=request.args.get("clinic", ""), day=_day_asked(), what=request.args.get("what", "add"))
    return show(find(number, now=now()), "one_day", form)


@needs("keep-availability")
def time_off(number: int) -> Page:
    return show(find(number, now=now()), "time_off", TimeOffForm(None))


@needs("keep-availability")
def copy_week(number: int) -> Page:
    return show(find(number, now=now()), "copy_week", CopyForm(None, day=_day_asked()))


@needs("keep-availability")
def holidays(number: int) -> Page:
    return show(find(number, now=now()), "holidays", HolidaysForm(None))


@needs("keep-availability")
def send_weekly(number: int) -> Page:
    if not request.form.get("clinic"):
        return render_template("portal/availability/clinics.html", **facts(find(number, now=now()))), 422
    return _send(number, "weekly")


@needs("keep-availability")
def send_one_day(number: int) -> Page:
    return _send(number, "one_day")


@needs("keep-availability")
def send_time_off(number: int) -> Page:
    return _send(number, "time_off")


@needs("keep-availability")
def send_copy_week(number: int) -> Page:
    return _send(number, "copy_week")


@needs("keep-availability")
def send_holidays(number: int) -> Page:
    return _send(number, "holidays")


def _send(number: int, name: str) -> Page:
    """What the form would do; or the form once more, for who came back from there, or typed what cannot be."""
    whose, form = find(number, now=now()), FORMS[name](request.form)
    if "again" in request.form:
        return show(whose, name, form)
    try:
        typed = [pair for pair in request.form.items(multi=True) if pair[0] not in ("csrf_token", "again")]
        return look(whose, edits_of(whose, form), CarriedForm(form=name, typed=json.dumps(typed)))
    except InvalidInput as refused:
        return show(whose, name, form, refused.fields)


def _day_asked() -> str:
    try:
        return read_day(request.args.get("day", "")).isoformat()
    except ValueError:
        return ""
