"""Who minds which tasks: when a clinic's work list was last opened there, and what is left to others since it was not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.people.minding import NOTED_EVERY, minded_since
from clinic.domain.people.roles import Role
from clinic.store.base import UtcDateTime
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location
from clinic.store.tables.staff import Account, AccountGrant
from clinic.store.tables.work import Task, WorkListOpened
from clinic.store.work.call_backs import CALL_BACK


def not_noted(session: Session, clinics: Collection[int], *, now: datetime) -> list[int]:
    """Those of the clinics of which no opening of their list was noted within the hour."""
    lately = (WorkListOpened.location_id.in_(clinics), WorkListOpened.opened_at > now - NOTED_EVERY)
    return sorted(set(clinics) - set(session.scalars(select(WorkListOpened.location_id).where(*lately))))


_OPENED = text("""
    insert into work_list_opened (location_id, opened_at, opened_by_id) values (:location_id, :opened_at, :opened_by_id)
    on conflict (location_id) do update set opened_at = excluded.opened_at, opened_by_id = excluded.opened_by_id
""").bindparams(bindparam("opened_at", type_=UtcDateTime()))


def note_opened(session: Session, clinics: Sequence[int], account_id: int, *, now: datetime) -> None:
    """Those clinics' lists, in the order of their numbers, are open before staff who work there."""
    rows = [{"location_id": clinic, "opened_at": now, "opened_by_id": account_id} for clinic in clinics]
    session.connection().execute(_OPENED, rows)


# Under names of their own: a list that names who has a task must not be taken for the staff that are counted here.
_Staff, _Role = aliased(Account), aliased(AccountGrant)
_ACTIVE = (_Role.account_id == _Staff.id, _Staff.state == "active")
_SUPERVISES = exists().where(*_ACTIVE, _Role.role == Role.AGENT, _Role.flag)
_MANAGES = exists().where(*_ACTIVE, _Role.role == Role.MANAGER)
_ANSWERS = exists().where(*_ACTIVE, _Role.role == Role.AGENT)


def _minded(now: datetime) -> Select[Any]:
    """The clinics whose own staff look at their list."""
    staff = exists().where(
        *_ACTIVE, _Role.role.in_((Role.FRONT_DESK, Role.MANAGER)), _Role.location_id == WorkListOpened.location_id
    )
    return select(WorkListOpened.location_id).where(WorkListOpened.opened_at > minded_since(now), staff)


def is_left(now: datetime) -> ColumnElement[bool]:
    """Holds for tasks that no clinic minds: neither that of the visit or the task nor, of a patient alone, one where they have
    visits. A call-back is the call center's, and left when its agent is gone, or there is none.
    """
    minded = _minded(now)
    visit = exists().where(Appointment.id == Task.appointment_id, Appointment.location_id.in_(minded)).correlate(Task)
    theirs = exists().where(Appointment.patient_id == Task.patient_id, Appointment.location_id.in_(minded)).correlate(Task)
    alone = and_(Task.appointment_id.is_(None), Task.location_id.is_(None), theirs)
    agent = exists().where(*_ACTIVE, _Role.role == Role.AGENT, _Staff.id == Task.claimed_by_id).correlate(Task)
    called = and_(Task.kind == CALL_BACK, or_(agent, and_(Task.claimed_by_id.is_(None), _ANSWERS)))
    return ~or_(func.coalesce(Task.location_id.in_(minded), False), visit, alone, called)


def falls_to_managers(now: datetime) -> ColumnElement[bool]:
    """Holds for tasks that are left, where there is no supervisor either."""
    return and_(is_left(now), ~_SUPERVISES)


def entrusted(session: Session, account_id: int, *, supervises: bool, now: datetime) -> frozenset[int]:
    """The visits of the tasks that are left to whoever stands in and that this account has taken."""
    left = is_left(now) if supervises else falls_to_managers(now)
    wanted = select(Task.appointment_id).where(
        Task.done_at.is_(None), Task.claimed_by_id == account_id, Task.appointment_id.is_not(None), left
    )
    return frozenset(visit for visit in session.scalars(wanted) if visit is not None)


def forsaken(session: Session, *, now: datetime) -> list[tuple[str | None, int]]:
    """(the clinic's name, how many open tasks of it no account minds at all), by name; None for those of no clinic."""
    nobody = and_(is_left(now), ~_SUPERVISES, ~_MANAGES)
    wanted = (
        select(Location.name, func.count())
        .select_from(Task)
        .outerjoin(Appointment, Appointment.id == Task.appointment_id)
        .outerjoin(Location, Location.id == func.coalesce(Appointment.location_id, Task.location_id))
        .where(Task.done_at.is_(None), nobody)
        .group_by(Location.id, Location.name)
        .order_by(Location.name)
    )
    return [(name, count) for name, count in session.execute(wanted)]
