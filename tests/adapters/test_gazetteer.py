"""The merged gazetteer: points that were wrong in one package or both, and the shape of a file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic.adapters.gazetteer import COLUMNS, from_csv, from_packages
from clinic.domain.geography.gazetteer import MILITARY, ZipEntry
from clinic.domain.geography.places import Point, distance_miles


@pytest.fixture(scope="module")
def entries() -> dict[str, ZipEntry]:
    return {entry.code: entry for entry in from_packages()}


@pytest.mark.parametrize(
    ("code", "latitude", "longitude", "town"),
    [
        ("32801", 28.5400, -81.3737, "Orlando FL"),
        ("99505", 61.26, -149.66, "Elmendorf AK: zip2info is 500 km off"),
        ("99506", 61.25, -149.80, "Elmendorf AK"),
        ("96827", 21.31, -157.86, "Honolulu HI: zip2info is in the ocean"),
        ("96835", 21.30, -157.84, "Honolulu HI"),
        ("99723", 71.29, -156.79, "Utqiagvik AK: zipcodes is 100 km off"),
        ("99546", 51.88, -176.63, "Adak AK"),
        ("96898", 19.28, 166.64, "Wake Island: zipcodes has Honolulu"),
        ("96917", 13.27, 144.75, "Inarajan GU: zipcodes has 0, 0"),
        ("77352", 30.71, -94.93, "Livingston TX: a new ZIP code, in neither"),
        ("96799", -14.28, -170.70, "Pago Pago AS"),
        ("00765", 18.13, -65.44, "Vieques PR"),
        ("86340", 34.86, -111.79, "Sedona AZ"),
        ("99565", 56.31, -158.53, "Chignik Lagoon AK"),
        ("85239", 33.06, -112.05, "Maricopa AZ: zip2info has the mean of all 852s"),
        ("78049", 27.51, -99.51, "Laredo TX"),
        ("89037", 36.84, -114.93, "Coyote Springs NV: both are wrong"),
    ],
)
def test_known_points_lie_where_their_towns_do(
    entries: dict[str, ZipEntry], code: str, latitude: float, longitude: float, town: str
) -> None:
    entry = entries[code]
    assert entry.latitude is not None, town
    assert entry.longitude is not None, town
    assert distance_miles(Point(entry.latitude, entry.longitude), Point(latitude, longitude)) < 10, town


def test_every_zip_code_is_placed_with_a_time_zone_or_not_at_all(entries: dict[str, ZipEntry]) -> None:
    assert len(entries) > 42_000
    placed = [entry for entry in entries.values() if entry.latitude is not None]
    assert len(placed) > 41_900
    assert all(entry.time_zone and entry.longitude is not None for entry in placed)
    assert not [entry for entry in placed if entry.latitude == 0]
    unplaced = [entry for entry in entries.values() if entry.latitude is None]
    assert len([entry for entry in unplaced if entry.kind != MILITARY]) < 50


def test_military_zip_codes_have_no_point_even_where_a_package_names_one(entries: dict[str, ZipEntry]) -> None:
    assert {entries[code].latitude for code in ("09012", "34050", "96540")} == {None}


def test_page_arizona_does_not_keep_daylight_saving_time(entries: dict[str, ZipEntry]) -> None:
    assert entries["86040"].time_zone == "America/Phoenix"


def test_a_file_of_ones_own_has_the_same_shape(tmp_path: Path) -> None:
    file = tmp_path / "zips.csv"
    rows = [
        ",".join(COLUMNS),
        "501,Holtsville,NY,Suffolk County,UNIQUE,1,40.81,-73.04,America/New_York,",
        "09012,Apo,AE,,MILITARY,1,,,,",
        "63126,Saint Louis,MO,St. Louis County,STANDARD,0,38.55,-90.38,America/Chicago,Sappington|Crestwood",
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    first, second, third = from_csv(file)
    assert first == ZipEntry("00501", "Holtsville", "NY", "Suffolk County", "UNIQUE", True, 40.81, -73.04, "America/New_York")
    assert (second.latitude, second.longitude, second.active) == (None, None, True)
    assert (third.aliases, third.active) == (("Sappington", "Crestwood"), False)
