"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.desk import basket, caller, calls, more

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
for part in (calls, caller, basket, more):
    part.install(blueprint)
