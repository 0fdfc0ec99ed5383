"""A clinic's day at its front desk, and patients who walk in."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.front_desk import sheet, walk_in


def install(blueprint: Blueprint) -> None:
    """Hang the pages of this part of the room onto it."""
    for part in (sheet, walk_in):
        part.install(blueprint)
