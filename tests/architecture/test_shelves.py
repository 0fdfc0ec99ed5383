"""The shelves of a floor know each other in one direction: a package never needs, by whatever way, one that needs it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from clinic.config import ROOT

FLOORS = ("domain", "store", "adapters", "engine", "usecases", "web", "cli", "demo", "cartography")
Lines = dict[str, dict[str, list[str]]]
"""shelf -> shelf that it imports -> the lines on which it does."""


def arrows(floor: Path, root: Path = ROOT) -> Lines:
    """Read who imports whom among the packages and single modules of a floor."""
    found: Lines = defaultdict(lambda: defaultdict(list))
    name = ".".join(floor.relative_to(root).parts)
    for file in sorted(floor.rglob("*.py")):
        shelf = _shelf(".".join(file.relative_to(root).with_suffix("").parts), name)
        for line, target in _imports(ast.parse(file.read_text(encoding="utf-8")), root):
            other = _shelf(target, name) if target.startswith(f"{name}.") else ""
            if other and shelf and other != shelf:
                found[shelf][other].append(f"{file.relative_to(root)}:{line} imports {target}")
    return found


def _shelf(module: str, floor: str) -> str:
    return module.removeprefix(f"{floor}.").partition(".")[0].replace("__init__", "")


def _imports(tree: ast.Module, root: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = Path(root, *node.module.split("."), alias.name)
                is_module = whole.is_dir() or whole.with_suffix(".py").is_file()
                yield node.lineno, f"{node.module}.{alias.name}" if is_module else node.module


def circles(lines: Mapping[str, Mapping[str, list[str]]]) -> list[str]:
    """List the lines that close a circle: shelves from which the importing one is reached again."""

    def reached(start: str) -> set[str]:
        seen, todo = set[str](), [start]
        while todo:
            for other in lines.get(todo.pop(), {}):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    return [
        line for shelf, others in lines.items() for other, where in others.items() if shelf in reached(other) for line in where
    ]


@pytest.mark.parametrize("floor", FLOORS)
def test_no_floor_has_a_circle_of_packages(floor: str) -> None:
    assert circles(arrows(ROOT / "clinic" / floor)) == []


def test_every_floor_is_looked_at() -> None:
    there = {path.parent.name for path in (ROOT / "clinic").glob("*/__init__.py")}
    assert there - {"config"} == set(FLOORS)


def test_a_planted_circle_is_named_by_its_lines(tmp_path: Path) -> None:
    floor = tmp_path / "clinic" / "store"
    for shelf, text in (("patients", "from clinic.store.work import tasks\n"), ("work", "import clinic.store.patients\n")):
        (floor / shelf).mkdir(parents=True)
        (floor / shelf / "__init__.py").write_text("")
        (floor / shelf / "tasks.py").write_text(text)
    assert circles(arrows(floor, tmp_path)) == [
        "clinic/store/patients/tasks.py:1 imports clinic.store.work.tasks",
        "clinic/store/work/tasks.py:1 imports clinic.store.patients",
    ]  # fmt: skip


def test_tables_are_classes_and_nothing_else() -> None:
    """So that every shelf may import them, and they nothing but the base."""
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in (ROOT / "clinic" / "store" / "tables").glob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert wrong == []
