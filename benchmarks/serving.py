"""Sites behind gunicorn, and visitors who ask them in turns.

The product is served as in production: behind a proxy that ends TLS, every patient with an address of their own, rate
limits counting, CSRF tokens checked, a log line for each request. Every other site has the same gunicorn.conf.py and
is sent the same headers.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.measure import QUICK, ROUNDS, Rounds
from clinic.config import ROOT

SECRET = "a secret of the benchmarks, long enough to be one"
HOST = "book.example.org"
NO_LIMIT = "1000000 per minute"
WORKERS, THREADS = 2, 4
TURNS = 2 if QUICK else 4
SECONDS = 0.25 if QUICK else 0.5
START_SECONDS = 30
WARMING = 2 * WORKERS * THREADS
"""Visitors before the clock starts, so that every worker has kept what it keeps and prepared its statements."""


def environment_for(url: str) -> dict[str, str]:
    """Of a process of the product over the database at `url`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")} | {
        "CLINIC_DATABASE_URL": url,
        "CLINIC_SECRET_KEY": SECRET,
        "CLINIC_PUBLIC_URL": f"https://{HOST}",
        "CLINIC_BRAND": "Impact Medical",
        "CLINIC_PHONE": "(407) 555-0100",
        "CLINIC_INTAKE_KEYS": "dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4=",
        "CLINIC_SMTP_URL": "smtp://localhost:9",
        "CLINIC_MAIL_FROM": "visits@example.org",
        "CLINIC_TRUSTED_PROXIES": "1",
        "CLINIC_LIMIT_HOLDS": NO_LIMIT,
        "CLINIC_LIMIT_BOOKINGS": NO_LIMIT,
    }


@contextmanager
def served(url: str, log: Path, *, app: str = "wsgi:app", folder: Path = ROOT, ready: str = "/readyz") -> Iterator[int]:
    """Serve `app` over the database at `url` until the block ends; yields the port. What it logs goes to `log`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    environment = environment_for(url) | {"PORT": str(port)}
    settings = ["--config", str(ROOT / "gunicorn.conf.py"), "--workers", str(WORKERS), "--threads", str(THREADS)]
    with log.open("ab") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *settings, "--chdir", str(folder), app],
            env=environment, cwd=ROOT, stdout=lines, stderr=lines,
        )  # fmt: skip
        try:
            _wait(port, ready, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            caller = Caller(port)
            try:
                if caller.ask(request("GET", path)).status == 200:
                    return
            finally:
                caller.close()
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("gunicorn did not start:\n" + log.read_text())
        time.sleep(0.1)


def request(method: str, path: str, form: Mapping[str, str] | None = None, *, cookie: str = "", number: int = 0) -> bytes:
    """A request as the proxy passes it on. `number` is whose: each patient has another address."""
    body = urlencode(form or {}).encode()
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {HOST}",
        "Accept: text/html,application/xhtml+xml",
        f"Referer: https://{HOST}/",
        f"X-Forwarded-For: {address}",
        "X-Forwarded-Proto: https",
        *([f"Cookie: {cookie}"] if cookie else []),
        *(["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"] if method == "POST" else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Answer(NamedTuple):
    status: int
    head: str
    body: bytes

    def header(self, name: str) -> str:
        """The first of that name, '' for none."""
        start = f"{name.lower()}: "
        return next((line[len(start) :] for line in self.head.split("\r\n") if line.lower().startswith(start)), "")


class Caller:
    """One connection that is kept. Hardly any Python, because what it costs is counted for both sides."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, sent: bytes) -> Answer:
        self._socket.sendall(sent)
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        head = got[:end].decode("latin-1")
        lowered = head.lower()
        _, _, after = lowered.partition("\r\ncontent-length: ")
        length = int(after.partition("\r\n")[0])
        body = got[end + 4 :]
        while len(body) < length:
            body += self._more()
        return Answer(int(head[9:12]), head, body)

    def _more(self) -> bytes:
        more = self._socket.recv(262_144)
        if not more:
            raise http.client.RemoteDisconnected("the site hung up")
        return more

    def close(self) -> None:
        self._socket.close()


Visit = Callable[[Caller], tuple[float, ...]]
"""What one visitor does, once: the seconds of each request that is measured."""


@dataclass(frozen=True)
class Site:
    port: int
    visit: Visit
    timed: int = 1
    """How many requests of a visit are measured."""
    during: Callable[[], AbstractContextManager[None]] = nullcontext
    """What goes on beside it, while it is this site's turn."""


def in_turns(*sites: Site, visitors: int, rounds: int = ROUNDS) -> Rounds:
    """`visitors` at once ask one site, then the next, and again. The jobs of the result are the measured requests in order.

    Each turn opens its connections anew: which worker gets how many of them is luck, and evens out.
    """
    taken: list[list[list[float]]] = [[] for site in sites for _ in range(site.timed)]
    with ThreadPoolExecutor(max(visitors, WARMING)) as crowd:
        for site in sites:
            _turn(crowd, site, WARMING, 2 * SECONDS)
        for _ in range(rounds):
            calls: list[list[float]] = [[] for _ in taken]
            for _ in range(TURNS):
                first = 0
                for site in sites:
                    for visit in _turn(crowd, site, visitors, SECONDS):
                        for nth, seconds in enumerate(visit):
                            calls[first + nth].append(seconds)
                    first += site.timed
            for kept, found in zip(taken, calls, strict=True):
                kept.append(found)
    return Rounds(taken)


def _turn(crowd: ThreadPoolExecutor, site: Site, visitors: int, seconds: float) -> list[tuple[float, ...]]:
    def visitor(_number: int) -> list[tuple[float, ...]]:
        caller, made = Caller(site.port), []
        try:
            while time.perf_counter() < until:
                made.append(site.visit(caller))
        finally:
            caller.close()
        return made

    with site.during():
        until = time.perf_counter() + seconds
        return [visit for made in crowd.map(visitor, range(visitors)) for visit in made]


def timed(caller: Caller, sent: bytes, status: int) -> tuple[float, Answer]:
    """Ask, and say how long it took. Any other status than this one is an error."""
    began = time.perf_counter()
    answer = caller.ask(sent)
    seconds = time.perf_counter() - began
    if answer.status != status:
        raise RuntimeError(f"{sent.split(b' HTTP')[0]!r} was answered {answer.status}: {answer.body[:2000]!r}")
    return seconds, answer
