"""Searches as counts by ZIP and service: demand, and nothing about who asked."""

from __future__ import annotations

from sqlalchemy import Integer, String, bindparam, text
from sqlalchemy.orm import Session

# A patient need not wait for the disk: what a crash loses is a few counts.
_ROW = {
    "sqlite": "values (:postal_code, :service, :found, :not_found)",
    "postgresql": "select :postal_code, :service, :found, :not_found"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried",
}
_COUNT = {
    dialect: text(
        f"insert into search_count (postal_code, service, found, not_found) {row} on conflict (postal_code, service) do update"
        " set found = search_count.found + excluded.found, not_found = search_count.not_found + excluded.not_found"
    ).bindparams(
        *(bindparam(name, type_=String) for name in ("postal_code", "service")),
        *(bindparam(name, type_=Integer) for name in ("found", "not_found")),
    )
    for dialect, row in _ROW.items()
}


def count_search(session: Session, postal_code: str, service: str, *, found: bool) -> None:
    """Add one to what was found, or not found, for `service` near `postal_code`. Not together with what must last."""
    row = {"postal_code": postal_code, "service": service, "found": int(found), "not_found": int(not found)}
    session.connection().execute(_COUNT[session.get_bind().dialect.name], row)
