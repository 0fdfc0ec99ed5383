"""Which passwords are good enough: long, not among the common ones, not made of the words around. Nothing else is asked for.

NIST SP 800-63B-4 and OWASP ASVS 6.2.1 to 6.2.12: no rule about kinds of characters, no change after some time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

ALONE = 15
"""The least length where a password is all there is."""
WITH_FACTOR = 8
"""The least length where a code from a phone is asked for as well."""
LONGEST = 128
_KINDS = 5
_LEFT_OVER = 4


def tidy(password: str) -> str:
    """As it is hashed: one way to write each letter. Spaces count, also at the ends."""
    return unicodedata.normalize("NFKC", password)


def problem_with(
    password: str, *, context: Iterable[str] = (), is_common: Callable[[str], bool], second_factor: bool = True
) -> str | None:
    """What is wrong with the password, as a sentence that says what to do; None when it is good enough.

    `context` are words that anybody would try first: the brand, the e-mail address, the name. `is_common` is asked about
    the password in small letters.
    """
    told, least = tidy(password), WITH_FACTOR if second_factor else ALONE
    if not told:
        return "Choose a password."
    if len(told) < least:
        return f"This is too short. Use {least} characters or more. Four words are easy to keep in mind."
    if len(told) > LONGEST:
        return f"This is too long. Use {LONGEST} characters or fewer."
    small = told.casefold()
    if len(set(small)) < _KINDS or is_common(small):
        return "Many people use this password, so it is tried first. Choose another."
    if _is_made_of(small, context):
        return "This is too close to your name, your email address or our name. Choose another."
    return None


def _is_made_of(small: str, context: Iterable[str]) -> bool:
    """Whether hardly a letter is left without the words around, and the digits and signs that people put behind them."""
    words = {word for text in context for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) >= 3}
    rest, met = small, False
    for word in sorted(words, key=len, reverse=True):
        met = met or word in rest
        rest = rest.replace(word, " ")
    return met and sum(character.isalpha() for character in rest) < _LEFT_OVER
