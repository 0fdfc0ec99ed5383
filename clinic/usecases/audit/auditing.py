"""The audit log sealed as it grows, and looked through for whatever was changed since."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy.orm import Session

from clinic.domain.chain import Break, ChainLink, first_break
from clinic.domain.errors import Busy
from clinic.engine.transaction import transaction
from clinic.store.audit import audit_chain
from clinic.store.connect import begin_snapshot

log = logging.getLogger("clinic.audit")

PORTION = 5000
PORTIONS_A_CALL = 20
"""A worker has other things to do: what is left is sealed next time."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many rows were sealed now; the last row that is sealed, and its hash, the head of the chain."""

    count: int
    last_id: int
    head: str


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """How many rows there are and how many of them are sealed; the first and the last that are not yet, at the end.

    `broken` is the first row that is not what was sealed; None when the chain is whole. `head` is its last hash, '' before
    there is one; `anchor_id` the row sealed with the hash that was asked for, None when no row is.
    """

    rows: int
    sealed: int
    unsealed_first: int | None
    unsealed_last: int | None
    broken: Break | None
    head: str
    anchor_id: int | None = None


def seal(session: Session, *, now: datetime) -> Sealed:
    """Seal audit rows in the order of their ids, up to 100,000 a call, some at a time; safe to call by several at once.

    Called about once a minute. Where rows are being written for so long that they cannot be waited for, it does nothing.
    The head is logged: logs that are kept elsewhere prove that nobody sealed the rows anew.
    """
    count = 0
    try:
        if audit_chain.last_row(session) > audit_chain.last_seal(session)[0]:
            until = _settled(session)
            for _ in range(PORTIONS_A_CALL):
                sealed = _seal_some(session, until, now=now)
                count += sealed
                if sealed < PORTION:
                    break
    except Busy:
        log.info("audit rows are being written; they are sealed later")
    last_id, head = audit_chain.last_seal(session)
    session.rollback()
    if count:
        log.info("audit sealed", extra={"rows": count, "audit_id": last_id, "head": head})
    return Sealed(count, last_id, head)


@transaction
def _settled(session: Session) -> int:
    return audit_chain.settled_row(session)


@transaction
def _seal_some(session: Session, until: int, *, now: datetime) -> int:
    return audit_chain.seal_rows(session, until=until, limit=PORTION, now=now) if audit_chain.is_sealing_mine(session) else 0


LOOKED_AT = 200
"""How many rows a page looks at again; `verify` reads them all."""


@dataclass(frozen=True, slots=True)
class Glance:
    """When the chain was last added to, None before it begins; how many rows wait for their seal; whether its end is whole."""

    sealed_at: datetime | None
    waiting: int
    broken: Break | None


def glance(session: Session) -> Glance:
    """How the log stands, cheaply: the last rows that are sealed are looked at again, and no others."""
    begin_snapshot(session)
    last = audit_chain.last_seals(session, LOOKED_AT + 1)
    end = last[0].audit_id if last else 0
    begins = last.pop() if len(last) > LOOKED_AT else None
    looked_at = audit_chain.links(session, after=begins.audit_id if begins else audit_chain.LOWEST, until=end)
    # The chain's older part is taken as given: its last hash is where these begin.
    broken = first_break(chain([ChainLink(begins.audit_id, None, begins.hash)] if begins else [], looked_at))
    glanced = Glance(last[0].sealed_at if last else None, audit_chain.count_rows(session, after=end), broken)
    session.rollback()
    return glanced


def verify(session: Session, *, head: str = "") -> ChainVerdict:
    """Read the whole log and its seals, in one snapshot and constant memory. `head`: a hash noted earlier, to be looked for."""
    begin_snapshot(session)
    last_id, last_hash = audit_chain.last_seal(session)
    broken = first_break(audit_chain.links(session, until=last_id))
    start = audit_chain.removed_until(session)
    if start and not audit_chain.is_removal_noted(session, start):
        broken = Break(start, "missing")
    rows, waiting = audit_chain.count_rows(session), audit_chain.count_rows(session, after=last_id)
    verdict = ChainVerdict(
        rows=rows,
        sealed=rows - waiting,
        unsealed_first=audit_chain.first_row(session, after=last_id),
        unsealed_last=audit_chain.last_row(session) if waiting else None,
        broken=broken,
        head=last_hash if last_id else "",
        anchor_id=audit_chain.find_seal(session, head) if head else None,
    )
    session.rollback()
    return verdict
