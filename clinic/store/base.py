"""What every table shares: constraint names, column types, and one way to pass a list of ids.

Tables subclass our own `Base`, not Flask-SQLAlchemy's Model, so the store needs no Flask.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm import registry as orm_registry
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import Boolean, TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# An integer primary key must be INTEGER on SQLite, or it is not the row's own number.
Key = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. timestamptz on PostgreSQL, fixed-width text on SQLite: text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone reached the store")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class IdList(TypeDecorator[Sequence[int]]):
    """A list of ids as one bound text, to be cast: to bigint[] on PostgreSQL, JSON on SQLite.

    (Drivers take lists as well, number by number, in ten times the time.)
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str:
        ids = ",".join(map(str, value or ()))
        return f"[{ids}]" if dialect.name == "sqlite" else f"{{{ids}}}"


class one_of(ColumnElement[bool]):  # noqa: N801 (reads like the function it stands for)
    """`column` is among the ids bound as `name`: one parameter, one prepared statement, however many ids."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement), ("ids", InternalTraversal.dp_clauseelement)]  # noqa: RUF012
    type = Boolean()

    def __init__(self, column: Any, name: str) -> None:
        self.column = column
        self.ids = bindparam(name, type_=IdList())

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002
        return self  # already a condition: SQLite needs no "= 1" behind it


@compiles(one_of, "postgresql")
def _one_of_postgresql(element: one_of, compiler: Any, **kw: Any) -> str:
    return f"{compiler.process(element.column, **kw)} = ANY(CAST({compiler.process(element.ids, **kw)} AS BIGINT[]))"


@compiles(one_of, "sqlite")
def _one_of_sqlite(element: one_of, compiler: Any, **kw: Any) -> str:
    column, ids = compiler.process(element.column, **kw), compiler.process(element.ids, **kw)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (both are compiled, neither is text)


def driver_rows(session: Session, statement: Any, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """As the driver gives them: numbers and text need no conversion, and thousands of Rows cost more than the query."""
    result = session.connection().execute(statement, parameters)
    rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall()
    result.close()
    return rows


class Base(DeclarativeBase):
    """Every table of the product."""

    registry = orm_registry(metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime()})
