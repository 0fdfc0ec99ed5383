"""Makes data/outlines.json, for developers who renew it; nothing else imports this.

    npm pack us-atlas@3.0.1 && tar xzf us-atlas-3.0.1.tgz --transform s/package/us-atlas/
    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz --transform s/package/world-atlas/
    python -m clinic.adapters.outlines_source us-atlas/counties-10m.json world-atlas/countries-10m.json

Both files are TopoJSON: shapes share their borders, and a border ("arc") is stored once. An arc that only one county
has is a coast or a frontier, one between two states is a state line, the rest are county lines; that is all the map
needs to know, so the counties themselves are not kept, and their lines are joined into longer ones. Of the neighbors,
only what lies near the United States is kept.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from clinic.adapters.outlines import DATA
from clinic.cartography.drawing import Rectangle, Spot, cut_area
from clinic.domain.geography.states import STATE_OF

ABOUT = (
    "Outlines of the United States: coasts, state lines and county lines, with the nearest parts of other countries.",
    "All but 'abroad': U.S. Census Bureau, cartographic boundary files, 2017 edition (a federal work, in the public domain),",
    "simplified in the npm package us-atlas 3.0.1, counties-10m.json (ISC licence, Michael Bostock): the 50 states, DC, PR,",
    "VI, GU, MP and AS; not Wake Island and the other minor outlying islands.",
    "'abroad': Natural Earth 4.1.0, 1:10m countries (public domain), in the npm package world-atlas 2.0.2 (ISC licence).",
    "Made by clinic/adapters/outlines_source.py, which says how to make it again. Do not edit.",
    "An arc is x, y, then steps dx, dy; degrees are x * scale + translate. Rings (land, states) and lines (borders) name arcs",
    "of coast, then of state; -1 - n is arc n backward.",
)
NAMES = {"Commonwealth of the Northern Mariana Islands": "MP", "United States Virgin Islands": "VI"}

NEAR: Mapping[str, tuple[Rectangle, ...]] = {
    "Canada": ((-142.0, 51.5, -127.0, 72.0), (-135.0, 40.5, -58.0, 51.5)),
    "Mexico": ((-121.0, 23.0, -95.0, 34.0),),
    "Russia": ((-180.0, 60.0, -168.0, 70.0),),
    "Cuba": ((-85.0, 21.0, -74.0, 24.0),),
    "Bahamas": ((-81.0, 22.0, -74.0, 28.0),),
    "Dominican Rep.": ((-70.0, 17.0, -67.0, 20.0),),
    "British Virgin Is.": ((-65.5, 18.0, -64.0, 19.0),),
    "Samoa": ((-173.0, -15.0, -171.0, -13.0),),
}
"""West, south, east, north of what a map of a place in the United States can show."""

COARSE = 0.012  # degrees: under a mile, for land where we have no clinics
LEAST_AREA = 0.002  # square degrees: islands smaller than five square miles are left out

LONGEST, LONGEST_BORDER = 24, 60  # points of a joined line: short enough to leave out most of what is not on a map

Json = dict[str, Any]
Whole = tuple[int, int]


def outlines_from(us: Json, world: Json) -> Json:
    """The content of outlines.json, from the two topologies."""
    nation, states, counties = (list(_rings(us["objects"][name])) for name in ("nation", "states", "counties"))
    kinds = ("coast", "state", "county")
    order: dict[int, int] = {}
    found: dict[str, list[int]] = {}
    for kind, rings in zip(kinds, (nation, states, counties), strict=True):
        found[kind] = list(dict.fromkeys(number for _, ring in rings for arc in ring if (number := _number(arc)) not in order))
        order.update({number: len(order) + index for index, number in enumerate(found[kind])})

    def renamed(ring: Sequence[int]) -> list[int]:
        return [order[arc] if arc >= 0 else ~order[~arc] for arc in ring]

    by_state: dict[str, list[list[int]]] = {}
    for name, ring in states:
        by_state.setdefault(NAMES.get(name) or STATE_OF[name.lower()], []).append(renamed(ring))
    coasts = len(found["coast"])
    return {
        "about": ABOUT,
        **us["transform"],
        "coast": [_flat(us["arcs"][number]) for number in found["coast"]],
        "state": [_flat(us["arcs"][number]) for number in found["state"]],
        "county": [_flat(_steps(line)) for line in _longer([_walk(us["arcs"][n]) for n in found["county"]])],
        "abroad": [_quantised(ring, us["transform"]) for ring in _neighbors(world)],
        "land": [renamed(ring) for _, ring in nation],
        "borders": [
            [coasts + part if part >= 0 else part - coasts for part in parts]
            for parts in _joined([_walk(us["arcs"][n]) for n in found["state"]], LONGEST_BORDER)
        ],
        "states": {code: by_state[code] for code in sorted(by_state)},
    }


def written(outlines: Json) -> str:
    """As JSON with an arc or a ring a line, so that a change can be read."""
    parts = [f'"{key}": {_block(value)}' for key, value in outlines.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _block(value: Any) -> str:
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f'"{key}": {json.dumps(row, separators=(",", ":"))}' for key, row in value.items()) + "\n}"
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in value) + "\n]"


def _number(arc: int) -> int:
    return arc if arc >= 0 else ~arc


def _rings(collection: Json) -> Iterator[tuple[str, list[int]]]:
    """The name of each shape with each of its rings, lakes included."""
    for shape in collection["geometries"]:
        parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        yield from ((shape.get("properties", {}).get("name", ""), ring) for rings in parts for ring in rings)


def _flat(arc: Iterable[Sequence[int]]) -> list[int]:
    return [number for step in arc for number in step]


def _walk(arc: Iterable[Sequence[int]]) -> list[Whole]:
    steps = list(arc)
    return list(zip(accumulate(step[0] for step in steps), accumulate(step[1] for step in steps), strict=True))


def _steps(line: Sequence[Whole]) -> list[Whole]:
    """The first point, then the way from each to the next."""
    return [line[0], *((x - px, y - py) for (px, py), (x, y) in pairwise(line) if (x, y) != (px, py))]


def _joined(lines: Sequence[list[Whole]], longest: int) -> Iterator[list[int]]:
    """The lines end to end, the straightest way on where several meet, until that many points: less to keep, less to draw.

    As numbers of lines; -1 - n is line n backward.
    """
    ends: defaultdict[Whole, dict[int, None]] = defaultdict(dict)
    for index, line in enumerate(lines):
        ends[line[0]][index] = ends[line[-1]][index] = None
    left = dict.fromkeys(range(len(lines)))
    while left:
        chain = [next(iter(left))]
        del left[chain[0]]
        points = len(lines[chain[0]])
        for _ in range(2):  # onward from one end, then from the other
            while points < longest:
                last = _turned(lines, chain[-1])
                ahead = [n if lines[n][0] == last[-1] else ~n for n in ends[last[-1]] if n in left]
                if not ahead:
                    break
                straight = [_straightness(last[-2], last[-1], _turned(lines, n)[1]) for n in ahead]
                chain.append(ahead[straight.index(max(straight))])
                del left[_number(chain[-1])]
                points += len(lines[_number(chain[-1])]) - 1
            chain = [~n for n in reversed(chain)]
        yield chain


def _longer(lines: Sequence[list[Whole]]) -> Iterator[list[Whole]]:
    for chain in _joined(lines, LONGEST):
        parts = [_turned(lines, number) for number in chain]
        yield parts[0] + [spot for part in parts[1:] for spot in part[1:]]


def _turned(lines: Sequence[list[Whole]], number: int) -> list[Whole]:
    return lines[number] if number >= 0 else lines[~number][::-1]


def _straightness(before: Whole, at: Whole, after: Whole) -> float:
    """The cosine of the turn, as if degrees were square."""
    ax, ay, bx, by = at[0] - before[0], at[1] - before[1], after[0] - at[0], after[1] - at[1]
    return (ax * bx * 16 + ay * by) / (((ax * ax * 16 + ay * ay) * (bx * bx * 16 + by * by)) ** 0.5 or 1)


def _neighbors(world: Json) -> Iterator[list[Spot]]:
    for name, ring in _rings(world["objects"]["countries"]):
        spots = _spots(world, ring) if name in NEAR else []
        for part in NEAR.get(name, ()):
            piece = _simplified(cut_area(spots, part))
            if len(piece) > 3 and _area(piece) > LEAST_AREA:
                yield piece


def _spots(topology: Json, ring: Iterable[int]) -> list[Spot]:
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    spots: list[Spot] = []
    for arc in ring:
        line = [(x * scale_x + left, y * scale_y + bottom) for x, y in _walk(topology["arcs"][_number(arc)])]
        spots += (line if arc >= 0 else line[::-1])[:-1]
    return spots


def _area(ring: Sequence[Spot]) -> float:
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _simplified(ring: Sequence[Spot]) -> list[Spot]:
    """By Douglas and Peucker, to COARSE: from the first point and back to it."""
    kept = [False] * len(ring)
    spans = [(0, len(ring) // 2), (len(ring) // 2, len(ring) - 1)] if ring else []
    for first, last in spans:
        kept[first] = kept[last] = True
    while spans:
        first, last = spans.pop()
        (x0, y0), (x1, y1) = ring[first], ring[last]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        farthest, where = COARSE, 0
        for index in range(first + 1, last):
            x, y = ring[index]
            off = abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length if length else ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
            if off > farthest:
                farthest, where = off, index
        if where:
            kept[where] = True
            spans += [(first, where), (where, last)]
    return [spot for spot, stays in zip(ring, kept, strict=True) if stays]


def _quantised(ring: Sequence[Spot], transform: Json) -> list[int]:
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    whole = [(round((x - left) / scale_x), round((y - bottom) / scale_y)) for x, y in ring]
    return _flat(_steps([*whole, whole[0]]))


if __name__ == "__main__":
    topologies = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    DATA.write_text(written(outlines_from(*topologies)), encoding="utf-8")
