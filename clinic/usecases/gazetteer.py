"""Load the gazetteer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.adapters import gazetteer as sources
from clinic.domain.gazetteer import ZipEntry
from clinic.store import gazetteer
from clinic.store.connect import begin_write


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much the gazetteer holds now; `unplaced` ZIP codes have no point."""

    zip_codes: int
    cities: int
    unplaced: int


def load_gazetteer(session: Session, zips: Sequence[ZipEntry] | None = None) -> Loaded:
    """Replace the gazetteer, by default from the installed packages. Two or three seconds; may be repeated at any time."""
    entries = sources.from_packages() if zips is None else zips
    begin_write(session)
    zip_codes, cities = gazetteer.load(session, entries)
    session.commit()
    return Loaded(zip_codes, cities, sum(entry.latitude is None for entry in entries))


def gazetteer_is_empty(session: Session) -> bool:
    """Whether nothing was loaded yet."""
    return gazetteer.is_empty(session)
