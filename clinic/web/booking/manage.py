"""The visit behind a manage link. Opening the link shows and changes nothing: mail scanners open links, too."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.appointment import is_late
from clinic.domain.errors import IllegalMove
from clinic.engine.place import Who
from clinic.usecases import booking
from clinic.web import visitor
from clinic.web.context import now, session, signing_key
from clinic.web.guards import public

Page = str | tuple[str, int] | Response
PATIENT = Who("patient", "web")

REASONS = {
    "better": "The pain is better",
    "time": "The time no longer suits",
    "place": "I have found care elsewhere",
    "cost": "Cost or insurance",
    "other": "Something else",
}


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/manage/<token:token>")(manage)
    blueprint.post("/manage/<token:token>")(open_visit)
    blueprint.get("/visit")(visit)
    blueprint.post("/visit/cancel")(cancel)


@public
def manage(token: str) -> Page:
    return render_template("booking/manage.html", token=token)


@public
def open_visit(token: str) -> Page:
    """The button was pressed: the key goes into the session for fifteen minutes, and out of the address."""
    booking.get_visit(session(), token, key=signing_key(), now=now())
    visitor.open_visit(token, now=now())
    return redirect(url_for(".visit"), 303)


@public
def visit() -> Page:
    moment = now()
    token = visitor.opened_visit(now=moment)
    if token is None:
        return render_template("booking/closed.html")
    return _show(booking.get_visit(session(), token, key=signing_key(), now=now()))


@public
def cancel() -> Page:
    token = visitor.opened_visit(now=now())
    if token is None:
        return render_template("booking/closed.html")
    reason = request.form.get("reason", "")
    try:
        booking.cancel(session(), token, reason if reason in REASONS else None, key=signing_key(), who=PATIENT, now=now())
    except IllegalMove as refused:
        return _show(booking.get_visit(session(), token, key=signing_key(), now=now()), refused), 409
    return redirect(url_for(".visit"), 303)


def _show(made: booking.Booked, refused: IllegalMove | None = None) -> str:
    moment, summary = now(), made.summary
    return render_template(
        "booking/visit.html", visit=summary, reasons=REASONS, refusal=refused, begun=summary.start <= moment,
        late=is_late(summary.start, moment, summary.cancel_window_hours),
    )  # fmt: skip
