"""A specialist's day: the list, a visit, its answers, what follows, the private calendar."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.day import answers, feed, follow_up, sheet, visit


def install(blueprint: Blueprint) -> None:
    """Hang the pages of this part of the room onto it."""
    for part in (sheet, visit, follow_up, feed, answers):
        part.install(blueprint)
