"""The sign-in as a browser sees it. Numbers are those of OWASP ASVS 5.0."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clinic.config import RateLimits
from clinic.domain.people.roles import Grant, Role
from clinic.factory import create_app
from clinic.web.account.devices import device_of
from clinic.web.account.resuming import safe_next
from tests.conftest import FakeClock
from tests.databases import NO_LIMIT, settings_for
from tests.pages import ReadingClient
from tests.web.staff import PASSWORD, SECRET, hire, signed_in, token_on
from tests.web.visiting import hidden, text_of


@pytest.fixture
def ada(app: Flask, database: str) -> int:
    return hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))


def send(client: FlaskClient, email: str = "ada@example.org", password: str = PASSWORD, **more: str) -> TestResponse:
    page = client.get("/account/sign-in")
    return client.post("/account/sign-in", data=hidden(page) | {"email": email, "password": password, **more})


def code(clock: FakeClock) -> str:
    clock.forward(seconds=30)
    return pyotp.TOTP(SECRET).at(clock())


def give_code(client: FlaskClient, typed: str) -> TestResponse:
    return client.post("/account/code", data=hidden(client.get("/account/code")) | {"code": typed})


def test_in_by_two_steps_and_out(client: FlaskClient, ada: int, clock: FakeClock) -> None:
    assert client.get("/portal/").location == "/account/sign-in?next=/portal/"
    first = send(client, next="/portal/")
    assert first.location == "/account/code?next=/portal/"
    assert client.get("/portal/").location == "/account/code"
    second = give_code(client, code(clock))
    assert second.location == "/portal/"
    assert "Hello Ada" in text_of(client.get("/portal/"))
    out = client.post("/account/sign-out", data={"csrf_token": token_on(client, "/account")})
    assert out.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'  # 14.3.1
    assert client.get("/portal/").status_code == 303


def test_3_3_1_the_cookie_is_its_own_and_not_for_scripts(client: FlaskClient, ada: int, clock: FakeClock) -> None:
    sent = send(client).headers.getlist("Set-Cookie")
    (cookie,) = [line for line in sent if line.startswith("staff=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert not any("staff" in line.partition("=")[2] for line in sent)


def test_3_3_3_over_https_the_cookie_belongs_to_this_host_alone(database: str, clock: FakeClock) -> None:
    app = create_app(settings_for(database, public_url="https://localhost"), clock=clock)
    hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))
    client = app.test_client()
    page = client.get("/account/sign-in", base_url="https://localhost")
    sent = client.post(
        "/account/sign-in", data=hidden(page) | {"email": "ada@example.org", "password": PASSWORD}, base_url="https://localhost",
        headers={"Referer": "https://localhost/account/sign-in"},
    )  # fmt: skip
    (cookie,) = [line for line in sent.headers.getlist("Set-Cookie") if "staff" in line]
    assert cookie.startswith("__Host-staff=")
    assert "Secure" in cookie
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def test_6_3_8_whatever_is_wrong_reads_the_same(app: Flask, database: str, client: FlaskClient, ada: int) -> None:
    hire(app, database, "Gideon", state="disabled")
    tried = [("ada@example.org", "not it at all"), ("nobody@example.org", PASSWORD), ("gideon@example.org", PASSWORD), ("", "")]
    answers = [send(client, *one) for one in tried]
    assert {answer.status_code for answer in answers} == {422}
    assert len({text_of(answer) for answer in answers}) == 1
    assert "not it at all" not in answers[0].text


def test_14_3_2_no_page_of_the_staff_is_kept(app: Flask, database: str, ada: int) -> None:
    client = signed_in(app, database, "Ada")
    for path in ("/portal/", "/account", "/account/sessions", "/account/people", f"/account/people/{ada}", "/account/factor"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
        assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.fixture
def strict(database: str, clock: FakeClock) -> Iterator[Flask]:
    limits = RateLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, "5 per 15 minutes")
    app = create_app(settings_for(database, limits=limits, trusted_proxies=1), clock=clock)
    app.test_client_class = ReadingClient
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def statuses(app: Flask, count: int, email: str, address: str = "203.0.113.{0}", password: str = "wrong one") -> list[int]:
    found = []
    for number in range(count):
        client = app.test_client()
        page = client.get("/account/sign-in")
        found.append(
            client.post(
                "/account/sign-in", data=hidden(page) | {"email": email.format(number), "password": password},
                headers={"X-Forwarded-For": address.format(number)},
            ).status_code
        )  # fmt: skip
    return found


def test_6_3_1_an_account_is_tried_five_times_from_wherever_known_or_not(strict: Flask, database: str) -> None:
    hire(strict, database, "Ada")
    for email in ("ada@example.org", "nobody@example.org"):
        assert statuses(strict, 7, email) == [422] * 5 + [429] * 2


def test_6_3_1_an_address_tries_five_accounts(strict: Flask) -> None:
    assert statuses(strict, 7, "nobody{0}@example.org", "203.0.113.1") == [422] * 5 + [429] * 2


def test_whoever_signs_in_does_not_keep_colleagues_at_the_same_address_out(strict: Flask, database: str) -> None:
    for number in range(8):
        hire(strict, database, f"P{number}")
    assert statuses(strict, 8, "p{0}@example.org", "203.0.113.1", PASSWORD) == [303] * 8


def test_codes_are_throttled_too(strict: Flask, database: str) -> None:
    hire(strict, database, "Ada")
    client = strict.test_client()
    send(client)
    assert [give_code(client, "000000").status_code for _ in range(7)] == [422] * 5 + [429] * 2


def test_a_form_goes_on_after_the_session_ended(app: Flask, database: str, ada: int, clock: FakeClock) -> None:
    client = signed_in(app, database, "Ada")
    csrf = token_on(client, "/account/people/invite")
    clock.forward(minutes=20)
    typed = {"csrf_token": csrf, "name": "Nadia <b>New</b>", "email": "new@example.org", "role": "agent", "location": ""}
    asked = client.post("/account/people/invite", data=typed)
    assert asked.status_code == 401
    assert "What you typed is kept" in text_of(asked)
    assert "Nadia" not in asked.text, "whoever sits there next must not read it"
    page = client.post("/account/sign-in", data=hidden(asked) | {"email": "ada@example.org", "password": PASSWORD})
    assert page.status_code == 200
    page = client.post("/account/code", data=hidden(page) | {"code": code(clock)})
    assert "You are signed in again" in text_of(page)
    assert '<form method="post" action="/account/people/invite">' in page.text
    done = client.post("/account/people/invite", data=hidden(page))
    assert re.fullmatch(r"/account/people/\d+", done.location)
    assert "Nadia &lt;b&gt;New" in client.get(done.location).text


def test_somebody_else_does_not_get_the_form_that_waits(app: Flask, database: str, ada: int, clock: FakeClock) -> None:
    hire(app, database, "Bea", Grant(Role.ADMINISTRATOR))
    client = signed_in(app, database, "Ada")
    csrf = token_on(client, "/account/people/invite")
    clock.forward(minutes=20)
    asked = client.post("/account/people/invite", data={"csrf_token": csrf, "name": "Nadia New", "email": "new@example.org"})
    page = client.post("/account/sign-in", data=hidden(asked) | {"email": "bea@example.org", "password": PASSWORD})
    done = client.post("/account/code", data=hidden(page) | {"code": code(clock)})
    assert (done.status_code, done.location) == (303, "/portal/")


def test_what_a_stranger_carries_is_dropped(client: FlaskClient, ada: int, clock: FakeClock) -> None:
    page = client.post(
        "/account/sign-in",
        data=hidden(client.get("/account/sign-in")) | {"email": "ada@example.org", "password": PASSWORD, "carried": "forged"},
    )
    assert client.post("/account/code", data=hidden(page) | {"code": code(clock)}).location == "/portal/"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/portal/", "/portal/"), ("/account/people/3?x=1", "/account/people/3?x=1"), ("/desk", "/desk"), ("", ""), (None, ""),
        ("https://evil.example/portal/", ""), ("//evil.example/portal/", ""), ("/\\evil.example", ""), ("/portal/\\x", ""),
        ("/portalx", ""), ("/book/hold", ""), ("/portal/\r\nSet-Cookie: a=b", ""),
    ],
)  # fmt: skip
def test_3_7_2_the_way_back_stays_in_the_house(path: str | None, kept: str) -> None:
    assert safe_next(path) == kept


def test_7_4_3_signed_out_from_elsewhere_is_out_at_once(app: Flask, database: str, ada: int) -> None:
    here, there = signed_in(app, database, "Ada"), signed_in(app, database, "Ada")
    assert "this one" in text_of(here.get("/account/sessions"))
    done = here.post("/account/sessions", data={"csrf_token": token_on(here, "/account/sessions")}, follow_redirects=True)
    assert "nowhere else" in text_of(done)
    assert there.get("/portal/").status_code == 303
    assert here.get("/portal/").status_code == 200


def test_staying_keeps_the_session_alive(app: Flask, database: str, ada: int, clock: FakeClock) -> None:
    client = signed_in(app, database, "Ada")
    csrf = token_on(client, "/account")
    clock.forward(minutes=14)
    answer = client.post("/account/stay", data={"csrf_token": csrf})
    assert (answer.status_code, answer.headers["X-Session-Seconds"]) == (204, "900")
    clock.forward(minutes=14)
    assert client.get("/portal/").status_code == 200


def test_the_set_up_page_from_link_to_codes(app: Flask, database: str, ada: int, clock: FakeClock) -> None:
    administrator = signed_in(app, database, "Ada")
    csrf = token_on(administrator, "/account/people/invite")
    invited = administrator.post(
        "/account/people/invite",
        data={"csrf_token": csrf, "name": "Nadia New", "email": "new@example.org", "role": "agent", "flag": "y"},
    )
    assert "Invited, has not come yet" in text_of(administrator.get(invited.location))
    token = app.extensions["clinic.locks"].link_token("invite", 1)
    client = app.test_client()
    page = client.get(f"/account/set-up/{token}")
    bad = client.post(f"/account/set-up/{token}", data=hidden(page) | {"password": "impactmedical1"})
    assert (bad.status_code, "too close" in text_of(bad)) == (422, True)
    done = client.post(f"/account/set-up/{token}", data=hidden(page) | {"password": "a lamp in the harbor"})
    assert done.location == "/account/factor"
    assert client.get("/portal/").location == "/account/factor"
    page = client.get("/account/factor")
    assert '<svg class="qr"' in page.text
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert found
    wrong = client.post("/account/factor", data=hidden(page) | {"code": "000000"})
    assert wrong.status_code == 422
    assert found[1] in wrong.text, "the picture stays the same until it works"
    right = pyotp.TOTP(found[1].replace(" ", "")).at(clock())
    codes = client.post("/account/factor", data=hidden(wrong) | {"code": right})
    assert len(re.findall(r"<code>[0-9A-Z]{5}-[0-9A-Z]{5}</code>", codes.text)) == 10
    assert "supervisor" in text_of(client.get("/portal/"))
    over = app.test_client().get(f"/account/set-up/{token}")
    assert (over.status_code, "does not work any more" in text_of(over)) == (404, True)


def test_the_demo_code_opens_nothing_outside_a_demo(client: FlaskClient, ada: int) -> None:
    send(client)
    assert give_code(client, "246810").status_code == 422
    assert "246810" not in client.get("/account/code").text


def test_without_a_role_one_is_told_so(app: Flask, database: str) -> None:
    hire(app, database, "Nobody")
    client = signed_in(app, database, "Nobody")
    assert "You have no role yet" in text_of(client.get("/portal/"))
    assert client.get("/account/people").status_code == 403


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/139.0.0.0 Safari/537.36 Edg/139.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        ("", "A browser"),
    ],
)
def test_a_device_has_a_name_and_no_version(said: str, device: str) -> None:
    assert device_of(said) == device
