"""From openings to what the results page shows: clinics with their first times, and the soonest of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from clinic.domain.errors import NotFound
from clinic.domain.time.hours import PARTS_OF_DAY, local_day, to_utc
from clinic.engine.search.candidates import Opening
from clinic.engine.search.locate import Place
from clinic.extensions import Session
from clinic.usecases import directory, find
from clinic.usecases.directory import LocationCard, OpeningState
from clinic.usecases.find import Overview, Wanted
from clinic.web.locator.forms import SearchForm

CLINICS = 10


@dataclass(frozen=True, slots=True)
class ClinicResult:
    """A clinic of the list. `times` are its first openings, earliest first; `state` is None where no hours are known."""

    number: int
    clinic: LocationCard
    miles: float
    times: tuple[Opening, ...]
    state: OpeningState | None


@dataclass(frozen=True, slots=True)
class Results:
    """One results page.

    `wanted` is what was searched for in the end, without what could not be. `instead` is the next opening near the place
    after the day, or the soonest whatever was chosen; only when what was chosen left nothing, or nothing near. `any_day`
    tells which of the two it is. `people`, names by slug, is whom one can choose. `days_sooner` is what the longer drive
    saves. `start` ends the sentence "2 miles from …". `first_day` and `last_day` can be booked.
    """

    seen: Overview
    clinics: tuple[ClinicResult, ...]
    people: Mapping[str, str]
    wanted: Wanted
    instead: Opening | None
    any_day: bool
    days_sooner: int
    start: str
    first_day: date
    last_day: date

    @property
    def cut_short(self) -> bool:
        """Whether further clinics may have times, too."""
        return len(self.clinics) == CLINICS


def search(session: Session, place: Place, form: SearchForm, *, now: datetime) -> Results:
    """What cannot be chosen gets a sentence in `form.wrong`, and the search goes on without it.

    Raises NotFound for an unknown service, InvalidInput for a visit type that is not the service's.
    """
    today = local_day(now, place.time_zone)
    wanted = _wanted(form)
    form.wrong |= find.refused(session, wanted, today=today)
    wanted = replace(
        wanted,
        day=None if "day" in form.wrong else wanted.day,
        specialist=None if "specialist" in form.wrong else wanted.specialist,
        language=None if "language" in form.wrong else wanted.language,
    )
    seen = find.overview(session, place, wanted, now=now, clinics=CLINICS)
    instead, any_day = _instead(session, place, wanted, seen, now=now)
    people, languages = _people(session, seen, form)
    form.specialist.choices = {"": "Anyone"} | people
    form.language.choices = {"": "Any language"} | {language: language for language in languages}
    return Results(
        seen=seen,
        clinics=_clinics(session, seen, now=now),
        people=people,
        wanted=wanted,
        instead=instead,
        any_day=any_day,
        days_sooner=(seen.soonest.start - seen.worth_the_drive.start).days if seen.soonest and seen.worth_the_drive else 0,
        start=place.measured_from.removeprefix("the center of ").removeprefix("ZIP "),
        first_day=today,
        last_day=today + timedelta(days=seen.visit.shape.horizon_days),
    )


def _wanted(form: SearchForm) -> Wanted:
    day, part = form.chosen_day(), form.chosen_part()
    chosen = form.narrowing()
    return Wanted(
        service=form.service.data,
        visit_type=form.visit_type.data or None,
        day=day,
        within=PARTS_OF_DAY.get(part, ""),
        specialist=chosen.get("specialist"),
        language=chosen.get("language"),
        sort=form.sort.data,
    )


def _instead(session: Session, place: Place, wanted: Wanted, seen: Overview, *, now: datetime) -> tuple[Opening | None, bool]:
    """The next near the place after the day (then True), else the soonest of all, whatever was chosen."""
    if not wanted.narrowed or (seen.soonest and not seen.widened):
        return None, False
    freed = replace(wanted, day=None, within="", specialist=None, language=None, sort="soonest", limit=1)
    looser_yet = [freed]
    if wanted.day:
        midnight = to_utc(wanted.day, 0, place.time_zone)
        looser_yet.insert(0, replace(wanted, day=None, since=midnight, sort="soonest", limit=1))
    for looser in looser_yet:
        found = find.openings_near(session, place, looser, now=now, counted=False)
        if found.openings and not (seen.soonest and found.widened):
            return found.openings[0], looser is not freed
    return None, False


def _clinics(session: Session, seen: Overview, *, now: datetime) -> tuple[ClinicResult, ...]:
    states = directory.states_of(session, {at.location.slug: at.location for at, _times in seen.clinics}, now=now)
    return tuple(
        ClinicResult(number, directory.card_of(at.location), at.miles or 0.0, times, states.get(at.location.slug))
        for number, (at, times) in enumerate(seen.clinics, 1)
    )


def _people(session: Session, seen: Overview, form: SearchForm) -> tuple[dict[str, str], tuple[str, ...]]:
    """Those at the clinics shown and at the nearest, and whoever is chosen; the languages that they speak."""
    around = [*(candidate for candidate, _times in seen.clinics), *seen.candidates[:CLINICS]]
    offering = find.people_at(session, seen.visit, around)
    people = {person.slug: person.name for person in offering}
    languages = {language for person in offering for language in person.languages}
    chosen = form.narrowing()
    if (slug := chosen.get("specialist")) and slug not in people:
        try:
            people[slug] = directory.get_specialist(session, slug).name
        except NotFound:  # gone since it was looked for
            people[slug] = slug
    if language := chosen.get("language"):
        languages.add(language)
    return people, tuple(sorted(languages))
