"""The audit log as the staff read it."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.audit import views


def install(blueprint: Blueprint) -> None:
    """Hang the pages of this part of the room onto it."""
    views.install(blueprint)
