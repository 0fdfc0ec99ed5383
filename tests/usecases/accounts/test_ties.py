"""A calendar is tied by whoever answers for all of its clinics; every administrator is told; one out of reach is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.tables.appointments import CalendarFeed
from clinic.store.tables.directory import Location, Specialist
from clinic.store.tables.staff import Account
from clinic.usecases import accounts, feed
from clinic.usecases.accounts import Invited, Person
from tests import build
from tests.usecases.accounts.conftest import Staff


@dataclass
class Calendars:
    """Specialists without an account: of Mina's clinic, of the other one, of both in each way there is, of nowhere."""

    staff: Staff
    ours: int
    beyond: dict[str, int]

    def person(self, name: str = "Mina") -> Person:
        return self.staff.person(self.staff.sign_in(name))

    def invite(self, specialist_id: int | None, by: str = "Mina", email: str = "sock@example.org") -> Invited:
        grant = Grant(Role.SPECIALIST, self.staff.here)
        return accounts.invite(
            self.staff.session, self.person(by), email, "Sock Puppet", grant, specialist_id=specialist_id, now=self.staff.clock()
        )  # fmt: skip

    def shown(self, by: str = "Ada") -> list[tuple[str, tuple[str, ...]]]:
        """(account, clinics that nobody answers for) of what the page lists."""
        found = accounts.list_people(self.staff.session, self.person(by), now=self.staff.clock())
        return [(tie.account, tie.beyond) for tie in found.out_of_reach]

    def clinic(self, id_: int) -> Location:
        found = self.staff.session.get_one(Location, id_)
        self.staff.session.expunge(found)
        return found

    def specialist(self, id_: int) -> Specialist:
        found = self.staff.session.get_one(Specialist, id_)
        self.staff.session.expunge(found)
        return found

    def goes_to_the_other(self, id_: int) -> None:
        build.offer(self.staff.session, build.visit_type(self.staff.session), self.clinic(self.staff.there), self.specialist(id_))


@pytest.fixture
def calendars(staff: Staff) -> Calendars:
    session = staff.session
    here, there = (session.get_one(Location, id_) for id_ in (staff.here, staff.there))
    session.expunge_all()
    kind = build.visit_type(session)
    made = {}
    for name in ("ours", "offers", "hours", "one day", "hours long ago", "visits", "theirs", "nowhere"):
        person = build.specialist(session, name=f"Dr. {name.capitalize()}")
        made[name] = person.id
        if name not in ("theirs", "nowhere"):
            build.offer(session, kind, here, person)
            build.shift(session, person, here)
        if name in ("offers", "theirs"):
            build.offer(session, kind, there, person)
        if name == "hours":
            build.shift(session, person, there, first_day=staff.clock().date() + timedelta(days=40))
        if name == "hours long ago":
            build.shift(session, person, there, last_day=date(2021, 1, 31))
        if name == "one day":
            build.shift_day(session, person, there, staff.clock().date() + timedelta(days=9), "09:00-12:00")
        if name == "visits":
            start, other = staff.clock() + timedelta(days=3), build.visit_type(session)
            build.offer(session, other, there, person)
            build.shift(session, person, there)
            patient = build.patient(session, now=staff.clock()).id
            wish = SlotRef(other.id, there.id, person.id, cell_at(start))
            place.book(session, wish, Details(patient), who=build.STAFF, now=staff.clock())
            session.commit()
            for table in ("offer", "shift"):
                session.execute(
                    build.Base.metadata.tables[table].delete().where(
                        build.Base.metadata.tables[table].c.specialist_id == person.id,
                        build.Base.metadata.tables[table].c.location_id == there.id,
                    )
                )  # fmt: skip
            session.commit()
    return Calendars(staff, made.pop("ours"), made)


def test_a_manager_is_offered_calendars_of_their_clinics_alone(calendars: Calendars) -> None:
    found = accounts.inviting(calendars.staff.session, calendars.person())
    assert dict(found.specialists) == {calendars.ours: "Dr. Ours"}
    everything = accounts.inviting(calendars.staff.session, calendars.person("Ada"))
    assert set(everything.specialists) == {calendars.ours, *calendars.beyond.values()}


@pytest.mark.parametrize("how", ["offers", "hours", "one day", "hours long ago", "visits", "theirs", "nowhere"])
def test_a_forged_calendar_is_tied_to_nobody(calendars: Calendars, how: str) -> None:
    with pytest.raises(InvalidInput, match="all yours") as refused:
        calendars.invite(calendars.beyond[how])
    assert set(refused.value.fields) == {"specialist"}
    calendars.staff.session.rollback()
    assert calendars.staff.session.scalar(select(func.count(Account.id)).where(Account.specialist_id.is_not(None))) == 0
    assert calendars.staff.told() == []
    assert calendars.invite(calendars.beyond[how], by="Ada").told == 0, "an administrator answers for every clinic"


@pytest.mark.parametrize("number", [0, -1, 999_999])
def test_a_calendar_that_is_none(calendars: Calendars, number: int) -> None:
    for by in ("Mina", "Ada"):
        with pytest.raises(InvalidInput, match="from the list"):
            calendars.invite(number, by=by)
        calendars.staff.session.rollback()


def test_every_other_administrator_is_told(calendars: Calendars) -> None:
    ada, other = calendars.staff.made["Ada"], calendars.staff.hire("Abel", Grant(Role.ADMINISTRATOR))
    calendars.staff.hire("Gone", Grant(Role.ADMINISTRATOR), state="disabled")
    made = calendars.invite(calendars.ours)
    assert made.told == 2
    assert calendars.staff.told() == [(made.account_id, "invited"), (ada, "calendar-tied"), (other, "calendar-tied")]
    assert calendars.invite(calendars.beyond["offers"], by="Ada", email="b@example.org").told == 1
    given = accounts.give_role(
        calendars.staff.session, calendars.person("Ada"), calendars.staff.made["Felix"],
        Grant(Role.MANAGER, calendars.staff.here),
        now=calendars.staff.clock(),
    )  # fmt: skip
    assert given == 1
    assert calendars.staff.told()[-1] == (other, "role-given")


@pytest.mark.parametrize(
    ("role", "clinic", "told"),
    [(Role.MANAGER, True, 0), (Role.ADMINISTRATOR, False, 0), (Role.FRONT_DESK, True, None), (Role.AGENT, False, None)],
)
def test_where_there_is_nobody_to_tell_page_and_log_say_so(staff: Staff, role: Role, clinic: bool, told: int | None) -> None:
    ada = staff.person(staff.sign_in("Ada"))
    grant = Grant(role, staff.here if clinic else None)
    made = accounts.invite(staff.session, ada, "new@example.org", "Nadia New", grant, specialist_id=None, now=staff.clock())
    assert made.told == told
    assert [action for _, action in staff.audit()].count("nobody_told") == (told == 0)
    felix = staff.made["Felix"]
    again = Grant(role, staff.there if clinic else None)
    assert accounts.give_role(staff.session, ada, felix, again, now=staff.clock()) == told


def test_a_tie_that_falls_out_of_reach_is_shown_until_it_is_confirmed(calendars: Calendars) -> None:
    made = calendars.invite(calendars.ours)
    assert calendars.shown() == []
    calendars.goes_to_the_other(calendars.ours)
    other = calendars.clinic(calendars.staff.there).name
    assert calendars.shown() == calendars.shown("Mina") == [("Sock Puppet", (other,))]
    session, now = calendars.staff.session, calendars.staff.clock()
    with pytest.raises(IllegalMove, match="not yours"):
        accounts.confirm_calendar(session, calendars.person(), made.account_id, now=now)
    session.rollback()
    with pytest.raises(IllegalMove, match="not yours"):
        accounts.end_calendar(session, calendars.person(), made.account_id, now=now)
    session.rollback()
    keeps = accounts.one_person(session, calendars.person(), made.account_id, now=now).keeps
    assert keeps
    assert (keeps.is_beyond, keeps.beyond, keeps.mine_to_settle) == (True, (other,), False)
    session.rollback()
    accounts.confirm_calendar(session, calendars.person("Ada"), made.account_id, now=now)
    assert calendars.shown() == calendars.shown("Mina") == []


def test_a_tie_that_is_ended_opens_nothing_any_more(calendars: Calendars) -> None:
    session, now = calendars.staff.session, calendars.staff.clock()
    made = calendars.invite(calendars.ours)
    feed.renew_feed(session, calendars.ours, key=build.KEY, who=build.STAFF, now=now)
    calendars.goes_to_the_other(calendars.ours)
    accounts.end_calendar(session, calendars.person("Ada"), made.account_id, now=now)
    assert calendars.shown() == []
    assert session.get_one(Account, made.account_id).specialist_id is None
    assert session.get_one(CalendarFeed, calendars.ours).closed_at == now
    session.rollback()
    with pytest.raises(InvalidInput):  # beyond Mina's clinics by now
        accounts.tie_calendar(session, calendars.person(), made.account_id, calendars.ours, now=now)
    session.rollback()
    assert accounts.tie_calendar(session, calendars.person("Ada"), made.account_id, calendars.ours, now=now) == 0
    assert [action for _, action in calendars.staff.audit()].count("calendar_tied") == 2
    with pytest.raises(IllegalMove, match="already"):
        accounts.tie_calendar(session, calendars.person("Ada"), made.account_id, calendars.ours, now=now)


def test_the_role_of_a_specialist_opens_no_calendar_beyond(calendars: Calendars) -> None:
    """They keep a calendar of elsewhere, from before, and sit at a front desk: giving back the role would open it."""
    staff = calendars.staff
    felix = staff.hire("Fay", Grant(Role.FRONT_DESK, staff.here), specialist_id=calendars.beyond["theirs"])
    with pytest.raises(InvalidInput, match="not yours"):
        accounts.give_role(
            staff.session, calendars.person(), felix, Grant(Role.SPECIALIST, staff.here), now=staff.clock()
        )  # fmt: skip


def test_nobody_settles_their_own_calendar_nor_one_of_a_stranger(calendars: Calendars) -> None:
    staff = calendars.staff
    mina, now = calendars.person(), staff.clock()
    stranger = staff.hire("Sam", Grant(Role.FRONT_DESK, staff.there))
    for deed in (accounts.confirm_calendar, accounts.end_calendar):
        with pytest.raises(IllegalMove):
            deed(staff.session, mina, mina.account_id, now=now)
        staff.session.rollback()
        with pytest.raises(NotFound):
            deed(staff.session, mina, stranger, now=now)
        staff.session.rollback()
    with pytest.raises(NotFound):
        accounts.tie_calendar(staff.session, mina, stranger, calendars.ours, now=now)
    staff.session.rollback()
    with pytest.raises(IllegalMove, match="role of a specialist"):
        accounts.tie_calendar(staff.session, mina, staff.made["Felix"], calendars.ours, now=now)


def test_whoever_is_a_specialist_no_more_keeps_no_calendar_address(calendars: Calendars) -> None:
    session, now = calendars.staff.session, calendars.staff.clock()
    made = calendars.invite(calendars.ours)
    feed.renew_feed(session, calendars.ours, key=build.KEY, who=build.STAFF, now=now)
    ada = calendars.person("Ada")
    accounts.give_role(session, ada, made.account_id, Grant(Role.SPECIALIST, calendars.staff.there), now=now)
    first, second = (number for number, _ in accounts.one_person(session, ada, made.account_id, now=now).grants)
    session.rollback()
    accounts.take_role(session, ada, made.account_id, first, now=now)
    assert session.get_one(CalendarFeed, calendars.ours).closed_at is None, "they are a specialist still"
    session.rollback()
    accounts.take_role(session, ada, made.account_id, second, now=now)
    assert session.get_one(CalendarFeed, calendars.ours).closed_at == now


def test_a_closed_account_leaves_no_calendar_address_behind(calendars: Calendars) -> None:
    session, now = calendars.staff.session, calendars.staff.clock()
    made = calendars.invite(calendars.ours)
    feed.renew_feed(session, calendars.ours, key=build.KEY, who=build.STAFF, now=now)
    accounts.close_account(session, calendars.person("Ada"), made.account_id, now=now)
    assert session.get_one(CalendarFeed, calendars.ours).closed_at == now
    assert calendars.shown() == []
