"""The forms as pages: prepared for whoever's hours they are, shown again with all that was typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import render_template
from werkzeug.wrappers import Response

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.scheduling.roster_edits import Edit
from clinic.domain.scheduling.roster_rules import YEARS_AHEAD
from clinic.domain.time.hours import DAY_NAMES, parse_week
from clinic.domain.time.hours import format_day as line_of
from clinic.usecases import roster
from clinic.web.context import now, session
from clinic.web.fields import Form, read_number
from clinic.web.filters import full_date, zone_in_words
from clinic.web.portal.hours.forms import CopyForm, HolidaysForm, OneDayForm, TimeOffForm, WeeklyForm
from clinic.web.portal.hours.parsing import write_hours
from clinic.web.portal.hours.subject import Whose, facts
from clinic.web.portal.hours.words import monday_of

Page = str | tuple[str, int] | Response

FORMS: dict[str, type[Form]] = {
    "weekly": WeeklyForm, "one_day": OneDayForm, "time_off": TimeOffForm, "copy_week": CopyForm, "holidays": HolidaysForm,
}  # fmt: skip
SAME = {
    "weekly": {"location": "hours", "day": "first_day", "time_off": "hours"},
    "one_day": {"location": "clinic", "first_day": "day"},
    "time_off": {"start": "first_day", "end": "last_day", "location": "clinic"},
    "copy_week": {"week": "day", "hours": "to", "location": "to"},
    "holidays": {"hours": "days"},
}
"""What the domain calls a field -> what the form does."""
FIRST = {"weekly": "hours", "one_day": "day", "time_off": "first_day", "copy_week": "to", "holidays": "days"}
"""What no field is to blame for is said here."""


def show(whose: Whose, name: str, form: Form, wrong: Mapping[str, str] | None = None) -> Page:
    """The form; with a sentence beside each field that is wrong, 422. What no field is to blame for stands at the first."""
    PREPARED[name](whose, form)
    today = whose.today
    fields = {_blamed(name, form, field): sentence for field, sentence in (wrong or {}).items()}
    bounds = {"today": today, "latest": today + timedelta(days=366 * YEARS_AHEAD)}
    targets = {"hours": "mon"} if name == "weekly" else {}
    page = render_template(
        f"portal/availability/{name}.html", form=form, wrong=fields, targets=targets, **bounds, **facts(whose)
    )  # fmt: skip
    return (page, 422) if wrong else page


def _blamed(name: str, form: Form, field: str) -> str:
    """Beside which field it is said."""
    known = SAME[name].get(field, field)
    return known if known in form or known == "hours" else FIRST[name]


def edits_of(whose: Whose, form: Form) -> tuple[Edit, ...]:
    """The change that the form asks for. Raises InvalidInput."""
    if isinstance(form, HolidaysForm):
        chosen = set(form.days.data or ())
        edits = tuple(holiday.edit for holiday in _holidays(whose) if holiday.day.isoformat() in chosen)
        if not edits:
            raise InvalidInput({"days": "Choose the holidays that you take."})
        return edits
    zones = {place.id: place.time_zone for place in whose.known.places.values()} or {0: whose.time_zone}
    asked: Callable[[Mapping[int, str], str], tuple[Edit, ...]] = form.edits
    return asked(zones, whose.time_zone)


def read_typed(name: str, typed: str) -> list[tuple[str, str]]:
    """The fields of a form as they were sent, from the text that carried them; none for what is none of ours."""
    try:
        fields = [(str(key), str(value)) for key, value in json.loads(typed)] if name in FORMS else []
        "".join(map("".join, fields)).encode()  # halves of characters can be written in JSON, and not on a page
        return fields
    except (ValueError, TypeError, RecursionError):
        return []


def _weekly(whose: Whose, form: Any) -> None:
    form.place = next((place for place in whose.clinics if str(place.id) == form.clinic.data), None)
    if form.place is None:
        raise NotFound("There is no such clinic here.")
    form.clock = zone_in_words(now(), form.place.time_zone)


def fill_week(whose: Whose, form: Any, first: date) -> None:
    """With what stands from that day on."""
    form.first_day.data = first.isoformat()
    week = parse_week(whose.known.roster.week_on(read_number(form.clinic.data) or 0, first))
    for name, stretches in zip(DAY_NAMES, week.days, strict=True):
        form[name.lower()].data = write_hours(line_of(stretches))


def next_monday(whose: Whose) -> date:
    return monday_of(whose.today) + timedelta(weeks=1)


def _one_day(whose: Whose, form: Any) -> None:
    form.clinic.choices = {str(place.id): place.name for place in whose.clinics}


def _time_off(whose: Whose, form: Any) -> None:
    places = [place for place in whose.known.places.values() if place.active]
    form.clinic.choices = {str(place.id): place.name for place in places} if len(whose.zones) > 1 else {}


def _copy_week(_whose: Whose, _form: Any) -> None:
    """Nothing to prepare."""


def _holidays_form(whose: Whose, form: Any) -> None:
    found = _holidays(whose)
    form.days.choices = {holiday.day.isoformat(): f"{holiday.name}: {full_date(holiday.day, weekday=True)}" for holiday in found}


def _holidays(whose: Whose) -> list[roster.Holiday]:
    return roster.holidays_ahead(session(), whose.id, now=now())


PREPARED: dict[str, Callable[[Whose, Any], None]] = {
    "weekly": _weekly, "one_day": _one_day, "time_off": _time_off, "copy_week": _copy_week, "holidays": _holidays_form,
}  # fmt: skip
