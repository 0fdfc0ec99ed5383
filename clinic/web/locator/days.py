"""What is asked of a clinic's or a specialist's times, and the times as the page shows them: days, and parts of a day."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from wtforms import SelectField, StringField

from clinic.domain.time.hours import PARTS_OF_DAY, zone
from clinic.engine.search.candidates import Opening
from clinic.usecases.directory import ServiceCard, VisitCard
from clinic.usecases.find import Days
from clinic.web.fields import Form, read_day
from clinic.web.locator.forms import PARTS, written

UNKNOWN = {
    "specialist": "We could not find that specialist for this visit here. Choose one from the list.",
    "location": "We could not find that clinic for this visit. Choose one from the list.",
}
NOON, EVENING = 12, 17
MANY = 8
"""From so many times on, a day is cut into morning, afternoon and evening."""


class TimesForm(Form):
    """A plain GET. `wrong` has a sentence for each field that cannot be understood or had; the page goes on without it."""

    visit_type = SelectField("Kind of visit", filters=[written], validate_choice=False)
    specialist = SelectField("With", filters=[written], validate_choice=False)
    location = SelectField("Clinic", filters=[written], validate_choice=False)
    part = SelectField("Time of day", filters=[written], choices=PARTS, validate_choice=False)
    day = StringField("From this day on", filters=[written], name="from")

    def __init__(self, asked: Any, services: Sequence[ServiceCard]) -> None:
        """`services` hold the visit types that there are here; those that only staff book are not offered."""
        super().__init__(asked)
        self.wrong: dict[str, str] = {}
        self._all = [(service, visit) for service in services for visit in service.visit_types]
        online = [(service, tuple(visit for visit in service.visit_types if visit.online)) for service in services]
        self.offered = [(service, visits) for service, visits in online if visits]

    def choose_visit(self, service: str, phone: str) -> tuple[ServiceCard, VisitCard] | None:
        """The visit type asked for, else the first of the service asked for, else the first of all; None if there is none."""
        wanted = self.visit_type.data
        asked = [pair for pair in self._all if (pair[1].slug == wanted if wanted else pair[0].slug == service)]
        online = [pair for pair in self._all if pair[1].online]
        if not online:
            return None
        chosen = next((pair for pair in asked if pair[1].online), None)
        if chosen is None:
            if asked:
                name = asked[0][1].name
                self.wrong["visit_type"] = f"Our staff arrange “{name}” with you: call {phone}. Or book another visit here."
            elif wanted or service:
                self.wrong["visit_type"] = "We could not find that kind of visit here. Choose one from the list."
            chosen = next((pair for pair in online if pair[0].slug == service), online[0])
        self.visit_type.data = chosen[1].slug
        return chosen

    def choose(self, field: str, known: Container[str]) -> str | None:
        """The slug in `field`, if it is among those `known` here."""
        wanted = self[field].data
        if wanted and wanted not in known:
            self.drop(field)
            return None
        return wanted or None

    def drop(self, field: str) -> None:
        """What is in `field` cannot be had here."""
        self.wrong[field] = UNKNOWN[field]
        self[field].data = ""

    def offer(self, field: str, anybody: str, offered: Mapping[str, str]) -> None:
        """The choices of `field`: anybody, or one of those offered, slug -> name. Hides a choice of one."""
        self[field].choices = {"": anybody, **offered} if len(offered) > 1 or self[field].data or field in self.wrong else {}

    def choose_part(self) -> str:
        """Weekly hours of the part of the day, '' for any."""
        part = self.part.data
        if part not in PARTS:
            self.wrong["part"] = "Choose morning, afternoon or evening."
            part = ""
        self.part.data = part
        return PARTS_OF_DAY[part] if part else ""

    def choose_day(self) -> date | None:
        """The day to begin with; None for the first that has a time."""
        typed, self.day.data = self.day.data, ""  # browsers show nothing but whole days
        try:
            day = read_day(typed) if typed else None
        except ValueError as wrong:
            self.wrong["from"] = str(wrong)
            return None
        self.day.data = day.isoformat() if day else ""
        return day

    def check_day(self, asked: date | None, found: Days, today: date) -> None:
        """Say why the days found do not begin with the one asked for."""
        if asked and asked < today:
            self.wrong["from"] = "That day has passed. Choose today or a later day."
        elif asked and asked > found.first_day:
            ahead = found.visit.shape.horizon_days
            self.wrong["from"] = f"Visits can be booked {ahead} days ahead. Choose an earlier day."

    def query(self, day: date | None = None, **changed: str) -> dict[str, str]:
        """The arguments of the page for the same choice, from `day` on."""
        chosen = {name: self[name].data or "" for name in ("visit_type", "specialist", "location", "part")}
        chosen |= {"from": day.isoformat() if day else ""}
        return {name: value for name, value in (chosen | changed).items() if value}


@dataclass(frozen=True, slots=True)
class Group:
    """Times that stand under one heading: a part of the day, or a clinic. Of a clinic, `slug` is its page's."""

    name: str
    slug: str
    times: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class TimesOfDay:
    """A day. `closed` says why it has no times; '' when they are merely taken. `time_zone` says which day is today."""

    day: date
    count: int
    groups: tuple[Group, ...]
    closed: str
    time_zone: str


def sheets(found: Days, closed: Mapping[date, str], zone_name: str, *, by_clinic: bool) -> list[TimesOfDay]:
    """The days of the page, each cut by clinic or by part of the day. `closed` gives the reasons of closed days."""
    return [
        TimesOfDay(
            shown.day,
            len(shown.times),
            tuple(_by_clinic(shown.times) if by_clinic else _by_part(shown.times)),
            _closed(closed[shown.day]) if shown.day in closed and not shown.times else "",
            zone_name,
        )
        for shown in found.days
    ]


def _closed(reason: str) -> str:
    return f"Closed: {reason}" if reason else "Closed"


def _by_clinic(times: Sequence[Opening]) -> Iterable[Group]:
    for (name, slug), theirs in groupby(sorted(times, key=_clinic_of), key=_clinic_of):
        yield Group(name, slug, tuple(theirs))


def _clinic_of(opening: Opening) -> tuple[str, str]:
    return opening.location.name, opening.location.slug


def _by_part(times: Sequence[Opening]) -> Iterable[Group]:
    if len(times) < MANY:
        return [Group("", "", tuple(times))] if times else []
    return [Group(name, "", tuple(theirs)) for name, theirs in groupby(times, key=_part_of)]


def _part_of(opening: Opening) -> str:
    hour = opening.start.astimezone(zone(opening.location.time_zone)).hour
    return "Morning" if hour < NOON else "Afternoon" if hour < EVENING else "Evening"
