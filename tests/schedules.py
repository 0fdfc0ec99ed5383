"""Made-up schedules around the clock changes of every US zone, and the way to ask the product about one without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.timeline import cell_at, instant_at
from clinic.engine.search.candidates import CandidateSite, Opening, SearchCriteria, all_starts, soonest
from clinic.store.appointments.claims import milliseconds
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import LocationRow
from tests.domain.oracle import DAYS, Schedule

ZONES = (
    "America/New_York", "America/Detroit", "America/Kentucky/Louisville", "America/Kentucky/Monticello",
    "America/Indiana/Indianapolis", "America/Indiana/Vincennes", "America/Indiana/Winamac", "America/Indiana/Marengo",
    "America/Indiana/Petersburg", "America/Indiana/Vevay", "America/Chicago", "America/Indiana/Tell_City",
    "America/Indiana/Knox", "America/Menominee", "America/North_Dakota/Center", "America/North_Dakota/New_Salem",
    "America/North_Dakota/Beulah", "America/Denver", "America/Boise", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "America/Juneau", "America/Sitka", "America/Metlakatla", "America/Yakutat", "America/Nome",
    "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico", "America/St_Thomas", "Pacific/Guam", "Pacific/Saipan",
    "Pacific/Pago_Pago",
)  # fmt: skip
YEARS = range(2026, 2032)
HOUR = timedelta(hours=1)
CELL = timedelta(minutes=5)


@lru_cache(maxsize=64)
def changes_of(zone: str) -> tuple[datetime, ...]:
    """Every instant in 2026 to 2031 at which the zone's offset changes, by looking at every hour."""
    there, found = ZoneInfo(zone), []
    hour, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)
    while hour < last:
        if hour.astimezone(there).utcoffset() != (hour - HOUR).astimezone(there).utcoffset():
            found.append(hour)
        hour += HOUR
    return tuple(found)


def occasions() -> list[tuple[str, datetime]]:
    """Every zone with each of its changes; a zone without any with those of New York."""
    return [(zone, change) for zone in ZONES for change in changes_of(zone) or changes_of("America/New_York")]


def grid(rng: Random, low: int, high: int, by: int = 5) -> int:
    return rng.randrange(low // by, max(high // by, low // by + 1)) * by


def some_stretches(rng: Random, low: int, high: int, night: int) -> list[tuple[int, int]]:
    """Up to three stretches between `low` and 1440, the last perhaps into the night, `night` minutes at most."""
    found: list[tuple[int, int]] = []
    at = low
    by = rng.choice((5, 15, 30))
    while at < high and len(found) < 3:
        opens = grid(rng, at, min(high, at + rng.choice((60, 300, 600))), by)
        if opens < at or opens >= 1440:
            break
        closes = min(opens + grid(rng, by, rng.choice((90, 300, 720)), by) or by, 1440)
        found.append((opens, closes))
        at = closes + rng.choice((0, 5, 30, 60))
    if found and night and rng.random() < 0.4:
        found[-1] = (found[-1][0], 1440 + grid(rng, 5, night, by))
    return found


def as_text(stretches: list[tuple[int, int]]) -> str:
    def clock(minutes: int) -> str:
        minutes -= 1440 if minutes > 1440 else 0
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    return " ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in stretches)


def some_week(rng: Random) -> str:
    """Hours for most days of a week; nights never run into the next day's hours."""
    days: list[list[tuple[int, int]]] = []
    for _ in DAYS:
        spill = days[-1][-1][1] - 1440 if days and days[-1] and days[-1][-1][1] > 1440 else 0
        low = max(spill, rng.choice((0, 0, 60, 120, 480)))
        days.append(some_stretches(rng, low, 1440, 360) if rng.random() < 0.85 else [])
    if days[6] and days[0] and days[6][-1][1] - 1440 > days[0][0][0]:
        days[6][-1] = (days[6][-1][0], 1440)
    return "; ".join(f"{name} {as_text(day)}" for name, day in zip(DAYS, days, strict=True) if day)


def some_spans(rng: Random, around: datetime, most: int) -> list[tuple[datetime, datetime]]:
    """Busy stretches on the grid from three days before to five days after, in order, apart."""
    found = []
    at = around + CELL * rng.randrange(-900, 0)
    for _ in range(rng.randrange(most + 1)):
        end = at + CELL * rng.choice((3, 6, 9, 12, rng.randrange(1, 288)))
        found.append((at, end))
        at = end + CELL * rng.choice((0, 1, 2, 6, rng.randrange(200)))
    return found


def some_claims(rng: Random, around: datetime, now: datetime, most: int) -> list[tuple[datetime, datetime, datetime | None]]:
    """The same as claims: most are booked, some held, some lapsed; one in ten lapses at this very moment."""
    ends = [None, None, None, now + timedelta(minutes=7), now - timedelta(minutes=3), now]
    return [(start, end, rng.choice(ends)) for start, end in some_spans(rng, around, most)]


def some_schedule(rng: Random, zone: str, change: datetime) -> Schedule:
    """A schedule of one to three days about a change."""
    now = change + timedelta(minutes=rng.randrange(-2 * 1440, 600), seconds=rng.choice((0, 0, 1, 59)))
    near = [(change + timedelta(days=d)).astimezone(ZoneInfo(zone)).date() for d in (-1, 0, 1)]

    def some_days() -> dict[date, str]:
        return {day: as_text(some_stretches(rng, 0, 1440, 300)) for day in near if rng.random() < 0.15}

    shifts = [(some_week(rng), date(2026, 1, 1), None)]
    if rng.random() < 0.2:
        shifts = [(shifts[0][0], date(2020, 1, 1), near[0]), (some_week(rng), near[1], rng.choice((None, near[2])))]
    since = change + timedelta(minutes=rng.randrange(-2 * 1440, 1440)) if rng.random() < 0.2 else None
    until = (since or now) + timedelta(minutes=rng.randrange(60, 3 * 1440)) if rng.random() < 0.2 else None
    room = rng.random() < 0.4
    return Schedule(
        zone=zone, around=change, now=now,
        minutes=rng.choice((5, 15, 20, 30, 45, 60, 90, 300)), step=rng.choice((5, 10, 15, 15, 20, 30, 60)),
        buffer_before=rng.choice((0, 0, 5, 15)), buffer_after=rng.choice((0, 0, 5, 10)),
        setup=rng.choice((0, 10)) if room else 0, cleanup=rng.choice((0, 15)) if room else 0,
        notice=rng.choice((0, 0, 60, 1440)), horizon_days=rng.choice((1, 2, 3)), since=since, until=until,
        shifts=shifts, shift_days=some_days(),
        opening=some_week(rng) if rng.random() < 0.3 else "", opening_days=some_days(),
        closures=some_spans(rng, change, 1) if rng.random() < 0.2 else [],
        away=some_spans(rng, change, 1) if rng.random() < 0.3 else [],
        taken=some_claims(rng, change, now, 12),
        rooms=[some_claims(rng, change, now, 10) for _ in range(rng.randrange(3))] if room else None,
        equipment=[some_claims(rng, change, now, 6) for _ in range(rng.randrange(1, 3))] if rng.random() < 0.2 else None,
    )  # fmt: skip


def shape_of(s: Schedule) -> VisitShape:
    return VisitShape(
        minutes=s.minutes, buffer_before=s.buffer_before, buffer_after=s.buffer_after, notice_minutes=s.notice,
        horizon_days=s.horizon_days, step_minutes=s.step, room_kind=None if s.rooms is None else "treatment",
        room_setup=s.setup, room_cleanup=s.cleanup, equipment_kind=None if s.equipment is None else "c_arm",
    )  # fmt: skip


class Rows:
    """A session that knows one schedule's rows: it answers the two questions that calendars ask."""

    def __init__(self, s: Schedule) -> None:
        none = (None,) * 9

        def row(kind: str, **columns: Any) -> tuple[Any, ...]:
            names = ("site", "resource", "start", "end", "line", "first", "last", "slug", "name")
            return (kind, *(columns.get(name, missing) for name, missing in zip(names, none, strict=True)))

        self.standing = [
            row("shift", site=1, resource=1, line=line, first=f"{a}", last=b and f"{b}", slug="s", name="S")
            for line, a, b in s.shifts
        ]
        self.standing += [
            row("shift_day", site=1, resource=1, line=line, first=f"{day}", slug="s", name="S")
            for day, line in s.shift_days.items()
        ]
        self.standing += [row("time_off", resource=1, start=cell_at(a), end=cell_at(b)) for a, b in s.away]
        self.standing += [row("closure", site=1, start=cell_at(a), end=cell_at(b)) for a, b in s.closures]
        self.standing += [row("location_day", site=1, line=line, first=f"{day}") for day, line in s.opening_days.items()]
        self.standing += [row("room", site=1, resource=100 + i) for i in range(len(s.rooms or ()))]
        self.standing += [row("equipment", site=1, resource=200 + i) for i in range(len(s.equipment or ()))]
        of = {
            1: s.taken,
            **{100 + i: c for i, c in enumerate(s.rooms or ())},
            **{200 + i: c for i, c in enumerate(s.equipment or ())},
        }
        self.claims = [(r, cell_at(a), cell_at(b), milliseconds(e)) for r, claims in of.items() for a, b, e in claims]

    def connection(self) -> Rows:
        return self

    def execute(self, _statement: object, parameters: dict[str, Any]) -> Mock:
        return Mock(cursor=Mock(fetchall=lambda: self._answer(parameters)))

    def _answer(self, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        if "visit_type" in parameters:
            return self.standing
        low, high, now = parameters["low"], parameters["high"], parameters["now"]
        return [c[:3] for c in self.claims if c[1] < high and c[2] > low and (c[3] is None or c[3] > now)]


def sought(s: Schedule) -> SearchCriteria:
    site = LocationRow(1, "here", "Here", 28.5, -81.4, s.zone, s.opening)
    visit = BookableVisit(1, "visit", "Visit", "service", "Service", shape_of(s), 24)
    return SearchCriteria(visit=visit, candidates=[CandidateSite(site)], since=s.since, until=s.until)


def answered(s: Schedule) -> list[datetime]:
    """Every start, as the engine finds them over the schedule's rows."""
    found = all_starts(Rows(s), sought(s), now=s.now)  # type: ignore[arg-type]
    return [instant_at(cell) for cells in found.values() for cell in cells]


def answered_soonest(s: Schedule, limit: int) -> list[Opening]:
    """The earliest starts, by the growing horizon."""
    return soonest(Rows(s), sought(s), now=s.now, limit=limit)  # type: ignore[arg-type]
