"""New hours supersede old ones; nobody is in two places at once, whatever the zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from clinic.domain.scheduling.rosters import Stint, clash, in_turn, shortest_gap

EASTERN, CENTRAL, PHOENIX = "America/New_York", "America/Chicago", "America/Phoenix"
MORNING = Stint(1, EASTERN, "Mon 09:00-12:00", date(2026, 11, 2))


def test_each_ends_before_the_next_begins() -> None:
    later = replace(MORNING, weekly="Tue 09:00-12:00", first_day=date(2027, 1, 4))
    ended = replace(MORNING, first_day=date(2026, 1, 5), last_day=date(2026, 3, 1))
    assert in_turn([later, ended, MORNING]) == [ended, replace(MORNING, last_day=date(2027, 1, 3)), later]
    assert in_turn([]) == []


@pytest.mark.parametrize(
    ("weekly", "zone", "gap"),
    [
        ("Mon 12:00-17:00", EASTERN, 0),
        ("Mon 13:00-17:00", EASTERN, 60),
        ("Mon 11:55-17:00", EASTERN, -1),
        ("Mon 11:00-17:00", CENTRAL, 0),
        ("Mon 10:30-17:00", CENTRAL, -1),
        ("Tue 09:00-12:00", EASTERN, 21 * 60),
        ("Thu 09:00-12:00", EASTERN, None),
        ("Sun 22:00-08:30", EASTERN, 30),
        ("Mon 10:00-17:00", PHOENIX, 0),
        ("Mon 05:00-07:00", PHOENIX, -1),  # until nine in Orlando, but until ten in summer
    ],
)
def test_the_shortest_gap(weekly: str, zone: str, gap: int | None) -> None:
    other = Stint(2, zone, weekly, date(2026, 1, 5))
    found = shortest_gap(MORNING, other)
    assert (found if found is None or found >= 0 else -1) == gap
    assert shortest_gap(other, MORNING) == found
    assert (clash(MORNING, [other]) is other) == (gap == -1)


def test_stints_that_are_never_in_effect_together_do_not_clash() -> None:
    other = Stint(2, EASTERN, MORNING.weekly, date(2026, 1, 5), date(2026, 11, 1))
    assert shortest_gap(MORNING, other) is None
    assert clash(MORNING, [other, replace(MORNING, weekly="Mon 08:00-18:00")]) is None
