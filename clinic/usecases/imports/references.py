"""How files name specialists and locations that are already here: by the key they were imported with, or by their slug."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import words_of
from clinic.store.tables.directory import Location, Specialist


class References:
    """Ids of one table by key and slug."""

    def __init__(self, session: Session, table: type[Location] | type[Specialist]) -> None:
        self._what = table.__tablename__
        self._ids: dict[str, int] = {}
        for number, slug, key in session.execute(select(table.id, table.slug, table.import_key)):
            self._ids[slug] = number
            if key:
                self._ids[key] = number

    def find(self, typed: str) -> int:
        """Raises InvalidInput when there is none."""
        found = self._ids.get(typed) or self._ids.get(typed.lower())
        if found is None:
            raise InvalidInput(
                {self._what: f"There is no {self._what} “{typed[:60]}”. Use its key, or the end of its page’s address."}
            )
        return found


def slug_for(words: Iterable[str], taken: set[str], longest: int = 90) -> str:
    """A slug of ASCII words that is not among `taken`, to which it is added; -2, -3 … behind those that are."""
    kept = ("".join(c for c in word if c.isascii()) for word in words)
    base = "-".join(word for word in kept if word)[:longest].strip("-") or "unnamed"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    taken.add(slug)
    return slug


def key_of_words(*parts: str) -> str:
    """A key from what the line says, whatever its capitals, accents and punctuation."""
    return "|".join(" ".join(words_of(part)) for part in parts)
