"""How the one migration history runs on either database.

SQLite: batch operations rebuild tables, and with foreign keys on, dropping the old copy would delete the rows that point to
it. So foreign keys are off for the run, switched before the transaction begins (inside one the switch does nothing), and
checked before it is committed. PostgreSQL: an advisory lock, so that several servers may start at once.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base
from clinic.store.locks import wait_to_migrate


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """The counters of the rate limits are no model: only PostgreSQL keeps them in this database."""
    return not (kind == "table" and name == "rate_limit")


def next_number(_context: object, _revision: object, directives: list[Any]) -> None:
    """Number the files: 0001, 0002, …; and write none when nothing has changed."""
    script = directives[0]
    if getattr(context.config.cmd_opts, "autogenerate", False) and script.upgrade_ops.is_empty():
        directives[:] = []
        return
    head = context.script.get_current_head()
    script.rev_id = f"{int(head or 0) + 1:04d}"


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Our own column types, with the import that they need."""
    module = type(item).__module__
    if kind == "type" and module.startswith("clinic."):
        autogen.imports.add(f"from {module} import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


def run(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        compare_type=True,
        include_name=include_name,
        render_item=render_item,
        process_revision_directives=next_number,
    )
    with context.begin_transaction():
        if not sqlite:
            wait_to_migrate(connection)
        context.run_migrations()
        if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).all()):
            raise RuntimeError(f"this migration would leave {len(broken)} rows pointing nowhere, the first in {broken[0][0]}")


if context.is_offline_mode():
    raise SystemExit("Migrations look at the database that they change: run them without --sql.")

engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        connection = connection.execution_options(sqlite_begin="IMMEDIATE")
    else:
        connection = connection.execution_options(isolation_level="READ COMMITTED")
    try:
        run(connection)
    finally:
        if connection.dialect.name == "sqlite":
            connection.rollback()
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
