"""What the agent reads aloud."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from clinic.domain.text.read_back import Spoken, read_back, spell


def spoken(start: datetime, **given: Any) -> tuple[str, ...]:
    values: dict[str, Any] = {
        "start": start, "time_zone": "America/New_York", "visit": "Back pain evaluation", "specialist": "Dr. Ana Flores",
        "clinic": "Impact Medical Orlando", "street": "1 Orange Avenue", "city": "Orlando", "state": "Florida",
    }  # fmt: skip
    return read_back(Spoken(**{**values, **given}))


def test_day_date_hour_with_zone_clinic_address_preparation_reference() -> None:
    sentences = spoken(
        datetime(2026, 11, 17, 15, 5, tzinfo=UTC), preparation=("Bring a list of your medicines", "  ", "Do not eat before."),
        phone="(407) 555-0100", reference="7Q2M9XKD4TR",
    )  # fmt: skip
    assert sentences == (
        "The visit is with Dr. Ana Flores: back pain evaluation.",
        "It is on Tuesday, November 17, 2026.",
        "It starts at 10:05 AM, Eastern Time.",
        "The clinic is Impact Medical Orlando.",
        "Its address is 1 Orange Avenue, in Orlando, Florida.",
        "Bring a list of your medicines.",
        "Do not eat before.",
        "To change the visit, call (407) 555-0100.",
        "Your reference is 7 Q 2 M, 9 X K D, 4 T R.",
    )


def test_whoever_lives_in_another_zone_is_told_their_own_hour() -> None:
    start = datetime(2026, 11, 17, 4, 30, tzinfo=UTC)
    assert "It starts at 11:30 PM, Eastern Time." in spoken(start)
    assert "Where you are, that is 10:30 PM." in spoken(start, caller_zone="America/Chicago")
    assert not [line for line in spoken(start, caller_zone="America/Detroit") if "Where you are" in line]
    assert "Where you are, that is midnight on Tuesday." in spoken(
        datetime(2026, 11, 17, 5, tzinfo=UTC), time_zone="America/Chicago", caller_zone="America/New_York"
    )


def test_noon_by_the_clinics_summer_time_and_an_abbreviation() -> None:
    sentences = spoken(datetime(2027, 7, 1, 18, 0, tzinfo=UTC), time_zone="America/Denver", visit="MRI review")
    assert sentences[0] == "The visit is with Dr. Ana Flores: MRI review."
    assert sentences[2] == "It starts at noon, Mountain Time."
    assert spell("ABC") == "A B C"
