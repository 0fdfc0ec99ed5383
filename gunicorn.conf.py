"""How gunicorn serves: threads in a few processes, JSON logs, no access log (the application writes one line a request)."""

import os
from typing import Any

from gunicorn.http import message  # type: ignore[import-untyped]

from clinic.config import load
from clinic.web.logs import configuration

settings = load()  # refuse here, once, rather than in every worker

wsgi_app = "wsgi:app"
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
# Whoever pastes ten thousand characters into a search gets a sentence, not a bare 414. By itself gunicorn allows 8,190 or
# no bound at all.
message.MAX_REQUEST_LINE = 65_536
limit_request_line = 65_535
threads = 8
timeout = 30
graceful_timeout = 30
control_socket_disable = True
accesslog = None
logconfig_dict = configuration(settings.log_level)


def on_starting(_server: Any) -> None:
    """Make the application once before any worker does: one that refuses here ends the start, in a worker for ever starts anew.

    Not preloaded: when a page is broken later, and a worker is replaced, the others go on serving.
    """
    from clinic.factory import application

    application().extensions["clinic"].limiter.storage.dispose()
