"""What stands in front of the product in the world: something that ends TLS and says so in X-Forwarded-*."""

from __future__ import annotations

import http.client
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import trustme

OWN = ("connection", "keep-alive", "transfer-encoding", "content-length", "x-forwarded-")
"""How headers begin that are the proxy's own business."""


class Server(ThreadingHTTPServer):
    """Says nothing of browsers that hang up to ask their owner about the certificate."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ssl.SSLError):
            super().handle_error(request, client_address)


@contextmanager
def proxied(port: int, to: int) -> Iterator[None]:
    """https://localhost:`port`, with a certificate of a minute ago, in front of the server on port `to` of this machine."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = {name: value for name, value in self.headers.items() if not name.lower().startswith(OWN)}
            sent |= {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
            sent |= {"X-Forwarded-Host": self.headers["Host"], "Content-Length": str(len(body))}
            connection = http.client.HTTPConnection("127.0.0.1", to, timeout=30)
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if not name.lower().startswith(OWN):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = pass_on  # noqa: N815

        def log_message(self, *_what: object) -> None:
            """Nothing: the tests read the pages."""

    server = Server(("127.0.0.1", port), Proxy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
