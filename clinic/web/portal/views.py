"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import start

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start,):
    part.install(blueprint)
