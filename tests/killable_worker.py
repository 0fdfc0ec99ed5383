"""Workers that die: each is a process of its own that runs `flask clinic worker --once`, and is killed at a named point.

    with mortals(database, box.url) as run:
        assert run(now, "sent", 2) == -SIGKILL  # as it is about to note its second message as sent
        assert run(now + LEASE) == 0            # the next one does what is left, and ends

One process builds the application and forks the workers: a worker then starts in milliseconds, with connections of its own.
Each lives at the moment it is told, so that leases end without anybody waiting.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from clinic.config import ROOT
from clinic.factory import create_app
from clinic.usecases.messages import MessageContext
from tests.databases import settings_for

LEASE = timedelta(seconds=60)
SENDER, SITE = "visits@book.example.org", "https://book.example.org"

Run = Callable[..., int]
"""`run(now, point="", nth=1)` -> how the worker ended: 0, or the number of the signal, negative."""


@contextmanager
def mortals(url: str, smtp_url: str) -> Iterator[Run]:
    command = [sys.executable, "-m", "tests.killable_worker", url, smtp_url]
    parent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert parent.stdin
    assert parent.stdout

    def run(now: datetime, point: str = "", nth: int = 1) -> int:
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write(json.dumps([now.isoformat(), point, nth]) + "\n")
        return int(parent.stdout.readline())

    with parent:
        yield run
        parent.stdin.close()


def main(url: str, smtp_url: str) -> None:
    """Answer each line of the standard input with how a worker ended."""
    moment = datetime.fromisoformat("2026-11-16T14:00+00:00")
    settings = settings_for(url, smtp_url=smtp_url, mail_from=SENDER, public_url=SITE)
    app = create_app(settings, clock=lambda: moment)
    post: MessageContext = app.extensions["clinic.post"]
    for line in sys.stdin:
        said, point, nth = json.loads(line)
        moment = datetime.fromisoformat(said)
        child = os.fork()
        if not child:
            app.extensions["clinic.post"] = replace(post, fault=_killer(point, nth))
            ended = app.test_cli_runner().invoke(args=["clinic", "worker", "--once"])
            os._exit(ended.exit_code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _killer(point: str, nth: int) -> Callable[[str], None]:
    """Kills this process the `nth` time that it comes to that point."""
    passed = 0

    def fault(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return fault


if __name__ == "__main__":
    main(*sys.argv[1:])
