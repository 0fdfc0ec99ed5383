"""These pages, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal.hours import form_views, preview, week


def install(blueprint: Blueprint) -> None:
    for part in (week, form_views, preview):
        part.install(blueprint)
