"""The map: clinics as numbered pins over coasts and borders, drawn by the server as SVG. It asks nobody else for anything.

    shown = map_of(session(), pins, origin=place.point)     # beside results; pins lead to "#clinic-1", …
    shown = map_of(session(), [Pin(0, 28.54, -81.37, "Lake Clinic")], height=LOW)   # on a clinic's own page

and in the template `{{ clinic_map(shown, "Map of the 10 clinics listed") }}` of components/map.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from clinic.adapters.outlines import outlines_within
from clinic.cartography.drawing import Rectangle, Spot, cut_area, cut_line, path, thinned
from clinic.cartography.frame import Extent, Frame, frame_around
from clinic.cartography.spacing import PlacedText, room_for, spread
from clinic.domain.geography.gazetteer import Town
from clinic.domain.geography.places import Point
from clinic.extensions import Session
from clinic.usecases.operations.gazetteer import towns_within

WIDTH, HEIGHT, LOW = 720, 600, 420
PIN = 31
"""The radius of a pin. On a page 320 pixels wide the map has 284 at least, and a pin is 24 pixels across."""

APART = 2 * PIN + 2
EDGE = PIN + 28  # below the lowest pin the scale has room
ORIGIN = 16
MARGIN = 24  # what is drawn around the frame, so that no cut edge shows
DETAILS = ((120, 1.6), (1000, 2.4), (math.inf, 4.0))
"""Up to so many miles across, so many units: finer bends, of a pixel or two, are not sent."""

LEAST_MILES, LEAST_MILES_FOR_ONE = 16.0, 40.0
MOST_MILES = 4000.0  # from Guam to Honolulu
COUNTIES_UP_TO = 240.0  # miles across; on wider maps only states are told apart
SHORE = 1.5  # miles: neighbors are drawn that much wider, or slits would show along the frontier

TOWNS, TOWN_SIZE, LETTER = 6, 27, 15.0
ROUND_MILES = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Pin:
    """A clinic to be shown. `number` is what its card bears, 0 for none; `href` may be '' for a pin that leads nowhere.

    A screen reader says the number and `label`: "3, Lakeside Clinic, 2.4 miles".
    """

    number: int
    latitude: float
    longitude: float
    label: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class PlacedPin:
    """A pin at x, y. When it had to move aside, a line leads from it to where the clinic is, at_x, at_y."""

    pin: Pin
    x: int
    y: int
    at_x: int
    at_y: int

    @property
    def moved(self) -> float:
        """How far it had to; 0 when the clinic is under the middle of the pin even where pins are drawn at half their size."""
        far = math.dist((self.x, self.y), (self.at_x, self.at_y))
        return far if far > PIN / 2 else 0.0

    @property
    def clear(self) -> bool:
        """Whether the clinic is clear of the pin, so that its spot can be seen."""
        return self.moved > PIN + 8

    @property
    def name(self) -> str:
        return f"{self.pin.number}, {self.pin.label}" if self.pin.number else self.pin.label


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Path data of what lies under the pins; '' where there is none of it."""

    abroad: str
    land: str
    county_lines: str
    state_lines: str


@dataclass(frozen=True, slots=True)
class Map:
    """Everything that components/map.html draws, in units of a sheet of `width` by `height`.

    `beyond` are pins too far away for one map with the others. `scale` is a length in units and what it stands for.
    """

    width: int
    height: int
    backdrop: Backdrop
    shore: float
    pins: tuple[PlacedPin, ...]
    origin: tuple[int, int] | None
    towns: tuple[PlacedText, ...]
    scale: tuple[int, str]
    beyond: tuple[Pin, ...]


def map_of(session: Session, pins: Sequence[Pin], *, origin: Point | None = None, height: int = HEIGHT) -> Map:
    """The closest map that shows the pins, of which there is at least one, and the place searched, with towns named."""
    sheet = lay_out(pins, origin=origin, height=height)
    return draw(sheet, towns=towns_within(session, sheet.extent))


@dataclass(frozen=True, slots=True)
class MapSheet:
    """A map that has its frame but no drawing yet: `extent` says of where to fetch the towns."""

    frame: Frame
    pins: tuple[Pin, ...]
    origin: Point | None
    beyond: tuple[Pin, ...]

    @property
    def extent(self) -> Extent:
        return self.frame.extent()


def lay_out(pins: Sequence[Pin], *, origin: Point | None = None, height: int = HEIGHT) -> MapSheet:
    """The frame. A map of one pin is 40 miles wide, of more at least 16: less shows nothing that one knows.

    What lies over 4,000 miles from the origin or the first pin is left out: pins go `beyond`, an origin away from all is dropped.
    """
    near = _near(pins, origin) if origin else ()
    if not near:
        origin, near = None, _near(pins, Point(pins[0].latitude, pins[0].longitude))
    points = [Point(pin.latitude, pin.longitude) for pin in near] + ([origin] if origin else [])
    least = LEAST_MILES if len(near) > 1 else LEAST_MILES_FOR_ONE
    frame = frame_around(points, width=WIDTH, height=height, padding=EDGE, least_miles=least)
    return MapSheet(frame, near, origin, tuple(pin for pin in pins if pin not in near))


def draw(sheet: MapSheet, *, towns: Iterable[Town] = ()) -> Map:
    """The map. `towns`, the most important first, are named where there is room."""
    frame = sheet.frame
    at = [frame.spot(pin.latitude, pin.longitude) for pin in sheet.pins]
    origin = frame.spot(sheet.origin.latitude, sheet.origin.longitude) if sheet.origin else None
    inside = (EDGE, EDGE - 20, frame.width - EDGE, frame.height - EDGE)
    spots = spread(at, APART, inside, [(origin, PIN + ORIGIN)] if origin else ())
    whole = [(round(x), round(y)) for x, y in spots]
    return Map(
        width=frame.width,
        height=frame.height,
        backdrop=backdrop(frame),
        shore=round(min(SHORE * frame.units_per_mile, 60.0), 1),
        pins=tuple(PlacedPin(pin, *spot, round(x), round(y)) for pin, spot, (x, y) in zip(sheet.pins, whole, at, strict=True)),
        origin=(round(origin[0]), round(origin[1])) if origin else None,
        towns=_names(frame, towns, [*spots, *at], origin),
        scale=_scale(frame),
        beyond=sheet.beyond,
    )


@lru_cache(maxsize=256)  # some 6 kB each
def backdrop(frame: Frame) -> Backdrop:
    """What lies under the pins of every map with this frame."""
    wide = frame.miles_wide
    outlines = outlines_within(frame.extent(MARGIN + SHORE * frame.units_per_mile), counties=wide <= COUNTIES_UP_TO)
    around = (-float(MARGIN), -float(MARGIN), float(frame.width + MARGIN), float(frame.height + MARGIN))
    fine = next(detail for miles, detail in DETAILS if wide < miles)
    center, up, across = frame.center, frame.units_up, frame.units_across
    left, top = frame.width / 2 - center.longitude * across, frame.height / 2 + center.latitude * up

    def drawn(line: list[Spot]) -> list[Spot]:
        return [(left + longitude * across, top - latitude * up) for longitude, latitude in line]

    def areas(rings: Iterable[list[Spot]], box: Rectangle) -> str:
        cut = (cut_area(drawn(ring), box) for ring in rings)
        return path((thinned(ring, fine) for ring in cut), closed=True)

    def lines(found: Iterable[list[Spot]], detail: float = fine) -> str:
        return path(thinned(stretch, detail) for line in found for stretch in cut_line(drawn(line), around))

    wider = SHORE * frame.units_per_mile
    return Backdrop(
        abroad=areas(outlines.abroad, (around[0] - wider, around[1] - wider, around[2] + wider, around[3] + wider)),
        land=areas(outlines.land, around),
        county_lines=lines(outlines.county_lines, 1.5 * fine),
        state_lines=lines(outlines.state_lines),
    )


def _near(pins: Sequence[Pin], anchor: Point) -> tuple[Pin, ...]:
    """The pins that one map can show together with the anchor: no farther than that in latitude, nor in longitude."""
    frame = Frame(anchor, 1.0, 0, 0)
    spots = [frame.spot(pin.latitude, pin.longitude) for pin in pins]
    return tuple(pin for pin, (x, y) in zip(pins, spots, strict=True) if max(abs(x), abs(y)) <= MOST_MILES)


def _names(frame: Frame, towns: Iterable[Town], pins: Iterable[Spot], origin: Spot | None) -> tuple[PlacedText, ...]:
    taken = [(x - PIN - 2, y - PIN - 2, x + PIN + 2, y + PIN + 2) for x, y in pins]
    if origin:
        taken.append((origin[0] - ORIGIN, origin[1] - ORIGIN, origin[0] + ORIGIN, origin[1] + ORIGIN))
    words = (PlacedText(name, *frame.spot(latitude, longitude), len(name) * LETTER) for name, latitude, longitude in towns)
    inside = (8.0, 8.0, frame.width - 8.0, frame.height - 44.0)
    placed = room_for(words, TOWN_SIZE + 6, inside, taken, TOWNS)
    return tuple(PlacedText(name, round(x), round(y), width) for name, x, y, width in placed)


def _scale(frame: Frame) -> tuple[int, str]:
    """The longest round distance that fits into a quarter of the width."""
    room = frame.width / 4
    miles = max((m for m in ROUND_MILES if m * frame.units_per_mile <= room), default=ROUND_MILES[0])
    return round(miles * frame.units_per_mile), "1 mile" if miles == 1 else f"{miles:,g} miles"
