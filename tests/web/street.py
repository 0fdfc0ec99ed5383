"""The town of the authorization tests, furnished for what forms send: records within the reach of each role, and beyond."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.domain.people.roles import AT_A_LOCATION, Grant, Reach, Role, reach
from clinic.domain.scheduling.roster_edits import AddHours
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, read_opening, write_key, write_opening
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.store.desk.call_holds import HOLD
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Offer, Service, Specialist, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.tables.staff import Account, AccountGrant, StaffSession
from clinic.store.tables.work import Call, Task
from clinic.store.work import calls
from clinic.store.work.call_backs import CALL_BACK
from clinic.usecases import roster
from clinic.usecases.roster import Decisions
from tests import build
from tests.web.staff import hire, signed_in, token_on
from tests.web.town import World, build_town
from tests.web.visiting import opened

WORDS = {"own": "Larkspur", "here": "Marigold", "there": "Nightshade"}
"""By whose visit it is: a word that stands in everything of that patient."""
COLLEAGUE = "Belladonna"
"""In the name of an account of the other clinic."""


@dataclass(frozen=True)
class Asker:
    """Whoever sends forms, in a browser of their own. `world` has their own calls where the town's has one agent's."""

    name: str
    role: Role
    grants: tuple[Grant, ...]
    account: int
    client: FlaskClient
    csrf: str
    world: World
    street: Street

    def reach(self, action: str) -> Reach:
        return reach(action, self.grants)

    @property
    def specialist(self) -> int:
        """Whose hours they keep: their own, or a colleague's at their clinic."""
        return self.world.calendars["own" if self.role is Role.SPECIALIST else "here"]

    @property
    def whose(self) -> str:
        """Whose visit is within their reach: with a specialist their own, with anybody else one at `here`."""
        return "own" if self.name in ("specialist", "supervisor") else "here"

    @property
    def beyond(self) -> list[str]:
        """Whose visits are not."""
        return ["there"] if self.role in AT_A_LOCATION else [whose for whose in WORDS if whose != self.whose]


@dataclass
class Street:
    """What stands in it, by a word for whose it is: a key of WORDS, or the name of whoever asks."""

    world: World
    key: bytes
    kind: int
    kind_elsewhere: int = 0
    free_call_back: int = 0
    untied: int = 0
    sought: dict[str, str] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    grants: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=list)

    def hold(self, whose: str) -> str:
        """Write the key of that held time."""
        return write_key(self.key, "hold", self.holds[whose], 0)

    def opening(self, whose: str, *, at: str = "", hour: int = 21, kind: int = 0, key: bytes = b"") -> str:
        """Write a time in two days with that specialist, at the clinic where they work or at another."""
        world = self.world
        clinic = world.there if (at or whose) == "there" else world.here
        when = world.app.extensions["clinic"].clock().replace(hour=hour, minute=0) + timedelta(days=2)
        return write_opening(key or self.key, SlotRef(kind or self.kind, clinic, world.calendars[whose], cell_at(when)))


def furnish(app: Flask, url: str) -> Street:
    """Build the town, and what it takes to fill in every form of the staff."""
    app.test_client_class = FlaskClient  # what the pages look like is asked elsewhere
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a failure is an answer, too
    street = _street(app, build_town(app, url))
    _sign_in(app, url, street)
    street.untied = hire(app, url, "Untied", Grant(Role.SPECIALIST, street.world.here))
    with opened(url) as session:
        build.zips(session)
        _put_words(session, street.world)
        _find_kinds(session, street)
        _find_rows(session, street)
        _hold_times(session, street)
        _change_hours(session, street)
        _promise(session, street)
    app.extensions["clinic"].clock.forward(minutes=2)  # to hold a time for longer is a change only later
    for asker in street.askers:
        asker.client.get("/account")  # that they were seen now is noted, and need not be once more
    return street


def _put_words(session: Session, world: World) -> None:
    """Into what nobody out of reach may read."""
    for whose, word in WORDS.items():
        named = {"given_name": word, "family_name": f"{word}field", "email": f"{word.lower()}@example.com"}
        session.execute(update(Patient).where(Patient.id == world.patients[whose]).values(**named))
        session.execute(update(Appointment).where(Appointment.id == world.visits[whose]).values(reason=f"{word} reason"))
    session.execute(update(Account).where(Account.id == world.people["there"]).values(name=f"There {COLLEAGUE}"))
    session.commit()


def _find_kinds(session: Session, street: Street) -> None:
    """What to look for; a kind of visit that is given at the other clinic alone; and the names in addresses."""
    world = street.world
    found = select(Service.slug, VisitType.slug).join_from(VisitType, Service).where(VisitType.id == street.kind)
    street.sought = {"near": "32801", "kind": "/".join(session.execute(found).one())}
    elsewhere = build.visit_type(session)
    there = session.get_one(Specialist, world.calendars["there"])
    build.offer(session, elsewhere, session.get_one(Location, world.there), there)
    street.kind_elsewhere = elsewhere.id
    for whose, id_ in world.calendars.items():
        street.slugs[whose] = session.get_one(Specialist, id_).slug
    for whose, id_ in (("here", world.here), ("there", world.there)):
        street.slugs[f"clinic {whose}"] = session.get_one(Location, id_).slug


def _find_rows(session: Session, street: Street) -> None:
    """References of visits, roles of colleagues (one has a second at the other clinic), and sessions of whoever asks."""
    people = street.world.people
    for whose, visit in street.world.visits.items():
        street.references[whose] = session.get_one(Appointment, visit).reference
    for whose in ("here", "there"):
        street.grants[whose] = session.scalars(select(AccountGrant.id).where(AccountGrant.account_id == people[whose])).one()
    second = AccountGrant(account_id=people["here"], role=Role.FRONT_DESK, location_id=street.world.there)
    street.grants["here, there"] = build.save(session, second).id
    for asker in street.askers:
        theirs = session.scalars(select(StaffSession.id).where(StaffSession.account_id == asker.account))
        street.sessions[asker.name] = max(theirs)


def _hold_times(session: Session, street: Street) -> None:
    """At the desks, and in every call; each call is about the patient of a visit within its agent's reach."""
    world, now = street.world, street.world.app.extensions["clinic"].clock()
    desks = [(whose, whose, None, world.people[Role.FRONT_DESK]) for whose in WORDS]
    agents = [(one.name, one.whose, one.world.calls["own"], one.account) for one in street.askers if one.role is Role.AGENT]
    other = ("another call", "there", world.calls["other"], world.people["other agent"])
    for hour, (name, whose, call, account) in enumerate((*desks, *agents, other), start=15):
        who = Who(f"account:{account}", "phone" if call else "desk", staff=True)
        wish = read_opening(street.key, street.opening(whose, hour=hour))
        street.holds[name] = place.hold(session, wish, who=who, now=now)
        if call:
            calls.note_visit(session, call, street.holds[name], HOLD, now=now)
            about = {"patient_id": world.patients[whose], "verified_at": now, "note": f"{WORDS[whose]} note"}
            session.execute(update(Call).where(Call.id == call).values(**about))
        session.commit()


def _change_hours(session: Session, street: Street) -> None:
    """Each specialist works once on a Saturday."""
    world, now = street.world, street.world.app.extensions["clinic"].clock()
    for whose, id_ in world.calendars.items():
        clinic = world.there if whose == "there" else world.here
        edits = (AddHours(clinic, (now + timedelta(days=12)).date(), "10:00-12:00"),)
        version = roster.preview(session, id_, edits, now=now).version
        saved = roster.save(session, id_, edits, Decisions(), version=version, who=build.STAFF, now=now)
        street.changes[whose] = saved.change_id
        street.versions[whose] = roster.availability(session, id_, now=now).version


def _promise(session: Session, street: Street) -> None:
    """A patient waits for the other agent's call, and somebody for anybody's."""
    world, now = street.world, street.world.app.extensions["clinic"].clock()
    another = calls.begin(session, world.people["other agent"], now=now)
    session.commit()
    street.free_call_back = build.save(session, Task(kind=CALL_BACK, created_at=now, due_at=now, call_id=another)).id
    session.get_one(Task, world.call_backs["other"]).patient_id = world.patients["there"]
    session.commit()


def _street(app: Flask, world: World) -> Street:
    key = app.config["SECRET_KEY"].encode()
    with opened(world.url) as session:
        kind = session.scalars(select(Offer.visit_type_id).where(Offer.specialist_id == world.calendars["own"])).one()
    return Street(world, key, kind)


def _sign_in(app: Flask, url: str, street: Street) -> None:
    """Everybody of the town, and a supervisor of the call center besides."""
    world = street.world
    for role in Role:
        street.askers.append(_asker(street, role.value, role, world.grants(role), world.people[role], world.clients[role], world))
    grants = [Grant(Role.AGENT, None, True)]
    id_ = hire(app, url, "Supervisor", *grants)
    now = app.extensions["clinic"].clock()
    with opened(url) as session:
        own = calls.begin(session, id_, now=now)
        session.commit()
        promised = Task(kind=CALL_BACK, created_at=now, due_at=now, call_id=own, claimed_by_id=id_)
        task = build.save(session, promised).id
    theirs = replace(
        world,
        calls=world.calls | {"own": own},
        call_backs=world.call_backs | {"own": task},
        people=world.people | {Role.AGENT: id_},
    )
    street.askers.append(_asker(street, "supervisor", Role.AGENT, grants, id_, signed_in(app, url, "Supervisor"), theirs))


def _asker(
    street: Street, name: str, role: Role, grants: list[Grant], account: int, client: FlaskClient, world: World
) -> Asker:  # fmt: skip
    return Asker(name, role, tuple(grants), account, client, token_on(client, "/account"), world, street)
