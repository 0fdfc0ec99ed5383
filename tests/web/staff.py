"""People on the staff, and browsers in which they are signed in."""

from __future__ import annotations

from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from clinic.domain.people.roles import Grant
from clinic.store.staff.accounts import add_grant
from clinic.store.tables.staff import Account
from clinic.usecases import accounts
from tests import build
from tests.web.visiting import opened

PASSWORD = "okapi-vest-lamp"
SECRET = pyotp.random_base32()


def hire(app: Flask, url: str, name: str, *grants: Grant, **given: Any) -> int:
    """An account with a whole sign-in. `name` is the first name, and the address before the @."""
    locks = app.extensions["clinic.locks"]
    values: dict[str, Any] = {
        "email": f"{name.lower()}@example.org", "name": f"{name} Ashgrover", "state": "active",
        "created_at": app.extensions["clinic"].clock(), "password_hash": locks.hashing.hash(PASSWORD),
        "totp_secret": locks.sealer.seal(SECRET),
    }  # fmt: skip
    with opened(url) as session:
        id_ = build.save(session, Account(**{**values, **given})).id
        for grant in grants:
            add_grant(session, id_, grant)
        session.commit()
    return id_


def cookie_of(app: Flask, session: Session, name: str) -> str:
    """Both steps, without a browser: what the cookie holds."""
    locks, clock = app.extensions["clinic.locks"], app.extensions["clinic"].clock
    clock.forward(seconds=30)
    half = accounts.begin_sign_in(session, f"{name.lower()}@example.org", PASSWORD, locks=locks, device="Firefox", now=clock())
    person = accounts.look(session, half, now=clock()).person
    assert person
    code = pyotp.TOTP(SECRET).at(clock())
    return accounts.finish_sign_in(session, person, code, locks=locks, device="Firefox", now=clock())


def signed_in(app: Flask, url: str, name: str) -> FlaskClient:
    """A browser in which they are signed in."""
    client = app.test_client()
    with opened(url) as session:
        client.set_cookie("staff", cookie_of(app, session, name))
    return client


def token_on(client: FlaskClient, path: str = "/account/sign-in") -> str:
    """The CSRF token of a page."""
    page = client.get(path).get_data(as_text=True)
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
