"""Names as they are heard, answers typed blind, and what a row shows before they fit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.people.callers import (
    LastVisit,
    OnRecord,
    Someone,
    is_name,
    look_alike,
    mask,
    read_last_visit,
    sound,
    sounds_alike,
)


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
        ("October 2026 Larkwood", (2026, 10, "larkwood")), ("10/2026 Larkwood", (2026, 10, "larkwood")),
        ("2026-10, Dr. Larkwood-Sato", (2026, 10, "larkwood-sato")), ("with Omar Driftmoor, oct 2026", (2026, 10, "driftmoor")),
        ("May 2026 March", (2026, 5, "march")), ("O’Neil sept 2025", (2025, 9, "o’neil")), ("10/2026", None), ("October", None),
        ("Larkwood", None), ("October Larkwood", None), ("2026 Larkwood", None), ("13/2026 Larkwood", None), ("", None),
        ("10 11 2026 Larkwood", None), ("2025 2026 10 Larkwood", None),
    ],
)  # fmt: skip
def test_a_last_visit_as_people_say_it(typed: str, read: tuple[int, int, str] | None) -> None:
    assert read_last_visit(typed) == read


@given(st.text())
def test_any_text_is_a_last_visit_or_none(typed: str) -> None:
    found = read_last_visit(typed)
    assert found is None or (1 <= found.month <= 12 and found.specialist)


def test_a_name_and_a_fact_fit_together_or_not_at_all() -> None:
    known = OnRecord(
        {"María"}, date(1971, 4, 23), {"+14075550123"}, {"7Q2M9XKD4TR"}, date(2026, 10, 5), "Caspian Larkwood-Sato, MD", {"OPEN"}
    )  # fmt: skip
    fitting: list[tuple[str, Any]] = [
        ("phone", "+14075550123"), ("reference", "7Q2M9XKD4TR"), ("birth_date", date(1971, 4, 23)),
        ("month", LastVisit(2026, 10, "larkwood")), ("month", LastVisit(2026, 10, "larkwod")),
        ("month", LastVisit(2026, 10, "caspian")), ("month", LastVisit(2026, 10, "Sato")),
    ]  # fmt: skip
    assert all(known.fits("maria", *fact) for fact in fitting)
    assert not any(known.fits("Ada", *fact) for fact in fitting)
    wrong: list[tuple[str, Any]] = [
        ("phone", "7Q2M9XKD4TR"), ("reference", "OPEN"), ("reference", ""), ("month", LastVisit(2025, 10, "larkwood")),
        ("month", LastVisit(2026, 9, "larkwood")), ("month", LastVisit(2026, 10, "driftmoor")),
        ("month", LastVisit(2026, 10, "MD")),
        ("birth_date", date(1971, 4, 24)),
    ]  # fmt: skip
    assert not any(known.fits("Maria", *fact) for fact in wrong)
    assert known.opens_itself("Maria", "OPEN")
    assert not known.opens_itself("Ada", "OPEN")
    assert not known.opens_itself("Maria", "7Q2M9XKD4TR")
    nobody = OnRecord({"Maria"}, date(1971, 4, 23), set(), set(), None, "")
    assert not nobody.fits("Maria", "month", LastVisit(2026, 10, "larkwood"))
    assert "7Q2M9XKD4TR" not in repr(known)
