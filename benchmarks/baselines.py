"""The least that could do each job. No product around it: no zones, rosters, rooms, sessions, locks or audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any

from benchmarks.workload import BREAK_ENDS, BREAK_STARTS, CLOSES, FIRST_DAY, MINUTES, OPENS, STEP, Workload

CELL = 15
"""Minutes to a bit: coarser than the product's five, because this workload allows it."""


def _stretch(start: int, end: int) -> int:
    return ((1 << ((end - start) // CELL)) - 1) << (start // CELL)


WORKING = _stretch(OPENS, CLOSES) & ~_stretch(BREAK_STARTS, BREAK_ENDS)
GRID = sum(1 << (start // CELL) for start in range(0, 1440, STEP))
FIRST_HORIZON, GROWTH = 2, 4
DAY_0 = FIRST_DAY.toordinal()


# --- P1, P2: every free start


def day_masks(calendars: Iterable[Iterable[Iterable[tuple[int, int]]]]) -> list[list[int]]:
    """One integer a day: what is left of the working day."""
    made = []
    for days in calendars:
        masks = []
        for bookings in days:
            mask = WORKING
            for start, end in bookings:
                mask &= ~(((1 << ((end - start) // CELL)) - 1) << (start // CELL))
            masks.append(mask)
        made.append(masks)
    return made


def list_starts(masks: Iterable[Iterable[int]]) -> list[int]:
    """Every start at which the visit fits, as minutes after midnight."""
    cells, found = MINUTES // CELL, []
    for days in masks:
        for mask in days:
            have = 1
            while have < cells:
                shift = min(have, cells - have)
                mask &= mask >> shift
                have += shift
            mask &= GRID
            while mask:
                lowest = mask & -mask
                found.append((lowest.bit_length() - 1) * CELL)
                mask ^= lowest
    return found


def starts_from_rows(workload: Workload) -> list[int]:
    """Rows -> integer masks -> list."""
    return list_starts(day_masks(workload.calendars))


BOOKING_TABLE = """
    drop table if exists raw_booking;
    create table raw_booking (
        id bigserial primary key, specialist_id int not null, day int not null, s int not null, e int not null,
        patient text not null
    );
    create index on raw_booking (specialist_id, day);
    create index on raw_booking (day, specialist_id) include (s, e)
"""
READ_BOOKINGS = "select specialist_id, day, s, e from raw_booking where day >= %s and day < %s and specialist_id = any(%s)"


def load_bookings(connection: Any, workload: Workload) -> None:
    connection.execute(BOOKING_TABLE)
    with connection.cursor().copy("copy raw_booking (specialist_id, day, s, e, patient) from stdin") as copy:
        for specialist, day, start, end in workload.rows():
            copy.write_row((specialist, DAY_0 + day, start, end, "p"))
    connection.execute("vacuum analyze raw_booking")


def starts_from_postgresql(connection: Any, workload: Workload) -> list[int]:
    """Rows by psycopg -> integer masks -> list."""
    calendars: list[list[list[tuple[int, int]]]] = [[[] for _ in range(workload.days)] for _ in range(workload.specialists)]
    ids = list(range(1, workload.specialists + 1))
    for specialist, day, start, end in connection.execute(READ_BOOKINGS, (DAY_0, DAY_0 + workload.days, ids)).fetchall():
        calendars[specialist - 1][day - DAY_0].append((start, end))
    return list_starts(day_masks(calendars))


# --- P3: the earliest of many

_CUT = [[_stretch(start * CELL, end * CELL) if end > start else 0 for end in range(97)] for start in range(97)]


def earliest(connection: Any, workload: Workload, limit: int = 20, each: int = 3) -> list[tuple[int, int]]:
    """The growing horizon without a product: (minutes after the first midnight, specialist's index), earliest first."""
    ids = list(range(1, workload.specialists + 1))
    horizon = FIRST_HORIZON
    while True:
        rows = connection.execute(READ_BOOKINGS, (DAY_0, DAY_0 + horizon, ids)).fetchall()
        found = _earliest_of(rows, workload.specialists, horizon, limit, each)
        if len(found) >= limit or horizon >= workload.days:
            return found
        horizon = min(workload.days, horizon * GROWTH)


def _earliest_of(rows: Sequence[tuple[int, ...]], specialists: int, days: int, limit: int, each: int) -> list[tuple[int, int]]:
    masks = [[WORKING] * days for _ in range(specialists)]
    for specialist, day, start, end in rows:
        masks[specialist - 1][day - DAY_0] &= ~_CUT[start // CELL][end // CELL]
    return nsmallest(limit, [(start, number) for number, line in enumerate(masks) for start in _first(line, each)])


def _first(line: list[int], each: int) -> list[int]:
    found: list[int] = []
    for day, mask in enumerate(line):
        mask &= mask >> 1
        while mask:
            lowest = mask & -mask
            found.append(day * 1440 + (lowest.bit_length() - 1) * CELL)
            mask ^= lowest
            if len(found) == each:
                return found
    return found


# --- P5: one insert behind an exclusion constraint

EXCLUSION_TABLE = """
    drop table if exists raw_excluded;
    create table raw_excluded (
        id bigserial primary key, specialist_id int not null, during tstzrange not null,
        patient text not null, status text not null default 'booked',
        exclude using gist (specialist_id with =, during with &&)
    )
"""
INSERT_EXCLUDED = "insert into raw_excluded (specialist_id, during, patient) values (%s, tstzrange(%s, %s), %s)"


# --- P8: one insert into SQLite

SQLITE_TABLE = """
    create table if not exists raw_booking (
        id integer primary key, specialist_id int not null, s int not null, e int not null,
        patient text not null, status text not null default 'booked'
    );
    create index if not exists ix_raw_booking on raw_booking (specialist_id, s)
"""
INSERT_SQLITE = "insert into raw_booking (specialist_id, s, e, patient) values (?, ?, ?, ?)"


def open_sqlite(file: str) -> sqlite3.Connection:
    """As the product opens it: WAL, and durable by the same pragma."""
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    return connection
