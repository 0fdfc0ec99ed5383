"""Whatever is done to a sealed row, or to its seal, the chain breaks there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from clinic.domain.chain import BEGINNING, Break, ChainLink, first_break, next_hash

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def chain(count: int = 6) -> list[ChainLink]:
    links, head = [], BEGINNING
    for number in range(1, count + 1):
        row = {"id": number * 10, "at": AT + timedelta(seconds=number), "actor": "patient", "patient_id": None, "detail": "é"}
        head = next_hash(head, row)
        links.append(ChainLink(number * 10, row, head))
    return links


def edited(links: list[ChainLink], id_: int, **changes: object) -> list[ChainLink]:
    return [replace(link, **changes) if link.id == id_ else link for link in links]  # type: ignore[arg-type]


def test_a_hash_is_made_of_what_the_row_says_and_of_nothing_else() -> None:
    row = {"id": 1, "at": AT, "actor": "patient", "patient_id": None}
    elsewhere = {**row, "at": AT.astimezone(timezone(timedelta(hours=-5)))}
    reordered = dict(reversed(row.items()))
    later_column = {**row, "reason": None}
    assert {next_hash(BEGINNING, same) for same in (row, elsewhere, reordered, later_column)} == {next_hash(BEGINNING, row)}
    others = [{**row, "id": 2}, {**row, "at": AT + timedelta(microseconds=1)}, {**row, "patient_id": 0}, {**row, "actor": ""}]
    assert next_hash(BEGINNING, row) not in {next_hash(BEGINNING, other) for other in others}
    assert next_hash("f" * 64, row) != next_hash(BEGINNING, row)


def test_a_hash_is_what_it_was_when_the_first_rows_were_sealed() -> None:
    """A change of the format would break every chain there is."""
    row = {"id": 7, "at": AT, "actor": "agent:17", "action": "book", "appointment_id": 3, "patient_id": None, "detail": "ü"}
    assert next_hash(BEGINNING, row) == "4a9f7b72b0ff34d1735ff5cee5814efd07af5111cbce6440e558d678999b12cb"


def test_a_whole_chain_is_whole() -> None:
    assert first_break([]) is None
    assert first_break(chain(1)) is None
    assert first_break(chain()) is None


@pytest.mark.parametrize("id_", [10, 30, 60])
def test_a_changed_row(id_: int) -> None:
    links = chain()
    row = next(link.row for link in links if link.id == id_)
    assert row
    assert first_break(edited(links, id_, row={**row, "actor": "nobody"})) == Break(id_, "changed")


@pytest.mark.parametrize("id_", [20, 30, 60])
def test_a_missing_row(id_: int) -> None:
    assert first_break(edited(chain(), id_, row=None)) == Break(id_, "missing")


@pytest.mark.parametrize("id_", [10, 30, 50])
def test_a_changed_or_removed_seal(id_: int) -> None:
    assert first_break(edited(chain(), id_, hash="0" * 64)) == Break(id_, "seal changed")
    assert first_break(edited(chain(), id_, hash=None)) == Break(id_, "seal changed")


@pytest.mark.parametrize("id_", [5, 25, 55])
def test_a_row_slipped_in(id_: int) -> None:
    links = sorted([*chain(), ChainLink(id_, {"id": id_, "actor": "nobody"}, None)], key=lambda link: link.id)
    assert first_break(links) == Break(id_, "added")
    assert first_break(sorted([*links, ChainLink(id_ + 1, {"id": id_ + 1}, None)], key=lambda link: link.id)) == Break(
        id_, "added"
    )


def test_a_row_removed_with_its_seal_breaks_the_chain_at_the_next() -> None:
    assert first_break([link for link in chain() if link.id != 30]) == Break(40, "changed")
    assert first_break([link for link in chain() if link.id != 10]) == Break(20, "changed")


def test_two_rows_swapped() -> None:
    links = chain()
    swapped = [replace(links[0], row=links[1].row), replace(links[1], row=links[0].row), *links[2:]]
    assert first_break(swapped) == Break(10, "changed")


def test_the_first_of_two_breaks_is_named() -> None:
    links = edited(edited(chain(), 20, row=None), 50, row=None)
    assert first_break(links) == Break(20, "missing")
    assert first_break(edited(edited(chain(), 20, row={"id": 20}), 30, row=None)) == Break(20, "changed")


def test_a_chain_whose_older_part_is_gone_goes_on_from_its_last_seal() -> None:
    links = chain()
    assert first_break([replace(links[2], row=None), *links[3:]]) is None
    assert first_break([replace(links[2], row=None), replace(links[3], row=None), *links[4:]]) == Break(40, "missing")
    assert first_break([ChainLink(5, {"id": 5}, None), replace(links[2], row=None), *links[3:]]) == Break(5, "added")


def test_the_hashes_differ_from_each_other() -> None:
    assert all(one.hash != other.hash for one, other in pairwise(chain(50)))
