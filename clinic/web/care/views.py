"""The services: a paragraph, what can be booked, and the soonest near you."""

from __future__ import annotations

from flask import Blueprint, render_template

from clinic.usecases import directory
from clinic.web.context import session
from clinic.web.guards import public

blueprint = Blueprint("care", __name__)


@blueprint.get("/services")
@public
def services() -> str:
    return render_template("care/services.html", services=directory.services(session()))


@blueprint.get("/services/<slug:slug>")
@public
def service(slug: str) -> str:
    return render_template("care/service.html", service=directory.get_service(session(), slug))
