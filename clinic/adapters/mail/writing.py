"""A mail as it goes over the wire (RFC 5322, MIME), with an invitation that Gmail, Outlook and Apple put into the calendar."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from clinic.adapters.delivery import Undelivered

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OURS = frozenset({"from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "auto-submitted", "mime-version"})
_LONGEST_LINE = 990


class _Wire(EmailPolicy):
    """Folds a subject and letters beyond ASCII, and nothing else: an address longer than a line would be encoded like words."""

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Of what `_text` and its like have set, the line itself, and not parsed anew for each look at it."""
        return value if name.lower().startswith("content-") else super().header_fetch_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        written = str(value)
        if name.lower() == "subject" or not written.isascii():
            return super().fold_binary(name, value)
        return f"{name}: {written}{self.linesep}".encode("ascii")


# Seven bits: no server on the way has to write it anew, which would break the signatures of those before it.
WIRE = _Wire(linesep="\r\n", cte_type="7bit", raise_on_defect=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mail:
    """All that may be in a mail to one person. `text` and `html` say the same.

    `message_id` is "<…@host>", the same at every retry. `invitation` is an iCalendar object and `method` its METHOD,
    "REQUEST" or "CANCEL": both or neither. `headers` are further ones, in ASCII, such as List-Unsubscribe.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    invitation: bytes | None = None
    method: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def sender_line(brand: str, address: str) -> str:
    """'Back, Neck & Spine' -> '"Back, Neck & Spine" <visits@book.example.org>'. Raises ValueError."""
    known = _one_address(address)
    return str(Address(display_name=brand, username=known.username, domain=known.domain))


def write_mail(mail: Mail, *, sender: str, date: datetime) -> EmailMessage:
    """The message, from `sender` (see `sender_line`). `date` is aware.

    Raises Undelivered (permanent, "malformed") for what cannot be a mail: an address that is none or several, a line break
    in anything but the texts.
    """
    try:
        return _written(mail, sender, date)
    except (ValueError, MessageError):
        raise Undelivered("malformed", permanent=True) from None


def _written(mail: Mail, sender: str, date: datetime) -> EmailMessage:
    _check(mail, sender, date)
    body = _several("alternative", mail, _text("plain", mail.text), _text("html", mail.html))
    if mail.invitation is not None:
        # In the alternative for those that read it there, as a file for those that open files.
        body.attach(_text(f"calendar; method={mail.method}", mail.invitation.decode()))
        body = _several("mixed", mail, body, _file("invite.ics", mail.invitation))
    body["Subject"] = mail.subject
    to = _one_address(mail.to)
    if mail.to.isascii():
        body.set_raw("To", mail.to)
    else:
        body["To"] = to
    # Set as they are: the library would parse each of them, which takes longer than to send the mail.
    for name, value in {
        "From": _sender(sender),
        "Date": format_datetime(date),
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",  # nobody's absence notice need answer it
        "MIME-Version": "1.0",
        **mail.headers,
    }.items():
        body.set_raw(name, value)
    return body


def _several(kind: str, mail: Mail, *parts: EmailMessage) -> EmailMessage:
    """Its boundary is the same at every retry, and cannot stand in a part, where a "=" is followed by none but hex digits."""
    boundary = f"=_{sha256(mail.message_id.encode()).hexdigest()[:32]}-{kind}"
    whole = EmailMessage(policy=WIRE)
    whole.set_raw("Content-Type", f'multipart/{kind}; boundary="{boundary}"')
    whole.set_payload(list(parts))
    return whole


def _text(kind: str, words: str) -> EmailMessage:
    part = EmailMessage(policy=WIRE)
    part.set_raw("Content-Type", f'text/{kind}; charset="utf-8"')
    part.set_raw("Content-Transfer-Encoding", "quoted-printable")
    part.set_payload(b2a_qp(b"".join(line + b"\n" for line in words.encode().splitlines())).decode())
    return part


def _file(name: str, content: bytes) -> EmailMessage:
    part = EmailMessage(policy=WIRE)
    part.set_raw("Content-Type", f'application/ics; name="{name}"')
    part.set_raw("Content-Transfer-Encoding", "base64")
    part.set_raw("Content-Disposition", f'attachment; filename="{name}"')
    part.set_payload(encodebytes(content).decode())
    return part


def _check(mail: Mail, sender: str, date: datetime) -> None:
    """Raises ValueError, which never says what was in the mail."""
    for value in (mail.to, mail.subject, mail.message_id, sender, *mail.headers, *mail.headers.values()):
        if _BREAKS.search(value):
            raise ValueError("a line break in a header")
    if date.tzinfo is None:
        raise ValueError("a date without a zone")
    if not _MESSAGE_ID.fullmatch(mail.message_id) or len(mail.message_id) > _LONGEST_LINE:
        raise ValueError("not a Message-ID")
    if (mail.invitation is None) != (mail.method is None) or mail.method not in {None, "REQUEST", "CANCEL"}:
        raise ValueError("an invitation and its method go together")
    for name, value in mail.headers.items():
        wrong = not _HEADER.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-")
        if wrong or not value.isascii() or len(name) + len(value) > _LONGEST_LINE:
            raise ValueError("not a further header")


@lru_cache(maxsize=16)  # there is one
def _sender(line: str) -> str:
    """As it stands in the mail. Raises ValueError unless it is one address, with or without a name."""
    senders = addresses(line)
    if len(senders) != 1 or len(line) > _LONGEST_LINE:
        raise ValueError("not one sender")
    known = _one_address(senders[0].addr_spec)
    if line.isascii():
        return line
    # The library's own folding loses the quotes around a long name.
    name = Header(senders[0].display_name, "utf-8", header_name="From").encode(linesep=WIRE.linesep)
    return f"{name} <{known.addr_spec}>"


def addresses(line: str) -> list[Address]:
    """Those of a From or To."""
    kept: dict[str, Any] = {}
    AddressHeader.parse(line, kept)
    return [address for group in kept["groups"] for address in group.addresses]


def _one_address(written: str) -> Address:
    """`written`, if it is one address and nothing else; letters of every script may stand in it. Raises ValueError."""
    plain = _BEYOND_ASCII.sub("x", written)
    try:
        address = Address(addr_spec=plain)
    except (ValueError, MessageError, IndexError):
        raise ValueError("not an address") from None
    if address.addr_spec != plain or len(written) > 254 or not written.isprintable():
        raise ValueError("not an address")
    username, _, domain = written.rpartition("@")
    return address if plain == written else Address(username=username, domain=domain)
