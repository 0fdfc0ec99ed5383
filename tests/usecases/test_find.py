"""Find: openings near a place, over a small network, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from clinic.usecases.find import Wanted, find_place, openings_near
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando


def test_the_soonest_near_a_zip_code(session: Session) -> None:
    build.world(session, now=NOW)
    place = find_place(session, "32801")
    found = openings_near(session, place, Wanted(service="physical-therapy", limit=6), now=NOW)
    assert [(o.location.slug, o.start) for o in found.openings[:3]] == [
        ("orlando-downtown", NOW), ("orlando-mills", NOW), ("winter-park", NOW),
    ]  # fmt: skip
    assert (found.radius_miles, found.widened, found.anyway) == (25.0, False, False)
