"""Two records of one patient, compared and made one."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.records import merging


def install(blueprint: Blueprint) -> None:
    """Hang the pages of this part of the room onto it."""
    merging.install(blueprint)
