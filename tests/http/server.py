"""The product as it is served: gunicorn over a database, on a free port of this machine."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clinic.config import ROOT
from tests.clocks import RunningClock

START_SECONDS = 30
SECRET = "a secret of the races, long enough to be one"


@contextmanager
def gunicorn(url: str, *, workers: int = 4, clock: RunningClock | None = None, **environment: str) -> Iterator[int]:
    """Serve the database at `url`; yields the port. Eight threads a worker, as gunicorn.conf.py says.

    With a `clock`, it is that time for the application as well.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
    settings = {
        "CLINIC_DEMO": "1",
        "CLINIC_DATABASE_URL": url,
        "CLINIC_SECRET_KEY": SECRET,
        "CLINIC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CLINIC_LOG_LEVEL": "ERROR",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
    }
    command = [sys.executable, "-m", "gunicorn"]
    if clock is not None:
        command, environment = [*command, "tests.http.served:app"], clock.environment | environment
    process = subprocess.Popen(command, env=own | settings | environment, cwd=ROOT)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if call(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("gunicorn did not start")
        time.sleep(0.1)


def call(port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """One request on a connection of its own -> (status, decoded JSON or None)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        sent = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw and "json" in response.getheader("Content-Type", "") else None
    finally:
        connection.close()
