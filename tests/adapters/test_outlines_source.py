"""The script behind the outlines, over a country of two states and three square counties: A1 A2 | G1, and a neighbor above."""

from __future__ import annotations

import json
from typing import Any

from clinic.adapters.outlines import _Atlas
from clinic.adapters.outlines_source import outlines_from, written


def square(name: str, *arcs: int) -> dict[str, Any]:
    return {"type": "Polygon", "arcs": [list(arcs)], "properties": {"name": name}}


def topology(objects: dict[str, list[dict[str, Any]]], arcs: list[list[list[int]]]) -> dict[str, Any]:
    return {
        "transform": {"scale": [0.5, 0.5], "translate": [-90.0, 30.0]},
        "objects": {name: {"geometries": shapes} for name, shapes in objects.items()},
        "arcs": arcs,
    }


US = topology(
    {
        "counties": [square("A1", 0, 1), square("A2", 2, 3, 4, -2), square("G1", 5, -4)],
        "states": [square("Alabama", 0, 2, 3, 4), square("Georgia", 5, -4)],
        "nation": [{"type": "Polygon", "arcs": [[0, 2, 5, 4]]}],
    },
    [
        [[2, 2], [-2, 0], [0, -2], [2, 0]],  # 0: the west coast, around A1
        [[2, 0], [0, 2]],  # 1: between A1 and A2
        [[2, 0], [2, 0]],  # 2: the south coast of A2
        [[4, 0], [0, 2]],  # 3: between Alabama and Georgia
        [[4, 2], [-2, 0]],  # 4: the north coast of A2
        [[4, 0], [2, 0], [0, 2], [-2, 0]],  # 5: around Georgia
    ],
)
WORLD = topology({"countries": [square("Canada", 0), square("France", 0)]}, [[[0, 30], [30, 0], [0, 10], [-30, 0], [0, -10]]])


def test_borders_are_told_from_what_lies_on_both_sides() -> None:
    made = outlines_from(US, WORLD)
    assert made["county"] == [[2, 0, 0, 2]]
    assert made["state"] == [[4, 0, 0, 2]]
    assert len(made["coast"]) == 4
    assert [abs(part if part >= 0 else ~part) for part in made["borders"][0]] == [4], "numbered behind the coasts"
    assert made["states"].keys() == {"AL", "GA"}
    assert len(made["abroad"]) == 1, "France is not near"


def test_the_file_reads_back_as_the_same_country() -> None:
    atlas = _Atlas(json.loads(written(outlines_from(US, WORLD))))
    [land] = atlas.land
    assert (land.west, land.south, land.east, land.north) == (-90.0, 30.0, -87.0, 31.0)
    georgia = atlas.states["GA"][0]
    assert (georgia.west, georgia.east) == (-88.0, -87.0)
    [border] = atlas.state_lines
    assert (border.west, border.east) == (-88.0, -88.0)
    [canada] = atlas.abroad
    assert canada.south == 45.0
