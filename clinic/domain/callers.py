"""Who is on the telephone: names that sound alike, answers that fit, and the little that is shown before.

Answers are typed blind: whoever types them learns whether all of them fit together, and never what is on record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

ROWS = 5
"""At most so many rows are shown of those who may be meant."""
LOOKS_AN_HOUR = 30
"""Looks for a patient by one agent."""
MISSES = 3
"""After so many wrong answers nobody is taken for that patient on the telephone; after so many in one call, nobody at all."""

FACTS = ("phone", "month", "reference", "postal_code")
"""What a caller may know besides the given name: a number on file, the month of the last visit, a reference, the ZIP code."""

NO_MATCH = "No match. Ask the caller to say it again, or for something else."
LOCKED = (
    "I am sorry: I cannot open a record on the phone now. This protects the patient. Please come to one of our clinics with an "
    "identity card, or use the link in one of our messages."
)
"""For the agent to read aloud. The same whether there is such a patient or not, and whether the last answer fitted."""


@dataclass(frozen=True, slots=True)
class Masked:
    """One who may be meant, before the caller has proved it. `initial` is of the given name."""

    row: str
    initial: str


def mask(name: str) -> str:
    """'Maria' -> 'M•••': as many dots whatever the name's length."""
    first = next((character for character in name.strip() if character.isalnum()), "")
    return f"{first.upper()}•••"


def letters(name: str) -> str:
    """Folded to plain letters: accents, apostrophes, hyphens and capitals make no difference."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if character.isalnum())


def is_name(typed: str, on_record: str) -> bool:
    """Whether it is the name on record, as it may be heard: whole or its first word, and in one of four letters or more a
    single letter may be wrong, missing, too many, or swapped with the next.
    """
    said, whole, first = letters(typed), letters(on_record), letters(on_record.strip().partition(" ")[0])
    return bool(said) and (_one_off(said, whole) | _one_off(said, first))


def _one_off(said: str, known: str) -> bool:
    if said == known:
        return True
    if min(len(said), len(known)) < 4 or abs(len(said) - len(known)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(said, known, strict=False)) if a != b), min(len(said), len(known)))
    if len(said) == len(known):
        swapped = said[start : start + 2] == known[start : start + 2][::-1] and said[start + 2 :] == known[start + 2 :]
        return swapped or said[start + 1 :] == known[start + 1 :]
    longer, shorter = (said, known) if len(said) > len(known) else (known, said)
    return longer[start + 1 :] == shorter[start:]


# Rules in their order; what is left of vowels goes after the first letter.
_SOUNDS = tuple((re.compile(pattern), to) for pattern, to in (
    (r"^(kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^wh", "w"), (r"^x", "s"), (r"ph|v", "f"), (r"sch|tch|sh|ch", "x"),
    (r"dg(?=[eiy])", "j"), (r"gh(?=[aeiouy])", "g"), (r"gh", ""), (r"[gj](?=[eiy])|j", "h"), (r"[cs]c(?=[eiy])", "s"),
    (r"c(?=[eiy])", "s"), (r"ck|c|q", "k"), (r"th|d", "t"), (r"z", "s"), (r"^[aeiouy]+", "a"), (r"(?<=.)[aeiouyhw]", ""),
    (r"(.)\1+", r"\1"),
))  # fmt: skip


def sound(name: str) -> str:
    """How a name sounds, roughly: 'Smyth' and 'Smith', 'Stephen' and 'Steven', 'Jimenez' and 'Gimenes' are the same."""
    heard = letters(name)
    for pattern, to in _SOUNDS:
        heard = pattern.sub(to, heard)
    return heard


def sounds_alike(one: str, other: str) -> bool:
    """Of single names: 'Katherine' and 'Cathryn', 'Gonzales' and 'Gonzalez', 'Oconnor' and 'O'Conner'."""
    a, b = letters(one), letters(other)
    if not a or not b:
        return False
    a, b = sorted((a, b))  # the ratio is another the other way round
    return a == b or (sound(one) == sound(other) != "") or (len(a) > 3 and SequenceMatcher(None, a, b).ratio() >= 0.86)


@dataclass(frozen=True, slots=True)
class Someone:
    """What tells people apart. `phone` in E.164."""

    given_name: str
    family_name: str
    birth_date: date
    phone: str

    def __repr__(self) -> str:  # never into a log
        return "Someone(…)"


def look_alike(one: Someone, other: Someone) -> bool:
    """Whether two records may be one person's: two of birth date, phone, and a name that sounds alike."""
    named = sounds_alike(one.given_name, other.given_name) and sounds_alike(one.family_name, other.family_name)
    return named + (one.birth_date == other.birth_date) + (one.phone == other.phone) >= 2


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_month(typed: str) -> tuple[int, int | None] | None:
    """'October', 'oct 2026', '10', '10/2026', '2026-10' -> the month, and the year if one was said; None for what is none."""
    words = re.findall(r"[a-z]+|[0-9]+", typed.casefold())
    years = [int(word) for word in words if word.isdecimal() and len(word) == 4]
    named = [_MONTHS.index(word[:3]) + 1 for word in words if len(word) >= 3 and word[:3] in _MONTHS]
    counted = [int(word) for word in words if word.isdecimal() and len(word) <= 2]
    months = named + counted
    if len(months) != 1 or len(years) > 1 or len(words) > 2 or not 1 <= months[0] <= 12:
        return None
    return months[0], years[0] if years else None


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What a caller's answers are held against. Phones in E.164; `last_visit` is a day at its clinic."""

    given_names: Collection[str]
    phones: Collection[str]
    references: Collection[str]
    postal_codes: Collection[str]
    last_visit: date | None

    def __repr__(self) -> str:  # never into a log
        return "OnRecord(…)"

    def fits(self, given_name: str, fact: str, answer: str | tuple[int, int | None]) -> bool:
        """Whether the name and the fact both fit. Both are always looked at, so that nobody can tell which did not."""
        named = sum(is_name(given_name, known) for known in self.given_names) > 0
        month = self.last_visit is not None and answer in (
            (self.last_visit.month, None), (self.last_visit.month, self.last_visit.year),
        )  # fmt: skip
        known = {
            "phone": answer in self.phones, "reference": answer in self.references, "month": month,
            "postal_code": answer in self.postal_codes,
        }  # fmt: skip
        return named & known[fact]
