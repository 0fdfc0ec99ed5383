"""The room, put together."""

from __future__ import annotations

from flask import Blueprint

from clinic.web.account import mine, people, resuming, set_up, signing_in

blueprint = Blueprint("account", __name__, url_prefix="/account")
for part in (signing_in, set_up, mine, people):
    part.install(blueprint)
resuming.install(blueprint)
