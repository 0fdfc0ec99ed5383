"""Invented names. No surname here is one that a directory of clinicians is likely to hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from random import Random

from clinic.domain.geography.gazetteer import words_of

GIVEN = (
    "Ada", "Alma", "Amir", "Anders", "Bea", "Benno", "Camila", "Caspian", "Cleo", "Dario", "Delia", "Desmond", "Edith", "Elio",
    "Esme", "Felix", "Flora", "Gideon", "Greta", "Hana", "Hollis", "Ines", "Isidor", "Jonah", "Juno", "Kai", "Leona", "Linus",
    "Luz", "Mabel", "Marcus", "Mina", "Nadia", "Nico", "Noor", "Odette", "Omar", "Orla", "Pablo", "Petra", "Quincy", "Rafa",
    "Ravi", "Rosalind", "Ruben", "Salma", "Silas", "Soren", "Tamsin", "Thea", "Tobias", "Uma", "Valentin", "Vera", "Wanda",
    "Wes", "Ximena", "Yara", "Yusuf", "Zelda",
)  # fmt: skip
FAMILY = (
    "Amberfield", "Ashgrover", "Barrowmere", "Belltrane", "Birchanter", "Bramblett-Ruiz", "Brightwell-Oda", "Calderwick",
    "Candlemarsh", "Castellorn", "Cloverdean", "Copperlane", "Crestavilla", "Dellamoor", "Dovecastle", "Driftmoor",
    "Eastermane", "Elmquarry", "Fairlocke-Diaz", "Fernhallow", "Flintridger", "Foxglade", "Garnetti-Lowe", "Goldthistle",
    "Greenharrow", "Hartsbrook", "Hazelpine", "Heronvale", "Hollowell-Cruz", "Inglemoss", "Ivorstone", "Jasperlund",
    "Juniperro", "Kestrelman", "Kingsferry", "Larkwood-Sato", "Lindenmar", "Lockmeadow", "Maplethorne", "Marigolden",
    "Meadowcrest", "Moonbridge", "Nightingrove", "Oakenfell", "Oleandro", "Orchardson-Li", "Palmquist-Rey", "Pebblesworth",
    "Pinehaven", "Quartermoor", "Quillfeather", "Ravenholt-Kim", "Redwillow", "Riverstone-Ade", "Rosemarch", "Saltmarsh",
    "Sandpiper", "Silverbirch", "Stonewater", "Sunderleaf", "Swiftcreek", "Tallowmere", "Thornapple", "Tidewell", "Umbergate",
    "Violetti-Chen", "Wavecrest", "Westerlight", "Whitlockwood", "Wildermead", "Willowbank", "Wintergarden", "Yarrowfield",
    "Zephyrine",
)  # fmt: skip

_MEN = frozenset((
    "Amir", "Anders", "Benno", "Caspian", "Dario", "Desmond", "Elio", "Felix", "Gideon", "Hollis", "Isidor", "Jonah", "Linus",
    "Marcus", "Nico", "Omar", "Pablo", "Quincy", "Rafa", "Ravi", "Ruben", "Silas", "Soren", "Tobias", "Valentin", "Wes", "Yusuf",
))  # fmt: skip
_NOT_SAID = frozenset(("Kai", "Juno", "Noor"))

REASONS = (
    "Lower back pain for about three weeks", "Neck pain after a long drive", "Stiff back in the morning",
    "Back pain that did not get better", "An injection that did not help", "Pain when bending backwards",
)  # fmt: skip


def gender_of(given: str) -> str | None:
    """As a specialist of that given name says it; of a few nothing is said."""
    name = given.partition(" ")[0]
    return None if name in _NOT_SAID else "man" if name in _MEN else "woman"


class Names:
    """Names whose slugs do not come twice, and are not among `taken`."""

    def __init__(self, random: Random, taken: Iterable[str] = ()) -> None:
        self._pairs = [(given, family) for family in FAMILY for given in GIVEN]
        random.shuffle(self._pairs)
        self._drawn = count()
        self._taken = set(taken)

    def new(self) -> tuple[str, str, str]:
        """Given name, family name, slug."""
        while True:
            turn, index = divmod(next(self._drawn), len(self._pairs))
            given, family = self._pairs[index]
            given += f" {chr(64 + turn)}." if turn else ""
            slug = "-".join(words_of(f"{given} {family}"))
            if slug not in self._taken:
                self._taken.add(slug)
                return given, family, slug
