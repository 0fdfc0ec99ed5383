"""What it takes to write and send: handed in by whoever runs the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clinic.adapters.mail import Mailer
from clinic.adapters.sealing import Sealer
from clinic.adapters.sms import Texter
from clinic.domain.text.messages import Told


class NotWanted(Exception):
    """The message does not hold any more; says why, in a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message in words. `text` and `html` say the same, `short` fits a text message.

    `letter` is for paper: it has no links. `invitation` is iCalendar, with its METHOD.
    """

    subject: str
    text: str
    html: str
    short: str
    letter: str
    invitation: bytes | None = None
    method: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _nothing(_point: str) -> None:
    """Where a test may pull the plug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContext:
    """`write` puts what may be said into words, for an address and a moment; `link` makes a page's address of its name and key.

    Without `mailer` or `texter` nothing leaves the house by that way: a demo, whose mailbox shows what would have been sent.
    `lease` is how long a worker may take over one message before another tries; `fault` is called with the name of each
    point at which a crash would matter.
    """

    write: Callable[[Told, str, datetime], Written]
    link: Callable[[str, str], str]
    mailer: Mailer | None
    texter: Texter | None
    sender: str
    host: str
    sealer: Sealer
    key: bytes
    texts: bool = True
    lease: timedelta = timedelta(seconds=60)
    fault: Callable[[str], None] = _nothing
