"""Frames of maps: everything inside, in its order, at its distance, on both sides of the 180th meridian."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.cartography.frame import SCALE_STEP, Extent, Frame, frame_around
from clinic.domain.geography.places import Box, Point, distance_miles

PADDING = 58.0
TOWNS = {
    "Orlando": Point(28.54, -81.37), "Brownsville": Point(25.9, -97.5), "Seattle": Point(47.6, -122.3),
    "Caribou": Point(46.9, -68.0), "Honolulu": Point(21.3, -157.85), "San Juan": Point(18.46, -66.1),
    "Anchorage": Point(61.2, -149.9), "Adak": Point(51.88, -176.63), "Attu": Point(52.9, 172.9),
    "Guam": Point(13.45, 144.75), "Pago Pago": Point(-14.3, -170.7),
}  # fmt: skip


def framed(points: list[Point], least_miles: float = 10.0) -> Frame:
    return frame_around(points, width=720, height=600, padding=PADDING, least_miles=least_miles)


def around(town: Point, miles: float, count: int = 12) -> list[Point]:
    rng = random.Random(f"{town} {miles}")
    up = miles / 69.1
    across = up / math.cos(math.radians(town.latitude))
    spots = [(town.latitude + rng.uniform(-up, up), town.longitude + rng.uniform(-across, across)) for _ in range(count)]
    return [Point(latitude, (longitude + 180) % 360 - 180) for latitude, longitude in spots]


@pytest.mark.parametrize("miles", [0.0, 0.01, 1, 5, 25, 100, 400])
@pytest.mark.parametrize("town", TOWNS)
def test_every_place_is_inside_with_room_around_it_and_the_frame_is_close(town: str, miles: float) -> None:
    points = around(TOWNS[town], miles)
    frame = framed(points)
    spots = [frame.spot(point.latitude, point.longitude) for point in points]
    assert all(PADDING <= x <= 720 - PADDING and PADDING <= y <= 600 - PADDING for x, y in spots)
    if miles >= 5:
        wide, tall = (max(values) - min(values) for values in zip(*spots, strict=True))
        used = max(wide / (720 - 2 * PADDING), tall / (600 - 2 * PADDING))
        assert used > 1 / SCALE_STEP - 0.16, "a step of scale and one of place are all that is given away"
    else:
        assert frame.miles_wide >= 10


@pytest.mark.parametrize("town", TOWNS)
def test_north_is_up_and_east_is_right(town: str) -> None:
    points = around(TOWNS[town], 60)
    frame = framed(points)
    for one in points:
        for other in points:
            (x0, y0), (x1, y1) = (frame.spot(point.latitude, point.longitude) for point in (one, other))
            east = (other.longitude - one.longitude + 180) % 360 - 180
            assert (x1 - x0) * east >= 0
            assert (y0 - y1) * (other.latitude - one.latitude) >= 0


@pytest.mark.parametrize(("town", "off"), [(town, 0.01 if TOWNS[town].latitude < 49 else 0.02) for town in TOWNS])
def test_what_is_twice_as_far_is_drawn_twice_as_far(town: str, off: float) -> None:
    points = around(TOWNS[town], 20, 30)
    frame = framed(points)
    for one in points:
        for other in points:
            miles = distance_miles(one, other)
            if miles > 3:
                drawn = math.dist(*(frame.spot(point.latitude, point.longitude) for point in (one, other)))
                assert drawn / frame.units_per_mile == pytest.approx(miles, rel=off)


def test_neighbors_across_the_180th_meridian_are_neighbors_on_the_sheet() -> None:
    frame = framed([Point(52.0, 179.6), Point(51.9, -179.7)])
    (x0, _), (x1, _) = frame.spot(52.0, 179.6), frame.spot(51.9, -179.7)
    assert 0 < x1 - x0 < 720
    assert frame.miles_wide < 60
    assert len(frame.extent().boxes()) == 2


@pytest.mark.parametrize(
    ("extent", "boxes"),
    [
        (Extent(1, 2, 3, 4), (Box(1, 2, 3, 4),)),
        (Extent(1, 2, 170, 190), (Box(1, 2, 170, 180), Box(1, 2, -180, -170))),
        (Extent(1, 2, -190, -170), (Box(1, 2, 170, 180), Box(1, 2, -180, -170))),
        (Extent(1, 2, 190, 195), (Box(1, 2, -170, -165),)),
        (Extent(-95, 95, -200, 200), (Box(-90, 90, -180, 180),)),
    ],
)
def test_an_extent_is_asked_for_in_boxes(extent: Extent, boxes: tuple[Box, ...]) -> None:
    assert extent.boxes() == boxes


def test_searches_around_one_town_share_few_frames() -> None:
    town = TOWNS["Orlando"]
    frames = {framed([town, *around(town, 25, 10)[start : start + 6]]) for start in range(5)}
    jittered = {framed([Point(town.latitude + i / 2000, town.longitude - i / 2000), *around(town, 25, 10)]) for i in range(10)}
    assert len(jittered) <= 2
    assert len(frames) <= 5


@given(st.lists(st.builds(Point, st.floats(-89, 89), st.floats(-180, 180)), min_size=1, max_size=8))
def test_any_points_have_a_frame_that_holds_them(points: list[Point]) -> None:
    anchor = points[0].longitude
    points = [point for point in points if abs((point.longitude - anchor + 180) % 360 - 180) < 85]
    frame = framed(points)
    for point in points:
        x, y = frame.spot(point.latitude, point.longitude)
        assert -1 <= x <= 721
        assert -1 <= y <= 601
