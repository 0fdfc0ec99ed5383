"""A chain of hashes over rows: whoever changes, removes or slips one in is found out, and at which row.

Each hash is made of the one before it and the row. Whoever can rewrite rows and hashes alike is found out only by a hash
noted elsewhere, an anchor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

BEGINNING = "0" * 64
"""What the first row is linked to."""

Row = Mapping[str, str | int | datetime | None]
Why = Literal["changed", "missing", "added", "seal changed"]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A row and the hash it was sealed with; of two that belong together one may be gone."""

    id: int
    row: Row | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that is not what was sealed.

    changed: the row is another now, or rows before it were removed together with their hashes. missing: there is a hash and
    no row. added: it stands among sealed rows and was never sealed. seal changed: the row is right and its hash is not.
    """

    id: int
    why: Why


def next_hash(before: str, row: Row) -> str:
    """SHA-256, in hexadecimal, over the hash before and the row as canonical JSON.

    Keys in order, ASCII, instants in UTC to the microsecond. Nothing (None) is left out: a column added later breaks no chain.
    """
    said = {name: _written(value) for name, value in row.items() if value is not None}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()


def _written(value: str | int | datetime | None) -> str | int | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else value


def first_break(links: Iterable[ChainLink]) -> Break | None:
    """Where the chain breaks first; None for a whole one. `links` by id, up to the last that has a hash.

    A first link without a row is where a chain begins whose older part was removed for good; that this was meant is for the
    caller to know.
    """
    before, begun = BEGINNING, False
    doubted: ChainLink | None = None  # its hash does not follow: the next one tells whether row or hash is wrong
    unsealed: int | None = None
    for link in links:
        if doubted is not None:
            return Break(doubted.id, "seal changed" if _follows_from_row(link, before, doubted) else "changed")
        if link.hash is None:
            unsealed = link.id if unsealed is None else unsealed
            continue
        if link.row is None:
            if begun or unsealed is not None:
                return Break(link.id if unsealed is None else unsealed, "missing" if unsealed is None else "added")
            before = link.hash
        elif unsealed is not None:
            return Break(unsealed, "added" if next_hash(before, link.row) == link.hash else "seal changed")
        elif next_hash(before, link.row) == link.hash:
            before = link.hash
        else:
            doubted = link
        begun = True
    return None if doubted is None else Break(doubted.id, "changed")


def _follows_from_row(link: ChainLink, before: str, doubted: ChainLink) -> bool:
    """Whether the link was made from the hash that the doubted row has, not from the one that stands beside it."""
    if link.row is None or link.hash is None or doubted.row is None:
        return False
    return next_hash(next_hash(before, doubted.row), link.row) == link.hash
