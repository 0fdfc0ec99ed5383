"""What mail and SMS have in common: how they fail, and a connection that ends in time whatever the other side does."""

from __future__ import annotations

import io
import socket
import ssl
from time import monotonic
from typing import IO, Any

_CHUNK = 8192


class Undelivered(Exception):
    """Not sent, as far as anybody can know. What it says is fit for a log: no address, no text of the other side.

    `code` is short: "550", "timeout", "refused", "tls", "auth", "twilio 21211"; "unanswered" when all was sent and the other
    side went away or silent before it said whether it keeps it, so that trying again may send it twice.
    `permanent`: never try again, it is this message or its recipient. `unreachable`: it is the server as a whole, or our
    account there; others need not be tried now. `retry_after`: seconds, when the other side said so.
    """

    def __init__(
        self, code: str, *, permanent: bool = False, unreachable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.unreachable = unreachable
        self.retry_after = retry_after


class Deadline:
    """`seconds` for everything together, at most `step` of them in silence."""

    def __init__(self, seconds: float, step: float) -> None:
        self._ends = monotonic() + seconds
        self._step = step

    def left(self) -> float:
        """Seconds for the next step. Raises TimeoutError when there are none."""
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._step)


class TimedSocket:
    """As much of a socket as smtplib and http.client use. A plain one grants the whole timeout anew to every byte."""

    def __init__(self, plain: socket.socket, deadline: Deadline) -> None:
        self._socket = plain
        self._readers = 0
        self._closing = False
        self.deadline = deadline

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), _CHUNK):
            self._socket.settimeout(self.deadline.left())
            self._socket.sendall(view[start : start + _CHUNK])

    def makefile(self, _mode: str = "rb", *_how: Any) -> IO[bytes]:
        self._readers += 1
        return io.BufferedReader(_Arriving(self))

    def receive_into(self, buffer: Any) -> int:
        self._socket.settimeout(self.deadline.left())
        return self._socket.recv_into(buffer)

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """From now on by TLS, with the certificate of `host`. Raises ssl.SSLError or OSError."""
        self._socket.settimeout(self.deadline.left())
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def close(self) -> None:
        """As soon as nobody reads from it: http.client closes before it has read the answer."""
        self._closing = True
        if not self._readers:
            self._socket.close()

    def read_to_the_end(self) -> None:
        self._readers -= 1
        if self._closing:
            self.close()


class _Arriving(io.RawIOBase):
    def __init__(self, source: TimedSocket) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._source.read_to_the_end()


def connect(host: str, port: int, deadline: Deadline) -> TimedSocket:
    """The first address of `host` that answers. Raises OSError. Looking up the name is the system's, and has its own limits."""
    failed: OSError = ConnectionRefusedError()
    for *_kind, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            made = socket.create_connection((str(address[0]), port), timeout=deadline.left())
        except OSError as error:
            failed = error
        else:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return TimedSocket(made, deadline)
    raise failed


def why(error: OSError) -> str:
    """The code of an Undelivered for a connection that failed."""
    for kind, code in _WHY:
        if isinstance(error, kind):
            return code
    return "lost"


_WHY: tuple[tuple[type[OSError], str], ...] = (
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (ssl.SSLEOFError, "lost"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "name"),
)
