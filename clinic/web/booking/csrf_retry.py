"""A form that came without the token of its page: no cookie reached us, or the page was open for too long."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, current_app, render_template, request
from flask_wtf.csrf import CSRFError

MOST_FIELDS = 40


def install(blueprint: Blueprint) -> None:
    """Hang this answer onto the room."""
    blueprint.register_error_handler(CSRFError, send_again)


def send_again(_error: CSRFError) -> tuple[str, int]:
    """Everything that was sent, in a form with a fresh token, to be pressed once more; nothing was changed.

    Only for what a page of ours sent: nobody else's page may have us ask for such a press.
    """
    answers = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    without_cookies = current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    page = render_template(
        "booking/again.html", without_cookies=without_cookies, answers=answers[:MOST_FIELDS] if _is_ours() else None,
        address=request.path,
    )  # fmt: skip
    return page, 400


def _is_ours() -> bool:
    """Whether a page of this site sent the form, as far as the browser says."""
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(sender).netloc == request.host
