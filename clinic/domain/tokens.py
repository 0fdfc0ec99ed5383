"""Tokens that need no table: what they stand for, and an HMAC that only we can make.

An opening token names a time; it is opaque so that nobody composes one, but proves nothing: every rule is checked again
when the time is taken. Hold and manage tokens are keys to one appointment: HMAC-SHA256 over purpose, appointment and
generation, so they can be made again for a reminder and are revoked by raising the generation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass

from clinic.domain.errors import UnusableToken

_OPENING = struct.Struct(">BIIII")
_VERSION = 1
_MAC_BYTES = 12
_OPENING_LENGTH = -(-(_OPENING.size + _MAC_BYTES) * 4 // 3)

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U to misread."""


@dataclass(frozen=True, slots=True)
class SlotRef:
    """A time somebody wants: start is a cell (five minutes since the epoch)."""

    visit_type_id: int
    location_id: int
    specialist_id: int
    start_cell: int


def write_opening(key: bytes, wish: SlotRef) -> str:
    body = _OPENING.pack(_VERSION, wish.visit_type_id, wish.location_id, wish.specialist_id, wish.start_cell)
    return _text(body + _mac(key, "opening", body)[:_MAC_BYTES])


def read_opening(key: bytes, token: str) -> SlotRef:
    """Raises UnusableToken for what we did not write, or was cut short."""
    refusal = UnusableToken("opening", "We could not read that time. Please choose one of these instead.")
    wish = guess_opening(token)
    if wish is None or not hmac.compare_digest(write_opening(key, wish).encode(), token.encode("utf-8", "replace")):
        raise refusal
    return wish


def guess_opening(token: str) -> SlotRef | None:
    """What a token seems to say, unproven: good enough to offer alternatives, never to act on."""
    if not token.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(token[: _OPENING_LENGTH + 8] + "=" * (-len(token[: _OPENING_LENGTH + 8]) % 4))
        version, *numbers = _OPENING.unpack(raw[: _OPENING.size])
    except (binascii.Error, ValueError, struct.error):
        return None
    return SlotRef(*numbers) if version == _VERSION and max(numbers) < 2**31 else None


def write_key(key: bytes, purpose: str, appointment_id: int, generation: int) -> str:
    """A token that opens one appointment for one purpose ("hold", "manage")."""
    body = f"{appointment_id}:{generation}".encode()
    return f"{appointment_id:x}-{_text(_mac(key, purpose, body))}"


def appointment_of(token: str, field: str) -> int:
    """The appointment a hold or manage token speaks of. Proves nothing yet. Raises UnusableToken naming `field`."""
    number, dash, mac = token.partition("-")
    if not (dash and mac and number.isascii() and number.isalnum() and len(number) <= 13):
        raise UnusableToken(field, "This link is not complete. Please open it again from where you got it.")
    try:
        value = int(number, 16)
    except ValueError:
        raise UnusableToken(field, "This link is not one of ours. Please check it, or call us.") from None
    return value if value < 2**31 else 0


def opens(key: bytes, purpose: str, token: str, appointment_id: int, generation: int) -> bool:
    """Whether the token is the key to this appointment, for this purpose, and has not been revoked."""
    return hmac.compare_digest(write_key(key, purpose, appointment_id, generation).encode(), token.encode("utf-8", "replace"))


def write_reference(random_bits: int) -> str:
    """50 random bits -> ten characters of Crockford's base 32 and a check character. An identifier, not a secret."""
    body = "".join(REFERENCE_ALPHABET[(random_bits >> shift) & 31] for shift in range(45, -1, -5))
    return body + _check(body)


def read_reference(typed: str) -> str | None:
    """A reference as a person types it (small letters, spaces, O for 0) as we write it; None when it cannot be one."""
    tidy = "".join(typed.upper().split()).replace("-", "").translate(str.maketrans("OIL", "011"))
    if len(tidy) != 11 or any(character not in REFERENCE_ALPHABET for character in tidy):
        return None
    return tidy if _check(tidy[:10]) == tidy[10] else None


def _check(body: str) -> str:
    # Weights are odd and differ: every single wrong character and most swaps show.
    return REFERENCE_ALPHABET[sum((2 * i + 1) * REFERENCE_ALPHABET.index(c) for i, c in enumerate(body)) % 32]


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.new(key, purpose.encode() + b"\0" + body, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
