"""A real server and a real Chromium. These tests run last, in one process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from clinic.config import ROOT
from tests.databases import Databases

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 30


def served_environment(url: str, port: int) -> dict[str, str]:
    """The environment of a demo over the database at `url`; nothing of the caller's own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
    return own | {
        "CLINIC_DEMO": "1",
        "CLINIC_DATABASE_URL": url,
        "CLINIC_SECRET_KEY": "a secret of the browser tests, long enough",
        "CLINIC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CLINIC_LOG_LEVEL": "WARNING",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of this machine; without one, playwright's own."""
    chosen = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    return {**browser_type_launch_args, "args": ARGUMENTS} | ({"executable_path": chosen} if chosen else {})


@pytest.fixture(scope="session")
def demo_database(all_databases: dict[str, Databases]) -> Iterator[str]:
    """The URL of a database with the demo in it, as `make run` makes it."""
    with all_databases["sqlite"].migrated() as url:
        environ = served_environment(url, 8000)
        flask = [sys.executable, "-m", "flask", "clinic"]
        if (
            "  demo "
            in subprocess.run([*flask, "--help"], env=environ, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        ):
            subprocess.run([*flask, "demo", "--if-empty"], env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        yield url


@pytest.fixture(scope="session")
def base_url(demo_database: str) -> Iterator[str]:
    """The address of gunicorn, serving the demo."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
    process = subprocess.Popen(command, env=served_environment(demo_database, port), cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/readyz", process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(autouse=True)
def quiet_console(page: Page) -> Iterator[None]:
    """A test fails when a page logs an error (a blocked script or style among them) or asks another host for anything."""
    heard: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports every 4xx and 5xx page as an error of its own; the tests look at statuses themselves.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server responded with a status"):
            heard.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith("http://127.0.0.1:") else heard.append(f"asked {sent.url}"))
    yield
    assert heard == []


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("gunicorn did not start") from None
            time.sleep(0.1)
