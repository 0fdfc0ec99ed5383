"""What a change of availability would do: openings that come and go, visits and held times that would lie outside the hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.appointment import State
from clinic.domain.availability import Roster, apply
from clinic.domain.errors import NotFound
from clinic.domain.roster_edits import AddHours, Edit, SetDay, SetWeek
from clinic.domain.roster_rules import Workplace, check_edits, check_roster
from clinic.domain.timeline import CELLS_PER_DAY, cell_at, span
from clinic.engine.search import Candidate, Sought, all_starts
from clinic.store import locations, rosters, standing
from clinic.store.catalogue import BookableVisit
from clinic.store.locations import LocationRow, Site
from clinic.store.people import Specialist
from clinic.store.standing import Practice
from clinic.store.workplaces import Taken, given_by, taken, workplaces
from clinic.usecases.roster.reading import NO_SUCH_SPECIALIST, version_of


@dataclass(frozen=True, slots=True)
class OpeningsOf:
    """Openings of one visit type: how many come and how many go, within how far ahead it can be booked."""

    visit_type: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class AffectedVisit:
    """A booked visit that lies inside the hours now and would not any more. `start` is UTC, `time_zone` the clinic's.

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


@dataclass(frozen=True, slots=True)
class Effect:
    """All that a change would do. `held` counts times that somebody is about to book, and that would lie outside as well.

    `version` is the availability's that it was worked out from; it goes along when the change is saved.
    """

    kinds: tuple[OpeningsOf, ...]
    visits: tuple[AffectedVisit, ...]
    held: int
    version: str

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


@dataclass(frozen=True, slots=True)
class Touched:
    """What is booked or held ahead and would come to lie outside the hours, or inside them again."""

    visits: tuple[Taken, ...]
    holds: tuple[Taken, ...]
    inside_again: tuple[Taken, ...]


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
    """One query; under the specialist's lock it is what will be when the change is saved."""
    rows = taken(session, plan.specialist.id, now=now)
    origin = cell_at(now) // CELLS_PER_DAY * CELLS_PER_DAY - CELLS_PER_DAY
    cells = max((row.end_cell for row in rows), default=origin) - origin + CELLS_PER_DAY
    lines = {
        place.id: tuple(roster.worked(place.id, place.time_zone, origin, cells) for roster in (plan.before, plan.after))
        for place in plan.places.values()
    }
    visits: list[Taken] = []
    holds: list[Taken] = []
    again: list[Taken] = []
    for row in rows:
        wanted = span(row.start_cell - origin, row.end_cell - origin)
        inside = [not wanted & ~line for line in lines.get(row.location_id, (0, 0))]
        if inside == [True, False]:
            (holds if row.state == State.HELD else visits).append(row)
        elif inside == [False, True]:
            again.append(row)
    return Touched(tuple(visits), tuple(holds), tuple(again))


def effect_of(session: Session, plan: Plan, touched: Touched, *, now: datetime) -> Effect:
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
    return Effect(tuple(kinds), tuple(map(_affected, touched.visits)), len(touched.holds), plan.version)


def _sought(plan: Plan, roster: Roster, visit: BookableVisit, sites: Sequence[LocationRow]) -> Sought:
    """The search of a patient who wants this specialist, as if they had that roster."""
    person = plan.specialist
    as_if = {}
    for row in sites:
        shifts = [(s.weekly, s.first_day, s.last_day) for s in roster.stints if s.location_id == row.id]
        days = [(day.hours, day.day) for day in roster.days if day.location_id == row.id]
        practice = Practice(Site(row.id, row.time_zone, row.hours, row.version), person.id, person.slug, person.name)
        as_if[row.id] = standing.roster_of(practice, shifts, days, [one[:2] for one in roster.away])
    return Sought(visit=visit, candidates=[Candidate(row) for row in sites], specialist_id=person.id, as_if=as_if)


def _affected(row: Taken) -> AffectedVisit:
    patient = f"{row.given_name} {row.family_name}" if row.given_name else ""
    return AffectedVisit(
        row.key, row.appointment_id, row.patient_id, patient, row.start_at, row.time_zone, row.location_id, row.clinic,
        row.visit_type,
    )  # fmt: skip
