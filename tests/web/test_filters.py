"""Values as people read them, on both sides of a clock change and of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form

from clinic.web import filters
from clinic.web.fields import DateInPartsField

NEW_YORK, CHICAGO, PHOENIX = "America/New_York", "America/Chicago", "America/Phoenix"


@pytest.mark.parametrize(
    ("instant", "zone", "said"),
    [
        (datetime(2026, 11, 16, 14, 0, tzinfo=UTC), NEW_YORK, "9:00 AM EST"),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), NEW_YORK, "1:30 AM EDT"),  # the first of the two
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), NEW_YORK, "1:30 AM EST"),
        (datetime(2026, 7, 1, 19, 0, tzinfo=UTC), PHOENIX, "noon MST"),  # no summer time
        (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), CHICAGO, "midnight CDT"),
        (datetime(2026, 7, 1, 5, 0, tzinfo=UTC), "Pacific/Guam", "3:00 PM ChST"),
    ],
)
def test_times_are_the_clinics_with_their_zone(instant: datetime, zone: str, said: str) -> None:
    assert filters.clock_time_and_zone(instant, zone) == said


def test_zones_are_compared_at_the_time_of_the_visit() -> None:
    winter, summer = datetime(2026, 12, 1, 18, tzinfo=UTC), datetime(2026, 7, 1, 18, tzinfo=UTC)
    assert filters.other_zone(winter, CHICAGO, NEW_YORK) == "1 hour behind"
    assert filters.other_zone(winter, NEW_YORK, CHICAGO) == "1 hour ahead of"
    assert filters.other_zone(winter, PHOENIX, "America/Denver") == ""
    assert filters.other_zone(summer, PHOENIX, "America/Denver") == "1 hour behind"
    assert filters.zone_in_words(summer, CHICAGO) == "Central Time (CDT)"


def test_days_are_named_by_the_clinics_calendar(app: Flask) -> None:
    with app.app_context():  # 9 AM on a Monday in Orlando
        midnight_in_chicago = datetime(2026, 11, 17, 6, 0, tzinfo=UTC)
        assert filters.short_day(midnight_in_chicago, CHICAGO) == "Tomorrow"
        assert filters.short_day(midnight_in_chicago - timedelta(minutes=5), CHICAGO) == "Today"
        assert filters.short_day(datetime(2026, 11, 30, 15, tzinfo=UTC), NEW_YORK) == "Mon Nov 30"
        assert [filters.short_date(date(*day)) for day in ((2026, 11, 26), (2027, 1, 1))] == ["Thu, Nov 26", "Fri, Jan 1, 2027"]
        assert filters.day_heading(date(2026, 11, 16), NEW_YORK) == "Today: Monday, November 16"
        assert filters.day_heading(date(2026, 11, 17), NEW_YORK) == "Tomorrow: Tuesday, November 17"
        assert filters.day_heading(date(2026, 11, 17), "Pacific/Guam") == "Today: Tuesday, November 17"
        assert filters.day_heading(date(2027, 1, 1), NEW_YORK) == "Friday, January 1, 2027"
        assert filters.minutes_until(datetime(2026, 11, 16, 14, 9, 1, tzinfo=UTC)) == 10
        assert filters.minutes_until(datetime(2026, 11, 16, 13, tzinfo=UTC)) == 0


def test_the_small_words() -> None:
    assert [filters.miles(m) for m in (0.04, 1.0, 1.04, 2.44, 9.96, 1234.5)] == [
        "less than 0.1 miles", "1 mile", "1 mile", "2.4 miles", "10 miles", "1,234 miles",
    ]  # fmt: skip
    assert filters.open_hours([(time(9), time(12)), (time(13), time(17, 30))]) == "9:00 AM to noon, 1:00 PM to 5:30 PM"
    assert filters.open_hours([]) == "Closed"
    assert filters.dial("(407) 555-0100 ext. 4") == "+14075550100;ext=4"
    assert filters.dial("1-800-BACKPAIN") == "1800"
    assert filters.long_day(datetime(2026, 12, 1, 2, tzinfo=UTC), NEW_YORK) == "Monday, November 30, 2026"


class Asked(Form):
    day = DateInPartsField("Day")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (("4", "23", "1971"), date(1971, 4, 23)),
        (("April", "23", "1971"), date(1971, 4, 23)),
        (("sept.", "03", "1971"), date(1971, 9, 3)),
        (("4/23/1971", "", ""), date(1971, 4, 23)),
        (("２", "２９", "２０００"), date(2000, 2, 29)),
        (("2", "29", "1999"), None),
        (("13", "1", "1999"), None),
        (("4", "23", "71"), None),
        (("x", "23", "1971"), None),
        (("4", "²", "1971"), None),
        (("", "", "1971"), None),
    ],
)
def test_a_date_in_parts_reads_generously(typed: tuple[str, str, str], read: date | None) -> None:
    form = Asked(MultiDict({"day_month": typed[0], "day_day": typed[1], "day_year": typed[2]}))
    assert form.day.data == read
    assert bool(form.day.process_errors) == (read is None)
    assert dict(form.day.answers()) == {f"day_{part}": form.day.parts[part] for part in ("month", "day", "year")}
