"""Points, distances and radii. Degrees WGS-84, miles of 1,609.344 m.

Candidates are found with boxes and the haversine, which the database can do; what is shown and ranked by is
`distance_miles`, the geodesic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from clinic.domain.errors import InvalidInput

METRES_PER_MILE = 1609.344
EARTH_RADIUS_MILES = 6371.0088 / 1.609344

HAVERSINE_SLACK = 1.006
"""The sphere says at most this many times the geodesic: 6371.0088 km over 6335.44 km, the ellipsoid's smallest radius of
curvature, is 1.0056 (north to south at the equator; Guam comes to 1.0051)."""

RADIUS_STEPS = (25.0, 50.0, 100.0)

_A = 6378137.0
_F = 1 / 298.257223563
_B = _A * (1 - _F)
_F16 = _F / 16
_EP2 = (_A * _A - _B * _B) / (_B * _B)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth, in degrees. Latitude -90..90, longitude -180..180, else InvalidInput."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not -90 <= self.latitude <= 90:  # also refuses NaN
            raise InvalidInput({"latitude": "A latitude is between -90 and 90 degrees. Check the number, or type a ZIP code."})
        if not -180 <= self.longitude <= 180:
            raise InvalidInput(
                {"longitude": "A longitude is between -180 and 180 degrees. Check the number, or type a ZIP code."}
            )

    def rounded(self) -> Point:
        """The same place to 0.01 degree, about half a mile: enough to search by, too coarse to find a home."""
        return Point(round(self.latitude, 2), round(self.longitude, 2))


def address_line(street: str, city: str, state: str, postal_code: str | None) -> str:
    """An address on one line."""
    return f"{street}, {city}, {state} {postal_code or ''}".strip()


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of latitude and longitude that does not cross the 180th meridian. Edges belong to it."""

    south: float
    north: float
    west: float
    east: float


def wider(radius_miles: float) -> float | None:
    """The next radius to try, or None: no radius, the nearest wherever it is."""
    return next((step for step in RADIUS_STEPS if step > radius_miles), None)


def boxes(point: Point, radius_miles: float) -> tuple[Box, ...]:
    """Boxes that hold everything within `radius_miles` geodesic of `point`: one, or two where it crosses ±180."""
    reach = max(radius_miles, 0.0) * HAVERSINE_SLACK / EARTH_RADIUS_MILES + 1e-9
    south, north = point.latitude - math.degrees(reach), point.latitude + math.degrees(reach)
    if south <= -90 or north >= 90:  # a pole is inside: every meridian is
        return (Box(max(south, -90.0), min(north, 90.0), -180.0, 180.0),)
    # A circle is widest nearer the pole than its centre, where its sides touch two meridians.
    half = math.degrees(math.asin(min(1.0, math.sin(reach) / math.cos(math.radians(point.latitude)))))
    west, east = point.longitude - half, point.longitude + half
    if west <= -180:
        return (Box(south, north, -180.0, east), Box(south, north, west + 360, 180.0))
    if east >= 180:
        return (Box(south, north, west, 180.0), Box(south, north, -180.0, east - 360))
    return (Box(south, north, west, east),)


def haversine_miles(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance on the mean sphere; within 0.6% of the geodesic. For candidates, not for display."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    across = math.sin(math.radians(lon2 - lon1) / 2)
    up = math.sin((phi2 - phi1) / 2)
    h = up * up + math.cos(phi1) * math.cos(phi2) * across * across
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(min(1.0, h)))


def distance_miles(a: Point, b: Point) -> float:
    """Geodesic distance on WGS-84, by Vincenty's inverse formula (Survey Review 23, 1975).

    Agrees with geopy's geodesic to well under a millimetre between any two places of the United States, at a tenth
    of the time. Between near-antipodal points, where the formula does not converge, the great circle (within 0.6%).
    """
    if a == b:
        return 0.0
    sin_u1, cos_u1 = _reduced(a.latitude)
    sin_u2, cos_u2 = _reduced(b.latitude)
    ss, cc, sc, cs = sin_u1 * sin_u2, cos_u1 * cos_u2, sin_u1 * cos_u2, cos_u1 * sin_u2
    span = math.radians((b.longitude - a.longitude + 180) % 360 - 180)
    lon = span
    for _ in range(50):
        sin_lon, cos_lon = math.sin(lon), math.cos(lon)
        sin_sigma = math.hypot(cos_u2 * sin_lon, cs - sc * cos_lon)
        if sin_sigma == 0.0:  # the same place under two longitudes, or exact antipodes
            return 0.0 if cos_lon > 0 and ss >= 0 else haversine_miles(a.latitude, a.longitude, b.latitude, b.longitude)
        cos_sigma = ss + cc * cos_lon
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cc * sin_lon / sin_sigma
        cos2_alpha = 1 - sin_alpha * sin_alpha
        cos_2sm = cos_sigma - 2 * ss / cos2_alpha if cos2_alpha > 1e-15 else 0.0  # on the equator
        c = _F16 * cos2_alpha * (4 + _F * (4 - 3 * cos2_alpha))
        turn = cos_2sm + c * cos_sigma * (2 * cos_2sm * cos_2sm - 1)
        before, lon = lon, span + (1 - c) * _F * sin_alpha * (sigma + c * sin_sigma * turn)
        if abs(lon - before) < 1e-12:
            return _arc_miles(sigma, sin_sigma, cos_sigma, cos2_alpha, cos_2sm)
        if abs(lon) > math.pi:
            break
    return haversine_miles(a.latitude, a.longitude, b.latitude, b.longitude)


@lru_cache(maxsize=65536)  # the same clinics are looked at again and again
def _reduced(latitude: float) -> tuple[float, float]:
    """Sine and cosine of the reduced latitude: the point's on the auxiliary sphere."""
    u = math.atan((1 - _F) * math.tan(math.radians(latitude)))
    return math.sin(u), math.cos(u)


def _arc_miles(sigma: float, sin_sigma: float, cos_sigma: float, cos2_alpha: float, cos_2sm: float) -> float:
    u2 = cos2_alpha * _EP2
    big_a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    big_b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    squared = cos_2sm * cos_2sm
    inner = big_b / 6 * cos_2sm * (4 * sin_sigma * sin_sigma - 3) * (4 * squared - 3)
    shift = big_b * sin_sigma * (cos_2sm + big_b / 4 * (cos_sigma * (2 * squared - 1) - inner))
    return _B * big_a * (sigma - shift) / METRES_PER_MILE
