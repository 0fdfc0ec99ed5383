"""The shape of a visit, the states of an appointment, and what may become what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from clinic.domain.errors import IllegalMove, InvalidInput
from clinic.domain.scheduling.appointment import MOVES, STANDING, State, check_move, hold_until, is_late
from clinic.domain.scheduling.visit import VisitShape

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"minutes": 0}, "minutes", "A visit lasts at least five minutes."),
        ({"minutes": -5}, "minutes", "A visit lasts at least five minutes."),
        ({"minutes": 32}, "minutes", "32 is not a whole number of five minutes."),
        ({"minutes": 1445}, "minutes", "A visit with its set-up and clean-up lasts at most a day."),
        ({"minutes": 1440, "buffer_after": 5}, "minutes", "A visit with its buffers lasts at most a day."),
        ({"minutes": 1440, "room_setup": 5}, "minutes", "A visit with its set-up and clean-up lasts at most a day."),
        ({"buffer_before": 3}, "buffer_before", "3 is not a whole number of five minutes."),
        ({"buffer_after": -5}, "buffer_after", "-5 is not a whole number of five minutes."),
        ({"room_setup": 1}, "room_setup", "1 is not a whole number of five minutes."),
        ({"room_cleanup": 7}, "room_cleanup", "7 is not a whole number of five minutes."),
        ({"step_minutes": 0}, "step_minutes", "Starts are 5, 10, 15, 20, 30 or 60 minutes apart."),
        ({"step_minutes": 25}, "step_minutes", "Starts are 5, 10, 15, 20, 30 or 60 minutes apart."),
        ({"step_minutes": 12}, "step_minutes", "12 is not a whole number of five minutes."),
        ({"notice_minutes": -1}, "notice_minutes", "Notice cannot be negative."),
        ({"horizon_days": 0}, "horizon_days", "Visits can be booked between 1 and 730 days ahead."),
        ({"horizon_days": 731}, "horizon_days", "Visits can be booked between 1 and 730 days ahead."),
    ],
)
def test_a_shape_that_cannot_be(wrong: dict[str, int], field: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        VisitShape(**{"minutes": 30, **wrong})
    assert refused.value.fields == {field: sentence}


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        VisitShape(minutes=30, buffer_before=1, step_minutes=7, horizon_days=0)
    assert set(refused.value.fields) == {"buffer_before", "step_minutes", "horizon_days"}


def test_what_a_visit_takes() -> None:
    shape = VisitShape(minutes=45, buffer_before=5, buffer_after=10, room_setup=15, room_cleanup=20)
    assert (shape.specialist_cells(100), shape.room_cells(100), shape.patient_cells(100)) == ((99, 111), (97, 113), (100, 109))


LEGAL = {
    ("held", "booked"), ("held", "cancelled"), ("held", "expired"),
    ("expired", "booked"),
    ("booked", "booked"), ("booked", "arrived"), ("booked", "cancelled"), ("booked", "no_show"), ("booked", "entered_in_error"),
    ("arrived", "booked"), ("arrived", "started"), ("arrived", "fulfilled"), ("arrived", "cancelled"),
    ("arrived", "entered_in_error"),
    ("started", "arrived"), ("started", "fulfilled"), ("started", "entered_in_error"),
    ("fulfilled", "started"), ("fulfilled", "entered_in_error"),
    ("no_show", "booked"), ("no_show", "entered_in_error"),
}  # fmt: skip


@pytest.mark.parametrize(("current", "wanted"), list(product(State, State)))
def test_moves(current: State, wanted: State) -> None:
    if (current, wanted) in LEGAL:
        check_move(current, wanted)
    else:
        with pytest.raises(IllegalMove, match=r"^(This|The) .*\.$"):
            check_move(current, wanted)


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(State)
    assert STANDING.isdisjoint({State.CANCELLED, State.EXPIRED, State.NO_SHOW, State.ENTERED_IN_ERROR})


@pytest.mark.parametrize(
    ("asked_after", "minutes", "ends_after"),
    [
        (0, 10, 10),
        (5, 10, 15),
        (9, 10, 19),
        (19, 10, 29),
        (20, 10, 30),
        (25, 10, 30),
        (30, 10, 30),
        (40, 10, 30),
        (0, 60, 60),
        (30, 60, 60),
    ],
)
def test_a_hold_ends_after_ten_minutes_and_thirty_in_all(asked_after: int, minutes: int, ends_after: int) -> None:
    assert hold_until(NOON, NOON + timedelta(minutes=asked_after), minutes) == NOON + timedelta(minutes=ends_after)


@pytest.mark.parametrize(("hours", "late"), [(25, False), (24, False), (23.99, True), (0, True), (-1, True)])
def test_cancelling_inside_the_window_is_late(hours: float, late: bool) -> None:
    assert is_late(NOON + timedelta(hours=hours), NOON, 24) is late
