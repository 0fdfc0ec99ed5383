"""What stands of a specialist's availability, who changed it, which holidays they work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.scheduling.availability import Roster
from clinic.domain.scheduling.roster_edits import Edit, TakeOff, days_off, read_edits, still_ahead
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.time.holidays import federal_holidays
from clinic.domain.time.hours import local_day, to_utc, whole_days
from clinic.domain.time.timeline import cell_at
from clinic.store.schedules import rosters
from clinic.store.schedules.specialist_calendar import workplaces
from clinic.store.tables.directory import Specialist
from clinic.store.tables.schedules import RosterChange

HOLIDAYS_AHEAD = timedelta(days=400)
NO_SUCH_SPECIALIST = "There is no such specialist."


@dataclass(frozen=True, slots=True)
class Change:
    """One that was saved. `actor` is a role and an id, as in the audit log."""

    id: int
    at: datetime
    actor: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """All that stands. `version` goes with a change that is made to it; `changes` are the last ones, the last first."""

    specialist_id: int
    name: str
    roster: Roster
    places: dict[int, Workplace]
    version: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A federal holiday on which the specialist would work, and the edit that takes it off."""

    day: date
    name: str
    edit: TakeOff


def version_of(session: Session, specialist_id: int, roster: Roster) -> str:
    """The number of the last saved change, and what the roster is like: an import changes it as well."""
    return f"{rosters.last_change(session, specialist_id)}-{roster.fingerprint}"


def changes_since(session: Session, specialist_id: int, version: str, *, limit: int = 20) -> tuple[Change, ...]:
    """Those that were saved after a version was read."""
    number = version.partition("-")[0]
    after = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
    return tuple(
        Change(row.id, row.at, row.actor, read_edits(row.edits))
        for row in rosters.changes(session, specialist_id, after=after, limit=limit)
    )


def availability(session: Session, specialist_id: int, *, now: datetime) -> Availability:
    """Raises NotFound. Whether the caller may see it is for the guards to say."""
    person = session.get(Specialist, specialist_id)
    if person is None:
        raise NotFound(NO_SUCH_SPECIALIST)
    roster = rosters.read(session, specialist_id)
    places = workplaces(session, specialist_id, (), today=now.date() - timedelta(days=1))
    version = version_of(session, specialist_id, roster)
    return Availability(specialist_id, person.name, roster, places, version, changes_since(session, specialist_id, ""))


def taking_back(session: Session, specialist_id: int, change_id: int, *, now: datetime) -> tuple[Edit, ...]:
    """The edits that take a saved change back, as far as it is not over: to be previewed and saved like any other.

    Empty when nothing of it is left. Raises NotFound.
    """
    row = session.get(RosterChange, change_id)
    if row is None or row.specialist_id != specialist_id:
        raise NotFound("There is no such change.")
    return still_ahead(read_edits(row.undo), _latest_today(session, specialist_id, now), cell_at(now)) if row.undo else ()


def _latest_today(session: Session, specialist_id: int, now: datetime) -> date:
    """The day that it is at their clinics; where they differ, the later, which is past nowhere."""
    places = workplaces(session, specialist_id, (), today=now.date()).values()
    return max((local_day(now, place.time_zone) for place in places), default=now.date())


def holidays_ahead(session: Session, specialist_id: int, *, now: datetime) -> list[Holiday]:
    """Federal holidays of the next 400 days on which they would work at a clinic that is open, the earliest first.

    Proposed, never taken: some clinics are open on some of them. Raises NotFound.
    """
    known = availability(session, specialist_id, now=now)
    working: Sequence[Workplace] = [known.places[id_] for id_ in known.roster.location_ids if id_ in known.places]
    proposed: list[Holiday] = []
    for day, name in federal_holidays(now.date(), now.date() + HOLIDAYS_AHEAD):
        for place in working:
            start, end = whole_days(day, day, place.time_zone)
            if to_utc(day, 0, place.time_zone) <= now:
                continue
            line = known.roster.worked(place.id, place.time_zone, start, end - start)
            if line & place.open_line(start, end - start):
                proposed.append(Holiday(day, name, days_off(day, day, place.time_zone, name)))
                break
    return proposed
