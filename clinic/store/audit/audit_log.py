"""The audit log as it is read: some rows at a time, the newest first, with the names around them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import TextClause, exists, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.audit import Actor, read_actor, read_details
from clinic.domain.people.roles import Reach
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import BY_STAFF, Audit
from clinic.store.tables.directory import Location
from clinic.store.tables.patients import Patient
from clinic.store.tables.staff import Account


class Entry(NamedTuple):
    """A row of the log. `reference` and `clinic` are the visit's, None without one. `at` is UTC."""

    id: int
    at: datetime
    actor: str
    action: str
    appointment_id: int | None
    patient_id: int | None
    detail: str
    stored_details: str | None
    reference: str | None
    clinic: str | None
    time_zone: str | None

    @property
    def by(self) -> Actor:
        return read_actor(self.actor)

    @property
    def details(self) -> dict[str, str]:
        """What the row says besides, by name; of a row from before there was a column for it, as far as its text has names."""
        return json.loads(self.stored_details) if self.stored_details else read_details(self.detail)


_ENTRIES = (
    select(
        Audit.id, Audit.at, Audit.actor, Audit.action, Audit.appointment_id, Audit.patient_id, Audit.detail, Audit.details,
        Appointment.reference, Location.name, Appointment.time_zone,
    )
    .outerjoin(Appointment, Appointment.id == Audit.appointment_id)
    .outerjoin(Location, Location.id == Appointment.location_id)
    .order_by(Audit.id.desc())
)  # fmt: skip


def _here(allowed: Reach) -> ColumnElement[bool]:
    return true() if allowed.everywhere else Appointment.location_id.in_(list(allowed.locations))


def _page(session: Session, *wanted: ColumnElement[bool] | TextClause, before: int | None, limit: int) -> list[Entry]:
    asked = _ENTRIES.where(*wanted).limit(limit)
    if before is not None:
        asked = asked.where(Audit.id < before)
    return [Entry._make(row) for row in session.execute(asked)]


def done_by(session: Session, actor: str, *, before: int | None, limit: int) -> list[Entry]:
    """What somebody on the staff did."""
    return _page(session, BY_STAFF, Audit.actor == actor, before=before, limit=limit)


def done_within(session: Session, allowed: Reach, *, actor: str = "", before: int | None, limit: int) -> list[Entry]:
    """What was done with visits of these clinics; everything there is, where the reach goes everywhere. By `actor` only."""
    by = (BY_STAFF, Audit.actor == actor) if actor else ()
    return _page(session, _here(allowed), *by, before=before, limit=limit)


def about_patient(session: Session, allowed: Reach, patient_id: int, *, before: int | None, limit: int) -> list[Entry]:
    """What the staff saw and did of a patient, also by a second record that was merged into theirs: at these clinics, or
    without a visit.
    """
    at = or_(Audit.appointment_id.is_(None), _here(allowed))
    records = [patient_id, *session.scalars(select(Patient.id).where(Patient.merged_into_id == patient_id))]
    return _page(session, BY_STAFF, Audit.patient_id.in_(records), at, before=before, limit=limit)


def was_at(session: Session, allowed: Reach, patient_id: int) -> bool:
    """Whether the patient has, or had, a visit within reach."""
    visits = exists().where(Appointment.patient_id == patient_id, _here(allowed))
    return bool(session.scalar(select(visits)))


def names(session: Session, account_ids: Iterable[int]) -> dict[int, str]:
    """Accounts by name."""
    rows = select(Account.id, Account.name).where(Account.id.in_(sorted(set(account_ids))))
    return dict(session.execute(rows).all())
