"""Names as they are heard, answers typed blind, and what a row shows before they fit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.callers import OnRecord, Someone, is_name, look_alike, mask, read_month, sound, sounds_alike


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("jose", "José"), ("OConnor", "O’Connor"), ("O", "Ó"), ("maria", "Maria Elena"), ("mariaelena", "Maria-Elena"),
        ("Jonathon", "Jonathan"), ("Sara", "Sarah"), ("Sarah", "Sara"), ("Nguyne", "Nguyen"), ("Zoe", "Zoë"),
    ],
)  # fmt: skip
def test_a_name_is_heard_as_it_is(typed: str, known: str) -> None:
    assert is_name(typed, known)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("", "Ada"),
        ("A", "Ada"),
        ("Ana", "Ada"),
        ("Jon", "Jo"),
        ("Marcus", "Markos"),
        ("%", "Ada"),
        ("Elena", "Maria Elena"),
        ("a", ""),
    ],
)
def test_and_no_other_is(typed: str, known: str) -> None:
    assert not is_name(typed, known)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Smith", "Smyth"), ("Stephen", "Steven"), ("Katherine", "Cathryn"), ("Jimenez", "Gimenes"), ("Gonzales", "González"),
        ("Phillips", "Filips"), ("Knight", "Nite"), ("O’Connor", "Oconner"), ("Meyer", "Maier"), ("Garcia", "Garsia"),
        ("Li", "Lee"),
    ],
)  # fmt: skip
def test_names_that_sound_alike(one: str, other: str) -> None:
    assert sounds_alike(one, other)
    assert sounds_alike(other, one)


@pytest.mark.parametrize(("one", "other"), [("Smith", "Jones"), ("Garcia", "Gomez"), ("Ada", "Bea"), ("", ""), ("Maria", "Mark")])
def test_and_names_that_do_not(one: str, other: str) -> None:
    assert not sounds_alike(one, other)


@given(st.text(), st.text())
def test_any_text_has_a_sound_and_a_mask_that_tells_one_letter(one: str, other: str) -> None:
    sound(one)
    assert sounds_alike(one, other) == sounds_alike(other, one)
    shown = mask(one)
    assert len(shown.replace("•", "")) <= 3, "one letter, which some capitals write as two or three"
    assert shown.endswith("•••")


def test_two_of_three_look_alike() -> None:
    ada = Someone("Ada", "Smith", date(1971, 4, 23), "+14075550123")
    alike = [
        Someone("Ada", "Smyth", date(1971, 4, 23), "+1"), Someone("Ada", "Smith", date(1971, 4, 24), "+14075550123"),
        Someone("Bea", "Jones", date(1971, 4, 23), "+14075550123"),
    ]  # fmt: skip
    others = [Someone("Ada", "Smith", date(1981, 4, 23), "+1"), Someone("Bea", "Smith", date(1971, 4, 23), "+1")]
    assert [look_alike(ada, one) for one in (*alike, *others)] == [True, True, True, False, False]
    assert "Smith" not in repr(ada)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("October", (10, None)), ("oct 2026", (10, 2026)), ("10", (10, None)), ("10/2026", (10, 2026)), ("2026-10", (10, 2026)),
        ("Sept.", (9, None)), ("13", None), ("", None), ("1 2", None), ("march may", None), ("2026", None), ("last fall", None),
    ],
)  # fmt: skip
def test_a_month_as_people_say_it(typed: str, read: tuple[int, int | None] | None) -> None:
    assert read_month(typed) == read


def test_a_name_and_a_fact_fit_together_or_not_at_all() -> None:
    known = OnRecord({"María"}, {"+14075550123"}, {"7Q2M9XKD4TR"}, {"32801"}, date(2026, 10, 5))
    fitting = [("phone", "+14075550123"), ("reference", "7Q2M9XKD4TR"), ("postal_code", "32801"), ("month", (10, None)),
               ("month", (10, 2026))]  # fmt: skip
    assert all(known.fits("maria", *fact) for fact in fitting)
    assert not any(known.fits("Ada", *fact) for fact in fitting)
    wrong = [("phone", "32801"), ("reference", ""), ("postal_code", "+14075550123"), ("month", (9, None)), ("month", (10, 2025))]
    assert not any(known.fits("Maria", *fact) for fact in wrong)
    assert not OnRecord({"Maria"}, set(), set(), set(), None).fits("Maria", "month", (10, None))
    assert "32801" not in repr(known)
