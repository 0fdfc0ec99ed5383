"""Where the gazetteer comes from: two packages merged and mended, or a CSV file of the same shape.

Only the loader calls this. Requests read the tables: zipcodes takes half a second to unpack, and panics (a
BaseException) when it is asked for anything but ASCII digits.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from clinic.domain.geography.gazetteer import MILITARY, ZipEntry
from clinic.domain.geography.places import Point
from clinic.domain.geography.states import ASSOCIATED

OVERRIDES = Path(__file__).parent / "data" / "zip_overrides.csv"
COLUMNS = ("code", "city", "state", "county", "kind", "active", "latitude", "longitude", "time_zone", "aliases")

# A measured point has four decimals. More: zip2info had none, and gives the mean of all ZIP codes of that prefix.
MEASURED_DECIMALS = 4


def from_packages() -> list[ZipEntry]:
    """Every ZIP code of the installed packages, in order; the point is None where neither knows it.

    zip2info's point, if measured; else that of zipcodes; else the mean that zip2info gives; else the median of the
    same city. The overrides file comes before all of them. About a second.
    """
    import zip2info
    import zipcodes

    mended = _overrides()
    entries = [_merged(row, zip2info.info(row["zip_code"]), mended) for row in zipcodes.list_all()]  # type: ignore[no-untyped-call]
    return sorted(_placed_with_their_city(entries), key=lambda entry: entry.code)


def from_csv(path: Path) -> list[ZipEntry]:
    """Entries from a CSV file in UTF-8 with a header of COLUMNS; aliases are parted by "|", active is 1 or 0."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_from_row(row) for row in csv.DictReader(file)]


def _from_row(row: Mapping[str, str]) -> ZipEntry:
    point = Point(float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None
    return ZipEntry(
        code=row["code"].zfill(5),
        city=row["city"],
        state=row["state"],
        county=row["county"],
        kind=row["kind"],
        active=row["active"] == "1",
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        time_zone=row["time_zone"],
        aliases=tuple(filter(None, row["aliases"].split("|"))),
    )


def _overrides() -> dict[str, Point | None]:
    """Code -> the right point, or None for that of zipcodes."""
    lines = (line for line in OVERRIDES.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {
        row["code"]: None if row["latitude"] == "zipcodes" else Point(float(row["latitude"]), float(row["longitude"]))
        for row in csv.DictReader(lines)
    }


def _merged(row: Mapping[str, Any], info: Any, mended: Mapping[str, Point | None]) -> ZipEntry:
    point = None if row["zip_code_type"] == MILITARY else _point(row, info, mended)
    return ZipEntry(
        code=row["zip_code"],
        city=row["city"],
        state=row["state"],
        county=row["county"],
        kind=row["zip_code_type"],
        active=row["active"],
        latitude=point.latitude if point else None,
        longitude=point.longitude if point else None,
        time_zone=(info.timezone if info else "") or row["timezone"],
        aliases=tuple(row["acceptable_cities"]),
    )


def _point(row: Mapping[str, Any], info: Any, mended: Mapping[str, Point | None]) -> Point | None:
    latitude, longitude = float(row["lat"] or 0), float(row["long"] or 0)
    theirs = Point(latitude, longitude) if latitude or longitude else None  # "0.0" is unknown, not the Gulf of Guinea
    if row["zip_code"] in mended:
        return mended[row["zip_code"]] or theirs
    if info is None:
        return theirs
    measured = round(info.latitude, MEASURED_DECIMALS) == info.latitude
    if theirs and not measured:
        return theirs
    return Point(round(info.latitude, 5), round(info.longitude, 5))


def _placed_with_their_city(entries: Iterable[ZipEntry]) -> Iterable[ZipEntry]:
    """A new ZIP code of a city that has others lies where they do; of associated states and the forces, nowhere."""
    entries = list(entries)
    points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for entry in entries:
        if entry.latitude is not None and entry.longitude is not None:
            points[entry.city, entry.state].append((entry.latitude, entry.longitude))
    for entry in entries:
        known = points.get((entry.city, entry.state))
        if entry.latitude is not None or not known or entry.kind == MILITARY or entry.state in ASSOCIATED:
            yield entry
            continue
        latitudes, longitudes = zip(*known, strict=True)
        yield replace(entry, latitude=round(median(latitudes), 5), longitude=round(median(longitudes), 5))
