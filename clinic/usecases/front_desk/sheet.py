"""A clinic's day in the order of time: who comes, who waits. Whose names are shown is noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import NotFound
from clinic.domain.people.patient import match_name
from clinic.domain.people.roles import Reach, Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.lateness import Stage, delays, minutes_late
from clinic.domain.time.hours import local_day, whole_days
from clinic.domain.time.timeline import instant_at
from clinic.engine.placing.attendance import EARLIEST
from clinic.engine.transaction import retried
from clinic.store.appointments import front_desk_queries
from clinic.store.appointments.front_desk_queries import Arrival
from clinic.store.audit.access_log import note_seen, unseen
from clinic.store.connect import begin_write
from clinic.store.directory.locations import LocationRow, find_rows

NOTED_FOR = timedelta(hours=12)
"""The list of a day is open all day long: one row a visit and person says all there is to know."""
_OVER = (State.CANCELLED, State.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic with a front desk. `time_zone` is that of its times."""

    id: int
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class FrontDeskRow:
    """A visit of the day. `late`: by about how many minutes it begins later than booked, None when on time.

    `can_arrive` and `can_miss` say which buttons make sense now.
    """

    visit: Arrival
    late: int | None
    can_arrive: bool
    can_miss: bool


@dataclass(frozen=True, slots=True)
class FrontDeskDay:
    """The day of a clinic. `counts` are of all its visits, by state, also where `rows` were narrowed by a name."""

    desk: Desk
    day: date
    today: date
    rows: tuple[FrontDeskRow, ...]
    counts: Mapping[str, int]


def clinics(session: Session, allowed: Reach) -> list[Desk]:
    """The clinics at whose desk one is, by name; none for whoever is at no desk."""
    return [Desk(row.id, row.name, row.time_zone) for row in find_rows(session, allowed.locations)]


def desk_of(session: Session, viewer: Viewer, location_id: int) -> LocationRow:
    """Raises NotFound for a clinic that is not theirs, or closed for good."""
    found = find_rows(session, {location_id} & viewer.reach.locations)
    if not found:
        raise NotFound("There is no such clinic here.")
    return found[0]


def sheet(session: Session, viewer: Viewer, location_id: int, day: date | None, *, actor: str, now: datetime) -> FrontDeskDay:
    """The clinic's visits on that day of its own calendar, today unless told. Raises NotFound beyond reach, Busy."""
    row = desk_of(session, viewer, location_id)
    today = local_day(now, row.time_zone)
    first, end = whole_days(day or today, day or today, row.time_zone)
    visits = front_desk_queries.arrivals(session, viewer, location_id, instant_at(first), instant_at(end))
    _note(session, {visit.id: visit.patient_id for visit in visits}, actor=actor, now=now)
    return FrontDeskDay(
        Desk(row.id, row.name, row.time_zone), day or today, today, tuple(_rows(visits, now)),
        Counter(visit.state for visit in visits),
    )  # fmt: skip


def find(found: FrontDeskDay, name: str) -> FrontDeskDay:
    """Of the day, those whose name begins with each of the words, whatever their accents and hyphens."""
    words = [match_name(word, "").strip() for word in name.split()]

    def fits(row: FrontDeskRow) -> bool:
        whole = f"{row.visit.given_name} {row.visit.family_name}"
        names = [match_name(part, "").strip() for part in (*whole.split(), *whole.replace("-", " ").split())]
        return all(any(part.startswith(word) for part in names) for word in words if word)

    return replace(found, rows=tuple(row for row in found.rows if fits(row)))


def _rows(visits: Sequence[Arrival], now: datetime) -> list[FrontDeskRow]:
    late: dict[int, int | None] = {}
    for specialist_id in {visit.specialist_id for visit in visits}:
        theirs = [visit for visit in visits if visit.specialist_id == specialist_id and visit.state not in _OVER]
        stages = (Stage(visit.start_at, visit.end_at, State(visit.state), visit.started_at) for visit in theirs)
        late |= {visit.id: minutes_late(delay) for visit, delay in zip(theirs, delays(stages, now), strict=True)}
    return [
        FrontDeskRow(
            visit, late.get(visit.id), visit.state == State.BOOKED and visit.start_at - now <= EARLIEST,
            visit.state == State.BOOKED and visit.start_at <= now,
        )
        for visit in visits
    ]  # fmt: skip


@retried
def _note(session: Session, shown: Mapping[int, int], *, actor: str, now: datetime) -> None:
    if new := unseen(session, actor, Action.SEE_DESK, shown, since=now - NOTED_FOR):
        begin_write(session)
        note_seen(session, actor, Action.SEE_DESK, new, now=now)
        session.commit()
