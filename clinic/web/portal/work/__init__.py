"""The work list, and a task."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.work import views


def install(blueprint: Blueprint) -> None:
    """Hang the pages of this part of the room onto it."""
    views.install(blueprint)
