"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.desk import basket, call_backs, caller, calls, more, supervisor

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
for part in (calls, caller, basket, more, call_backs, supervisor):
    part.install(blueprint)
