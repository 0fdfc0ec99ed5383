"""One word a thing: a name of a class means the same wherever it is read. The words are in docs/glossary.md."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from clinic.config import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"


def classes(root: Path) -> dict[str, list[str]]:
    """Find where each class of the outermost level is defined: file and line."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((root / "clinic").rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{file.relative_to(root)}:{node.lineno}")
    return found


def twice(root: Path) -> list[str]:
    return [f"{name}: {', '.join(lines)}" for name, lines in sorted(classes(root).items()) if len(lines) > 1]


def test_no_class_name_is_used_twice() -> None:
    assert twice(ROOT) == []


def test_a_planted_second_class_of_a_name_is_named_by_its_lines(tmp_path: Path) -> None:
    for shelf in ("store", "web"):
        (tmp_path / "clinic" / shelf).mkdir(parents=True)
        (tmp_path / "clinic" / shelf / "offers.py").write_text("class Offer:\n    class Meta: ...\n")
    assert twice(tmp_path) == ["Offer: clinic/store/offers.py:1, clinic/web/offers.py:1"]


def test_what_the_glossary_names_in_code_is_there() -> None:
    """A word in `code` is a class, a function or a module of ours."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "clinic").rglob("*.py"))
    modules = {file.stem for file in (ROOT / "clinic").rglob("*.py")} | {
        file.parent.name for file in (ROOT / "clinic").rglob("*.py")
    }
    named = set(re.findall(r"`([A-Za-z_]+)`", GLOSSARY.read_text(encoding="utf-8")))
    assert len(named) > 40
    assert {name for name in named if name not in modules and not re.search(rf"\b{name}\b", source)} == set()
