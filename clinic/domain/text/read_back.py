"""What an agent reads aloud before a visit is booked, and after: sentences, each short enough to be said in one breath."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.time.hours import zone

ZONES = {
    "EST": "Eastern", "EDT": "Eastern", "CST": "Central", "CDT": "Central", "MST": "Mountain", "MDT": "Mountain",
    "PST": "Pacific", "PDT": "Pacific", "AKST": "Alaska", "AKDT": "Alaska", "HST": "Hawaii", "HDT": "Hawaii-Aleutian",
    "AST": "Atlantic", "ChST": "Chamorro", "SST": "Samoa",
}  # fmt: skip
"""Names of times by the abbreviations of their zones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What is said of a visit. `start` is aware, `time_zone` the clinic's; `caller_zone` that of the caller, if it is known."""

    start: datetime
    time_zone: str
    visit: str
    specialist: str
    clinic: str
    street: str
    city: str
    state: str
    phone: str = ""
    reference: str = ""
    preparation: tuple[str, ...] = ()
    caller_zone: str = ""


def read_back(spoken: Spoken) -> tuple[str, ...]:
    """The visit as sentences: with whom and what, the day, the hour at the clinic, where, how to prepare, the reference."""
    here = spoken.start.astimezone(zone(spoken.time_zone))
    sentences = [
        f"The visit is with {spoken.specialist}: {_lower(spoken.visit)}.",
        f"It is on {here:%A}, {here:%B} {here.day}, {here.year}.",
        f"It starts at {_clock(here)}, {_zone(here)} Time.",
    ]
    if spoken.caller_zone and (there := spoken.start.astimezone(zone(spoken.caller_zone))).utcoffset() != here.utcoffset():
        other_day = f" on {there:%A}" if there.date() != here.date() else ""
        sentences.append(f"Where you are, that is {_clock(there)}{other_day}.")
    sentences.append(f"The clinic is {spoken.clinic}.")
    sentences.append(f"Its address is {spoken.street}, in {spoken.city}, {spoken.state}.")
    sentences += _sentences(spoken.preparation)
    if spoken.phone:
        sentences.append(f"To change the visit, call {spoken.phone}.")
    if spoken.reference:
        sentences.append(f"Your reference is {spell(spoken.reference)}.")
    return tuple(sentences)


def spell(reference: str) -> str:
    """Letter by letter, in groups that are easy to write down: 7 Q 2 M, 9 X K D, 4 T R."""
    groups = [reference[start : start + 4] for start in range(0, len(reference), 4)]
    return ", ".join(" ".join(group) for group in groups)


def _lower(name: str) -> str:
    """Mid-sentence, unless it begins with an abbreviation."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _clock(wall: datetime) -> str:
    if wall.minute == 0 and wall.hour in (0, 12):
        return "noon" if wall.hour else "midnight"
    minutes = f":{wall.minute:02d}" if wall.minute else ""
    return f"{wall.hour % 12 or 12}{minutes} {'AM' if wall.hour < 12 else 'PM'}"


def _zone(wall: datetime) -> str:
    short = wall.tzname() or ""
    return ZONES.get(short, short)


def _sentences(lines: Iterable[str]) -> list[str]:
    """Lines as sentences: each ends with a full stop, none is empty."""
    tidy = (" ".join(line.split()) for line in lines)
    return [line if line[-1] in ".!?" else f"{line}." for line in tidy if line]
