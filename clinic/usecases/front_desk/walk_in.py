"""Somebody is at the desk without a visit: the next times of the clinic, without notice. Booked by the same guard as any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from clinic.domain.errors import NotOffered
from clinic.domain.people.roles import Viewer
from clinic.domain.time.hours import local_day
from clinic.domain.tokens import read_opening
from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, by_start
from clinic.store.appointments.front_desk_queries import kinds_at
from clinic.store.directory.catalogue import BookableVisit
from clinic.usecases.front_desk.sheet import Desk, desk_of

DAYS = 5
"""How many days with times are shown."""
TIMES_A_DAY = 16
_LOOKED_AT = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class WalkInDay:
    """A day of the clinic's calendar with times, earliest first; `more`: there are others later that day."""

    day: date
    times: tuple[Opening, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class WalkInTimes:
    """What can be booked at the clinic. `kind` is what was chosen of `kinds`, None before; `days` have times."""

    desk: Desk
    kinds: tuple[BookableVisit, ...]
    kind: BookableVisit | None
    days: tuple[WalkInDay, ...]


def times(session: Session, viewer: Viewer, location_id: int, visit_type_id: int | None, *, now: datetime) -> WalkInTimes:
    """The next times of that kind of visit, from now on. Raises NotFound for a clinic beyond reach."""
    site = desk_of(session, viewer, location_id)
    kinds = tuple(kinds_at(session, site.id))
    kind = next((one for one in kinds if one.id == visit_type_id), None)
    desk = Desk(site.id, site.name, site.time_zone)
    if kind is None:
        return WalkInTimes(desk, kinds, None, ())
    sought = SearchCriteria(visit=kind, candidates=[CandidateSite(site)], until=now + _LOOKED_AT, staff=True)
    found = by_start(session, sought, now=now)
    days = []
    for day, group in groupby(found, key=lambda opening: local_day(opening.start, site.time_zone)):
        openings = list(group)
        days.append(WalkInDay(day, tuple(openings[:TIMES_A_DAY]), len(openings) > TIMES_A_DAY))
    return WalkInTimes(desk, kinds, kind, tuple(days[:DAYS]))


def check_opening(session: Session, viewer: Viewer, opening: str, *, key: bytes) -> int:
    """The clinic of the time that was pressed, if it is one of theirs. Raises NotFound, NotOffered, UnusableToken."""
    wish = read_opening(key, opening)
    if wish.location_id not in viewer.reach.locations:
        raise NotOffered("That time is at another clinic. Choose one of the times below.")
    return desk_of(session, viewer, wish.location_id).id
