"""US federal holidays by rule (5 U.S.C. 6103): proposed to a clinic's manager, who decides which of them to keep."""

from __future__ import annotations

from datetime import date, timedelta

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

_FIXED = (
    ("New Year’s Day", 1, 1),
    ("Juneteenth", 6, 19),
    ("Independence Day", 7, 4),
    ("Veterans Day", 11, 11),
    ("Christmas Day", 12, 25),
)
_FLOATING = (
    ("Martin Luther King Jr. Day", 1, MONDAY, 3),
    ("Washington’s Birthday", 2, MONDAY, 3),
    ("Memorial Day", 5, MONDAY, -1),
    ("Labor Day", 9, MONDAY, 1),
    ("Columbus Day", 10, MONDAY, 2),
    ("Thanksgiving Day", 11, THURSDAY, 4),
)


def federal_holidays(first: date, last: date) -> list[tuple[date, str]]:
    """Every federal holiday on first..last (both included), on the weekday it is observed."""
    years = range(first.year, last.year + 2)  # next year's first may be observed on this year's last
    observed = [(_observed(date(year, month, day)), name) for year in years for name, month, day in _FIXED]
    observed += [(_weekday(year, month, weekday, which), name) for year in years for name, month, weekday, which in _FLOATING]
    return sorted((day, name) for day, name in observed if first <= day <= last)


def _observed(day: date) -> date:
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


def _weekday(year: int, month: int, weekday: int, which: int) -> date:
    """The `which`-th such weekday of the month; -1 is its last."""
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)
