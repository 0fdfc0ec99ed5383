"""For load balancers and whoever watches: is it alive, and can it serve?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from clinic.config import ROOT
from clinic.usecases.operations import readiness
from clinic.web.context import session
from clinic.web.guards import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """200 while the process answers; asks nobody else."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """200 when the database is reachable and its migrations are at head; otherwise 503 with the reason."""
    reason = readiness.missing(session(), migrations=ROOT / "migrations")
    return (jsonify(status="not ready", reason=reason), 503) if reason else (jsonify(status="ready"), 200)
