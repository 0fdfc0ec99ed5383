"""The front desk: who comes today, who is here, and who walks in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput
from clinic.domain.scheduling.appointment import State
from clinic.engine.placing.changing import Who
from clinic.usecases import front_desk, marking
from clinic.usecases.front_desk import Desk
from clinic.web import signed_in
from clinic.web.context import library, now, session
from clinic.web.errors import status_of
from clinic.web.fields import read_number
from clinic.web.guards import needs, reach, viewer
from clinic.web.portal.day.sheet import read_day
from clinic.web.portal.day.visit_words import LANGUAGES, SAID

NAME_MAX = 80
MARKS = (State.ARRIVED, State.NO_SHOW)
"""What a desk sees of a visit; the rest is for who gives it to say."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/front-desk")(desk)
    blueprint.post("/front-desk")(find_on_desk)
    blueprint.post("/front-desk/visits/<int:number>")(mark_on_desk)


def at_desk() -> Who:
    return Who(signed_in.me().actor, "desk", staff=True)


def chosen_desk(desks: list[Desk]) -> Desk | None:
    """The clinic that the address or form names; else the only one, or the first."""
    wanted = read_number(request.values.get("clinic"))
    return next((one for one in desks if one.id == wanted), desks[0] if desks else None)


@needs("mark-visit")
def desk() -> Any:
    return _show()


@needs("mark-visit")
def find_on_desk() -> Any:
    """Sent, not linked to: a name must not stand in an address."""
    return _show(name=" ".join(request.form.get("name", "").split())[:NAME_MAX])


def _show(name: str = "", refusal: DomainError | None = None) -> Any:
    desks = front_desk.clinics(session(), reach())
    here = chosen_desk(desks)
    if here is None:
        return render_template("portal/front_desk/none.html")
    on = read_day(request.values.get("day"))
    found = front_desk.sheet(session(), viewer(), here.id, on, actor=signed_in.me().actor, now=now())
    asked = library().preparations.asked
    page = render_template(
        "portal/front_desk/day.html", sheet=front_desk.find(found, name) if name else found, desks=desks, name=name,
        refusal=refusal, now=now(), languages=LANGUAGES, asked=asked, before=found.day - timedelta(days=1),
        after=found.day + timedelta(days=1),
    )  # fmt: skip
    return (page, status_of(refusal)) if refusal else page


@needs("mark-visit")
def mark_on_desk(number: int) -> Any:
    """`mark` is what became of the visit, or with `back` what is taken back."""
    try:
        state, deed = request.form.get("mark", ""), marking.undo if request.form.get("back") else marking.mark
        deed(session(), viewer(), number, state if state in MARKS else "", who=at_desk(), now=now())
    except (IllegalMove, InvalidInput) as refused:
        return _show(refusal=refused)
    flash("Taken back." if request.form.get("back") else SAID[State(state)])
    clinic, on = read_number(request.form.get("clinic")), read_day(request.values.get("day"))
    return redirect(url_for(".desk", clinic=clinic, day=on, _anchor=f"visit-{number}"), 303)
