"""A calendar to subscribe to (RFC 5545, 7986), as Apple's, Google's and Microsoft's read it.

It is written line by line: a library takes ten times as long for a hundred entries, and readers fetch it every hour.

Times are those of each clinic's own clock, with the two rules by which the United States change it: whoever works in two
zones reads the time that is on the wall. Where that would be no certain instant, in the hour that comes twice or in a zone
with rules of its own, an entry is in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from clinic.adapters.ical import PRODUCT
from clinic.domain.time.hours import zone

REFRESH = "PT1H"
_FIRST_YEAR, _LAST_YEAR = 2007, 2037
"""In force since 2007. Not looked at any further: a rule that changes is in the next version of the time zones' table."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """All that may stand there: that there is a visit, when and at which clinic; never the patient, nor what it is for.

    `uid` stays for the life of the visit, `sequence` rises whenever it is moved or cancelled. Times are aware. `tentative`: it
    has yet to be moved.
    """

    uid: str
    sequence: int
    start: datetime
    end: datetime
    time_zone: str
    summary: str
    place: str
    cancelled: bool
    tentative: bool = False


def write_feed(name: str, entries: Sequence[FeedEntry], *, stamp: datetime) -> bytes:
    """The calendar called `name`. `stamp` is when it is written."""
    zones = sorted({entry.time_zone for entry in entries if observances(entry.time_zone)})
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}", f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}",
    ]  # fmt: skip
    for zone_name in zones:
        lines += ("BEGIN:VTIMEZONE", f"TZID:{zone_name}", *observances(zone_name), "END:VTIMEZONE")
    written = _utc(stamp)
    for entry in entries:
        lines += _event(entry, written)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(lines))


def _event(entry: FeedEntry, stamp: str) -> Iterable[str]:
    start, end = _times(entry)
    return (
        "BEGIN:VEVENT", f"UID:{_text(entry.uid)}", f"SEQUENCE:{entry.sequence}", f"DTSTAMP:{stamp}", f"DTSTART{start}",
        f"DTEND{end}", f"SUMMARY:{_text(entry.summary)}", f"LOCATION:{_text(entry.place)}",
        f"STATUS:{'CANCELLED' if entry.cancelled else 'TENTATIVE' if entry.tentative else 'CONFIRMED'}", "CLASS:PRIVATE",
        f"TRANSP:{'TRANSPARENT' if entry.cancelled else 'OPAQUE'}", "END:VEVENT",
    )  # fmt: skip


def _times(entry: FeedEntry) -> tuple[str, str]:
    """What follows DTSTART and DTEND."""
    if observances(entry.time_zone):
        tz = zone(entry.time_zone)
        walls = [instant.astimezone(tz) for instant in (entry.start, entry.end)]
        if not any(_comes_twice(wall) for wall in walls):
            start, end = (f";TZID={entry.time_zone}:{wall:%Y%m%dT%H%M%S}" for wall in walls)
            return start, end
    return f":{_utc(entry.start)}", f":{_utc(entry.end)}"


def _comes_twice(wall: datetime) -> bool:
    return wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset()


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=256)
def observances(zone_name: str) -> tuple[str, ...]:
    """The inside of a VTIMEZONE by the rules of the United States; empty for a zone that does not keep to them."""
    tz = zone(zone_name)
    winter, summer = (datetime(2026, month, 1, 12, tzinfo=tz) for month in (1, 7))
    if winter.utcoffset() == summer.utcoffset():
        fixed = all(_offset(tz, year, month) == winter.utcoffset() for year in range(2020, _LAST_YEAR) for month in range(1, 13))
        return _observance("STANDARD", winter, winter, "19700101T000000", "") if fixed else ()
    if not _keeps_the_rules(tz, winter, summer):
        return ()
    return (
        *_observance("DAYLIGHT", winter, summer, f"{_FIRST_YEAR}0311T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
        *_observance("STANDARD", summer, winter, f"{_FIRST_YEAR}1104T020000", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
    )


def _observance(kind: str, before: datetime, after: datetime, since: str, rule: str) -> tuple[str, ...]:
    lines = (
        f"BEGIN:{kind}", f"TZOFFSETFROM:{before:%z}", f"TZOFFSETTO:{after:%z}", f"TZNAME:{after:%Z}", f"DTSTART:{since}", rule,
        f"END:{kind}",
    )  # fmt: skip
    return tuple(line for line in lines if line)


def _offset(tz: ZoneInfo, year: int, month: int) -> timedelta | None:
    return datetime(year, month, 1, 12, tzinfo=tz).utcoffset()


def _keeps_the_rules(tz: ZoneInfo, winter: datetime, summer: datetime) -> bool:
    """Forward at two on the second Sunday in March, back at two on the first in November, every year."""
    for year in range(_FIRST_YEAR, _LAST_YEAR):
        for month, week, before, after in ((3, 1, winter, summer), (11, 0, summer, winter)):
            first = datetime(year, month, 1, 2, tzinfo=timezone(before.utcoffset() or timedelta()))
            change = first + timedelta(days=(6 - first.weekday()) % 7 + 7 * week)
            offsets = [instant.astimezone(tz).utcoffset() for instant in (change - timedelta(minutes=5), change)]
            if offsets != [before.utcoffset(), after.utcoffset()]:
                return False
    return True


_ESCAPES = {ord("\\"): "\\\\", ord(";"): "\\;", ord(","): "\\,", ord("\n"): "\\n"}
_ESCAPES |= dict.fromkeys((*range(10), *range(11, 32), 127), "")


@lru_cache(maxsize=1024)  # a clinic's address stands there again and again
def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _folded(lines: Iterable[str]) -> Iterator[bytes]:
    """At most 75 octets a line, no character cut in two."""
    for line in lines:
        raw = line.encode()
        while len(raw) > 75:
            cut = 75
            while raw[cut] & 0xC0 == 0x80:
                cut -= 1
            yield raw[:cut] + b"\r\n"
            raw = b" " + raw[cut:]
        yield raw + b"\r\n"
