"""The content folder: what it refuses, by file and line, and what it cleans."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic.adapters.content import ContentError, read_library
from clinic.adapters.content.words import plain, render
from clinic.config import CONTENT

THERAPY = "services/physical-therapy.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTENT, tmp_path / "content"))


def changed(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the words in the file; the line on which they stood."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_ours_is_whole() -> None:
    library = read_library(CONTENT)
    assert set(library.services) == {"back-pain-evaluation", "facet-joint-injections", "physical-therapy", "chiropractic-care"}
    assert set(library.care) == {
        "facet-joint-injections-did-not-work", "lifestyle", "medial-branch-blocks-and-radiofrequency", "warning-signs",
    }  # fmt: skip
    assert 1 <= len(library.glossary) <= 25
    assert library.pathway.version >= 1
    for page in (*library.services.values(), *library.care.values()):
        assert page.sources
        assert page.urgent
        assert page.next_review > page.written_on


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (THERAPY, "title: Physical therapy", "title: [Physical therapy", "This is not YAML"),
        (THERAPY, "service: physical-therapy", "service: massage", "There is no service called massage"),
        (THERAPY, "next_review: 2027-05-22", "next_review: soon", "next_review is missing: write a date"),
        (THERAPY, "title: Physical therapy", "title: ''", "title is missing"),
        (THERAPY, "kind: service", "kind: care", "kind must be service"),
        (THERAPY, "type: MedicalTherapy", "type: Spell", "about: type must be one of"),
        (THERAPY, "  - lifestyle\n", "  - nothing-of-ours\n", "There is no page called nothing-of-ours"),
        (THERAPY, "url: https://doi.org/10.7326/M16-2367", "url: http://doi.org/x", "url must begin with https://"),
        (THERAPY, "the first things to try [1]", "the first things to try [9]", "[9] cites a source that is not listed"),
        ("pathway.yaml", "next: what_done", "next: nowhere", "There is no question called nowhere"),
        ("pathway.yaml", "version: 1", "version: new", "version is missing"),
        ("preparation.yaml", "route: nurse_calls", "route: oracle", "There is no route called oracle"),
        ("preparation.yaml", "    kind: choice\n", "    kind: text\n", "kind is choice"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_line(folder: Path, file: str, old: str, new: str, said: str) -> None:
    line = changed(folder, file, old, new)
    with pytest.raises(ContentError) as refused:
        read_library(folder)
    sentence = str(refused.value)
    where, _, rest = sentence.partition(f"{Path(file).name}:")
    assert where.startswith(str(folder)), sentence
    assert said in sentence
    assert abs(int(rest.partition(":")[0]) - line) <= 1, sentence


LAKE = """locations:
  lake:
    physical-therapy-evaluation:
      version: 2
      lines:
        arrive: "Come 20 minutes early. The door is on the north side."
        note: null
"""


def test_a_clinic_words_a_line_its_own_way_and_leaves_one_out(folder: Path) -> None:
    changed(folder, "preparation.yaml", "locations: {}\n", LAKE)
    preparations = read_library(folder).preparations
    usual = preparations.of("physical-therapy-evaluation", "river")
    own = preparations.of("physical-therapy-evaluation", "lake")
    assert usual
    assert own
    assert (usual.version, own.version) == ("1", "1+2")
    for place in ("before", "confirmation", "printed"):
        ours = [
            line.replace("a few minutes early for the forms. The visit takes 60 minutes.", "X") for line in usual.shown(place)
        ]
        ours.remove("Ask your health plan if you need a note from a doctor first.")
        theirs = [line.replace("20 minutes early. The door is on the north side.", "X") for line in own.shown(place)]
        assert "Come X" in theirs
        assert theirs == ours
    assert preparations.of("chiropractic-first-visit", "lake") == preparations.of("chiropractic-first-visit", "river")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\n        note: null\n", "\n        medicine: null\n", "medicine may not differ"),
        ("\n        note: null\n", "\n        parking: Behind the house.\n", "parking may not differ"),
        ("\n        note: null\n", "\n        note: [Bring it.]\n", "note is missing: write some words"),
        ("    physical-therapy-evaluation:\n      version: 2", "    massage:\n      version: 2", "no visit type called massage"),
        ("      version: 2\n", "      version: new\n", "version is missing"),
    ],
)
def test_a_clinic_may_not_change_what_keeps_people_safe(folder: Path, old: str, new: str, said: str) -> None:
    changed(folder, "preparation.yaml", "locations: {}\n", LAKE)
    line = changed(folder, "preparation.yaml", old, new)
    with pytest.raises(ContentError, match=said) as refused:
        read_library(folder)
    assert abs(int(str(refused.value).partition("preparation.yaml:")[2].partition(":")[0]) - line) <= 1


def without_sources(folder: Path) -> str:
    path = folder / THERAPY
    head, _, rest = path.read_text(encoding="utf-8").partition("sources:\n")
    path.write_text(head + "written_on:" + rest.partition("written_on:")[2], encoding="utf-8")
    return "sources is missing"


def without_front_matter(folder: Path) -> str:
    (folder / THERAPY).write_text("# Physical therapy\n", encoding="utf-8")
    return "A page begins with ---"


def without_an_end(folder: Path) -> str:
    (folder / THERAPY).write_text("---\ntitle: x\n", encoding="utf-8")
    return "does not end"


def said_twice(folder: Path) -> str:
    changed(folder, THERAPY, "title: Physical therapy", "title: Physical therapy\ntitle: Another")
    return "title is there twice"


def with_a_loop(folder: Path) -> str:
    changed(folder, "pathway.yaml", 'text: "In my low back", next: tried', 'text: "In my low back", next: what_done')
    return "a loop"


def with_a_dead_end(folder: Path) -> str:
    changed(folder, "pathway.yaml", "      - outcome: full_check\n", "")
    return "a dead end"


@pytest.mark.parametrize(
    "spoil", [without_sources, without_front_matter, without_an_end, said_twice, with_a_loop, with_a_dead_end]
)
def test_what_is_missing_or_broken_is_named(folder: Path, spoil: Callable[[Path], str]) -> None:
    said = spoil(folder)
    with pytest.raises(ContentError, match=said):
        read_library(folder)


def test_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="There is no such folder"):
        read_library(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "harmful",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        "[press](javascript:alert(1))",
        "[press](JaVaScRiPt:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "[press](vbscript:x)",
        "[press](http://insecure.example)",
        '<a href="/x" onclick="alert(1)">x</a>',
        "<style>*{display:none}</style>",
        "![picture](https://elsewhere.example/pixel.png)",
        "<iframe src='//elsewhere'></iframe>",
        '<p style="position:fixed">x</p>',
    ],
)
def test_nothing_that_acts_comes_through(harmful: str) -> None:
    made = render(f"Before {harmful} after")
    for tag in (
        "<script",
        "<img",
        "<style",
        "<iframe",
        'href="javascript',
        'href="data',
        'href="vbscript',
        'href="http:',
        "<p style",
    ):
        assert tag not in made.lower()
    assert "<a onclick" not in made


def test_what_is_meant_comes_through() -> None:
    assert render("**Bold** [ours](/care/lifestyle) [out](https://doi.org/x) [call](tel:911) as shown [2]") == (
        '<p><strong>Bold</strong> <a href="/care/lifestyle">ours</a> <a href="https://doi.org/x">out</a>'
        ' <a href="tel:911">call</a> as shown <a href="#source-2">[2]</a></p>'
    )
    assert plain("A *word* & more [1].\n\n- one\n- two") == "A word & more. one two"
