"""Advisory locks of PostgreSQL: every number in one list, and the only SQL that takes them. All end with their transaction.

Locks of people, requests and places are courtesies: the claims' guard would refuse as well, but rivals for overlapping times
would wait for each other inside it and deadlock. They are taken in the order of this list, then of their second number, in a
statement of their own, so that whatever is read afterwards sees what earlier holders committed. SQLite needs none of it:
whoever writes is alone (see connect.begin_write).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, unique
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, text
from sqlalchemy.orm import Session

from clinic.store.base import IdList


@unique
class LockSpace(IntEnum):
    """The first of a lock's two numbers: what it is about. Servers of two versions meet in a database, so none is given anew."""

    CALENDARS = 1
    """Of a specialist or a patient, by their resource."""
    REQUESTS = 2
    """Of an idempotency key, by its hash."""
    PERSONS = 3
    """Of somebody who may be recorded just now, by a hash of who they are."""
    PLACES = 4
    """Of all rooms and equipment of a location, by its id."""
    WAITERS = 5
    """Of somebody who joins the waitlist, by a hash of who they are."""
    OFFERING = 6
    """The round that offers freed times: one at once."""
    PURGING = 7
    """The purge: one at once."""
    SEALING = 8
    """The round that seals the audit log: one at once."""


MIGRATING = 4_207_155_501
"""The one lock of a single number, which is of a space apart: servers that start together migrate one after the other."""


def _is_needed(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def wait_for(session: Session, space: LockSpace, number: int = 0) -> None:
    """Wait for that lock. Part of a writing transaction."""
    if _is_needed(session):
        numbers = {"space": int(space), "number": number}
        session.connection().execute(text("select pg_advisory_xact_lock(:space, :number)"), numbers)


def is_mine(session: Session, space: LockSpace) -> bool:
    """Take that lock if nobody else has it, without waiting. Part of a writing transaction."""
    if not _is_needed(session):
        return True
    taken = session.connection().execute(text("select pg_try_advisory_xact_lock(:space, 0)"), {"space": int(space)})
    return bool(taken.scalar())


def wait_to_migrate(connection: Any) -> None:
    """Wait for whoever migrates, ten minutes at most: longer than any other lock is waited for, as what they do takes longer.

    The statements of the migration itself wait as briefly as any other.
    """
    usual = connection.execute(text("show lock_timeout")).scalar_one()
    connection.execute(text("set local lock_timeout = '10min'"))
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
    connection.execute(text("select set_config('lock_timeout', :usual, true)"), {"usual": usual})


# Rooms and equipment are locked only where the visit type needs any.
_CALENDARS = text(
    """
    select pg_advisory_xact_lock(space, id) from (
        select :calendars as space, cast(unnest(cast(:people as bigint[])) as integer) as id
        union all select :requests, :request where :request is not null
        union all select :places, cast(unnest(cast(:locations as bigint[])) as integer) from visit_type
                  where id = :visit_type and (room_kind is not null or equipment_kind is not null)
        order by space, id
    ) as ordered
    """
).bindparams(
    bindparam("people", type_=IdList()), bindparam("locations", type_=IdList()), bindparam("request", type_=Integer),
    calendars=int(LockSpace.CALENDARS), requests=int(LockSpace.REQUESTS), places=int(LockSpace.PLACES),
)  # fmt: skip


def lock_calendars(
    session: Session,
    people: Iterable[int],
    *,
    locations: Iterable[int] = (),
    visit_type_id: int | None = None,
    request: int | None = None,
) -> None:
    """Wait for our turn at these calendars, at the locations' rooms and equipment if the visit type needs any, and for a
    twin of the request, by its number (idempotency.lock_of).
    """
    if _is_needed(session):
        asked = {
            "people": list(people), "locations": list(locations), "visit_type": visit_type_id, "request": request
        }  # fmt: skip
        session.connection().execute(_CALENDARS, asked)


# Who is said to come may be known already: the patient found here is the one found afterwards, unless somebody made them while
# we waited.
_CONFIRMATION = text("""
    with held as (
        select specialist_id, location_id, room_kind is not null or equipment_kind is not null as inside
        from appointment join visit_type on visit_type.id = visit_type_id where appointment.id = :hold
    )
    select pg_advisory_xact_lock(space, cast(id as integer)), space, id from (
        select :calendars as space, specialist_id as id from held
        union all select :calendars, coalesce(merged_into_id, id) from patient
                  where birth_date = :birth_date and phone = :phone and match_name = :match_name
        union all select :requests, :request where :request is not null
        union all select :persons, :person
        union all select :places, location_id from held where inside
        order by space, id
    ) as ordered
""").bindparams(
    bindparam("request", type_=BigInteger), bindparam("person", type_=BigInteger),
    calendars=int(LockSpace.CALENDARS), requests=int(LockSpace.REQUESTS), persons=int(LockSpace.PERSONS),
    places=int(LockSpace.PLACES),
)  # fmt: skip


def lock_confirmation(
    session: Session, hold_id: int, who: dict[str, Any], *, person: int, request: int | None
) -> frozenset[int]:  # fmt: skip
    """Wait for our turn at all that booking the held time takes. Returns whose calendars are ours: their resources.

    `who` is birth_date, phone and match_name of the patient as said, `person` the number of that person, `request` that of the
    request.
    """
    asked = {**who, "hold": hold_id, "request": request, "person": person}
    locked = session.connection().execute(_CONFIRMATION, asked)
    return frozenset(id_ for _, space, id_ in locked if space == LockSpace.CALENDARS)
