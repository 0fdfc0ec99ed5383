"""Text messages, against a local server that answers as Twilio does, or does not."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
import trustme

from clinic.adapters import sms
from clinic.adapters.delivery import Undelivered
from clinic.adapters.sms import fits, read_url, texter
from tests.browser.ports import free_port

NUMBER, TEXT = "+14075550123", "Impact Medical: Ana, your visit is Fri Nov 13, 9:00 AM EST. https://book.example.org/v/abc canary"
TEMPORARY, PERMANENT, UNREACHABLE = (False, False), (True, False), (False, True)
SLOWLY = -1


class Provider:
    """Takes messages as Twilio does, but answers the next of them as `answers` say: a status, headers, and a body."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.taken: list[dict[str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.pause = 0.0
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True)
                provider.asked.append((self.path, self.headers["Authorization"]))
                if not provider.answers:
                    provider.taken.append({name: value for name, [value] in form.items()})
                    provider.answers.append((201, {}, b'{"sid": "SM1", "status": "queued"}'))
                status, headers, body = provider.answers.pop(0)
                if status == SLOWLY:
                    with suppress(OSError):
                        while True:
                            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" if body else b"H")
                            time.sleep(0.02)
                    return
                if status == 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                time.sleep(provider.pause)
                self.wfile.write(body)

            def log_message(self, *_what: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_what: object) -> None:
                """Nothing: clients that distrust it hang up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    def url(self, rest: str = "from=+14075550100", *, host: str = "127.0.0.1", token: str = "hush%2F%3A") -> str:
        return f"twilio://AC0canary:{token}@{host}:{self.port}?{rest}"

    def refuse(self, status: int, code: object = None, **headers: str) -> None:
        body = {"code": code, "message": f"{NUMBER} {TEXT}", "more_info": "https://example.org", "status": status}
        self.answers.append(
            (status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())
        )


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Provider]:
    made = Provider(context)
    thread = Thread(target=made.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


def failure(url: str, number: str = NUMBER, text: str = TEXT, **seconds: float) -> Undelivered:
    """It shows nothing that is private."""
    with pytest.raises(Undelivered) as raised:
        texter(url, **seconds).send(number, text)
    said = traceback.format_exception_only(raised.value)[0] + repr(raised.value)
    assert [word for word in (NUMBER, "canary", "hush") if word in said] == []
    return raised.value


def kind(failed: Undelivered) -> tuple[bool, bool]:
    return failed.permanent, failed.unreachable


def test_what_the_provider_is_asked(provider: Provider) -> None:
    texter(provider.url()).send(NUMBER, TEXT)
    texter(provider.url("service=MG0123456789abcdef0123456789abcdef")).send("+525550123456", "Cita: mañana & “más” 100% + 1\n€")
    texter(provider.url("from=%2B14075550100")).send(NUMBER, TEXT)
    assert provider.taken == [
        {"To": NUMBER, "From": "+14075550100", "Body": TEXT},
        {
            "To": "+525550123456",
            "MessagingServiceSid": "MG0123456789abcdef0123456789abcdef",
            "Body": "Cita: mañana & “más” 100% + 1\n€",
        },
        {"To": NUMBER, "From": "+14075550100", "Body": TEXT},
    ]
    signed = base64.b64encode(b"AC0canary:hush/:").decode()
    assert set(provider.asked) == {("/2010-04-01/Accounts/AC0canary/Messages.json", f"Basic {signed}")}


@pytest.mark.parametrize(
    ("status", "reason", "code", "is_"),
    [
        (400, 21211, "twilio 21211", PERMANENT),  # not a number
        (400, 21614, "twilio 21614", PERMANENT),  # a landline
        (400, 21610, "twilio 21610", PERMANENT),  # they wrote STOP
        (400, 21408, "twilio 21408", PERMANENT),  # a country that the account does not text
        (400, 21617, "twilio 21617", PERMANENT),  # too long
        (400, 21606, "twilio 21606", UNREACHABLE),  # our number cannot text
        (400, 21611, "twilio 21611", UNREACHABLE),  # our queue is full
        (401, 20003, "auth", UNREACHABLE),
        (403, 20403, "auth", UNREACHABLE),
        (404, 20404, "404", UNREACHABLE),
        (429, 20429, "429", UNREACHABLE),
        (500, 20500, "500", UNREACHABLE),
        (503, None, "503", UNREACHABLE),
        (302, None, "302", UNREACHABLE),
        (400, None, "400", UNREACHABLE),
        (400, "canary", "400", UNREACHABLE),
        (400, -7, "400", UNREACHABLE),
    ],
)
def test_each_refusal_and_what_to_do_next(
    provider: Provider, status: int, reason: object, code: str, is_: tuple[bool, bool]
) -> None:
    provider.refuse(status, reason)
    failed = failure(provider.url())
    assert (failed.code, kind(failed), failed.retry_after) == (code, is_, None)
    texter(provider.url()).send(NUMBER, TEXT)
    assert len(provider.taken) == 1


def test_a_reason_that_comes_after_the_headers_is_read_as_well(provider: Provider) -> None:
    provider.pause = 0.2
    provider.refuse(400, 21211)
    assert failure(provider.url()).code == "twilio 21211"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "17"}, 17.0),
        ({"Retry_After": "0"}, 0.0),
        ({"Retry_After": "999999999"}, 86_400.0),
        ({"Retry_After": "Mon, 16 Nov 2026 14:02:00 GMT", "Date": "Mon, 16 Nov 2026 14:00:00 GMT"}, 120.0),
        ({"Retry_After": "Mon, 16 Nov 2026 13:00:00 GMT", "Date": "Mon, 16 Nov 2026 14:00:00 GMT"}, 0.0),
        ({"Retry_After": "Mon, 16 Nov 2026 14:02:00 GMT"}, None),
        ({"Retry_After": "soon", "Date": "Mon, 16 Nov 2026 14:00:00 GMT"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "nan"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_provider_that_throttles_says_when_to_come_back(
    provider: Provider, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    provider.refuse(status, 20429, **headers)
    failed = failure(provider.url())
    assert (failed.code, kind(failed), failed.retry_after) == (str(status), UNREACHABLE, seconds)


@pytest.mark.parametrize("body", [b"", b"<html>canary</html>", b"[1]", b'"canary"', b"\xff", b"[" * 60_000, b"x" * 200_000])
def test_a_refusal_that_makes_no_sense(provider: Provider, body: bytes) -> None:
    provider.answers.append((400, {}, body))
    assert failure(provider.url()).code == "400"
    provider.answers.append((400, {"Content-Length": "500000"}, body))
    assert failure(provider.url()).code == "400"


def test_nobody_there_and_silence() -> None:
    failed = failure(f"twilio://AC0:hush@127.0.0.1:{free_port()}?from=+14075550100")
    assert (failed.code, kind(failed)) == ("refused", UNREACHABLE)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"twilio://AC0:hush@127.0.0.1:{deaf.getsockname()[1]}?from=+14075550100"
        began = time.monotonic()
        failed = failure(url, timeout=0.3, deadline=0.8)
        assert (failed.code, kind(failed)) == ("unanswered", UNREACHABLE)
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("status_lines", [b"", b"x"])
def test_an_answer_that_drips_ends_at_the_deadline(provider: Provider, status_lines: bytes) -> None:
    provider.answers.append((SLOWLY, {}, status_lines))
    began = time.monotonic()
    assert failure(provider.url(), timeout=0.4, deadline=0.8).code == "unanswered"
    assert 0.8 <= time.monotonic() - began < 8


def test_a_provider_that_hangs_up_may_have_taken_it(provider: Provider) -> None:
    provider.answers.append((0, {}, b""))
    failed = failure(provider.url())
    assert (failed.code, kind(failed)) == ("unanswered", TEMPORARY)


@pytest.mark.parametrize(
    "number", ["", "4075550123", "+1 407 555 0123", "+0123456789", "+1407555012345678", "+14075550123\n", "whatsapp:+1"]
)
def test_what_is_no_number_is_not_even_sent(provider: Provider, number: str) -> None:
    failed = failure(provider.url(), number)
    assert (failed.code, kind(failed), provider.asked) == ("number", PERMANENT, [])


@pytest.mark.parametrize("text", ["", " \n", "x" * 1601])
def test_nothing_and_too_much_are_not_even_sent(provider: Provider, text: str) -> None:
    failed = failure(provider.url(), text=text)
    assert (failed.code, kind(failed), provider.asked) == ("length", PERMANENT, [])


def test_over_https_to_anybody_but_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_url("twilio://AC0:hush@api.twilio.com?from=+14075550100").https
    assert not read_url("twilio://AC0:hush@localhost?from=+14075550100").https
    monkeypatch.setattr(sms, "LOOPBACK", frozenset())
    context, authority = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), trustme.CA()
    authority.issue_cert("localhost").configure_cert(context)
    with authority.cert_pem.tempfile() as file, running(context) as provider:
        failed = failure(provider.url(host="localhost"))
        assert (failed.code, kind(failed)) == ("tls", UNREACHABLE)
        monkeypatch.setenv("SSL_CERT_FILE", file)
        texter(provider.url(host="localhost")).send(NUMBER, TEXT)
        assert failure(provider.url(host="127.0.0.1")).code == "tls"
        assert [taken["To"] for taken in provider.taken] == [NUMBER]
    with running() as plain:
        assert kind(failure(plain.url(host="localhost"))) == UNREACHABLE
        assert plain.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "", "https://AC0:hush@api.twilio.com?from=+14075550100", "twilio://api.twilio.com?from=+14075550100",
        "twilio://AC0@api.twilio.com?from=+14075550100", "twilio://AC0:hush@api.twilio.com", "twilio://AC0:hush@?from=+14075550100",
        "twilio://AC0:hush@api.twilio.com?from=", "twilio://AC0:hush@api.twilio.com?from=+1407&to=x", "twilio://AC0:hush@h:x?from=+14075550100",
        "twilio://AC0:hush@api.twilio.com/path?from=+14075550100", "twilio://AC0:hüsh@api.twilio.com?from=+14075550100",
        "twilio://AC0:hush@api.twilio.com?service=+14075550100", "twilio://AC0:hush#hush@api.twilio.com?from=+14075550100",
    ],
)  # fmt: skip
def test_a_wrong_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="must read twilio://") as refused:
        texter(url)
    assert "hush" not in str(refused.value)


def test_an_account_does_not_show_its_token() -> None:
    account = read_url("twilio://AC0canary:hush@api.twilio.com?from=+14075550100")
    assert (account.host, account.port, account.sender) == ("api.twilio.com", 443, "+14075550100")
    assert "hush" not in repr(account)
    assert "canary" not in repr(account)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),  # in GSM-7
        ("á" * 70, 1),  # not in it: á, í, ó, ú and typographic quotes take two bytes each
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("a" * 69 + "“", 1),
        ("a" * 70 + "“", 2),
        ("€" * 80, 1),  # an escape and a letter each
        ("€" * 81, 2),
        ("€" * 152, 2),  # 153 is odd: the escape and its letter stay together
        ("€" * 153, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),  # 67 is odd as well
        ("😀" * 67, 3),
    ],
)
def test_how_many_segments_a_text_takes(text: str, segments: int) -> None:
    assert fits(text) == segments
