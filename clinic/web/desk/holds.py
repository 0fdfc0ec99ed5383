"""What a call holds and books: one press holds, one books, one gives back. A time taken meanwhile leaves the next best here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request

from clinic.domain.errors import InvalidInput, TimeRefused, UnusableToken
from clinic.domain.people.patient import GuardianDetails
from clinic.usecases import desk
from clinic.usecases.desk import ForCaller
from clinic.web.context import now, session
from clinic.web.desk.screen import back, on, on_screen, show
from clinic.web.errors import status_of
from clinic.web.fields import once_for, read_number, tidy
from clinic.web.guards import needs


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.post("/calls/<int:number>/hold")(hold)
    blueprint.post("/calls/<int:number>/keep")(keep)
    blueprint.post("/calls/<int:number>/release")(release)
    blueprint.post("/calls/<int:number>/book")(book)
    blueprint.post("/calls/<int:number>/move")(move)
    blueprint.post("/calls/<int:number>/cancel")(cancel)


def once(number: int, what: str, *about: str) -> Any:
    """What makes a form count once, however often the network sends it."""
    return once_for(f"desk-{what}", " ".join(about), [number, *about])


@needs("answer-calls")
@on_screen("basket")
def hold(number: int) -> Any:
    """Nobody else is offered the time from now on."""
    opening = request.form.get("opening", "")
    try:
        held = desk.hold_for_call(session(), on(number), opening, now=now(), once=once(number, "hold", opening))
    except (TimeRefused, UnusableToken) as refused:
        return instead(number, refused)
    return back(number, f"act-{held.summary.appointment_id}")


def instead(number: int, refused: TimeRefused | UnusableToken) -> Any:
    """Why not, and what is free instead, to be held with the same keys."""
    return show(number, refusal=refused, instead=refused.alternatives[:3], status=status_of(refused))


@needs("answer-calls")
@on_screen("basket")
def keep(number: int) -> Any:
    try:
        held = desk.extend_hold(session(), on(number), request.form.get("hold", ""), now=now())
    except TimeRefused as refused:
        return instead(number, refused)
    return back(number, f"act-{held.summary.appointment_id}")


@needs("answer-calls")
@on_screen("basket")
def release(number: int) -> Any:
    desk.release_hold(session(), on(number), request.form.get("hold", ""), now=now())
    return back(number)


@needs("answer-calls")
@on_screen("book")
def book(number: int) -> Any:
    """For the patient whom the call is about, told in the way that was agreed."""
    held = request.form.get("hold", "")
    asked = ForCaller(
        reason=tidy(request.form.get("reason")) or None, guardian=_guardian(), told_by=request.form.get("contact") or None
    )
    try:
        desk.book_for_caller(session(), on(number), held, asked, now=now(), once=once(number, "book", held))
    except TimeRefused as refused:
        return instead(number, refused)
    return back(number, "end-go", kind="", said="", move="")


def _guardian() -> GuardianDetails | None:
    said = {name: tidy(request.form.get(f"guardian_{name}")) for name in ("name", "relation", "phone")}
    agreed = "guardian_consent" in request.form
    return GuardianDetails(**said, consent=agreed) if any(said.values()) or agreed else None


@needs("answer-calls")
@on_screen("basket")
def move(number: int) -> Any:
    """To the time that the call holds: the old one is free again only then."""
    try:
        desk.move_to_hold(session(), on(number), _visit(), request.form.get("hold", ""), now=now())
    except TimeRefused as refused:
        return instead(number, refused)
    return back(number, "end-go", kind="", said="", move="")


def _visit() -> int:
    number = read_number(request.form.get("visit"))
    if number is None:
        raise InvalidInput({"visit": "Choose the visit again."})
    return number


@needs("answer-calls")
@on_screen("cancel")
def cancel(number: int) -> Any:
    reason = request.form.get("reason", "")
    if not reason:
        raise InvalidInput({"reason": "Choose why the visit is cancelled."})
    desk.cancel_for_caller(session(), on(number), _visit(), reason, now=now())
    flash("The visit is cancelled. We tell the patient.")
    return back(number, "end-go", move="")
