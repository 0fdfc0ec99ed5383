"""What every answer tells the browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, session

from clinic.factory import create_app
from clinic.web.context import static_url
from tests.databases import settings_for


def served(tmp_path: Path, **changes: object) -> Flask:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/clinic.sqlite", **changes))

    def remember() -> str:
        session["seen"] = True
        return "remembered"

    app.add_url_rule("/remember", "remember", remember)
    return app


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page", "/api/no-such-page", "/static/site.css"])
def test_every_answer_carries_the_strict_headers(tmp_path: Path, path: str) -> None:
    headers = served(tmp_path).test_client().get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Request-Id"]
    assert "Strict-Transport-Security" not in headers


def test_the_session_cookie_on_http_and_https(tmp_path: Path) -> None:
    plain = served(tmp_path).test_client().get("/remember").headers["Set-Cookie"]
    assert plain.startswith("session=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    answer = served(tmp_path, public_url="https://localhost").test_client().get("/remember", base_url="https://localhost")
    secure = answer.headers["Set-Cookie"]
    assert secure.startswith("__Host-session=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure
    assert answer.headers["Strict-Transport-Security"]


def test_pages_are_not_stored_and_hashed_files_are_kept(tmp_path: Path) -> None:
    app = served(tmp_path)
    with app.test_request_context():
        address = static_url("site.css")
    assert app.test_client().get("/healthz").headers["Cache-Control"] == "no-store"
    assert "immutable" in app.test_client().get(address, buffered=True).headers["Cache-Control"]
    assert "immutable" not in app.test_client().get("/static/site.css", buffered=True).headers.get("Cache-Control", "")


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    app = served(tmp_path)
    app.static_folder = str(tmp_path)
    file = tmp_path / "part.css"
    addresses = set()
    for content in ("a {}", "b { color: red }"):
        file.write_text(content)
        with app.test_request_context():  # a page says one address, however often
            addresses |= {static_url("part.css"), static_url("part.css")}
    assert len(addresses) == 2


def test_proxies_are_believed_only_as_many_as_there_are(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    for hops, seen in ((0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")):
        app = create_app(replace(settings_for(f"sqlite:///{tmp_path}/clinic.sqlite"), trusted_proxies=hops))
        app.add_url_rule("/who", "who", lambda: __import__("flask").request.remote_addr)
        assert app.test_client().get("/who", headers=forwarded).text == seen
