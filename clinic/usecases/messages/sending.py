"""What waits is sent, a message at a time, and how it ended is recorded. No transaction is open while we wait for a server."""

from __future__ import annotations

import hashlib
import hmac
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinic.adapters.delivery import Undelivered
from clinic.adapters.mail import Mail, Outlet, write_mail
from clinic.domain.errors import Busy
from clinic.domain.text.messages import TRIED_FOR, Event, awake, try_again_at
from clinic.engine.transaction import retried, transaction
from clinic.store.connect import begin_write
from clinic.store.messages import deliveries
from clinic.store.messages.deliveries import Leased
from clinic.store.messages.recipients import find_recipient
from clinic.store.patients import encrypted_answers, intake
from clinic.store.work import tasks
from clinic.usecases.messages.composing import tell
from clinic.usecases.messages.context import MessageContext, NotWanted, Written

log = logging.getLogger("clinic.messages")

PORTION = 20
REST = timedelta(seconds=30)
"""How long a channel whose server cannot be reached is left alone."""
LATE = timedelta(hours=1)
UNSUBSCRIBED = "twilio 21610"


@dataclass
class Rest:
    """Until when each channel is left alone, as this worker found its server out of reach."""

    until: dict[str, datetime]

    def open(self, now: datetime) -> list[str]:
        return [channel for channel in ("mail", "text") if self.until.get(channel, now) <= now]


def deliver(
    session: Session, post: MessageContext, rest: Rest, *, clock: Callable[[], datetime], limit: int = PORTION,
    stopping: Callable[[], bool] = lambda: False,
) -> int:  # fmt: skip
    """Send what may be sent now, `limit` messages at most. Returns how many this worker took on. Raises Busy.

    A message is sent once, except where a server took it and we died before we could write that down, or the answer was
    lost on its way: then once more, with the same Message-ID and words. Workers should agree on the time: where their clocks
    differ by more than half a lease, one may take over what another has, and the message it has in hand may come twice.
    Whatever goes wrong with one does not keep the others.
    As soon as `stopping()` no other message is begun, and what is left of the portion is anybody's.
    """
    letters = _lease(session, ("letter",), post, now=clock(), limit=limit)
    for leased in letters:
        _tried(session, post, leased, partial(_print_letter, session, post, leased, now=clock()), clock=clock)
    open_channels = rest.open(clock())
    if not open_channels:
        return len(letters)
    found = _lease(session, open_channels, post, now=clock(), limit=limit)
    with ExitStack() as stack:
        outlet = stack.enter_context(post.mailer.open()) if post.mailer else None
        for place, leased in enumerate(found):
            if stopping():
                _give_back(session, found[place:], at=clock(), detail="")
                break
            if leased.channel not in rest.open(clock()):
                continue
            mine = _still_mine(session, post, leased, now=clock())
            if mine is None:
                continue
            failed = _tried(session, post, mine, partial(_send_one, session, post, outlet, mine, clock=clock), clock=clock)
            if failed and failed.unreachable:
                rest.until[leased.channel] = clock() + REST
                waiting = [other for other in found[place + 1 :] if other.channel == leased.channel]
                _let_rest(session, post, waiting, failed, now=clock())
    return len(letters) + len(found)


def _tried(
    session: Session, post: MessageContext, leased: Leased, send: Callable[[], None], *, clock: Callable[[], datetime]
) -> Undelivered | None:
    """How it failed, as it is noted, or None. What nobody foresaw counts against this message, unless it is the database."""
    try:
        send()
    except Undelivered as known:
        failed = known
    except (SQLAlchemyError, Busy):
        raise
    except Exception:
        session.rollback()
        log.exception("message broken", extra={"event": leased.event, "channel": leased.channel, "delivery": leased.id})
        failed = Undelivered("broken")
    else:
        return None
    _note_failure(session, post, leased, failed, now=clock())
    return failed


@retried
def _lease(session: Session, channels: Sequence[str], post: MessageContext, *, now: datetime, limit: int) -> list[Leased]:
    begin_write(session)
    found = deliveries.lease(session, channels, now=now, until=now + post.lease, limit=limit)
    session.commit()
    if found:
        post.fault("leased")
    return found


def _send_one(
    session: Session, post: MessageContext, outlet: Outlet | None, mine: Leased, *, clock: Callable[[], datetime]
) -> None:
    """Raises Undelivered."""
    try:
        written = tell(session, post, mine, now=clock())
    except NotWanted as reason:
        _finish(session, post, mine, "dropped", detail=str(reason), now=clock())
        return
    session.rollback()  # what was read is read; nothing stays open while a server answers
    post.fault("before sending")
    body = written.short
    if mine.channel == "mail":
        body = written.text
        mail = Mail(
            to=mine.recipient or "", subject=written.subject, text=written.text, html=written.html,
            message_id=message_id(post, mine.id), invitation=written.invitation, method=written.method, headers=written.headers,
        )  # fmt: skip
        if outlet is not None:
            outlet.send(write_mail(mail, sender=post.sender, date=clock()))
    elif post.texter is not None:
        post.texter.send(mine.recipient or "", written.short)
    post.fault("sent")
    _finish(session, post, mine, "sent", body=_kept(mine, written, body), now=clock())
    log.info("message sent", extra={"event": mine.event, "channel": mine.channel, "delivery": mine.id, "tries": mine.tries})


def _kept(leased: Leased, written: Written, body: str) -> str:
    """What is kept of a message, thirty days and sealed: the subject, and the text as it was sent."""
    return f"{written.subject}\n\n{body}" if leased.channel == "mail" else body


def message_id(post: MessageContext, delivery_id: int) -> str:
    """Of a mail: the same at every try, and nobody else's."""
    mark = hmac.new(post.key, f"message-id {delivery_id}".encode(), hashlib.sha256).hexdigest()[:24]
    return f"<{mark}.{delivery_id}@{post.host}>"


def _still_mine(session: Session, post: MessageContext, leased: Leased, *, now: datetime) -> Leased | None:
    """None when another worker has taken it over, as only one whose clock is wrong would.

    The lease of a message deep in the portion may have grown old: it is renewed before half of it is gone by.
    """
    if leased.leased_until - now > post.lease / 2:
        return leased if deliveries.is_leased(session, leased) else None
    return _renewed(session, leased, until=now + post.lease)


@transaction
def _renewed(session: Session, leased: Leased, *, until: datetime) -> Leased | None:
    return deliveries.renew_lease(session, leased, until=until)


@transaction
def _finish(
    session: Session,
    post: MessageContext,
    leased: Leased,
    outcome: str,
    *,
    detail: str = "",
    body: str | None = None,
    now: datetime,
) -> None:
    _finished(session, post, leased, outcome, detail=detail, body=body, now=now)


def _finished(
    session: Session, post: MessageContext, leased: Leased, outcome: str, *, detail: str, body: str | None, now: datetime
) -> bool:
    if body is not None:
        encrypted_answers.keep_seal(session, post.sealer.seal)
        body = post.sealer.seal(body)
    return deliveries.finish(session, leased, outcome, detail=detail, body=body, now=now)


def _print_letter(session: Session, post: MessageContext, leased: Leased, *, now: datetime) -> None:
    """Nobody can be written to: the letter is kept for the staff to print, and a task asks for it."""
    try:
        written = tell(session, post, leased, now=now)
    except NotWanted as reason:
        _finish(session, post, leased, "dropped", detail=str(reason), now=now)
        return
    _end_with_task(session, post, leased, "letter", tasks.LETTER, body=f"{written.subject}\n\n{written.letter}", now=now)


def _note_failure(session: Session, post: MessageContext, leased: Leased, failed: Undelivered, *, now: datetime) -> None:
    again = None
    if not failed.permanent:
        spread = random.random()  # noqa: S311 (jitter)
        again = try_again_at(leased.tries, leased.first_tried_at, now=now, spread=spread, asked=failed.retry_after)
    told = {"event": leased.event, "channel": leased.channel, "delivery": leased.id, "tries": leased.tries, "code": failed.code}
    log.warning("message not sent" if again else "message given up", extra=told)
    if again is not None:
        if leased.channel == "text" and leased.event != Event.LINK:
            again = awake(again, _zone(session, leased))
        _retry(session, leased, at=again, detail=failed.code)
        return
    _end_with_task(session, post, leased, "failed", tasks.FAILED_MESSAGE, detail=failed.code, now=now)


@transaction
def _end_with_task(
    session: Session, post: MessageContext, leased: Leased, outcome: str, kind: str, *,
    detail: str = "", body: str | None = None, now: datetime,
) -> None:  # fmt: skip
    """It cannot be sent: a person must see to it, once."""
    if _finished(session, post, leased, outcome, detail=detail, body=body, now=now):
        tasks.add_message_task(session, kind, leased.id, leased.appointment_id, now=now)
        if detail == UNSUBSCRIBED and leased.appointment_id is not None:
            intake.stop_texts(session, leased.appointment_id)


@transaction
def _retry(session: Session, leased: Leased, *, at: datetime, detail: str) -> None:
    deliveries.retry(session, leased, at=at, detail=detail)


def _let_rest(session: Session, post: MessageContext, rested: Sequence[Leased], failed: Undelivered, *, now: datetime) -> None:
    """These would fail as well: they wait without being tried, but no longer than they would have been tried."""
    for leased in rested:
        if leased.first_tried_at + TRIED_FOR <= now:
            _end_with_task(session, post, leased, "failed", tasks.FAILED_MESSAGE, detail=failed.code, now=now)
    _give_back(session, [one for one in rested if one.first_tried_at + TRIED_FOR > now], at=now + REST, detail=failed.code)


@retried
def _give_back(session: Session, rested: Sequence[Leased], *, at: datetime, detail: str) -> None:
    if rested:
        begin_write(session)
        deliveries.give_back(session, rested, at=at, detail=detail)
        session.commit()


def _zone(session: Session, leased: Leased) -> str:
    """Of the reader's ZIP code, else of the clinic."""
    visit = find_recipient(session, leased.appointment_id) if leased.appointment_id is not None else None
    return visit.their_zone if visit else "America/New_York"


@retried
def sweep(session: Session, *, now: datetime) -> int:
    """Whatever should have been sent an hour ago and was not is tried now, and the log says how many there are."""
    begin_write(session)
    late = deliveries.hurry_late(session, now=now, before=now - LATE)
    session.commit()
    if late:
        log.warning("messages are late", extra={"late": late})
    return late
