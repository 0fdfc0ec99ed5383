"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.desk import call_backs, caller, calls, holds, other_outcomes, supervisor

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
for part in (calls, caller, holds, other_outcomes, call_backs, supervisor):
    part.install(blueprint)
