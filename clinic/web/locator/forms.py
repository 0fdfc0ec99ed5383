"""The one box and the service. A search is a plain GET that can be shared, so nothing here needs a CSRF token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from clinic.usecases.directory import ServiceCard

SORTS = {"nearest": "Nearest first", "soonest": "Soonest first"}


class SearchForm(FlaskForm):
    """What is sought. Any text may be a place: use cases decide which."""

    near = StringField("ZIP code, city or address")
    service = SelectField("What do you need?", validate_choice=False)
    visit_type = StringField()
    sort = SelectField(choices=SORTS, default="nearest", validate_choice=False)

    class Meta:
        csrf = False

    def offer(self, services: Sequence[ServiceCard]) -> SearchForm:
        """The services to choose from; the first is chosen when none was named."""
        self.service.choices = {service.slug: service.name for service in services}
        if not self.service.data and services:
            self.service.data = services[0].slug
        if self.sort.data not in SORTS:
            self.sort.data = "nearest"
        return self

    def query(self, **changed: str) -> dict[str, Any]:
        """The arguments of the results page for this search."""
        chosen = {
            "near": self.near.data or "",
            "service": self.service.data or "",
            "visit_type": self.visit_type.data or "",
            "sort": self.sort.data if self.sort.data != "nearest" else "",
        }
        return {name: value for name, value in (chosen | changed).items() if value}
