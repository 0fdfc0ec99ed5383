"""What somebody may be typing: ZIP codes, cities and states that begin like it."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from clinic.domain.geography.gazetteer import key_of, words_of
from clinic.domain.geography.states import ASSOCIATED, STATES
from clinic.domain.geography.whereabouts import MAX_LENGTH
from clinic.store.directory import gazetteer

SUGGESTIONS = 7
_NAMES = STATES | ASSOCIATED


def suggest(session: Session, typed: str) -> list[str]:
    """At most seven places that begin like `typed`; each may be searched as it stands. None for less than two letters."""
    text = " ".join(typed[:MAX_LENGTH].split())
    digits = re.fullmatch(r"[0-9]{2,5}", text, re.ASCII)
    if digits:
        zips = gazetteer.zips_beginning(session, text, SUGGESTIONS)
        return [f"{entry.city}, {entry.state} {entry.code}" for entry in zips]
    city, comma, state = text.partition(",")
    key = key_of(words_of(city))
    if len(key) < 2 or not key.isascii() or key.isdigit():
        return []
    states = [code for code, name in _NAMES.items() if comma and state.strip() and _begins(state, code, name)]
    if comma and state.strip() and not states:
        return []
    labels = [name for name in _NAMES.values() if not comma and name.lower().startswith(text.lower())][:2]
    cities = gazetteer.cities_beginning(session, key, states, SUGGESTIONS)
    labels += [f"{city.name}, {city.state}" for city in cities]
    return list(dict.fromkeys(labels))[:SUGGESTIONS]


def _begins(typed: str, code: str, name: str) -> bool:
    begun = typed.strip().lower()
    return code.lower().startswith(begun) or name.lower().startswith(begun)
