"""The town of the authorization tests, furnished for what forms send: records within the reach of each role, and beyond."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from clinic.domain.roles import AT_A_LOCATION, Grant, Reach, Role, reach
from clinic.domain.roster_edits import AddHours
from clinic.domain.timeline import cell_at
from clinic.domain.tokens import Wish, write_key, write_opening
from clinic.engine import place
from clinic.engine.changing import Who
from clinic.store import calls
from clinic.store.accounts import Account, AccountGrant
from clinic.store.appointments import Appointment
from clinic.store.call_backs import CALL_BACK
from clinic.store.call_holds import HOLD
from clinic.store.calls import Call
from clinic.store.catalogue import Service, VisitType
from clinic.store.locations import Location
from clinic.store.patients import Patient
from clinic.store.people import Offer, Specialist
from clinic.store.staff_sessions import StaffSession
from clinic.store.tasks import Task
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
    kind_elsewhere: int
    sought: dict[str, str]
    slugs: dict[str, str]
    holds: dict[str, int]
    references: dict[str, str]
    grants: dict[str, int]
    sessions: dict[str, int]
    changes: dict[str, int]
    versions: dict[str, str]
    tasks: dict[str, int]
    patients: dict[str, int]
    askers: list[Asker]

    def hold(self, whose: str) -> str:
        return write_key(self.key, "hold", self.holds[whose], 0)

    def opening(self, whose: str, *, at: str = "", hour: int = 21, kind: int = 0, key: bytes = b"") -> str:
        """A time in two days with that specialist, at the clinic where they work or at another."""
        world = self.world
        clinic = world.there if (at or whose) == "there" else world.here
        when = world.app.extensions["clinic"].clock().replace(hour=hour, minute=0) + timedelta(days=2)
        return write_opening(key or self.key, Wish(kind or self.kind, clinic, world.calendars[whose], cell_at(when)))


def furnish(app: Flask, url: str) -> Street:
    """Build the town, and what it takes to fill in every form of the staff."""
    app.test_client_class = FlaskClient  # what the pages look like is asked elsewhere
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a failure is an answer, too
    world = build_town(app, url)
    now = app.extensions["clinic"].clock()
    street = _street(app, world)
    _sign_in(app, url, street)
    with opened(url) as session:
        build.zips(session)
        for whose, word in WORDS.items():
            named = {"given_name": word, "family_name": f"{word}field", "email": f"{word.lower()}@example.com"}
            session.execute(update(Patient).where(Patient.id == world.patients[whose]).values(**named))
            session.execute(
                update(Appointment).where(Appointment.id == world.visits[whose]).values(reason=f"{word} reason")
            )  # fmt: skip
        session.execute(update(Account).where(Account.id == world.people["there"]).values(name=f"There {COLLEAGUE}"))
        session.commit()
        kinds = session.execute(select(VisitType.id, VisitType.slug, Service.slug).join(Service)).all()
        street.kind, kind_slug, service_slug = next(row for row in kinds if row[0] == street.kind)
        elsewhere = build.visit_type(session)
        there = session.get_one(Location, world.there), session.get_one(Specialist, world.calendars["there"])
        build.offer(session, elsewhere, *there)
        street.kind_elsewhere = elsewhere.id
        street.sought = {"near": "32801", "kind": f"{service_slug}/{kind_slug}"}
        street.slugs = dict(session.execute(select(Specialist.id, Specialist.slug)).all())  # type: ignore[arg-type]
        street.slugs = {whose: street.slugs[id_] for whose, id_ in world.calendars.items()} | {  # type: ignore[index]
            f"clinic {name}": session.get_one(Location, id_).slug for name, id_ in (("here", world.here), ("there", world.there))
        }
        for whose, visit in world.visits.items():
            street.references[whose] = session.get_one(Appointment, visit).reference
        second = AccountGrant(account_id=world.people["here"], role=Role.FRONT_DESK, location_id=world.there)
        session.add(second)
        session.flush()
        street.grants["here, there"] = second.id
        for whose in ("here", "there"):
            wanted = select(AccountGrant.id).where(AccountGrant.account_id == world.people[whose]).order_by(AccountGrant.id)
            street.grants[whose] = session.scalars(wanted).first() or 0
        session.commit()
        for asker in street.askers:
            wanted = select(StaffSession.id).where(StaffSession.account_id == asker.account)
            street.sessions[asker.name] = max(session.scalars(wanted))
        for hour, (whose, number, account) in enumerate(_on_the_telephone(street), start=15):
            channel = "desk" if number is None else "phone"
            at = whose if whose in WORDS else next((one.whose for one in street.askers if one.name == whose), "there")
            street.holds[whose] = _hold(street, at, hour, Who(f"account:{account}", channel, staff=True))
            if number is not None:
                calls.note_visit(session, number, street.holds[whose], HOLD, now=now)
                about = {"patient_id": world.patients[at], "verified_at": now, "note": f"{WORDS[at]} note"}
                session.execute(update(Call).where(Call.id == number).values(**about))
            session.commit()
        for whose, id_ in world.calendars.items():
            clinic = world.there if whose == "there" else world.here
            edits = (AddHours(clinic, (now + timedelta(days=12)).date(), "10:00-12:00"),)  # a Saturday
            version = roster.preview(session, id_, edits, now=now).version
            saved = roster.save(session, id_, edits, Decisions(), version=version, who=build.STAFF, now=now)
            street.changes[whose] = saved.change_id
            street.versions[whose] = roster.availability(session, id_, now=now).version
        another = calls.begin(session, world.people["other agent"], now=now)
        session.commit()
        promised = Task(kind=CALL_BACK, created_at=now, due_at=now, call_id=another)
        street.tasks["nobody's call-back"] = build.save(session, promised).id
        call_back = session.get_one(Task, world.call_backs["other"])
        call_back.patient_id = world.patients["there"]
        session.commit()
    for asker in street.askers:
        asker.client.get("/account")  # that they were seen now is noted, and need not be once more
    return street


def _street(app: Flask, world: World) -> Street:
    key = app.config["SECRET_KEY"].encode()
    with opened(world.url) as session:
        kind = session.scalars(select(Offer.visit_type_id).where(Offer.specialist_id == world.calendars["own"])).one()
    return Street(world, key, kind, 0, {}, {}, {}, {}, {}, {}, {}, {}, {}, world.patients, [])


def _on_the_telephone(street: Street) -> list[tuple[str, int | None, int]]:
    """(whose, the call or None, the account) of every time that is held: at a desk by the clinic's word, or in a call."""
    desks = [(whose, None, street.world.people[Role.FRONT_DESK]) for whose in WORDS]
    theirs = [(one.name, one.world.calls["own"], one.account) for one in street.askers if one.role is Role.AGENT]
    return [*desks, *theirs, ("another call", street.world.calls["other"], street.world.people["other agent"])]


def _hold(street: Street, whose: str, hour: int, who: Who) -> int:
    now = street.world.app.extensions["clinic"].clock()
    clinic = street.world.there if whose == "there" else street.world.here
    when = now.replace(hour=hour, minute=0) + timedelta(days=2)
    with opened(street.world.url) as session:
        held = place.hold(session, Wish(street.kind, clinic, street.world.calendars[whose], cell_at(when)), who=who, now=now)
        session.commit()
    return held


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
