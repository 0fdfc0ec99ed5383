"""What a message can be answered with by its links. Opening one shows and changes nothing: mail scanners open links, too."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import IllegalMove, NotFound, UnusableToken
from clinic.engine.placing.changing import Who
from clinic.extensions import csrf
from clinic.usecases import messages
from clinic.usecases.messages import Answer
from clinic.web import visitor
from clinic.web.booking.forms import LookupForm
from clinic.web.context import now, session, signing_key
from clinic.web.errors import status_of
from clinic.web.guards import public

Page = str | tuple[str, int] | Response
FROM_MESSAGE = Who("patient", "message")

NOTED: dict[Answer, str] = {
    "confirm": "Thank you. We expect you.",
    "cancel": "Your visit is cancelled. You do not need to come.",
    "change": "",
}


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    for name, page, pressed in (
        ("confirm", confirm_link, confirm_by_link),
        ("change", change_link, change_by_link),
        ("cancel", cancel_link, cancel_by_link),
    ):
        blueprint.get(f"/{name}/<token:token>")(page)
        blueprint.post(f"/{name}/<token:token>")(pressed)
    blueprint.get("/stop/<token:token>")(stop_link)
    # Mail programs press this one by themselves (RFC 8058), and have no form of ours.
    blueprint.post("/stop/<token:token>")(csrf.exempt(stop_reminders))


@public
def confirm_link(token: str) -> Page:
    return render_template("booking/answer.html", token=token, given="confirm")


@public
def change_link(token: str) -> Page:
    return render_template("booking/answer.html", token=token, given="change")


@public
def cancel_link(token: str) -> Page:
    return render_template("booking/answer.html", token=token, given="cancel")


@public
def confirm_by_link(token: str) -> Page:
    return _answered(token, "confirm")


@public
def change_by_link(token: str) -> Page:
    return _answered(token, "change")


@public
def cancel_by_link(token: str) -> Page:
    return _answered(token, "cancel")


def _answered(token: str, given: Answer) -> Page:
    """The button was pressed: the answer is noted, and the visit opens for fifteen minutes."""
    try:
        manage_token = messages.answer(session(), token, given, key=signing_key(), who=FROM_MESSAGE, now=now())
    except (NotFound, UnusableToken, IllegalMove) as refused:
        return render_template("booking/old_link.html", refusal=refused, form=LookupForm(None), wrong={}), status_of(refused)
    visitor.open_key("managing", manage_token, now=now())
    if NOTED[given]:
        flash(NOTED[given])
    return redirect(url_for(".visit", _anchor="new-time" if given == "change" else None), 303)


@public
def stop_link(token: str) -> Page:
    return render_template("booking/answer.html", token=token, given="stop")


@public
def stop_reminders(token: str) -> Page:
    """No more reminders: for a press on the page, and for the button that a mail program shows."""
    try:
        messages.stop(session(), token, key=signing_key(), who=FROM_MESSAGE, now=now())
    except (NotFound, UnusableToken) as refused:
        return render_template("booking/old_link.html", refusal=refused, form=LookupForm(None), wrong={}), status_of(refused)
    if "List-Unsubscribe" in request.form:
        return "", 200
    return render_template("booking/stopped.html")
