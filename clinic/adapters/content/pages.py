"""Pages and glossary: Markdown with front matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from clinic.adapters.content.document import ContentError, Document
from clinic.adapters.content.words import CITED, plain, render, slug_of

KINDS = {"services": "service", "care": "care"}
TYPES = ("MedicalWebPage", "MedicalProcedure", "MedicalTherapy")
MOST_TERMS = 25
QUESTIONS = "Questions people ask"
_FENCE = "---"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from. `year` may be "n.d."; `url` is https."""

    title: str
    publisher: str
    year: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under its heading, as clean HTML."""

    id: str
    heading: str
    html: str


@dataclass(frozen=True, slots=True)
class FrequentQuestion:
    """A question people ask and its answer, as clean HTML and as plain text."""

    question: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class CarePage:
    """A page of the care folder. `urgent` stands before everything else; `service` is whose soonest times are shown.
    `front` is its front matter as read, to refuse by line what other files show to be wrong.
    """

    slug: str
    kind: str
    title: str
    summary: str
    service: str | None
    next_step: str
    about_type: str
    about_name: str
    sources: tuple[Source, ...]
    written_on: date
    reviewed_by: str | None
    reviewed_on: date | None
    next_review: date
    see_also: tuple[str, ...]
    urgent: str
    sections: tuple[Section, ...]
    questions: tuple[FrequentQuestion, ...]
    text: str
    front: Document = field(repr=False, compare=False)

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/{'services' if self.kind == 'service' else 'care'}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary that cannot be said more simply."""

    id: str
    name: str
    html: str


def read_page(file: Path) -> CarePage:
    """Raises ContentError."""
    front, body, first = _split(file)
    document = Document(file, front, 2)
    kind = document.text("kind")
    if kind != KINDS.get(file.parent.name):
        document.refuse(f"kind must be {KINDS.get(file.parent.name)} in this folder.", "kind")
    summary = document.text("summary")
    if not 50 <= len(summary) <= 170:
        document.refuse(f"summary has {len(summary)} characters: search engines show 50 to 170.", "summary")
    about = document.text("about", "type")
    if about not in TYPES:
        document.refuse(f"about: type must be one of {', '.join(TYPES)}.", "about", "type")
    sources = tuple(_source(document, number) for number in range(len(document.list("sources"))))
    for number, line in enumerate(body.splitlines()):
        for cited in CITED.findall(line):
            if not 1 <= int(cited) <= len(sources):
                raise ContentError(file, first + number, f"[{cited}] cites a source that is not listed.")
    urgent, sections = _sections(body)
    reviewed_by = document.text("reviewed_by", optional=True) or None
    return CarePage(
        slug=file.stem,
        kind=kind,
        title=document.text("title"),
        summary=summary,
        service=document.text("service", optional=True) or None,
        next_step=document.text("next_step"),
        about_type=about,
        about_name=document.text("about", "name"),
        sources=sources,
        written_on=document.day("written_on"),
        reviewed_by=reviewed_by,
        reviewed_on=document.day("reviewed_on") if reviewed_by else None,
        next_review=document.day("next_review"),
        see_also=tuple(document.text("see_also", n) for n in range(len(document.list("see_also")))),
        urgent=urgent,
        sections=tuple(section for section in sections if section.heading != QUESTIONS),
        questions=_questions(body),
        text=body,
        front=document,
    )


def _source(document: Document, number: int) -> Source:
    url = document.text("sources", number, "url", optional=True) or None
    if url and not url.startswith("https://"):
        document.refuse("url must begin with https://.", "sources", number, "url")
    title, publisher = document.text("sources", number, "title"), document.text("sources", number, "publisher")
    return Source(title, publisher, document.text("sources", number, "year"), url)


def read_glossary(file: Path) -> tuple[Term, ...]:
    """Raises ContentError; for more terms than may be excused from plain words, too."""
    _front, body, first = _split(file)
    _lead, sections = _sections(body)
    if len(sections) > MOST_TERMS:
        raise ContentError(file, first, f"{len(sections)} terms: at most {MOST_TERMS} may stand here.")
    return tuple(Term(section.id, section.heading, section.html) for section in sections)


def _split(file: Path) -> tuple[str, str, int]:
    """(front matter, body, the body's first line)."""
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].strip() != _FENCE:
        raise ContentError(file, 1, "A page begins with --- and its front matter.")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        raise ContentError(file, 1, "The front matter does not end: close it with ---.")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]), end + 2


def _sections(body: str) -> tuple[str, list[Section]]:
    """What stands before the first heading, and each part under a ## heading."""
    lead, *parts = re.split(r"^## +(.+)$", body, flags=re.MULTILINE)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return render(lead), [Section(slug_of(heading), heading.strip(), render(text)) for heading, text in pairs]


def _questions(body: str) -> tuple[FrequentQuestion, ...]:
    _before, found, after = body.partition(f"## {QUESTIONS}")
    if not found:
        return ()
    parts = re.split(r"^### +(.+)$", re.split(r"^## ", after, flags=re.MULTILINE)[0], flags=re.MULTILINE)[1:]
    return tuple(
        FrequentQuestion(question.strip(), render(text), plain(text))
        for question, text in zip(parts[::2], parts[1::2], strict=True)
    )


def read_folder(folder: Path, read: Callable[[Path], CarePage]) -> Mapping[str, CarePage]:
    """Every Markdown file of the folder by its slug."""
    return {page.slug: page for page in map(read, sorted(folder.glob("*.md")))}
