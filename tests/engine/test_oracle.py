"""Every start the engine offers, and no other, against an oracle that goes minute by minute: all US zones, every clock change."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from importlib.resources import files
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain import oracle
from tests.schedules import ZONES, answered, answered_soonest, changes_of, occasions, some_schedule

OCCASIONS = occasions()


def test_the_zones_are_those_of_the_united_states() -> None:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = [line.split("\t") for line in table if not line.startswith("#")]
    assert {row[2] for row in rows if row[0] in {"US", "PR", "VI", "GU", "MP", "AS"}} == set(ZONES)
    assert sum(len(changes_of(zone)) for zone in ZONES) == 324


def disagreement(seed: int, zone: str, change: datetime) -> str | None:
    schedule = some_schedule(Random(seed), zone, change)
    right, ours = oracle.starts(schedule), answered(schedule)
    if right == ours and [o.start for o in answered_soonest(schedule, 3)] == right[:3]:
        return None
    more, less = sorted(set(ours) - set(right))[:5], sorted(set(right) - set(ours))[:5]
    return f"seed {seed}, {zone} at {change}: offered wrongly {more}, not offered {less}\n{schedule}"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32), st.sampled_from(OCCASIONS))
def test_generated_schedules_agree(seed: int, occasion: tuple[str, datetime]) -> None:
    assert disagreement(seed, *occasion) is None


@pytest.mark.prove
def test_a_hundred_thousand_schedules_agree() -> None:
    total, begun = 100_000, time.monotonic()
    done: Counter[tuple[str, datetime]] = Counter()
    wrong = []
    for number in range(total):
        occasion = OCCASIONS[number * len(OCCASIONS) // total]  # one change after the other: its wall is made once
        done[occasion] += 1
        if told := disagreement(number, *occasion):
            wrong.append(told)
    zones = {zone for zone, _ in done}
    changes = sum(1 for zone, _ in done if changes_of(zone))
    print(
        f"\n{total} schedules over {changes} changes in {len(zones)} zones ({len(done) - changes} days without one): "
        f"{len(wrong)} disagreements, {time.monotonic() - begun:.0f} s"
    )
    assert not wrong, "\n".join(wrong[:3])
