"""These pages, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.availability import asking, deciding, week


def install(blueprint: Blueprint) -> None:
    for part in (week, asking, deciding):
        part.install(blueprint)
