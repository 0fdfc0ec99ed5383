"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import availability, start

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start, availability):
    part.install(blueprint)
