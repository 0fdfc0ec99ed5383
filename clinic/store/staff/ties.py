"""Which account keeps which specialist's calendar, and at which clinics whoever tied it answers for that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from clinic.domain.people.roles import Reach
from clinic.store.staff.accounts import within
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Offer, Specialist
from clinic.store.tables.schedules import Shift, ShiftDay
from clinic.store.tables.staff import Account, CalendarVouch


class Tie(NamedTuple):
    """An account and the calendar that it keeps. `beyond`: clinics of the calendar that nobody answers for, by name."""

    account_id: int
    account: str
    specialist_id: int
    specialist: str
    beyond: tuple[str, ...]


class Vouch(NamedTuple):
    """Who answers for a tie, and since when. UTC; `by` is "" for whoever is not on the staff."""

    by: str
    at: datetime


def clinics_of(session: Session, specialist_ids: Collection[int], *, since: datetime | None = None) -> dict[int, frozenset[int]]:
    """Where each of them gives visits, has or had hours, or has visits that begin from `since` on (any, without it)."""
    ids = list(specialist_ids)
    visits = select(Appointment.specialist_id, Appointment.location_id).where(Appointment.patient_id.is_not(None))
    sources = (
        (Offer.specialist_id, select(Offer.specialist_id, Offer.location_id)),
        (Shift.specialist_id, select(Shift.specialist_id, Shift.location_id)),
        (ShiftDay.specialist_id, select(ShiftDay.specialist_id, ShiftDay.location_id).where(ShiftDay.hours != "")),
        (Appointment.specialist_id, visits if since is None else visits.where(Appointment.start_at >= since)),
    )
    found: dict[int, set[int]] = {id_: set() for id_ in ids}
    for column, wanted in sources:
        for specialist_id, location_id in session.execute(wanted.where(column.in_(ids)).distinct()):
            found[specialist_id].add(location_id)
    return {id_: frozenset(places) for id_, places in found.items()}


def free_specialists(session: Session, allowed: Reach) -> dict[int, str]:
    """Active specialists without an account, by name, all of whose clinics are within that reach, and at least one is."""
    taken = exists().where(Account.specialist_id == Specialist.id)
    wanted = select(Specialist.id, Specialist.name).where(Specialist.active, ~taken).order_by(Specialist.name, Specialist.id)
    if not allowed.everywhere:
        gives = exists().where(Offer.specialist_id == Specialist.id, Offer.location_id.in_(allowed.locations))
        works = exists().where(Shift.specialist_id == Specialist.id, Shift.location_id.in_(allowed.locations))
        wanted = wanted.where(or_(gives, works))
    found: dict[int, str] = dict(session.execute(wanted).all())
    if allowed.everywhere:
        return found
    clinics = clinics_of(session, found)
    return {id_: name for id_, name in found.items() if clinics[id_] <= allowed.locations}


def vouch(session: Session, account_id: int, allowed: Reach, clinics: Iterable[int], *, by: int | None, now: datetime) -> None:
    """Whoever has that reach answers for the tie from now on, in place of whoever did."""
    end_vouch(session, account_id)
    places: Sequence[int | None] = [None] if allowed.everywhere else sorted(clinics)
    session.add_all(
        CalendarVouch(account_id=account_id, location_id=place, vouched_by_id=by, vouched_at=now) for place in places
    )  # fmt: skip
    session.flush()


def end_vouch(session: Session, account_id: int) -> None:
    session.execute(delete(CalendarVouch).where(CalendarVouch.account_id == account_id))


def vouch_of(session: Session, account_id: int) -> Vouch | None:
    """None where nobody answers for it."""
    wanted = select(Account.name, CalendarVouch.vouched_at).outerjoin_from(
        CalendarVouch, Account, Account.id == CalendarVouch.vouched_by_id
    )
    row = session.execute(wanted.where(CalendarVouch.account_id == account_id).limit(1)).first()
    return Vouch(row[0] or "", row[1]) if row else None


def out_of_reach(session: Session, allowed: Reach, *, now: datetime, only: int | None = None) -> list[Tie]:
    """Ties of open accounts within that reach to calendars with a clinic that nobody answers for, by the account's name."""
    everywhere = exists().where(CalendarVouch.account_id == Account.id, CalendarVouch.location_id.is_(None))
    wanted = (
        select(Account.id, Account.name, Specialist.id, Specialist.name)
        .join(Specialist, Specialist.id == Account.specialist_id)
        .where(within(allowed), Account.state != "disabled", ~everywhere)
        .order_by(Account.name, Account.id)
    )
    ties = session.execute(wanted if only is None else wanted.where(Account.id == only)).all()
    clinics = clinics_of(session, [specialist_id for _, _, specialist_id, _ in ties], since=now)
    answered: dict[int, set[int]] = {account_id: set() for account_id, *_ in ties}
    rows = select(CalendarVouch.account_id, CalendarVouch.location_id).where(CalendarVouch.account_id.in_(list(answered)))
    for account_id, location_id in session.execute(rows):
        answered[account_id].add(location_id or 0)
    names = dict(session.execute(select(Location.id, Location.name)).all()) if ties else {}
    found = []
    for account_id, account, specialist_id, specialist in ties:
        beyond = clinics[specialist_id] - answered[account_id]
        if beyond or not answered[account_id]:
            found.append(Tie(account_id, account, specialist_id, specialist, tuple(sorted(names[place] for place in beyond))))
    return found
