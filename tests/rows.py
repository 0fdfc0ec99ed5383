"""All rows of a database: what a request changed in them, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table, create_engine, text
from sqlalchemy.engine import Connection

from clinic.store.base import Base
from clinic.store.connect import engine_options

Row = tuple[Any, ...]
Changes = dict[str, tuple[list[Row], list[Row]]]
"""By table: the rows that came, and those that went; one that is another now is in both."""

COUNTING = "location"
"""Its rows have a number that is another after each change of what stands there: there is no way back to it."""


class Rows:
    """The rows as they are now, to compare later ones with. To be closed."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, **(engine_options(url) | {"isolation_level": "AUTOCOMMIT"}))
        self._connection = self._engine.connect()
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._tables: Mapping[str, Table] = {table.name: table for table in Base.metadata.sorted_tables}
        self._kept = {name: self._read(table) for name, table in self._tables.items()}
        self._prints = self._read_prints()
        self._mark = self._written()

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def columns(self, table: str) -> list[str]:
        """Name the columns, in the order of the values of its rows."""
        return list(self._tables[table].c.keys())

    def changes(self) -> Changes:
        """Find what is another now than it was at first."""
        if self._mark == self._written():
            return {}
        found: Changes = {}
        for name, print_ in self._read_prints().items():
            if print_ != self._prints[name]:
                now, then = self._read(self._tables[name]), self._kept[name]
                found[name] = ([row for row in now if row not in then], [row for row in then if row not in now])
        return {name: both for name, both in found.items() if any(both)}

    def put_back(self, changes: Changes) -> None:
        """Make every row what it was at first."""
        with self._engine.connect() as connection:
            self._unchecked(connection, "off")
            for name, (came, _) in changes.items():
                self._delete(connection, self._tables[name], came)
            for name, (_, went) in changes.items():
                table = self._tables[name]
                for row in went:
                    connection.execute(table.insert().values(dict(zip(table.c.keys(), row, strict=True))))
            self._unchecked(connection, "on")
        if COUNTING in changes:  # a trigger chose another number for its calendar
            self._kept[COUNTING] = self._read(self._tables[COUNTING])
            self._prints = self._read_prints()
        self._mark = self._written()

    def _delete(self, connection: Connection, table: Table, rows: Iterable[Row]) -> None:
        names = table.c.keys()
        for row in rows:
            key = [column == row[names.index(column.name)] for column in table.primary_key.columns]
            connection.execute(table.delete().where(*key))

    def _unchecked(self, connection: Connection, how: str) -> None:
        """Rows come back in any order: what they refer to may come after them."""
        if self._sqlite:
            connection.execute(text(f"pragma foreign_keys = {how}"))
        else:
            connection.execute(text(f"set session_replication_role = {'replica' if how == 'off' else 'origin'}"))

    def _read(self, table: Table) -> dict[Row, None]:
        return dict.fromkeys(tuple(row) for row in self._connection.execute(table.select()))

    def _read_prints(self) -> dict[str, Any]:
        """Of each table what is another once any of its rows is: on PostgreSQL with one question."""
        if self._sqlite:
            return {name: self._connection.exec_driver_sql(f'select * from "{name}"').fetchall() for name in self._tables}
        prints = (f"(select md5(string_agg(t::text, '|' order by t::text)) from \"{name}\" t)" for name in self._tables)
        row = self._connection.exec_driver_sql(f"select {', '.join(prints)}").one()
        return dict(zip(self._tables, row, strict=True))

    def _written(self) -> Any:
        """Another value once somebody else has written anything."""
        mark = "pragma data_version" if self._sqlite else "select pg_snapshot_xmax(pg_current_snapshot())::text"
        return self._connection.execute(text(mark)).scalar_one()
