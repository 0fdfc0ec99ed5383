"""Lines and areas in the plane: cut to a rectangle, thinned to what can be seen, written as SVG path data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

Spot = tuple[float, float]
"""x, y: of any plane. In path data x grows to the right and y downward."""

Rectangle = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""


def cut_area(ring: Sequence[Spot], to: Rectangle) -> list[Spot]:
    """The part of the area inside `ring` that lies in the rectangle, as one ring; empty when none does.

    By Sutherland and Hodgman (Communications of the ACM 17, 1974): parts that fall asunder stay joined along the
    rectangle's edge, which does not show in a fill.
    """
    left, top, right, bottom = to
    cut = list(ring)
    cut = _half(cut, lambda p: p[0] - left)
    cut = _half(cut, lambda p: right - p[0])
    cut = _half(cut, lambda p: p[1] - top)
    return _half(cut, lambda p: bottom - p[1])


def cut_line(line: Sequence[Spot], to: Rectangle) -> Iterator[list[Spot]]:
    """The stretches of a line that may be seen in the rectangle: whole segments, so their ends may lie outside."""
    left, top, right, bottom = to
    stretch: list[Spot] = []
    for (x0, y0), (x1, y1) in pairwise(line):
        if (x0 < left and x1 < left) or (x0 > right and x1 > right) or (y0 < top and y1 < top) or (y0 > bottom and y1 > bottom):
            if stretch:
                yield stretch
                stretch = []
        elif stretch:
            stretch.append((x1, y1))
        else:
            stretch = [(x0, y0), (x1, y1)]
    if stretch:
        yield stretch


def thinned(line: Sequence[Spot], detail: float) -> list[Spot]:
    """The line without what is finer than `detail`: points too near the one before, and those hardly off the straight."""
    if len(line) < 3:
        return list(line)
    near, flat = detail * detail, detail * detail / 2
    (x, y), kept = line[0], [line[0]]
    for (px, py), (nx, ny) in pairwise(line[1:]):
        dx, dy = px - x, py - y
        if dx * dx + dy * dy < near or abs(dx * (ny - y) - dy * (nx - x)) < flat:
            continue
        kept.append((px, py))
        x, y = px, py
    kept.append(line[-1])
    return kept


def path(lines: Iterable[Sequence[Spot]], *, closed: bool = False) -> str:
    """Path data in whole numbers, each line relative to its own start; '' when nothing is left of them."""
    return "".join(_piece(line, closed) for line in lines)


def contains(ring: Sequence[Spot], x: float, y: float) -> bool:
    """Whether the spot lies inside the ring (even-odd; the last point need not repeat the first)."""
    inside = False
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def _half(ring: list[Spot], depth: Callable[[Spot], float]) -> list[Spot]:
    """What lies where `depth` is not negative: one pass of the cutting."""
    if not ring:
        return []
    kept: list[Spot] = []
    before, deep = ring[-1], depth(ring[-1])
    for point in ring:
        here = depth(point)
        if (here < 0) != (deep < 0):
            share = deep / (deep - here)
            kept.append((before[0] + (point[0] - before[0]) * share, before[1] + (point[1] - before[1]) * share))
        if here >= 0:
            kept.append(point)
        before, deep = point, here
    return kept


def _piece(line: Sequence[Spot], closed: bool) -> str:
    points = [(round(x), round(y)) for x, y in line]
    steps = [(x - px, y - py) for (px, py), (x, y) in pairwise(points) if (x, y) != (px, py)]
    if len(steps) < (2 if closed else 1):
        return ""
    written = " ".join([f"{dx} {dy}" for dx, dy in steps]).replace(" -", "-")
    return f"M{points[0][0]} {points[0][1]}l{written}{'z' if closed else ''}"
