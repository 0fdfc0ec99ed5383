"""Who is on the telephone: names that sound alike, answers that fit, and the little that is shown before.

Answers are typed blind: whoever types them learns whether all of them fit together, and never what is on record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import NamedTuple

ROWS = 5
"""At most so many rows are shown of those who may be meant."""
LOOKS_AN_HOUR = 30
"""Looks for a patient by one agent."""
MISSES = 3
"""After so many wrong answers in a day, whoever called, no fact opens that record until tomorrow. No call is closed."""
CLOSED_FOR = timedelta(hours=24)
"""How long no fact opens it: until tomorrow, wherever the patient is."""
EMPTY_LOOKS, PAUSE = 5, timedelta(minutes=10)
"""After so many looks in one call that found nobody who was then taken as new, nobody is looked for in it for that long."""

FACTS = ("reference", "month", "phone")
"""What a caller may know besides the given name: the reference of a visit, when the last one was and with whom, a number on
file. The ZIP code is none: whoever knows a name and an address knows it.
"""

NO_MATCH = "No match. Ask the caller to say it again, or for something else."
CLOSED = (
    "I am sorry: I cannot check that on the phone any more today. This protects the patient. We can call you back at the number "
    "that we have. Or I book a new visit for you now."
)
"""For the agent to read aloud. The same whether the last answer fitted or not."""


def is_closed(closed_at: datetime | None, *, now: datetime) -> bool:
    """Whether facts open the record no more, since `closed_at`."""
    return closed_at is not None and now < closed_at + CLOSED_FOR


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
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[0-9]+")


class LastVisit(NamedTuple):
    """When a caller says that the last visit was, and with whom: one word of the specialist's name, as it is heard."""

    year: int
    month: int
    specialist: str


def read_last_visit(typed: str) -> LastVisit | None:
    """'October 2026 Larkwood', '10/2026 larkwood', '2026-10, Dr. Larkwood' -> what was said; None for less than all of it."""
    words = [word for word in _WORD.findall(typed.casefold()) if word not in ("dr", "doctor", "with", "of")]
    years = [int(word) for word in words if word.isdecimal() and len(word) == 4]
    counted = [int(word) for word in words if word.isdecimal() and len(word) <= 2]
    named = [word for word in words if not word.isdecimal()]
    month = counted
    if not counted:  # "May", and "March", are family names as well: the first such word is the month
        at = next((n for n, word in enumerate(named) if len(word) >= 3 and word[:3] in _MONTHS), None)
        month = [] if at is None else [_MONTHS.index(named.pop(at)[:3]) + 1]
    if len(years) != 1 or len(month) != 1 or not 1 <= month[0] <= 12 or not named or len(years) + len(counted) > 2:
        return None
    return LastVisit(years[0], month[0], named[-1])


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What a caller's answers are held against; all of it of proven visits (domain.people.proof). Phones in E.164.

    `last_visit` is the day of the last attended one, at its clinic, and `last_specialist` who gave it. `unproven` are the
    references of visits that prove nothing, and open themselves alone.
    """

    given_names: Collection[str]
    birth_date: date
    phones: Collection[str]
    references: Collection[str]
    last_visit: date | None
    last_specialist: str
    unproven: Collection[str] = ()

    def __repr__(self) -> str:  # never into a log
        return "OnRecord(…)"

    def fits(self, given_name: str, fact: str, answer: str | date | LastVisit) -> bool:
        """Whether the name and the fact both fit. Both are always looked at, so that nobody can tell which did not.

        "birth_date" is a fact where we dialled the number on file, and nowhere else.
        """
        known = {
            "phone": answer in self.phones, "reference": answer in self.references, "month": self._is_last_visit(answer),
            "birth_date": answer == self.birth_date,
        }  # fmt: skip
        return self._is_named(given_name) & known[fact]

    def opens_itself(self, given_name: str, reference: str) -> bool:
        """Whether the reference is of a visit that whoever made it may open, and nothing else of the record."""
        return self._is_named(given_name) & (reference in self.unproven)

    def _is_named(self, given_name: str) -> bool:
        return sum(is_name(given_name, known) for known in self.given_names) > 0

    def _is_last_visit(self, said: object) -> bool:
        if not isinstance(said, LastVisit) or self.last_visit is None:
            return False
        names = self.last_specialist.partition(",")[0].split()
        named = sum(is_name(said.specialist, word) for name in names for word in {name, *name.split("-")}) > 0
        return named & ((said.year, said.month) == (self.last_visit.year, self.last_visit.month))
