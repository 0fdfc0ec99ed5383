"""Find my booking. The answer is the same for everybody; the link goes to whoever gave their number or address when booking."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import InvalidInput
from clinic.engine.placing.changing import Who
from clinic.usecases import booking
from clinic.web import visitor
from clinic.web.booking.forms import LookupForm
from clinic.web.context import now, session
from clinic.web.guards import public
from clinic.web.limits import spend

Page = str | tuple[str, int] | Response
SOMEBODY = Who("patient", "web")
ASKED = "asked"


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/find-my-booking")(find_my_booking)
    blueprint.post("/find-my-booking")(send_lookup)


@public
def find_my_booking() -> Page:
    """The questions; once they were answered, what happens now."""
    if visitor.take_note(ASKED) is not None:
        return render_template("booking/sent.html")
    return render_template("booking/find.html", form=LookupForm(None), wrong={}, closed=False)


@public
def send_lookup() -> Page:
    form = LookupForm(request.form)
    try:
        asked = booking.read_lookup(
            form.family_name.data or "",
            form.birth_date.data,
            phone=form.phone.data or "",
            reference=form.reference.data or "",
        )
    except InvalidInput as refused:
        page = render_template("booking/find.html", form=form, wrong=form.problems(refused.fields), closed=False)
        return page, 422
    spend("lookups")
    booking.send_links(session(), asked, who=SOMEBODY, now=now())
    visitor.leave_note(ASKED, "")
    return redirect(url_for(".find_my_booking"), 303)
