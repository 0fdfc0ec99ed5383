"""The outlines: every clinic stands on land, in its state; what is asked for across the 180th meridian is in one piece."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest

from clinic.adapters import outlines
from clinic.adapters.outlines import DATA, outlines_within, state_shapes
from clinic.cartography.drawing import Spot, contains, cut_line
from clinic.cartography.frame import Extent
from clinic.demo.chain import SITES, DemoSite
from clinic.domain.geography.states import STATES


def around(latitude: float, longitude: float, degrees: float) -> Extent:
    return Extent(latitude - degrees, latitude + degrees, longitude - degrees, longitude + degrees)


def on(rings: list[list[Spot]], latitude: float, longitude: float) -> bool:
    return sum(contains(ring, longitude, latitude) for ring in rings) % 2 == 1


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.slug)
def test_every_demo_clinic_stands_on_land_and_in_its_state(site: DemoSite) -> None:
    for degrees in (0.05, 0.5, 5.0):
        assert on(outlines_within(around(site.latitude, site.longitude, degrees)).land, site.latitude, site.longitude)
    where = [code for code, rings in state_shapes().items() if on(rings, site.latitude, site.longitude)]
    assert where == [site.state]


@pytest.mark.parametrize(
    ("latitude", "longitude", "land", "abroad", "where"),
    [
        (28.0, -90.0, False, False, "the Gulf"),
        (45.0, -87.0, False, False, "Lake Michigan"),
        (31.60, -106.44, False, True, "Ciudad Juárez"),
        (49.28, -122.9, False, True, "Vancouver"),
        (18.34, -64.93, True, False, "Charlotte Amalie"),
        (-14.29, -170.71, True, False, "Pago Pago"),
        (15.19, 145.75, True, False, "Saipan"),
        (51.88, -176.63, True, False, "Adak"),
        (52.91, 172.90, True, False, "Attu"),
        (0.0, 0.0, False, False, "the Gulf of Guinea"),
    ],
)
def test_land_sea_and_neighbors_are_told_apart(latitude: float, longitude: float, land: bool, abroad: bool, where: str) -> None:
    found = outlines_within(around(latitude, longitude, 0.4))
    assert (on(found.land, latitude, longitude), on(found.abroad, latitude, longitude)) == (land, abroad), where


def test_there_are_all_states_and_territories() -> None:
    assert state_shapes().keys() == STATES.keys()


def seen(lines: list[list[Spot]], extent: Extent) -> bool:
    return any(True for line in lines for _ in cut_line(line, (extent.west, extent.south, extent.east, extent.north)))


def test_a_county_line_a_state_line_and_neither() -> None:
    atlanta, chattanooga = around(33.75, -84.4, 0.6), around(35.0, -85.3, 0.3)
    found = outlines_within(atlanta)
    assert (seen(found.county_lines, atlanta), seen(found.state_lines, atlanta)) == (True, False)
    found = outlines_within(chattanooga)
    assert (seen(found.county_lines, chattanooga), seen(found.state_lines, chattanooga)) == (True, True)
    assert not outlines_within(atlanta, counties=False).county_lines


@pytest.mark.parametrize(("west", "east"), [(170.0, 195.0), (-190.0, -165.0)])
def test_the_aleutians_are_in_one_piece_across_the_180th_meridian(west: float, east: float) -> None:
    found = outlines_within(Extent(50.0, 54.0, west, east))
    turned = [x for ring in found.land for x, _ in ring]
    attu, adak = (172.9, 183.37) if east > 180 else (-187.1, -176.63)
    assert on(found.land, 52.91, attu)
    assert on(found.land, 51.88, adak)
    assert west - 5 < min(turned) < max(turned) < east + 30, "the mainland's far end is cut short, not turned around"


def test_what_is_cut_short_outside_is_the_same_inside() -> None:
    extent = Extent(27.5, 29.0, -83.0, -80.0)  # Florida, from sea to sea
    near, all_of_it = outlines_within(extent), outlines_within(Extent(20, 50, -130, -60), counties=False)
    grid = [(27.5 + i * 0.05, -83.0 + j * 0.05) for i in range(31) for j in range(61)]
    answers = [on(near.land, *spot) for spot in grid]
    assert answers == [on(all_of_it.land, *spot) for spot in grid]
    assert 0.3 < sum(answers) / len(answers) < 0.95
    assert sum(map(len, near.land)) < sum(map(len, all_of_it.land)) / 5


def test_the_file_is_small_and_says_where_it_is_from() -> None:
    assert DATA.stat().st_size < 400_000
    about = " ".join(json.loads(DATA.read_text(encoding="utf-8"))["about"])
    assert all(word in about for word in ("Census", "public domain", "us-atlas 3.0.1", "Natural Earth", "outlines_source.py"))
    assert "http" not in about


def test_it_is_read_once_however_many_ask_at_once_and_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlines, "_loaded", [])
    reads: list[str] = []
    load = outlines.json.loads
    monkeypatch.setattr(outlines.json, "loads", lambda text: reads.append("read") or load(text))
    start = perf_counter()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: outlines_within(around(28.5, -81.4, 0.5)), range(8)))
    taken = perf_counter() - start
    print(f"outlines: read once in {taken * 1000:.0f} ms")
    assert reads == ["read"]
    assert all(answer == answers[0] for answer in answers)
    assert taken < 2
