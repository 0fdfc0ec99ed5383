"""Load the gazetteer; the towns that a map names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.adapters import gazetteer as sources
from clinic.cartography.frame import Extent
from clinic.domain.geography.gazetteer import Town, ZipEntry
from clinic.store.connect import begin_write
from clinic.store.directory import gazetteer

TOWNS = 24
SMALL_DEGREES = 1.5  # to the north; a wider extent is cheaper to answer from the names of cities
MOST_KEPT = 512
UNFAMILIAR = {"Jber", "Jbphh", "Camp H M Smith"}
"""Bases with ZIP codes of their own, under initials that nobody finds their way by."""

_kept: WeakKeyDictionary[Engine, dict[Extent, tuple[Town, ...]]] = WeakKeyDictionary()


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
    _kept.clear()
    return Loaded(zip_codes, cities, sum(entry.latitude is None for entry in entries))


def gazetteer_is_empty(session: Session) -> bool:
    """Whether nothing was loaded yet."""
    return gazetteer.is_empty(session)


def towns_within(session: Session, extent: Extent) -> tuple[Town, ...]:
    """The largest towns of the extent, the largest first, no name twice; more than a map has room for. One query.

    A process keeps what it was asked before: after the gazetteer was replaced, others name the old towns until they end.
    """
    kept = _kept.setdefault(session.connection().engine, {})
    found = kept.get(extent)
    if found is None:
        ask = gazetteer.towns_of if extent.north - extent.south <= SMALL_DEGREES else gazetteer.largest_towns_of
        named: dict[str, Town] = {}
        for town in ask(session, extent.boxes(), TOWNS):
            if town.name not in UNFAMILIAR:
                named.setdefault(town.name, town)
        found = tuple(named.values())
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[extent] = found
    return found
