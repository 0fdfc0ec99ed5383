"""Who works where: by their hours, or by what they offer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from clinic.store.tables.directory import Location, Offer, Specialist
from clinic.store.tables.schedules import Shift, ShiftDay
from clinic.store.tables.staff import Account


class Assignment(NamedTuple):
    """One specialist at one clinic."""

    specialist_id: int
    slug: str
    name: str
    profession: str
    active: bool
    location_id: int
    clinic: str


def working_at(session: Session, locations: Collection[int]) -> set[int]:
    """Specialists with hours at one of the clinics, or who offer visits there."""
    tables = (Offer, Shift, ShiftDay)
    pairs = union(*(select(table.specialist_id).where(table.location_id.in_(locations)) for table in tables))
    return set(session.scalars(pairs))


def workplaces_of(session: Session, specialist_id: int) -> set[int]:
    """The clinics where that specialist has hours or offers visits."""
    pairs = union(*(select(table.location_id).where(table.specialist_id == specialist_id) for table in (Offer, Shift, ShiftDay)))
    return set(session.scalars(pairs))


def posts(session: Session, *, today: date, only: int | None = None) -> list[Assignment]:
    """Where everybody works, or `only` that specialist, by name; hours that ended before `today` do not count. One query."""
    pairs = union(
        select(Offer.specialist_id, Offer.location_id),
        select(Shift.specialist_id, Shift.location_id).where(or_(Shift.last_day.is_(None), Shift.last_day >= today)),
        select(ShiftDay.specialist_id, ShiftDay.location_id).where(ShiftDay.day >= today),
    ).subquery()
    wanted = (
        select(
            Specialist.id, Specialist.slug, Specialist.name, Specialist.profession, Specialist.active, Location.id, Location.name
        )
        .join(pairs, pairs.c.specialist_id == Specialist.id)
        .join(Location, Location.id == pairs.c.location_id)
        .order_by(Specialist.name, Specialist.id, Location.name)
    )
    if only is not None:
        wanted = wanted.where(Specialist.id == only)
    return [Assignment._make(row) for row in session.connection().execute(wanted)]


def account_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """What the people of these accounts are called."""
    return dict(session.execute(select(Account.id, Account.name).where(Account.id.in_(list(ids)))).all())
