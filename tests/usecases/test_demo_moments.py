"""The demo, opened at any moment of any day: there is always a time to book, a day to look at, and something to do."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.adapters.passwords import Passwords
from clinic.demo import open_chain
from clinic.demo.chores import fill_work
from clinic.demo.staff import open_accounts
from clinic.demo.today import fill_today
from clinic.domain.geography.places import Point
from clinic.domain.time.hours import local_day
from clinic.engine.search.candidates import SearchCriteria, nearby, soonest
from clinic.store.directory.catalogue import visits_of
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Service
from clinic.store.tables.staff import Account, AccountGrant
from clinic.store.tables.work import Task
from tests import build
from tests.clocks import FEW, MOMENTS
from tests.databases import Databases
from tests.demo import opened
from tests.queues import SEALER

ORLANDO = Point(28.54, -81.37)
SOON = timedelta(days=15)


@pytest.fixture(scope="module", params=MOMENTS if os.environ.get("CLINIC_PROVE") else FEW)
def moment(request: pytest.FixtureRequest) -> datetime:
    return MOMENTS[request.param]


@pytest.fixture(scope="module")
def demo(all_databases: dict[str, Databases], moment: datetime) -> Iterator[Session]:
    """As `flask clinic demo` makes it."""
    with all_databases["sqlite"].migrated() as url, opened(url) as session:
        build.zips(session)
        open_chain(session, brand="Impact Medical", now=moment)
        open_accounts(session, hashing=Passwords(weak=True), sealer=SEALER, now=moment)
        fill_today(session, now=moment)
        fill_work(session, now=moment)
        yield session


def test_every_service_has_a_time_near_orlando(demo: Session, moment: datetime) -> None:
    without = []
    for service in demo.scalars(select(Service).order_by(Service.position)):
        online = [visit for visit in visits_of(demo, service.id) if visit.shape.audience != "returning" and visit.online]
        found = [
            opening
            for visit in online
            for opening in soonest(
                demo,
                SearchCriteria(visit=visit, candidates=nearby(demo, visit.id, ORLANDO, radius_miles=50)),
                now=moment,
                limit=1,
            )
        ]
        if online and not any(moment <= opening.start <= moment + SOON for opening in found):
            without.append(service.slug)
    assert without == []


def test_the_specialist_has_a_day_and_the_clinic_has_work(demo: Session, moment: datetime) -> None:
    specialist = demo.scalar(select(Account.specialist_id).where(Account.email == "specialist@example.org"))
    theirs = demo.execute(select(Appointment.start_at, Appointment.state).where(Appointment.specialist_id == specialist)).all()
    zone = "America/New_York"
    today = Counter(state for start, state in theirs if local_day(start, zone) == local_day(moment, zone))
    assert sum(today[state] for state in ("booked", "arrived", "started", "fulfilled")) >= 3, today
    assert sum(start > moment and state == "booked" for start, state in theirs) >= 10
    managed = select(AccountGrant.location_id).where(AccountGrant.role == "manager")
    at_their_clinic = select(func.count()).select_from(Task).join(Appointment, Appointment.id == Task.appointment_id)
    assert (demo.scalar(at_their_clinic.where(Appointment.location_id.in_(managed), Task.done_at.is_(None))) or 0) >= 3
