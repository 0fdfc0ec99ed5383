"""The first password, by the link of a mail; and the app that shows codes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from clinic.domain.errors import InvalidInput, NotFound, UnusableToken
from clinic.usecases import accounts
from clinic.web import signed_in
from clinic.web.account.forms import FactorForm, PasswordForm
from clinic.web.account.signing_in import device
from clinic.web.context import now, session
from clinic.web.guards import halfway, public
from clinic.web.limits import spend


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/set-up/<token:token>")(set_up)
    blueprint.post("/set-up/<token:token>")(send_set_up)
    blueprint.get("/factor")(factor)
    blueprint.post("/factor")(send_factor)


@public
def set_up(token: str) -> Any:
    try:
        opened = accounts.open_link(session(), token, locks=signed_in.locks(), now=now())
    except (NotFound, UnusableToken) as refused:
        return render_template("account/link_over.html", sentence=refused.message), 404
    return render_template("account/set_up.html", form=PasswordForm(None), wrong={}, opened=opened, token=token)


@public
def send_set_up(token: str) -> Any:
    spend("sign_ins")
    form, locks = PasswordForm(request.form), signed_in.locks()
    try:
        cookie = accounts.choose_password(
            session(), token, form.password.data or "", locks=locks, device=device(), now=now()
        )  # fmt: skip
    except UnusableToken as refused:
        return render_template("account/link_over.html", sentence=refused.message), 404
    except InvalidInput as refused:
        opened = accounts.open_link(session(), token, locks=locks, now=now())
        page = render_template("account/set_up.html", form=form, wrong=refused.fields, opened=opened, token=token)
        return page, 422
    except NotFound as refused:
        return render_template("account/link_over.html", sentence=refused.message), 404
    return signed_in.remember(redirect(url_for(".factor"), 303), cookie)


@halfway
def factor() -> Any:
    person = signed_in.me()
    if person.stage == "code":
        return redirect(url_for(".code"), 303)
    proposal = accounts.propose_factor(person, locks=signed_in.locks(), now=now())
    return render_template("account/factor.html", form=FactorForm(None), wrong={}, proposal=proposal)


@halfway
def send_factor() -> Any:
    person, form, locks = signed_in.me(), FactorForm(request.form), signed_in.locks()
    if person.stage == "code":
        return redirect(url_for(".code"), 303)
    spend("sign_ins", about=f"code {person.account_id}")
    proposed = request.form.get("proposed", "")
    try:
        cookie, codes = accounts.set_factor(
            session(), person, proposed, form.code.data or "",
            password=form.password.data or "", locks=locks, device=device(), now=now(),
        )  # fmt: skip
    except InvalidInput as refused:
        form.code.data = form.password.data = ""
        proposal = accounts.propose_factor(person, locks=locks, now=now(), sealed=proposed)
        return render_template("account/factor.html", form=form, wrong=refused.fields, proposal=proposal), 422
    signed_in.enter(cookie)
    return signed_in.remember(render_template("account/recovery_codes.html", codes=codes), cookie)
