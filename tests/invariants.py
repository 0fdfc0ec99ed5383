"""The invariants of appointments, read from the tables: no two overlap, nothing is told twice, every change is on record.

Numbers as in the design: I1 no overlap for specialist, room, equipment or patient; I4 what is booked is there; I5 one outbox
row for each event; I6 a moved visit is in one place; I7 one audit row for each change.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.time.timeline import cell_at
from clinic.store.appointments.claims import milliseconds
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import VisitType
from clinic.store.tables.messages import OutboxMessage

Taken = set[tuple[int, int, int]]

LASTING = ("booked", "arrived", "started", "fulfilled")
BECOMES = {
    "hold": "held", "extend": "held", "book": "booked", "move": "booked", "release": "cancelled", "cancel": "cancelled",
    "expire": "expired", "miss": "no_show",
}  # fmt: skip
CHANGES_NOTHING = {
    "want_earlier", "want_no_earlier", "look_up", "join", "change_wait", "leave", "offer", "accept", "decline",
    "keep_outside_hours", "ask_to_move", "stands_again",
}  # fmt: skip
FOLLOWS = {
    "hold": {None}, "book": {None, "hold", "extend", "expire"}, "extend": {"hold", "extend", "expire"},
    "release": {"hold", "extend"}, "expire": {"hold", "extend"}, "move": {"book", "move"}, "cancel": {"book", "move"},
    "miss": {"book", "move"},
}  # fmt: skip


def what_it_takes(appointment: Appointment, kind: VisitType) -> Taken:
    """(resource, first cell, last cell + 1), worked out from lengths and buffers in minutes."""

    def cells(before: int, after: int) -> tuple[int, int]:
        return (
            cell_at(appointment.start_at - timedelta(minutes=before)),
            cell_at(appointment.start_at + timedelta(minutes=kind.minutes + after)),
        )

    taken = {(appointment.specialist_id, *cells(kind.buffer_before, kind.buffer_after))}
    for resource in (appointment.room_id, appointment.equipment_id):
        if resource is not None:
            taken.add((resource, *cells(kind.room_setup, kind.room_cleanup)))
    if appointment.patient_id is not None:
        taken.add((appointment.patient_id, *cells(0, 0)))
    return taken


def broken(session: Session, *, now: datetime) -> list[str]:
    """Every invariant that does not hold, in words."""
    wrong: list[str] = []
    kinds = {kind.id: kind for kind in session.scalars(select(VisitType))}
    claims: dict[int, dict[tuple[int, int, int], int | None]] = defaultdict(dict)
    for claim in session.scalars(select(Claim)):
        claims[claim.appointment_id][(claim.resource_id, claim.start_cell, claim.end_cell)] = claim.expires_at
    actions: dict[int, list[str]] = defaultdict(list)
    for made, action in session.execute(select(Audit.appointment_id, Audit.action).order_by(Audit.id)):
        if made is not None and action not in CHANGES_NOTHING:
            actions[made].append(action)
    messages: dict[int, list[tuple[str, int]]] = defaultdict(list)
    columns = (OutboxMessage.appointment_id, OutboxMessage.event, OutboxMessage.sequence)
    for made, event, sequence in session.execute(
        select(*columns).where(OutboxMessage.event.not_in(("link", "offer", "waiting"))).order_by(OutboxMessage.id)
    ):
        messages[made].append((event, sequence))
    standing: list[tuple[int, int, int, int]] = []
    for a in session.scalars(select(Appointment).execution_options(populate_existing=True)):
        right = what_it_takes(a, kinds[a.visit_type_id])
        if a.state in LASTING or (a.state == "held" and a.hold_expires_at and a.hold_expires_at > now):
            standing += [(resource, start, end, a.id) for resource, start, end in right]
        wrong += _claims(a, claims.pop(a.id, {}), right, now) + _record(a, actions[a.id], messages[a.id])
    for one, next_one in pairwise(sorted(standing)):
        if one[0] == next_one[0] and next_one[1] < one[2]:
            wrong.append(f"I1: {one} and {next_one} overlap")
    if claims:
        wrong.append(f"claims of no appointment: {dict(claims)}")
    return wrong


def _claims(a: Appointment, its: dict[tuple[int, int, int], int | None], right: Taken, now: datetime) -> list[str]:
    """What an appointment claims, against what it takes."""
    if a.state == "held" and a.hold_expires_at and a.hold_expires_at <= now:
        return [] if its.keys() <= right else [f"a lapsed hold {a.id} claims {its}, more than {right}"]
    wanted: dict[tuple[int, int, int], int | None] = {}
    if a.state == "held" or a.state in LASTING:
        wanted = dict.fromkeys(right, milliseconds(a.hold_expires_at))
    return [] if its == wanted else [f"I4/I6: {a.state} {a.id} should claim {wanted} and claims {its}"]


def _record(a: Appointment, actions: list[str], told: list[tuple[str, int]]) -> list[str]:
    """I5 and I7 of one appointment."""
    wrong = []
    if not actions or BECOMES[actions[-1]] != a.state:
        wrong.append(f"I7: {a.id} is {a.state} after {actions}")
    steps = zip([None, *actions], actions, strict=False)
    wrong += [f"I7: {a.id} went {before} -> {after}" for before, after in steps if before not in FOLLOWS[after]]
    events, sequence = [], 0
    for action in actions:
        if action in ("move", "cancel"):
            sequence += 1
        if action in ("book", "move", "cancel"):
            events.append(({"book": "booked", "move": "moved", "cancel": "cancelled"}[action], sequence))
    told = [message for message in told if message[0] != "call-first"]  # of a visit that has yet to be moved
    if told != events or a.sequence != sequence:
        wrong.append(f"I5: {a.id} after {actions} told {told}, sequence {a.sequence}")
    return wrong
