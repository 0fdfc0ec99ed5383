"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.portal import answers, audit, availability, day, feed, follow_up, front_desk, merging, start, visit, walk_in, work

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
for part in (start, day, visit, follow_up, feed, availability, work, answers, front_desk, walk_in, merging, audit):
    part.install(blueprint)
