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


NOW_AND_THEN = "begins to write only when there is something to write: it stands behind a page that reads"
THEN_READS = "reads on, or answers in other words, once it is committed"
PORTIONS = "commits a portion at a time"
COMMITS = {
    "engine/transaction.py": "the one place",
    "usecases/day/access_notes.py": NOW_AND_THEN,
    "usecases/feed.py": NOW_AND_THEN,
    "usecases/find/near.py": NOW_AND_THEN,
    "usecases/front_desk/sheet.py": NOW_AND_THEN,
    "usecases/work/listing.py": NOW_AND_THEN,
    "usecases/work/actions.py": NOW_AND_THEN,
    "usecases/accounts/signing_in.py": THEN_READS,
    "usecases/desk/callers.py": THEN_READS,
    "usecases/desk/calls.py": THEN_READS,
    "usecases/desk/call_backs.py": THEN_READS,
    "usecases/roster/saving.py": THEN_READS,
    "usecases/waitlist/offering.py": THEN_READS,
    "usecases/records/intake.py": NOW_AND_THEN,
    "usecases/operations/gazetteer.py": PORTIONS,
    "usecases/imports/ending.py": "or rolls back a dry run",
    "usecases/operations/keys.py": PORTIONS,
    "usecases/messages/sending.py": PORTIONS,
}
"""Which modules commit by themselves, and why; everything else is in a `@transaction`. The demo is data, and no verb."""


def test_only_transactions_commit() -> None:
    """A use case that commits beside its transaction would leave half of itself behind."""
    found = {
        f"{file.relative_to('clinic')}:{node.lineno}"
        for file, tree in trees(CLINIC)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        and "demo" not in file.parts
    }  # fmt: skip
    assert {line for line in found if line.partition(":")[0] not in COMMITS} == set()
    assert set(COMMITS) == {line.partition(":")[0] for line in found}


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
