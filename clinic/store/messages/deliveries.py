"""Each message by each channel: what waits to be sent, who is sending it, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, or_, select, text, update
from sqlalchemy.orm import Session

from clinic.store.base import Base, UtcDateTime
from clinic.store.tables.messages import Delivery, OutboxMessage


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that this worker has until `leased_until`, and what it is about."""

    id: int
    channel: str
    appointment_id: int | None
    entry_id: int | None
    account_id: int | None
    event: str
    sequence: int
    recipient: str | None
    tries: int
    first_tried_at: datetime
    leased_until: datetime


_TABLE = Base.metadata.tables["delivery"]

_ADD = text("""
    insert into delivery (outbox_id, channel, appointment_id, recipient, due_at, next_at, tries, detail)
    values (:outbox_id, :channel, :appointment_id, :recipient, :due_at, :due_at, 0, '')
    on conflict do nothing
""").bindparams(bindparam("due_at", type_=UtcDateTime()), bindparam("appointment_id", type_=BigInteger()))


def add_delivery(
    session: Session, outbox_id: int, channel: str, *, appointment_id: int | None, recipient: str | None, due_at: datetime
) -> None:
    """Have the message sent by this channel, from `due_at` on. Twice is once."""
    row = {"outbox_id": outbox_id, "channel": channel, "appointment_id": appointment_id, "recipient": recipient, "due_at": due_at}
    session.connection().execute(_ADD, row)


# Of one visit and channel the next message waits until the one before it has ended, so that they arrive in their order.
_LEASE = """
    update delivery set leased_until = :until, tries = tries + 1, first_tried_at = coalesce(first_tried_at, :now)
    where id in (
        select d.id from delivery d
        where d.done_at is null and d.next_at <= :now and (d.leased_until is null or d.leased_until <= :now)
          and d.channel in (:one, :other)
          and not exists (
              select 1 from delivery e
              where e.appointment_id = d.appointment_id and e.channel = d.channel and e.id < d.id
                and e.done_at is null and e.due_at <= :now)
        order by d.next_at, d.id limit :limit {skip}
    )
    returning id, channel, appointment_id, recipient, tries, first_tried_at, leased_until,
        (select entry_id from outbox where outbox.id = outbox_id) as entry_id,
        (select account_id from outbox where outbox.id = outbox_id) as account_id,
        (select event from outbox where outbox.id = outbox_id) as event,
        (select sequence from outbox where outbox.id = outbox_id) as sequence
"""
_LEASE_BY = {
    dialect: text(_LEASE.format(skip=skip))
    .bindparams(bindparam("now", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime()))
    .columns(first_tried_at=UtcDateTime(), leased_until=UtcDateTime())
    for dialect, skip in {"sqlite": "", "postgresql": "for update of d skip locked"}.items()
}


def lease(session: Session, channels: Sequence[str], *, now: datetime, until: datetime, limit: int) -> list[Leased]:
    """The next deliveries by any of `channels`, one or two, that may be tried, for nobody else until `until`."""
    asked = {"now": now, "until": until, "limit": limit, "one": channels[0], "other": channels[-1]}
    rows = session.connection().execute(_LEASE_BY[session.get_bind().dialect.name], asked)
    found = [Leased(**{name: row[name] for name in Leased.__dataclass_fields__}) for row in rows.mappings()]
    return sorted(found, key=lambda leased: leased.id)


_MINE = (_TABLE.c.id == bindparam("delivery"), _TABLE.c.leased_until == bindparam("lease", type_=UtcDateTime()))
_MINE_STILL = (*_MINE, _TABLE.c.done_at.is_(None))
_IS_MINE = select(_TABLE.c.id).where(*_MINE_STILL)
_RENEW = update(_TABLE).where(*_MINE_STILL).values(leased_until=bindparam("until", type_=UtcDateTime()))
_FINISH = (
    update(_TABLE)
    .where(*_MINE_STILL)
    .values({name: bindparam(name) for name in ("done_at", "outcome", "detail", "body")} | {"leased_until": None})
)
_RETRY = update(_TABLE).where(*_MINE_STILL).values(next_at=bindparam("next_at"), detail=bindparam("detail"), leased_until=None)


def is_leased(session: Session, leased: Leased) -> bool:
    """Whether it is still this worker's."""
    asked = {"delivery": leased.id, "lease": leased.leased_until}
    return session.connection().execute(_IS_MINE, asked).first() is not None


def renew_lease(session: Session, leased: Leased, *, until: datetime) -> Leased | None:
    """Keep it until `until`; None when it is not this worker's any more."""
    asked = {"delivery": leased.id, "lease": leased.leased_until, "until": until}
    kept = session.connection().execute(_RENEW, asked).rowcount
    return replace(leased, leased_until=until) if kept else None


def finish(session: Session, leased: Leased, outcome: str, *, detail: str = "", body: str | None = None, now: datetime) -> bool:
    """How it ended. False when it was not this worker's any more: somebody else says how."""
    told = {"done_at": now, "outcome": outcome, "detail": detail, "body": body}
    return bool(session.connection().execute(_FINISH, told | {"delivery": leased.id, "lease": leased.leased_until}).rowcount)


def retry(session: Session, leased: Leased, *, at: datetime, detail: str) -> bool:
    """Give it back, to be tried again at that time."""
    told = {"next_at": at, "detail": detail, "delivery": leased.id, "lease": leased.leased_until}
    return bool(session.connection().execute(_RETRY, told).rowcount)


def give_back(session: Session, leased: Sequence[Leased], *, at: datetime, detail: str) -> None:
    """These were not tried, as their channel cannot be reached: again at that time."""
    for one in leased:
        retry(session, one, at=at, detail=detail)


_DROP = text("""
    update delivery set done_at = :now, outcome = 'dropped', detail = 'superseded'
    where appointment_id = :appointment_id and done_at is null and (leased_until is null or leased_until <= :now)
      and outbox_id in (
          select id from outbox where appointment_id = :appointment_id and sequence < :sequence and event != 'link')
""").bindparams(bindparam("now", type_=UtcDateTime()))


def drop_older(session: Session, appointment_id: int, sequence: int, *, now: datetime) -> None:
    """What waits to be sent of how the visit was before that sequence is dropped; what is being sent just now is not."""
    asked = {"appointment_id": appointment_id, "sequence": sequence, "now": now}
    session.connection().execute(_DROP, asked)


def send_again(session: Session, delivery_id: int, *, now: datetime) -> bool:
    """What failed waits as if it had never been tried. False of anything else."""
    anew = {"done_at": None, "outcome": None, "detail": "", "tries": 0, "first_tried_at": None, "leased_until": None}
    failed = update(_TABLE).where(_TABLE.c.id == delivery_id, _TABLE.c.outcome == "failed")
    return bool(session.connection().execute(failed.values(due_at=now, next_at=now, **anew)).rowcount)


_LATE = select(_TABLE.c.id).where(_TABLE.c.done_at.is_(None), _TABLE.c.due_at <= bindparam("before", type_=UtcDateTime()))


def hurry_late(session: Session, *, now: datetime, before: datetime) -> int:
    """Whatever was due by `before` and has not ended is tried now, unless somebody has it. Returns how many."""
    free = or_(_TABLE.c.leased_until.is_(None), _TABLE.c.leased_until <= now)
    late = update(_TABLE).where(_TABLE.c.id.in_(_LATE), free, _TABLE.c.next_at > now).values(next_at=now)
    session.connection().execute(late, {"before": before})
    return len(session.connection().execute(_LATE, {"before": before}).all())


@dataclass(frozen=True, slots=True)
class Ended:
    """A delivery that has ended, with its sealed body."""

    id: int
    done_at: datetime
    channel: str
    event: str
    recipient: str | None
    outcome: str
    body: str | None


_ENDED = (
    select(
        Delivery.id, Delivery.done_at, Delivery.channel, OutboxMessage.event, Delivery.recipient, Delivery.outcome, Delivery.body
    )
    .join(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
    .where(Delivery.done_at.is_not(None))
)  # fmt: skip


def ended_last(session: Session, *, limit: int) -> list[Ended]:
    """The newest first; what was dropped is left out."""
    wanted = _ENDED.where(Delivery.outcome != "dropped").order_by(Delivery.done_at.desc(), Delivery.id.desc()).limit(limit)
    return [Ended(*row) for row in session.execute(wanted)]  # type: ignore[arg-type]


def ended(session: Session, delivery_id: int) -> Ended | None:
    row = session.execute(_ENDED.where(Delivery.id == delivery_id)).one_or_none()
    return Ended(*row) if row else None  # type: ignore[arg-type]


def some_bodies(session: Session, after: int, limit: int) -> list[tuple[int, str]]:
    """(delivery, sealed body) behind that delivery: for sealing anew in portions."""
    wanted = select(Delivery.id, Delivery.body).where(Delivery.id > after, Delivery.body.is_not(None))
    return [(id_, body) for id_, body in session.execute(wanted.order_by(Delivery.id).limit(limit)) if body]


def reseal(session: Session, delivery_id: int, body: str) -> None:
    session.execute(update(Delivery).where(Delivery.id == delivery_id).values(body=body))


_ANY_DUE = (
    select(_TABLE.c.id).where(_TABLE.c.done_at.is_(None), _TABLE.c.next_at <= bindparam("now", type_=UtcDateTime())).limit(1)
)


def is_any_due(session: Session, *, now: datetime) -> bool:
    """Whether there is a delivery to try, were it not somebody's already: a look without a lock."""
    return session.connection().execute(_ANY_DUE, {"now": now}).first() is not None
