"""The page behind a reference: everything about the visit in the browser that booked it, nothing anywhere else."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import NotFound, UnusableToken
from clinic.usecases import booking
from clinic.usecases.booking import Booked
from clinic.web import visitor
from clinic.web.booking.calendar import calendar_file
from clinic.web.booking.forms import LookupForm
from clinic.web.context import now, session, signing_key
from clinic.web.guards import public

Page = str | tuple[str, int] | Response


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/booked/<reference:reference>")(booked)
    blueprint.get("/booked/<reference:reference>/calendar.ics")(booked_calendar)


@public
def booked(reference: str) -> Page:
    """The visit, in the session that booked it. Anywhere else the page says the same whether there is one or not."""
    made = booked_here(reference)
    if made is None:
        return render_template("booking/elsewhere.html", form=LookupForm(None, reference=reference), wrong={})
    moment = now()
    visitor.remember_booked(reference, made.manage_token, now=moment)
    return render_template(
        "booking/booked.html", booked=made, visit=made.summary, fixed=booking.why_not_moved(made.summary, now=moment)
    )


@public
def booked_calendar(reference: str) -> Page:
    made = booked_here(reference)
    return calendar_file(made) if made else redirect(url_for(".booked", reference=reference), 303)


def booked_here(reference: str) -> Booked | None:
    """The visit of the reference, if this session booked it."""
    token = visitor.booked_here(reference, now=now())
    if token is None:
        return None
    try:
        return booking.get_visit(session(), token, key=signing_key(), now=now())
    except (NotFound, UnusableToken):
        return None
