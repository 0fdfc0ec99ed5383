"""Claims, and the guard under all of it.

A claim is one resource taken from `start_cell` to `end_cell` (five-minute cells since the epoch). The database itself
refuses two that overlap: PostgreSQL by an exclusion constraint, SQLite by triggers (migration 0001). Whatever the code
above gets wrong, nobody is booked twice.

The lock that comes before it (see locks) is a courtesy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import DomainError, PatientClash, TimeTaken
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import CELL_MINUTES
from clinic.domain.tokens import SlotRef
from clinic.store.appointments.appointments import NewAppointment
from clinic.store.appointments.idempotency import BINDS, REMEMBER, RequestKey, remember, values_of
from clinic.store.audit.audit import COLUMNS, VALUES_OF_NEW, By, note
from clinic.store.audit.audit import values_of as audit_values
from clinic.store.base import Base, IdList, UtcDateTime
from clinic.store.messages.outbox import tell
from clinic.store.tables.appointments import LONGEST_CELLS


@dataclass(frozen=True, slots=True)
class ClaimSpan:
    """One claim to be made."""

    resource_id: int
    start_cell: int
    end_cell: int


def milliseconds(instant: datetime | None) -> int | None:
    """As claims keep their expiry. Rounded down, so that a hold never outlives what was promised."""
    return None if instant is None else int(instant.timestamp() * 1000)


# Claims go in only once what has expired in their way is gone: the count makes them wait for it.
_BOOK_AT_ONCE = """
with wanted as (
    select * from unnest(cast(:rs as bigint[]), cast(:ss as integer[]), cast(:es as integer[])) as c (r, s, e)
), gone as (
    delete from claim using wanted
    where resource_id = r and start_cell < e and start_cell > s - {longest} and end_cell > s and expires_at <= :now_ms
    returning 1
), placed as (
    insert into appointment ({columns}) values ({values}) returning id
), told as (
    insert into outbox (appointment_id, event, sequence, due_at) select id, 'booked', 0, :now from placed where :tell
), noted as (
    insert into audit ({audit_columns}) select :now, :action, id, :patient_id, {audit_values} from placed
), taken as (
    insert into claim (resource_id, start_cell, end_cell, appointment_id, expires_at)
    select r, s, e, placed.id, cast(:expires as bigint) from placed, wanted where (select count(*) from gone) >= 0
), once as ({remember})
select id from placed
"""

_COLUMNS = tuple(NewAppointment.__dataclass_fields__)
_BOOK_POSTGRESQL = text(
    _BOOK_AT_ONCE.format(
        columns=", ".join(_COLUMNS), values=", ".join(f":{name}" for name in _COLUMNS), longest=LONGEST_CELLS,
        remember=REMEMBER.format(made="(select id from placed)"), audit_columns=COLUMNS,
        audit_values=VALUES_OF_NEW,
    )
).bindparams(
    *(bindparam(name, type_=UtcDateTime()) for name in ("start_at", "end_at", "held_at", "hold_expires_at", "booked_at")),
    *(bindparam(name, type_=IdList()) for name in ("rs", "ss", "es")),
    *BINDS,
)  # fmt: skip


# Into the tables, not their classes: the ORM adds nothing here, and costs more than the database does.
_APPOINTMENT, _CLAIM = Base.metadata.tables["appointment"], Base.metadata.tables["claim"]
_INSERT_APPOINTMENT, _INSERT_CLAIM = insert(_APPOINTMENT).returning(_APPOINTMENT.c.id), insert(_CLAIM)


def _values(new: NewAppointment) -> dict[str, Any]:
    return {name: getattr(new, name) for name in _COLUMNS}


def take(
    session: Session, new: NewAppointment, takings: Sequence[ClaimSpan], *, by: By, now: datetime, once: RequestKey | None = None
) -> int:
    """Write the appointment, its claims, the audit row, the request's key and (once booked) the outbox row. Returns its id.

    Claims of expired holds in the way are deleted. Raises TimeTaken when the guard refuses a claim, PatientClash when it is
    the patient's.
    """
    booked = new.state == State.BOOKED
    action = Action.BOOK if booked else Action.HOLD
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # One statement, one round trip: the locks are held for as short as can be.
        parameters = {
            **_values(new), **values_of(once), "now": now, "now_ms": milliseconds(now), "tell": booked,
            **audit_values(by), "action": action.value, "expires": milliseconds(new.hold_expires_at),
            "rs": [t.resource_id for t in takings], "ss": [t.start_cell for t in takings], "es": [t.end_cell for t in takings],
        }  # fmt: skip
        try:
            return int(connection.execute(_BOOK_POSTGRESQL, parameters).scalar_one())
        except IntegrityError as refused:
            if not by_guard(refused):
                raise
            raise (PatientClash() if _of_patient(refused, new.patient_id) else TimeTaken()) from refused
    drop_expired(session, takings, now=now)
    appointment_id: int = connection.execute(_INSERT_APPOINTMENT, _values(new)).scalar_one()
    claim(session, appointment_id, [t for t in takings if t.resource_id != new.patient_id], expires_at=new.hold_expires_at)
    if theirs := [t for t in takings if t.resource_id == new.patient_id]:
        claim(session, appointment_id, theirs, expires_at=new.hold_expires_at, refuse_as=PatientClash)
    note(session, appointment_id, actor=by.actor, action=action, patient_id=new.patient_id, detail=by.detail, now=now)
    if booked:
        tell(session, appointment_id, "booked", sequence=0, now=now)
    remember(session, once, appointment_id, now=now)
    return appointment_id


def claim(
    session: Session,
    appointment_id: int,
    takings: Sequence[ClaimSpan],
    *,
    expires_at: datetime | None = None,
    refuse_as: type[DomainError] = TimeTaken,
) -> None:
    """Insert claims. Raises `refuse_as` when the guard refuses one."""
    until = milliseconds(expires_at)
    rows = [
        {"resource_id": t.resource_id, "start_cell": t.start_cell, "end_cell": t.end_cell,
         "appointment_id": appointment_id, "expires_at": until}
        for t in takings
    ]  # fmt: skip
    try:
        session.connection().execute(_INSERT_CLAIM, rows)
    except IntegrityError as refused:
        if not by_guard(refused):
            raise
        raise refuse_as() from refused  # type: ignore[call-arg]


def by_guard(error: IntegrityError) -> bool:
    """Whether it was the guard that refused, told by the constraint's name alone."""
    diagnosis = getattr(error.orig, "diag", None)
    name = str(getattr(diagnosis, "constraint_name", None) or error.orig)
    return "claim_no_overlap" in name or "pk_claim" in name


def _of_patient(error: IntegrityError, patient_id: int | None) -> bool:
    """Whether PostgreSQL refused the patient's claim, out of several in one statement."""
    detail = getattr(getattr(error.orig, "diag", None), "message_detail", None) or ""
    return patient_id is not None and f")=({patient_id}, " in detail


_OWN = _CLAIM.c.appointment_id == bindparam("id")
_DROP, _KEEP = delete(_CLAIM).where(_OWN), update(_CLAIM).where(_OWN)
_COUNT = select(func.count()).select_from(_CLAIM).where(_OWN)


def drop_claims(session: Session, appointment_id: int) -> None:
    """Give back everything the appointment takes."""
    session.connection().execute(_DROP, {"id": appointment_id})


_DROP_EXPIRED = delete(_CLAIM).where(
    _CLAIM.c.resource_id == bindparam("r"),
    _CLAIM.c.start_cell < bindparam("e", type_=Integer),
    _CLAIM.c.start_cell > bindparam("s", type_=Integer) - LONGEST_CELLS,
    _CLAIM.c.end_cell > bindparam("s", type_=Integer),
    _CLAIM.c.expires_at <= bindparam("now"),
)


def drop_expired(session: Session, takings: Sequence[ClaimSpan], *, now: datetime) -> None:
    """Delete claims of expired holds that stand in the way of `takings`."""
    now_ms = milliseconds(now)
    session.connection().execute(
        _DROP_EXPIRED, [{"r": t.resource_id, "s": t.start_cell, "e": t.end_cell, "now": now_ms} for t in takings]
    )


def keep_claims(session: Session, appointment_id: int, *, expires_at: datetime | None) -> None:
    """Set when the claims end (null: never)."""
    session.connection().execute(_KEEP, {"id": appointment_id, "expires_at": milliseconds(expires_at)})


def count_claims(session: Session, appointment_id: int) -> int:
    return int(session.connection().execute(_COUNT, {"id": appointment_id}).scalar_one())


# What the visit would take of the specialist's calendar is worked out by the database: lengths and buffers are whole cells.
_IN_THE_WAY = text("""
    select 1 from visit_type join claim on claim.resource_id = :specialist
    where visit_type.id = :visit_type and (expires_at is null or expires_at > :now)
      and start_cell < :start + (minutes + buffer_after) / :cell
      and start_cell > :start - buffer_before / :cell - :longest and end_cell > :start - buffer_before / :cell
    limit 1
""").bindparams(bindparam("start", type_=Integer), cell=CELL_MINUTES, longest=LONGEST_CELLS)


def is_taken(session: Session, wish: SlotRef, *, now: datetime) -> bool:
    """Whether the specialist is taken for (some of) it, as far as a look without a lock can tell."""
    wanted = {
        "specialist": wish.specialist_id, "visit_type": wish.visit_type_id, "start": wish.start_cell, "now": milliseconds(now)
    }  # fmt: skip
    return session.connection().execute(_IN_THE_WAY, wanted).first() is not None
