"""Clinic sites from a CSV file."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.adapters.phones import format_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.gazetteer import words_of
from clinic.domain.hours import zone
from clinic.domain.states import STATE_OF, STATES
from clinic.store.bulk import insert_rows, lock_rosters, set_aside
from clinic.store.connect import begin_write
from clinic.store.gazetteer import zip_code
from clinic.store.locations import Location
from clinic.store.people import Offer
from clinic.usecases.imports.columns import Field, Row, columns_of
from clinic.usecases.imports.ending import end_import
from clinic.usecases.imports.numbers import read_first_phone, read_zip
from clinic.usecases.imports.optional import OptionalCells
from clinic.usecases.imports.outcome import Outcome, Watch
from clinic.usecases.imports.references import key_of_words, slug_for
from clinic.usecases.imports.weeks import read_week
from clinic.usecases.imports.whereabouts import Country

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
POINT = ("latitude", "longitude")
LONGEST_KEY = 300

Stored = Mapping[Any, Any]
"""A site that is here, by column."""


def import_locations(
    session: Session, file: CsvFile, mapping: Mapping[str, str], *,
    now: datetime, dry_run: bool = False, watch: Watch = lambda lines: lines,
) -> Outcome:  # fmt: skip
    """Add the sites of the file, or update those that have the same key. One commit, with a row
    in the audit log if anything changes; none on a dry run.

    The key is the file's own, or the normalised name, street, city and state. Columns that the file does not have are
    left as they are, as are optional cells that cannot be read; an empty cell empties. Sites missing from the file stay.
    Raises InvalidInput when the file as a whole is of no use.
    """
    columns = columns_of(file, FIELDS, mapping)
    if not ({"latitude", "longitude"} <= columns.keys() or "postal_code" in columns):
        raise InvalidInput(
            {"columns": "There are no columns for latitude and longitude, and none for the ZIP code. One or the other is needed."}
        )
    begin_write(session)
    outcome, country = Outcome(), Country(session)
    known = {row.import_key: row._mapping for row in session.execute(_EXISTING)}
    seen: dict[str, int] = {}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for line, refusals in outcome.lines(file, watch):
        with refusals:
            row = Row(line, columns, file.header)
            address = _address(row)
            key = _key(row, address)
            if key in seen:
                raise InvalidInput({"key": f"This is the same site as line {seen[key]}. Remove one of the two."})
            stored = known.get(key)
            values = address | _optional(session, row, address, stored, country, outcome)
            seen[key] = line.number
            outcome.show(_shown({**(stored or {}), **values}))
            if stored is None:
                new.append({**dict.fromkeys(COLUMNS), **dict.fromkeys(WORDS, ""), **values, "import_key": key})
            elif differing := {name: value for name, value in values.items() if stored[name] != value}:
                changed.append({"id": stored["id"], **differing})
            else:
                outcome.same += 1
    outcome.new, outcome.changed = len(new), len(changed)
    _write(session, new, changed)
    end_import(session, "locations", file, outcome, dry_run=dry_run, now=now)
    return outcome


_EXISTING = select(Location.id, Location.import_key, *(getattr(Location, name) for name in COLUMNS)).where(
    Location.import_key.is_not(None)
)


def _address(row: Row) -> dict[str, str]:
    """What every line has to tell."""
    state = STATE_OF.get(" ".join(words_of(row.text("state", 60, required=True))), "")
    if state not in STATES:
        raise InvalidInput({"state": f"“{row.raw('state')[:40]}” is not a US state. Write its two letters, such as FL."})
    return {
        "name": row.text("name", 160, required=True),
        "street": row.text("street", 120, required=True),
        "city": row.text("city", 80, required=True),
        "state": state,
    }


def _optional(
    session: Session, row: Row, address: Mapping[str, str], stored: Stored | None, country: Country, outcome: Outcome
) -> dict[str, Any]:
    """Columns of the site that the line tells besides, and where and in which zone a new or a moved site is."""
    cells = OptionalCells(row, outcome, partial(_in_words, stored) if stored else None)
    state = address["state"]

    def is_here(code: str) -> bool:
        entry = zip_code(session, code)
        return entry is not None and entry.state == state

    values: dict[str, Any] = cells.read(
        "postal_code", lambda: read_zip(row.raw("postal_code"), is_here) if row.raw("postal_code") else None
    )
    values |= _phone(row, cells)
    values |= _point(session, row, cells, values.get("postal_code"), stored, outcome)
    here = {**(stored or {}), **values}
    nearest = country.place(here["latitude"], here["longitude"], state)
    moves = stored is None or any(here[name] != stored[name] for name in POINT)
    values |= _time_zone(row, cells, nearest.time_zone if moves else None)
    values |= cells.read("hours", lambda: read_week(row.text("hours", 400), 400) if row.raw("hours") else "")
    values |= cells.text("parking", 500) | cells.text("access", 500)
    values |= cells.read("plans", lambda: "\n".join(filter(None, map(str.strip, re.split(r"[;|]", row.text("plans", 4000))))))
    return values


def _in_words(stored: Stored, field: str) -> str:
    """What is stored of a field, as people write it."""
    if field == "phone":
        return format_phone(stored["phone"], stored["phone_extension"])
    if field in POINT:
        return ", ".join(str(stored[name]) for name in POINT)
    return str(stored[field] or "").replace("\n", "; ")


def _phone(row: Row, cells: OptionalCells) -> dict[str, str | None]:
    if not row.raw("phone"):
        return dict.fromkeys(("phone", "phone_extension")) if "phone" in row else {}
    if not (told := cells.read("phone", lambda: read_first_phone(row.raw("phone")))):
        return {}
    phone, extension, more = told["phone"]
    if more:
        typed = " ".join(row.raw("phone").split())[:60]
        first = format_phone(phone, extension)
        cells.remark("phone", f"“{typed}” holds more than a phone number: only the first is kept, {first}.")
    return {"phone": phone, "phone_extension": extension}


def _point(
    session: Session, row: Row, cells: OptionalCells, postal_code: str | None, stored: Stored | None, outcome: Outcome
) -> dict[str, float]:
    """The coordinates, or those of the ZIP code when both cells are empty. None for a site that stays where it is.

    Without columns for them, and without a ZIP code that can be read, a site that is here stays; with another ZIP code it moves.
    """
    given = [bool(row.raw(name)) for name in POINT]
    if all(given):
        point = cells.read("latitude", lambda: _number(row, "latitude"))
        point |= cells.read("longitude", lambda: _number(row, "longitude"))
        if point == {"latitude": 0, "longitude": 0}:
            raise InvalidInput({"latitude": "Latitude and longitude are both 0, in the sea. Fill them in, or leave both empty."})
        if len(point) == 2 or stored:
            return point if len(point) == 2 else {}
    elif any(given):
        empty, full = POINT if given[1] else POINT[::-1]
        raise InvalidInput({empty: f"The {empty} is empty and the {full} is not. Fill in both, or leave both empty."})
    elif stored and (not postal_code or ("latitude" not in row and postal_code == stored["postal_code"])):
        return {}
    entry = zip_code(session, postal_code or "")
    if entry is None or entry.latitude is None or entry.longitude is None:
        raise InvalidInput({"latitude": "Latitude and longitude are empty, and there is no ZIP code to go by. Fill them in."})
    outcome.remark(row.number, f"There are no coordinates, so the site was put at the center of ZIP {entry.code}.")
    return {"latitude": entry.latitude, "longitude": entry.longitude}


def _time_zone(row: Row, cells: OptionalCells, of_new_place: str | None) -> dict[str, str]:
    """The zone that the line names, or else that of the place where a new or a moved site is."""
    told: dict[str, str] = {}
    if row.raw("time_zone"):
        instead = f"It was left out, and the zone of the place was taken: {of_new_place}." if of_new_place else ""
        told = cells.read("time_zone", lambda: zone(row.text("time_zone", 40)).key, instead=instead)
    return told or ({"time_zone": of_new_place} if of_new_place else {})


def _number(row: Row, field: str) -> float:
    typed = row.raw(field)
    try:
        number = float(typed.replace(",", ".") if typed.count(",") == 1 and "." not in typed else typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 180:
        raise InvalidInput({field: f"“{typed[:40]}” is not a {field}. Write degrees with a decimal point, such as 28.5399."})
    return number


def _key(row: Row, values: Mapping[str, Any]) -> str:
    if given := row.text("key", LONGEST_KEY):
        return given
    key = key_of_words(*(str(values[name]) for name in ("name", "street", "city", "state")))
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 17]}|{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _write(session: Session, new: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    if moved := [row["id"] for row in changed if row.keys() & {"hours", "time_zone"}]:
        staff = session.scalars(select(Offer.specialist_id).where(Offer.location_id.in_(moved)).distinct())
        lock_rosters(session, list(staff))
    if changed:
        session.execute(update(Location), changed)
    taken = set(session.scalars(select(Location.slug)))
    ids = set_aside(session, Location, len(new))
    columns = ("id", "slug", "import_key", "active", *COLUMNS)
    rows = (
        (number, _slug(row, taken), row["import_key"], True, *(row[name] for name in COLUMNS))
        for number, row in zip(ids, new, strict=True)
    )
    insert_rows(session, Location, columns, rows)


def _slug(row: Mapping[str, Any], taken: set[str]) -> str:
    """The address of the site's page: name, city and state. It never changes afterwards."""
    name, city = words_of(row["name"]), words_of(row["city"])
    return slug_for([*name, *([] if " ".join(city) in " ".join(name) else city), row["state"].lower()], taken)


def _shown(values: Mapping[str, Any]) -> str:
    return f"{values['name']}, {values['street']}, {values['city']}, {values['state']} ({values['time_zone']})"
