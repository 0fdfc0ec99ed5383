"""What a browser's session remembers of its visitor: the last search, and the keys to visits it may look at.

The cookie is signed, not secret, so no name goes into it, and answers to the care pathway only sealed. A visit is forgotten
thirty minutes after it was last looked at, and fifteen after a link opened it: the next person at the same computer sees
nothing.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from flask import Flask
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from clinic.adapters.sealing import Sealer, WrongKey

BOOKED_FOR = timedelta(minutes=30)
OPENED_FOR = timedelta(minutes=15)
PATHWAY_FOR = timedelta(minutes=30)
MOST_VISITS = 5

Opened = Literal["managing", "offer", "waiting"]


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, except that one signer serves all requests, and what is in the cookie is plain JSON."""

    _signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signer is None:
            how = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
            self._signer = URLSafeTimedSerializer(app.secret_key or "", salt=self.salt, signer_kwargs=how)
        return self._signer


def remember_search(sought: dict[str, str]) -> None:
    """The query of the last results page: a ZIP code, a city or coarse coordinates, and a service."""
    cookie["sought"] = sought


def last_search() -> dict[str, Any]:
    """The arguments of the results page to go back to; empty when there was none."""
    found: dict[str, Any] = cookie.get("sought", {})
    return found


def remember_typing(hold_token: str) -> None:
    """Answers were typed here for that held time: this session may read them again, and no other that has its address."""
    cookie["typed"] = [*(other for other in typed_for() if other != hold_token), hold_token][-MOST_VISITS:]


def typed_for() -> list[str]:
    """The held times for which this session typed answers, the last one last."""
    return list(cookie.get("typed", []))


def remember_booked(reference: str, manage_token: str, *, now: datetime) -> None:
    """This session booked the visit, or looks at it again: it may for another thirty minutes."""
    visits: dict[str, Any] = {key: value for key, value in cookie.get("visits", {}).items() if key != reference}
    visits[reference] = [manage_token, int((now + BOOKED_FOR).timestamp())]
    cookie["visits"] = dict(list(visits.items())[-MOST_VISITS:])


def booked_here(reference: str, *, now: datetime) -> str | None:
    """The manage token of a visit that this session booked; None once it may not look any more."""
    return _booked(now).get(reference)


def booked_last(*, now: datetime) -> str | None:
    """The manage token of the visit that this session booked or looked at last, while it may look."""
    return next(reversed(_booked(now).values()), None)


def booked_from(hold_token: str, *, now: datetime) -> str | None:
    """The reference of the visit that this session made of the hold. Both tokens begin with the appointment's number."""
    made = (reference for reference, token in _booked(now).items() if _number(token) == _number(hold_token))
    return next(made, None)


def _booked(now: datetime) -> dict[str, str]:
    """Reference and manage token of the visits that this session may look at, in the order in which it did."""
    return {reference: token for reference, (token, until) in cookie.get("visits", {}).items() if until > now.timestamp()}


def open_key(name: Opened, token: str, *, now: datetime) -> None:
    """A link was opened, to a visit, an offer or what somebody waits for: it may be seen and changed for fifteen minutes."""
    cookie[name] = [token, int((now + OPENED_FOR).timestamp())]


def opened_key(name: Opened, *, now: datetime) -> str | None:
    """What `open_key` opened, while it is open."""
    token, until = cookie.get(name, ("", 0))
    return token if until > now.timestamp() else None


def leave_note(name: str, text: str) -> None:
    """Something that the next page says, once."""
    cookie["notes"] = {**cookie.get("notes", {}), name: text}


def take_note(name: str) -> str | None:
    """What was left under that name, once."""
    notes: dict[str, str] = dict(cookie.get("notes", {}))
    if name not in notes:
        return None
    text = notes.pop(name)
    cookie["notes"] = notes
    return text


def keep_pathway(version: int, answers: dict[str, list[str]], *, sealer: Sealer, now: datetime) -> None:
    """Answers to the care pathway, sealed: the browser carries them and cannot read them; we keep nothing."""
    told = json.dumps({"version": version, "answers": answers, "until": int((now + PATHWAY_FOR).timestamp())})
    cookie["pathway"] = sealer.seal(told)


def pathway_answers(version: int, *, sealer: Sealer, now: datetime) -> dict[str, list[str]] | None:
    """The answers so far; empty when there are none, None when they are of another version, too old or not ours."""
    kept = cookie.get("pathway")
    if kept is None:
        return {}
    try:
        told = json.loads(sealer.open(kept))
    except (WrongKey, ValueError):
        return None
    answers: dict[str, list[str]] = told["answers"]
    return answers if told["version"] == version and told["until"] > now.timestamp() else None


def forget_pathway() -> None:
    cookie.pop("pathway", None)


def forget() -> None:
    """Everything above: somebody is done at a computer that others use."""
    for name in ("sought", "typed", "visits", *get_args(Opened), "notes", "pathway"):
        cookie.pop(name, None)


def _number(token: str) -> str:
    """The appointment's number, with which its tokens begin."""
    return token.partition("-")[0]


def install(app: Flask) -> None:
    app.session_interface = Sessions()
