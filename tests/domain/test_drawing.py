"""Cutting, thinning and writing of lines: what is seen stays the same, in whole numbers."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.cartography.drawing import Rectangle, Spot, contains, cut_area, cut_line, path, thinned

SHEET: Rectangle = (0.0, 0.0, 100.0, 80.0)
coordinate = st.floats(-200, 300, allow_nan=False).map(lambda value: round(value, 2))


def star(seed: int) -> list[Spot]:
    """A jagged area around the sheet's middle that never crosses itself."""
    rng = random.Random(seed)
    return [
        (50 + math.cos(turn) * far, 40 + math.sin(turn) * far)
        for turn, far in ((math.tau * step / 40, rng.uniform(5, 130)) for step in range(40))
    ]


def drawn(data: str) -> list[list[tuple[int, int]]]:
    """The points that path data names."""
    lines = []
    for start, steps in re.findall(r"M(-?\d+ -?\d+)l([-\d ]+)", data):
        x, y = map(int, start.split())
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        line = [(x, y)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            line.append((line[-1][0] + dx, line[-1][1] + dy))
        lines.append(line)
    return lines


@pytest.mark.parametrize("seed", range(20))
def test_an_area_cut_to_the_sheet_is_the_same_on_it_and_nowhere_off_it(seed: int) -> None:
    ring = star(seed)
    cut = cut_area(ring, SHEET)
    assert all(-1e-9 <= x <= 100 + 1e-9 and -1e-9 <= y <= 80 + 1e-9 for x, y in cut)
    rng = random.Random(seed)
    for _ in range(300):
        x, y = rng.uniform(0.1, 99.9), rng.uniform(0.1, 79.9)
        assert contains(cut, x, y) == contains(ring, x, y)


def test_an_area_all_around_fills_the_sheet_and_one_beside_it_leaves_nothing() -> None:
    around = [(-500.0, -500.0), (600.0, -500.0), (600.0, 600.0), (-500.0, 600.0)]
    assert set(cut_area(around, SHEET)) == {(0.0, 0.0), (100.0, 0.0), (100.0, 80.0), (0.0, 80.0)}
    assert cut_area([(x + 700, y) for x, y in around], SHEET) == []


@given(st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=30))
def test_no_segment_that_reaches_the_sheet_is_lost(line: list[Spot]) -> None:
    kept = {pair for stretch in cut_line(line, SHEET) for pair in pairwise(stretch)}
    for (x0, y0), (x1, y1) in pairwise(line):
        on_it = any(0 <= x0 + (x1 - x0) * share / 50 <= 100 and 0 <= y0 + (y1 - y0) * share / 50 <= 80 for share in range(51))
        assert not on_it or ((x0, y0), (x1, y1)) in kept
    assert kept <= set(pairwise(line))


@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=60), st.floats(0.5, 10))
def test_a_thinned_line_has_the_same_ends_and_only_points_of_the_line(line: list[Spot], detail: float) -> None:
    thin = thinned(line, detail)
    assert (thin[0], thin[-1]) == (line[0], line[-1])
    rest = iter(line)
    assert all(spot in rest for spot in thin), "in their order"


def test_a_thinned_coast_stays_near_the_coast_with_far_fewer_points() -> None:
    rng = random.Random(4)
    coast = [(step / 5, 40 + 15 * math.sin(step / 60) + rng.uniform(-0.4, 0.4)) for step in range(1000)]
    thin = thinned(coast, 2.4)
    assert len(thin) < 150
    for x, y in coast:
        (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(thin) if a[0] <= x <= b[0])
        assert abs(y0 + (y1 - y0) * (x - x0) / (x1 - x0) - y) < 3.0


@given(st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=20), max_size=4))
def test_path_data_says_the_points_in_whole_numbers(lines: list[list[Spot]]) -> None:
    data = path(lines)
    assert re.fullmatch(r"(M-?\d+ -?\d+l-?\d+[ -]\d+([ -]\d+)*)*", data)
    expected = []
    for line in lines:
        whole = [(round(x), round(y)) for x, y in line]
        once = [spot for spot, before in zip(whole, [None, *whole], strict=False) if spot != before]
        if len(once) > 1:
            expected.append(once)
    assert drawn(data) == expected


def test_closed_path_data_ends_with_z_and_what_is_smaller_than_a_unit_is_left_out() -> None:
    assert path([[(0, 0), (10, 0), (10, -7)]], closed=True) == "M0 0l10 0 0-7z"
    assert path([[(0, 0), (0.2, 0), (0.1, 0.3)], [(5, 5)]], closed=True) == ""
