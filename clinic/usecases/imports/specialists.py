"""Specialists, and what they offer where, from a CSV file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import words_of
from clinic.domain.scheduling.appointment import State
from clinic.store.bulk import insert_rows, set_aside
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment, Resource
from clinic.store.tables.directory import Location, Offer, Service, Specialist, VisitType
from clinic.usecases.imports.columns import Field, ImportRow, columns_of
from clinic.usecases.imports.ending import end_import
from clinic.usecases.imports.optional import OptionalCells
from clinic.usecases.imports.outcome import ImportOutcome, Watch
from clinic.usecases.imports.references import References, key_of_words, slug_for

FIELDS = (
    Field("key", ("import_key", "specialist_key", "id", "specialist_id", "npi")),
    Field("name", ("specialist", "provider", "full_name", "specialist_name"), required=True),
    Field("profession", ("title", "specialty", "role")),
    Field("languages", ("language", "spoken_languages")),
    Field("about", ("biography", "bio", "description")),
    Field("gender", ("sex",)),
    Field("locations", ("location", "sites", "site", "clinics", "clinic")),
    Field("services", ("service", "visit_types", "offers")),
)
LONGEST = {"profession": 80, "languages": 120, "about": 2000}
DEFAULTS = {"profession": "", "languages": "English", "about": "", "gender": None}
GENDERS = {"": None, **dict.fromkeys(("woman", "female", "f", "w"), "woman"), **dict.fromkeys(("man", "male", "m"), "man")}
LONGEST_KEY = 200
NONE_YET = "There are none yet: leave the cell empty until there are."

Offers = frozenset[tuple[int, int]]
"""(visit type, location)."""


def import_specialists(
    session: Session, file: CsvFile, mapping: Mapping[str, str], *,
    now: datetime, dry_run: bool = False, watch: Watch = lambda lines: lines,
) -> ImportOutcome:  # fmt: skip
    """Add the specialists of the file, or update those that have the same key. One commit, with a row
    in the audit log if anything changes; none on a dry run.

    The key is the file's own, or the normalised name and first location. `locations` are keys or slugs and `services` are
    slugs of services or visit types, several parted by "|"; with both, what the specialist offers becomes exactly that.
    Optional cells that cannot be read are left as they are; an empty one empties. Raises InvalidInput when the file as a
    whole is of no use.
    """
    columns = columns_of(file, FIELDS, mapping)
    if ("services" in columns) != ("locations" in columns):
        raise InvalidInput(
            {"columns": "What a specialist offers takes two columns, locations and services. The file has one of them."}
        )
    begin_write(session)
    outcome = ImportOutcome()
    places, catalogue = References(session, Location), _catalogue(session)
    known = {row.import_key: row._mapping for row in session.execute(_EXISTING)}
    offered = _offered(session)
    seen: dict[str, int] = {}
    new: list[tuple[dict[str, Any], Offers]] = []
    changed: list[dict[str, Any]] = []
    offers: dict[int, Offers] = {}
    for line, refusals in outcome.lines(file, watch):
        with refusals:
            row = ImportRow(line, columns, file.header)
            name = row.text("name", 120, required=True)
            giving = _giving(row, places, catalogue)
            key = _key(row, name)
            if key in seen:
                raise InvalidInput({"key": f"This is the same specialist as line {seen[key]}. Remove one of the two."})
            seen[key] = line.number
            stored = known.get(key)
            values = {"name": name} | _optional(row, OptionalCells(row, outcome, partial(_in_words, stored) if stored else None))
            outcome.show(f"{name}, {values.get('profession') or 'no profession'}: {len(giving)} offers")
            if stored is None:
                new.append(({**DEFAULTS, **values, "import_key": key}, giving))
                continue
            differing = {name: value for name, value in values.items() if stored[name] != value}
            if differing:
                changed.append({"id": stored["id"], **differing})
            if "services" in row and giving != offered[stored["id"]]:
                offers[stored["id"]] = giving
                _say_left(session, outcome, line.number, stored["id"], offered[stored["id"]] - giving, now=now)
            outcome.changed += bool(differing or stored["id"] in offers)
            outcome.same += not (differing or stored["id"] in offers)
    outcome.new = len(new)
    _write(session, new, changed, offers)
    end_import(session, "specialists", file, outcome, dry_run=dry_run, now=now)
    return outcome


_EXISTING = select(
    Specialist.id,
    Specialist.import_key,
    Specialist.name,
    Specialist.profession,
    Specialist.languages,
    Specialist.about,
    Specialist.gender,
).where(Specialist.import_key.is_not(None))


def _optional(row: ImportRow, cells: OptionalCells) -> dict[str, str | None]:
    """What the line tells of a specialist besides the name."""
    values: dict[str, str | None] = {}
    for name, longest in LONGEST.items():
        values |= {name: text or DEFAULTS[name] for name, text in cells.text(name, longest).items()}
    return values | cells.read("gender", lambda: _gender(row))


def _in_words(stored: Mapping[Any, Any], field: str) -> str:
    """What is stored of a field."""
    return stored[field] or ""


def _gender(row: ImportRow) -> str | None:
    said = row.text("gender", 10).lower()
    if said not in GENDERS:
        raise InvalidInput({"gender": "The gender is woman or man, or left empty."})
    return GENDERS[said]


def _listed(row: ImportRow, field: str) -> list[str]:
    return [word for part in re.split(r"[|;\n]", row.raw(field)) if (word := " ".join(part.split()))]


def _giving(row: ImportRow, places: References, catalogue: Mapping[str, list[int]]) -> Offers:
    sites = [places.find(typed) for typed in _listed(row, "locations")]
    slugs = _listed(row, "services")
    if unknown := [slug for slug in slugs if slug.lower() not in catalogue]:
        there = f"There are: {', '.join(sorted(catalogue))}." if catalogue else NONE_YET
        raise InvalidInput({"services": f"There is no service “{unknown[0][:60]}”. {there}"})
    if slugs and not sites:
        raise InvalidInput({"locations": "The line names services but no location to offer them at."})
    return frozenset((visit_type, site) for slug in slugs for visit_type in catalogue[slug.lower()] for site in sites)


def _catalogue(session: Session) -> dict[str, list[int]]:
    """Visit types by their own slug, and by that of their service: all of it."""
    found: dict[str, list[int]] = defaultdict(list)
    for visit_type, slug, service in session.execute(
        select(VisitType.id, VisitType.slug, Service.slug).join(Service, Service.id == VisitType.service_id)
    ):
        found[service].append(visit_type)
        if slug != service:
            found[slug].append(visit_type)
    return found


def _offered(session: Session) -> defaultdict[int, Offers]:
    found: defaultdict[int, Offers] = defaultdict(frozenset)
    for specialist, visit_type, site in session.execute(select(Offer.specialist_id, Offer.visit_type_id, Offer.location_id)):
        found[specialist] |= {(visit_type, site)}
    return found


def _say_left(session: Session, outcome: ImportOutcome, line: int, specialist_id: int, gone: Offers, *, now: datetime) -> None:
    """Whose visits stay booked with a specialist who offers them no more: nobody is moved by this, and nobody need wonder."""
    if not gone:
        return
    booked = Counter(
        (visit_type, location)
        for visit_type, location in session.execute(
            select(Appointment.visit_type_id, Appointment.location_id).where(
                Appointment.specialist_id == specialist_id, Appointment.state == State.BOOKED, Appointment.start_at > now
            )
        )
    )
    left: Counter[int] = Counter()
    for visit_type, location in gone:
        left[location] += booked[visit_type, location]
    wanted = select(Location.id, Location.name).where(Location.id.in_([id_ for id_ in left if left[id_]]))
    for location, name in session.execute(wanted.order_by(Location.name)):
        visits, stay = ("visits", "stay as they are") if left[location] != 1 else ("visit", "stays as it is")
        said = f"{left[location]:,} booked {visits} at {name} {stay}."
        outcome.remark(line, f"{said} This specialist is not offered for that there any more: move what they will not give.")


def _key(row: ImportRow, name: str) -> str:
    return row.text("key", LONGEST_KEY) or key_of_words(name, (_listed(row, "locations") or [""])[0])[:LONGEST_KEY]


def _write(
    session: Session, new: list[tuple[dict[str, Any], Offers]], changed: list[dict[str, Any]], offers: Mapping[int, Offers]
) -> None:
    if changed:
        session.execute(update(Specialist), changed)
    for specialist, giving in offers.items():
        session.execute(delete(Offer).where(Offer.specialist_id == specialist))
        if giving:
            session.execute(insert(Offer), [_offer(specialist, *pair) for pair in sorted(giving)])
    taken = set(session.scalars(select(Specialist.slug)))
    ids = set_aside(session, Resource, len(new))
    insert_rows(session, Resource, ("id", "kind"), ((number, "specialist") for number in ids))
    columns = ("id", "slug", "import_key", "name", "profession", "languages", "about", "gender", "active")
    rows = [
        (number, slug_for(words_of(who["name"].partition(",")[0]), taken), *(who[name] for name in columns[2:-1]), True)
        for number, (who, _) in zip(ids, new, strict=True)
    ]
    insert_rows(session, Specialist, columns, rows)
    pairs = [(*pair, number) for number, (_, giving) in zip(ids, new, strict=True) for pair in sorted(giving)]
    insert_rows(session, Offer, ("visit_type_id", "location_id", "specialist_id"), pairs)


def _offer(specialist: int, visit_type: int, site: int) -> dict[str, int]:
    return {"visit_type_id": visit_type, "location_id": site, "specialist_id": specialist}
