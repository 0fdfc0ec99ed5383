"""A specialist's visits at all clinics as a calendar to subscribe to, under a secret address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.adapters.ical_feed import FeedEntry, write_feed
from clinic.domain.audit import Action
from clinic.domain.errors import NotFound, UnusableToken
from clinic.domain.geography.places import address_line
from clinic.domain.scheduling.appointment import State
from clinic.domain.tokens import appointment_of, opens, write_key
from clinic.engine.placing.changing import Who
from clinic.engine.transaction import transaction
from clinic.store.appointments import feeds
from clinic.store.appointments.feeds import FeedVisit
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.locks import lock_calendars
from clinic.store.tables.appointments import CalendarFeed
from clinic.store.tables.directory import Specialist

PURPOSE = "feed"
BACK = timedelta(days=30)
"""How long visits stay there when they are over, and cancelled ones when they were cancelled: until every reader has seen it."""
NOTED_EVERY = timedelta(hours=1)
NO_SUCH_FEED = "There is no calendar at this address. It may have been replaced by a new one."
SUMMARY = "Visit"

Verb = Callable[[CalendarFeed | None], CalendarFeed]


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What its owner sees of it. `token` is the secret part of the address, 256 bits; None: it is not served at present."""

    token: str | None
    made_at: datetime
    last_used_at: datetime | None


def feed_of(session: Session, token: str, *, key: bytes, host: str, name: str, now: datetime) -> bytes:
    """The calendar `name` that the token opens: when and at which clinic there is a visit, and nothing of the patient.

    UIDs are of their own, ending in `host`: a patient's invitation to the same visit has another. Whoever is invited to a
    visit and gives it, or keeps two people's calendars on one device, would otherwise see the two merged, and the one with
    the higher SEQUENCE overwrite the other. Raises NotFound for every token that opens nothing.
    """
    feed = _opened(session, token, key)
    used_at, specialist_id = feed.last_used_at, feed.specialist_id
    visits = feeds.visits(session, specialist_id, since=now - BACK, cancelled_since=now - BACK)
    written = write_feed(name, [_entry(visit, host) for visit in visits], stamp=now)
    if used_at is None or used_at <= now - NOTED_EVERY:
        begin_write(session)
        feeds.note_use(session, specialist_id, now=now)
        session.commit()
    return written


def _opened(session: Session, token: str, key: bytes) -> CalendarFeed:
    try:
        specialist_id = appointment_of(token, PURPOSE)
    except UnusableToken:
        raise NotFound(NO_SUCH_FEED) from None
    feed = feeds.find_served(session, specialist_id)
    if feed is None or not opens(key, PURPOSE, token, specialist_id, feed.generation):
        raise NotFound(NO_SUCH_FEED)
    return feed


def _entry(visit: FeedVisit, host: str) -> FeedEntry:
    address = address_line(visit.street, visit.city, visit.us_state, visit.postal_code)
    return FeedEntry(
        uid=f"calendar-{visit.id}@{host}", sequence=visit.sequence, start=visit.start_at, end=visit.end_at,
        time_zone=visit.time_zone, summary=SUMMARY, place=f"{visit.clinic}, {address}",
        cancelled=visit.state == State.CANCELLED, tentative=visit.to_move is not None,
    )  # fmt: skip


def feed_settings(session: Session, specialist_id: int, *, key: bytes) -> FeedSettings | None:
    """None: they never had one."""
    feed = feeds.find(session, specialist_id)
    return _settings(feed, key) if feed else None


def _settings(feed: CalendarFeed, key: bytes) -> FeedSettings:
    token = None if feed.closed_at else write_key(key, PURPOSE, feed.specialist_id, feed.generation)
    return FeedSettings(token, feed.made_at, feed.last_used_at)


def renew_feed(session: Session, specialist_id: int, *, key: bytes, who: Who, now: datetime) -> FeedSettings:
    """Make the feed, or give it a new address: every older one opens nothing from now on. Raises NotFound, Busy."""

    def renew(feed: CalendarFeed | None) -> CalendarFeed:
        if feed is None:
            feed = CalendarFeed(specialist_id=specialist_id, generation=0, made_at=now)
            session.add(feed)
        else:
            feed.generation, feed.made_at, feed.last_used_at, feed.closed_at = feed.generation + 1, now, None, None
        return feed

    return _settings(_change(session, specialist_id, Action.RENEW_FEED, renew, who=who, now=now), key)


def close_feed(session: Session, specialist_id: int, *, who: Who, now: datetime) -> None:
    """Serve it no more, under no address. Raises NotFound when there is none, Busy."""

    def close(feed: CalendarFeed | None) -> CalendarFeed:
        if feed is None:
            raise NotFound(NO_SUCH_FEED)
        feed.closed_at = feed.closed_at or now
        return feed

    _change(session, specialist_id, Action.CLOSE_FEED, close, who=who, now=now)


@transaction
def _change(
    session: Session,
    specialist_id: int,
    action: Action,
    verb: Callable[[CalendarFeed | None], CalendarFeed],
    *,
    who: Who,
    now: datetime,
) -> CalendarFeed:
    lock_calendars(session, [specialist_id])
    if session.get(Specialist, specialist_id) is None:
        raise NotFound("There is no such specialist.")
    feed = verb(feeds.find(session, specialist_id))
    session.flush()
    audit.note(session, None, actor=who.actor, action=action, detail=f"specialist {specialist_id}", now=now)
    session.refresh(feed)
    session.expunge(feed)
    return feed
