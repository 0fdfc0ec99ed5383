"""Refusals as application/problem+json (RFC 9457), for the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """An answer that says what is wrong.

    `kind` is the refusal's name in kebab-case, sent as `type` ("about:blank" without one). `errors` maps a field to a
    sentence; a field inside another is named with a dot, as in "patient.phone". `members` are further JSON values, such
    as alternatives.
    """
    body: dict[str, Any] = {
        "type": f"urn:problem:{kind}" if kind else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = dict(errors)
    return Response(
        json.dumps(body | members, ensure_ascii=False),
        status,
        headers=dict(headers or {}),
        content_type="application/problem+json",
    )
