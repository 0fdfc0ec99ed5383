"""What people are told, by which way, when, and for how long we try. Nothing here sends anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from clinic.domain.scheduling.appointment import State
from clinic.domain.time.hours import local_day, to_utc, zone

Channel = Literal["mail", "text", "letter"]


class Event(StrEnum):
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    LINK = "link"
    PREPARE = "prepare"
    REMINDER_WEEK = "reminder-7"
    REMINDER_DAYS = "reminder-2"
    REMINDER_DAY = "reminder-0"
    CALL_FIRST = "call-first"
    WAITING = "waiting"
    OFFER = "offer"
    INVITED = "invited"
    RESET = "reset"
    RESET_SEEN = "reset-seen"
    GLASS = "glass"
    CALENDAR_TIED = "calendar-tied"
    ROLE_GIVEN = "role-given"


FOR_STAFF = frozenset(
    {Event.INVITED, Event.RESET, Event.RESET_SEEN, Event.GLASS, Event.CALENDAR_TIED, Event.ROLE_GIVEN}
)  # fmt: skip
"""What somebody on the staff is told, by mail alone: the first two with a link; the others, that a colleague did something."""
CHANGES = frozenset({Event.BOOKED, Event.MOVED, Event.CANCELLED})
"""What changes a visit: never left untold, so that whoever cannot be written to is sent a letter."""
INVITES = frozenset({Event.BOOKED, Event.MOVED})
REMINDERS = {7: Event.REMINDER_WEEK, 2: Event.REMINDER_DAYS, 0: Event.REMINDER_DAY}
"""By days before the visit."""
AHEAD = frozenset({Event.PREPARE, *REMINDERS.values()})
"""What is sent because a visit comes near."""

WAITS_FOR_MOVE = AHEAD
"""What is not sent while somebody has yet to move the visit."""

WAKES, SLEEPS = 8 * 60, 21 * 60  # minutes after midnight: nobody is disturbed from nine to eight
EVENING = 18 * 60
LEAST_BEFORE = timedelta(hours=2)
FRESH = timedelta(hours=12)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=5)
TRIED_FOR = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a message may say: a first name, the clinic, the time with its zone, a phone number, links. Never what for.

    `start` and `end` are aware; `time_zone` is the clinic's. `links` are whole addresses by name: manage, confirm, change,
    cancel, stop, offer, waiting, set-up, colleague. `until` is when an offer ends. `reference` and `sequence` are those of the
    invitation.
    `about` is the name of a colleague, in a message to the staff; `note` what the staff add for the patient.
    """

    event: Event
    first_name: str = ""
    clinic: str = ""
    address: str = ""
    phone: str = ""
    start: datetime | None = None
    end: datetime | None = None
    time_zone: str = ""
    until: datetime | None = None
    reference: str = ""
    sequence: int = 0
    about: str = ""
    note: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:  # never into a log
        return f"Told({self.event})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How somebody can be told. `zone` is theirs: of their ZIP code, else the clinic's. `quiet`: they want no letters either."""

    email: str | None = None
    texts_to: str | None = None
    zone: str = "America/New_York"
    quiet: bool = False

    def __repr__(self) -> str:  # never into a log
        return "Reached(…)"


def channels(event: Event, reached: Reached) -> tuple[Channel, ...]:
    """By which ways to tell of `event`; none when it is not important enough for the only way there is."""
    mail: tuple[Channel, ...] = ("mail",) if reached.email else ()
    if event in FOR_STAFF:
        return mail
    texts: tuple[Channel, ...] = ("text",) if reached.texts_to else ()
    if event in (Event.REMINDER_DAY, Event.OFFER) and texts:
        return texts if event is Event.REMINDER_DAY else (*mail, *texts)
    if event in (Event.REMINDER_WEEK, Event.PREPARE, Event.WAITING):
        return mail or texts
    return mail + texts or (("letter",) if event in CHANGES and not reached.quiet else ())


def awake(moment: datetime, zone_name: str) -> datetime:
    """`moment`, or the next eight in the morning where it falls between nine in the evening and then. UTC."""
    local = moment.astimezone(zone(zone_name))
    minutes = local.hour * 60 + local.minute
    if WAKES <= minutes < SLEEPS:
        return moment.astimezone(UTC)
    day = local.date() + timedelta(days=1 if minutes >= SLEEPS else 0)
    return to_utc(day, WAKES, zone_name)


def reminders(
    start: datetime, told_at: datetime, days: Collection[int], *, prepare_days: int | None, zone_name: str
) -> dict[Event, datetime]:
    """When to send what about a visit at `start` that its patient heard of at `told_at`; nothing within twelve hours of that.

    Each at the visit's own time of day, some days before; on the day itself at eight, and where that is less than two
    hours before the visit, at six the evening before. All in `zone_name`, and never at night.
    """
    planned: dict[Event, datetime] = {}
    day = local_day(start, zone_name)
    for before in days:
        if before not in REMINDERS:
            continue
        due = _days_before(start, before, zone_name)
        if before == 0:
            due = to_utc(day, WAKES, zone_name)
            if due > start - LEAST_BEFORE:
                due = to_utc(day - timedelta(days=1), EVENING, zone_name)
        planned[REMINDERS[before]] = due
    if prepare_days is not None:
        planned[Event.PREPARE] = _days_before(start, prepare_days, zone_name)
    return {event: due for event, due in planned.items() if told_at + FRESH <= due < start}


def last_reminder(start: datetime, days: Collection[int], *, zone_name: str) -> datetime:
    """When the last reminder of a visit at `start` is due, of those `days` before it; of a visit without any, that of the day."""
    planned = reminders(start, start - timedelta(days=400), days, prepare_days=None, zone_name=zone_name)
    return max(planned.values(), default=None) or reminders(
        start, start - timedelta(days=400), [0], prepare_days=None, zone_name=zone_name
    ).get(Event.REMINDER_DAY, start - LEAST_BEFORE)


def _days_before(start: datetime, days: int, zone_name: str) -> datetime:
    local = start.astimezone(zone(zone_name))
    minutes = min(max(local.hour * 60 + local.minute, WAKES), SLEEPS - 60)
    return to_utc(local.date() - timedelta(days=days), minutes, zone_name)


def is_wanted(event: Event, sequence: int, *, state: State, now_sequence: int, start: datetime, now: datetime) -> bool:
    """Whether a message about a visit still holds: it is not cancelled or moved since, nor over."""
    if event is Event.CANCELLED:
        return state == State.CANCELLED
    if state not in (State.BOOKED, State.ARRIVED, State.STARTED):
        return False
    if event is Event.LINK:
        return True
    return sequence == now_sequence and now < start


def try_again_at(
    tries: int, first_tried_at: datetime, *, now: datetime, spread: float, asked: float | None = None
) -> datetime | None:
    """When to try the next time after the `tries`-th failed: in half a minute, then twice as long each time, up to five minutes.

    None: give up, as the next try would come more than four hours after the first. `spread`, 0 to 1, keeps many from coming
    at once; `asked` is how many seconds the other side asked for.
    """
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT) * (0.8 + 0.2 * spread)
    if asked is not None:
        wait = max(wait, min(timedelta(seconds=asked), timedelta(minutes=30)))
    return now + wait if now + wait < first_tried_at + TRIED_FOR else None
