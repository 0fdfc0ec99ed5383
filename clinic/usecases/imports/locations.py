"""Clinic sites from a CSV file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import words_of
from clinic.store.bulk import insert_rows, lock_rosters, set_aside
from clinic.store.connect import begin_write
from clinic.store.schedules.assignments import working_at
from clinic.store.schedules.specialist_calendar import booked_ahead
from clinic.store.tables.directory import Location
from clinic.usecases.imports.columns import Field, ImportRow, columns_of
from clinic.usecases.imports.ending import end_import
from clinic.usecases.imports.location_lines import Stored, read_address, read_optional
from clinic.usecases.imports.outcome import ClockChange, ImportOutcome, Watch
from clinic.usecases.imports.references import key_of_words, slug_for
from clinic.usecases.imports.touching import by_clocks
from clinic.usecases.imports.whereabouts import StateMaps

FIELDS = (
    Field("key", ("import_key", "site_key", "location_key", "id", "site_id", "location_id")),
    Field("name", ("site_name", "clinic", "clinic_name", "location", "location_name"), required=True),
    Field("street", ("address", "street_address", "address_1", "address_line_1", "site_address"), required=True),
    Field("city", ("town", "site_city"), required=True),
    Field("state", ("st_abbr", "st", "state_abbr", "state_code", "site_state"), required=True),
    Field("postal_code", ("zip", "zip_code", "zipcode", "postcode")),
    Field("phone", ("telephone", "phone_number", "tel")),
    Field("latitude", ("lat", "y")),
    Field("longitude", ("lon", "lng", "long", "x")),
    Field("time_zone", ("timezone", "tz", "zone")),
    Field("hours", ("weekly_hours", "opening_hours", "open")),
    Field("parking", ("parking_note",)),
    Field("access", ("accessibility", "getting_in")),
    Field("plans", ("insurance", "insurance_plans", "accepted_plans")),
)
COLUMNS = (
    "name",
    "street",
    "city",
    "state",
    "postal_code",
    "phone",
    "phone_extension",
    "latitude",
    "longitude",
    "time_zone",
    "hours",
    "parking",
    "access",
    "plans",
)
WORDS = ("hours", "parking", "access", "plans")  # empty, never null, when the file does not tell
LONGEST_KEY = 300


@dataclass(frozen=True, slots=True)
class LocationsPlan:
    """What a file asks for: rows of sites that are new, the columns of those that change, and sites as they are, by id."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    stored: dict[int, Stored] = field(default_factory=dict)
    outcome: ImportOutcome = field(default_factory=ImportOutcome)


def import_locations(
    session: Session, file: CsvFile, mapping: Mapping[str, str], *,
    now: datetime, dry_run: bool = False, watch: Watch = lambda lines: lines,
) -> ImportOutcome:  # fmt: skip
    """Add the sites of the file, or update those that have the same key. One commit, with a row
    in the audit log if anything changes; none on a dry run.

    The key is the file's own, or the normalised name, street, city and state. Columns that the file does not have are
    left as they are, as are optional cells that cannot be read; an empty cell empties. Sites missing from the file stay.
    A new zone or new opening hours decide on visits as on the pages: what loses its time goes onto the work list. Raises
    InvalidInput when the file as a whole is of no use.
    """
    columns = columns_of(file, FIELDS, mapping)
    if not ({"latitude", "longitude"} <= columns.keys() or "postal_code" in columns):
        raise InvalidInput(
            {"columns": "There are no columns for latitude and longitude, and none for the ZIP code. One or the other is needed."}
        )
    begin_write(session)
    plan = plan_locations(session, file, columns, watch)
    changes = clock_changes(plan)
    _lock(session, changes, now=now)
    by_clocks(session, changes, plan.outcome, now=now)
    _write(session, plan)
    end_import(session, "locations", file, plan.outcome, dry_run=dry_run, now=now)
    return plan.outcome


def clock_changes(plan: LocationsPlan) -> list[ClockChange]:
    """The sites whose hours or time zone would change, by which every shift and every opening there does."""
    found = []
    for row in plan.changed:
        if row.keys() & {"hours", "time_zone"}:
            before = plan.stored[row["id"]]
            after = {**before, **row}
            zones, hours = ((before[name], after[name]) for name in ("time_zone", "hours"))
            found.append(ClockChange(row["id"], zones, hours))
    return found


def plan_locations(session: Session, file: CsvFile, columns: Mapping[str, int], watch: Watch) -> LocationsPlan:
    """Read the lines of a file and compare them with the sites that are here. Writes nothing."""
    plan, country = LocationsPlan(), StateMaps(session)
    known = {row.import_key: row._mapping for row in session.execute(_EXISTING)}
    plan.stored.update((row["id"], row) for row in known.values())
    outcome = plan.outcome
    seen: dict[str, int] = {}
    for line, refusals in outcome.lines(file, watch):
        with refusals:
            row = ImportRow(line, columns, file.header)
            address = read_address(row)
            key = _key(row, address)
            if key in seen:
                raise InvalidInput({"key": f"This is the same site as line {seen[key]}. Remove one of the two."})
            stored = known.get(key)
            values = address | read_optional(session, row, address, stored, country, outcome)
            seen[key] = line.number
            outcome.show(_shown({**(stored or {}), **values}))
            if stored is None:
                plan.new.append({**dict.fromkeys(COLUMNS), **dict.fromkeys(WORDS, ""), **values, "import_key": key})
            elif differing := {name: value for name, value in values.items() if stored[name] != value}:
                plan.changed.append({"id": stored["id"], **differing})
            else:
                outcome.same += 1
    outcome.new, outcome.changed = len(plan.new), len(plan.changed)
    return plan


_EXISTING = select(Location.id, Location.import_key, *(getattr(Location, name) for name in COLUMNS)).where(
    Location.import_key.is_not(None)
)


def _key(row: ImportRow, values: Mapping[str, Any]) -> str:
    if given := row.text("key", LONGEST_KEY):
        return given
    key = key_of_words(*(str(values[name]) for name in ("name", "street", "city", "state")))
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 17]}|{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _lock(session: Session, changes: list[ClockChange], *, now: datetime) -> None:
    """Before hours change: wait for whoever is placing visits there."""
    if moved := [change.location_id for change in changes]:
        lock_rosters(session, sorted(working_at(session, moved) | booked_ahead(session, now=now, locations=moved)))


def _write(session: Session, plan: LocationsPlan) -> None:
    if plan.changed:
        session.execute(update(Location), plan.changed)
    taken = set(session.scalars(select(Location.slug)))
    ids = set_aside(session, Location, len(plan.new))
    columns = ("id", "slug", "import_key", "active", *COLUMNS)
    rows = (
        (number, _slug(row, taken), row["import_key"], True, *(row[name] for name in COLUMNS))
        for number, row in zip(ids, plan.new, strict=True)
    )
    insert_rows(session, Location, columns, rows)


def _slug(row: Mapping[str, Any], taken: set[str]) -> str:
    """The address of the site's page: name, city and state. It never changes afterwards."""
    name, city = words_of(row["name"]), words_of(row["city"])
    return slug_for([*name, *([] if " ".join(city) in " ".join(name) else city), row["state"].lower()], taken)


def _shown(values: Mapping[str, Any]) -> str:
    return f"{values['name']}, {values['street']}, {values['city']}, {values['state']} ({values['time_zone']})"
