"""A real SMTP server on a thread of the tests: keeps what it is given, and answers as it is told to.

    with Postbox() as box:
        box.say("RCPT", "450 4.7.1 Come back later")  # the next time it is asked; then it takes mail again
        …                                             # send to box.url
        assert box.received[0].message["Subject"] == "…"

What it does with TLS is trusted by this process, and by those it starts, while it runs: SSL_CERT_FILE names its authority.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import tempfile
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any, Literal
from urllib.parse import quote

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG_UP = "(hang up)"
"""For `Postbox.say`: close the connection instead of answering."""

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's: it names addresses, and tests look for those in logs


@dataclass(frozen=True)
class Received:
    """A mail as it came: the envelope, every byte, and whether the connection was encrypted and signed in."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    tls: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)  # type: ignore[return-value]


class Postbox:
    """`received` is in order of arrival, `connections` counts them. Its port stays the same from start to stop to start."""

    def __init__(
        self,
        *,
        tls: Literal["starttls", "implicit", "off"] = "starttls",
        login: tuple[str, str] | None = ("clinic", "pass:word@/%20"),
        smtputf8: bool = True,
        host: str = "localhost",
    ) -> None:
        self.tls, self.login, self.host = tls, login, host
        self.received: list[Received] = []
        self.connections = 0
        self.delay = 0.0
        """Seconds before each mail is acknowledged."""
        self._smtputf8 = smtputf8
        self._said: dict[str, deque[str]] = defaultdict(deque)
        self._arrived = Condition()
        self._port = 0
        self._thread: Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._before: str | None = None
        self._context: ssl.SSLContext | None = None
        if tls != "off":
            self._authority = trustme.CA()
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert("localhost").configure_cert(self._context)

    @property
    def url(self) -> str:
        """For CLINIC_SMTP_URL: who may sign in, and where."""
        who = ":".join(quote(word, safe="") for word in self.login) + "@" if self.login else ""
        return f"smtp{'s' if self.tls == 'implicit' else ''}://{who}{self.host}:{self._port}"

    def say(self, step: Literal["EHLO", "AUTH", "MAIL", "RCPT", "DATA"], *answers: str) -> None:
        """Answer the next times with these, one each. "DATA" is answered after the last line; a mail refused is not kept."""
        self._said[step].extend(answers)

    def wait(self, count: int, seconds: float = 10.0) -> list[Received]:
        """The mails, as soon as there are `count`; AssertionError when there are not within `seconds`."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, seconds), f"{len(self.received)} of {count} came"
            return list(self.received)

    def start(self) -> None:
        """Listen, on the same port as before. Returns when connections are taken."""
        assert self._thread is None
        listening = socket.create_server(("127.0.0.1", self._port))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each EHLO, of many lines, takes 40 ms
        self._port = listening.getsockname()[1]
        self._loop, self._stopped, ready = asyncio.new_event_loop(), asyncio.Event(), Event()
        self._thread = Thread(target=self._run, args=(listening, ready), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        """Refuse connections from now on; those that are open are cut off."""
        if self._thread:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Postbox:
        if self._context:
            self._folder = tempfile.TemporaryDirectory()
            file = Path(self._folder.name) / "authority.pem"
            self._authority.cert_pem.write_to_path(str(file))
            self._before = os.environ.get("SSL_CERT_FILE")
            os.environ["SSL_CERT_FILE"] = str(file)
        self.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self.stop()
        if self._folder:
            os.environ.pop("SSL_CERT_FILE")
            if self._before is not None:
                os.environ["SSL_CERT_FILE"] = self._before
            self._folder.cleanup()

    def _run(self, listening: socket.socket, ready: Event) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening, ready))

    async def _serve(self, listening: socket.socket, ready: Event) -> None:
        open_ones: list[asyncio.BaseTransport] = []
        at_once = self._context if self.tls == "implicit" else None
        box = self

        class Talking(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                if self._original_transport is None:  # else the same connection, encrypted from now on
                    open_ones.append(transport)
                    box.connections += 1
                super().connection_made(transport)

        def answering() -> SMTP:
            return Talking(
                _Handler(self),
                loop=self._loop,
                hostname="postbox.example",
                tls_context=self._context if self.tls == "starttls" else None,
                require_starttls=self.tls == "starttls",
                authenticator=self._signs_in,
                auth_require_tls=self.tls == "starttls",
                enable_SMTPUTF8=self._smtputf8,
            )

        server = await self._loop.create_server(answering, sock=listening, ssl=at_once)
        ready.set()
        await self._stopped.wait()
        server.close()
        for transport in open_ones:
            with suppress(AttributeError):  # of an encrypted one that is gone already
                transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    def _signs_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        if answer := self._answer("AUTH"):
            return AuthResult(success=False, handled=False, message=answer)
        given = (data.login.decode(), data.password.decode()) if isinstance(data, LoginPassword) else None
        return AuthResult(success=given == self.login, handled=False, auth_data=data)

    def _answer(self, step: str) -> str:
        return self._said[step].popleft() if self._said[step] else ""

    def _keep(self, received: Received) -> None:
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()


class _Handler:
    """The hooks that aiosmtpd calls, each with what to answer."""

    def __init__(self, box: Postbox) -> None:
        self._box = box

    def _said(self, server: SMTP, step: str) -> str:
        answer = self._box._answer(step)
        if answer == HANG_UP:
            server.transport.abort()
        return answer

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = self._said(server, "EHLO")
        return [answer] if answer else responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._said(server, "MAIL") or "250 OK"
        if not answer.startswith("2"):
            return answer
        if self._box.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._said(server, "RCPT") or "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self._box.delay)
        answer = self._said(server, "DATA") or "250 OK"
        if answer.startswith("2"):
            user = session.auth_data.login.decode() if session.authenticated else ""
            content, recipients = envelope.original_content, tuple(envelope.rcpt_tos)
            assert content is not None
            tls = session.ssl is not None or self._box.tls == "implicit"
            self._box._keep(Received(envelope.mail_from or "", recipients, content, tls, user))
        return answer
