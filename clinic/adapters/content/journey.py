"""The care pathway: YAML -> domain.care.pathway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clinic.adapters.content.document import Document
from clinic.domain.care.pathway import (
    Choice,
    Conditions,
    Interruption,
    Kind,
    Option,
    Pathway,
    PathwayOutcome,
    Question,
    Rule,
    Step,
)

LEADS = {"next": "question", "outcome": "outcome", "interruption": "interruption"}


def read_pathway(file: Path) -> Pathway:
    """Raises ContentError for what cannot be read. Whether the paths make sense, domain.care.pathway.faults says."""
    document = Document(file, file.read_text(encoding="utf-8"))
    version = document.data.get("version")
    if not isinstance(version, int) or version < 1:
        document.refuse("version is missing: write a whole number, and raise it with every change.", "version")
    document.day("next_review")
    return Pathway(
        version=version,
        start=document.text("start"),
        questions={name: _question(document, name) for name in document.mapping("questions")},
        outcomes={name: _outcome(document, name) for name in document.mapping("outcomes")},
        interruptions={name: _interruption(document, name) for name in document.mapping("interruptions", optional=True)},
    )


def _question(document: Document, name: str) -> Question:
    at = ("questions", name)
    kind = document.text(*at, "kind")
    if kind not in ("choice", "many"):
        document.refuse("kind is choice (one answer) or many.", *at, "kind")
    options, rules = [], []
    for number, given in enumerate(document.list(*at, "options")):
        here = (*at, "options", number)
        option = Option(document.text(*here, "id"), document.text(*here, "text"), given.get("exclusive") is True)
        options.append(option)
        if "next" in given:
            rules.append(Rule(_step(document, given["next"], *here, "next"), when={name: frozenset({option.id})}))
    for number, given in enumerate(document.list(*at, "rules", optional=True)):
        here = (*at, "rules", number)
        leads = [key for key in LEADS if key in given]
        if len(leads) != 1:
            document.refuse("A rule leads to one of next, outcome and interruption.", *here)
        step = _step(document, given[leads[0]], *here, leads[0])
        rules.append(
            Rule(step, when=_conditions(document, given, *here, "when"), never=_conditions(document, given, *here, "not"))
        )
    return Question(
        name, document.text(*at, "text"), document.text(*at, "hint", optional=True), kind == "many", tuple(options), tuple(rules)
    )


def _step(document: Document, target: Any, *path: str | int) -> Step:
    """`next` leads to a question or, from an option, to an outcome at once."""
    lead = str(path[-1])
    kinds: tuple[Kind, ...] = ("question", "outcome", "interruption")
    for kind in kinds:
        if lead in ("next", kind) and target in document.mapping(f"{kind}s", optional=True):
            return Step(kind, str(target))
    return document.refuse(f"There is no {LEADS[lead]} called {target}.", *path)


def _conditions(document: Document, given: dict[str, Any], *path: str | int) -> Conditions:
    found: dict[str, frozenset[str]] = {}
    for name, options in (given.get(str(path[-1])) or {}).items():
        if not isinstance(options, list) or not options:
            document.refuse(f"{path[-1]}: write a question and a list of its answers.", *path, name)
        found[str(name)] = frozenset(map(str, options))
    return found


def _outcome(document: Document, name: str) -> PathwayOutcome:
    at = ("outcomes", name)
    choices = []
    for number in range(len(document.list(*at, "options"))):
        here = (*at, "options", number)
        asks = tuple(document.text(*here, "ask", line) for line in range(len(document.list(*here, "ask"))))
        service, page = document.text(*here, "service", optional=True), document.text(*here, "page", optional=True)
        choices.append(Choice(service or None, page or None, document.text(*here, "why"), document.text(*here, "expect"), asks))
    call = tuple(document.text(*at, "call", line) for line in range(len(document.list(*at, "call", optional=True))))
    return PathwayOutcome(name, document.text(*at, "title"), document.text(*at, "intro"), tuple(choices), call)


def _interruption(document: Document, name: str) -> Interruption:
    at = ("interruptions", name)
    steps = tuple(document.text(*at, "steps", line) for line in range(len(document.list(*at, "steps"))))
    note = document.text(*at, "note", optional=True)
    return Interruption(name, document.text(*at, "title"), document.text(*at, "intro"), (*steps, note) if note else steps)
