"""What every answer tells the browser. No page of ours has inline script or style, or anything from elsewhere."""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)

ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
    # same-origin, not no-referrer: Flask-WTF wants the Referer of a form sent over https.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TWO_YEARS = 63_072_000

FOR_SEARCH_ENGINES = frozenset(
    {"static", "locator.home", "locator.locations", "locator.location", "locator.specialist"}
    | {"care.services", "care.service", "care.page", "care.glossary", "care.begin"}
)
"""What may stand in a search engine's index: pages that are the same for everybody, and have a canonical link."""


def install(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer. A view that may be cached sets Cache-Control itself; the rest is not stored."""

    always = [*ALWAYS.items(), *([("Strict-Transport-Security", f"max-age={TWO_YEARS}")] if https else [])]

    @app.after_request
    def tell(response: Response) -> Response:
        headers, endpoint = response.headers, request.endpoint
        headers.extend(always)
        if endpoint not in FOR_SEARCH_ENGINES:
            headers.add("X-Robots-Tag", "noindex")
        if endpoint == "static":
            if "v" in request.args and response.status_code == 200:
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "Cache-Control" not in headers:
            headers.add("Cache-Control", "no-store")
        return response
