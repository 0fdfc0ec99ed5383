"""The staff's room: a start page that says who one is, and what one may do. Pages hang themselves onto `blueprint`.

A page that the start page should lead to adds a row to `PAGES`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, render_template

from clinic.domain.roles import ACTIONS
from clinic.usecases import accounts
from clinic.web import signed_in as who
from clinic.web.context import session
from clinic.web.guards import signed_in
from clinic.web.portal.words import in_words
from clinic.web.role_names import FLAGS, ROLES

__all__ = ["PAGES", "Page", "blueprint"]

blueprint = Blueprint("portal", __name__, url_prefix="/portal")


class Page(NamedTuple):
    """A page of the portal: the action that its guard asks for, its endpoint, its name, and a sentence on what it is for."""

    action: str
    endpoint: str
    name: str
    sentence: str


PAGES: list[Page] = []
"""What the start page leads to, in this order; each is shown to whoever may open it."""


@blueprint.get("/")
@signed_in
def start() -> Any:
    person = who.me()
    reached = {action: found for action in ACTIONS if (found := person.reach(action))}
    return render_template(
        "portal/start.html",
        roles=accounts.my_roles(session(), person),
        names=ROLES,
        flags=FLAGS,
        pages=[page for page in PAGES if page.action in reached],
        allowed=in_words(reached),
    )
