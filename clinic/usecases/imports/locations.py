"""Clinic sites from a CSV file."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.gazetteer import words_of
from clinic.domain.hours import parse_week, zone
from clinic.domain.states import STATE_OF, STATES
from clinic.store.bulk import insert_rows, lock_rosters, set_aside
from clinic.store.connect import begin_write
from clinic.store.gazetteer import zip_code
from clinic.store.locations import Location
from clinic.store.people import Offer
from clinic.usecases.imports.columns import Field, Row, columns_of
from clinic.usecases.imports.outcome import Outcome, Watch
from clinic.usecases.imports.references import key_of_words, slug_for
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
LONGEST_KEY = 300


def import_locations(
    session: Session, file: CsvFile, mapping: Mapping[str, str], *, dry_run: bool = False, watch: Watch = lambda lines: lines
) -> Outcome:
    """Add the sites of the file, or update those that have the same key. One commit; none on a dry run.

    The key is the file's own, or the normalised name, street, city and state. Columns that the file does not have are
    left as they are. Sites missing from the file stay. Raises InvalidInput when the file as a whole is of no use.
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
            row = Row(line, columns, len(file.header))
            values = _values(session, row, country, outcome)
            key = _key(row, values)
            if key in seen:
                raise InvalidInput({"key": f"This is the same site as line {seen[key]}. Remove one of the two."})
            seen[key] = line.number
            outcome.show(_shown(values))
            if key not in known:
                new.append({**dict.fromkeys(COLUMNS), **dict.fromkeys(WORDS, ""), **values, "import_key": key})
            elif differing := _differing(values, known[key], row):
                changed.append({"id": known[key]["id"], **differing})
            else:
                outcome.same += 1
    outcome.new, outcome.changed = len(new), len(changed)
    _write(session, new, changed)
    if dry_run:
        session.rollback()
    else:
        session.commit()
    return outcome


_EXISTING = select(Location.id, Location.import_key, *(getattr(Location, name) for name in COLUMNS)).where(
    Location.import_key.is_not(None)
)


def _values(session: Session, row: Row, country: Country, outcome: Outcome) -> dict[str, Any]:
    """Columns of the site that the line tells. What is optional and cannot be read is left out, with a remark."""
    state = STATE_OF.get(" ".join(words_of(row.text("state", 60, required=True))), "")
    if state not in STATES:
        raise InvalidInput({"state": f"“{row.raw('state')[:40]}” is not a US state. Write its two letters, such as FL."})
    values: dict[str, Any] = {
        "name": row.text("name", 160, required=True),
        "street": row.text("street", 120, required=True),
        "city": row.text("city", 80, required=True),
        "state": state,
    }
    if "postal_code" in row:
        values["postal_code"] = _postal_code(session, row, state, outcome)
    if "phone" in row:
        values["phone"], values["phone_extension"] = _phone(row, outcome)
    values["latitude"], values["longitude"] = _point(session, row, values, outcome)
    nearest = country.place(values["latitude"], values["longitude"], state)
    values["time_zone"] = zone(row.text("time_zone", 40)).key if row.raw("time_zone") else nearest.time_zone
    if "hours" in row:
        values["hours"] = str(parse_week(_dashes(row.text("hours", 400))))
    values |= {field: row.text(field, 500) for field in ("parking", "access") if field in row}
    if "plans" in row:
        values["plans"] = "\n".join(filter(None, (plan.strip() for plan in re.split(r"[;|]", row.text("plans", 4000)))))
    return values


def _postal_code(session: Session, row: Row, state: str, outcome: Outcome) -> str | None:
    typed = row.raw("postal_code")
    if not typed:
        return None
    if found := re.fullmatch(r"([0-9]{5})(?:-?[0-9]{4})?", typed):
        return found[1]
    if re.fullmatch(r"[0-9]{3,4}", typed):  # spreadsheets drop the zeros of 00907
        entry = zip_code(session, typed.zfill(5))
        if entry and entry.state == state:
            return entry.code
    outcome.remark(row.number, f"“{typed[:20]}” is not a ZIP code and was left out. A ZIP code has five digits.")
    return None


def _phone(row: Row, outcome: Outcome) -> tuple[str | None, str | None]:
    typed = row.raw("phone")
    if not typed:
        return None, None
    try:
        return read_phone(typed)
    except InvalidInput:
        outcome.remark(row.number, f"“{typed[:40]}” is not a phone number and was left out. Write it with its area code.")
        return None, None


def _point(session: Session, row: Row, values: Mapping[str, Any], outcome: Outcome) -> tuple[float, float]:
    """The coordinates, or those of the ZIP code when both are empty."""
    if row.raw("latitude") or row.raw("longitude"):
        latitude, longitude = _number(row, "latitude"), _number(row, "longitude")
        if latitude == 0 and longitude == 0:
            raise InvalidInput({"latitude": "Latitude and longitude are both 0, in the sea. Fill them in, or leave both empty."})
        return latitude, longitude
    entry = zip_code(session, values.get("postal_code") or "")
    if entry is None or entry.latitude is None or entry.longitude is None:
        raise InvalidInput({"latitude": "Latitude and longitude are empty, and there is no ZIP code to go by. Fill them in."})
    outcome.remark(row.number, f"There are no coordinates, so the site was put at the center of ZIP {entry.code}.")
    return entry.latitude, entry.longitude


def _number(row: Row, field: str) -> float:
    typed = row.raw(field)
    try:
        number = float(typed.replace(",", ".") if typed.count(",") == 1 and "." not in typed else typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 180:
        raise InvalidInput({field: f"“{typed[:40]}” is not a {field}. Write degrees with a decimal point, such as 28.5399."})
    return number


def _dashes(hours: str) -> str:
    """Hours as people type them: en dashes, blanks around the dash."""
    return re.sub(r"\s*[-–—]\s*", "-", hours)


def _key(row: Row, values: Mapping[str, Any]) -> str:
    if given := row.text("key", LONGEST_KEY):
        return given
    key = key_of_words(*(str(values[name]) for name in ("name", "street", "city", "state")))
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 17]}|{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _differing(values: Mapping[str, Any], stored: Mapping[Any, Any], row: Row) -> dict[str, Any]:
    """What the line says otherwise than the table. A zone that we worked out ourselves only changes when the site moves."""
    differing = {name: value for name, value in values.items() if stored[name] != value}
    if not row.raw("time_zone") and not differing.keys() & {"latitude", "longitude"}:
        differing.pop("time_zone", None)
    return differing


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
