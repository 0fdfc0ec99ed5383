"""How gunicorn serves: threads in a few processes, JSON logs, no access log (the application writes one line a request)."""

import os

from clinic.config import load
from clinic.web.logs import configuration

settings = load()  # refuse here, once, rather than in every worker

wsgi_app = "wsgi:app"
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 30
graceful_timeout = 30
control_socket_disable = True
accesslog = None
logconfig_dict = configuration(settings.log_level)
