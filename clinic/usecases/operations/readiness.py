"""Whether this process can serve: its database answers and has the tables that this code expects."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session


def missing(session: Session, *, migrations: Path) -> str:
    """What stands in the way of serving, as a short sentence; empty when nothing does. `migrations` is their folder."""
    try:
        session.execute(text("SELECT 1"))
    except (DBAPIError, PoolTimeout):
        session.rollback()
        return "the database cannot be reached"
    try:
        found = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except DBAPIError:
        found = None
    session.rollback()
    return "" if found == _head(migrations) else "the database's tables are not those of this version: run flask db upgrade"


@lru_cache(maxsize=4)
def _head(migrations: Path) -> str | None:
    return ScriptDirectory(str(migrations)).get_current_head()
