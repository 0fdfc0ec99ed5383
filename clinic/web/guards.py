"""Who may call a view, said on the view itself, where a test can see it.

Every route carries a guard; tests/architecture refuses one that does not. Guards of the staff's rooms stand here too,
once there are sign-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Any, TypeVar

from flask import Response, abort, request

from clinic.web.context import settings

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


def guard_of(view: Callable[..., Any]) -> str | None:
    """The name of the guard on a view function, or on the class behind it; None when there is none."""
    guard: str | None = getattr(view, MARK, None) or getattr(getattr(view, "view_class", None), MARK, None)
    return guard
