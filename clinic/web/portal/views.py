"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import audit, day, front_desk, hours, records, start, work

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start, day, hours, work, front_desk, records, audit):
    part.install(blueprint)
