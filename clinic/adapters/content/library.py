"""Everything in the content folder, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinic.adapters.content.before_visits import NOTHING, read_preparations
from clinic.adapters.content.document import ContentError
from clinic.adapters.content.journey import read_pathway
from clinic.adapters.content.pages import CarePage, Term, read_folder, read_glossary, read_page
from clinic.domain.care.pathway import Pathway, faults
from clinic.domain.care.preparation import Preparations

EMPTY_PATHWAY = Pathway(0, "", {}, {}, {})


@dataclass(frozen=True, slots=True)
class Library:
    """What clinicians wrote. Pages by slug; `pathway` has no questions where there is none."""

    services: Mapping[str, CarePage]
    care: Mapping[str, CarePage]
    glossary: tuple[Term, ...]
    pathway: Pathway
    preparations: Preparations

    def page(self, slug: str) -> CarePage | None:
        return self.services.get(slug) or self.care.get(slug)


def read_library(folder: Path) -> Library:
    """Read and check it all, unless that was done since it last changed. Raises ContentError."""
    if not folder.is_dir():
        raise ContentError(folder, 1, "There is no such folder.")
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".md", ".yaml"))
    return _read(folder, tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=4)
def _read(folder: Path, _files: tuple[tuple[Path, int], ...]) -> Library:
    services, care = read_folder(folder / "services", read_page), read_folder(folder / "care", read_page)
    for slug in services.keys() & care.keys():
        raise ContentError(folder / "care" / f"{slug}.md", 1, "A service page has that name. Choose another.")
    known = {**services, **care}
    for page in known.values():
        _check_links(page, services, known)
    glossary = file if (file := folder / "glossary.md").is_file() else None
    journey = folder / "pathway.yaml"
    pathway = read_pathway(journey) if journey.is_file() else EMPTY_PATHWAY
    if pathway.questions and (found := faults(pathway, services=services, pages=known)):
        raise ContentError(journey, 1, found[0])
    before = folder / "preparation.yaml"
    preparations = read_preparations(before) if before.is_file() else NOTHING
    return Library(services, care, read_glossary(glossary) if glossary else (), pathway, preparations)


def _check_links(page: CarePage, services: Mapping[str, CarePage], known: Mapping[str, CarePage]) -> None:
    if page.service and page.service not in services:
        page.front.refuse(f"There is no service called {page.service}.", "service")
    for number, slug in enumerate(page.see_also):
        if slug not in known:
            page.front.refuse(f"There is no page called {slug}.", "see_also", number)
