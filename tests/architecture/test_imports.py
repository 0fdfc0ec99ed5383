"""The house's rules about who may know whom. The contracts are in pyproject.toml."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from clinic.config import ROOT

CLINIC = ROOT / "clinic"
DOMAIN = CLINIC / "domain"
# Standard, but they read the world: the domain is told instead.
IMPURE = {"random", "secrets", "time", "os", "socket", "sqlite3", "subprocess", "threading", "uuid", "logging", "urllib"}
CLOCKS = {"now", "utcnow", "today"}


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or "")


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(folder.rglob("*.py")):
        yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def calls(tree: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name for node in ast.walk(tree)
    )


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_domain_imports_the_standard_library_only_and_nothing_that_reads_the_world() -> None:
    wrong = [
        f"{file}: {name}"
        for file, tree in trees(DOMAIN)
        for name in imports(tree)
        if not name.startswith("clinic.domain")
        and (name.partition(".")[0] not in sys.stdlib_module_names or name.partition(".")[0] in IMPURE)
    ]
    assert wrong == []


def test_only_the_clock_reads_the_time() -> None:
    wrong = [
        f"{file}:{node.lineno}"
        for file, tree in trees(CLINIC)
        if file.name != "clock.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "dt"}
    ]
    assert wrong == []


def test_only_use_cases_commit() -> None:
    acts = ("usecases", "demo")
    wrong = [str(file) for file, tree in trees(CLINIC) if not set(acts) & set(file.parts) and calls(tree, "commit")]
    assert wrong == []


def test_the_rooms_of_the_web_do_not_know_each_other() -> None:
    rooms = {path.name for path in (CLINIC / "web").iterdir() if path.is_dir() and path.name != "__pycache__"}
    wrong = [
        f"{file}: {name}"
        for room in rooms
        for file, tree in trees(CLINIC / "web" / room)
        for name in imports(tree)
        if name.startswith("clinic.web.") and name.split(".")[2] in rooms - {room}
    ]
    assert wrong == []
