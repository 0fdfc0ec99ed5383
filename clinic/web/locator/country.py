"""The map of all clinics: the states, those with clinics lit and each a link, Alaska and the islands in a row below."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from clinic.adapters.outlines import state_shapes
from clinic.cartography.drawing import Rectangle, Spot, path, thinned
from clinic.domain.geography.states import STATES

WIDTH = 720
MAINLAND: Rectangle = (10.0, 10.0, 710.0, 448.0)
ROW: Rectangle = (10.0, 468.0, 710.0, 560.0)
LABEL = 32  # below the row
DETAIL = 1.5
GRID = 4  # units: clinics nearer than that are one dot

ISLANDS = {  # in the order of the row: label, and the width that it needs
    "AK": ("Alaska", 140), "HI": ("Hawaii", 130), "PR": ("Puerto Rico", 150), "VI": ("Virgin Is.", 135),
    "GU": ("Guam", 90), "MP": ("Marianas", 120), "AS": ("Samoa", 100),
}  # fmt: skip
ALWAYS = {"AK", "HI"}
PEOPLED: Mapping[str, Rectangle] = {"HI": (-161.0, 18.0, -154.0, 23.0), "MP": (145.0, 14.0, 146.0, 16.0)}
"""West, south, east, north of the islands that people live on; their chains of islets would make them too small to see."""

Project = Callable[[float, float], Spot]


@dataclass(frozen=True, slots=True)
class StateShape:
    """A state's shape. `href` is '' where there is no clinic."""

    name: str
    clinics: int
    path: str
    href: str


@dataclass(frozen=True, slots=True)
class CountryMap:
    """What components/country_map.html draws; states with clinics come last, so that their outlines are whole.

    `dots` is path data of points. Labels are x, y and the text below an inset.
    """

    width: int
    height: int
    states: tuple[StateShape, ...]
    dots: str
    labels: tuple[tuple[int, int, str], ...]


def country(counts: Mapping[str, int], hrefs: Mapping[str, str], clinics: Iterable[tuple[str, float, float]] = ()) -> CountryMap:
    """The map of a chain: how many clinics there are in each state, where the state's shape leads, and (state, latitude,
    longitude) of each clinic, for a dot; without them the states alone are lit.

    Codes that are no state's are left out. Some 19 kB; the first call of a process draws the shapes, in 0.1 seconds.
    """
    islands = tuple(code for code in ISLANDS if code in ALWAYS or counts.get(code))
    sheet = _sheet(islands)
    dots = {_on_grid(sheet.spots[code](latitude, longitude)) for code, latitude, longitude in clinics if code in sheet.spots}
    states = [
        StateShape(STATES[code], counts.get(code, 0), shape, hrefs.get(code, "") if counts.get(code) else "")
        for code, shape in sheet.paths.items()
    ]
    return CountryMap(
        width=WIDTH,
        height=sheet.height,
        states=tuple(sorted(states, key=lambda state: (state.clinics > 0, state.name))),
        dots="".join(f"M{x} {y}h0" for x, y in sorted(dots)),
        labels=sheet.labels,
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How each state is drawn: its shape, and the projection that it has."""

    height: int
    paths: Mapping[str, str]
    spots: Mapping[str, Project]
    labels: tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=8)
def _sheet(islands: tuple[str, ...]) -> _Sheet:
    shapes = state_shapes()
    mainland = [code for code in shapes if code not in ISLANDS]
    groups: list[tuple[list[str], Project, Rectangle]] = [(mainland, albers(29.5, 45.5, 37.5, -96.0), MAINLAND)]
    left, top, right, bottom = ROW
    needed = sum(ISLANDS[code][1] for code in islands)
    share = min(1.0, (right - left) / needed)
    left += max(0.0, (right - left - needed) / 2)
    labels = []
    for code in islands:
        wide = ISLANDS[code][1] * share
        groups.append(([code], _projection(code, shapes[code]), (left + 8, top, left + wide - 8, bottom)))
        labels.append((round(left + wide / 2), round(bottom) + LABEL // 2 + 2, ISLANDS[code][0] if share == 1 else code))
        left += wide
    paths: dict[str, str] = {}
    spots: dict[str, Project] = {}
    for codes, project, box in groups:
        drawn = {code: [[project(y, x) for x, y in ring] for ring in _peopled(code, shapes[code])] for code in codes}
        fit = _fitted([spot for rings in drawn.values() for ring in rings for spot in ring], box)
        for code, rings in drawn.items():
            paths[code] = path((thinned([fit(spot) for spot in ring], DETAIL) for ring in rings), closed=True)
            spots[code] = _after(project, fit)
    return _Sheet(round(bottom) + LABEL, paths, spots, tuple(labels))


def albers(first: float, second: float, latitude: float, longitude: float) -> Project:
    """Albers' equal-area conic projection on the sphere, by its two parallels and its origin; y downward, radius 1.

    Snyder, Map Projections: A Working Manual (USGS Professional Paper 1395, 1987), pages 100-101.
    """
    one, two = math.sin(math.radians(first)), math.sin(math.radians(second))
    n = (one + two) / 2
    c = math.cos(math.radians(first)) ** 2 + 2 * n * one
    rho_0 = math.sqrt(c - 2 * n * math.sin(math.radians(latitude))) / n

    def project(y: float, x: float) -> Spot:
        rho = math.sqrt(c - 2 * n * math.sin(math.radians(y))) / n
        theta = n * math.radians((x - longitude + 180) % 360 - 180)
        return rho * math.sin(theta), rho * math.cos(theta) - rho_0

    return project


def _projection(code: str, rings: Iterable[list[Spot]]) -> Project:
    if code == "AK":
        return albers(55.0, 65.0, 50.0, -154.0)
    shrink = math.cos(math.radians(next(iter(rings))[0][1]))
    return lambda latitude, longitude: (longitude * shrink, -latitude)


def _peopled(code: str, rings: Iterable[list[Spot]]) -> list[list[Spot]]:
    west, south, east, north = PEOPLED.get(code, (-180.0, -90.0, 180.0, 90.0))
    return [ring for ring in rings if west <= ring[0][0] <= east and south <= ring[0][1] <= north]


def _fitted(spots: Iterable[Spot], box: Rectangle) -> Callable[[Spot], Spot]:
    """Moves and scales the spots into the middle of the box."""
    xs, ys = zip(*spots, strict=True)
    left, top, right, bottom = box
    wide, tall = max(xs) - min(xs), max(ys) - min(ys)
    scale = min((right - left) / wide, (bottom - top) / tall)
    shift_x = (left + right) / 2 - (max(xs) + min(xs)) / 2 * scale
    shift_y = (top + bottom) / 2 - (max(ys) + min(ys)) / 2 * scale
    return lambda spot: (spot[0] * scale + shift_x, spot[1] * scale + shift_y)


def _after(project: Project, fit: Callable[[Spot], Spot]) -> Project:
    return lambda latitude, longitude: fit(project(latitude, longitude))


def _on_grid(spot: Spot) -> tuple[int, int]:
    return round(spot[0] / GRID) * GRID, round(spot[1] / GRID) * GRID
