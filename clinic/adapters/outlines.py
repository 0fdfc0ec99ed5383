"""Coasts, state lines and county lines of the United States, from data/outlines.json; its head says whose they are."""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from math import floor
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from clinic.cartography.drawing import Spot
from clinic.cartography.frame import Extent

DATA = Path(__file__).parent / "data" / "outlines.json"


class Arc(NamedTuple):
    """A line and the box that holds it, in degrees."""

    west: float
    south: float
    east: float
    north: float
    xs: array[float]
    ys: array[float]


class Ring(NamedTuple):
    """Arcs from end to end, each with whether it is to be walked backward, and the box that holds them."""

    west: float
    south: float
    east: float
    north: float
    arcs: tuple[tuple[Arc, bool], ...]


@dataclass(frozen=True, slots=True)
class Outlines:
    """What lies in an extent, as spots of (longitude, latitude): longitudes run on past ±180, as the extent's do.

    Areas agree with the real ones inside the extent only; outside, they are cut short. Lines are whole arcs.
    """

    land: list[list[Spot]]
    abroad: list[list[Spot]]
    state_lines: list[list[Spot]]
    county_lines: list[list[Spot]]


def outlines_within(extent: Extent, *, counties: bool = True) -> Outlines:
    """What lies in the extent; without the county lines, if they are not wanted. The first call of a process loads the file."""
    atlas = _atlas()
    found = Outlines([], [], [], [])
    for turn in (0, -360, 360):  # which of the earth's turns the extent reaches into
        if not (extent.west - turn < 180 and extent.east - turn > -180):
            continue
        here = Extent(extent.south, extent.north, extent.west - turn, extent.east - turn)
        found.land.extend(_areas(atlas.land, here, turn))
        found.abroad.extend(_areas(atlas.abroad, here, turn))
        found.state_lines.extend(_spots(arc, turn) for arc in atlas.state_lines if _touches(arc, here))
        if counties:
            found.county_lines.extend(_spots(arc, turn) for arc in atlas.counties_near(here) if _touches(arc, here))
    return found


def state_shapes() -> dict[str, list[list[Spot]]]:
    """Every state, the District and the territories by their codes: rings of (longitude, latitude), lakes among them."""
    return {code: [_walked(ring) for ring in rings] for code, rings in _atlas().states.items()}


class _Atlas:
    """The file, decoded. County lines are filed by whole degrees; of the others there are few."""

    def __init__(self, data: dict[str, Any]) -> None:
        scale, shift = data["scale"], data["translate"]
        kinds = ("coast", "state", "county")
        coast, state, county = ([_arc(row, scale, shift) for row in data[kind]] for kind in kinds)
        shared = coast + state
        self.state_lines = [_joined(_ring(line, shared)) for line in data["borders"]]
        self.land = [_ring(ring, shared) for ring in data["land"]]
        self.states = {code: [_ring(ring, shared) for ring in rings] for code, rings in data["states"].items()}
        self.abroad: list[Ring] = [_ring([0], [_arc(row, scale, shift)]) for row in data["abroad"]]
        self._counties: defaultdict[tuple[int, int], list[Arc]] = defaultdict(list)
        for arc in county:
            for cell in _cells(arc.west, arc.south, arc.east, arc.north):
                self._counties[cell].append(arc)

    def counties_near(self, extent: Extent) -> Iterable[Arc]:
        cells = _cells(extent.west, extent.south, extent.east, extent.north)
        lines = chain.from_iterable(self._counties[cell] for cell in cells if cell in self._counties)
        return {id(arc): arc for arc in lines}.values()


_loaded: list[_Atlas] = []
_loading = Lock()


def _atlas() -> _Atlas:
    if not _loaded:
        with _loading:
            if not _loaded:
                _loaded.append(_Atlas(json.loads(DATA.read_text(encoding="utf-8"))))
    return _loaded[0]


def _arc(row: Sequence[int], scale: Sequence[float], shift: Sequence[float]) -> Arc:
    xs = array("d", [x * scale[0] + shift[0] for x in accumulate(row[::2])])
    ys = array("d", [y * scale[1] + shift[1] for y in accumulate(row[1::2])])
    return Arc(min(xs), min(ys), max(xs), max(ys), xs, ys)


def _ring(numbers: Sequence[int], arcs: Sequence[Arc]) -> Ring:
    parts = [arcs[number if number >= 0 else ~number] for number in numbers]
    west, south = min(arc.west for arc in parts), min(arc.south for arc in parts)
    east, north = max(arc.east for arc in parts), max(arc.north for arc in parts)
    return Ring(west, south, east, north, tuple(zip(parts, [number < 0 for number in numbers], strict=True)))


def _joined(line: Ring) -> Arc:
    xs, ys = array("d"), array("d")
    for arc, backward in line.arcs:
        xs.extend(arc.xs[::-1] if backward else arc.xs)
        ys.extend(arc.ys[::-1] if backward else arc.ys)
    return Arc(line.west, line.south, line.east, line.north, xs, ys)


def _cells(west: float, south: float, east: float, north: float) -> Iterator[tuple[int, int]]:
    for x in range(floor(west), floor(east) + 1):
        for y in range(floor(south), floor(north) + 1):
            yield x, y


def _touches(arc: Arc, box: Extent) -> bool:
    return arc.west <= box.east and arc.east >= box.west and arc.south <= box.north and arc.north >= box.south


def _spots(arc: Arc, turn: int) -> list[Spot]:
    return list(zip([x + turn for x in arc.xs] if turn else arc.xs, arc.ys, strict=True))


def _walked(ring: Ring) -> list[Spot]:
    return [spot for arc, backward in ring.arcs for spot in (_spots(arc, 0)[:0:-1] if backward else _spots(arc, 0)[:-1])]


def _areas(rings: Iterable[Ring], box: Extent, turn: int) -> Iterator[list[Spot]]:
    """Rings that reach into the box. Of arcs wholly beyond one of its sides nothing can be seen: a point stands for them."""
    south, north, west, east = box.south, box.north, box.west, box.east
    for ring in rings:
        if ring.west > east or ring.east < west or ring.south > north or ring.north < south:
            continue
        spots: list[Spot] = []
        before = 0
        for arc, backward in ring.arcs:
            beyond = 1 if arc.east < west else 2 if arc.west > east else 3 if arc.north < south else 4 if arc.south > north else 0
            if not beyond:
                spots.extend(_spots(arc, turn)[:0:-1] if backward else _spots(arc, turn)[:-1])
            elif beyond != before:
                start = -1 if backward else 0
                spots.append((arc.xs[start] + turn, arc.ys[start]))
            before = beyond
        yield spots
