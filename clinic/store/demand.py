"""Searches as counts by ZIP and service: demand, and nothing about who asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base


class SearchCount(Base):
    __tablename__ = "search_count"
    postal_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    found: Mapped[int] = mapped_column(default=0)
    not_found: Mapped[int] = mapped_column(default=0)


def count_search(session: Session, postal_code: str, service: str, *, found: bool) -> None:
    """Add one to what was found, or not found, for `service` near `postal_code`."""
    dialect = session.get_bind().dialect.name
    insert: Any = (postgresql if dialect == "postgresql" else sqlite).insert
    row = {"postal_code": postal_code, "service": service, "found": int(found), "not_found": int(not found)}
    column = "found" if found else "not_found"
    session.execute(
        insert(SearchCount)
        .values(row)
        .on_conflict_do_update(index_elements=["postal_code", "service"], set_={column: getattr(SearchCount, column) + 1})
    )
