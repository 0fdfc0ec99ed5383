"""Pins and names share a sheet: none covers another, each is as near its place as can be."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest

from clinic.cartography.drawing import Rectangle, Spot
from clinic.cartography.spacing import PlacedText, room_for, spread

SHEET: Rectangle = (58.0, 38.0, 662.0, 542.0)
APART = 62.0


def crowd(kind: str, count: int) -> list[Spot]:
    rng = random.Random(f"{kind} {count}")
    if kind == "one place":
        return [(360.0, 300.0)] * count
    if kind == "a corner":
        return [(58.0, 542.0)] * count
    if kind == "a street":
        return [(100.0 + 15 * index, 300.0) for index in range(count)]
    return [(rng.gauss(360, 40), rng.gauss(300, 40)) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 20])
@pytest.mark.parametrize("kind", ["one place", "a corner", "a street", "a town"])
def test_no_pin_covers_another_nor_the_place_searched_nor_leaves_the_sheet(kind: str, count: int) -> None:
    origin = (350.0, 310.0)
    placed = spread(crowd(kind, count), APART, SHEET, [(origin, 46.0)])
    assert all(math.dist(a, b) >= APART - 1e-3 for a, b in combinations(placed, 2))
    assert all(math.dist(spot, origin) >= 46 for spot in placed)
    assert all(SHEET[0] <= x <= SHEET[2] and SHEET[1] <= y <= SHEET[3] for x, y in placed)


def test_pins_with_room_stay_where_they_are_and_the_first_of_a_crowd_too() -> None:
    spots = [(100.0, 100.0), (300.0, 300.0), (310.0, 300.0), (500.0, 500.0)]
    placed = spread(spots, APART, SHEET)
    assert [placed[index] == spots[index] for index in range(4)] == [True, True, False, True]
    assert math.dist(placed[2], spots[2]) < APART


def test_a_pin_never_moves_because_one_that_moved_took_its_place() -> None:
    spots = [(300.0, 300.0), (300.0, 300.0), (362.0, 300.0)]  # the second would like to be where the third is
    placed = spread(spots, APART, SHEET)
    assert placed[2] == spots[2]


def test_the_same_crowd_is_always_placed_alike() -> None:
    spots = crowd("a town", 20)
    assert spread(spots, APART, SHEET) == spread(list(spots), APART, SHEET)


def test_without_any_room_a_pin_stays_at_its_place() -> None:
    assert spread([(50.0, 50.0)] * 3, APART, (40.0, 40.0, 60.0, 60.0)) == [(50.0, 50.0)] * 3


def test_names_cover_neither_pins_nor_each_other_and_the_first_come_first() -> None:
    pins: list[Rectangle] = [(328.0, 268.0, 392.0, 332.0)]
    words = [PlacedText(f"Town {index}", 360.0 + 8 * index, 300.0, 90.0) for index in range(12)]
    found = room_for(words, 33.0, (8.0, 8.0, 712.0, 556.0), pins, 6)
    assert 3 <= len(found) <= 6
    assert found[0].text == "Town 0"
    boxes = pins + [(w.x - w.width / 2, w.y - 16.5, w.x + w.width / 2, w.y + 16.5) for w in found]
    for a, b in combinations(boxes, 2):
        assert a[0] >= b[2] or a[2] <= b[0] or a[1] >= b[3] or a[3] <= b[1]


def test_a_name_that_would_leave_the_sheet_moves_in_or_is_left_out() -> None:
    sheet: Rectangle = (8.0, 8.0, 712.0, 556.0)
    assert room_for([PlacedText("Edge", 30.0, 300.0, 90.0)], 33.0, sheet, [], 6)[0].x == 84.0
    assert room_for([PlacedText("Far away", 900.0, 300.0, 90.0)], 33.0, sheet, [], 6) == []
