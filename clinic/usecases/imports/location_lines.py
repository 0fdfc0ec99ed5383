"""One line of a file of locations: what it says of a site that is new, or here already."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from clinic.adapters.phones import format_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import words_of
from clinic.domain.geography.states import STATE_OF, STATES
from clinic.domain.time.hours import zone
from clinic.store.directory.gazetteer import zip_code
from clinic.usecases.imports.columns import ImportRow
from clinic.usecases.imports.numbers import read_first_phone, read_zip
from clinic.usecases.imports.optional import OptionalCells
from clinic.usecases.imports.outcome import ImportOutcome
from clinic.usecases.imports.weeks import read_week
from clinic.usecases.imports.whereabouts import StateMaps

POINT = ("latitude", "longitude")

Stored = Mapping[Any, Any]
"""A site that is here, by column."""


def read_address(row: ImportRow) -> dict[str, str]:
    """Read what every line has to tell: name, street, city, and the state's two letters. Raises InvalidInput."""
    state = STATE_OF.get(" ".join(words_of(row.text("state", 60, required=True))), "")
    if state not in STATES:
        raise InvalidInput({"state": f"“{row.raw('state')[:40]}” is not a US state. Write its two letters, such as FL."})
    return {
        "name": row.text("name", 160, required=True),
        "street": row.text("street", 120, required=True),
        "city": row.text("city", 80, required=True),
        "state": state,
    }


def read_optional(
    session: Session,
    row: ImportRow,
    address: Mapping[str, str],
    stored: Stored | None,
    country: StateMaps,
    outcome: ImportOutcome,
) -> dict[str, Any]:
    """Read the columns of the site that the line tells besides, and where and in which zone a new or a moved site is.

    `stored` is the site as it is here, None for a new one. Raises InvalidInput for what cannot be right.
    """
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


def _phone(row: ImportRow, cells: OptionalCells) -> dict[str, str | None]:
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
    session: Session, row: ImportRow, cells: OptionalCells, postal_code: str | None, stored: Stored | None, outcome: ImportOutcome
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
        what = "cannot be read" if all(given) else "are empty"
        raise InvalidInput({"latitude": f"Latitude and longitude {what}, and there is no ZIP code to go by. Fill them in."})
    outcome.remark(row.number, f"There are no coordinates, so the site was put at the center of ZIP {entry.code}.")
    return {"latitude": entry.latitude, "longitude": entry.longitude}


def _time_zone(row: ImportRow, cells: OptionalCells, of_new_place: str | None) -> dict[str, str]:
    """The zone that the line names, or else that of the place where a new or a moved site is."""
    told: dict[str, str] = {}
    if row.raw("time_zone"):
        instead = f"It was left out, and the zone of the place was taken: {of_new_place}." if of_new_place else ""
        told = cells.read("time_zone", lambda: zone(row.text("time_zone", 40)).key, instead=instead)
    return told or ({"time_zone": of_new_place} if of_new_place else {})


def _number(row: ImportRow, field: str) -> float:
    typed = row.raw(field)
    try:
        number = float(typed.replace(",", ".") if typed.count(",") == 1 and "." not in typed else typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 180:
        raise InvalidInput({field: f"“{typed[:40]}” is not a {field}. Write degrees with a decimal point, such as 28.5399."})
    return number
