"""A PostgreSQL as in production (it waits for the disk), SQLite files, and the workload inside the product's own tables."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, insert, make_url, text
from sqlalchemy.orm import Session

from benchmarks.workload import NOW, VISIT, WEEKLY, ZONE, Workload, cell_of
from clinic.domain.geography.places import Point, distance_miles
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.appointments import Appointment, Claim, Resource
from clinic.store.tables.directory import Location, Offer, Room, Service, Specialist, VisitType
from clinic.store.tables.patients import Patient
from clinic.store.tables.schedules import Shift
from tests import postgres
from tests.databases import migrate

SETTINGS = {"listen_addresses": "", "max_connections": "300"}
"""All else is PostgreSQL's default: fsync and synchronous_commit are on."""

VISIT_TYPE = 1
CENTRE = Point(28.54, -81.38)
RADIUS = 50.0
PEOPLE_PER_CLINIC = 4
FIRST_ROOM, FIRST_PATIENT = 100_001, 200_001


class Databases:
    """Makes fresh, migrated databases of both kinds below `home`, and drops them at the end."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home, self._stack, self._numbers = home, stack, count(1)
        self._templates: dict[str, str] = {}
        self._server = ""

    @property
    def server(self) -> str:
        """The SQLAlchemy URL of the server's `postgres` database. Started when first asked for."""
        if not self._server:
            self._server = self._stack.enter_context(postgres.server(SETTINGS))
        return self._server

    @property
    def socket(self) -> str:
        return str(make_url(self.server).query["host"])

    def make(self, kind: str) -> str:
        """The URL of a new database with all tables and no rows."""
        if kind not in self._templates:
            self._templates[kind] = self._create(kind, f"template_{kind}", None)
            migrate(self._templates[kind])
        return self._create(kind, f"bench_{next(self._numbers)}", self._templates[kind])

    def _create(self, kind: str, name: str, template: str | None) -> str:
        if kind == "sqlite":
            file = self._home / f"{name}.sqlite"
            if template:
                shutil.copyfile(str(make_url(template).database), file)
            return f"sqlite:///{file}"
        source = make_url(template).database if template else "template0"
        with closing(psycopg.connect(host=self.socket, user="postgres", dbname="postgres", autocommit=True)) as connection:
            connection.execute(f'create database "{name}" template "{source}"'.encode())
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


def connect(url: str) -> Engine:
    """An engine with the product's own options."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    return engine


def raw_connection(url: str) -> psycopg.Connection[Any]:
    """psycopg alone, in autocommit."""
    parts = make_url(url)
    return psycopg.connect(host=str(parts.query["host"]), user="postgres", dbname=parts.database, autocommit=True)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True)
class Chain:
    """What `fill` writes: specialist n (from 1) works at clinic (n - 1) // 4 + 1, and rooms are as many as people.

    The clinics lie within `radius` miles of `centre`.
    """

    specialists: int
    weekly: str = WEEKLY
    rooms: bool = False
    patients: int = 0
    centre: Point = CENTRE
    radius: float = RADIUS

    @property
    def clinics(self) -> int:
        return -(-self.specialists // PEOPLE_PER_CLINIC)

    def clinic_of(self, specialist: int) -> int:
        return (specialist - 1) // PEOPLE_PER_CLINIC + 1


def fill(url: str, chain: Chain, claims: Sequence[tuple[int, int, int]] = (), past: int = 0) -> None:
    """Clinics, specialists, shifts, one visit type, and claims (resource, start, end) of bookings.

    `past` adds that many claims before all of them.
    """
    with opened(url) as engine:
        with Session(engine) as session:
            _write_catalogue(session, chain)
            _write_people(session, chain)
            appointment_id = _write_visit(session)
            session.commit()
        _write_claims(engine, appointment_id, claims)
        if past:
            _write_claims(engine, appointment_id, _past_claims(chain.specialists, past))
        if engine.dialect.name == "postgresql":
            with raw_connection(url) as connection:
                connection.execute("select setval('resource_id_seq', 1000000)")
                connection.execute("vacuum analyze")


def _write_catalogue(session: Session, chain: Chain) -> None:
    shape = asdict(VISIT) | ({"room_kind": "exam"} if chain.rooms else {})
    session.execute(
        insert(Service), [{"id": 1, "slug": "physical-therapy", "name": "Physical therapy", "summary": "", "position": 0}]
    )
    visit_type = {"id": VISIT_TYPE, "service_id": 1, "slug": "evaluation", "name": "Evaluation", "position": 0} | shape
    session.execute(insert(VisitType), [visit_type | {"cancel_window_hours": 24}])
    places = _places(chain)
    session.execute(
        insert(Location),
        [
            {
                "id": number, "slug": f"clinic-{number:04d}", "name": f"Clinic {number}", "street": "1 Main Street",
                "city": "Orlando", "state": "FL", "latitude": point.latitude, "longitude": point.longitude,
                "time_zone": ZONE, "hours": "", "active": True,
            }
            for number, point in enumerate(places, 1)
        ],
    )  # fmt: skip


def _places(chain: Chain) -> list[Point]:
    """Points within the radius, the same every time."""
    draw = random.Random(chain.clinics)
    found: list[Point] = []
    scale = chain.radius / RADIUS
    while len(found) < chain.clinics:
        north, east = draw.uniform(-0.72, 0.72) * scale, draw.uniform(-0.82, 0.82) * scale
        point = Point(chain.centre.latitude + north, chain.centre.longitude + east)
        if distance_miles(chain.centre, point) <= chain.radius:
            found.append(point)
    return found


def _write_people(session: Session, chain: Chain) -> None:
    numbers = range(1, chain.specialists + 1)
    session.execute(insert(Resource), [{"id": n, "kind": "specialist"} for n in numbers])
    session.execute(
        insert(Specialist),
        [
            {"id": n, "slug": f"specialist-{n:04d}", "name": f"Specialist {n}", "profession": "", "languages": "English",
             "about": "", "active": True}
            for n in numbers
        ],
    )  # fmt: skip
    works = [{"specialist_id": n, "location_id": chain.clinic_of(n)} for n in numbers]
    session.execute(insert(Offer), [work | {"visit_type_id": VISIT_TYPE} for work in works])
    session.execute(insert(Shift), [w | {"weekly": chain.weekly, "first_day": date(2020, 1, 1), "last_day": None} for w in works])
    if chain.rooms:
        session.execute(insert(Resource), [{"id": FIRST_ROOM + n - 1, "kind": "room"} for n in numbers])
        session.execute(
            insert(Room),
            [
                {"id": FIRST_ROOM + n - 1, "location_id": chain.clinic_of(n), "name": f"Room {n}", "kind": "exam", "active": True}
                for n in numbers
            ],
        )
    if chain.patients:
        ids = range(FIRST_PATIENT, FIRST_PATIENT + chain.patients)
        session.execute(insert(Resource), [{"id": n, "kind": "patient"} for n in ids])
        session.execute(
            insert(Patient),
            [
                {"id": n, "given_name": "Pat", "family_name": f"Test {n}", "match_name": f"pat test {n}", "language": "en",
                 "birth_date": date(1980, 1, 1), "phone": "+14075550100", "interpreter": False, "created_at": NOW}
                for n in ids
            ],
        )  # fmt: skip


def _write_visit(session: Session) -> int:
    """One appointment that all the claims of the workload belong to: searches read claims alone."""
    values = {
        "reference": "BENCHMARK00", "state": "cancelled", "visit_type_id": VISIT_TYPE, "location_id": 1, "specialist_id": 1,
        "start_at": NOW, "end_at": NOW + timedelta(minutes=30), "time_zone": ZONE, "held_at": NOW, "channel": "web",
    }  # fmt: skip
    return session.execute(insert(Appointment).values(**values).returning(Appointment.id)).scalar_one()


def _write_claims(engine: Engine, appointment_id: int, claims: Iterable[tuple[int, int, int]]) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            cursor = connection.connection.cursor()
            with cursor.copy("copy claim (resource_id, start_cell, end_cell, appointment_id) from stdin") as copy:
                for claim in claims:
                    copy.write_row((*claim, appointment_id))
        else:
            rows = [{"resource_id": r, "start_cell": s, "end_cell": e, "appointment_id": appointment_id} for r, s, e in claims]
            if rows:
                connection.execute(insert(Claim), rows)


def _past_claims(specialists: int, how_many: int) -> Iterator[tuple[int, int, int]]:
    """Visits back to back, 16 every day until the last, spread evenly over the specialists."""
    for number in range(how_many):
        turn, whose = divmod(number, specialists)
        day, place = divmod(turn, 16)
        start = cell_of(-1 - day, 9 * 60 + 30 * place)
        yield whose + 1, start, start + 6


def workload_database(databases: Databases, workload: Workload, *, past: int = 0) -> str:
    """A PostgreSQL database with the workload's specialists and bookings in the product's tables."""
    url = databases.make("postgresql")
    fill(url, Chain(workload.specialists), workload.claims(), past)
    return url


def count_overlaps(url: str) -> int:
    """Pairs of claims that take the same resource at the same time: none, if the guard holds."""
    pairs = text(
        "select count(*) from claim a join claim b on a.resource_id = b.resource_id and a.start_cell < b.start_cell"
        " and b.start_cell < a.end_cell"
    )
    with opened(url) as engine, engine.connect() as connection:
        return int(connection.execute(pairs).scalar_one())
