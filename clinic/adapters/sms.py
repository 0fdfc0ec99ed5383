"""Text messages by Twilio's API, which other providers imitate.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import ssl
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from clinic.adapters.delivery import Deadline, Undelivered, connect, why

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SENDER = re.compile(r"\+?[0-9A-Za-z]{3,15}|MG[0-9a-fA-F]{32}")
_MOST_BYTES = 65_536
_DAY = 86_400.0

# Refusals (400) of our number, our account or our rate, and not of the one it goes to: https://www.twilio.com/docs/api/errors
_OURS = frozenset({20003, 21212, 21603, 21606, 21611, 21659, 21660, 21661, 21701, 21703, 21705})

# GSM 03.38: one septet each; and two for those of the extension, which an escape precedes.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


class Texter(Protocol):
    """Sends text messages."""

    def send(self, number: str, text: str) -> None:
        """Returns when the provider has taken it. `number` is in E.164. Raises Undelivered.

        With "unanswered" nobody can know whether it was taken: the person may get it twice.
        """


def texter(url: str, *, timeout: float = 10.0, deadline: float = 30.0) -> Texter:
    """For "twilio://ACCOUNT:TOKEN@api.twilio.com?from=+14075550100" (or service=MG…, a messaging service), over https.

    To this machine, which tests do, it is http. Seconds as for a Mailer. Raises ValueError, which never quotes the URL.
    """
    account = read_url(url)
    return _Twilio(account, timeout, deadline)


def fits(text: str) -> int:
    """How many segments `text` is sent and paid as: of GSM-7 160 characters in one, 153 each in several; of others 70 and 67."""
    if all(c in _BASIC or c in _EXTENSION for c in text):
        return _segments([2 if c in _EXTENSION else 1 for c in text], 160, 153)
    return _segments([len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in text], 70, 67)


def _segments(sizes: list[int], alone: int, each: int) -> int:
    """No character is cut in two."""
    if sum(sizes) <= alone:
        return 1
    count, room = 1, each
    for size in sizes:
        if size > room:
            count, room = count + 1, each
        room -= size
    return count


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """Where, as whom and from which number or messaging service."""

    host: str
    port: int
    https: bool
    sender: str
    name: str = field(repr=False)
    token: str = field(repr=False)


def read_url(url: str) -> SmsAccount:
    """Raises ValueError, which never quotes the URL."""
    wrong = ValueError("must read twilio://ACCOUNT:TOKEN@api.twilio.com?from=+14075550100 (or ?service=MG…)")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    key, _, value = parts.query.partition("=")  # by hand: in a query a + would be a blank
    name, token, sender = unquote(parts.username or ""), unquote(parts.password or ""), unquote(value)
    if parts.scheme != "twilio" or not host or not name or not token or parts.path not in {"", "/"} or parts.fragment:
        raise wrong
    if not (name + token).isascii() or key not in {"from", "service"} or not _SENDER.fullmatch(sender):
        raise wrong
    if (key == "service") != sender.startswith("MG"):
        raise wrong
    https = host not in LOOPBACK
    return SmsAccount(host, port or (443 if https else 80), https, sender, name, token)


class _Twilio:
    def __init__(self, account: SmsAccount, timeout: float, deadline: float) -> None:
        self._account, self._timeout, self._deadline = account, timeout, deadline
        self._path = f"/2010-04-01/Accounts/{quote(account.name, safe='')}/Messages.json"
        signed = base64.b64encode(f"{account.name}:{account.token}".encode()).decode()
        self._headers = {
            "Host": (f"[{account.host}]" if ":" in account.host else account.host) + f":{account.port}",
            "Authorization": f"Basic {signed}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def send(self, number: str, text: str) -> None:
        if not E164.fullmatch(number):
            raise Undelivered("number", permanent=True)
        if not text.strip() or len(text) > 1600:
            raise Undelivered("length", permanent=True)
        sender = "MessagingServiceSid" if self._account.sender.startswith("MG") else "From"
        form = urlencode({"To": number, sender: self._account.sender, "Body": text}).encode()
        connection: Any = http.client.HTTPConnection(self._account.host)
        try:
            connection.sock = self._connected()
            self._post(connection, form)
        finally:
            connection.close()

    def _post(self, connection: http.client.HTTPConnection, form: bytes) -> None:
        try:
            connection.request("POST", self._path, form, self._headers)
        except OSError as error:
            raise Undelivered(why(error), unreachable=True) from None
        try:
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise Undelivered("unanswered", unreachable=isinstance(error, TimeoutError)) from None
        with response:
            if not 200 <= response.status < 300:
                raise _refused(response)

    def _connected(self) -> Any:
        try:
            made = connect(self._account.host, self._account.port, Deadline(self._deadline, self._timeout))
            try:
                if self._account.https:
                    made.encrypt(self._context, self._account.host)
            except BaseException:
                made.close()
                raise
        except OSError as error:
            raise Undelivered(why(error), unreachable=True) from None
        return made


def _refused(response: http.client.HTTPResponse) -> Undelivered:
    """Of the answer only its number is used: what it says quotes the number it was to go to."""
    status = response.status
    if status in {401, 403}:
        return Undelivered("auth", unreachable=True)
    if status == 429 or status >= 500:
        return Undelivered(str(status), unreachable=True, retry_after=_retry_after(response))
    reason = _reason(response) if status == 400 else 0
    if reason and reason not in _OURS:
        return Undelivered(f"twilio {reason}", permanent=True)
    return Undelivered(f"twilio {reason}" if reason else str(status), unreachable=True)


def _reason(response: http.client.HTTPResponse) -> int:
    """Twilio's own number of the error; 0 for none."""
    try:
        said = json.loads(response.read(_MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return 0
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, int) and 0 < code < 1_000_000 else 0


def _retry_after(response: http.client.HTTPResponse) -> float | None:
    """Seconds; of a date those since the answer's own, so that no clock of ours is asked. A day at most."""
    said = (response.getheader("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return min(float(said), _DAY)
    try:
        seconds = (parsedate_to_datetime(said) - parsedate_to_datetime(response.getheader("Date") or "")).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), _DAY)
