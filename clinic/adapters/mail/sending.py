"""SMTP (RFC 5321) with smtplib: encrypted or not at all, over in time, and with failures that say what to do next."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from clinic.adapters.delivery import Deadline, Undelivered, connect, why
from clinic.adapters.mail.writing import WIRE, addresses

_SIGN_IN = frozenset({530, 534, 535, 538})
"""Answers that ask for a sign-in or a better one, at whatever step they come."""
_TOO_LARGE = frozenset({552, 553, 555})
"""Answers to MAIL that are about this mail: its size, its addresses' letters, its options."""
_QUIT_SECONDS = 2.0
_URL = "must read smtp://user:password@host:port, with : / @ # and % in a password as %3A %2F %40 %23 %25"


@dataclass(frozen=True, slots=True)
class Server:
    """Where and as whom. `implicit`: TLS from the first byte. Without a `user` there is no sign-in."""

    host: str
    port: int
    implicit: bool = False
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def read_url(url: str) -> Server:
    """smtp://user:password@host:port (587 without one), or smtps:// (465). Raises ValueError, which never quotes the URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(
            "must read smtp://user:password@host:port, with : / @ # and % in a password as %3A %2F %40 %23 %25"
        ) from None
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(_URL)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("needs both a user and a password, or neither")
    if not (user + password).isascii() or re.search(r"[\x00-\x1f\x7f]", user + password):
        raise ValueError("has a user or password that SMTP cannot send; use ASCII letters, digits and signs")
    return Server(host, port or (465 if parts.scheme == "smtps" else 587), parts.scheme == "smtps", user, password)


class Mailer:
    """What is needed to send. Makes no connection by itself, and may be shared by threads.

    `tls` "starttls": unless the server offers TLS with a certificate of its name that this machine trusts, nothing is sent.
    "off": in clear, for a server on this machine. A server by smtps:// is encrypted in any case. `timeout` is how many
    seconds the server may be silent, `deadline` how many one mail may take in all, connecting included (but for looking up
    the server's name, which is the system's). Raises ValueError for a URL or sender that cannot be.
    """

    def __init__(
        self, url: str, *, tls: Literal["starttls", "off"], sender: str, timeout: float = 10.0, deadline: float = 30.0
    ) -> None:
        self._server = read_url(url)
        self._upgrades = tls != "off" and not self._server.implicit
        self._timeout, self._deadline = timeout, deadline
        senders = addresses(sender)
        if len(senders) != 1 or not senders[0].domain:
            raise ValueError("the sender must be one address")
        self.sender, self._domain = senders[0].addr_spec, senders[0].domain

    @contextmanager
    def open(self) -> Iterator[Outlet]:
        """For a batch of mails, of one thread."""
        outlet = Outlet(self)
        try:
            yield outlet
        finally:
            outlet.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _limit(self) -> Deadline:
        return Deadline(self._deadline, self._timeout)

    def _connected(self, deadline: Deadline) -> smtplib.SMTP:
        """A session in which a mail may begin. Every failure so far is one of the server."""
        # With a name of our own: smtplib would ask the network for one, for as long as that takes, and tell it to the server.
        session = smtplib.SMTP(local_hostname=self._domain)
        try:
            self._sign_in(session, deadline)
        except BaseException as error:
            session.close()
            raise _of_the_server(error) from None
        return session

    def _sign_in(self, session: Any, deadline: Deadline) -> None:
        server = self._server
        session.sock = connect(server.host, server.port, deadline)
        if server.implicit:
            session.sock.encrypt(self._context, server.host)
        _expect(session.getreply(), 220)
        _expect(session.ehlo(), 250)
        if self._upgrades:
            if not session.has_extn("starttls") or session.docmd("STARTTLS")[0] != 220:
                raise Undelivered("tls", unreachable=True)
            session.sock.encrypt(self._context, server.host)
            session.file = None  # with whatever came in clear after the answer
            _expect(session.ehlo(), 250)
        if server.user:
            session.login(server.user, server.password)


class Outlet:
    """One connection, made when it is first needed and kept for the next mail; after a failure the next makes another."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._session: Any = None

    def send(self, message: EmailMessage) -> None:
        """Returns when the server has taken it, to the one address in "To". Raises Undelivered.

        Between the last byte and the server's "250" nobody can know: when the connection is lost there, the code is
        "unanswered", and the mail may come twice, with the same Message-ID.
        """
        [to] = message["To"].addresses
        recipient = to.addr_spec
        content = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=WIRE.clone(utf8=not recipient.isascii())))
        try:
            self._begin(self._mailer._limit(), recipient)
            _expect(self._session.rcpt(recipient), 250, 251)
            self._hand_over(content)
        except BaseException as error:
            self._drop()
            if isinstance(error, OSError):
                raise _lost(error) from None
            raise

    def close(self) -> None:
        """Say goodbye, for two seconds at most."""
        if self._session is not None:
            self._session.sock.deadline = Deadline(_QUIT_SECONDS, _QUIT_SECONDS)
            with suppress(OSError):
                self._session.docmd("QUIT")
        self._drop()

    def _begin(self, deadline: Deadline, recipient: str) -> None:
        """A session in which MAIL was accepted: the kept one, or a new one where the server has ended that meanwhile."""
        if self._session is not None:
            self._session.sock.deadline = deadline
            try:
                return self._mail(recipient)
            except OSError:
                self._drop()
            except Undelivered as failed:
                if not failed.unreachable:
                    raise
                self._drop()
        self._session = self._mailer._connected(deadline)
        return self._mail(recipient)

    def _mail(self, recipient: str) -> None:
        options = []
        if not recipient.isascii():
            if not self._session.has_extn("smtputf8"):
                raise Undelivered("smtputf8", permanent=True)
            options = ["SMTPUTF8"]
        answer = self._session.mail(self._mailer.sender, options)
        if 500 <= answer[0] < 600 and answer[0] not in _TOO_LARGE:
            raise Undelivered("auth" if answer[0] in _SIGN_IN else str(answer[0]), unreachable=True)  # our sender, not this mail
        _expect(answer, 250)

    def _hand_over(self, content: bytes) -> None:
        _expect(self._session.docmd("DATA"), 354)
        self._session.send(content + b".\r\n")
        try:
            answer = self._session.getreply()
        except smtplib.SMTPServerDisconnected as error:
            raise Undelivered("unanswered", unreachable=isinstance(error.__context__, TimeoutError)) from None
        _expect(answer, 250)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    """Raises Undelivered for any other code; what else the server says may quote an address, and is not looked at."""
    code = answer[0]
    if code in codes:
        return
    if code in _SIGN_IN:
        raise Undelivered("auth", unreachable=True)
    if 400 <= code < 600:
        raise Undelivered(str(code), permanent=code >= 500, unreachable=code == 421)
    raise Undelivered("garbled", unreachable=True)


def _of_the_server(error: BaseException) -> BaseException:
    """What failed before a mail began, as an Undelivered that is not the mail's fault; anything else as it is."""
    if isinstance(error, Undelivered):
        return Undelivered(error.code, unreachable=True)
    if isinstance(error, smtplib.SMTPAuthenticationError) and 400 <= error.smtp_code < 500:
        return Undelivered(str(error.smtp_code), unreachable=True)
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return Undelivered("auth", unreachable=True)
    if isinstance(error, OSError):
        return Undelivered(_lost(error).code, unreachable=True)
    return Undelivered("garbled", unreachable=True) if isinstance(error, ValueError) else error


def _lost(error: OSError) -> Undelivered:
    """For a connection that ended. A server that hangs up on one mail may take others; one that is silent will not."""
    cause = error.__context__ if isinstance(error, smtplib.SMTPException) else error
    code = why(cause) if isinstance(cause, OSError) else "lost"
    return Undelivered(code, unreachable=code == "timeout")
