"""Texts that the database must not be able to read: sealed with a key from the settings (Fernet: AES-128-CBC and HMAC-SHA256)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class WrongKey(Exception):
    """None of the keys opens what was sealed. Nothing is lost: the right key still does."""


class Sealer:
    """Seals with the first key; opens with any. Keys are 32 bytes in URL-safe base 64; ValueError for one that is not."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        return self._keys.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises WrongKey."""
        try:
            return self._keys.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise WrongKey from None

    def renew(self, sealed: str) -> str:
        """The same text sealed with the first key. Raises WrongKey."""
        try:
            return self._keys.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise WrongKey from None


def new_key() -> str:
    return Fernet.generate_key().decode()
