"""Federal holidays, against the lists that the Office of Personnel Management published."""

from __future__ import annotations

from datetime import date

from clinic.domain.holidays import federal_holidays


def test_the_list_of_2026() -> None:
    days = [day.isoformat() for day, _ in federal_holidays(date(2026, 1, 1), date(2026, 12, 31))]
    assert days == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07", "2026-10-12",
        "2026-11-11", "2026-11-26", "2026-12-25",
    ]  # fmt: skip


def test_holidays_observed_on_another_day() -> None:
    found = federal_holidays(date(2021, 12, 1), date(2023, 1, 31))
    observed = {name: day for day, name in found if day.year == 2022}
    assert (date(2021, 12, 24), "Christmas Day") in found  # a Saturday
    assert (date(2021, 12, 31), "New Year’s Day") in found  # of 2022
    assert observed["Christmas Day"] == date(2022, 12, 26)  # a Sunday
    assert observed["Juneteenth"] == date(2022, 6, 20)


def test_the_edges_belong_to_it() -> None:
    assert federal_holidays(date(2026, 11, 26), date(2026, 11, 26)) == [(date(2026, 11, 26), "Thanksgiving Day")]
    assert federal_holidays(date(2026, 11, 27), date(2026, 12, 24)) == []
