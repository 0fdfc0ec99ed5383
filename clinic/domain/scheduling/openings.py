"""Specialist x room x equipment -> openings: where everything a visit needs is free together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from heapq import heapify, heappop, heapreplace
from operator import or_
from typing import TypeVar

from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.timeline import cells_in, fits

Whose = TypeVar("Whose")


def specialist_starts(visit: VisitShape, free: int) -> int:
    """Starts at which the visit with its buffers lies inside the specialist's free time."""
    before = cells_in(visit.buffer_before)
    return fits(free, before + visit.cells + cells_in(visit.buffer_after)) << before


def room_starts(visit: VisitShape, rooms_free: Iterable[int]) -> int:
    """Starts at which at least one of the suitable rooms (or pieces of equipment) is free with set-up and clean-up."""
    before = cells_in(visit.room_setup)
    cells = before + visit.cells + cells_in(visit.room_cleanup)
    return reduce(or_, (fits(free, cells) << before for free in rooms_free), 0)


def earliest(lines: Iterable[tuple[tuple[object, ...], Whose, int]], limit: int) -> Iterator[tuple[int, Whose]]:
    """The `limit` earliest starts over many timelines of one origin, as (bit, whose).

    `lines` gives (rank, whose, timeline); starts at the same time come in the order of their rank, which must be
    unique. Only as many bits are looked at as are given back: each timeline stands in a heap with its next start.
    """
    heap = [((line & -line).bit_length() - 1, rank, whose, line) for rank, whose, line in lines if line]
    heapify(heap)
    while heap and limit > 0:
        bit, rank, whose, line = heap[0]
        yield bit, whose
        limit -= 1
        line &= line - 1
        if line:
            heapreplace(heap, ((line & -line).bit_length() - 1, rank, whose, line))
        else:
            heappop(heap)
