"""The gazetteer's two tables and every question that is asked of them. Replaced whole by `load`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import cast

from sqlalchemy import (
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from clinic.domain.geography.gazetteer import PRIMARY, STANDARD, CityEntry, Town, ZipEntry, city_entries
from clinic.domain.geography.places import Box, Point, boxes, distance_miles
from clinic.store.base import Base
from clinic.store.tables.directory import CityName, Location, ZipCode

ZIP_FIELDS = tuple(field.name for field in fields(ZipEntry) if field.name != "aliases")
CITY_FIELDS = tuple(field.name for field in fields(CityEntry))
ZIP_COLUMNS = [ZipCode.__table__.c[name] for name in ZIP_FIELDS]
CITY_COLUMNS = [CityName.__table__.c[name] for name in CITY_FIELDS]
_ZIP = select(*ZIP_COLUMNS).where(ZIP_COLUMNS[0] == bindparam("code"))


def load(session: Session, zips: Sequence[ZipEntry]) -> tuple[int, int]:
    """Replace the gazetteer by `zips` and the city names made from them; -> (ZIP codes, city names)."""
    cities = city_entries(zips)
    session.execute(delete(CityName))
    session.execute(delete(ZipCode))
    _insert(session, ZipCode, ZIP_FIELDS, zips)
    _insert(session, CityName, CITY_FIELDS, cities)
    return len(zips), len(cities)


def is_empty(session: Session) -> bool:
    return session.execute(select(ZipCode.code).limit(1)).first() is None


def zip_code(session: Session, code: str) -> ZipEntry | None:
    """The entry of five ASCII digits, placed or not; its aliases are not kept."""
    row = session.connection().execute(_ZIP, {"code": code}).first()
    return ZipEntry(*row) if row else None


def zips_of_state(session: Session, state: str) -> list[ZipEntry]:
    """The placed delivery ZIP codes of a state; every placed one where it has none of that kind."""
    query = select(*ZIP_COLUMNS).where(ZipCode.state == state, ZipCode.active, ZipCode.latitude.is_not(None))
    entries = [ZipEntry(*row) for row in session.execute(query.order_by(ZipCode.code))]
    return [entry for entry in entries if entry.kind == "STANDARD"] or entries


def placed_zips(session: Session, state: str) -> list[ZipEntry]:
    """Every placed ZIP code of a state in use, PO boxes too: much of Alaska has nothing else."""
    query = select(*ZIP_COLUMNS).where(ZipCode.state == state, ZipCode.active, ZipCode.latitude.is_not(None))
    return [ZipEntry(*row) for row in session.execute(query.order_by(ZipCode.code))]


def zips_within(session: Session, point: Point, radius_miles: float) -> list[tuple[float, ZipEntry]]:
    """Active ZIP codes whose point lies within the radius, with their distance, nearest first."""
    inside = or_(*(_inside(ZipCode, box) for box in boxes(point, radius_miles)))
    rows = session.execute(select(*ZIP_COLUMNS).where(inside, ZipCode.active)).all()
    entries = [ZipEntry(*row) for row in rows]
    found = [(distance_miles(point, Point(e.latitude or 0.0, e.longitude or 0.0)), e) for e in entries]
    return sorted((pair for pair in found if pair[0] <= radius_miles), key=lambda pair: (pair[0], pair[1].code))


def cities_filed(session: Session, keys: Iterable[str]) -> list[CityEntry]:
    """Every city filed under one of `keys`, in any state; towns of their own first, then the weightiest."""
    query = select(*CITY_COLUMNS).where(CityName.key.in_(list(keys)))
    return _ranked(CityEntry(*row) for row in session.execute(query))


def cities_like(session: Session, key: str, state: str | None) -> list[CityEntry]:
    """Cities worth comparing with a misspelled `key`: all of `state`, or in any state those that begin or end alike."""
    near_length = func.length(CityName.key).between(len(key) - 2, len(key) + 2)
    if state:
        alike = CityName.state == state
    else:
        alike = or_(CityName.key.startswith(key[:2], autoescape=True), CityName.key.endswith(key[-3:], autoescape=True))
    rows = session.execute(select(*CITY_COLUMNS).where(alike, near_length))
    return _ranked(CityEntry(*row) for row in rows)


def zips_beginning(session: Session, digits: str, limit: int) -> list[ZipEntry]:
    """Placed ZIP codes in use that begin with `digits`, in their order; delivery before PO boxes."""
    # A range, not LIKE: both databases then walk the primary key.
    began = ZipCode.code.between(digits.ljust(5, "0"), digits.ljust(5, "9"))
    query = select(*ZIP_COLUMNS).where(began, ZipCode.active, ZipCode.latitude.is_not(None))
    entries = [ZipEntry(*row) for row in session.execute(query.order_by(ZipCode.code).limit(200))]
    return sorted(entries, key=lambda entry: (entry.kind != "STANDARD", entry.code))[:limit]


def cities_beginning(session: Session, key: str, states: Sequence[str], limit: int) -> list[CityEntry]:
    """Cities whose key begins with `key`, in any of `states` (in any, if there are none): the weightiest."""
    query = select(*CITY_COLUMNS).where(CityName.key >= key, CityName.key < key + "{")  # "{" follows "z" in ASCII
    if states:
        query = query.where(CityName.state.in_(states))
    exact = case((CityName.key == key, 0), else_=1)
    ordered = query.order_by(exact, CityName.weight.desc(), CityName.name, CityName.state).limit(limit)
    return [CityEntry(*row) for row in session.execute(ordered)]


def towns_of(session: Session, inside: Sequence[Box], most: int) -> list[Town]:
    """The towns of the boxes with the most delivery ZIP codes there, then the most of any kind: at the mean of their points.

    Read from the index on points, so for small boxes: a fraction of a millisecond in the country, two in New York.
    """
    delivery, every = func.count().filter(ZipCode.kind == STANDARD), func.count()
    found = select(ZipCode.city, func.avg(ZipCode.latitude), func.avg(ZipCode.longitude))
    found = found.where(or_(*(_inside(ZipCode, box) for box in inside)), ZipCode.active).group_by(ZipCode.city, ZipCode.state)
    rows = session.execute(found.order_by(delivery.desc(), every.desc(), ZipCode.city, ZipCode.state).limit(most))
    return [Town(*row) for row in rows]


def largest_towns_of(session: Session, inside: Sequence[Box], most: int) -> list[Town]:
    """The same for boxes of any size, by a look at every name: some four milliseconds."""
    within = or_(*(_inside(CityName, box) for box in inside))
    found = select(CityName.name, CityName.latitude, CityName.longitude).where(within, CityName.kind == PRIMARY)
    return [
        Town(*row) for row in session.execute(found.order_by(CityName.weight.desc(), CityName.key, CityName.state).limit(most))
    ]


def clinics_around(session: Session, points: Sequence[Point], radius_miles: float) -> list[int]:
    """How many active clinics lie in a box of that radius around each point, in one query."""
    counts = []
    for point in points:
        inside = or_(*(_inside(Location, box) for box in boxes(point, radius_miles)))
        counts.append(select(func.count()).where(Location.active, inside).scalar_subquery())
    return list(session.execute(select(*counts)).one()) if counts else []


def _ranked(cities: Iterable[CityEntry]) -> list[CityEntry]:
    return sorted(cities, key=lambda city: (city.kind != PRIMARY, -city.weight, city.name, city.state))


def _inside(table: type[ZipCode] | type[CityName] | type[Location], box: Box) -> ColumnElement[bool]:
    return and_(table.latitude.between(box.south, box.north), table.longitude.between(box.west, box.east))


def _insert(session: Session, table: type[Base], names: tuple[str, ...], entries: Iterable[ZipEntry | CityEntry]) -> None:
    """80,000 rows: by COPY on PostgreSQL, which halves the time."""
    values = attrgetter(*names)
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {table.__tablename__} ({', '.join(names)}) FROM STDIN") as copy:
            for entry in entries:
                copy.write_row(values(entry))
    elif rows := [dict(zip(names, values(entry), strict=True)) for entry in entries]:
        connection.execute(insert(cast(Table, table.__table__)), rows)
