"""Moments at which the demo is opened and browsed, whatever day it really is, and a clock that runs on from one of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clinic.clock import now

SHIFT = "TESTS_CLOCK_SHIFT"
"""The variable that tells a server which the tests start how many seconds it is ahead of this machine."""

_WEEK = {"monday": 19, "tuesday": 20, "wednesday": 21, "thursday": 22, "friday": 23, "saturday": 24, "sunday": 25}
_HOURS = {"morning": (8, 5), "noon": (12, 0), "night": (23, 50)}


def _eastern(*moment: int) -> datetime:
    """The moment in Orlando, where most of the demo's clinics are. UTC."""
    return datetime(*moment, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)  # type: ignore[misc,arg-type]


MOMENTS = {
    f"{day}-{part}": _eastern(2026, 10, number, *time) for day, number in _WEEK.items() for part, time in _HOURS.items()
} | {
    "thanksgiving-weekend": _eastern(2026, 11, 28, 17, 20),
    "clocks-go-back": _eastern(2026, 11, 1, 0, 40),
    "clocks-go-forward": _eastern(2027, 3, 14, 1, 45),
    "last-of-december": _eastern(2026, 12, 31, 18, 30),
    "end-of-february": _eastern(2027, 2, 28, 10, 10),
    "leap-day": _eastern(2028, 2, 29, 13, 55),
    "christmas": _eastern(2026, 12, 25, 9, 30),
}  # fmt: skip
"""Twenty-eight: a plain week, in the morning, at noon and late, and days that are unlike others."""

FEW = ("wednesday-noon", "sunday-night", "thanksgiving-weekend")
"""Those of `make test`: a time that has no AM or PM, a night after which another week begins, clinics closed for days."""

CHOSEN = tuple(MOMENTS) if os.environ.get("CLINIC_PROVE") else FEW
"""Those of this run."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """The time of this machine, shifted: what is asked for later is as much later. `moment` is the name of where it began."""

    shift: timedelta
    moment: str = ""

    def __call__(self) -> datetime:
        return now() + self.shift

    @property
    def environment(self) -> dict[str, str]:
        """Given to another process, makes its `shared_clock` this one."""
        return {SHIFT: str(self.shift.total_seconds())}


def clock_at(moment: str) -> RunningClock:
    """A clock that shows that one of MOMENTS now, and runs."""
    return RunningClock(MOMENTS[moment] - now(), moment)


def shared_clock() -> RunningClock:
    """The clock of the tests that started this process; this machine's, where they said none."""
    return RunningClock(timedelta(seconds=float(os.environ.get(SHIFT, "0"))))
