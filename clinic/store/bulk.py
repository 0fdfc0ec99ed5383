"""Many rows at once, for imports and the demo: by COPY on PostgreSQL, by one prepared statement on SQLite.

Every constraint checks every row, the guard over claims included. Ids are set aside first, so that rows can name each
other before any is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from clinic.store.base import Base
from clinic.store.locks import lock_calendars

MANY = 2000


def set_aside(session: Session, table: type[Base], count: int) -> list[int]:
    """`count` ids of `table` that nobody else will get. On SQLite only inside a writing transaction (connect.begin_write)."""
    key = table.__table__.c.id
    if session.get_bind().dialect.name == "sqlite":
        last = session.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    numbers = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
    return list(session.scalars(numbers, {"table": key.table.name, "count": count}))


def insert_rows(session: Session, table: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values come in the order of `columns`. Python-side defaults do not apply: name every column.

    Raises the database's IntegrityError (SQLAlchemy's on SQLite, psycopg's on PostgreSQL) when a constraint refuses one.
    """
    session.flush()
    connection = session.connection()
    name = table.__tablename__
    if connection.dialect.name == "postgresql":
        statement = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return
    types = [table.__table__.c[column].type.dialect_impl(connection.dialect) for column in columns]
    bound = list(_bound(rows, [kind.bind_processor(connection.dialect) for kind in types]))
    if bound:
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"insert into {name} ({', '.join(columns)}) values ({marks})", bound)  # noqa: S608 (our own names)


def _bound(rows: Iterable[Sequence[Any]], processors: Sequence[Callable[[Any], Any] | None]) -> Iterator[tuple[Any, ...]]:
    work = [(index, process) for index, process in enumerate(processors) if process]
    for row in rows:
        values = list(row)
        for index, process in work:
            values[index] = process(values[index])
        yield tuple(values)


def lock_rosters(session: Session, specialist_ids: Sequence[int]) -> None:
    """Before hours change: wait for whoever is placing visits with these specialists, and keep others out until the commit.

    Thousands of locks would not fit into PostgreSQL's table of them; then readers of rosters wait as well.
    """
    if len(specialist_ids) <= MANY:
        lock_calendars(session, specialist_ids)
    elif session.get_bind().dialect.name == "postgresql":
        session.execute(text("lock table shift, location in access exclusive mode"))
