"""What the gazetteer holds: ZIP codes, and the city names made from them. No I/O; store/directory/gazetteer.py keeps it in
tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

CREDIT = (
    "Places: ZIP codes and city names from the zipcodes and zip2info packages (MIT licence), made from U.S. Census Bureau, "
    "U.S. Postal Service and GeoNames data. GeoNames is licensed under CC BY 4.0, https://www.geonames.org; changed by us."
)
"""For the About page: CC BY 4.0 asks for it."""

STANDARD, MILITARY = "STANDARD", "MILITARY"
PRIMARY, ALIAS = "primary", "alias"

ABBREVIATIONS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
DIRECTIONS = {"n": "north", "s": "south", "e": "east", "w": "west"}
WORD = re.compile(r"[^\W_]+")
APOSTROPHES_AND_DOTS = str.maketrans("", "", "'’‘`´.")


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One ZIP code. Latitude and longitude are both None when nobody knows where it is; time_zone is then often empty."""

    code: str
    city: str
    state: str
    county: str
    kind: str
    active: bool
    latitude: float | None
    longitude: float | None
    time_zone: str
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CityEntry:
    """One searchable name in one state. `weight` is a stand-in for population: its number of delivery ZIP codes."""

    key: str
    name: str
    state: str
    kind: str
    latitude: float
    longitude: float
    time_zone: str
    weight: int


class Town(NamedTuple):
    """A name to write on a map, and where."""

    name: str
    latitude: float
    longitude: float


def words_of(text: str) -> list[str]:
    """Lower-case words without accents, dots and apostrophes; anything else that is no letter or digit parts two words."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return WORD.findall(text.casefold().translate(APOSTROPHES_AND_DOTS))


def key_of(words: Sequence[str]) -> str:
    """The name a city is filed under: St. Louis, St Louis and Saint Louis are one, as are Mc Kees Rocks and McKees Rocks."""
    spelled = [ABBREVIATIONS.get(word, word) for word in words[:-1]] + list(words[-1:])
    if len(spelled) > 1:
        spelled[0] = DIRECTIONS.get(spelled[0], spelled[0])
    return "".join(spelled)


def city_entries(zips: Iterable[ZipEntry]) -> list[CityEntry]:
    """One entry for each name and state: at the median of its ZIP codes' points, delivery ZIP codes before PO boxes."""
    named: dict[tuple[str, str], list[tuple[str, str, ZipEntry]]] = defaultdict(list)
    for entry in zips:
        if entry.latitude is None or entry.kind == MILITARY:
            continue
        for kind, name in ((PRIMARY, entry.city), *((ALIAS, alias) for alias in entry.aliases)):
            if key := key_of(words_of(name)):
                named[key, entry.state].append((kind, name, entry))
    return [_city(key, state, uses) for (key, state), uses in named.items()]


def _city(key: str, state: str, uses: list[tuple[str, str, ZipEntry]]) -> CityEntry:
    kind = PRIMARY if any(use[0] == PRIMARY for use in uses) else ALIAS
    uses = [use for use in uses if use[0] == kind]
    delivery = [entry for _, _, entry in uses if entry.kind == STANDARD and entry.active]
    entries = delivery or [entry for _, _, entry in uses]
    return CityEntry(
        key=key,
        name=_commonest([name for _, name, _ in uses]),
        state=state,
        kind=kind,
        latitude=round(median(entry.latitude or 0.0 for entry in entries), 5),
        longitude=round(median(entry.longitude or 0.0 for entry in entries), 5),
        time_zone=_commonest([entry.time_zone for entry in entries]),
        weight=len(delivery),
    )


def _commonest(names: list[str]) -> str:
    return names[0] if len(set(names)) == 1 else Counter(names).most_common(1)[0][0]
