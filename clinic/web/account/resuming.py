"""A session that ended while somebody worked: they sign in again, and their half-filled form goes on.

What they typed travels sealed in the sign-in page, so that it is neither lost nor read by whoever sits there next: it is
opened for the same account alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from clinic.adapters.sealing import WrongKey
from clinic.extensions import login
from clinic.web import signed_in
from clinic.web.account.forms import SignInForm
from clinic.web.context import now

LASTS = timedelta(hours=1)
MOST_CHARACTERS = 60_000
ROOMS = ("/portal", "/account", "/desk")


@dataclass(frozen=True, slots=True)
class Carried:
    """A form that waits: where it goes, and its fields in order."""

    path: str
    fields: Sequence[Sequence[str]]


def carry(account_id: int) -> str:
    """The form of this request, sealed for that account; '' when it is too long to carry."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    told = {
        "account": account_id, "path": request.full_path.rstrip("?"), "fields": fields, "until": int((now() + LASTS).timestamp()),
    }  # fmt: skip
    text = json.dumps(told)
    return signed_in.locks().sealer.seal(text) if len(text) <= MOST_CHARACTERS else ""


def opened(sealed: str, account_id: int) -> Carried | None:
    """What was carried, for the same account; None for anything else."""
    try:
        told = json.loads(signed_in.locks().sealer.open(sealed)) if sealed else {}
    except (WrongKey, ValueError):
        return None
    if told.get("account") != account_id or told.get("until", 0) <= now().timestamp() or safe_next(told.get("path")) == "":
        return None
    return Carried(told["path"], told["fields"])


def safe_next(path: str | None) -> str:
    """An address within the staff's rooms, or ''."""
    told = path or ""
    room = next((room for room in ROOMS if told == room or told.startswith((f"{room}/", f"{room}?"))), "")
    return told if room and told.isprintable() and "\\" not in told and len(told) <= 2000 else ""


def ask_to_sign_in() -> Any:
    """To the sign-in, and back to where somebody was going; with their form, if they sent one."""
    found = signed_in.seen()
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.sign_in", next=safe_next(request.full_path.rstrip("?")) or None), 303)
    sealed = carry(found.account_id) if found.account_id is not None else ""
    page = render_template("account/sign_in.html", form=SignInForm(None), wrong={}, next="", carried=sealed, ended=True)
    return page, 401


def install(_blueprint: Blueprint) -> None:
    login.unauthorized_handler(ask_to_sign_in)
