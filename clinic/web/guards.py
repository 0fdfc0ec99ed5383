"""Who may call a view, said on the view itself, where a test can see it.

Every route carries a guard; tests/architecture refuses one that does not. `@needs("see-visit")` asks the roles' table
(clinic/domain/people/roles.py): 403 where it says no. How far the yes goes is for the view to hand to its use case: `reach()`. An
object beyond it is not found.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any, TypeVar

from flask import Response, abort, g, redirect, render_template, request, url_for

from clinic.domain.people.roles import ACTIONS, Reach, Viewer
from clinic.extensions import login
from clinic.web import signed_in as who
from clinic.web.context import settings

log = logging.getLogger("clinic.guards")

View = TypeVar("View", bound=Callable[..., Any])

MARK = "__guard__"


def public(view: View) -> View:
    """Anybody may call this view (a function, or a MethodView class)."""
    setattr(view, MARK, "public")
    return view


def operator(view: View) -> View:
    """Whoever watches the installation, by the token in CLINIC_METRICS_TOKEN. Without one set: anybody in a demo, else nobody."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        token = settings().metrics_token
        if not token and not settings().demo:
            abort(404)
        said = request.authorization
        given = (said.token or "") if said is not None and said.type == "bearer" else ""
        if token and not compare_digest(token.encode(), given.encode()):
            return Response("Send the operator's token as a Bearer token.\n", 401, {"WWW-Authenticate": "Bearer"}, "text/plain")
        return view(*args, **kwargs)

    setattr(checked, MARK, "operator")
    return checked  # type: ignore[return-value]


def halfway(view: View) -> View:
    """Whoever gave a password, whether or not they gave the second step."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if who.person() else login.unauthorized()

    setattr(checked, MARK, "halfway")
    return checked  # type: ignore[return-value]


def signed_in(view: View) -> View:
    """Anybody on the staff who is signed in, with both steps."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return _turned_away() or view(*args, **kwargs)

    setattr(checked, MARK, "signed-in")
    return checked  # type: ignore[return-value]


def needs(action: str) -> Callable[[View], View]:
    """Whoever may do `action`, a row of the roles' table, at least somewhere. KeyError for one that has no row."""
    if action not in ACTIONS:
        raise KeyError(action)

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            elsewhere = _turned_away()
            if elsewhere is not None:
                return elsewhere
            allowed = who.me().reach(action)
            if not allowed:
                log.warning("refused", extra={"action": action, "account": who.me().account_id})
                abort(Response(render_template("errors/glass.html"), 403) if allowed.needs_glass else 403)
            g.reach = allowed
            return view(*args, **kwargs)

        setattr(checked, MARK, f"needs:{action}")
        return checked  # type: ignore[return-value]

    return decorate


def reach() -> Reach:
    """How far whoever asks may do what the guard of this view names."""
    allowed: Reach = g.reach
    return allowed


def viewer() -> Viewer:
    """Whoever asks, with how far the guard of this view lets them see."""
    return Viewer(reach(), who.me().specialist_id)


def _turned_away() -> Any:
    """Where to go first: to sign in, or on with the second step. None for whoever is signed in."""
    person = who.person()
    if person is None:
        return login.unauthorized()
    if person.stage != "in":
        return redirect(url_for(f"account.{person.stage}"), 303)
    return None


def guard_of(view: Callable[..., Any]) -> str | None:
    """The name of the guard on a view function, or on the class behind it; None when there is none."""
    guard: str | None = getattr(view, MARK, None) or getattr(getattr(view, "view_class", None), MARK, None)
    return guard
