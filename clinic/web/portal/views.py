"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import answers, availability, day, feed, follow_up, start, visit, work

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start, day, visit, follow_up, feed, availability, work, answers):
    part.install(blueprint)
