"""Weekly hours of specialists from a CSV file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point, haversine_miles
from clinic.domain.scheduling.availability import Roster
from clinic.domain.scheduling.rosters import Stint, clash, gained, in_turn, shortest_gap
from clinic.domain.time.hours import DAY_NAMES, parse_day
from clinic.domain.time.timeline import cell_at, first, instant_at
from clinic.store.bulk import insert_rows, lock_rosters, set_aside
from clinic.store.connect import begin_write
from clinic.store.schedules import rosters
from clinic.store.tables.directory import Location, Specialist
from clinic.store.tables.schedules import Shift
from clinic.store.waitlist import waitlist
from clinic.usecases.imports.columns import Field, ImportRow, columns_of
from clinic.usecases.imports.ending import end_import
from clinic.usecases.imports.optional import OptionalCells
from clinic.usecases.imports.outcome import ImportOutcome, Remark, Watch
from clinic.usecases.imports.references import References
from clinic.usecases.imports.touching import by_rosters
from clinic.usecases.imports.weeks import plain_dashes, read_week

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIELDS = (
    Field("specialist", ("specialist_key", "specialist_slug", "provider", "key"), required=True),
    Field("location", ("location_key", "location_slug", "site", "clinic"), required=True),
    Field("first_day", ("effective_date", "effective", "start_date", "from", "since"), required=True),
    Field("last_day", ("end_date", "to", "until")),
    Field("hours", ("weekly_hours", "weekly")),
    *(Field(day, (short.lower(),)) for day, short in zip(DAYS, DAY_NAMES, strict=True)),
)
LONGEST_HOURS = 600
MILES_PER_HOUR = 40
PARKING_MINUTES = 10
BOOKED_AHEAD = timedelta(days=90)

Pair = tuple[int, int]
"""Specialist and location."""


@dataclass(slots=True)
class _Roster:
    """Everyone's stints by pair and first day, as stored and as the file wants them; the line that wants each."""

    ids: dict[tuple[Pair, date], int] = field(default_factory=dict)
    stored: dict[Pair, dict[date, Stint]] = field(default_factory=lambda: defaultdict(dict))
    wanted: dict[Pair, dict[date, tuple[Stint, int]]] = field(default_factory=lambda: defaultdict(dict))
    zones: dict[int, str] = field(default_factory=dict)
    points: dict[int, Point] = field(default_factory=dict)

    def stints(self, pair: Pair) -> list[Stint]:
        """What is to be, in turn: the file's lines over the stored ones of the same first day."""
        return in_turn(
            {**self.stored.get(pair, {}), **{day: stint for day, (stint, _) in self.wanted.get(pair, {}).items()}}.values()
        )


class StintChange(NamedTuple):
    """A stint as it is, None of a new one, and as it is to be; the id of the shift that it is stored as."""

    specialist_id: int
    before: Stint | None
    after: Stint
    shift_id: int | None


class ShiftsPlan(NamedTuple):
    """What a file asks for."""

    roster: _Roster
    changes: list[StintChange]
    outcome: ImportOutcome


def import_shifts(
    session: Session, file: CsvFile, mapping: Mapping[str, str], *,
    now: datetime, dry_run: bool = False, watch: Watch = lambda lines: lines,
) -> ImportOutcome:  # fmt: skip
    """Set weekly hours: a line for each specialist, location and first day, which together are its key. One commit,
    with a row in the audit log if anything changes; none on a dry run.

    New hours end older ones the day before. Hours are one column ("Mon 09:00-17:00; Tue 10:00-16:00") or one a day. A line
    that has somebody in two places at once is rejected; too little time to travel between them is remarked. New hours are
    offered to who waits; what loses its time goes onto the work list, as on the pages.
    """
    columns = columns_of(file, FIELDS, mapping)
    if "hours" not in columns and not columns.keys() & set(DAYS):
        raise InvalidInput(
            {"columns": "There is no column for the hours: one called hours, or one for each day, Monday to Sunday."}
        )
    plan = _plan_alone(session, file, columns, watch)
    by_rosters(session, rosters_around(session, plan.changes), plan.outcome, now=now)
    _write(session, plan.changes)
    _free_hours(session, plan.roster, now=now)
    end_import(session, "shifts", file, plan.outcome, dry_run=dry_run, now=now)
    return plan.outcome


def _plan_alone(session: Session, file: CsvFile, columns: Mapping[str, int], watch: Watch) -> ShiftsPlan:
    """Begin the writing transaction, and plan while nobody else changes these hours or books into them."""
    locked: set[int] = set()
    while True:
        begin_write(session)
        lock_rosters(session, sorted(locked))
        plan = plan_shifts(session, file, columns, watch)
        needed = {change.specialist_id for change in plan.changes}
        if needed <= locked:
            return plan
        locked |= needed


def rosters_around(session: Session, changes: Iterable[StintChange]) -> Iterator[tuple[int, Roster, Roster]]:
    """For each specialist whose hours change: their id, and all of their availability before and after.

    Before the changes are written. What it tells is what will be once `lock_rosters` has been waited for.
    """
    theirs: dict[int, list[StintChange]] = defaultdict(list)
    for change in changes:
        theirs[change.specialist_id].append(change)
    for specialist_id, own in sorted(theirs.items()):
        before = rosters.read(session, specialist_id)
        gone = Counter(change.before for change in own)
        kept = [stint for stint in before.stints if not _taken(gone, stint)]
        after = Roster.of([*kept, *(change.after for change in own)], before.days, before.away)
        yield specialist_id, before, after


def _taken(gone: Counter[Stint | None], stint: Stint) -> bool:
    """Whether the stint is one of those that go, each of which goes once."""
    gone[stint] -= 1
    return gone[stint] >= 0


def plan_shifts(session: Session, file: CsvFile, columns: Mapping[str, int], watch: Watch) -> ShiftsPlan:
    """Read the lines of a file and compare them with the shifts that are here. Writes nothing."""
    outcome, roster = ImportOutcome(), _read(session)
    people, places = References(session, Specialist), References(session, Location)
    for line, refusals in outcome.lines(file, watch):
        with refusals:
            row = ImportRow(line, columns, file.header)
            pair = people.find(row.raw("specialist")), places.find(row.raw("location"))
            stint = _stint(row, pair, roster, outcome)
            if stint.first_day in roster.wanted[pair]:
                first = roster.wanted[pair][stint.first_day][1]
                raise InvalidInput(
                    {"first_day": f"Line {first} has the same specialist, location and first day. Remove one of the two."}
                )
            roster.wanted[pair][stint.first_day] = stint, line.number
            outcome.show(f"{row.raw('specialist')} at {row.raw('location')} from {stint.first_day}: {stint.weekly}")
    _reject_clashes(roster, outcome)
    return ShiftsPlan(roster, list(_changes(roster, outcome)), outcome)


def _read(session: Session) -> _Roster:
    roster = _Roster()
    for location, zone, latitude, longitude in session.execute(
        select(Location.id, Location.time_zone, Location.latitude, Location.longitude)
    ):
        roster.zones[location], roster.points[location] = zone, Point(latitude, longitude)
    for shift in session.execute(select(*Shift.__table__.c)):
        pair = shift.specialist_id, shift.location_id
        roster.ids[pair, shift.first_day] = shift.id
        zone = roster.zones[shift.location_id]
        roster.stored[pair][shift.first_day] = Stint(shift.location_id, zone, shift.weekly, shift.first_day, shift.last_day)
    return roster


def _stint(row: ImportRow, pair: Pair, roster: _Roster, outcome: ImportOutcome) -> Stint:
    first_day = _date(row, "first_day")
    last_day = _last_day(row, roster.stored.get(pair, {}).get(first_day), outcome)
    if last_day and last_day < first_day:
        raise InvalidInput({"last_day": "The last day is before the first day. Check both dates."})
    weekly = _weekly(row)
    if not weekly:
        raise InvalidInput({"hours": "The line has no hours. To end a shift, give the earlier hours a last day."})
    return Stint(pair[1], roster.zones[pair[1]], weekly, first_day, last_day)


def _last_day(row: ImportRow, before: Stint | None, outcome: ImportOutcome) -> date | None:
    """The last day that the line tells, or the one that stands. A new shift without the end that is meant would not end."""
    if "last_day" in row and not row.raw("last_day"):
        return None
    if before is None:
        return _date(row, "last_day") if "last_day" in row else None
    cells = OptionalCells(row, outcome, lambda _field: str(before.last_day or ""))
    told: dict[str, date] = cells.read("last_day", lambda: _date(row, "last_day"))
    return told.get("last_day", before.last_day)


def _date(row: ImportRow, field: str) -> date:
    typed = row.raw(field)
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 (a date on the clinic's wall, no instant)
        except ValueError:
            continue
    raise InvalidInput({field: f"“{typed[:40]}” is not a date. Write it like 2027-01-31 or 01/31/2027."})


def _weekly(row: ImportRow) -> str:
    if typed := row.text("hours", LONGEST_HOURS):
        return read_week(typed, LONGEST_HOURS) if _worked(typed) else ""
    days = [(short, _worked(row.text(day, 120))) for day, short in zip(DAYS, DAY_NAMES, strict=True)]
    for short, hours in days:
        try:
            parse_day(hours)
        except InvalidInput as wrong:
            raise InvalidInput({"hours": f"{short}: {wrong.message}"}) from None
    week = "; ".join(f"{short} {hours}" for short, hours in days if hours)
    return read_week(week, LONGEST_HOURS) if week else ""


def _worked(hours: str) -> str:
    """As people type them; nothing for a word that says that a day is off."""
    return "" if hours.lower() in ("off", "closed", "none", "x") else plain_dashes(hours)


def _reject_clashes(roster: _Roster, outcome: ImportOutcome) -> None:
    """Take out lines, the last first, until nobody is in two places at once; then look at the travel times of the rest."""
    pairs: dict[int, list[Pair]] = defaultdict(list)
    for pair in {*roster.stored, *roster.wanted}:
        pairs[pair[0]].append(pair)
    dropped: set[int] = set()
    asking = [(line, pair, day) for pair, days in roster.wanted.items() for day, (_, line) in days.items()]
    for line, pair, day in sorted(asking, reverse=True):
        others = [stint for other in pairs[pair[0]] if other != pair for stint in roster.stints(other)]
        mine = next(stint for stint in roster.stints(pair) if stint.first_day == day)
        if other := clash(mine, others):
            del roster.wanted[pair][day]
            said = f"The specialist works elsewhere at that time: {other.weekly}. Nobody can be in two places at once."
            outcome.rejected.append(Remark(line, said))
            dropped.add(line)
            continue
        for other in others:
            needed = PARKING_MINUTES + haversine_miles(*_between(roster, mine, other)) / MILES_PER_HOUR * 60
            if (gap := shortest_gap(mine, other)) is not None and gap < needed:
                outcome.remark(line, f"Only {gap} minutes to get to or from another clinic, which takes about {needed:.0f}.")
                break
    outcome.rejected.sort(key=lambda remark: remark.line)
    outcome.remarks = sorted((one for one in outcome.remarks if one.line not in dropped), key=lambda remark: remark.line)


def _between(roster: _Roster, one: Stint, other: Stint) -> tuple[float, float, float, float]:
    a, b = roster.points[one.location_id], roster.points[other.location_id]
    return a.latitude, a.longitude, b.latitude, b.longitude


def _changes(roster: _Roster, outcome: ImportOutcome) -> Iterator[StintChange]:
    """What brings the stored shifts of every pair in the file to what is to be. Counts by the file's lines."""
    for pair, days in roster.wanted.items():
        for stint in roster.stints(pair) if days else []:
            before = roster.stored.get(pair, {}).get(stint.first_day)
            if before != stint:
                yield StintChange(pair[0], before, stint, roster.ids.get((pair, stint.first_day)))
            if stint.first_day in days:
                outcome.new += before is None
                outcome.changed += before is not None and before != stint
                outcome.same += before == stint


def _write(session: Session, changes: Sequence[StintChange]) -> None:
    new = [(change.specialist_id, change.after) for change in changes if change.before is None]
    changed = [
        {"id": change.shift_id, "weekly": change.after.weekly, "last_day": change.after.last_day}
        for change in changes
        if change.before is not None
    ]
    if changed:
        session.execute(update(Shift), changed)
    numbers = set_aside(session, Shift, len(new))
    rows = [(n, who, s.location_id, s.weekly, s.first_day, s.last_day) for n, (who, s) in zip(numbers, new, strict=True)]
    insert_rows(session, Shift, ("id", "specialist_id", "location_id", "weekly", "first_day", "last_day"), rows)


def _free_hours(session: Session, roster: _Roster, *, now: datetime) -> None:
    """For who waits: from the first new hour on, as far ahead as visits are booked."""
    if not waitlist.is_anybody_waiting(session):
        return
    until = now + BOOKED_AHEAD
    origin = cell_at(now)
    for pair in roster.wanted:
        line = gained(roster.stored.get(pair, {}).values(), roster.stints(pair), origin, cell_at(until) - origin)
        if (cell := first(line, origin)) is not None:
            waitlist.free(session, *pair, instant_at(cell), until, cause="hours", now=now)
