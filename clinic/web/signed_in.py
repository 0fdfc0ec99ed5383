"""Who on the staff is asking: known by a cookie of their own, beside the patients', and looked up at every request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, current_app, g, request
from flask_login import UserMixin, current_user

from clinic.extensions import login
from clinic.usecases import accounts
from clinic.usecases.accounts import Locks, Person, Seen
from clinic.web.context import now, session, settings

DEMO_CODE = "246810"
"""The second step of everybody in a demo, and nowhere else."""
WARN_BEFORE = timedelta(minutes=2)


class User(UserMixin):
    """A person as Flask-Login wants them. Their id is what the cookie holds: a session, not a name."""

    def __init__(self, person: Person, token: str) -> None:
        self.person, self._token = person, token

    def get_id(self) -> str:
        return self._token


def cookie_name() -> str:
    return "__Host-staff" if settings().https else "staff"


def seen() -> Seen:
    """What the cookie of this request stands for; looked up once."""
    if "staff_seen" not in g:
        g.staff_seen = accounts.look(session(), _token(), now=now())
    found: Seen = g.staff_seen
    return found


def _token() -> str:
    return str(g.get("staff_token") or request.cookies.get(cookie_name(), ""))


def enter(token: str) -> None:
    """From here on this request is that session's, so that the page it ends in is."""
    for name in ("staff_seen", "_login_user"):
        g.pop(name, None)
    g.staff_token = token


def person() -> Person | None:
    """Who is signed in, or half of the way; None for everybody else."""
    return current_user.person if current_user.is_authenticated else None


def me() -> Person:
    """Whoever is signed in: behind a guard there is somebody."""
    found = person()
    assert found is not None
    return found


def may(action: str) -> bool:
    """Whether whoever is signed in may do it, however far."""
    found = person()
    return bool(found and found.reach(action))


def locks() -> Locks:
    """What it takes to check who somebody is."""
    bound: Locks = current_app.extensions["clinic.locks"]
    return bound


def remember(response: Any, token: str) -> Response:
    """The browser is signed in from now on: until it is closed, or the session ends."""
    made: Response = current_app.make_response(response)
    made.set_cookie(cookie_name(), token, secure=settings().https, httponly=True, samesite="Lax", path="/")
    return made


def forget(response: Any) -> Response:
    made: Response = current_app.make_response(response)
    made.delete_cookie(cookie_name(), secure=settings().https, httponly=True, samesite="Lax", path="/")
    return made


def seconds_left() -> int:
    """Until the session ends if nothing more is asked for."""
    return max(0, int((me().until - now()).total_seconds()))


def install(app: Flask) -> None:
    @login.request_loader  # type: ignore[untyped-decorator]
    def load(_request: Request) -> User | None:
        found = seen().person
        return User(found, _token()) if found else None

    app.jinja_env.globals.update(
        me=me, may=may, seconds_left=seconds_left, warn_seconds=int(WARN_BEFORE.total_seconds()), demo_code=DEMO_CODE
    )  # fmt: skip
