"""Distances against geopy, boxes against every point they must hold."""

from __future__ import annotations

import math
import random

import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import (
    HAVERSINE_SLACK,
    METRES_PER_MILE,
    Box,
    Point,
    boxes,
    distance_miles,
    haversine_miles,
    wider,
)

ORLANDO = Point(28.5399, -81.3727)
REGIONS = {  # south, north, west, east
    "contiguous": (24.4, 49.4, -125.0, -66.9),
    "alaska": (54.0, 71.4, -168.0, -130.0),
    "aleutians east": (51.2, 53.5, -180.0, -168.0),
    "aleutians west": (51.2, 53.5, 172.4, 180.0),
    "hawaii": (18.9, 22.3, -160.3, -154.8),
    "guam and marianas": (13.2, 20.6, 144.6, 146.1),
    "samoa": (-14.6, -11.0, -171.1, -168.1),
    "puerto rico and virgin islands": (17.6, 18.6, -67.3, -64.5),
}


def somewhere(rng: random.Random) -> Point:
    south, north, west, east = REGIONS[rng.choice(sorted(REGIONS))]
    return Point(rng.uniform(south, north), rng.uniform(west, east))


def test_distance_is_geopys_geodesic_to_a_millimetre_between_all_us_regions() -> None:
    rng = random.Random(1975)
    for _ in range(3000):
        a, b = somewhere(rng), somewhere(rng)
        truth = geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).meters
        assert abs(distance_miles(a, b) * METRES_PER_MILE - truth) < 0.001, (a, b)


def test_distance_is_exact_for_neighbours_and_across_the_date_line() -> None:
    rng = random.Random(7)
    for _ in range(500):
        a = Point(rng.uniform(51, 53), rng.choice((179.999, -179.999, 180.0, -180.0)))
        b = Point(a.latitude + rng.uniform(-0.01, 0.01), rng.choice((179.99, -179.99, 180.0)))
        truth = geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).meters
        assert abs(distance_miles(a, b) * METRES_PER_MILE - truth) < 0.001, (a, b)


@pytest.mark.parametrize(
    ("a", "b", "miles"),
    [
        (ORLANDO, ORLANDO, 0.0),
        (Point(52, 180), Point(52, -180), 0.0),
        (Point(90, 0), Point(90, 77), 0.0),
        (Point(0, 0), Point(0, 1), 69.1707),  # along the equator
    ],
)
def test_distance_at_the_edges(a: Point, b: Point, miles: float) -> None:
    assert distance_miles(a, b) == pytest.approx(miles, abs=0.001)


@pytest.mark.parametrize("b", [Point(0.3, 179.7), Point(0, 180), Point(-10, 179.99), Point(0.0, 179.5)])
def test_near_antipodes_fall_back_to_the_great_circle(b: Point) -> None:
    a = Point(10, 0) if b.latitude == -10 else Point(0, 0)
    truth = geodesic((a.latitude, a.longitude), (b.latitude, b.longitude)).miles
    assert distance_miles(a, b) == pytest.approx(truth, rel=0.006)


world = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(world, world)
def test_distance_is_symmetric_finite_and_near_the_sphere(a: Point, b: Point) -> None:
    there, back = distance_miles(a, b), distance_miles(b, a)
    assert math.isfinite(there)
    assert there >= 0
    assert there == pytest.approx(back, rel=1e-9, abs=1e-6)
    sphere = haversine_miles(a.latitude, a.longitude, b.latitude, b.longitude)
    assert sphere <= there * HAVERSINE_SLACK + 1e-6
    assert there <= sphere * HAVERSINE_SLACK + 1e-6


def holds(area: tuple[Box, ...], p: Point) -> bool:
    return any(b.south <= p.latitude <= b.north and b.west <= p.longitude <= b.east for b in area)


@given(world, st.floats(0, 13000), st.floats(0, 360), st.floats(0, 1))
def test_boxes_hold_every_point_within_the_radius(centre: Point, radius: float, bearing: float, share: float) -> None:
    end = geodesic(miles=radius * share).destination((centre.latitude, centre.longitude), bearing)
    assert holds(boxes(centre, radius), Point(end.latitude, end.longitude))


def test_boxes_split_at_the_date_line_and_open_at_the_pole() -> None:
    west, east = boxes(Point(51.88, -176.65), 300)
    assert (west.west, east.east) == (-180.0, 180.0)
    assert west.east < 0 < east.west
    assert boxes(Point(89.9, 10), 25)[0].west == -180.0
    assert len(boxes(ORLANDO, 25)) == 1


@pytest.mark.parametrize(("radius", "then"), [(5, 25), (25, 50), (30, 50), (50, 100), (100, None), (400, None)])
def test_radius_widens_in_steps_then_gives_up(radius: float, then: float | None) -> None:
    assert wider(radius) == then


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (-90.01, 0), (0, 181), (math.nan, 0), (0, math.inf)])
def test_a_point_off_the_earth_is_refused_with_what_to_do(lat: float, lon: float) -> None:
    with pytest.raises(InvalidInput, match="type a ZIP code"):
        Point(lat, lon)
