"""One JSON line a request, and nothing personal in any line.

The line names the route (`/visits/<token>`), never the path or the query. Of an exception it keeps the type and where it
was raised, not its message: a database's message quotes the values.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from contextvars import ContextVar
from time import perf_counter
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter

log = logging.getLogger("clinic.request")
request_id: ContextVar[str] = ContextVar("request_id", default="")

# psycopg warns of every statement that loses a race inside a pipeline, with its values.
LOGGERS = {"psycopg": "ERROR", "sqlalchemy": "WARNING", "alembic": "WARNING", "geopy": "ERROR", "urllib3": "ERROR"}


class Formatter(JsonFormatter):
    """JSON with the request's id, and exceptions without their messages."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "time", "levelname": "level"}
        )

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        if request_id.get():
            log_data["request_id"] = request_id.get()

    def formatException(self, ei: Any) -> str:  # noqa: N802 (the name is logging's)
        kind: type[BaseException] | None
        tb: TracebackType | None
        kind, _, tb = ei
        return f"{kind.__name__ if kind else 'unknown'}\n{''.join(traceback.format_tb(tb))}"


def configuration(level: str) -> dict[str, Any]:
    """For logging.config.dictConfig, and for gunicorn's own loggers."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": Formatter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://flask.logging.wsgi_errors_stream"}
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {name: {"level": floor} for name, floor in LOGGERS.items()}
        | {"gunicorn.error": {"level": level, "handlers": [], "propagate": True}},
    }


def install(app: Flask) -> None:
    """Give every request an id, answer with it, and write one line when it ends."""

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()
        g.request_id = secrets.token_hex(8)
        request_id.set(g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.endpoint != "static":
            line = {
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule else None,
                "status": response.status_code,
                "ms": round((perf_counter() - g.get("began", perf_counter())) * 1000, 1),
            }
            log.info("request", extra=line)
        return response
