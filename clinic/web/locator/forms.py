"""The one box, the service, and what narrows the times. A search is a plain GET that can be shared, so no CSRF token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import SelectField, StringField

from clinic.usecases.directory import ServiceCard
from clinic.web.fields import Form, read_day

SORTS = {"nearest": "Nearest first", "soonest": "Soonest first"}
PARTS = {"": "Any time", "morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
CHOICES = ("day", "part", "specialist", "language")
"""The fields that narrow the times."""


def written(value: str | None) -> str:
    """Without what nobody types, and a database may refuse."""
    return "".join(filter(str.isprintable, value or "")).strip()


class SearchForm(Form):
    """What is sought. Any text may be a place: use cases decide which.

    `wrong` has a sentence for each field that narrows and cannot be understood or had; the search goes on without it.
    """

    near = StringField("ZIP code, city or address")
    service = SelectField("What do you need?", filters=[written], validate_choice=False)
    visit_type = SelectField("Kind of visit", filters=[written], validate_choice=False)
    day = StringField("Day", filters=[written])
    part = SelectField("Time of day", filters=[written], choices=PARTS, validate_choice=False)
    specialist = SelectField("With whom", filters=[written], validate_choice=False)
    language = SelectField("Language", filters=[written], validate_choice=False)
    sort = SelectField("Order", choices=SORTS, default="nearest", validate_choice=False)

    def offer(self, services: Sequence[ServiceCard]) -> SearchForm:
        """The services to choose from; the first is chosen when none was named."""
        self.wrong: dict[str, str] = {}
        self.service.choices = {service.slug: service.name for service in services}
        if not self.service.data and services:
            self.service.data = services[0].slug
        if self.sort.data not in SORTS:
            self.sort.data = "nearest"
        chosen = next((service for service in services if service.slug == self.service.data), None)
        online = [visit for visit in chosen.visit_types if visit.online] if chosen else []
        self._visits = {visit.slug: f"{visit.name}, {visit.minutes} minutes" for visit in online}
        self.visit_type.choices = self._visits
        return self

    def chosen_day(self) -> date | None:
        """The day, as browsers write it or as people do; None, and a sentence in `wrong`, for what is none."""
        typed, self.day.data = self.day.data, ""  # browsers show nothing but whole days
        if not typed:
            return None
        try:
            chosen = read_day(typed)
        except ValueError as wrong:
            self.wrong["day"] = str(wrong)
            return None
        self.day.data = chosen.isoformat()
        return chosen

    def chosen_part(self) -> str:
        """A part of the day, or '' for any; a sentence in `wrong` for what is none."""
        if self.part.data not in PARTS:
            self.wrong["part"] = "Choose morning, afternoon or evening."
            return ""
        return str(self.part.data)

    def narrowing(self) -> dict[str, str]:
        """What narrows the times and is not `wrong`, by field."""
        return {name: self[name].data for name in CHOICES if name not in self.wrong and self[name].data}

    def query(self, **changed: str) -> dict[str, Any]:
        """The arguments of the results page for this search; what is `wrong` is left out."""
        asked = {"near": self.near.data or "", "service": self.service.data or "", "visit_type": self.visit_type.data or ""}
        asked |= self.narrowing() | {"sort": self.sort.data} | changed
        return {name: value for name, value in asked.items() if value and (name, value) != ("sort", "nearest")}

    def carried(self) -> dict[str, Any]:
        """What goes along, unseen, when only the place or the service is changed."""
        return self.query(near="", service="")

    def at_one_clinic(self, service: str) -> dict[str, Any]:
        """The arguments of the page with all times of one clinic, where the same is asked for."""
        chosen = self.narrowing()
        asked = {"service": service, "visit_type": self.visit_type.data, "from": chosen.get("day")}
        return {name: value for name, value in (asked | {n: chosen.get(n) for n in ("part", "specialist")}).items() if value}

    def drop_foreign_visit(self) -> None:
        """A visit of another service is forgotten: the service was changed."""
        if self.visit_type.data not in self._visits:
            self.visit_type.data = ""
