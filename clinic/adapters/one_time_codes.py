"""Six digits from an app on a phone (TOTP, RFC 6238), and the picture by which the app learns its secret."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno

SECONDS = 30
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """A QR code: `path` is SVG path data in a square of `size` units, with the quiet zone around it."""

    size: int
    path: str


def new_secret() -> str:
    """160 random bits in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, *, who: str, issuer: str) -> str:
    """What an app reads: otpauth://…"""
    return pyotp.TOTP(secret).provisioning_uri(name=who, issuer_name=issuer)


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Which half minute since the epoch the code belongs to: this one, or the one before or after. None for none of them.

    Whether it was used before is for the caller to remember.
    """
    if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
        return None
    this = int(now.timestamp()) // SECONDS
    codes = pyotp.TOTP(secret)
    found = None
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(codes.at(step * SECONDS), code) and found is None:
            found = step
    return found


def picture(text: str) -> Picture:
    """The text as a QR code, to be drawn without any style of its own."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and row[x + run] == row[x]:
                run += 1
            if row[x]:
                parts.append(f"M{x} {y}h{run}v1h-{run}z")
            x += run
    return Picture(len(rows), "".join(parts))
