"""The desk's search: three times to read aloud and a list, narrowed by what the caller says; what else would help is offered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.requests import asking_line
from clinic.domain.requests.asking import Filters, in_words, relaxed
from clinic.domain.requests.asking_line import Read
from clinic.domain.time.hours import anywhere, local_day
from clinic.engine.search.candidates import (
    NEARBY_MILES,
    CandidateSite,
    Opening,
    Order,
    SearchCriteria,
    nearby,
    soonest,
    widening,
    window,
)
from clinic.engine.search.listing import Listing
from clinic.engine.search.locate import Place, locate
from clinic.engine.search.phone_options import PhoneOption, listing_with_offers
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit, visits_of
from clinic.store.directory.people import Offering

CLINICS = 10
BEYOND_DAYS = 28
"""How far is looked beyond the first day asked for, when that is further ahead than patients can book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSearch:
    """What is looked for. `visit_type` also one that only staff book; None: the service's first. `line`: see
    domain.requests.asking_line.

    `miles` hold where the line says nothing of it. `own_appointment_id` is a visit being moved: its time counts as free.
    """

    service: str
    visit_type: str | None = None
    line: str = ""
    miles: float = NEARBY_MILES
    order: Order = "soonest"
    own_appointment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Widening:
    """What would be found if one thing were left out (domain.requests.asking.relaxed), or everything ("all"): its soonest.

    `line` asks for just that.
    """

    leaves_out: str
    line: str
    opening: Opening


@dataclass(frozen=True, slots=True)
class Offers:
    """What was found within `miles`. `understood` is the line in our words, `not_understood` what was not read of it.

    Where there is nothing, `problem` says why nothing can be, or `widenings` what else would be found. Nothing is widened
    unasked.
    """

    place: Place
    visit: BookableVisit
    understood: tuple[str, ...]
    not_understood: tuple[str, ...]
    miles: float
    offers: tuple[PhoneOption, ...] = ()
    clinics: tuple[tuple[CandidateSite, tuple[Opening, ...]], ...] = ()
    problem: str | None = None
    widenings: tuple[Widening, ...] = ()


def offers(session: Session, place: Place | str, asked: DeskSearch, *, now: datetime) -> Offers:
    """Raises PlaceUnknown, PlaceAmbiguous, NotFound for an unknown service, InvalidInput for a visit type that is not its."""
    where = locate(session, place) if isinstance(place, str) else place
    search = _Search(session, where, visit_of(session, asked.service, asked.visit_type), asked, now)
    read = search.read()
    filters, miles = read.filters, search.miles_of(read.filters)
    found = Offers(where, search.visit, in_words(filters), read.not_understood, miles, problem=filters.problem())
    if found.problem:
        return found
    offered, listed = search.listing(filters)
    if offered:
        return replace(found, offers=offered, clinics=listed.clinics)
    return replace(found, widenings=tuple(search.widenings(filters)))


def visit_of(session: Session, service: str, visit_type: str | None) -> BookableVisit:
    """The visit type meant, whoever may book it; without one the service's first. Raises NotFound, InvalidInput."""
    visits = visits_of(session, service)
    if not visits:
        raise NotFound("We do not offer a service of that name.")
    meant = next((visit for visit in visits if visit_type in (None, visit.slug)), None)
    if meant is None:
        raise InvalidInput({"visit_type": "Choose the kind of visit from the list."})
    return meant


@dataclass(frozen=True, slots=True)
class _Search:
    session: Session
    place: Place
    visit: BookableVisit
    asked: DeskSearch
    now: datetime
    _near: dict[float, list[CandidateSite]] = field(default_factory=dict)
    _teams: dict[frozenset[int], list[Offering]] = field(default_factory=dict)

    def read(self) -> Read:
        """Twice: how far says whose names may be meant."""
        today = local_day(self.now, self.place.time_zone)
        read = asking_line.read(self.asked.line, today=today)
        if not self.asked.line.strip() or not (read.not_understood or read.filters.about_people):
            return read
        team = self._team(self.candidates(self.miles_of(read.filters)))
        languages = {language for one in team for language in one.languages}
        return asking_line.read(self.asked.line, today=today, names=[one.name for one in team], languages=sorted(languages))

    def miles_of(self, filters: Filters) -> float:
        return float(filters.miles or self.asked.miles)

    def candidates(self, miles: float) -> list[CandidateSite]:
        if miles not in self._near:
            self._near[miles] = nearby(self.session, self.visit.id, self.place.point, miles)
        return self._near[miles]

    def _team(self, candidates: Sequence[CandidateSite]) -> list[Offering]:
        ids = frozenset(candidate.location.id for candidate in candidates)
        if ids not in self._teams:
            self._teams[ids] = people.offering(self.session, self.visit.id, sorted(ids)) if ids else []
        return self._teams[ids]

    def listing(self, filters: Filters) -> tuple[tuple[PhoneOption, ...], Listing]:
        sought = self._sought(filters, self.candidates(self.miles_of(filters)))
        return listing_with_offers(self.session, sought, now=self.now, order=self.asked.order, clinics=CLINICS)

    def _sought(self, filters: Filters, candidates: Sequence[CandidateSite]) -> SearchCriteria:
        since, until = window(self.visit.shape, self.now)
        if filters.first_day:
            _start, end = anywhere(filters.first_day, filters.first_day + timedelta(days=BEYOND_DAYS))
            until = max(until, end)
        team = self._team(candidates) if filters.about_people else []
        who = frozenset(one.id for one in team if filters.suits(one.name, one.gender, one.languages))
        return SearchCriteria(
            visit=self.visit, candidates=candidates, since=since, until=until, first_day=filters.first_day,
            last_day=filters.last_day, within=filters.within, people=who if filters.about_people else None,
            own_appointment_id=self.asked.own_appointment_id, staff=True,
        )  # fmt: skip

    def widenings(self, filters: Filters) -> Iterable[Widening]:
        """Further away first, then each thing left out in turn, and if none of it helps, everything."""
        ways = [self._further("miles", filters)]
        ways += [self._here(which, rest) for which, rest in relaxed(filters) if which != "miles"]
        if not any(ways) and filters != Filters():
            ways = [self._further("all", Filters(), also_here=True)]
        return filter(None, ways)

    def _here(self, which: str, filters: Filters) -> Widening | None:
        opening = self._soonest(filters, self.candidates(self.miles_of(filters)))
        return Widening(which, ", ".join(in_words(filters)), opening) if opening else None

    def _further(self, which: str, filters: Filters, *, also_here: bool = False) -> Widening | None:
        """Within the next radius that has one, or at the nearest clinics anyway."""
        radius = self.miles_of(filters)
        for miles, candidates in widening(self.session, self.visit.id, self.place.point, radius):
            if (miles != radius or also_here) and (opening := self._soonest(filters, candidates)):
                far = ceil(miles or max(candidate.miles or 0.0 for candidate in candidates))
                return Widening(which, ", ".join(in_words(replace(filters, miles=far))), opening)
        return None

    def _soonest(self, filters: Filters, candidates: Sequence[CandidateSite]) -> Opening | None:
        return next(iter(soonest(self.session, self._sought(filters, candidates), now=self.now, limit=1)), None)
