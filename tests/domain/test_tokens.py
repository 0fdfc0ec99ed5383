"""Tokens that only we can make, and references that show most slips of the pen."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import UnusableToken
from clinic.domain.tokens import (
    REFERENCE_ALPHABET,
    SlotRef,
    appointment_of,
    guess_opening,
    opens,
    read_opening,
    read_reference,
    write_key,
    write_opening,
    write_reference,
)

KEY, OTHER_KEY = b"the key", b"another key"
WISH = SlotRef(7, 41, 1003, 5_986_116)
numbers = st.integers(0, 2**31 - 1)
URL_SAFE = string.ascii_letters + string.digits + "-_"


@given(numbers, numbers, numbers, numbers)
def test_an_opening_is_read_as_it_was_written(a: int, b: int, c: int, d: int) -> None:
    wish = SlotRef(a, b, c, d)
    token = write_opening(KEY, wish)
    assert read_opening(KEY, token) == guess_opening(token) == wish
    assert set(token) <= set(URL_SAFE)


def test_every_change_of_one_character_shows() -> None:
    token = write_opening(KEY, WISH)
    for at in range(len(token)):
        for character in URL_SAFE:
            forged = token[:at] + character + token[at + 1 :]
            if forged != token:
                with pytest.raises(UnusableToken, match="could not read that time"):
                    read_opening(KEY, forged)


def test_a_token_cut_short_or_longer_or_of_another_key_is_refused() -> None:
    token = write_opening(KEY, WISH)
    bad = [token[:n] for n in range(len(token))] + [token + more for more in ("A", "=", "==", " ", "\n", "A" * 10_000)]
    bad += [write_opening(OTHER_KEY, WISH), " " + token, token.swapcase(), "é" + token, "\ud800", "\0", "🩻", "A" * 10_000]
    for forged in bad:
        with pytest.raises(UnusableToken) as refused:
            read_opening(KEY, forged)
        assert set(refused.value.fields) == {"opening"}


def test_a_guess_survives_a_lost_end() -> None:
    token = write_opening(KEY, WISH)
    assert guess_opening(token[:-3]) == WISH
    assert guess_opening(token[:20]) is None


@given(st.text(max_size=80) | st.text(URL_SAFE, max_size=80))
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    guess_opening(text)
    with pytest.raises(UnusableToken):
        read_opening(KEY, text)
    if "-" in text:
        assert not opens(KEY, "hold", text, 5, 0)


def test_a_key_opens_one_appointment_for_one_purpose_until_revoked() -> None:
    token = write_key(KEY, "manage", 305, 2)
    assert appointment_of(token, "manage") == 305
    assert opens(KEY, "manage", token, 305, 2)
    assert not opens(KEY, "hold", token, 305, 2), "a hold's key is not a manage key, nor the other way round"
    assert not opens(KEY, "manage", write_key(KEY, "hold", 305, 2), 305, 2)
    assert not opens(KEY, "manage", token, 306, 2)
    assert not opens(KEY, "manage", token, 305, 3), "raising the generation revokes it"
    assert not opens(OTHER_KEY, "manage", token, 305, 2)


def test_every_change_of_a_key_shows() -> None:
    token = write_key(KEY, "hold", 305, 0)
    changed = [token[:at] + c + token[at + 1 :] for at in range(len(token)) for c in URL_SAFE if token[at] != c]
    changed += [token[:n] for n in range(len(token))] + [token + "A", "0" + token, token.upper()]
    for forged in changed:
        try:
            number = appointment_of(forged, "hold")
        except UnusableToken as refused:
            assert set(refused.fields) == {"hold"}
        else:
            assert not opens(KEY, "hold", forged, number, 0)


@pytest.mark.parametrize(
    "token", ["", "-", "131", "131-", "-abc", "xyz-abc", "1 1-abc", "١٣-abc", "9" * 14 + "-abc", "1_1-abc", "+1-abc"]
)
def test_a_key_that_cannot_be(token: str) -> None:
    with pytest.raises(UnusableToken) as refused:
        appointment_of(token, "hold")
    assert set(refused.value.fields) == {"hold"}


def test_a_number_too_large_for_an_appointment_is_none_of_ours() -> None:
    assert appointment_of("fffffffff-abc", "hold") == 0


@given(st.integers(0, 2**50 - 1))
def test_a_reference_is_read_as_people_type_it(bits: int) -> None:
    reference = write_reference(bits)
    assert len(reference) == 11
    assert set(reference) <= set(REFERENCE_ALPHABET)
    typed = f" {reference[:4].lower()}-{reference[4:8].replace('0', 'o')} {reference[8:].replace('1', 'l')} "
    assert read_reference(reference) == read_reference(typed) == reference


@given(st.integers(0, 2**50 - 1))
def test_every_single_wrong_character_shows(bits: int) -> None:
    reference = write_reference(bits)
    for at in range(11):
        for character in REFERENCE_ALPHABET:
            wrong = reference[:at] + character + reference[at + 1 :]
            assert wrong == reference or read_reference(wrong) is None


def test_most_swaps_of_neighbours_show() -> None:
    rng = random.Random(7)
    shown = total = 0
    for _ in range(2000):
        reference = write_reference(rng.getrandbits(50))
        for at in range(10):
            swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
            if swapped != reference:
                total += 1
                shown += read_reference(swapped) is None
    assert shown / total > 0.9


@pytest.mark.parametrize("typed", ["", "ABC", "0" * 10, "0" * 12, "U" * 11, "0000000000é", "💊" * 11, "A" * 10_000])
def test_a_reference_that_cannot_be(typed: str) -> None:
    assert read_reference(typed) is None
