"""ASVS 6.2: length, common passwords, words around; and nothing about kinds of characters."""

from __future__ import annotations

import pytest

from clinic.adapters.passwords import is_common
from clinic.domain.people.passwords import problem_with

CONTEXT = ("Impact Medical", "maria.lopez@example.org", "María López")


def problem(password: str, **given: bool) -> str | None:
    return problem_with(password, context=CONTEXT, is_common=is_common, **given)


@pytest.mark.parametrize(
    "password",
    [
        "vest lamp",  # 6.2.5: no rule about kinds
        "correct horse battery staple",  # 6.2.9: long, with spaces
        "ñandú-Überfluß-雪だるま",
        "x9$kQ2!v",
        "0294817365028",
        "medical lamp sunrise",
        "y" * 30 + "okapi-vest" + "z" * 88,
    ],
)
def test_6_2_5_whatever_is_long_and_rare_is_good_enough(password: str) -> None:
    assert problem(password) is None


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "Choose a password"),
        ("xK9$qa7", "8 characters"),  # 6.2.1
        ("y" * 40 + "okapi-vest" + "z" * 79, "too long"),
        ("password", "Many people"),  # 6.2.4
        ("PassWord1", "Many people"),
        ("ｐａｓｓｗｏｒｄ", "Many people"),
        ("11111111", "Many people"),
        ("ababababababababab", "Many people"),
        ("ImpactMedical2026!", "too close"),  # 6.2.11
        ("maria.lopez.99", "too close"),
        ("Lopez_Maria!", "too close"),
        ("LÓPEZmaría7", "too close"),
    ],
)
def test_6_2_4_what_is_tried_first_is_refused(password: str, says: str) -> None:
    assert says in (problem(password) or "")


def test_6_2_1_alone_a_password_must_be_longer() -> None:
    assert "15 characters" in (problem("okapi-vest", second_factor=False) or "")
    assert problem("okapi-vest-lamp", second_factor=False) is None


def test_6_2_12_the_list_holds_more_than_the_three_thousand_most_common() -> None:
    for common in ("password", "12345678", "iloveyou", "sunshine", "trustno1", "qwertyuiop"):
        assert is_common(common)
    assert not is_common("okapi-vest-lamp")
