"""One table from every refusal to an answer: a page, or under /api a problem+json.

A room may register its own handler for a refusal that it can answer better, such as a time taken meanwhile.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from clinic.domain import errors as refusals
from clinic.domain.errors import DomainError
from clinic.web.context import parts
from clinic.web.problems import problem

log = logging.getLogger("clinic.errors")

# The status and the heading of each refusal. The nearest class counts, so a subclass needs a row only if it differs.
DOMAIN: dict[type[DomainError], tuple[int, str]] = {
    DomainError: (422, "That did not work"),
    refusals.InvalidInput: (422, "Please check what you typed"),
    refusals.UnusableToken: (422, "That link is not complete"),
    refusals.PlaceUnknown: (422, "We could not find that place"),
    refusals.NotFound: (404, "We could not find that"),
    refusals.TimeRefused: (409, "That time cannot be booked"),
    refusals.PatientClash: (409, "You may already have a visit then"),
    refusals.Undecided: (409, "Please decide on these visits"),
    refusals.ChangedMeanwhile: (409, "These hours have changed"),
    refusals.IllegalMove: (409, "That cannot be done now"),
    refusals.KeyReused: (422, "That request was used before"),
    refusals.LimitReached: (429, "Please wait a little"),
    refusals.Busy: (503, "One moment, please"),
}

# The heading and the sentence of what HTTP itself refuses.
HTTP: dict[int, tuple[str, str]] = {
    400: ("We could not read that", "Your browser sent something that we could not read. Please go back and try again."),
    403: ("You may not open this page", "If you think that you should, please call us."),
    404: ("Page not found", "There is no page at this address. If you typed it, please check it."),
    405: ("That cannot be done here", "Please go back and use the buttons on the page."),
    413: ("That is too much to send", "Please shorten what you wrote and try again."),
    415: ("We could not read that", "Send JSON, with Content-Type: application/json."),
    429: ("Please wait a little", "That was a lot in a short while. Please try again in a minute."),
}
# What a program is told instead, where the sentence above speaks of pages.
API: dict[int, str] = {
    404: "There is nothing at this address. The API is described at /api/v1/openapi.json.",
    405: "This address does not take that method. The Allow header names those that it takes.",
    413: "That is too much to send. Please shorten it.",
}
CSRF_EXPIRED = (
    "This page was open for a long time",
    "For your safety it stopped working. Please go back, reload the page and try again.",
)
OUTAGE = ("We cannot reach our calendar right now", "Nothing was booked or changed. Please try again in a minute, or call us.")
FAILURE = ("Something went wrong on our side", "We have been told. Please try again, or call us.")
RETRY_AFTER_SECONDS = 10


def install(app: Flask, *, unavailable: Sequence[type[Exception]]) -> None:
    """Register the table. `unavailable` are the exceptions that mean that the database cannot be reached."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> Response:
        status, heading = _row(error)
        seconds = getattr(error, "retry_after", None)
        headers = {"Retry-After": str(seconds)} if seconds else {}
        return answer(
            status, heading, error.message, headers=headers, kind=_kebab(type(error)), errors=getattr(error, "fields", None)
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:  # abort(response): somebody has answered already
            return error.response  # type: ignore[return-value]
        status = error.code or 500
        if isinstance(error, CSRFError):
            heading, sentence = CSRF_EXPIRED
        else:
            heading, sentence = HTTP.get(status) or (_phrase(status), "Please go back and try again, or call us.")
        if wants_problem():
            sentence = API.get(status, sentence)
        headers = {name: value for name, value in error.get_headers() if name.lower() in {"allow", "retry-after", "location"}}
        if isinstance(error, SecurityError):  # an unknown host name: no link can be built
            return outage_page(status, heading, sentence)
        return answer(status, heading, sentence, headers=headers, errors=_field_errors(error))

    @app.errorhandler(InternalServerError)
    def failed(_error: InternalServerError) -> Response:
        return _problem_or_outage(500, *FAILURE, {})

    def cannot_reach(error: Exception) -> Response:
        log.warning("database unavailable", extra={"error": type(error).__name__})
        return _problem_or_outage(503, *OUTAGE, {"Retry-After": str(RETRY_AFTER_SECONDS)})

    for exception in unavailable:
        app.register_error_handler(exception, cannot_reach)


def status_of(error: DomainError) -> int:
    """The status of a refusal, for a view that answers it with a page of its own."""
    return _row(error)[0]


def _row(error: DomainError) -> tuple[int, str]:
    return DOMAIN[next(cls for cls in type(error).__mro__ if cls in DOMAIN)]


def wants_problem() -> bool:
    """Whether the caller is a program: everything under /api."""
    return request.path == "/api" or request.path.startswith("/api/")


def answer(
    status: int,
    heading: str,
    sentence: str,
    *,
    headers: Mapping[str, str] | None = None,
    kind: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    """A refusal as the page or the problem that this caller can read."""
    if wants_problem():
        return problem(status, sentence, kind=kind, errors=errors, headers=headers)
    if status >= 500:
        return outage_page(status, heading, sentence, headers)
    seconds = (headers or {}).get("Retry-After", "")
    wait = int(seconds) if seconds.isdecimal() else 0
    page = render_template(
        "errors/refusal.html", status=status, heading=heading, sentence=sentence, errors=errors or {}, wait=wait
    )
    return Response(page, status, headers=dict(headers or {}), content_type="text/html; charset=utf-8")


def outage_page(status: int, heading: str, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page that needs no database, no session, no route and no other template; if even it fails, one line of text."""
    try:
        page = current_app.jinja_env.get_template("errors/outage.html").render(heading=heading, sentence=sentence)
        content_type = "text/html; charset=utf-8"
    except Exception:
        log.exception("the outage page failed")
        page, content_type = f"{heading}. {sentence}", "text/plain; charset=utf-8"
    return Response(page, status, headers=dict(headers or {}), content_type=content_type)


def _problem_or_outage(status: int, heading: str, sentence: str, headers: Mapping[str, str]) -> Response:
    if wants_problem():
        phone = parts().settings.phone
        return problem(status, sentence, kind="unavailable" if status == 503 else "", headers=headers, phone=phone)
    return outage_page(status, heading, sentence, headers)


def _field_errors(error: HTTPException) -> dict[str, str] | None:
    """What webargs found wrong with the shape of a request, flattened to a sentence a field."""
    messages: Any = (getattr(error, "data", None) or {}).get("messages")
    if not isinstance(messages, Mapping):
        return None
    found: dict[str, str] = {}

    def walk(path: str, node: Any) -> None:
        if isinstance(node, Mapping):
            for key, inner in node.items():
                walk(f"{path}.{key}" if path else str(key), inner)
        else:
            found[path] = " ".join(map(str, node)) if isinstance(node, list) else str(node)

    for inner in messages.values():  # one entry for each place: json, query, headers
        walk("", inner)
    return found


def _kebab(kind: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "That did not work"
