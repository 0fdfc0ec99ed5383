"""What a change of availability would do: openings that come and go, visits and held times that it takes the time from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.scheduling.affected import Cause, main_cause, write_causes
from clinic.domain.scheduling.availability import Roster, apply
from clinic.domain.scheduling.roster_edits import AddHours, Edit, SetDay, SetWeek
from clinic.domain.scheduling.roster_rules import Workplace, check_edits, check_roster
from clinic.engine.placing.displacing import RosterAtClinics, Touched, touched
from clinic.engine.search.candidates import CandidateSite, SearchCriteria, all_starts
from clinic.store.directory import locations
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import LocationRow, Site
from clinic.store.schedules import rosters, site_schedules
from clinic.store.schedules.site_schedules import PractitionerRole
from clinic.store.schedules.specialist_calendar import BusyStretch, given_by, workplaces
from clinic.store.tables.directory import Specialist
from clinic.usecases.roster.current import NO_SUCH_SPECIALIST, version_of


@dataclass(frozen=True, slots=True)
class OpeningsOf:
    """Openings of one visit type: how many come and how many go, within how far ahead it can be booked."""

    visit_type: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class AffectedVisit:
    """A booked visit that overlaps time which the change takes away or blocks, and why (domain.scheduling.affected). `start`
    is UTC, `time_zone` the clinic's.

    A decision is about the visit at this time: `key` is another once it is moved.
    """

    key: str
    appointment_id: int
    patient_id: int | None
    patient: str
    start: datetime
    time_zone: str
    location_id: int
    clinic: str
    visit_type: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Effect:
    """All that a change would do. `held` counts times that somebody is about to book, and that it takes as well; `listed`
    visits that it takes, too, and that are on the work list already; `freed` those that leave the list and can be given again.

    `version` is the availability's that it was worked out from; it goes along when the change is saved.
    """

    kinds: tuple[OpeningsOf, ...]
    visits: tuple[AffectedVisit, ...]
    held: int
    version: str
    listed: int = 0
    freed: int = 0

    @property
    def patients(self) -> int:
        """How many people the affected visits are of."""
        return len({visit.patient_id or visit.key for visit in self.visits})

    @property
    def added(self) -> int:
        return sum(kind.added for kind in self.kinds)

    @property
    def removed(self) -> int:
        return sum(kind.removed for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Plan:
    """A change with what it is made to and what it makes of it, checked."""

    specialist: Specialist
    before: Roster
    after: Roster
    places: dict[int, Workplace]
    version: str


def preview(session: Session, specialist_id: int, change: Sequence[Edit], *, now: datetime) -> Effect:
    """What the change would do, by the engine's own search over the rosters before and after. Writes nothing.

    Raises InvalidInput, naming the field, for what cannot be; NotFound.
    """
    plan = make_plan(session, specialist_id, change, now=now)
    return effect_of(session, plan, touched_by(session, plan, now=now), now=now)


def make_plan(session: Session, specialist_id: int, change: Sequence[Edit], *, now: datetime) -> Plan:
    person = session.get(Specialist, specialist_id, populate_existing=True)
    if person is None:
        raise NotFound(NO_SUCH_SPECIALIST)
    before = rosters.read(session, specialist_id)
    named = [edit.location_id for edit in change if isinstance(edit, SetWeek | SetDay | AddHours)]
    places = workplaces(session, specialist_id, named, today=now.date() - timedelta(days=1))
    check_edits(change, places, now=now)
    after = apply(before, change, {place.id: place.time_zone for place in places.values()})
    check_roster(before, after, places, now=now)
    return Plan(person, before, after, places, version_of(session, specialist_id, before))


def touched_by(session: Session, plan: Plan, *, now: datetime) -> Touched:
    """Two queries; under the specialist's lock it is what will be when the change is saved."""
    before, after = (RosterAtClinics(roster, plan.places) for roster in (plan.before, plan.after))
    return touched(session, plan.specialist.id, before, after, now=now)


def effect_of(session: Session, plan: Plan, found: Touched, *, now: datetime) -> Effect:
    kinds = []
    for visit in given_by(session, plan.specialist.id) if plan.specialist.active else ():
        sites = locations.offering(session, visit.id, specialist_id=plan.specialist.id)
        before, after = (
            {
                (practice.site.id, cell)
                for practice, cells in all_starts(session, _sought(plan, roster, visit, sites), now=now).items()
                for cell in cells
            }
            for roster in (plan.before, plan.after)
        )
        kinds.append(OpeningsOf(visit.name, len(after - before), len(before - after)))
    visits = tuple(_affected(row, causes) for row, causes in found.visits.items())
    return Effect(tuple(kinds), visits, len(found.holds), plan.version, len(found.listed), len(found.freed))


def _sought(plan: Plan, roster: Roster, visit: BookableVisit, sites: Sequence[LocationRow]) -> SearchCriteria:
    """The search of a patient who wants this specialist, as if they had that roster."""
    person = plan.specialist
    as_if = {}
    for row in sites:
        shifts = [(s.weekly, s.first_day, s.last_day) for s in roster.stints if s.location_id == row.id]
        days = [(day.hours, day.day) for day in roster.days if day.location_id == row.id]
        practice = PractitionerRole(Site(row.id, row.time_zone, row.hours, row.version), person.id, person.slug, person.name)
        as_if[row.id] = site_schedules.roster_of(practice, shifts, days, [one[:2] for one in roster.away])
    return SearchCriteria(visit=visit, candidates=[CandidateSite(row) for row in sites], specialist_id=person.id, as_if=as_if)


def _affected(row: BusyStretch, causes: frozenset[Cause]) -> AffectedVisit:
    patient = f"{row.given_name} {row.family_name}" if row.given_name else ""
    return AffectedVisit(
        row.key, row.appointment_id, row.patient_id, patient, row.start_at, row.time_zone, row.location_id, row.clinic,
        row.visit_type, main_cause(write_causes(causes)),
    )  # fmt: skip
