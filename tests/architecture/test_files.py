"""What may be in the files that we commit."""

from __future__ import annotations

import re

import pytest

from clinic.config import ROOT

TEMPLATES = ROOT / "templates"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_file_names_no_address_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?:|file:|--index|--find-links|/work/|/home/", text) == []
    pinned = re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==", text, flags=re.MULTILINE | re.IGNORECASE)
    assert len(pinned) > 30
    blocks = re.split(r"\n(?=[a-z])", text, flags=re.IGNORECASE)
    assert [block for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


def test_everything_locked_to_serve_is_locked_the_same_to_test() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._\[\]-]+==[^ ;]+", (ROOT / name).read_text(), flags=re.MULTILINE | re.IGNORECASE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_no_macro_is_unused() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.rglob("*")) if file.is_file()}
    unused = []
    for file, text in texts.items():
        for name in re.findall(r"{%-?\s*macro\s+(\w+)\s*\(", text):
            called = re.compile(rf"(?<!macro )\b{name}\s*\(")
            if not any(called.search(other) for other in texts.values()):
                unused.append(f"{file.relative_to(ROOT)}: {name}")
    assert unused == []


def test_no_template_holds_inline_script_or_style() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src=|ld\+json))", re.IGNORECASE)
    pages = (file for file in sorted(TEMPLATES.rglob("*.html")) if file.parent.name != "email")
    assert [str(file.relative_to(ROOT)) for file in pages if inline.search(file.read_text(encoding="utf-8"))] == []
