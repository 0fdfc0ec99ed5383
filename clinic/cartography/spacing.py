"""Numbers and names on a map, each as near its place as can be without covering another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clinic.cartography.drawing import Rectangle, Spot

_TURNS = [math.tau * turn / 24 for turn in range(24)]
_FAR = [far / 8 for far in range(1, 12)] + [far / 4 for far in range(6, 29)]
_AWAY: list[Spot] = [(far * math.cos(turn), far * math.sin(turn)) for far in _FAR for turn in _TURNS]
"""Where to try next, as parts of the distance to keep: in circles, outward. They have room for 20 in one place."""


class PlacedText(NamedTuple):
    """A line of text as wide as it will be drawn, and the middle of where it belongs."""

    text: str
    x: float
    y: float
    width: float


def spread(spots: Sequence[Spot], apart: float, inside: Rectangle, kept_clear: Sequence[tuple[Spot, float]] = ()) -> list[Spot]:
    """A place for each spot: no two nearer than `apart`, none nearer to a spot kept clear than that asks, all `inside`.

    Those with nobody near stay where they are; of the others the first has the first choice. When there is no room left,
    a spot stays where it is.
    """
    placed: dict[int, Spot] = {}
    others = [[*spots[:index], *spots[index + 1 :]] for index in range(len(spots))]
    lonely = [index for index, spot in enumerate(spots) if _is_free(spot, others[index], apart, kept_clear)]
    for index in dict.fromkeys([*lonely, *range(len(spots))]):
        x, y = spots[index]
        taken = list(placed.values())
        tries = ((x + dx * apart, y + dy * apart) for dx, dy in [(0.0, 0.0), *_AWAY])
        free = (spot for spot in tries if _is_inside(spot, inside) and _is_free(spot, taken, apart, kept_clear))
        placed[index] = next(free, spots[index])
    return [placed[index] for index in range(len(spots))]


def room_for(
    words: Iterable[PlacedText], height: float, inside: Rectangle, taken: Iterable[Rectangle], most: int
) -> list[PlacedText]:
    """The first `most` of the words that find room at their place, or just above, below or beside it."""
    left, top, right, bottom = inside
    full = list(taken)
    found: list[PlacedText] = []
    for text, x, y, width in words:
        for dx, dy in ((0.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.6, 0.0), (-0.6, 0.0), (0.0, -1.8), (0.0, 1.8)):
            cx, cy = x + dx * width, y + dy * height
            box = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
            if box[0] >= left and box[1] >= top and box[2] <= right and box[3] <= bottom and not any(_meet(box, o) for o in full):
                found.append(PlacedText(text, cx, cy, width))
                full.append(box)
                break
        if len(found) == most:
            break
    return found


def _is_inside(spot: Spot, box: Rectangle) -> bool:
    return box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3]


def _is_free(spot: Spot, taken: Iterable[Spot], apart: float, kept_clear: Iterable[tuple[Spot, float]]) -> bool:
    x, y = spot
    least = apart * apart - 1e-6
    for ox, oy in taken:
        if (x - ox) * (x - ox) + (y - oy) * (y - oy) < least:
            return False
    return all((x - ox) ** 2 + (y - oy) ** 2 >= room * room for (ox, oy), room in kept_clear)


def _meet(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]
