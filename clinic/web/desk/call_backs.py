"""Whoever waits for our call: what is due first, taken, called, put off, done. Times are those of whoever waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput
from clinic.usecases import desk
from clinic.web.context import now, session
from clinic.web.desk.call_back_time import read_due
from clinic.web.errors import status_of
from clinic.web.fields import read_number
from clinic.web.filters import clock_time_and_zone, short_day
from clinic.web.guards import needs
from clinic.web.signed_in import me

SOON = {"30": "In 30 minutes", "120": "In 2 hours", "1440": "Tomorrow at this hour"}
"""How long it is put off by one press, by minutes."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/call-backs")(call_backs)
    blueprint.get("/call-backs/<int:number>")(waiting_caller)
    blueprint.post("/call-backs/<int:number>/take")(take_call_back)
    blueprint.post("/call-backs/<int:number>/call")(call_now)
    blueprint.post("/call-backs/<int:number>/put-off")(put_off)
    blueprint.post("/call-backs/<int:number>/done")(called)


def oversees() -> bool:
    return me().reach("see-calls").everywhere


@needs("answer-calls")
def call_backs() -> Any:
    return _list()


def _list(refusal: DomainError | None = None) -> Any:
    every = request.args.get("whose") == "all" and oversees()
    found = desk.list_call_backs(session(), me(), everybody=every, now=now())
    page = render_template(
        "desk/call_backs.html", waiting=found, every=every, oversees=oversees(), now=now(), refusal=refusal
    )  # fmt: skip
    return (page, status_of(refusal)) if refusal else page


@needs("answer-calls")
def waiting_caller(number: int) -> Any:
    return _show(number)


def _show(number: int, *, wrong: Mapping[str, str] | None = None, refusal: DomainError | None = None) -> Any:
    """One who waits. The number stands there once a call to them has begun."""
    one = desk.read_call_back(session(), me(), number, now=now())
    dial = desk.call_back_number(session(), me(), number, now=now()) if one.calling else None
    page = render_template(
        "desk/call_backs_one.html", one=one, dial=dial, wrong=wrong or {}, refusal=refusal, soon=SOON, now=now(),
        typed=request.form if wrong else {},
    )  # fmt: skip
    failed = refusal or (InvalidInput(dict(wrong)) if wrong else None)
    return (page, status_of(failed)) if failed else page


@needs("answer-calls")
def take_call_back(number: int) -> Any:
    try:
        desk.take_call_back(session(), me(), number, holder_id=read_number(request.form.get("holder")), now=now())
    except IllegalMove as refused:
        return _show(number, refusal=refused)
    flash("You make this call.")
    return redirect(url_for(".waiting_caller", number=number), 303)


@needs("answer-calls")
def call_now(number: int) -> Any:
    """A call begins; the page that comes has the number to dial."""
    try:
        desk.begin_call_back(session(), me(), number, now=now())
    except IllegalMove as refused:
        return _show(number, refusal=refused)
    return redirect(url_for(".waiting_caller", number=number), 303)


@needs("answer-calls")
def put_off(number: int) -> Any:
    """By a press, or to a day and a time that is typed. A call that was begun is to be ended next."""
    one = desk.read_call_back(session(), me(), number, now=now())
    try:
        soon = request.form.get("in", "")
        due = now() + timedelta(minutes=int(soon)) if soon in SOON else read_due(request.form, one.time_zone, now=now())
        desk.put_off_call_back(session(), me(), number, due, now=now())
    except InvalidInput as refused:
        return _show(number, wrong={("time" if name == "due_at" else name): text for name, text in refused.fields.items()})
    flash(f"We call {short_day(due, one.time_zone).lower()} at {clock_time_and_zone(due, one.time_zone)}.")
    if one.calling:
        return redirect(url_for(".call", number=one.calling), 303)
    return redirect(url_for(".call_backs"), 303)


@needs("answer-calls")
def called(number: int) -> Any:
    desk.finish_call_back(session(), me(), number, now=now())
    flash("Done: nobody waits for this call any more.")
    return redirect(url_for(".call_backs"), 303)
