"""One page a state, so that a part may have the same ids as on the real pages."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from clinic.web.context import now
from clinic.web.guards import public
from clinic.web.styleguide.samples import STATES, samples

blueprint = Blueprint("styleguide", __name__)


@blueprint.get("/styleguide")
@public
def index() -> str:
    return _page("usual")


@blueprint.get("/styleguide/<slug:state>")
@public
def in_state(state: str) -> str:
    if state not in STATES or state == "usual":
        raise NotFound
    return _page(state)


def _page(state: str) -> str:
    return render_template("styleguide/index.html", states=STATES, state=state, **samples(state, now=now()))
