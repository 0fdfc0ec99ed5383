"""A specialist's days, as far as somebody reaches: visits with names, or when they are busy, or how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.people.roles import Reach, Scope, Viewer
from clinic.domain.scheduling.appointment import State
from clinic.domain.scheduling.lateness import Stage, delays, minutes_late
from clinic.domain.time.hours import ANY_ZONE, anywhere, local_day
from clinic.domain.time.timeline import instant_at
from clinic.engine.placing.attendance import EARLIEST
from clinic.store.appointments import day_queries as store
from clinic.store.appointments.day_queries import DayVisit, ListedSpecialist
from clinic.usecases.day.access_notes import note_days

MOST_LISTED = 40
_NEXT = {State.BOOKED: State.ARRIVED, State.ARRIVED: State.STARTED, State.STARTED: State.FULFILLED}


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """A visit of a day. `late` in minutes, None when it is on time; `next` is the mark that it likely gets now."""

    visit: DayVisit
    late: int | None
    next: State | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time that is taken, and where; not by whom."""

    start: datetime
    end: datetime
    time_zone: str
    clinic: str


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One day of the clinics' own calendars. Of the three, those are filled that whoever asks may see."""

    day: date
    visits: tuple[DiaryRow, ...] = ()
    busy: tuple[Stretch, ...] = ()
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """Days of a specialist. `shows` says which of the three they are: "names", "busy" or "counts".

    `today` is that of the first clinic where they give visits. `partly`: they have visits elsewhere that are not shown.
    """

    specialist: ListedSpecialist
    today: date
    shows: str
    days: tuple[DiaryDay, ...]
    partly: bool = False

    @property
    def visits(self) -> list[DiaryRow]:
        return [row for day in self.days for row in day.visits]


def sheet(
    session: Session, viewer: Viewer, specialist_id: int, first_day: date | None, *, days: int = 1, actor: str, now: datetime
) -> Diary:
    """`days` days from `first_day` on, today unless told; a week begins on its Monday.

    Whose visits are shown by name goes into the audit log. A constant number of queries. Raises NotFound beyond reach, Busy.
    """
    specialist = store.find_specialist(session, specialist_id)
    if specialist is None:
        raise NotFound("There is no such specialist.")
    clinics = store.seen_at(session, specialist_id)
    shows = _shows(viewer.reach, clinics, own=specialist_id == viewer.specialist_id)
    today = local_day(now, specialist.time_zone or ANY_ZONE)
    first = first_day or today
    if days == 7:
        first -= timedelta(days=first.weekday())
    wanted = [first + timedelta(days=number) for number in range(days)]
    since, until = anywhere(wanted[0], wanted[-1])
    if shows == "names":
        visits = [v for v in store.visits_between(session, viewer, specialist_id, since, until) if _day_of(v) in wanted]
        note_days(session, visits, actor=actor, now=now)
        partly = not viewer.reach.covers(mine=specialist_id == viewer.specialist_id) and not clinics <= viewer.reach.locations
        return Diary(specialist, today, shows, tuple(_with_names(visits, wanted, now)), partly)
    if shows == "busy":
        return Diary(specialist, today, shows, tuple(_busy(session, specialist_id, wanted, now)))
    return Diary(specialist, today, shows, tuple(_counts(session, specialist_id, wanted)))


def colleagues(session: Session, viewer: Viewer, name: str = "") -> list[ListedSpecialist]:
    """Specialists into whose days whoever asks may look, by name; forty at most, so that one asks for part of a name."""
    allowed = viewer.reach
    wide = allowed.everywhere or not allowed.scopes.isdisjoint({Scope.BUSY, Scope.COUNTS})
    return store.specialists_named(session, name.strip()[:80], None if wide else sorted(allowed.locations), limit=MOST_LISTED)


def zone_of(session: Session, specialist_id: int) -> str:
    """The time zone of the first clinic where they give visits."""
    specialist = store.find_specialist(session, specialist_id)
    return (specialist.time_zone if specialist else None) or ANY_ZONE


def _shows(allowed: Reach, clinics: Collection[int], *, own: bool) -> str:
    if allowed.covers(mine=own) or any(allowed.covers(location_id=clinic) for clinic in clinics):
        return "names"
    for scope in (Scope.BUSY, Scope.COUNTS):
        if scope in allowed.scopes:
            return scope.value
    raise NotFound("There is no such specialist.")


def _day_of(visit: DayVisit) -> date:
    return local_day(visit.start_at, visit.time_zone)


def _with_names(visits: Sequence[DayVisit], wanted: Iterable[date], now: datetime) -> Iterable[DiaryDay]:
    for day in wanted:
        theirs = [visit for visit in visits if _day_of(visit) == day]
        late = [minutes_late(delay) for delay in delays(map(_stage, theirs), now)]
        yield DiaryDay(
            day,
            tuple(
                DiaryRow(visit, minutes, next_mark(State(visit.state), visit.start_at, now))
                for visit, minutes in zip(theirs, late, strict=True)
            ),
        )


def _stage(visit: DayVisit) -> Stage:
    return Stage(visit.start_at, visit.end_at, State(visit.state), visit.started_at)


def next_mark(state: State, start: datetime, now: datetime) -> State | None:
    """What a visit likely becomes next; None when it is over, or on a later day."""
    return _NEXT.get(state) if start - now <= EARLIEST else None


def _busy(session: Session, specialist_id: int, wanted: Sequence[date], now: datetime) -> Iterable[DiaryDay]:
    since, until = anywhere(wanted[0], wanted[-1])
    taken = [
        Stretch(instant_at(start), instant_at(end), zone, clinic)
        for start, end, zone, clinic, _ in store.busy_between(session, specialist_id, since, until, now=now)
    ]
    for day in wanted:
        yield DiaryDay(day, busy=tuple(stretch for stretch in taken if local_day(stretch.start, stretch.time_zone) == day))


def _counts(session: Session, specialist_id: int, wanted: Sequence[date]) -> Iterable[DiaryDay]:
    since, until = anywhere(wanted[0], wanted[-1])
    counted: Counter[tuple[date, str]] = Counter(
        (local_day(start, zone), state) for start, zone, state in store.counted_between(session, specialist_id, since, until)
    )
    for day in wanted:
        yield DiaryDay(day, counts={state: count for (on, state), count in sorted(counted.items()) if on == day})
