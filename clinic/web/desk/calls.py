"""Calls: begun, noted, promised to be called back, ended."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import IllegalMove, NotFound
from clinic.usecases import booking, desk
from clinic.usecases.desk import Ending
from clinic.web.context import now, session, signing_key
from clinic.web.desk import words
from clinic.web.desk.screen import back, looked_for, on, on_screen, show
from clinic.web.fields import tidy
from clinic.web.guards import needs
from clinic.web.signed_in import me


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/")(start)
    blueprint.post("/calls")(begin)
    blueprint.get("/calls/<int:number>")(call)
    blueprint.post("/calls/<int:number>/who")(say_who)
    blueprint.post("/calls/<int:number>/note")(note)
    blueprint.post("/calls/<int:number>/end")(end)


@needs("answer-calls")
def start() -> Any:
    """A new call, the calls under way, and whom to call back."""
    moment = now()
    return render_template(
        "desk/start.html", calls=desk.open_calls(session(), me(), now=moment), words=words, now=moment,
        call_backs=desk.list_call_backs(session(), me(), now=moment),
    )  # fmt: skip


@needs("answer-calls")
def begin() -> Any:
    number = desk.begin_call(session(), me(), now=now())
    return redirect(url_for(".call", number=number), 303)


@needs("answer-calls")
def call(number: int) -> Any:
    return show(number)


@needs("answer-calls")
@on_screen("who")
def say_who(number: int) -> Any:
    relation = request.form.get("relation", "")
    desk.say_who_calls(session(), me(), number, relation, speaks_for="speaks_for" in request.form, now=now())
    return back(number)


@needs("answer-calls")
@on_screen("note")
def note(number: int) -> Any:
    lines = request.form.get("note", "").splitlines()
    desk.keep_note(session(), me(), number, "\n".join(map(tidy, lines)), now=now())
    flash("The note is kept with this call.")
    return back(number)


@needs("answer-calls")
@on_screen("end")
def end(number: int) -> Any:
    sought = looked_for()
    near = sought.get("near", "")[:5]
    ending = Ending(
        request.form.get("outcome", ""), request.form.get("why", ""), sought.get("kind", "").partition("/")[0],
        near if near.isascii() and near.isdecimal() and len(near) == 5 else "",
    )  # fmt: skip
    held = desk.holds_of_call(session(), on(number), now=now())
    desk.end_call(session(), me(), number, ending, now=now())
    for one in held:  # nobody waits for these any more
        with suppress(IllegalMove, NotFound):
            booking.release(session(), one.token, key=signing_key(), who=on(number).who, now=now())
    flash(f"Call {number} is over: {words.OUTCOMES.get(ending.outcome, '').lower()}.")
    return redirect(url_for(".start"), 303)
