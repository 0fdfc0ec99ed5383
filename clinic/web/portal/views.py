"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import answers, availability, start, work

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start, availability, work, answers):
    part.install(blueprint)
