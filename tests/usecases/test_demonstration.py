"""The demo: its size, its fullness, its truthfulness to every rule of the calendars, and that it comes out the same twice."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import combinations

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.adapters.passwords import Passwords
from clinic.demo import open_chain, staff_locations
from clinic.demo.chain import SITES
from clinic.demo.staff import open_accounts
from clinic.demo.today import fill_today
from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.geography.places import Point, distance_miles
from clinic.domain.scheduling.appointment import STANDING
from clinic.domain.scheduling.rosters import Stint, shortest_gap
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.time.hours import local_day, parse_week
from clinic.domain.time.timeline import cell_at, instant_at, span
from clinic.engine.search.candidates import SearchCriteria, nearby, soonest
from clinic.factory import create_app
from clinic.store.base import Base
from clinic.store.bulk import insert_rows
from clinic.store.directory.catalogue import visits_of
from clinic.store.directory.locations import Site
from clinic.store.schedules.calendars import Calendars
from clinic.store.tables.appointments import Appointment, Claim
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Closure, Equipment, Location, LocationDay, Offer, Room, Service, Specialist, VisitType
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Patient
from clinic.store.tables.schedules import Shift, ShiftDay, TimeOff
from clinic.store.tables.staff import Account
from tests import build
from tests.databases import Databases, settings_for
from tests.demo import NOW, open_demo, opened
from tests.queues import SEALER

LEADS = ("back-pain-evaluation", "physical-therapy-evaluation", "chiropractic-first-visit")
WHOLE = VisitShape(minutes=5, step_minutes=5)


@pytest.fixture
def chain(databases: Databases) -> Iterator[Session]:
    with databases.like("demo", open_demo) as url, opened(url) as session:
        yield session


def count(session: Session, table: type[Base]) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_the_chain_is_as_large_and_as_spread_as_promised(chain: Session) -> None:
    sites = chain.scalars(select(Location)).all()
    zones = {site.time_zone for site in sites}
    assert len(sites) >= 40
    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles"} <= zones
    assert {"America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam", "America/Boise"} <= zones
    assert sum(site.state == "FL" for site in sites) >= 20
    assert sum(distance_miles(Point(28.54, -81.37), Point(site.latitude, site.longitude)) < 40 for site in sites) >= 7
    assert count(chain, Specialist) >= 150
    arms = set(chain.scalars(select(Equipment.location_id).where(Equipment.kind == "c_arm")))
    assert arms == set(chain.scalars(select(Room.location_id).where(Room.kind == "fluoroscopy")))
    assert 10 <= len(arms) < len(sites) / 2


def test_two_towns_of_one_metropolitan_area_are_in_two_zones(chain: Session) -> None:
    one, other = (chain.scalars(select(Location).where(Location.slug == slug)).one() for slug in ("chattanooga", "jasper"))
    assert distance_miles(Point(one.latitude, one.longitude), Point(other.latitude, other.longitude)) < 25
    assert (one.time_zone, other.time_zone) == ("America/New_York", "America/Chicago")
    visit = visits_of(chain, "physical-therapy")[0]
    near = nearby(chain, visit.id, Point(35.07, -85.45), 25)
    assert {candidate.location.slug for candidate in near} == {"chattanooga", "jasper"}
    openings = soonest(chain, SearchCriteria(visit=visit, candidates=near), now=NOW, limit=60)
    assert {opening.location.slug for opening in openings} == {"chattanooga", "jasper"}
    assert [opening.start for opening in openings] == sorted(opening.start for opening in openings)


def test_everything_is_plainly_invented(chain: Session) -> None:
    for table in (Location, Patient):
        phones = chain.scalars(select(table.phone)).all()
        assert [phone for phone in phones if not re.fullmatch(r"\+1[2-9][0-9]{2}55501[0-9]{2}", phone or "")] == []
    emails = chain.scalars(select(Patient.email).where(Patient.email.is_not(None))).all()
    assert emails
    assert [email for email in emails if not (email or "").endswith("@example.com")] == []
    assert chain.scalars(select(OutboxMessage.id).where(OutboxMessage.done_at.is_(None))).all() == []


def test_the_services_and_visit_types_that_others_rely_on(chain: Session) -> None:
    services = chain.scalars(select(Service).order_by(Service.position)).all()
    assert [service.slug for service in services] == [
        "back-pain-evaluation", "facet-joint-injections", "physical-therapy", "chiropractic-care",
    ]  # fmt: skip
    visits = {visit.slug: visit for visit in chain.scalars(select(VisitType))}
    assert {slug: visit.minutes for slug, visit in visits.items()} == {
        "back-pain-evaluation": 45, "facet-joint-injection-consultation": 30, "facet-joint-injection-procedure": 45,
        "physical-therapy-evaluation": 60, "physical-therapy-follow-up": 30, "physical-therapy-follow-up-long": 45,
        "chiropractic-first-visit": 45, "chiropractic-adjustment": 15, "chiropractic-adjustment-long": 20,
    }  # fmt: skip
    procedure = visits["facet-joint-injection-procedure"]
    assert (procedure.online, procedure.room_kind, procedure.equipment_kind) == (False, "fluoroscopy", "c_arm")
    for service in services:
        first = visits_of(chain, service.slug)[0]
        assert (first.shape.online, first.shape.audience) == (True, "any")
        assert 40 <= len(service.summary.split()) <= 90
        assert "%" not in service.summary


def test_every_page_has_something_to_say(chain: Session) -> None:
    sites = chain.scalars(select(Location)).all()
    assert all(site.parking and site.access for site in sites)
    assert all(4 <= len(site.plans.split("\n")) <= 9 and site.plans.startswith("Medicare\n") for site in sites)
    for name, least in (("parking", 5), ("access", 7), ("plans", 3)):
        assert len({getattr(site, name) for site in sites}) >= least
    abouts = chain.scalars(select(Specialist.about)).all()
    assert {text.count(".") for text in abouts} == {2, 3}
    assert len(set(abouts)) > len(abouts) / 2
    for visit in chain.scalars(select(VisitType)):
        assert visit.preparation.split("\n")[-1] == "Do not stop any medicine until the clinic has told you to."
        assert "%" not in visit.preparation


def lines(session: Session, *, forget: bool) -> dict[int, int]:
    """Each specialist's time over the coming six weeks, working (`forget`) or still free, as one timeline."""
    until = NOW.replace(hour=0, minute=0) + timedelta(days=42)
    sites = [Site(*row) for row in session.execute(select(Location.id, Location.time_zone, Location.hours))]
    found: dict[int, int] = defaultdict(int)
    for slug in LEADS:
        visit = session.execute(select(VisitType.id).where(VisitType.slug == slug)).scalar_one()
        calendars = Calendars(session, visit, WHOLE, sites, since=NOW, until=until, now=NOW)
        calendars.grow(until)
        if forget:
            calendars.forget_claims()
        window = span(cell_at(NOW) - calendars.origin, cell_at(until) - calendars.origin)
        for practice, line in calendars.starts():
            assert not found[practice.specialist_id] & line & window, "at two sites at once"
            found[practice.specialist_id] |= line & window
    return found


def test_the_coming_six_weeks_are_about_60_percent_full(chain: Session) -> None:
    working = sum(line.bit_count() for line in lines(chain, forget=True).values())
    free = sum(line.bit_count() for line in lines(chain, forget=False).values())
    assert 0.55 <= 1 - free / working <= 0.65
    # Every booked cell lies inside working hours: nothing was claimed where nobody works.
    people = select(Specialist.id)
    ahead = select(func.sum(Claim.end_cell - Claim.start_cell)).where(
        Claim.resource_id.in_(people), Claim.start_cell >= cell_at(NOW)
    )
    assert chain.execute(ahead).scalar_one() == pytest.approx(working - free, rel=0.001)


def test_no_claims_overlap_and_none_is_missing(chain: Session) -> None:
    overlapping = text(
        "select count(*) from claim a join claim b on a.resource_id = b.resource_id"
        " and a.start_cell < b.start_cell and b.start_cell < a.end_cell"
    )
    assert chain.execute(overlapping).scalar_one() == 0
    standing = [state.value for state in STANDING]
    wanted = chain.execute(
        select(func.count() * 2 + func.count(Appointment.room_id) + func.count(Appointment.equipment_id)).where(
            Appointment.state.in_(standing)
        )
    ).scalar_one()
    assert count(chain, Claim) == wanted
    assert count(chain, Audit) == count(chain, OutboxMessage) == count(chain, Appointment)


def test_the_guard_looks_at_bulk_inserts_too(chain: Session) -> None:
    claim = chain.execute(select(Claim.resource_id, Claim.start_cell, Claim.end_cell, Claim.appointment_id).limit(1)).one()
    late = (claim.resource_id, claim.start_cell + 1, claim.end_cell + 1, claim.appointment_id, None)
    with pytest.raises((IntegrityError, psycopg.errors.ExclusionViolation), match="claim_no_overlap"):
        insert_rows(chain, Claim, ("resource_id", "start_cell", "end_cell", "appointment_id", "expires_at"), [late])


def test_history_and_future_are_told_apart(chain: Session) -> None:
    by_state = dict(chain.execute(select(Appointment.state, func.count()).group_by(Appointment.state)).all())
    assert set(by_state) == {"booked", "fulfilled", "no_show", "cancelled"}
    first, last = chain.execute(select(func.min(Appointment.start_at), func.max(Appointment.start_at))).one()
    assert (NOW - first).days >= 12
    assert (last - NOW).days >= 39
    booked_before = chain.execute(
        select(func.count()).where(Appointment.state == "booked", Appointment.end_at <= NOW)
    ).scalar_one()
    done_after = chain.execute(select(func.count()).where(Appointment.state != "booked", Appointment.end_at > NOW)).scalar_one()
    assert (booked_before, done_after) == (0, 0)
    assert chain.execute(select(func.max(Appointment.booked_at))).scalar_one() <= NOW


def test_clinics_keep_holidays_and_the_one_closure(chain: Session) -> None:
    thanksgiving = date(2026, 11, 26)
    visits = chain.execute(select(Appointment.start_at, Appointment.time_zone, Appointment.location_id)).all()
    days = defaultdict(list)
    for start, zone, location in visits:
        days[local_day(start, zone)].append((start, location))
    assert chain.execute(select(func.count()).where(LocationDay.day == thanksgiving)).scalar_one() == count(chain, Location)
    assert days[thanksgiving] == days[date(2026, 12, 25)] == days[date(2027, 1, 1)] == []
    assert 0 < len(days[thanksgiving + timedelta(days=1)]) < 0.8 * len(days[thanksgiving + timedelta(days=8)])
    closure = chain.scalars(select(Closure)).one()
    inside = instant_at(closure.start_cell), instant_at(closure.end_cell)
    there = sorted(start for start, _zone, location in visits if location == closure.location_id)
    assert [start for start in there if inside[0] <= start < inside[1]] == []
    assert inside[1] < there[-1]  # it opens again
    assert count(chain, TimeOff) >= 8
    assert count(chain, ShiftDay) >= 3


def test_specialists_of_two_clinics_have_time_to_travel(chain: Session) -> None:
    shifts = defaultdict(list)
    rows = select(Shift.specialist_id, Shift.location_id, Location.time_zone, Shift.weekly, Shift.first_day, Shift.last_day)
    for specialist, *stint in chain.execute(rows.join(Location, Location.id == Shift.location_id)):
        shifts[specialist].append(Stint(*stint))
        assert parse_week(stint[2]).days
    shared = {who: stints for who, stints in shifts.items() if len({stint.location_id for stint in stints}) == 2}
    assert len(shared) >= 15
    for stints in shared.values():
        for one, other in combinations(stints, 2):
            assert (shortest_gap(one, other) or 24 * 60) >= 12 * 60


def test_online_first_visits_are_on_offer_and_procedures_need_a_c_arm(chain: Session) -> None:
    orlando = Point(28.5399, -81.3727)
    for service in chain.scalars(select(Service.slug)).all():
        visit = visits_of(chain, service)[0]
        sought = SearchCriteria(visit=visit, candidates=nearby(chain, visit.id, orlando, 25))
        assert len(soonest(chain, sought, now=NOW, limit=5)) == 5
    procedures = chain.execute(
        select(func.count(), func.count(Appointment.room_id), func.count(Appointment.equipment_id))
        .join(VisitType, VisitType.id == Appointment.visit_type_id)
        .where(VisitType.slug == "facet-joint-injection-procedure")
    ).one()
    assert procedures[0] > 100
    assert len(set(procedures)) == 1


def fingerprint(session: Session) -> str:
    """A hash over every row of the demo, but for the numbers that are random by design."""
    digest = hashlib.sha256()
    for table in (Location, LocationDay, Room, Specialist, Offer, Shift, ShiftDay, TimeOff, Patient, Appointment, Claim):
        columns = [column for column in table.__table__.c if column is not Location.__table__.c.calendar_version]
        for row in session.execute(select(*columns).order_by(*table.__table__.primary_key)):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("hours", "states"), [(0, "fulfilled no_show started arrived booked booked booked"), (-9, "booked " * 7)]
)
def test_the_specialist_of_a_demo_has_visits_today_whatever_day_it_is(chain: Session, hours: int, states: str) -> None:
    moment = NOW + timedelta(hours=hours)  # a Sunday; at one in the morning nobody is there yet
    open_accounts(chain, hashing=Passwords(weak=True), sealer=SEALER, now=moment)
    assert (fill_today(chain, now=moment), fill_today(chain, now=moment)) == (7, 0)
    account = chain.scalars(select(Account).where(Account.email == "specialist@example.org")).one()
    since = moment - timedelta(hours=24)
    theirs = (Appointment.specialist_id == account.specialist_id, Appointment.start_at.between(since, since + timedelta(days=2)))
    visits = chain.scalars(select(Appointment).where(*theirs, Appointment.channel == "desk").order_by(Appointment.start_at)).all()
    today = [visit for visit in visits if local_day(visit.start_at, visit.time_zone) == NOW.date()]
    assert [visit.state for visit in today] == states.split()
    assert chain.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.done_at.is_(None))) == 0
    assert fill_today(chain, now=NOW + timedelta(days=1)) == 0, "there are some on a Monday"
    assert fill_today(chain, now=NOW + timedelta(days=1, hours=10)) > 0, "and none that is to come in the evening"


def test_the_same_seed_and_day_give_the_same_rows(all_databases: dict[str, Databases]) -> None:
    few = [site for site in SITES if site.slug in ("sanford", "winter-park", "orlando-east", "chattanooga", "jasper")]
    prints = []
    for kind, seed, days in (("sqlite", 1, 0), ("postgresql", 1, 0), ("sqlite", 1, 0), ("sqlite", 2, 0), ("sqlite", 1, 1)):
        with all_databases[kind].migrated() as url, opened(url) as session:
            made = open_chain(session, brand="Any Name", now=NOW + timedelta(days=days), seed=seed, sites=few)
            assert 0.55 <= made.fullness <= 0.65
            assert {name.partition("Any Name ")[0] for name in session.scalars(select(Location.name))} == {""}
            prints.append(fingerprint(session))
    assert prints[0] == prints[1] == prints[2]
    assert len(set(prints)) == 3


def test_a_database_with_clinics_is_left_alone(session: Session) -> None:
    build.location(session)
    with pytest.raises(InvalidInput, match="already holds clinics"):
        open_chain(session, brand="Any Name", now=NOW)
    assert count(session, Location) == 1


def test_imported_locations_get_staff_and_the_nearest_a_full_calendar(session: Session) -> None:
    build.zips(session)
    for number in range(12):
        build.location(session, slug=f"site-{number:02}", latitude=28.54 + number / 10)
    made = staff_locations(session, near="32801", busy=4, now=NOW)
    assert (made.locations, made.specialists) == (12, 12)
    assert 0.5 <= made.fullness <= 0.7
    busy = set(session.scalars(select(Location.slug).join(Appointment, Appointment.location_id == Location.id)))
    assert busy == {"site-00", "site-01", "site-02", "site-03"}
    offers = select(Offer.location_id, func.count(VisitType.service_id.distinct())).join(
        VisitType, VisitType.id == Offer.visit_type_id
    )
    assert {services for _, services in session.execute(offers.group_by(Offer.location_id))} == {2}
    with pytest.raises(NotFound, match="no locations without staff"):
        staff_locations(session, near="32801", busy=4, now=NOW)
    build.location(session, slug="site-12")
    assert staff_locations(session, near="32801", busy=0, now=NOW).appointments == 0
    with pytest.raises(InvalidInput, match="“00000”"):
        staff_locations(session, near="00000", busy=0, now=NOW)


def test_the_command_only_runs_where_invented_data_belongs(chain: Session, database: str) -> None:
    def run(url: str, *words: str, demo: bool) -> tuple[int, str]:
        app = create_app(settings_for(url, demo=demo), clock=lambda: datetime(2026, 11, 22, 16, 0, tzinfo=NOW.tzinfo))
        try:
            ended = app.test_cli_runner().invoke(args=["clinic", "demo", *words])
            return ended.exit_code, ended.output
        finally:
            with app.app_context():
                app.extensions["sqlalchemy"].engine.dispose()
            app.extensions["clinic"].limiter.storage.dispose()

    filled = chain.get_bind().engine.url.render_as_string(hide_password=False)
    chain.rollback()
    assert run(database, demo=False) == (
        1, "Error: This is not a demo. Invented clinics and patients belong only where CLINIC_DEMO=1 is set.\n",
    )  # fmt: skip
    assert run(filled, "--if-empty", demo=True) == (
        0, "One account of each role on the staff: flask clinic sign-ins prints them.\n",
    )  # fmt: skip
    assert run(filled, "--if-empty", demo=True) == (0, "There are clinics already; nothing to do.\n")
    code, said = run(filled, demo=True)
    assert (code, "already holds clinics" in said) == (1, True)
    code, said = run(filled, "--on-locations", demo=True)
    assert (code, "There are no locations without staff." in said) == (1, True)
