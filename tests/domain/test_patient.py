"""What is known about a patient before a visit: what is taken, and what each mistake is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic.adapters.phones import format_phone, read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.people.patient import GuardianDetails, age_on, check, is_family_name, is_minor, match_name
from tests.build import details

TODAY, VISIT = date(2026, 11, 22), date(2026, 12, 1)
MOTHER = {"name": "Ana Garcia", "relation": "parent", "phone": "407 555 0199", "consent": True}


def refusals(**given: Any) -> dict[str, str]:
    try:
        check(details(**given), today=TODAY, visit_day=VISIT)
    except InvalidInput as refused:
        return refused.fields
    return {}


@pytest.mark.parametrize(
    "name", ["José", "O’Neil-Smith", "D'Arcy", "Nguyễn", "李", "Ž", "X", "van der Berg", "Zoë Æ", "a" * 100, "María José"]
)
def test_names_people_have(name: str) -> None:
    assert refusals(given_name=name, family_name=name) == {}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Enter the patient’s first name."),
        ("  ", "Enter the patient’s first name."),
        ("a" * 101, "Enter a first name of at most 100 letters."),
        ("a" * 200, "Enter a first name of at most 100 letters."),
        ("123", "Enter the first name in letters."),
        ("💊", "Enter the first name in letters."),
        ("Ma\0ria", "Enter the first name in letters."),
        ("Ma\nria", "Enter the first name in letters."),
        ("Ma\x1b[31mria", "Enter the first name in letters."),
        ("Ma\ud800ria", "Enter the first name in letters."),
    ],
)
def test_names_nobody_has(name: str, sentence: str) -> None:
    assert refusals(given_name=name) == {"given_name": sentence}
    assert refusals(family_name=name) == {"family_name": sentence.replace("first name", "last name")}


@pytest.mark.parametrize(
    ("born", "sentence"),
    [
        (None, "Enter the patient’s date of birth, such as 04/23/1971."),
        (date(2026, 11, 23), "The date of birth is in the future. Check the year."),
        (date(2126, 1, 1), "The date of birth is in the future. Check the year."),
        (date(1850, 1, 1), "The date of birth is too long ago. Check the year."),
        (date(1, 1, 1), "The date of birth is too long ago. Check the year."),
        (date(1971, 2, 28), None),
        (date(1972, 2, 29), None),
        (date(1901, 11, 22), None),
    ],
)
def test_birth_dates(born: date | None, sentence: str | None) -> None:
    assert refusals(birth_date=born) == ({"birth_date": sentence} if sentence else {})


def test_a_child_born_today_needs_a_guardian_and_nothing_else() -> None:
    assert set(refusals(birth_date=TODAY)) == {"guardian"}
    assert refusals(birth_date=TODAY, guardian=GuardianDetails(**MOTHER)) == {}


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 12, 1), date(2026, 11, 30), 17),
        (date(2008, 12, 1), date(2026, 12, 1), 18),
        (date(2026, 12, 1), date(2026, 12, 1), 0),
    ],
)
def test_ages(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
    assert is_minor(born, day) is (age < 18)


def test_who_turns_eighteen_on_the_day_of_the_visit_comes_alone() -> None:
    assert refusals(birth_date=date(2008, 12, 1)) == {}
    assert set(refusals(birth_date=date(2008, 12, 2))) == {"guardian"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "guardian_name"),
        ({"name": "a" * 201}, "guardian_name"),
        ({"name": "A\0"}, "guardian_name"),
        ({"relation": "aunt"}, "guardian_relation"),
        ({"phone": ""}, "guardian_phone"),
        ({"consent": False}, "guardian_consent"),
    ],
)
def test_guardians(wrong: dict[str, Any], field: str) -> None:
    told = refusals(birth_date=date(2015, 5, 5), guardian=GuardianDetails(**{**MOTHER, **wrong}))
    assert set(told) == {field}
    assert refusals(guardian=GuardianDetails(**{**MOTHER, **wrong})) == {}, "a grown-up's guardian is nobody's business"


@pytest.mark.parametrize("email", ["a@b.co", "maria.garcia+visit@mail.example.com", "", None, "ana@bücher.example"])
def test_email_addresses(email: str | None) -> None:
    assert refusals(email=email) == {}


@pytest.mark.parametrize(
    "email", ["a", "a@b", "@b.co", "a@", "a b@c.de", "a@b..co", "a@b.co\n", "a\0@b.co", "a\ud800@b.co", "a" * 250 + "@b.co"]
)
def test_email_addresses_that_cannot_be(email: str) -> None:
    assert set(refusals(email=email)) == {"email"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": " "}, "phone"),
        ({"postal_code": "3280"}, "postal_code"),
        ({"postal_code": "３２８０１"}, "postal_code"),
        ({"postal_code": "32801-12"}, "postal_code"),
        ({"booked_by": "neighbour"}, "booked_by"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "pain\0"}, "reason"),
        ({"access_needs": "x" * 501}, "access_needs"),
        ({"access_needs": "a ramp\x07"}, "access_needs"),
        ({"insurer": "x" * 121}, "insurer"),
        ({"insurer": "Sunny\ud800"}, "insurer"),
        ({"language": "en\n"}, "language"),
        ({"language": "a" * 30}, "language"),
    ],
)
def test_everything_else(wrong: dict[str, Any], field: str) -> None:
    assert set(refusals(**wrong)) == {field}


def test_every_wrong_field_is_told_at_once() -> None:
    told = refusals(given_name="", family_name="", birth_date=None, phone="", email="x", postal_code="x")
    assert set(told) == {"given_name", "family_name", "birth_date", "phone", "email", "postal_code"}
    assert all(sentence.endswith(".") for sentence in told.values())


def test_a_reason_may_have_lines() -> None:
    lines = "It hurts.\r\n\tMostly at night."
    assert refusals(reason=lines, access_needs=lines, insurer="x" * 120) == {}
    assert refusals(reason="x" * 1000, access_needs="مدخل بلا درج " * 38) == {}


def test_nothing_of_a_patient_is_printed() -> None:
    assert "Maria" not in f"{details()} {details()!r}"


@pytest.mark.parametrize(
    ("given", "family", "same"),
    [
        ("José", "O'Neil-Smith", "oneilsmith jose"),
        ("  MARIA ", "García", "garcia maria"),
        ("Zoë", "Strauß", "strauss zoe"),
        ("明", "李", "李 明"),
    ],
)
def test_names_are_compared_by_their_letters(given: str, family: str, same: str) -> None:
    assert match_name(given, family) == same


@pytest.mark.parametrize(
    ("typed", "is_theirs"),
    [("Garcia", True), (" GARCÍA", True), ("garci", False), ("Garcia Lopez", False), ("maria", False), ("", False), ("-", False)],
)
def test_a_family_name_is_the_whole_of_it(typed: str, is_theirs: bool) -> None:
    assert is_family_name(typed, match_name("Maria", "García")) is is_theirs


def test_the_longest_family_names_are_found() -> None:
    for name in ("a" * 100, "ﷺ" * 100):  # one sign, eighteen letters
        assert is_family_name(name, match_name("Leo", name))
    assert is_family_name("aunt", match_name("Leo", "a" * 100)) is False


@pytest.mark.parametrize(
    ("typed", "phone", "extension"),
    [
        ("(407) 555-0123", "+14075550123", None),
        ("407.555.0123 ext. 4", "+14075550123", "4"),
        ("1 407 555 0123", "+14075550123", None),
        ("+44 20 7946 0958", "+442079460958", None),
        ("４０７５５５０１２３", "+14075550123", None),
    ],
)
def test_phones(typed: str, phone: str, extension: str | None) -> None:
    assert read_phone(typed) == (phone, extension)
    assert read_phone(format_phone(phone, extension)) == (phone, extension)


@pytest.mark.parametrize(
    "typed", ["", "555", "call me", "107 555 0123", "407 155 0123", "40755501234", "+1", "4" * 61, "\0", "💊"]
)
def test_phones_that_cannot_be(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_phone(typed)
    assert refused.value.fields == {"phone": "Enter a phone number with area code, such as (407) 555-0123."}
