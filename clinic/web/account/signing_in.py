"""In, by password and code; and out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from clinic.domain.errors import InvalidInput
from clinic.usecases import accounts
from clinic.web import signed_in
from clinic.web.account.devices import device_of
from clinic.web.account.forms import CodeForm, SignInForm
from clinic.web.account.resuming import opened, safe_next
from clinic.web.context import now, session
from clinic.web.guards import halfway, public
from clinic.web.limits import give_back, spend

CLEARED = '"cache", "cookies", "storage"'


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/sign-in")(sign_in)
    blueprint.post("/sign-in")(send_sign_in)
    blueprint.get("/code")(code)
    blueprint.post("/code")(send_code)
    blueprint.post("/sign-out")(sign_out)
    blueprint.post("/stay")(stay)


@public
def sign_in() -> Any:
    following = safe_next(request.args.get("next"))
    person = signed_in.person()
    if person is not None:
        return redirect(_onward(following) if person.stage == "in" else url_for(f".{person.stage}"), 303)
    ended = signed_in.seen().account_id is not None
    return render_template("account/sign_in.html", form=SignInForm(None), wrong={}, next=following, carried="", ended=ended)


@public
def send_sign_in() -> Any:
    form, carried = SignInForm(request.form), request.form.get("carried", "")
    following = safe_next(request.form.get("next"))
    email = (form.email.data or "").strip().lower()
    spend("sign_ins")
    spend("sign_ins", about=f"account {email[:254]}")
    try:
        token = accounts.begin_sign_in(
            session(), email, form.password.data or "", locks=signed_in.locks(), device=device(), now=now()
        )  # fmt: skip
    except InvalidInput as refused:
        form.password.data = ""
        page = render_template(
            "account/sign_in.html", form=form, wrong=refused.fields, next=following, carried=carried, ended=False
        )  # fmt: skip
        return page, 422
    give_back("sign_ins")
    signed_in.enter(token)
    found = signed_in.person()
    if found is not None and found.stage == "code" and carried:
        # Rendered at once: what is carried does not fit into an address.
        page = render_template("account/code.html", form=CodeForm(None), wrong={}, next="", carried=carried)
        return signed_in.remember(page, token)
    stage = found.stage if found is not None else "code"
    return signed_in.remember(redirect(url_for(f".{stage}", next=following or None), 303), token)


@halfway
def code() -> Any:
    if signed_in.me().stage != "code":
        return redirect(url_for(".factor") if signed_in.me().stage == "factor" else _onward(""), 303)
    following = safe_next(request.args.get("next"))
    return render_template("account/code.html", form=CodeForm(None), wrong={}, next=following, carried="")


@halfway
def send_code() -> Any:
    form, person = CodeForm(request.form), signed_in.me()
    carried, following = request.form.get("carried", ""), safe_next(request.form.get("next"))
    if person.stage != "code":
        return redirect(url_for(".code"), 303)
    spend("sign_ins", about=f"code {person.account_id}")
    try:
        token = accounts.finish_sign_in(
            session(), person, form.code.data or "", locks=signed_in.locks(), device=device(), now=now()
        )  # fmt: skip
    except InvalidInput as refused:
        form.code.data = ""
        page = render_template("account/code.html", form=form, wrong=refused.fields, next=following, carried=carried)
        return page, 422
    waiting = opened(carried, person.account_id)
    if waiting is not None:
        signed_in.enter(token)
        return signed_in.remember(render_template("account/resume.html", carried=waiting), token)
    return signed_in.remember(redirect(_onward(following), 303), token)


@halfway
def sign_out() -> Any:
    accounts.sign_out(session(), signed_in.me(), now=now())
    answer = signed_in.forget(redirect(url_for(".sign_in"), 303))
    answer.headers["Clear-Site-Data"] = CLEARED
    return answer


@halfway
def stay() -> Any:
    """Somebody is still there: the look at who asks has kept their session alive."""
    return "", 204, {"X-Session-Seconds": str(signed_in.seconds_left())}


def device() -> str:
    """The browser that asks, in words."""
    return device_of(request.user_agent.string)


def _onward(following: str) -> str:
    return following or url_for("portal.start")
