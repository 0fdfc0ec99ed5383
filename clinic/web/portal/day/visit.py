"""One visit: who comes and what helps them, what becomes of it, and how it is cancelled or moved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, NotFound, PatientClash, TimeRefused, UnusableToken
from clinic.domain.time.hours import local_day
from clinic.engine.placing.changing import Who
from clinic.usecases import day, marking
from clinic.usecases.day import Card, Eyes
from clinic.web import signed_in
from clinic.web.context import now, parts, session, signing_key
from clinic.web.errors import status_of
from clinic.web.fields import read_number
from clinic.web.guards import needs, viewer
from clinic.web.portal.day.sheet import read_day
from clinic.web.portal.day.visit_words import LANGUAGES, MARKS, REASONS, RELATIONS, SAID
from clinic.web.portal.looking import covers, looking


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/visits/<int:number>")(visit)
    blueprint.post("/visits/<int:number>/mark")(mark)
    blueprint.post("/visits/<int:number>/undo")(undo)
    blueprint.post("/visits/<int:number>/cancel")(cancel)
    blueprint.get("/visits/<int:number>/move")(move_times)
    blueprint.post("/visits/<int:number>/move")(move)


def who() -> Who:
    return Who(signed_in.me().actor, "portal", staff=True)


def open_card(number: int) -> Card:
    """Raises NotFound beyond reach."""
    eyes = Eyes(visit=looking("see-visit"), contact=looking("see-contact"), intake=looking("read-intake"))
    return day.open_card(session(), eyes, number, actor=signed_in.me().actor, now=now())


@needs("see-visit")
def visit(number: int) -> Any:
    return show(number)


def show(number: int, refusal: DomainError | None = None, wrong: dict[str, str] | None = None) -> Any:
    """The visit's page; with what was refused, and its status."""
    card = open_card(number)
    page = render_template(
        "portal/visit.html", card=card, visit=card.summary, refusal=refusal, wrong=wrong or {}, reasons=REASONS,
        languages=LANGUAGES, relations=RELATIONS, marks=MARKS, now=now(),
        on=local_day(card.summary.start, card.summary.time_zone), can=_can(card),
    )  # fmt: skip
    return (page, status_of(refusal)) if refusal else (page, 422) if wrong else page


def _can(card: Card) -> frozenset[str]:
    """What whoever is signed in may do with this visit: of other actions the page offers nothing that leads nowhere."""
    found = {action for action in ("book", "change-visit", "mark-visit") if covers(action, card.summary)}
    if signed_in.may("see-day") and card.summary.appointment_id not in looking("see-visit").visits:
        found.add("see-day")
    return frozenset(found)


@needs("mark-visit")
def mark(number: int) -> Any:
    """Pressed on the day it leads back there, else to the visit."""
    try:
        state = marking.mark(session(), viewer(), number, request.form.get("state", ""), who=who(), now=now())
    except IllegalMove as refused:
        return show(number, refused)
    flash(SAID[state])
    return _back(number)


@needs("mark-visit")
def undo(number: int) -> Any:
    try:
        marking.undo(session(), viewer(), number, request.form.get("state", ""), who=who(), now=now())
    except IllegalMove as refused:
        return show(number, refused)
    flash("Taken back.")
    return _back(number)


def _back(number: int) -> Any:
    on = read_day(request.form.get("day"))
    if on is None:
        return redirect(url_for(".visit", number=number), 303)
    whose, anchor = read_number(request.form.get("whose")), f"visit-{number}"
    if whose is not None:
        return redirect(url_for(".specialist_day", number=whose, day=on, _anchor=anchor), 303)
    return redirect(url_for(".day", day=on, _anchor=anchor), 303)


@needs("change-visit")
def cancel(number: int) -> Any:
    try:
        day.cancel(session(), looking("change-visit"), number, request.form.get("reason", ""), who=who(), now=now())
    except InvalidInput as refused:
        return show(number, wrong=refused.fields)
    except IllegalMove as refused:
        return show(number, refused)
    flash("The visit is cancelled. We tell the patient.")
    return _after_change(number)


@needs("change-visit")
def move_times(number: int) -> Any:
    """Times that the visit could move to; once one is pressed, how it would be. Nothing is moved yet."""
    if opening := request.args.get("opening", ""):
        return _show_move(number, opening)
    return _show_times(number)


def _show_times(number: int, refusal: DomainError | None = None) -> Any:
    giver = read_number(request.args.get("with"))
    try:
        times = day.move_times(
            session(), looking("change-visit"), number, giver_id=giver, first_day=read_day(request.args.get("day")), now=now()
        )  # fmt: skip
    except IllegalMove as refused:
        return show(number, refused)
    page = render_template(
        "portal/times.html", card=open_card(number), times=times, moving=True, refusal=refusal, weeks=(), chosen=0
    )  # fmt: skip
    return (page, status_of(refusal)) if refusal else page


def _show_move(number: int, opening: str, wrong: dict[str, str] | None = None) -> Any:
    try:
        before, after = day.preview_move(session(), looking("change-visit"), number, opening, key=signing_key())
    except (TimeRefused, UnusableToken) as refused:
        return _show_times(number, refused)
    page = render_template(
        "portal/move.html", card=open_card(number), visit=before, after=after, opening=opening, reasons=REASONS,
        wrong=wrong or {}, typed=request.form, note_max=day.NOTE_MAX,
    )  # fmt: skip
    return (page, 422) if wrong else page


@needs("change-visit")
def move(number: int) -> Any:
    opening = request.form.get("opening", "")
    to = day.Moving(opening, request.form.get("reason", ""), request.form.get("note", ""))
    try:
        day.move(session(), looking("change-visit"), number, to, key=signing_key(), sealer=parts().sealer, who=who(), now=now())
    except InvalidInput as refused:
        return _show_move(number, opening, refused.fields)
    except (TimeRefused, UnusableToken) as refused:
        return _show_times(number, refused)
    except (IllegalMove, PatientClash) as refused:
        return show(number, refused)
    flash("The visit has moved. We tell the patient.")
    return _after_change(number)


def _after_change(number: int) -> Any:
    """To the visit; where it is out of reach now (with a colleague, or its task is settled) to the work list, or the start."""
    g.pop("entrusted", None)
    try:
        open_card(number)
    except NotFound:
        return redirect(url_for(".list_work" if signed_in.may("work-list") else ".start"), 303)
    return redirect(url_for(".visit", number=number), 303)
