"""What somebody typed into the one box, sorted into what it can be. Pure: it knows states, but no city and no ZIP code.

near me, my location           NearMe
28.54, -81.37                  Point
32801 · 32801-1234             Named(postal_code)
Orlando, FL 32801              Named(postal_code, guesses)
Florida                        InState
Orlando FL · St. Louis         Named(guesses)
123 Main St, Orlando, FL       Named(guesses, street)
M5V 3L9 · Toronto, ON          PlaceUnknown: we are in the United States only
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.domain.errors import InvalidInput, PlaceUnknown
from clinic.domain.geography.gazetteer import key_of, words_of
from clinic.domain.geography.places import Point
from clinic.domain.geography.states import PROVINCE_CODES, PROVINCES, STATE_OF

MAX_LENGTH = 200

TYPE_A_PLACE = "Type a ZIP code such as 32801, or a city and state such as Orlando, FL."
TOO_LONG = f"That is longer than {MAX_LENGTH} characters. {TYPE_A_PLACE}"
NO_WORDS = f"We could not read a place in that. {TYPE_A_PLACE}"
NOT_A_ZIP = "A ZIP code has five digits, such as 32801. Check the number, or type a city and state."
NOT_ON_EARTH = "A latitude is between -90 and 90 and a longitude between -180 and 180, such as 28.54, -81.37. Or type a ZIP code."
IN_CANADA = "Our clinics are in the United States only. Type a US ZIP code or a US city and state near you."


@dataclass(frozen=True, slots=True)
class NearMe:
    """Where the device is, which only the device knows."""


@dataclass(frozen=True, slots=True)
class InState:
    """A state and nothing more."""

    state: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A name that may be a city: the key it would be filed under, and its state if one was typed."""

    key: str
    state: str | None


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A ZIP code, a city or an address. `guesses` are in the order to try; `street` is the text to geocode.

    `abroad`: if it is no city of ours, it is a province of Canada. `also`: other places that go by this name.
    """

    guesses: tuple[Guess, ...] = ()
    postal_code: str | None = None
    street: str | None = None
    state: str | None = None
    abroad: bool = False
    also: tuple[str, ...] = ()


Whereabouts = NearMe | Point | InState | NamedPlace

_COUNTRIES = (("united", "states", "of", "america"), ("united", "states"), ("usa",), ("us",))
_LEADS = (("close", "to"), ("near",), ("around",), ("in",), ("at",))
_HERE = frozenset(
    ["me", "here", "nearest", "closest", "nearest to me", "closest to me", "close to me", "close by", "near here", "near by"]
    + ["around me", "around here", "where i am", "my area", "in my area", "nearby", "nearme"]
    + [f"{use}{my}{what}" for use in ("", "use ") for my in ("", "my ") for what in ("location", "current location", "position")]
)
_NICKNAMES = {"nyc": "newyork", "newyorkcity": "newyork", "29palms": "twentyninepalms", "philly": "philadelphia"}
_NICKNAME_STATES = {"nyc": "NY", "newyorkcity": "NY", "philly": "PA"}

_NUMBER = r"([+-]?[0-9]{1,4}(?:\.[0-9]{1,20})?)\s*°?\s*"
_PAIR = re.compile(rf"\(?\s*{_NUMBER}([ns])?\s*([,;\s])\s*{_NUMBER}([ew])?\s*\)?", re.IGNORECASE)
_ZIP_AT_END = re.compile(r"(?:^|[\s,])([0-9]{5})(?:[\s-]?[0-9]{4})?$")
_CANADIAN_CODE = re.compile(r"\b[abceghj-nprstvxy][0-9][abceghj-nprstv-z][\s-]?[0-9][abceghj-nprstv-z][0-9]\b", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


def read(text: str) -> Whereabouts:
    """Sort what was typed. Raises InvalidInput (field "near") if it can be no place, PlaceUnknown if it is in Canada."""
    if len(text) > MAX_LENGTH:
        raise _invalid(TOO_LONG)
    text = normalise(text)
    if pair := _coordinates(text):
        return pair
    text = text.strip(" ,;.")
    parts = _without_country([words for part in text.split(",") if (words := words_of(part))])
    if not parts:
        raise _invalid(NO_WORDS)
    if _means_here(parts):
        return NearMe()
    if text.replace(" ", "").replace("-", "").isdigit() and not re.fullmatch(r"[0-9]{5}(?:[ -]?[0-9]{4})?", text):
        raise _invalid(NOT_A_ZIP)
    return _named(text, parts)


def normalise(text: str) -> str:
    """Full-width digits and letters become plain ones, dashes hyphens; invisible characters go; one space between words."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in plain)
    return " ".join("".join(kept).split())


def _named(text: str, parts: list[list[str]]) -> Whereabouts:
    code, parts = _take_zip(text, parts)
    parts = _without_lead(parts)
    if not parts:
        return NamedPlace(postal_code=code)
    if code is None and (_CANADIAN_CODE.search(text) or _is_canadian(parts)):
        raise PlaceUnknown(IN_CANADA)
    state, rest = _take_state(parts)
    if not rest:
        return NamedPlace(postal_code=code, state=state) if code else _state_alone(parts, state)
    street = text if any(any(c.isdigit() for c in word) for part in rest for word in part) else None
    guesses = _guesses(parts, state, rest, loose=street is not None)
    if guesses and guesses[0].key == "twentyninepalms":
        street = None
    abroad = len(parts) == 1 and " ".join(parts[0]) in PROVINCES
    return NamedPlace(guesses=guesses, postal_code=code, street=street, state=state, abroad=abroad)


def _guesses(parts: Sequence[list[str]], state: str | None, rest: Sequence[list[str]], *, loose: bool) -> tuple[Guess, ...]:
    """The last part before the state; of an address, also its last words; then all of it, for Port Washington."""
    last = rest[-1]
    tails = [last[-n:] for n in (4, 3, 2, 1) if n < len(last)] if loose else []
    guesses = [_guess(words, state) for words in [last, *tails] if not words[-1][0].isdigit() or len(words) == len(last)]
    if state and len(parts) == 1:
        guesses.append(_guess(parts[0], None))
    return tuple(dict.fromkeys(guesses))


def _guess(words: Sequence[str], state: str | None) -> Guess:
    key = key_of(words)
    return Guess(_NICKNAMES.get(key, key), state or _NICKNAME_STATES.get(key))


def _state_alone(parts: Sequence[list[str]], state: str | None) -> Whereabouts:
    """A state's name, or a city's that is better known under it."""
    name = " ".join(word for part in parts for word in part)
    if name == "new york":
        return NamedPlace(guesses=(Guess("newyork", "NY"),), state="NY")
    if name == "washington":
        return NamedPlace(guesses=(Guess("washington", None),), also=("Washington State",))
    return InState(state or "")


def _take_state(parts: Sequence[list[str]]) -> tuple[str | None, list[list[str]]]:
    """The state at the end, and what stands before it."""
    last = [*parts[-1]]
    if len(parts) == 1 and last[:2] == ["state", "of"]:
        last = last[2:]
    if len(last) > 1 and last[-1] == "state" and _ends_in_state(last[:-1]):
        last = last[:-1]
    length = _ends_in_state(last)
    if not length:
        return None, [*parts]
    state = STATE_OF[" ".join(last[-length:])]
    before = last[:-length]
    return state, [*parts[:-1], before] if before else [*parts[:-1]]


def _ends_in_state(words: Sequence[str]) -> int:
    """How many of the last words name a state; the longest name wins, so that West Virginia is not Virginia."""
    return next((n for n in (4, 3, 2, 1) if n <= len(words) and " ".join(words[-n:]) in STATE_OF), 0)


def _take_zip(text: str, parts: list[list[str]]) -> tuple[str | None, list[list[str]]]:
    found = _ZIP_AT_END.search(_uncountried(text))
    if found is None:
        return None, parts
    before = [words for part in _uncountried(text)[: found.start()].split(",") if (words := words_of(part))]
    return found.group(1), before


def _uncountried(text: str) -> str:
    return re.sub(r"[\s,]+(?:usa?|u\.s\.(?:a\.?)?|united states(?: of america)?)$", "", text, flags=re.IGNORECASE)


def _without_country(parts: list[list[str]]) -> list[list[str]]:
    if not parts:
        return parts
    last = parts[-1]
    for country in _COUNTRIES:
        if tuple(last[-len(country) :]) == country and (len(last) > len(country) or len(parts) > 1):
            return [part for part in (*parts[:-1], last[: -len(country)]) if part]
    return parts


def _without_lead(parts: list[list[str]]) -> list[list[str]]:
    """Without "near", "in" … before a place."""
    if not parts:
        return parts
    first = parts[0]
    for lead in _LEADS:
        if tuple(first[: len(lead)]) == lead and len(first) > len(lead):
            return [first[len(lead) :], *parts[1:]]
    return parts


def _means_here(parts: Sequence[list[str]]) -> bool:
    words = [word for part in parts for word in part]
    return " ".join(words) in _HERE or words[-2:] == ["near", "me"] or words[-1] in {"nearby", "nearme"}


def _is_canadian(parts: Sequence[list[str]]) -> bool:
    last, words = parts[-1], [word for part in parts for word in part]
    if last[-1] == "canada" and last[-2:] != ["la", "canada"]:
        return True
    if len(words) == 1:
        return words[0] in PROVINCE_CODES
    return last[-1] in PROVINCE_CODES or any(
        n < len(words) and n <= len(last) and " ".join(last[-n:]) in PROVINCES for n in (4, 3, 2, 1)
    )


def _coordinates(text: str) -> Point | None:
    found = _PAIR.fullmatch(text)
    if found is None:
        return None
    latitude, south, between, longitude, west = found.groups()
    if between.isspace() and not ("." in latitude and "." in longitude):
        return None
    try:
        return Point(_signed(latitude, south, "s"), _signed(longitude, west, "w"))
    except InvalidInput:
        raise _invalid(NOT_ON_EARTH) from None


def _signed(number: str, letter: str | None, negative: str) -> float:
    return -abs(float(number)) if letter and letter.lower() == negative else float(number)


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput({"near": sentence})
