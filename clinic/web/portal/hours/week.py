"""A week by day and clinic; beside it what is to come, and what was changed. And the specialists to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from clinic.domain.people.roles import Scope
from clinic.domain.scheduling.availability import Absence
from clinic.domain.scheduling.roster_edits import still_ahead
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.time.hours import day_line, whole_days
from clinic.domain.time.timeline import cell_at, from_spans, spans_of
from clinic.usecases import roster
from clinic.usecases.roster import Change
from clinic.web import signed_in
from clinic.web.context import now, session
from clinic.web.fields import read_day
from clinic.web.filters import zone_in_words
from clinic.web.guards import needs, reach
from clinic.web.portal.hours.pages import Page
from clinic.web.portal.hours.subject import Whose, facts, find
from clinic.web.portal.hours.words import (
    NO_HOURS,
    ChangeInWords,
    away_in_words,
    change_in_words,
    hours_in_words,
    monday_of,
    parts_of_day,
    week_in_words,
)

FARTHEST = timedelta(weeks=160)
MANY = 20
"""From more specialists on, one is found by typing a name."""


@dataclass(frozen=True, slots=True)
class AtClinic:
    """What is worked at a clinic on a day, in words, and what is special about it. `zone`: '' where all clinics have one."""

    clinic: str
    hours: str
    notes: tuple[str, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class DayOfHours:
    day: date
    time_zone: str
    clinics: tuple[AtClinic, ...]
    away: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A saved change in words. `actor` is a name, or 'You'; `ahead`: whoever asks can still take something of it back."""

    id: int
    change: Change
    said: list[ChangeInWords]
    actor: str
    ahead: bool


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/availability")(availability)
    blueprint.get("/availability/<int:number>")(one_week)


@needs("see-availability")
def availability() -> Page:
    """One's own week; or whose it may be, for who looks after several."""
    person, allowed = signed_in.me(), reach()
    found = roster.colleagues(session(), now=now())
    within = [one for one in found if one.is_within(allowed, person.specialist_id)]
    if allowed.scopes == {Scope.OWN} and within:
        to_own: Page = redirect(url_for(".one_week", number=within[0].id), 303)
        return to_own
    busy = [] if within or Scope.BUSY not in allowed.scopes else found
    sought = request.args.get("name", "").strip()[:80]
    every = within or busy
    shown = [one for one in every if sought.casefold() in " ".join((one.name, *one.clinics.values())).casefold()]
    return render_template(
        "portal/availability/specialists.html", shown=shown, busy=bool(busy), sought=sought, many=len(every) > MANY,
        empty=not every,
    )  # fmt: skip


@needs("see-availability")
def one_week(number: int) -> Page:
    return show(find(number, now=now()))


def show(whose: Whose, wrong: Mapping[str, str] | None = None) -> Page:
    """The week that the address names, else this one; 422 with what could not be done, if anything."""
    today = whose.today
    monday = _monday(today)
    log = log_of(whose, whose.known.changes)
    saved = request.args.get("saved", "") if not wrong else ""
    page = render_template(
        "portal/availability/week.html", monday=monday, wrong=wrong or {},
        days=[_day(whose, monday + timedelta(days=n)) for n in range(7)],
        earlier=monday - timedelta(weeks=1) if monday > monday_of(today) else None,
        later=monday + timedelta(weeks=1) if monday < today + FARTHEST else None,
        one_zone=_zone(whose), weekly=_weekly(whose, today), away=_away(whose), one_offs=_one_offs(whose, today), log=log,
        saved=next((entry for entry in log if str(entry.id) == saved), None), **facts(whose),
    )  # fmt: skip
    return (page, 422) if wrong else page


def _monday(today: date) -> date:
    try:
        asked = read_day(request.args.get("week", ""))
    except ValueError:
        asked = today
    return monday_of(asked if today - timedelta(days=7) < asked < today + FARTHEST else today)


def _zone(whose: Whose) -> str:
    return zone_in_words(now(), whose.time_zone) if len(whose.zones) < 2 else ""


def _day(whose: Whose, day: date) -> DayOfHours:
    roster_, places = whose.known.roster, whose.known.places
    exceptions = {(one.location_id, one.day): one for one in roster_.days}
    shown = []
    for id_ in sorted(roster_.location_ids, key=lambda id_: places[id_].name if id_ in places else ""):
        line, special = roster_.hours_on(id_, day), exceptions.get((id_, day))
        if id_ in places and (line or special):
            notes = [f"Not the usual hours{f': {special.reason}' if special.reason else ''}"] if special else []
            shown.append(_at_clinic(whose, places[id_], day, line, notes))
    start, end = whole_days(day, day, whose.time_zone)
    away = [one for one in roster_.away if one.start_cell < end and one.end_cell > start]
    return DayOfHours(day, whose.time_zone, tuple(shown), "; ".join(_away_on(one, day, whose.time_zone) for one in away))


def _at_clinic(whose: Whose, place: Workplace, day: date, line: str, notes: list[str]) -> AtClinic:
    """Hours less time off, and less what the clinic is closed for."""
    start, end = whole_days(day, day + timedelta(days=1), place.time_zone)
    hours = day_line(line, day, place.time_zone, start, end - start)
    there = hours & ~from_spans(((one.start_cell, one.end_cell) for one in whose.known.roster.away), start)
    left = there & place.open_line(start, end - start)
    if left != there:
        notes = [*notes, "The clinic is closed then" if not left else "The clinic is closed for a part of this"]
    words = parts_of_day(spans_of(left, start), place.time_zone) if left != hours else hours_in_words(line)
    zone = zone_in_words(now(), place.time_zone) if len(whose.zones) > 1 else ""
    return AtClinic(place.name, words or NO_HOURS.capitalize(), tuple(notes), zone)


def _away_on(one: Absence, day: date, time_zone: str) -> str:
    start, end = whole_days(day, day, time_zone)
    whole = one.start_cell <= start and one.end_cell >= end
    when = "" if whole else parts_of_day([(max(one.start_cell, start), min(one.end_cell, end))], time_zone)
    return ", ".join(filter(None, (when, one.reason))) or "all day"


def _weekly(whose: Whose, today: date) -> list[dict[str, Any]]:
    """By clinic: the hours of a usual week now, and every later day from which on they are others."""
    found = []
    roster_ = whose.known.roster
    for place in sorted(whose.known.places.values(), key=lambda place: place.name):
        stints = [stint for stint in roster_.stints if stint.location_id == place.id]
        turns = {stint.first_day for stint in stints}
        turns |= {stint.last_day + timedelta(days=1) for stint in stints if stint.last_day}
        days = [today, *sorted(turn for turn in turns if turn > today)]
        lines = [roster_.week_on(place.id, day) for day in days]
        changes = [
            (day, week_in_words(line)) for (before, line), day in zip(pairwise(lines), days[1:], strict=True) if line != before
        ]
        if lines[0] or changes or place.active:
            found.append({"place": place, "now": week_in_words(lines[0]), "changes": changes, "keeps": whose.keeps(place.id)})
    return found


def _away(whose: Whose) -> list[tuple[Absence, str]]:
    at = cell_at(now())
    ahead = [one for one in whose.known.roster.away if one.end_cell > at]
    return [(one, away_in_words(one.start_cell, one.end_cell, whose.time_zone)) for one in ahead]


def _one_offs(whose: Whose, today: date) -> list[dict[str, Any]]:
    places = whose.known.places
    return [
        {"one": one, "place": places[one.location_id], "hours": hours_in_words(one.hours), "keeps": whose.keeps(one.location_id)}
        for one in sorted(whose.known.roster.days, key=lambda one: one.day)
        if one.day >= today and one.location_id in places
    ]


def log_of(whose: Whose, changes: Iterable[Change]) -> list[Logged]:
    """Saved changes in words."""
    every = list(changes)
    names = roster.names_of(session(), {change.actor for change in every})
    today, at = whose.today, cell_at(now())
    mine = signed_in.me().actor
    return [
        Logged(
            change.id, change, change_in_words(change.edits, whose.known.places, whose.time_zone),
            "You" if change.actor == mine else names.get(change.actor, "Somebody"),
            bool(still_ahead(change.edits, today, at)) and all(map(whose.covers, change.edits)),
        )
        for change in every
    ]  # fmt: skip
