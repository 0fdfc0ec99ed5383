"""The JSON API: everything a program needs to find a time, hold it and book it. No cookies, no sessions, no form tokens.

operation.py makes a view into a documented address; schemas.py draws what goes in and out, answers.py fills what goes
out; refusals.py says no as problem+json; document.py serves the description, for programs and for people.
"""

from __future__ import annotations

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api

from clinic.extensions import csrf
from clinic.web.api import appointments, directory, document, holds, openings, refusals  # noqa: F401 (they fill the blueprint)
from clinic.web.api.operation import blueprint, document_errors
from clinic.web.context import settings
from clinic.web.converters import SlugConverter, TokenConverter

__all__ = ["register"]


class JsonApi(Api):
    """flask-smorest, except that refusals are left to web/errors.py: it would answer every page's with JSON."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        document_errors(self.spec)


def register(app: Flask) -> None:
    """Open the API at /api/v1, described at /api/v1/openapi.json and, for people, at /api/v1/."""
    assert isinstance(app.json, DefaultJSONProvider)
    app.json.sort_keys = False
    with app.app_context():
        chosen = settings()
    about = {"description": document.ABOUT, "contact": {"name": chosen.brand, "url": chosen.public_url}}
    api = JsonApi(
        app,
        spec_kwargs={
            "title": f"{chosen.brand} booking",
            "version": "1",
            "openapi_version": "3.1.0",
            "info": about,
            "servers": [{"url": chosen.public_url}],
        },
    )
    api.register_converter(SlugConverter, lambda converter: {"type": "string", "pattern": f"^{converter.regex}$"})
    api.register_converter(TokenConverter, lambda converter: {"type": "string", "pattern": f"^{converter.regex}$"})
    csrf.exempt(blueprint)
    api.register_blueprint(blueprint)
    app.register_blueprint(document.blueprint)
