"""The builders build what the tables accept, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import build


def test_a_practice(session: Session) -> None:
    place, person, kind = build.practice(session)
    assert (place.time_zone, kind.minutes, person.active) == ("America/New_York", 30, True)
    build.room(session, place)
    build.equipment(session, place)


def test_every_test_has_a_database_of_its_own(session: Session) -> None:
    build.location(session, slug="only-once")
    with pytest.raises(IntegrityError):
        build.location(session, slug="only-once")
