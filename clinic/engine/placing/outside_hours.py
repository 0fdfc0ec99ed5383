"""A visit outside the published hours: what the staff may lift, with a reason, and what nobody can.

Lifted are the hours of the specialist and of the clinic, and the step that starts lie on. What stays: no overlap, a room and
equipment, time off, days on which the clinic is closed or has hours of their own, and that nobody works at two clinics at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput, NotOffered
from clinic.domain.scheduling import availability
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.hours import AROUND_THE_CLOCK
from clinic.domain.time.timeline import CELL_MINUTES
from clinic.domain.tokens import SlotRef
from clinic.engine.placing.changing import Who
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import Site
from clinic.store.schedules import rosters
from clinic.store.schedules.site_schedules import PractitionerRole, SiteRoster, roster_of
from clinic.store.schedules.specialist_calendar import workplaces

REASONS = {
    "cannot_wait": "It cannot wait for the next published time",
    "agreed": "The specialist has agreed to it",
    "travel": "The patient cannot come at any published time",
    "interpreter": "The interpreter can only come then",
    "plan": "It belongs to a plan of care",
}
"""Why somebody is seen outside the hours: as the audit log keeps it, and in words."""

ELSEWHERE = "The specialist is at another clinic then. Choose another time."
CLOSED = "The clinic is closed then, or the specialist is away. Choose another time."
NOT_GIVEN = "That specialist does not give this visit at that clinic. Choose another."


def lifting(who: Who, reason: str) -> Who:
    """The same, allowed outside the hours; why goes onto the audit rows. Raises InvalidInput for a reason not of REASONS."""
    if reason not in REASONS:
        raise InvalidInput({"override_reason": "Choose why this visit is outside the hours."})
    return replace(who, staff=True, outside_hours=True, detail=f"{who.detail} outside_hours={reason}".strip())


def lifted(session: Session, wish: SlotRef, visit: BookableVisit, site: Site) -> tuple[VisitShape, Site, dict[int, SiteRoster]]:
    """What calendars are opened with, so that published hours do not count. Raises NotOffered for what stays."""
    person = next((one for one in people.offering(session, visit.id, [site.id]) if one.id == wish.specialist_id), None)
    if person is None:
        raise NotOffered(NOT_GIVEN)
    shape = replace(visit.shape, step_minutes=CELL_MINUTES)
    start, end = shape.specialist_cells(wish.start_cell)
    theirs = rosters.read(session, wish.specialist_id)
    for place in workplaces(session, wish.specialist_id, (), today=date.min).values():
        if place.id != site.id and _works(theirs, place, start, end - start):
            raise NotOffered(ELSEWHERE)
    always = Site(site.id, site.time_zone, "")  # without its version: what is kept of the site has its hours
    practice = PractitionerRole(always, person.id, person.slug, person.name)
    around_the_clock = [(AROUND_THE_CLOCK, date.min, None)]
    return shape, always, {site.id: roster_of(practice, around_the_clock, (), [one[:2] for one in theirs.away])}


def _works(theirs: availability.Roster, place: Workplace, start: int, cells: int) -> bool:
    return bool(theirs.worked(place.id, place.time_zone, start, cells) & place.open_line(start, cells))
