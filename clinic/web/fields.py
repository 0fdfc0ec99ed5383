"""Form fields that the library does not have, and the key that makes a form count once."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import MutableMapping
from datetime import date
from typing import Any

from flask import Flask, request
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.utils import unset_value

from clinic.usecases import booking

PARTS = ("month", "day", "year")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_AS_WRITTEN = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_WHOLE = re.compile(r"\s*([0-9]{1,2})\s*[/.\s-]\s*([0-9]{1,2})\s*[/.\s-]\s*([0-9]{4})\s*", re.ASCII)


class Form(FlaskForm):
    """A form that asks and does not judge: its fields take what was sent, and the use case says what is wrong with it.

    The fields are bound once and copied for each request; to bind eighteen anew takes longer than to read them.
    """

    class Meta(DefaultMeta):
        csrf = False  # checked for every POST at once, before the view

        def bind_field(self, form: BaseForm, unbound_field: Any, options: MutableMapping[str, Any]) -> Any:
            bound = _BOUND.get(unbound_field)
            if bound is None:
                bound = _BOUND[unbound_field] = vars(unbound_field.bind(form=None, _meta=DefaultMeta(), **options))
            field = object.__new__(unbound_field.field_class)
            vars(field).update(bound, _form=form, meta=self)
            return field


_BOUND: dict[Any, dict[str, Any]] = {}


class DateInPartsField(Field):
    """A date that people know by heart, in three boxes: month (a number or a name), day, year.

    `parts` is what was typed, and is shown again as it was. A whole date pasted into the first box is taken apart.
    `data` is None for nothing, and for what is no date; then there is an error, too.
    """

    parts: dict[str, str]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:  # noqa: ARG002 (the library's)
        self.process_errors: list[str] = []
        self.parts = {part: ((formdata or {}).get(f"{self.name}_{part}") or "").strip()[:40] for part in PARTS}
        whole = _WHOLE.fullmatch(self.parts["month"])
        if whole and not (self.parts["day"] or self.parts["year"]):
            self.parts = dict(zip(PARTS, whole.groups(), strict=True))
        self.data = None
        if any(self.parts.values()):
            try:
                self.data = _date(self.parts)
            except ValueError as error:
                self.process_errors.append(str(error))

    def answers(self) -> list[tuple[str, str]]:
        """(name, value) of each box, to carry along in hidden inputs."""
        return [(f"{self.name}_{part}", self.parts[part]) for part in PARTS]


def _date(parts: dict[str, str]) -> date:
    missing = [part for part in PARTS if not parts[part]]
    if missing:
        raise ValueError(f"The date of birth needs a {' and a '.join(missing)}.")
    month, day, year = _month(parts["month"]), _number(parts["day"]), _number(parts["year"])
    if month is None or day is None:
        raise ValueError("Enter the month as a number or a name and the day as a number, such as 4 and 23.")
    if year is None or not 1000 <= year <= 9999:
        raise ValueError("Enter the year with four digits, such as 1971.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("There is no such day in the calendar. Check the month and the day.") from None


def _month(typed: str) -> int | None:
    name = typed.casefold().rstrip(".")
    if len(name) >= 3 and name[:3] in MONTHS:
        return MONTHS.index(name[:3]) + 1
    return _number(typed)


def _number(typed: str) -> int | None:
    return int(typed) if typed.isdecimal() and len(typed) <= 4 else None


def read_day(typed: str) -> date:
    """A day as browsers write it (2026-12-31) or as people do (12/31/2026). ValueError says what to do, fit to show."""
    if found := _ISO.fullmatch(typed):
        year, month, day = map(int, found.groups())
    elif found := _AS_WRITTEN.fullmatch(typed):
        month, day, year = map(int, found.groups())
    else:
        raise ValueError("Write the day with numbers, such as 12/31/2026.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("There is no such day in the calendar. Check the month and the day.") from None


def read_number(typed: str | None) -> int | None:
    """The number of something, as an address or a form has it; None for what is none."""
    return int(typed) if typed and typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def tidy(typed: str | None) -> str:
    """A line as plain characters: full-width digits become digits, and what nobody types goes."""
    return "".join(filter(str.isprintable, unicodedata.normalize("NFKC", typed or ""))).strip()


def once_key() -> str:
    """A fresh key for a hidden input: the form sent twice is one deed."""
    return secrets.token_urlsafe(18)


def once_for(scope: str, pressed: str, body: object) -> Any:
    """The key of the page's form, together with what was pressed: another button of the same page is another deed, also for
    who went back to it. None for a form without a key. Raises InvalidInput.
    """
    key = request.form.get("key", "")[:40]
    return booking.request_once(scope, f"{key} {pressed}"[:200], body) if key else None


def install(app: Flask) -> None:
    app.jinja_env.globals["once_key"] = once_key
