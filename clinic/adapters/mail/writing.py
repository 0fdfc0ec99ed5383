"""A mail as it goes over the wire (RFC 5322, MIME), with an invitation that Gmail, Outlook and Apple put into the calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from clinic.adapters.delivery import Undelivered

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OURS = frozenset({"from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "auto-submitted", "mime-version"})
_LONGEST_LINE = 990


class _Wire(EmailPolicy):
    """Folds only what can be: the library's folding loses the quotes around a long name, and encodes an address that is longer
    than a line as if it were words."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        lower, written = name.lower(), str(value)
        if lower == "from" and not written.isascii():
            [address] = value.addresses
            written = (
                f"{Header(address.display_name, 'utf-8', header_name=name).encode(linesep=self.linesep)} <{address.addr_spec}>"
            )
        elif lower == "subject" or lower.startswith("content-") or not written.isascii():
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
    _check(mail, sender)
    message = EmailMessage(policy=WIRE)
    message["From"] = sender
    message["To"] = _one_address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = date
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # nobody's absence notice need answer it
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.invitation is not None and mail.method is not None:
        # In the alternative for those that read it there, as a file for those that open files.
        message.add_alternative(mail.invitation.decode(), subtype="calendar", params={"method": mail.method})
        message.add_attachment(mail.invitation, maintype="application", subtype="ics", filename="invite.ics")
    return message


def _check(mail: Mail, sender: str) -> None:
    """Raises ValueError, which never says what was in the mail."""
    for value in (mail.to, mail.subject, mail.message_id, sender, *mail.headers, *mail.headers.values()):
        if _BREAKS.search(value):
            raise ValueError("a line break in a header")
    senders = addresses(sender)
    if len(senders) != 1 or len(sender) > _LONGEST_LINE:
        raise ValueError("not one sender")
    _one_address(senders[0].addr_spec)
    if not _MESSAGE_ID.fullmatch(mail.message_id) or len(mail.message_id) > _LONGEST_LINE:
        raise ValueError("not a Message-ID")
    if (mail.invitation is None) != (mail.method is None) or mail.method not in {None, "REQUEST", "CANCEL"}:
        raise ValueError("an invitation and its method go together")
    for name, value in mail.headers.items():
        wrong = not _HEADER.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-")
        if wrong or not value.isascii() or len(name) + len(value) > _LONGEST_LINE:
            raise ValueError("not a further header")


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
