"""Loading replaces the gazetteer whole, on both databases."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinic.cartography.frame import Extent
from clinic.domain.geography.gazetteer import ZipEntry
from clinic.domain.geography.places import Point
from clinic.store.directory.gazetteer import cities_filed, zip_code, zips_within
from clinic.store.tables.directory import ZipCode
from clinic.usecases.operations.gazetteer import Loaded, load_gazetteer, towns_within

HERE = ZipEntry("32801", "Orlando", "FL", "Orange County", "STANDARD", True, 28.54, -81.37, "America/New_York", ("Downtown",))
THERE = ZipEntry("99546", "Adak", "AK", "Aleutians West", "PO BOX", True, 51.87, -176.63, "America/Adak")
NOWHERE = ZipEntry("09012", "Apo", "AE", "", "MILITARY", True, None, None, "")


def test_loading_is_counted_and_may_be_repeated(session: Session) -> None:
    for _ in range(2):
        assert load_gazetteer(session, [HERE, THERE, NOWHERE]) == Loaded(zip_codes=3, cities=3, unplaced=1)
    assert load_gazetteer(session, [HERE]) == Loaded(zip_codes=1, cities=2, unplaced=0)
    session.rollback()
    assert zip_code(session, "99546") is None
    kept = zip_code(session, "32801")
    assert kept
    assert (kept.city, kept.latitude, kept.time_zone) == ("Orlando", 28.54, "America/New_York")
    assert [city.name for city in cities_filed(session, ["downtown", "adak"])] == ["Downtown"]


def test_zip_codes_within_a_radius_also_across_the_date_line(session: Session) -> None:
    load_gazetteer(session, [HERE, THERE, NOWHERE])
    assert [entry.code for _, entry in zips_within(session, Point(52.0, 179.0), 300)] == ["99546"]
    assert zips_within(session, Point(52.0, 179.0), 150) == []


def test_an_empty_gazetteer_loads_too(session: Session) -> None:
    assert load_gazetteer(session, []) == Loaded(0, 0, 0)


def entry(code: str, city: str, latitude: float, longitude: float, kind: str = "STANDARD") -> ZipEntry:
    return ZipEntry(code, city, "FL", "", kind, True, latitude, longitude, "America/New_York")


@pytest.mark.parametrize("degrees", [0.5, 5.0], ids=["by the index on points", "by the names of cities"])
def test_the_largest_towns_of_an_extent_come_first(session: Session, degrees: float) -> None:
    load_gazetteer(
        session,
        [
            entry("32810", "Ivanhoe", 28.4, -81.4), entry("32801", "Orlando", 28.5, -81.4),
            entry("32803", "Orlando", 28.7, -81.2), entry("32704", "Apopka", 28.6, -81.5, "PO BOX"),
            entry("32703", "Apopka", 28.6, -81.5), entry("99505", "Jber", 28.5, -81.3),
            entry("34601", "Far Away", 28.5, -90.0), NOWHERE,
        ],
    )  # fmt: skip
    extent = Extent(28.5 - degrees, 28.5 + degrees, -81.4 - degrees, -81.4 + degrees)
    found = towns_within(session, extent)
    assert found[0] == ("Orlando", pytest.approx(28.6), pytest.approx(-81.3))
    assert [town.name for town in found] == ["Orlando", "Apopka", "Ivanhoe"]


def test_towns_are_kept_until_the_gazetteer_is_replaced(session: Session) -> None:
    extent = Extent(28.0, 29.0, -82.0, -81.0)
    load_gazetteer(session, [HERE])
    assert [town.name for town in towns_within(session, extent)] == ["Orlando"]
    session.execute(delete(ZipCode))
    assert [town.name for town in towns_within(session, extent)] == ["Orlando"], "not asked for again"
    load_gazetteer(session, [entry("32810", "Ivanhoe", 28.4, -81.4)])
    assert [town.name for town in towns_within(session, extent)] == ["Ivanhoe"]


def test_one_name_is_written_once_where_two_states_have_it(session: Session) -> None:
    there = ZipEntry("30750", "Orlando", "GA", "", "STANDARD", True, 28.9, -81.4, "America/New_York")
    load_gazetteer(session, [HERE, there, entry("32803", "Orlando", 28.6, -81.4)])
    [town] = towns_within(session, Extent(28.0, 29.0, -82.0, -81.0))
    assert (town.name, town.latitude) == ("Orlando", pytest.approx(28.57))


def test_towns_on_both_sides_of_the_180th_meridian(session: Session) -> None:
    load_gazetteer(session, [HERE, THERE])
    assert [town.name for town in towns_within(session, Extent(51.5, 52.5, 175.0, 185.0))] == ["Adak"]


def test_the_command_says_what_it_loaded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.adapters.gazetteer.from_packages", lambda: [HERE, NOWHERE])
    result = app.test_cli_runner().invoke(args=["clinic", "gazetteer", "load"])
    assert (result.exit_code, result.output) == (0, "2 ZIP codes, 1 of them without a point, and 2 city names.\n")
