"""`flask clinic pathway` as people type it: it checks the pathway against the catalogue, and draws it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clinic.adapters.content import read_library
from clinic.config import CONTENT
from clinic.domain.care.pathway import walk
from tests.http.test_starting import start
from tests.web.care.test_structured import database as whole

__all__ = ["whole"]

PATHWAY = read_library(CONTENT).pathway
SVG = "{http://www.w3.org/2000/svg}"


def test_every_path_is_checked_and_drawn(whole: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pathway.svg"
    ended = start(whole, "flask", "clinic", "pathway", "--check", "--svg", str(file))
    assert (ended.returncode, ended.stderr) == (0, "")
    paths = sum(1 for _ in walk(PATHWAY))
    assert f"{paths:,} paths through {len(PATHWAY.questions)} questions to {len(PATHWAY.outcomes)} outcomes" in ended.stdout
    with capsys.disabled():
        print(f"\n{ended.stdout.strip()}", end="")
    said = " ".join(text.strip() for text in ElementTree.parse(file).iter(f"{SVG}tspan") for text in text.itertext())
    for question in PATHWAY.questions.values():
        assert all(f"{option.id}: " in said for option in question.options)
    ends = [
        f"{number}.{rule_number} if"
        for number, question in enumerate(PATHWAY.questions.values(), 1)
        for rule_number, rule in enumerate(question.rules, 1)
        if rule.step.kind != "question"
    ]
    assert [end for end in ends if end not in said] == []
    assert len(re.findall(r"\b[0-9]+\.[0-9]+ if\b", said)) == len(ends)


def test_an_outcome_to_a_service_that_nobody_offers_is_named(database: str) -> None:
    """The small chain has neither chiropractic care nor evaluations."""
    ended = start(database, "flask", "clinic", "pathway", "--check")
    assert ended.returncode == 1
    assert "outcome start_neck: there is no service chiropractic-care\n" in ended.stderr
    assert re.search(r"Error: The pathway is not sound: [0-9]+ faults\.\n$", ended.stderr)
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
