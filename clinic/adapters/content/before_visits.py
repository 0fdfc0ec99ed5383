"""Preparation and intake questions: YAML -> domain.care.preparation."""

from __future__ import annotations

from pathlib import Path

from clinic.adapters.content.document import Document
from clinic.domain.care.preparation import IntakeOption, IntakeQuestion, Preparation, PreparationLine, Preparations

SHOWN = ("before", "confirmation", "printed")
NOT_SURE = "not_sure"
NOTHING = Preparations(0, {}, {}, {}, {}, {})


def read_preparations(file: Path) -> Preparations:
    """Raises ContentError."""
    document = Document(file, file.read_text(encoding="utf-8"))
    document.day("next_review")
    routes = {name: document.text("routes", name, "label") for name in document.mapping("routes")}
    questions = {name: _question(document, name, routes) for name in document.mapping("questions")}
    kinds = document.mapping("visit_types")
    asked: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        names = document.list("visit_types", kind, "intake", optional=True)
        for number, name in enumerate(names):
            if name not in questions:
                document.refuse(f"There is no question called {name}.", "visit_types", kind, "intake", number)
        asked[kind] = tuple(names)
    usual = {kind: _preparation(document, kind) for kind in kinds}
    return Preparations(_version(document, "version"), usual, asked, questions, routes, _overrides(document, usual))


def _version(document: Document, *path: str) -> int:
    value = document.mapping(*path[:-1]).get(path[-1]) if path[:-1] else document.data.get(path[-1])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        document.refuse("version is missing: write a whole number, and raise it with every change.", *path)
    return value


def _preparation(document: Document, kind: str) -> Preparation:
    at = ("visit_types", kind)
    lines = []
    for number, given in enumerate(document.list(*at, "lines")):
        here = (*at, "lines", number)
        shown = document.list(*here, "show")
        if not set(shown) <= set(SHOWN):
            document.refuse(f"show is a list of {', '.join(SHOWN)}.", *here, "show")
        line = PreparationLine(
            document.text(*here, "id"), document.text(*here, "text"), frozenset(shown), given.get("may_differ") is True
        )
        lines.append(line)
    return Preparation(str(_version(document, *at, "version")), tuple(lines))


def _question(document: Document, name: str, routes: dict[str, str]) -> IntakeQuestion:
    at = ("questions", name)
    options = []
    for number, given in enumerate(document.list(*at, "options")):
        here = (*at, "options", number)
        route = document.text(*here, "route")
        if route not in routes:
            document.refuse(f"There is no route called {route}.", *here, "route")
        exclusive = given.get("exclusive") is True
        options.append(IntakeOption(document.text(*here, "id"), document.text(*here, "text"), route, exclusive))
    kind = document.text(*at, "kind")
    if kind not in ("choice", "many"):
        document.refuse("kind is choice (one answer) or many.", *at, "kind")
    if NOT_SURE not in {option.id for option in options}:
        document.refuse(f"Every question has an answer {NOT_SURE}.", *at, "options")
    return IntakeQuestion(
        id=name,
        version=_version(document, *at, "version"),
        text=document.text(*at, "text"),
        hint=document.text(*at, "hint", optional=True),
        why=document.text(*at, "why_we_ask", optional=True),
        many=kind == "many",
        options=tuple(options),
        words=document.text(*at, "words", optional=True),
    )


def _overrides(document: Document, usual: dict[str, Preparation]) -> dict[tuple[str, str], tuple[int, dict[str, str | None]]]:
    found: dict[tuple[str, str], tuple[int, dict[str, str | None]]] = {}
    for location in document.mapping("locations", optional=True):
        for kind in document.mapping("locations", location):
            at = ("locations", location, kind)
            if kind not in usual:
                document.refuse(f"There is no visit type called {kind} here.", *at)
            free = {line.id for line in usual[kind].lines if line.may_differ}
            lines = document.mapping(*at, "lines")
            for line in lines:
                if line not in free:
                    document.refuse(f"{line} may not differ from clinic to clinic.", *at, "lines", line)
                if lines[line] is not None:
                    document.text(*at, "lines", line)
            found[location, kind] = (_version(document, *at, "version"), lines)
    return found
