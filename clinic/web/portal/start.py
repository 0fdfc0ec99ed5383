"""The start page: who one is, what one may do, and where."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for

from clinic.domain.people.roles import ACTIONS
from clinic.usecases import accounts
from clinic.web import signed_in as who
from clinic.web.context import session
from clinic.web.guards import signed_in
from clinic.web.portal.contents import pages_for
from clinic.web.portal.words import in_words
from clinic.web.role_names import FLAGS, ROLES


def install(blueprint: Blueprint) -> None:
    blueprint.get("/")(start)
    blueprint.record(lambda state: state.app.jinja_env.globals.update(daily_pages=_daily))


def _daily() -> list[tuple[str, str]]:
    """(address, name) of what is one press away on every page."""
    return [(url_for(page.endpoint), page.name) for page in pages_for(who.me()) if page.daily]


@signed_in
def start() -> Any:
    person = who.me()
    reached = {action: found for action in ACTIONS if (found := person.reach(action))}
    return render_template(
        "portal/start.html",
        roles=accounts.my_roles(session(), person),
        names=ROLES,
        flags=FLAGS,
        pages=pages_for(person),
        allowed=in_words(reached),
    )
