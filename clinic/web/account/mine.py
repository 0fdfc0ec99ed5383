"""One's own account: password, app, recovery codes, where one is signed in; and breaking the glass."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import InvalidInput
from clinic.usecases import accounts
from clinic.web import signed_in
from clinic.web.account.devices import how_long_ago
from clinic.web.account.forms import ChangePasswordForm, ConfirmForm, GlassForm
from clinic.web.context import now, session
from clinic.web.fields import read_number
from clinic.web.guards import needs
from clinic.web.guards import signed_in as inside
from clinic.web.limits import spend
from clinic.web.role_names import FLAGS, ROLES


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("")(account)
    blueprint.get("/password")(password)
    blueprint.post("/password")(send_password)
    blueprint.get("/recovery-codes")(recovery_codes)
    blueprint.post("/recovery-codes")(send_recovery_codes)
    blueprint.get("/sessions")(sessions)
    blueprint.post("/sessions")(end_sessions)
    blueprint.get("/break-glass")(glass)
    blueprint.post("/break-glass")(send_glass)


@inside
def account() -> Any:
    roles = accounts.my_roles(session(), signed_in.me())
    return render_template("account/mine.html", roles=roles, names=ROLES, flags=FLAGS)


@inside
def password() -> Any:
    return render_template("account/password.html", form=ChangePasswordForm(None), wrong={})


@inside
def send_password() -> Any:
    form, person = ChangePasswordForm(request.form), signed_in.me()
    spend("sign_ins", about=f"password {person.account_id}")
    try:
        accounts.change_password(
            session(), person, form.current.data or "", form.password.data or "", locks=signed_in.locks(), now=now()
        )  # fmt: skip
    except InvalidInput as refused:
        form.current.data = ""
        return render_template("account/password.html", form=form, wrong=refused.fields), 422
    flash("Your password is changed. You are signed out everywhere else.")
    return redirect(url_for(".account"), 303)


@inside
def recovery_codes() -> Any:
    return render_template("account/new_codes.html", form=ConfirmForm(None), wrong={})


@inside
def send_recovery_codes() -> Any:
    form, person = ConfirmForm(request.form), signed_in.me()
    spend("sign_ins", about=f"password {person.account_id}")
    try:
        codes = accounts.change_codes(session(), person, form.password.data or "", locks=signed_in.locks(), now=now())
    except InvalidInput as refused:
        form.password.data = ""
        return render_template("account/new_codes.html", form=form, wrong=refused.fields), 422
    return render_template("account/recovery_codes.html", codes=codes)


@inside
def sessions() -> Any:
    at = now()
    rows = [
        (place, how_long_ago(at - place.last_seen_at), how_long_ago(at - place.since))
        for place in accounts.places(session(), signed_in.me(), now=at)
    ]
    return render_template("account/sessions.html", rows=rows)


@inside
def end_sessions() -> Any:
    """One of them, by its number; without one, all but this."""
    number = read_number(request.form.get("number"))
    if number is None:
        accounts.end_others(session(), signed_in.me(), now=now())
        flash("You are signed out everywhere else.")
    else:
        accounts.end_place(session(), signed_in.me(), number, now=now())
        flash("You are signed out there.")
    return redirect(url_for(".sessions"), 303)


@needs("break-glass")
def glass() -> Any:
    return render_template("account/break_glass.html", form=GlassForm(None), wrong={})


@needs("break-glass")
def send_glass() -> Any:
    form = GlassForm(request.form)
    try:
        accounts.break_glass(session(), signed_in.me(), form.reason.data or "", now=now())
    except InvalidInput as refused:
        return render_template("account/break_glass.html", form=form, wrong=refused.fields), 422
    flash("The glass is broken for one hour. A second person is told.")
    return redirect(url_for("portal.start"), 303)
