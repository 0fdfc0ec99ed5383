"""Views that no product should have: they read fields in every way there is, and act on any record that is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, redirect, request
from sqlalchemy import update
from wtforms import StringField

from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.store.connect import begin_write
from clinic.store.tables.patients import Patient
from clinic.store.tables.staff import Account
from clinic.web.context import now, session
from clinic.web.fields import DateInPartsField, Form, read_number
from clinic.web.guards import needs
from clinic.web.signed_in import me

NAMES = ("a", "b")
PREFIX = "visit-"


class PlantedForm(Form):
    colour = StringField("Colour")
    born = DateInPartsField("Born")


def _handed_on(sent: Mapping[str, str], name: str) -> list[str | None]:
    return [sent.get("handed"), sent.get(name), sent.get(f"{name}_more")]


FORMS = {"one": PlantedForm}


def every_way(number: int) -> list[Any]:
    """Reads in each way that the finder knows."""
    said = {name: text.strip() for name, text in request.form.items()}
    sent = request.args
    found = [request.form["item"], request.form.get("got"), request.args.getlist("list"), "there" in request.values]
    found += [read_number(request.form.get("number")), said.get("said"), sent.get("aliased"), *_handed_on(request.form, "named")]
    found += [request.form.get(f"{name}_part") for name in NAMES]
    found += [choice for name, choice in request.form.items() if name.startswith(PREFIX)]
    found += [request.form.get(f"row-{number}"), FORMS["one"](request.form).colour.data, PlantedForm(None).colour.data]
    if kind := request.form.get("kind"):
        found.append(kind)
    return found


def no_name(name: str) -> list[Any]:
    """Reads of which nobody can say what."""
    return [request.form.get(name[1:]), dict(request.form), request.get_json()]


EVERY_WAY = {
    "item", "got", "?list", "there", "number", "said", "?aliased", "handed", "named", "named_more", "a_part", "b_part", "visit-*",
    "row-*", "colour", "born_month", "born_day", "born_year", "kind",
}  # fmt: skip


@needs("change-visit")
def cancel_any() -> Any:
    """Cancels whichever visit the form names."""
    number = read_number(request.form.get("visit")) or 0
    begin_write(session())
    place.cancel(session(), number, "asked", who=Who(me().actor, "portal", staff=True), now=now())
    session().commit()
    return redirect("/portal/", 303)


@needs("keep-people")
def tie_any() -> Any:
    """Ties the account of whoever asks to whichever calendar the form names."""
    begin_write(session())
    wanted = read_number(request.form.get("specialist"))
    session().execute(update(Account).where(Account.id == me().account_id).values(specialist_id=wanted))
    session().commit()
    return redirect("/portal/", 303)


@needs("see-visit")
def name_any() -> Any:
    """Tells the name of whichever patient the address names."""
    found = session().get(Patient, read_number(request.args.get("patient")) or 0)
    return found.given_name if found else "nobody"


def plant(app: Flask) -> None:
    """Before the first request."""
    app.add_url_rule("/portal/planted/cancel", "planted.cancel", cancel_any, methods=["POST"])
    app.add_url_rule("/portal/planted/tie", "planted.tie", tie_any, methods=["POST"])
    app.add_url_rule("/portal/planted/name", "planted.name", name_any)
