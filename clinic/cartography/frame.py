"""The frame of a map: which part of the earth it shows, and where on the sheet each place lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.domain.geography.places import Box, Point

MILES_PER_DEGREE = 69.1
"""Of latitude; 68.7 at the equator, 69.3 in Alaska."""

SCALE_STEP = 2**0.25
STEPS_ACROSS = 24


@dataclass(frozen=True, slots=True)
class Extent:
    """A rectangle of latitude and longitude. Unlike a Box it may cross the 180th meridian: its longitudes then run on past it."""

    south: float
    north: float
    west: float
    east: float

    def boxes(self) -> tuple[Box, ...]:
        """The same as boxes that a database can be asked for: one, or two."""
        south, north = max(self.south, -90.0), min(self.north, 90.0)
        if self.east - self.west >= 360:
            return (Box(south, north, -180.0, 180.0),)
        west, east = (_within_half_turn(self.west, 0.0), _within_half_turn(self.east, 0.0))
        if west <= east:
            return (Box(south, north, west, east),)
        return (Box(south, north, west, 180.0), Box(south, north, -180.0, east))


@dataclass(frozen=True, slots=True)
class Frame:
    """A sheet of `width` by `height` units, over the earth around `center`.

    Equirectangular: degrees of longitude are drawn as long as they are at the center. On a sheet of 60 miles distances are
    within 1% in the lower 48 states, within 2% in Alaska; on one of 200 within 2.5% and 4.5%.
    """

    center: Point
    units_per_mile: float
    width: int
    height: int

    def spot(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place lies on the sheet, or beyond it."""
        across = _within_half_turn(longitude, self.center.longitude) - self.center.longitude
        return self.width / 2 + across * self.units_across, self.height / 2 - (latitude - self.center.latitude) * self.units_up

    @property
    def units_up(self) -> float:
        """A degree of latitude on the sheet."""
        return self.units_per_mile * MILES_PER_DEGREE

    @property
    def units_across(self) -> float:
        """A degree of longitude."""
        return self.units_up * max(math.cos(math.radians(self.center.latitude)), 0.01)

    @property
    def miles_wide(self) -> float:
        return self.width / self.units_per_mile

    def extent(self, margin: float = 0.0) -> Extent:
        """What the sheet shows, and `margin` units more on every side."""
        up, across = (self.height / 2 + margin) / self.units_up, (self.width / 2 + margin) / self.units_across
        here = self.center
        return Extent(here.latitude - up, here.latitude + up, here.longitude - across, here.longitude + across)


def frame_around(points: Sequence[Point], *, width: int, height: int, padding: float, least_miles: float) -> Frame:
    """A close frame that holds all of `points`, `padding` units or more inside its edges, and is `least_miles` wide or more.

    At least one point; they may lie on both sides of the 180th meridian. Frames come in steps of scale and of place, so that
    searches around one town, whatever they find, mostly have the same frame, and what was drawn for it serves again.
    """
    anchor = points[0].longitude
    longitudes = [_within_half_turn(point.longitude, anchor) for point in points]
    latitudes = [point.latitude for point in points]
    south, north, west, east = min(latitudes), max(latitudes), min(longitudes), max(longitudes)
    middle = (south + north) / 2
    shrink = max(math.cos(math.radians(middle)), 0.01)
    edge = 2 * (padding + width / STEPS_ACROSS)
    needed = max((east - west) * MILES_PER_DEGREE * shrink / (width - edge), (north - south) * MILES_PER_DEGREE / (height - edge))
    steps = max(0, math.ceil(math.log(max(needed * width / least_miles, 1.0), SCALE_STEP)))
    miles_wide = least_miles * SCALE_STEP**steps
    step = miles_wide / STEPS_ACROSS / MILES_PER_DEGREE
    latitude, longitude = round(middle / step) * step, round((west + east) / 2 / step) * step
    return Frame(Point(latitude, _within_half_turn(longitude, 0.0)), width / miles_wide, width, height)


def _within_half_turn(longitude: float, of: float) -> float:
    """The same meridian, at most 180 degrees from `of`."""
    return (longitude - of + 180) % 360 - 180 + of
