"""What imported hours, or a clinic's new zone, do to visits: the same as on the pages. Whatever loses its time goes onto the work
list, and is named in a dry run; times that are only held end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.scheduling.affected import main_cause, write_causes
from clinic.domain.scheduling.availability import Roster
from clinic.engine.placing.displacing import RosterAtClinics, Touched, end_holds, put_on_list, take_note, touched
from clinic.store.audit import audit
from clinic.store.schedules import rosters
from clinic.store.schedules.specialist_calendar import booked_ahead, workplaces
from clinic.store.tables.directory import Specialist
from clinic.usecases.imports.ending import ACTOR
from clinic.usecases.imports.outcome import ClockChange, ImportOutcome, TouchedVisit


def by_rosters(
    session: Session, changes: Iterable[tuple[int, Roster, Roster]], outcome: ImportOutcome, *, now: datetime
) -> None:  # fmt: skip
    """Of each specialist: all of their availability before and after. Before that is written, under their locks."""
    with_visits = booked_ahead(session, now=now)
    for specialist_id, before, after in changes:
        if specialist_id in with_visits:
            places = workplaces(session, specialist_id, after.location_ids, today=now.date() - timedelta(days=1))
            found = touched(session, specialist_id, RosterAtClinics(before, places), RosterAtClinics(after, places), now=now)
            _carry_out(session, specialist_id, found, outcome, now=now)


def by_clocks(session: Session, changes: Iterable[ClockChange], outcome: ImportOutcome, *, now: datetime) -> None:
    """Of clinics whose zone or opening hours change. Before that is written, under the locks of whoever has visits there."""
    by_location = {change.location_id: change for change in changes}
    for specialist_id in sorted(booked_ahead(session, now=now, locations=by_location)):
        before = rosters.read(session, specialist_id)
        places = workplaces(session, specialist_id, by_location, today=now.date() - timedelta(days=1))
        later = {
            id_: replace(place, time_zone=by_location[id_].time_zone[1], hours=by_location[id_].hours[1])
            if id_ in by_location else place
            for id_, place in places.items()
        }  # fmt: skip
        found = touched(session, specialist_id, RosterAtClinics(before, places), RosterAtClinics(before, later), now=now)
        _carry_out(session, specialist_id, found, outcome, now=now)


def _carry_out(session: Session, specialist_id: int, found: Touched, outcome: ImportOutcome, *, now: datetime) -> None:
    if not (found.visits or found.listed or found.freed or found.holds):
        return
    put_on_list(session, found.visits, now=now)
    take_note(session, found, actor=ACTOR, now=now)
    end_holds(session, found.holds, now=now)
    outcome.freed += len(found.freed)
    name = session.get_one(Specialist, specialist_id).name
    for visit, causes in found.visits.items():
        audit.note(session, visit.appointment_id, actor=ACTOR, action=Action.ASK_TO_MOVE, patient_id=visit.patient_id, now=now)
        why = main_cause(write_causes(causes))
        outcome.touched.append(TouchedVisit(visit.start_at, visit.time_zone, visit.clinic, name, visit.reference, why))
