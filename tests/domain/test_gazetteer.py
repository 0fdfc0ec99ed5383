"""Names as they are filed, and cities made from their ZIP codes."""

from __future__ import annotations

import pytest

from clinic.domain.geography.gazetteer import ALIAS, PRIMARY, CityEntry, ZipEntry, city_entries, key_of, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Louis", "Saint Louis"),
        ("Mc Kees Rocks", "McKees Rocks"),
        ("La Place", "Laplace"),
        ("Ft. Worth", "FORT WORTH"),
        ("O'Fallon", "O’Fallon"),
        ("Winston Salem", "Winston-Salem"),
        ("Cañon City", "Canon City"),
        ("W Palm Beach", "West Palm Beach"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert key_of(words_of(one)) == key_of(words_of(other))


def test_a_last_word_is_not_an_abbreviation() -> None:
    assert key_of(["main", "st"]) == "mainst"
    assert key_of(["e"]) == "e"


def zip_entry(code: str, latitude: float | None, kind: str = "STANDARD", city: str = "Springfield", **more: object) -> ZipEntry:
    fields = {"state": "IL", "county": "", "active": True, "time_zone": "America/Chicago", **more}
    return ZipEntry(code=code, city=city, kind=kind, latitude=latitude, longitude=latitude and -89.0, **fields)  # type: ignore[arg-type]


def test_a_city_lies_amid_its_delivery_zip_codes_and_weighs_as_many() -> None:
    zips = [
        zip_entry("62701", 39.8),
        zip_entry("62702", 39.9),
        zip_entry("62703", 39.7),
        zip_entry("62705", 45.0, kind="PO BOX"),
        zip_entry("62799", None),
    ]
    assert city_entries(zips) == [CityEntry("springfield", "Springfield", "IL", PRIMARY, 39.8, -89.0, "America/Chicago", 3)]


def test_an_alias_counts_only_where_the_name_has_no_zip_code_of_its_own() -> None:
    zips = [zip_entry("62701", 39.8, aliases=("Leland Grove", "Chatham")), zip_entry("62629", 39.6, city="Chatham")]
    found = {city.name: (city.kind, city.latitude) for city in city_entries(zips)}
    assert found == {"Springfield": (PRIMARY, 39.8), "Leland Grove": (ALIAS, 39.8), "Chatham": (PRIMARY, 39.6)}


def test_military_zip_codes_make_no_city() -> None:
    assert city_entries([zip_entry("09012", 49.0, kind="MILITARY", city="Apo", state="AE")]) == []
