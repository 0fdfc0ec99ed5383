"""Federal holidays, against the lists that the Office of Personnel Management published."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.domain.time.holidays import federal_holidays


def test_the_list_of_2026() -> None:
    days = [day.isoformat() for day, _ in federal_holidays(date(2026, 1, 1), date(2026, 12, 31))]
    assert days == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07", "2026-10-12",
        "2026-11-11", "2026-11-26", "2026-12-25",
    ]  # fmt: skip


PUBLISHED = {
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",  # the last: New Year's Day 2028, a Saturday
    2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
    2029: "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
    2030: "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2031: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_lists_of_the_years_after(year: int) -> None:
    days = [f"{day:%m-%d}" for day, _ in federal_holidays(date(year, 1, 1), date(year, 12, 31))]
    assert " ".join(days) == PUBLISHED[year]


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
