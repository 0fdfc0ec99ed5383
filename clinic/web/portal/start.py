"""The start page: who one is, what one may do, and where."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from clinic.domain.roles import ACTIONS
from clinic.usecases import accounts
from clinic.web import signed_in as who
from clinic.web.context import session
from clinic.web.guards import signed_in
from clinic.web.portal.contents import PAGES
from clinic.web.portal.words import in_words
from clinic.web.role_names import FLAGS, ROLES


def install(blueprint: Blueprint) -> None:
    blueprint.get("/")(start)


@signed_in
def start() -> Any:
    person = who.me()
    reached = {action: found for action in ACTIONS if (found := person.reach(action))}
    return render_template(
        "portal/start.html",
        roles=accounts.my_roles(session(), person),
        names=ROLES,
        flags=FLAGS,
        pages=[page for page in PAGES if page.action in reached and (reached[page.action].locations or not page.at_clinics)],
        allowed=in_words(reached),
    )
