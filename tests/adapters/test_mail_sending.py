"""Sending, against servers that refuse, stall, lie and go away: what is said of it, how soon, and what the next mail finds."""

from __future__ import annotations

import re
import socket
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from threading import Thread

import pytest
import trustme

from clinic.adapters.delivery import Undelivered
from clinic.adapters.mail import Mail, Mailer, Outlet, read_url, write_mail
from tests.browser.ports import free_port
from tests.postbox import HANG_UP, Postbox

SENDER = "Impact Medical <visits@book.example.org>"
PRIVATE = ("ana@example.org", "canary", "hush", "pass:word", "pass%3Aword")
TEMPORARY, PERMANENT, UNREACHABLE = (False, False), (True, False), (False, True)


def message(to: str = "ana@example.org", text: str = "Hello canary\n") -> EmailMessage:
    mail = Mail(to=to, subject="Your visit", text=text, html=f"<p>{text}</p>", message_id="<1@book.example.org>")
    return write_mail(mail, sender=SENDER, date=datetime(2026, 11, 16, 14, 0, tzinfo=UTC))


def mailer(url: str, *, tls: str = "starttls", timeout: float = 10.0, deadline: float = 20.0) -> Mailer:
    return Mailer(url, tls=tls, sender=SENDER, timeout=timeout, deadline=deadline)  # type: ignore[arg-type]


def failure(outlet: Outlet, sent: EmailMessage | None = None) -> tuple[str, tuple[bool, bool]]:
    """(code, (permanent, unreachable)) of a mail that is not taken. It shows nothing that is private."""
    with pytest.raises(Undelivered) as raised:
        outlet.send(sent or message())
    said = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + str(raised.value.args)
    assert [word for word in PRIVATE if word in re.sub(r'"[^"]*test_mail_sending.py".*\n.*\n', "", said)] == []
    return raised.value.code, (raised.value.permanent, raised.value.unreachable)


def tried(url: str, **how: float | str) -> tuple[str, tuple[bool, bool]]:
    with mailer(url, **how).open() as outlet:  # type: ignore[arg-type]
        return failure(outlet)


class Talk:
    """The server's end of a connection, for servers that do what no real one would."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        self.heard: list[str] = []

    def say(self, *lines: str) -> None:
        self.wire.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self, until: bytes = b"\r\n") -> str:
        got = b""
        while not got.endswith(until):
            more = self.wire.recv(1 if until == b"\r\n" else 65_536)
            if not more:
                return ""
            got += more
        self.heard.append(got.decode())
        return got.decode().strip()

    def until_data(self, *, ready: bool = True) -> None:
        """Greet, and take everything up to DATA."""
        self.say("220 mail.example")
        while command := self.hear():
            if command.upper() == "DATA":
                break
            self.say("250 mail.example")
        if ready:
            self.say("354 go on")

    def drip(self, text: str) -> None:
        """A byte at a time, for ever."""
        while True:
            for byte in text.encode():
                self.wire.sendall(bytes([byte]))
                time.sleep(0.02)


@contextmanager
def server(*talks: Callable[[Talk], None]) -> Iterator[str]:
    """Its URL. The first connection gets the first of `talks` and so on; the last one stays."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    wires: list[socket.socket] = []

    def serve() -> None:
        for number in range(100):
            try:
                wire, _ = listening.accept()
            except OSError:
                return
            wires.append(wire)
            Thread(target=talk, args=(talks[min(number, len(talks) - 1)], wire), daemon=True).start()

    def talk(what: Callable[[Talk], None], wire: socket.socket) -> None:
        with wire, suppress(OSError):  # the client may have left
            what(Talk(wire))

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
        for wire in wires:
            wire.close()


# --- what goes well -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["starttls", "implicit", "off"])
def test_signed_in_and_encrypted_over_one_connection(tls: str) -> None:
    with Postbox(tls=tls) as box:  # type: ignore[arg-type]
        made = mailer(box.url, tls="off" if tls == "off" else "starttls")
        with made.open():
            pass
        assert box.connections == 0, "nothing to send, nobody called"
        with made.open() as outlet:
            for _ in range(3):
                outlet.send(message())
        assert [(mail.tls, mail.user) for mail in box.received] == [(tls != "off", "clinic")] * 3
        assert box.connections == 1
    assert "hush" not in repr(read_url("smtp://clinic:hush@mail.example"))


def test_without_a_login_there_is_no_sign_in() -> None:
    with Postbox(login=None) as box:
        with mailer(box.url).open() as outlet:
            outlet.send(message())
        assert box.received[0].user == ""


def test_a_connection_that_the_server_ended_meanwhile_is_made_anew() -> None:
    with Postbox() as box:
        with mailer(box.url).open() as outlet:
            outlet.send(message())
            box.stop()
            box.start()
            outlet.send(message())
            box.say("MAIL", "421 4.7.0 Enough for one connection")
            outlet.send(message())
        assert (len(box.received), box.connections) == (3, 3)


def test_250_and_then_nothing_is_a_mail_that_was_taken() -> None:
    def takes_one(talk: Talk) -> None:
        talk.until_data()
        talk.hear(b"\r\n.\r\n")
        talk.say("250 kept")

    with server(takes_one) as url, mailer(url, tls="off").open() as outlet:
        outlet.send(message())
        outlet.send(message())


def test_an_address_in_other_letters_is_sent_where_the_server_can() -> None:
    with Postbox() as box, mailer(box.url).open() as outlet:
        outlet.send(message("zoë@example.org"))
        outlet.send(message("ana@example.org"))
        assert [mail.recipients for mail in box.received] == [("zoë@example.org",), ("ana@example.org",)]
        assert box.received[0].message["To"] == "zoë@example.org"
    with Postbox(smtputf8=False) as box, mailer(box.url).open() as outlet:
        assert failure(outlet, message("zoë@example.org")) == ("smtputf8", PERMANENT)
        outlet.send(message())


# --- what the server refuses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer", "code", "kind"),
    [
        ("EHLO", "421 4.3.2 Closing", "421", UNREACHABLE),
        ("EHLO", "554 5.7.1 canary ana@example.org", "554", UNREACHABLE),
        ("AUTH", "535 5.7.8 canary", "auth", UNREACHABLE),
        ("AUTH", "454 4.7.0 Later", "454", UNREACHABLE),
        ("MAIL", "421 4.7.0 Too many connections", "421", UNREACHABLE),
        ("MAIL", "451 4.3.0 Later", "451", TEMPORARY),
        ("MAIL", "550 5.1.8 canary", "550", UNREACHABLE),
        ("MAIL", "552 5.3.4 canary", "552", PERMANENT),
        ("MAIL", "530 5.7.0 Sign in", "auth", UNREACHABLE),
        ("RCPT", "450 4.2.0 Greylisted", "450", TEMPORARY),
        ("RCPT", "550 5.1.1 ana@example.org is nobody here", "550", PERMANENT),
        ("RCPT", "421 4.7.0 Closing", "421", UNREACHABLE),
        ("RCPT", "250-canary\r\n250 ana", "", TEMPORARY),
        ("RCPT", "999 canary", "garbled", UNREACHABLE),
        ("RCPT", "canary", "garbled", UNREACHABLE),
        ("RCPT", "2" * 9000, "lost", TEMPORARY),
        ("DATA", "451 4.3.0 Later", "451", TEMPORARY),
        ("DATA", "554 5.6.0 canary", "554", PERMANENT),
        ("MAIL", HANG_UP, "lost", TEMPORARY),
        ("RCPT", HANG_UP, "lost", TEMPORARY),
        ("DATA", HANG_UP, "unanswered", TEMPORARY),
    ],
)
def test_each_answer_and_what_to_do_next(step: str, answer: str, code: str, kind: tuple[bool, bool]) -> None:
    """Whatever it was, the next mail goes over a new connection and arrives."""
    with Postbox() as box:
        box.say(step, *[answer] * (2 if step == "AUTH" else 1))  # type: ignore[arg-type]
        with mailer(box.url).open() as outlet:
            if code:
                assert failure(outlet) == (code, kind)
                assert box.received == []
            outlet.send(message())
        assert len(box.received) == 1
        assert box.connections == (2 if code else 1)


def test_a_wrong_password_and_none_at_all() -> None:
    with Postbox() as box:
        assert tried(box.url.replace("pass", "past")) == ("auth", UNREACHABLE)
        assert tried(f"smtp://{box.url.partition('@')[2]}") == ("auth", UNREACHABLE)
        assert box.received == []


def test_a_password_is_not_told_to_a_server_that_does_not_ask_for_one() -> None:
    heard: list[str] = []

    def open_to_all(talk: Talk) -> None:
        talk.say("220 mail.example")
        while command := talk.hear():
            heard.append(command)
            talk.say("250 mail.example")

    with server(open_to_all) as url:
        assert tried(url.replace("smtp://", "smtp://clinic:hush@"), tls="off") == ("auth", UNREACHABLE)
    assert heard == ["ehlo book.example.org"]


def test_nobody_there_and_no_such_name() -> None:
    assert tried(f"smtp://localhost:{free_port()}") == ("refused", UNREACHABLE)
    assert tried("smtp://mail.invalid:25") == ("name", UNREACHABLE)


@pytest.mark.parametrize("first", ["421 4.3.2 Shutting down", "554 5.3.2 No", "HTTP/1.1 400 Bad Request", "SSH-2.0-canary"])
def test_a_greeting_that_is_none(first: str) -> None:
    with server(lambda talk: talk.say(first)) as url:
        code, kind = tried(url, tls="off")
    assert kind == UNREACHABLE
    assert code == (first[:3] if first[0] in "45" else "garbled")


# --- TLS ------------------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_in_clear_unless_that_was_asked_for() -> None:
    heard: list[str] = []

    def plain(talk: Talk) -> None:
        talk.say("220 mail.example")
        while command := talk.hear():
            heard.append(command)
            talk.say("250-mail.example", "250 AUTH PLAIN LOGIN")

    with server(plain) as url:
        assert tried(url.replace("smtp://", "smtp://clinic:hush@")) == ("tls", UNREACHABLE)
    assert heard == ["ehlo book.example.org"]


@pytest.mark.parametrize("answer", ["454 4.7.0 Not now", "501 Syntax", "250 Fine"])
def test_a_server_that_takes_starttls_back(answer: str) -> None:
    heard: list[str] = []

    def retracting(talk: Talk) -> None:
        talk.say("220 mail.example")
        while command := talk.hear():
            heard.append(command)
            talk.say(*(["250-mail.example", "250 STARTTLS"] if command.startswith("ehlo") else [answer]))

    with server(retracting) as url:
        assert tried(url) == ("tls", UNREACHABLE)
    assert heard == ["ehlo book.example.org", "STARTTLS"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_of_another_name_or_of_nobody_we_know(tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postbox(tls=tls) as box:  # type: ignore[arg-type]
        assert tried(box.url.replace("@localhost", "@127.0.0.1")) == ("tls", UNREACHABLE)
        monkeypatch.delenv("SSL_CERT_FILE")
        assert tried(box.url) == ("tls", UNREACHABLE)
        monkeypatch.undo()
        assert box.received == []
        with mailer(box.url).open() as outlet:
            outlet.send(message())


def test_words_slipped_in_before_the_encryption_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    kept: list[str] = []

    def injected(talk: Talk) -> None:
        talk.say("220 mail.example")
        talk.hear()
        talk.say("250-mail.example", "250 STARTTLS")
        talk.hear()
        talk.say("220 go ahead", "250-mail.example", "250 canary")
        with context.wrap_socket(talk.wire, server_side=True) as encrypted:
            talk.wire = encrypted
            while (command := talk.hear().upper()) != "DATA":
                assert command, "it hung up"
                talk.say("550 canary" if command.startswith("EHLO") and kept else "250 mail.example")
            talk.say("354 go on")
            kept.append(talk.hear(b"\r\n.\r\n"))
            talk.say("250 kept")
            talk.hear()

    with authority.cert_pem.tempfile() as file, server(injected) as url:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        with mailer(url).open() as outlet:
            outlet.send(message())
    assert "canary" in kept[0]


# --- time -----------------------------------------------------------------------------------------------------------------


def hang(talk: Talk) -> None:
    time.sleep(30)


def drip_a_greeting(talk: Talk) -> None:
    talk.drip("220-mail.example says a lot\r\n")


def hang_up_front(talk: Talk) -> None:
    talk.until_data(ready=False)
    time.sleep(30)


def stop_reading(talk: Talk) -> None:
    talk.until_data()
    time.sleep(30)


def sip(talk: Talk) -> None:
    talk.until_data()
    while talk.wire.recv(16_384):
        time.sleep(0.02)


def never_answer(talk: Talk) -> None:
    talk.until_data()
    talk.hear(b"\r\n.\r\n")
    time.sleep(30)


def drip_an_answer(talk: Talk) -> None:
    talk.until_data()
    talk.hear(b"\r\n.\r\n")
    talk.drip("250-it is\r\n")


@pytest.mark.parametrize(
    ("talk", "code", "least"),
    [
        (hang, "timeout", 0.3),
        (drip_a_greeting, "timeout", 0.8),
        (hang_up_front, "timeout", 0.3),
        (stop_reading, "timeout", 0.3),
        (sip, "timeout", 0.8),
        (never_answer, "unanswered", 0.3),
        (drip_an_answer, "unanswered", 0.8),
    ],
)
def test_no_server_holds_a_mail_longer_than_its_deadline(talk: Callable[[Talk], None], code: str, least: float) -> None:
    """Silence ends it after the timeout, dripping after the deadline; the next mail has all its time again."""
    large = message(text="canary canary canary\n" * 400_000) if talk in (stop_reading, sip) else message()

    def kind(talk: Talk) -> None:
        talk.until_data()
        talk.hear(b"\r\n.\r\n")
        talk.say("250 kept")

    with server(talk, kind) as url, (made := mailer(url, tls="off", timeout=0.3, deadline=0.8)).open() as outlet:
        began = time.monotonic()
        assert failure(outlet, large) == (code, UNREACHABLE)
        assert least <= time.monotonic() - began < least + 8
        made._timeout = made._deadline = 10.0  # a busy machine is none of ours
        outlet.send(message())


def test_tls_that_never_comes_ends_in_time_too() -> None:
    def mute(talk: Talk) -> None:
        talk.say("220 mail.example")
        talk.hear()
        talk.say("250-mail.example", "250 STARTTLS")
        talk.hear()
        talk.say("220 go ahead")
        time.sleep(30)

    with server(mute) as url:
        began = time.monotonic()
        assert tried(url, timeout=0.3, deadline=0.8) == ("timeout", UNREACHABLE)
        assert tried(url.replace("smtp:", "smtps:"), timeout=0.3, deadline=0.8)[1] == UNREACHABLE
        assert time.monotonic() - began < 8


def test_goodbye_waits_two_seconds_at_most() -> None:
    def deaf_at_the_end(talk: Talk) -> None:
        talk.until_data()
        talk.hear(b"\r\n.\r\n")
        talk.say("250 kept")
        talk.hear()
        time.sleep(30)

    with server(deaf_at_the_end) as url:
        with mailer(url, tls="off", timeout=20, deadline=20).open() as outlet:
            outlet.send(message())
            began = time.monotonic()
        assert time.monotonic() - began < 10


# --- the address of the server ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "implicit", "user", "password"),
    [
        ("smtp://mail.example", "mail.example", 587, False, "", ""),
        ("smtps://mail.example/", "mail.example", 465, True, "", ""),
        ("smtp://u:p@[2001:db8::1]:2525", "2001:db8::1", 2525, False, "u", "p"),
        ("smtp://a%40b.example:p%3A%2F%25%20@mail.example:25", "mail.example", 25, False, "a@b.example", "p:/% "),
    ],
)
def test_the_url_of_a_server(url: str, host: str, port: int, implicit: bool, user: str, password: str) -> None:
    read = read_url(url)
    assert (read.host, read.port, read.implicit, read.user, read.password) == (host, port, implicit, user, password)


@pytest.mark.parametrize("sender", ["", "Impact Medical", "a@example.org, b@example.org"])
def test_a_mailer_has_one_sender(sender: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        Mailer("smtp://localhost", tls="off", sender=sender)
