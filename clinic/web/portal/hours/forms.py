"""The small forms, each of which becomes a change. They ask; what can be is for the domain to say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from wtforms import RadioField, SelectField, SelectMultipleField, StringField

from clinic.domain.errors import InvalidInput
from clinic.domain.scheduling.roster_edits import AddHours, CopyWeek, Edit, SetDay, SetWeek, days_off, hours_off
from clinic.domain.time.hours import DAY_NAMES
from clinic.web.fields import Form, read_day, read_number
from clinic.web.portal.hours.parsing import read_hours
from clinic.web.portal.hours.words import DAYS, monday_of

MOST_WEEKS = 26
YEARS = range(2000, 2200)
WHAT = {
    "add": "Work more: these hours besides the usual ones",
    "instead": "Work other hours: these, and no others",
    "close": "Do not work there on this day",
    "usual": "Work as in any other week again",
}
TODAY_FIRST = "Write the first day, such as 12/31/2026."


def _day(form: Form, name: str, wrong: dict[str, str], empty: str = "") -> date | None:
    """The day in that field; None, and a sentence in `wrong` where one is due, for none."""
    typed = (form[name].data or "").strip()
    if not typed:
        if empty:
            wrong[name] = empty
        return None
    try:
        day = read_day(typed)
    except ValueError as refused:
        wrong[name] = str(refused)
        return None
    if day.year not in YEARS:
        wrong[name] = f"Check the year: {day.year}. Write it with four digits, such as 2026."
        return None
    return day


def _hours(form: Form, name: str, wrong: dict[str, str]) -> str:
    try:
        return read_hours(form[name].data or "")
    except InvalidInput as refused:
        wrong[name] = refused.message
        return ""


class WeeklyForm(Form):
    """Weekly hours at one clinic. Nothing is the day's only for a day without hours."""

    clinic = StringField("Clinic")
    first_day = StringField("First day")
    last_day = StringField("Last day, if there is one")
    mon, tue, wed, thu, fri, sat, sun = (StringField(day) for day in DAYS)

    def edits(self, _zones: Mapping[int, str], _usual: str) -> tuple[Edit, ...]:
        wrong: dict[str, str] = {}
        first = _day(self, "first_day", wrong, TODAY_FIRST)
        last = _day(self, "last_day", wrong)
        lines = [(name, _hours(self, name.lower(), wrong)) for name in DAY_NAMES]
        if wrong or first is None:
            raise InvalidInput(wrong)
        weekly = "; ".join(f"{name} {line}" for name, line in lines if line)
        return (SetWeek(read_number(self.clinic.data) or 0, weekly, first, last),)


class OneDayForm(Form):
    clinic = SelectField("Clinic", choices={}, validate_choice=False)
    day = StringField("Day")
    what = RadioField("What is different?", choices=WHAT, validate_choice=False)
    hours = StringField("Hours")
    reason = StringField("Reason, if you like: colleagues see it, patients do not")

    def edits(self, _zones: Mapping[int, str], _usual: str) -> tuple[Edit, ...]:
        wrong: dict[str, str] = {}
        day = _day(self, "day", wrong, "Write the day, such as 12/31/2026.")
        line = _hours(self, "hours", wrong) if self.what.data in ("add", "instead") else ""
        if self.what.data not in WHAT:
            wrong["what"] = "Choose what is different on this day."
        elif self.what.data in ("add", "instead") and not line:
            wrong.setdefault("hours", "Write the hours, like 9:00-12:00, 1:00 pm-5:00 pm.")
        if wrong or day is None:
            raise InvalidInput(wrong)
        clinic, reason = read_number(self.clinic.data) or 0, (self.reason.data or "").strip()
        if self.what.data == "add":
            return (AddHours(clinic, day, line),)
        return (SetDay(clinic, day, None if self.what.data == "usual" else line, reason),)


class TimeOffForm(Form):
    first_day = StringField("First day")
    last_day = StringField("Last day (empty: only that one)")
    hours = StringField("Only some hours of one day (empty: whole days)")
    clinic = SelectField("On the clock of", choices={}, validate_choice=False)
    reason = StringField("Reason, if you like: colleagues see it, patients do not")

    def edits(self, zones: Mapping[int, str], usual: str) -> tuple[Edit, ...]:
        wrong: dict[str, str] = {}
        first = _day(self, "first_day", wrong, TODAY_FIRST)
        last = _day(self, "last_day", wrong)
        line = _hours(self, "hours", wrong)
        if wrong or first is None:
            raise InvalidInput(wrong)
        time_zone, reason = zones.get(read_number(self.clinic.data) or 0, usual), (self.reason.data or "").strip()
        if not line:
            return (days_off(first, last or first, time_zone, reason),)
        if last not in (None, first):
            raise InvalidInput({"hours": "Hours are of one day. Leave the last day empty, or take whole days off."})
        return (hours_off(first, line, time_zone, reason),)


class CopyForm(Form):
    day = StringField("Copy the week of this day")
    to = StringField("To the week of this day")
    weeks = SelectField(
        "For how many weeks",
        choices={str(n): "1 week" if n == 1 else f"{n} weeks in a row" for n in (1, 2, 3, 4, 6, 8, 13, MOST_WEEKS)},
        default="1", validate_choice=False,
    )  # fmt: skip

    def edits(self, _zones: Mapping[int, str], _usual: str) -> tuple[Edit, ...]:
        wrong: dict[str, str] = {}
        day = _day(self, "day", wrong, "Write a day of the week to copy.")
        to = _day(self, "to", wrong, "Write a day of the week that is to be like it.")
        count = read_number(self.weeks.data) or 0
        if not 1 <= count <= MOST_WEEKS:
            wrong["weeks"] = "Choose a number of weeks from the list."
        if wrong or day is None or to is None:
            raise InvalidInput(wrong)
        source, first = monday_of(day), monday_of(to)
        weeks = [first + timedelta(weeks=n) for n in range(count)]
        return tuple(CopyWeek(source, monday) for monday in weeks if monday != source or monday == first)


class HolidaysForm(Form):
    days = SelectMultipleField("Holidays", choices={}, validate_choice=False)
