"""A line as an agent types it while a caller talks: "after 4, tue or thu, not Dr. Vance, Spanish, within 10 miles".

Clauses may stand in any order, with commas or without. What is not understood is said back, never dropped: a "not" that we do
not understand takes along what follows it. An hour without AM or PM is one at which clinics are open: 1 to 6 is the afternoon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.domain.requests.asking import Filters
from clinic.domain.requests.asking_clauses import CLAUSES, FAR, NOT, NUMBERS, Clauses

LONGEST = 300
LANGUAGES = (
    "Arabic", "Cantonese", "English", "Farsi", "French", "German", "Greek", "Haitian Creole", "Hindi", "Italian", "Japanese",
    "Korean", "Mandarin", "Polish", "Portuguese", "Russian", "Sign language", "Spanish", "Tagalog", "Vietnamese",
)  # fmt: skip
"""Understood even where nobody speaks it: then that is the answer."""

_TITLES = frozenset({"dr", "doctor", "mr", "mrs", "ms", "miss", "prof", "md", "do", "dc", "pt", "dpt", "phd", "np", "pa"})
_FILLERS = _TITLES | frozenset(
    "a an the on or and in at please only any i she he they we you can could would like wants want prefers prefer come comes"  # noqa: SIM905
    " time times anytime day days for is are be ok fine works best me him her us them appointment visit specialist someone"
    " who to of with by speaks speaking speak start starts that it its if possible near".split()
)
_BREAKS = frozenset({",", ";", "and", "or", "but"})


def _fold(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.replace("–", "-").replace("—", "-")).casefold()
    kept = "".join(one for one in letters if not unicodedata.combining(one) and one not in "'’`\"()").rstrip(".!?")
    return NUMBERS.get(kept, kept) or "?"


def _words(name: str) -> tuple[str, ...]:
    """A name as it is known by: folded, titles aside."""
    return tuple(word for part in re.split(r"[\s,;]+", name) if part and (word := _fold(part)) not in _TITLES)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a line, and the words of it that were not understood, in their order."""

    filters: Filters
    not_understood: tuple[str, ...] = ()


def read(text: str, *, today: date, names: Sequence[str] = (), languages: Iterable[str] = ()) -> Read:
    """`today` is the day at the place; `names` and `languages` are those of whoever gives the visit there.

    A name is known by all of its words or any, titles aside, and stands for everybody who bears it. A line is cut at LONGEST.
    """
    line = _Line(text[:LONGEST], today, names, languages)
    return Read(*line.read())


class _Line:
    def __init__(self, text: str, today: date, names: Sequence[str], languages: Iterable[str]) -> None:
        self.words = re.findall(r"[^\s,;]+|[,;]", text)
        self.folded = [_fold(word) for word in self.words]
        self.today, self.found = today, Clauses()
        self.whole: dict[tuple[str, ...], list[str]] = {}
        self.piece: dict[tuple[str, ...], list[str]] = {}
        for name in dict.fromkeys(names):
            words = _words(name)
            self.whole.setdefault(words, []).append(name)
            pieces = {*words, *(piece for word in words for piece in word.split("-") if piece)}
            for piece in pieces:
                self.piece.setdefault((piece,), []).append(name)
        self.spoken = {_words(language): language for language in (*LANGUAGES, *languages)}

    def read(self) -> tuple[Filters, tuple[str, ...]]:
        at = 0
        missed: list[str] = []
        going_on = negative = False
        while at < len(self.words):
            if negative and self.folded[at] in ("or", "nor") and at + 1 < len(self.words):
                # "Not on Fridays or Dr. Vance": no more of it is wanted than what came before.
                end, going_on, negative = self._until_break(at + 1), True, False
                missed.append(" ".join(self.words[at:end]))
            elif end := self._clause(at) or 0:
                going_on, negative = False, bool(re.match(rf"{NOT}\s", " ".join(self.folded[at:])))
            else:
                end = self._not_understood(at)
                if end > at + 1 or self.folded[at] not in _FILLERS | {",", ";"}:
                    said = " ".join(self.words[at:end])
                    missed[-1:] = [f"{missed[-1]} {said}"] if going_on and missed else [*missed[-1:], said]
                    going_on = True
                elif self.folded[at] in (",", ";"):
                    going_on = False
            at = end
        return self.found.filters(), tuple(missed)

    def _not_understood(self, at: int) -> int:
        """A "not" takes along all up to the next break: what is not wanted must never be read as wanted."""
        negative = re.match(rf"(?:{NOT}|{FAR})(?=\s)", " ".join(self.folded[at:]))
        return self._until_break(at + len(negative[0].split())) if negative else at + 1

    def _until_break(self, at: int) -> int:
        while at < len(self.words) and self.folded[at] not in _BREAKS:
            at += 1
        return at

    def _clause(self, at: int) -> int | None:
        """Take the clause that begins at a word: where it ends; None when there is none that we understand."""
        if end := self._names(at):
            return end
        rest = " ".join(self.folded[at:])
        for pattern, take in CLAUSES:
            match = pattern.match(rest)
            if match and take(self.found, match.groupdict(), self.today):
                return at + len(match[0].split())
        return self._language(at) or self._bare_name(at)

    def _known(self, at: int) -> tuple[int, list[str]]:
        """The names that begin at a word, titles aside, and where they end: whole names first."""
        while at < len(self.folded) and self.folded[at] in _TITLES:
            at += 1
        for index in (self.whole, self.piece):
            for count in range(min(6, len(self.folded) - at), 0, -1):
                if names := index.get(tuple(self.folded[at : at + count])):
                    return at + count, names
        return at, []

    def _names(self, at: int) -> int | None:
        rest = " ".join(self.folded[at:])
        prefix = re.match(rf"(?P<neg>{NOT})(?: with)?(?=\s)|(?:only with|only|with|see)(?=\s)", rest)
        begin = at + len(prefix[0].split()) if prefix else at
        if prefix is None and (self.folded[at] not in _TITLES):
            return None
        end, names = self._known(begin)
        if not names:
            return None
        into = self.found.without if prefix and prefix["neg"] else self.found.people
        into += names
        while end < len(self.folded) and self.folded[end] in ("or", "and", "nor"):
            further, names = self._known(end + 1)
            if not names or self._is_more_than_a_name(end + 1):
                break
            into += names
            end = further
        return end

    def _bare_name(self, at: int) -> int | None:
        end, names = self._known(at)
        self.found.people += names
        return end if names else None

    def _is_more_than_a_name(self, at: int) -> bool:
        """Whether a word after "or" means something else as well: a day, a language."""
        rest = " ".join(self.folded[at:])
        return any(pattern.match(rest) for pattern, _take in CLAUSES) and tuple(self.folded[at : at + 1]) not in self.whole

    def _language(self, at: int) -> int | None:
        for count in (2, 1):
            said = tuple(self.folded[at : at + count])
            if count == 1:
                said = (said[0].removesuffix("-speaking"),)
            if language := self.spoken.get(said):
                self.found.languages.append(language)
                return at + count
        return None
