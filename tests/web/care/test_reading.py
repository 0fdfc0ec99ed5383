"""Pages for patients read at sixth grade or below (Flesch-Kincaid; syllables by pyphen, which may part after one letter).

A term of the glossary counts as one word of two syllables: it has no simpler name, and the glossary says what it means.
"""

from __future__ import annotations

import html
import re

import pyphen
import pytest

from clinic.adapters.content import read_library
from clinic.config import CONTENT

LIMIT = 6.0
TERM = "zzterm"
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’%-]*")
HYPHENS = pyphen.Pyphen(lang="en_US", left=1, right=1)
LIBRARY = read_library(CONTENT)
NAMES = [part for term in LIBRARY.glossary for part in re.split(r"\s*[()]\s*", term.name) if part]
TERMS = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(NAMES, key=len, reverse=True))) + r")(?:e?s)?\b", re.IGNORECASE)


def syllables(word: str) -> int:
    if word == TERM:
        return 2
    count = 0
    for part in re.split(r"[-’']", word):
        digits = re.sub(r"\D", "", part)
        count += len(digits) if digits else len(HYPHENS.positions(part)) + 1 if part else 0
    return max(count, 1)


def sentences(markup: str) -> list[str]:
    """Of clean HTML: a list item, a heading and a cell end a sentence, full stop or not."""
    text = re.sub(r'<a href="#source-\d+">\[\d+\]</a>', "", markup)
    blocks = re.split(r"</(?:p|li|h3|h4|td|th)>|\n\n", text)
    plain = (html.unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks)
    parts = (part for block in plain for part in re.split(r"(?<=[.!?])[\"”)]*\s+", " ".join(block.split())))
    return [part for part in parts if WORD.search(part)]


def grade(texts: list[str]) -> float:
    words = [word for text in texts for word in WORD.findall(TERMS.sub(TERM, text))]
    return 0.39 * len(words) / len(texts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_measure_tells_plain_from_learned() -> None:
    assert grade(["The cat sat on the mat.", "It was warm."]) < 1
    learned = (
        "Contemporary interventional approaches necessitate multidisciplinary evaluation of degenerative spondylarthropathy."
    )
    assert grade([learned]) > 15
    assert grade(["A facet joint injection may help."]) < grade(["A zygapophysial infiltration may help."])


@pytest.mark.parametrize("slug", [*LIBRARY.services, *LIBRARY.care])
def test_a_page_reads_at_sixth_grade(slug: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = LIBRARY.page(slug)
    assert page
    parts = [page.urgent, *(section.html for section in page.sections), *(asked.html for asked in page.questions)]
    texts = [*(sentence for part in parts for sentence in sentences(part)), *(asked.question for asked in page.questions)]
    reached = grade(texts)
    with capsys.disabled():
        print(f"\n{slug}: grade {reached:.1f}, {len(texts)} sentences", end="")
    assert reached <= LIMIT


def test_the_glossary_the_pathway_and_the_preparation_do_too() -> None:
    assert grade([s for term in LIBRARY.glossary for s in sentences(term.html)]) <= LIMIT
    pathway = LIBRARY.pathway
    said = [text for q in pathway.questions.values() for text in (q.text, q.hint, *(option.text for option in q.options)) if text]
    for outcome in pathway.outcomes.values():
        said += [outcome.title, outcome.intro, *outcome.call]
        said += [text for choice in outcome.choices for text in (choice.why, choice.expect, *choice.ask)]
    assert grade([sentence for text in said for sentence in sentences(text)]) <= LIMIT
    lines = [line.text for one in LIBRARY.preparations.visit_types.values() for line in one.lines]
    lines += [text for q in LIBRARY.preparations.questions.values() for text in (q.text, *(option.text for option in q.options))]
    assert grade([sentence for line in lines for sentence in sentences(line)]) <= LIMIT


def test_every_term_that_is_excused_is_explained() -> None:
    assert len(LIBRARY.glossary) <= 25
    assert all(WORD.search(re.sub(r"<[^>]+>", "", term.html)) for term in LIBRARY.glossary)
