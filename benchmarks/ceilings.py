"""Our baselines beside other implementations of them, when CEILINGS names a folder that holds some.

The folder has workload.py and ceilings/ (slots_pure.py, search_pipeline.py, pg_booking.py, sqlite_booking.py, http/). Nothing
here is needed for the figures themselves: it keeps the baselines honest.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg

from benchmarks.measure import Job
from benchmarks.workload import Workload


class Ceilings:
    """The other implementations, loaded from `folder`, with a database of their own on the server at `socket`.

    `site` is the folder of a module `app` that gunicorn can serve: GET /page and POST /book.
    """

    def __init__(self, folder: Path, socket: str, sqlite_file: Path) -> None:
        os.environ["PERF_PG"], os.environ["PERF_SQLITE"] = socket, str(sqlite_file)
        sys.path.insert(0, str(folder))
        self.site = folder / "ceilings" / "http"
        with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute("create role bench superuser login")
            connection.execute("create database perf owner bench")
        if missing := importlib.util.find_spec("numpy") is None:
            sys.modules["numpy"] = ModuleType("numpy")  # imported there, but not by what is used here
        self._listing = _load(folder / "ceilings" / "slots_pure.py")
        self._search = _load(folder / "ceilings" / "search_pipeline.py")
        self._booking = _load(folder / "ceilings" / "pg_booking.py")
        self._sqlite = _load(folder / "ceilings" / "sqlite_booking.py")
        if missing:
            del sys.modules["numpy"]
        self._connection = psycopg.connect(host=socket, user="bench", dbname="perf", autocommit=True)
        with self._connection.cursor() as cursor:
            cursor.execute("create extension if not exists btree_gist")

    def listing(self, workload: Workload) -> Job:
        """P1: rows -> bitmask15 -> list."""
        theirs, calendars = self._listing, workload.calendars
        return lambda: theirs["bits_list"](theirs["build_masks"](calendars, 15), 15)

    def load(self, workload: Workload) -> None:
        self._search["load_pg"](workload.calendars)

    def listing_from_database(self, workload: Workload) -> Job:
        """P2: rows by psycopg -> mask -> list. After `load`."""
        listing, first_day, ids = self._listing, self._search["DAY0"], list(range(1, workload.specialists + 1))
        query = "select specialist_id,day,s,e from s_appt where day>=%s and day<%s and specialist_id=any(%s)"

        def job() -> int:
            calendars: list[list[list[Any]]] = [[[] for _ in range(workload.days)] for _ in ids]
            for specialist, day, start, end in self._connection.execute(query, (first_day, first_day + workload.days, ids)):
                calendars[specialist - 1][day - first_day].append((start, end))
            return int(listing["bits_list"](listing["build_masks"](calendars, 15), 15))

        return job

    def earliest(self, workload: Workload) -> Job:
        """P3: the growing horizon. After `load`."""
        search, first_day, ids = self._search, self._search["DAY0"], list(range(1, workload.specialists + 1))

        def job() -> list[Any]:
            days = 2
            while True:
                rows = self._connection.execute(search["Q"], (first_day, first_day + days, ids)).fetchall()
                found: list[Any] = search["from_rows"](rows, workload.specialists, days)
                if len(found) >= 20 or days >= workload.days:
                    return found
                days = min(workload.days, days * 4)

        return job

    def inserts_per_second(self, processes: int, seconds: float) -> float:
        """P5: one raw insert behind an exclusion constraint."""
        self._booking["reset"]()
        return float(self._booking["thru"]("excl", processes, seconds)["per_s"])

    def prepare_site(self) -> None:
        """P6, P9: the empty table that its POST inserts into."""
        self._booking["reset"]()

    def sqlite_inserts_per_second(self, processes: int, seconds: float) -> float:
        """P8: one raw insert into SQLite, WAL, synchronous=FULL."""
        self._sqlite["reset"]()
        return float(self._sqlite["thru"]("raw", "full", processes, seconds)["per_s"])


def _load(file: Path) -> dict[str, Any]:
    """The functions of a script whose last line may run it."""
    module = sys.modules[file.stem] = ModuleType(file.stem)
    module.__file__ = str(file)
    source = file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\nmain()")
    exec(compile(source, str(file), "exec", dont_inherit=True), vars(module))
    return vars(module)
